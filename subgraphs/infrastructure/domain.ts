import { generatedId, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from './agency';

@model('Federal .gov domain.', { key: 'domain', order: ['domain'] })
export class GovDomain {
  @key('Domain name, in lower case.', { length: 100 }) domain!: string;
  @text('Domain type, as published.', { filter: true, order: true, length: 60 }) type!: string;
  @refersTo(() => Agency, 'Matching agency of the graph. Null if the published name matches none.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Registered organization, as published.', { filter: true, order: true }) organization!: string;
  @text('Registered suborganization, as published.', { nullable: true, filter: true }) suborganization!: string | null;
  @text('City of the registered organization.', { nullable: true, filter: true, length: 80 }) city!: string | null;
  @text('State or territory of the registered organization, as its postal abbreviation.', {
    nullable: true,
    filter: true,
    length: 10,
  })
  state!: string | null;
}

@model('Bureau or other component of an agency, as listed by the .gov registry.', { order: ['agencyName', 'name'] })
export class Bureau {
  @generatedId('bur') id!: string;
  @refersTo(() => Agency, 'Parent agency of the bureau. Null if the published name matches no agency of the graph.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('Agency name, as published.', { filter: true, order: true }) agencyName!: string;
  @text('Bureau name. Null for the entry of the agency itself.', { nullable: true, filter: true, order: true }) name!:
    | string
    | null;
}
