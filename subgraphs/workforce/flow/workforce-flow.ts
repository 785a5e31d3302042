import { date, integer, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

@model('People who joined and left an agency in a month, as OPM counts them.', { entity: false, order: ['-month'] })
export class WorkforceFlow {
  @key('Agency name and month.', { length: 120 }) id!: string;
  @refersTo(() => Agency, 'The agency, where it is known.', { as: 'agency', nullable: true }) agencyKey!: string | null;
  @text('Name of the agency as published.', { filter: true, order: true, length: 100 }) agencyName!: string;
  @date('First day of the month.', { filter: true, order: true }) month!: string;
  @integer('People who joined.', { filter: true, order: true }) accessions!: number;
  @integer('People who left.', { filter: true, order: true }) separations!: number;
}
