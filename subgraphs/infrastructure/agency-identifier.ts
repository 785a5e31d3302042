import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { key, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from './agency';

export const IdentifierScheme = enumeration('IdentifierScheme', 'Catalog that an agency name or code comes from.', {
  OPM: 'OPM agency code.',
  FEDRAMP: 'FedRAMP marketplace agency id.',
  OMB: 'Abbreviation in the OMB AI use-case inventory.',
  EHRI: 'Name in the OPM EHRI workforce counts.',
  USAJOBS: 'Name in the USAJOBS status counts.',
  DOMAIN: 'Primary .gov domain.',
});
export type IdentifierScheme = ValueOf<typeof IdentifierScheme>;

@model('Name or code of an agency in another catalog.', { entity: false, order: ['scheme', 'value'] })
export class AgencyIdentifier {
  @key('Scheme and value, separated by a space.', { length: 160 }) id!: string;
  @refersTo(() => Agency, 'Agency that the identifier names.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => IdentifierScheme, 'Catalog that the identifier comes from.', { filter: true, order: true })
  scheme!: IdentifierScheme;
  @text('Name or code in the catalog.', { filter: true, order: true, length: 120 }) value!: string;
}
