import { generatedId, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from './agency';

@model('A .gov domain of the federal government.', { key: 'domain', order: ['domain'] })
export class GovDomain {
  @key('The domain, in lower case.', { length: 100 }) domain!: string;
  @text('Type, as published.', { filter: true, order: true, length: 60 }) type!: string;
  @refersTo(() => Agency, 'The agency; null when the graph does not know it.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @text('Organization, as published.', { filter: true, order: true }) organization!: string;
  @text('Part of the organization, as published.', { nullable: true, filter: true }) suborganization!: string | null;
  @text('City.', { nullable: true, filter: true, length: 80 }) city!: string | null;
  @text('State or territory.', { nullable: true, filter: true, length: 10 }) state!: string | null;
}

@model('A bureau or other part of an agency, as the .gov registry lists it.', { order: ['agencyName', 'name'] })
export class Bureau {
  @generatedId('bur') id!: string;
  @refersTo(() => Agency, 'The agency it belongs to; null when the graph does not know it.', {
    as: 'agency',
    nullable: true,
  })
  agencyKey!: string | null;
  @text('The agency, as published.', { filter: true, order: true }) agencyName!: string;
  @text('Name of the bureau; null for the agency itself.', { nullable: true, filter: true, order: true }) name!:
    | string
    | null;
}
