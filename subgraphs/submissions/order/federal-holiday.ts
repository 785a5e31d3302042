import { date, key, text } from '../../../shared/model/fields';
import { model } from '../../../shared/model/model';

@model('A federal holiday: no business day for the service targets.', { key: 'date', order: ['date'] })
export class FederalHoliday {
  @key('The day that the statute names.', { length: 10 }) date!: string;
  @text('Name.', { filter: true, length: 100 }) name!: string;
  @date('The day off: the Friday before a Saturday, the Monday after a Sunday.', { filter: true, order: true })
  observedOn!: string;
}
