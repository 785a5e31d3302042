import { key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';

@model('An occupational series of the civil service.', { key: 'code', order: ['code'] })
export class OccupationalSeries {
  @key('Four digits, such as "2210".', { length: 10 }) code!: string;
  @text('Title.', { filter: true, order: true }) title!: string;
}
