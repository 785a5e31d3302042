import { key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';

@model('Type of appointment to the civil service, such as permanent or term.', { key: 'code', order: ['name'] })
export class AppointmentType {
  @key('USAJOBS code of the appointment type.', { length: 10 }) code!: string;
  @text('Name of the appointment type.', { filter: true, order: true, length: 80 }) name!: string;
}

@model('Agency or agency component in the OPM code list.', { key: 'code', order: ['code'] })
export class OpmAgency {
  @key('OPM code, such as "TR93". OPM lists a few agencies under their name instead.', { length: 100 }) code!: string;
  @text('Name in the OPM code list.', { filter: true, order: true }) name!: string;
  @refersTo(
    () => Agency,
    'Matching agency of the graph. Null if the code names a component that the graph does not list separately.',
    { as: 'agency', nullable: true },
  )
  agencyKey!: string | null;
}
