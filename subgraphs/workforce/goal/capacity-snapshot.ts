import { belongsTo, date, exerciseFlag, flag, generatedId, integer, refersTo } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { AgencyWorkRole } from '../agency-work-role';
import { WorkRole } from '../role/work-role';

@model('How an agency staffed a work role on a day.', { order: ['-asOf', '-vacant'], sensitivity: 'GOV' })
export class CapacitySnapshot {
  @generatedId('cap') id!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => WorkRole, 'The role.', { as: 'workRole', length: 20, filter: true }) workRoleCode!: string;
  @refersTo(() => AgencyWorkRole, 'The same as it is now.', { as: 'staffing', filter: false }) staffingId!: string;
  @date('The day.', { filter: true, order: true }) asOf!: string;
  @flag('Whether it is the newest of its agency and role.', { filter: true }) current!: boolean;
  @integer('Positions authorized.', { filter: true, order: true, column: 'authorised' }) authorized!: number;
  @integer('Positions filled.', { filter: true, order: true }) filled!: number;
  @integer('Positions funded and not filled.', { filter: true, order: true }) vacant!: number;
  @integer('Of the vacant ones, those being filled.', { filter: true, order: true }) inHiring!: number;
  @exerciseFlag() exercise!: boolean;
}
