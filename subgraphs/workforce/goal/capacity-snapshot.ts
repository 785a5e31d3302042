import { belongsTo, date, exerciseFlag, flag, generatedId, integer, refersTo } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { AgencyWorkRole } from '../agency-work-role';
import { WorkRole } from '../role/work-role';

@model('Staffing of a work role at an agency on a given day.', { order: ['-asOf', '-vacant'], sensitivity: 'GOV' })
export class CapacitySnapshot {
  @generatedId('cap') id!: string;
  @refersTo(() => Agency, 'Agency that staffs the role.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => WorkRole, 'Work role that the counts cover.', { as: 'workRole', length: 20, filter: true })
  workRoleCode!: string;
  @refersTo(() => AgencyWorkRole, 'Current staffing of the same role at the same agency.', {
    as: 'staffing',
    filter: false,
  })
  staffingId!: string;
  @date('Day of the snapshot.', { filter: true, order: true }) asOf!: string;
  @flag('Whether this is the latest snapshot of the agency and role.', { filter: true }) current!: boolean;
  @integer('Number of authorized positions.', { filter: true, order: true, column: 'authorised' }) authorized!: number;
  @integer('Number of filled positions.', { filter: true, order: true }) filled!: number;
  @integer('Number of funded positions that are vacant, including those in hiring.', { filter: true, order: true })
  vacant!: number;
  @integer('Number of the vacant positions with hiring under way.', { filter: true, order: true }) inHiring!: number;
  @exerciseFlag() exercise!: boolean;
}
