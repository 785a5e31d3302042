import { key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

@model('A type of appointment to the civil service.', { key: 'code', order: ['name'] })
export class AppointmentType {
  @key('Code of USAJOBS.', { length: 10 }) code!: string;
  @text('Name.', { filter: true, order: true, length: 80 }) name!: string;
}

@model('An agency, or a part of one, by the code that OPM gives it.', { key: 'code', order: ['code'] })
export class OpmAgency {
  @key('Code, such as "TR93"; a few are listed under their name.', { length: 100 }) code!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @refersTo(() => Agency, 'The same agency in the graph, where it is one of its own.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
}
