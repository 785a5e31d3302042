import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
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
import { AIModel } from '../ai-model';
import { CapabilityDimension } from '../capability/capability';
import { FederalSystem } from '../system/federal-system';

export const ToolPurpose = enumeration('ToolPurpose', 'What a defensive tool is for.', {
  DETECTION: 'Seeing attacks.',
  TRIAGE: 'Sorting what was seen.',
  VULN_DISCOVERY: 'Finding flaws.',
  PATCHING: 'Mending flaws.',
  DECEPTION: 'Leading attackers astray.',
  IDENTITY: 'Knowing who is who.',
  OTHER: 'Anything else.',
});

export const DeploymentStage = enumeration('DeploymentStage', 'How far a deployment is, in the words of OMB.', {
  PRE_DEPLOYMENT: 'Not in use yet.',
  PILOT: 'On trial.',
  DEPLOYED: 'In use.',
  RETIRED: 'No longer in use.',
});

@model('A tool for cyber defense.', { order: ['name'], sensitivity: 'GOV' })
export class DefensiveTool {
  @generatedId('tol') id!: string;
  @text('Name.', { filter: true, order: true }) name!: string;
  @text('Who makes it.', { filter: true }) vendorName!: string;
  @flag('Whether AI does the work.', { filter: true }) aiPowered!: boolean;
  @oneOf(() => ToolPurpose, 'What it is for.', { filter: true }) purpose!: ValueOf<typeof ToolPurpose>;
  @refersTo(() => AIModel, 'The model it is built on.', { as: 'basedOnModel', nullable: true, length: 30 }) modelId!:
    | string
    | null;
  @exerciseFlag() exercise!: boolean;
  @hasMany(() => ToolDeployment, 'toolId', 'Where it is deployed.') deployments!: unknown;
}

export const ToolSubcategory = links(
  () => DefensiveTool,
  'csfSubcategories',
  () => CapabilityDimension,
  {
    description: 'Outcomes of the Cybersecurity Framework it helps with.',
  },
);

@model('That an agency deploys a tool.', { order: ['since'], sensitivity: 'GOV' })
export class ToolDeployment {
  @generatedId('tdp') id!: string;
  @refersTo(() => Agency, 'The agency.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => DefensiveTool, 'The tool.', { as: 'tool', filter: true }) toolId!: string;
  @oneOf(() => DeploymentStage, 'How far it is.', { filter: true, order: true, index: true }) stage!: ValueOf<
    typeof DeploymentStage
  >;
  @date('Since when it is at this stage.', { filter: true, order: true }) since!: string;
  @integer('How many systems it covers.', { sensitivity: 'ISVI', derivedFrom: ['ToolDeployment.systems'] })
  systemsCovered!: number;
  @flag('Whether it is authorized to operate.', { filter: true }) haveAto!: boolean;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const DeploymentSystem = links(
  () => ToolDeployment,
  'systems',
  () => FederalSystem,
  {
    description: 'Covered systems.',
    paged: true,
    sensitivity: 'ISVI',
  },
);
