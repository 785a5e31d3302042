import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  date,
  exerciseFlag,
  flag,
  generatedId,
  integer,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { CloudOffering } from '../cloud/cloud-offering';
import { GovDomain } from '../domain';
import { Sector } from '../sector/sector';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { DeploymentSystem, ToolDeployment } from '../tool/defensive-tool';
import { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { InventoryItem } from './inventory-item';
import { SystemAuthorization } from './system-authorization';

export const ImpactLevel = enumeration('ImpactLevel', 'FIPS 199 impact level of a system.', {
  LOW: 'Loss would have a limited adverse effect.',
  MODERATE: 'Loss would have a serious adverse effect.',
  HIGH: 'Loss would have a severe or catastrophic adverse effect.',
});
export type ImpactLevel = ValueOf<typeof ImpactLevel>;

export const SystemStatus = enumeration('SystemStatus', 'Status of a system, in the words of OSCAL.', {
  UNDER_DEVELOPMENT: 'Being designed or built.',
  OPERATIONAL: 'In operation.',
  UNDER_MAJOR_MODIFICATION: 'In operation, with a major change under way.',
  DISPOSITION: 'Retired or being retired.',
});
export type SystemStatus = ValueOf<typeof SystemStatus>;

export const SystemOperator = enumeration('SystemOperator', 'Who operates a system.', {
  AGENCY: 'The owning agency.',
  CONTRACTOR: 'A contractor, on behalf of the agency.',
  SHARED_SERVICE: 'Another agency, as a shared service.',
});
export type SystemOperator = ValueOf<typeof SystemOperator>;

@model('Federal information system.', { order: ['name'], sensitivity: 'GOV' })
// for groups by agency of the systems of an impact level
@Index(['impactLevel', 'agencyKey', 'highValueAsset', 'id'])
// for findings on covered systems
@Index(['coveredByAiTool', 'id'])
export class FederalSystem {
  @generatedId('sys') id!: string;
  @refersTo(() => Agency, 'Owning agency.', { as: 'agency' }) agencyKey!: string;
  @text('Name of the system.', { search: true, filter: true, order: true, sensitivity: 'ISVI' }) name!: string;
  @oneOf(() => ImpactLevel, 'FIPS 199 impact level.', { filter: true, order: true })
  impactLevel!: ImpactLevel;
  @oneOf(() => SystemStatus, 'Status.', { filter: true, order: true, default: 'OPERATIONAL' }) status!: SystemStatus;
  @oneOf(() => SystemOperator, 'Who operates the system. Null if not recorded.', { nullable: true, filter: true })
  operatedBy!: SystemOperator | null;
  @integer(
    'Maturity level of logging that the system has reached, 0 to 5, by OMB M-26-14. Null if not assessed. Not one of the event logging tiers EL0 to EL3 of the rescinded M-21-31.',
    { nullable: true, filter: true, order: true, sensitivity: 'ISVI' },
  )
  loggingLevel!: number | null;
  @flag('Whether the system is a high value asset (HVA).', { filter: true, sensitivity: 'ISVI' })
  highValueAsset!: boolean;
  @date('Expiration date of the authorization to operate (ATO). Null without one, and for an ongoing one.', {
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

  @hasMany(() => InventoryItem, 'systemId', 'Assets of the system, in groups of like ones.') inventory!: unknown;
  @hasMany(() => SystemAuthorization, 'systemId', 'Decisions on the authorization of the system.')
  authorizations!: unknown;
  @hasMany(() => VulnerabilityFinding, 'systemId', 'Vulnerability findings on the system.') findings!: unknown;
  @hasMany(
    () => ToolDeployment,
    () => ({ links: DeploymentSystem, from: 'targetKey' }),
    'Deployments of defensive tools that cover the system.',
  )
  toolDeployments!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the system, oldest first.') timeline!: unknown;
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
