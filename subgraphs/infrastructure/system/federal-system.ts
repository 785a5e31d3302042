import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { date, exerciseFlag, flag, generatedId, oneOf, refersTo, revisionNumber, text } from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { CloudOffering } from '../cloud/cloud-offering';
import { GovDomain } from '../domain';
import { Sector } from '../sector/sector';
import { DeploymentSystem, ToolDeployment } from '../tool/defensive-tool';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';

export const ImpactLevel = enumeration('ImpactLevel', 'FIPS 199 impact level of a system.', {
  LOW: 'Loss would have a limited adverse effect.',
  MODERATE: 'Loss would have a serious adverse effect.',
  HIGH: 'Loss would have a severe or catastrophic adverse effect.',
});
export type ImpactLevel = ValueOf<typeof ImpactLevel>;

@model('Federal information system.', { order: ['name'], sensitivity: 'GOV' })
export class FederalSystem {
  @generatedId('sys') id!: string;
  @refersTo(() => Agency, 'Owning agency.', { as: 'agency' }) agencyKey!: string;
  @text('Name of the system.', { search: true, filter: true, order: true, sensitivity: 'ISVI' }) name!: string;
  @oneOf(() => ImpactLevel, 'FIPS 199 impact level.', { filter: true, order: true, index: true })
  impactLevel!: ImpactLevel;
  @flag('Whether the system is a high value asset (HVA).', { filter: true, sensitivity: 'ISVI' })
  highValueAsset!: boolean;
  @date('Expiration date of the authorization to operate (ATO). Null without one.', {
    nullable: true,
    filter: true,
    order: true,
  })
  atoExpires!: string | null;
  @flag('Whether an AI-powered defensive tool covers the system.', {
    filter: true,
    sensitivity: 'ISVI',
    derivedFrom: ['ToolDeployment.systems'],
  })
  coveredByAiTool!: boolean;
  @date('First date of coverage by an AI-powered defensive tool.', {
    nullable: true,
    sensitivity: 'ISVI',
    derivedFrom: ['ToolDeployment.systems'],
  })
  coveredSince!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => VulnerabilityFinding, 'systemId', 'Vulnerability findings on the system.') findings!: unknown;
  @hasMany(
    () => ToolDeployment,
    () => ({ links: DeploymentSystem, from: 'targetKey' }),
    'Deployments of defensive tools that cover the system.',
  )
  toolDeployments!: unknown;
}

export const SystemSector = links(
  () => FederalSystem,
  'sectorsSupported',
  () => Sector,
  { description: 'Critical-infrastructure sectors that the system supports.' },
);
export const SystemDomain = links(
  () => FederalSystem,
  'domains',
  () => GovDomain,
  { description: 'Federal .gov domains that the system serves.', paged: true },
);
export const SystemCloudOffering = links(
  () => FederalSystem,
  'cloudOfferings',
  () => CloudOffering,
  {
    description: 'Cloud offerings that the system runs on.',
    paged: true,
  },
);
