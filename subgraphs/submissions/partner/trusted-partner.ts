import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { exerciseFlag, key, oneOf, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Sector } from '../sector';

export const PartnerKind = enumeration('PartnerKind', 'Type of trusted partner.', {
  GOVERNMENT: 'Public body, of any level.',
  CRITICAL_INFRASTRUCTURE: 'Operator of critical infrastructure.',
  SECURITY_VENDOR: 'Vendor of security products or services.',
  RESEARCH: 'University or research institute.',
  OTHER: 'Any other type.',
});

@model(
  'Organization that developers and the government may choose as a trusted partner: it gets a model before the public. The list says nothing about who chose whom.',
  { key: 'key', order: ['name'], sensitivity: 'GOV' },
)
export class TrustedPartner {
  @key('Short name in kebab case.', { length: 60 }) key!: string;
  @text('Name of the organization.', { filter: true, order: true }) name!: string;
  @oneOf(() => PartnerKind, 'Type of organization.', { filter: true, order: true }) kind!: ValueOf<typeof PartnerKind>;
  @exerciseFlag() exercise!: boolean;
}

export const TrustedPartnerSector = links(
  () => TrustedPartner,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors in which the partner works.' },
);
