import { integer, key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';

@model('Federal holiday. It is not a business day for service targets.', { key: 'observedOn', order: ['observedOn'] })
export class FederalHoliday {
  @key('Day off, YYYY-MM-DD: the Friday before a holiday on Saturday, the Monday after one on Sunday.', { length: 10 })
  observedOn!: string;
  @text('Name of the holiday.', { filter: true, length: 100 }) name!: string;
  @integer('Calendar year of the holiday itself, which may differ from the year of the day off.', {
    filter: true,
    order: true,
  })
  year!: number;
}
