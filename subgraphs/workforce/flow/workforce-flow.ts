import { date, integer, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

@model('Accessions and separations of an agency in a month, from OPM EHRI data.', { entity: false, order: ['-month'] })
export class WorkforceFlow {
  @key('Published agency name and first day of the month.', { length: 120 }) id!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Agency name as published by OPM.', { filter: true, order: true, length: 100 }) agencyName!: string;
  @date('First day of the month.', { filter: true, order: true }) month!: string;
  @integer('Number of people who joined the agency (accessions).', { filter: true, order: true }) accessions!: number;
  @integer('Number of people who left the agency (separations).', { filter: true, order: true }) separations!: number;
}
