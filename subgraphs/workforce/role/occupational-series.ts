import { key, text } from '#kit/model/fields';
import { model } from '#kit/model/model';

@model('OPM occupational series: a group of federal jobs with similar work.', { key: 'code', order: ['code'] })
export class OccupationalSeries {
  @key('Four-digit series code, such as "2210".', { length: 10 }) code!: string;
  @text('Series title, such as "Information Technology Management".', { search: true, filter: true, order: true })
  title!: string;
}
