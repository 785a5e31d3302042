import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { key, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from './agency';

export const IdentifierScheme = enumeration('IdentifierScheme', 'Whose name or code for an agency it is.', {
  OPM: 'Code of OPM.',
  FEDRAMP: 'Id of the FedRAMP marketplace.',
  OMB: 'Abbreviation in the use-case inventory of OMB.',
  EHRI: 'Name in the workforce counts of OPM.',
  USAJOBS: 'Name in the status counts of USAJOBS.',
  DOMAIN: 'Main .gov domain.',
});

@model('What another catalog calls an agency.', { entity: false, order: ['scheme', 'value'] })
export class AgencyIdentifier {
  @key('Scheme and value.', { length: 160 }) id!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => IdentifierScheme, 'Whose it is.', { filter: true, order: true }) scheme!: ValueOf<
    typeof IdentifierScheme
  >;
  @text('The name or code.', { filter: true, order: true, length: 120 }) value!: string;
}
