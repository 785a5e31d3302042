import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { date, exerciseFlag, flag, generatedId, oneOf, refersTo, revisionNumber, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { CloudOffering } from '../cloud/cloud-offering';
import { GovDomain } from '../domain';
import { Sector } from '../sector/sector';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';

export const ImpactLevel = enumeration('ImpactLevel', 'How grave the loss of a system would be, by FIPS 199.', {
  LOW: 'Limited harm.',
  MODERATE: 'Serious harm.',
  HIGH: 'Severe or catastrophic harm.',
});

@model('An information system of an agency.', { order: ['name'], sensitivity: 'GOV' })
export class FederalSystem {
  @generatedId('sys') id!: string;
  @refersTo(() => Agency, 'Whose it is.', { as: 'agency' }) agencyKey!: string;
  @text('Name.', { filter: true, order: true, sensitivity: 'ISVI' }) name!: string;
  @oneOf(() => ImpactLevel, 'Impact level by FIPS 199.', { filter: true, order: true, index: true })
  impactLevel!: ValueOf<typeof ImpactLevel>;
  @flag('Whether it is a high value asset.', { filter: true, sensitivity: 'ISVI' }) highValueAsset!: boolean;
  @date('Until when it is authorized to operate.', { nullable: true, filter: true, order: true }) atoExpires!:
    | string
    | null;
  @flag('Whether an AI-powered defensive tool covers it.', {
    filter: true,
    sensitivity: 'ISVI',
    derivedFrom: ['ToolDeployment.systems'],
  })
  coveredByAiTool!: boolean;
  @date('Since when an AI-powered tool covers it.', {
    nullable: true,
    sensitivity: 'ISVI',
    derivedFrom: ['ToolDeployment.systems'],
  })
  coveredSince!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => VulnerabilityFinding, 'systemId', 'Vulnerabilities found on it.') findings!: unknown;
}

export const SystemSector = links(
  () => FederalSystem,
  'sectorsSupported',
  () => Sector,
  { description: 'Sectors it supports.' },
);
export const SystemDomain = links(
  () => FederalSystem,
  'domains',
  () => GovDomain,
  { description: 'Internet domains of the system.', paged: true },
);
export const SystemCloudOffering = links(
  () => FederalSystem,
  'cloudOfferings',
  () => CloudOffering,
  {
    description: 'Cloud offerings it runs on.',
    paged: true,
  },
);
