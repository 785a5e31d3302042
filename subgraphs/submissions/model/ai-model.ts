import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  bigNumber,
  date,
  exerciseFlag,
  flag,
  generatedId,
  listOf,
  oneOf,
  revisionNumber,
  text,
  textList,
  url,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { DeveloperOrganization } from '../developer/developer-organization';
import { Submission } from '../submission/submission';
import { ModelVersion } from './model-version';

export const Modality = enumeration('Modality', 'What a model takes or gives.', {
  TEXT: 'Written language.',
  IMAGE: 'Still images.',
  AUDIO: 'Speech, music and other sound.',
  VIDEO: 'Moving images.',
  CODE: 'Programs.',
  ACTION: 'Acts on a computer or in the world.',
});

export const ReleaseStatus = enumeration('ReleaseStatus', 'How far a model is released.', {
  UNRELEASED: 'Not released.',
  LIMITED: 'Released to some.',
  GENERAL: 'Released to everyone.',
  RETIRED: 'No longer offered.',
});

@model('An AI model: public ones from published catalogs, unreleased ones by codename.', { order: ['-releasedOn'] })
export class AIModel {
  @generatedId('mdl') id!: string;
  @belongsTo(() => DeveloperOrganization, 'Who develops it.', {
    as: 'developer',
    length: 60,
    nullable: true,
    filter: true,
  })
  developerKey!: string | null;
  @textList('All organizations that published it, as its source names them.') organizations!: string[];
  @text('Codename; never a public name before launch.', { sensitivity: 'PROPIN' }) codename!: string;
  @text('Public name; null until it is launched or its developer names it.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  publicName!: string | null;
  @text('Family of models it belongs to.', { nullable: true, filter: true }) family!: string | null;
  @listOf(() => Modality, 'What it takes or gives.') modalities!: ValueOf<typeof Modality>[];
  @textList('Fields of use, as its source names them.') domains!: string[];
  @bigNumber('Number of parameters.', { nullable: true, filter: true, order: true, sensitivity: 'PROPIN' })
  parameterCount!: string | null;
  @bigNumber('Floating-point operations spent on training.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
    sensitivity: 'PROPIN',
  })
  trainingComputeFlop!: string | null;
  @flag('Whether its weights are published; null when unknown.', { nullable: true, filter: true }) weightsOpen!:
    | boolean
    | null;
  @flag('Whether its publisher counts it among the frontier models of its time.', { filter: true }) frontier!: boolean;
  @oneOf(() => ReleaseStatus, 'How far it is released.', { filter: true, order: true, index: true })
  releaseStatus!: ValueOf<typeof ReleaseStatus>;
  @date('Day of its public release; null while unreleased.', { nullable: true, filter: true, order: true })
  releasedOn!: string | null;
  @url('Public page about it.', { nullable: true }) knownPublicSource!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ModelVersion, 'modelId', 'Its versions.') versions!: unknown;
  @hasMany(() => Submission, 'modelId', 'Submissions of it.') submissions!: unknown;
}
