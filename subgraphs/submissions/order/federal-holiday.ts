import { integer, key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';

@model('A federal holiday: no business day for the service targets.', { key: 'observedOn', order: ['observedOn'] })
export class FederalHoliday {
  @key('The day off, YYYY-MM-DD: the Friday before a Saturday, the Monday after a Sunday.', { length: 10 })
  observedOn!: string;
  @text('Name.', { filter: true, length: 100 }) name!: string;
  @integer('Year it belongs to.', { filter: true, order: true }) year!: number;
}
