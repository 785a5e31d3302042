import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
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
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { AIModel } from '../ai-model';
import { CapabilityDimension } from '../capability/capability';
import { FederalSystem } from '../system/federal-system';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { AIUseCase } from '../use-case/ai-use-case';

export const ToolPurpose = enumeration('ToolPurpose', 'Purpose of a defensive tool.', {
  DETECTION: 'Detects attacks.',
  TRIAGE: 'Prioritizes alerts.',
  VULN_DISCOVERY: 'Discovers vulnerabilities.',
  PATCHING: 'Patches vulnerabilities.',
  DECEPTION: 'Deceives attackers, for example with decoys.',
  IDENTITY: 'Manages identities and access.',
  OTHER: 'Any other purpose.',
});
export type ToolPurpose = ValueOf<typeof ToolPurpose>;

export const DeploymentStage = enumeration('DeploymentStage', 'Stage of a deployment, as defined by OMB.', {
  PRE_DEPLOYMENT: 'In development or acquisition, not yet in use.',
  PILOT: 'In use by a limited group for testing.',
  DEPLOYED: 'In operational use.',
  RETIRED: 'No longer in use.',
});
export type DeploymentStage = ValueOf<typeof DeploymentStage>;

@model('Cyber defense tool.', { order: ['name'], sensitivity: 'GOV' })
export class DefensiveTool {
  @generatedId('tol') id!: string;
  @text('Name of the tool.', { search: true, filter: true, order: true }) name!: string;
  @text('Name of the vendor.', { search: true, filter: true }) vendorName!: string;
  @flag('Whether the tool is AI-powered.', { filter: true }) aiPowered!: boolean;
  @oneOf(() => ToolPurpose, 'Purpose of the tool.', { filter: true }) purpose!: ToolPurpose;
  @refersTo(() => AIModel, 'AI model that the tool is built on.', { as: 'basedOnModel', nullable: true, length: 30 })
  modelId!: string | null;
  @refersTo(() => Agency, 'Agency that registered the tool. Null for tools of exercises and earlier releases.', {
    as: 'registeredBy',
    nullable: true,
  })
  registeredByKey!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;
  @hasMany(() => ToolDeployment, 'toolId', 'Deployments of the tool at agencies.') deployments!: unknown;
  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the tool, oldest first.') timeline!: unknown;
}

export const ToolSubcategory = links(
  () => DefensiveTool,
  'csfSubcategories',
  () => CapabilityDimension,
  {
    description: 'NIST Cybersecurity Framework outcomes that the tool supports.',
  },
);

@model('Deployment of a defensive tool at an agency.', { order: ['since'], sensitivity: 'GOV' })
export class ToolDeployment {
  @generatedId('tdp') id!: string;
  @refersTo(() => Agency, 'Deploying agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => DefensiveTool, 'Deployed tool.', { as: 'tool', filter: true }) toolId!: string;
  @oneOf(() => DeploymentStage, 'Deployment stage.', { filter: true, order: true, index: true })
  stage!: DeploymentStage;
  @date('Date the deployment reached its stage.', { filter: true, order: true }) since!: string;
  @integer('Number of systems that the deployment covers.', {
    sensitivity: 'ISVI',
    derivedFrom: ['ToolDeployment.systems'],
  })
  systemsCovered!: number;
  @flag('Whether the deployment has an authorization to operate (ATO).', { filter: true }) haveAto!: boolean;
  @belongsTo(() => AIUseCase, 'AI use case under which the agency publishes its use of an AI-powered tool.', {
    as: 'useCase',
    nullable: true,
    filter: true,
  })
  useCaseId!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the deployment, oldest first.') timeline!: unknown;

  @computed(() => Boolean, 'Warning: the tool is AI-powered, and the deployment names no AI use case.')
  async lacksUseCase({ loaders }: Context): Promise<boolean> {
    const tool = await loaders.byKey(DefensiveTool).load(this.toolId);
    return tool?.aiPowered === true && this.useCaseId === null;
  }
}

export const DeploymentSystem = links(
  () => ToolDeployment,
  'systems',
  () => FederalSystem,
  {
    description: 'Systems that the deployment covers.',
    paged: true,
    sensitivity: 'ISVI',
  },
);
