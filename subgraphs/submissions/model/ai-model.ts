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
import { CoverageInquiry } from '../inquiry/coverage-inquiry';
import { Submission } from '../submission/submission';
import { ModelVersion } from './model-version';

export const Modality = enumeration('Modality', 'Kind of input or output a model supports.', {
  TEXT: 'Text in natural language.',
  IMAGE: 'Still images.',
  AUDIO: 'Speech, music, and other sound.',
  VIDEO: 'Video.',
  CODE: 'Source code.',
  ACTION: 'Actions on a computer or in the physical world.',
});
export type Modality = ValueOf<typeof Modality>;

export const ReleaseStatus = enumeration('ReleaseStatus', 'Public availability of a model.', {
  UNRELEASED: 'Not released to the public.',
  LIMITED: 'Released to a limited audience.',
  GENERAL: 'Released to the general public.',
  RETIRED: 'Released earlier and no longer offered.',
});
export type ReleaseStatus = ValueOf<typeof ReleaseStatus>;

@model('AI model: public models from published catalogs, unreleased models by codename.', { order: ['-releasedOn'] })
export class AIModel {
  @generatedId('mdl') id!: string;
  @belongsTo(() => DeveloperOrganization, 'Organization that develops the model.', {
    as: 'developer',
    length: 60,
    nullable: true,
    filter: true,
  })
  developerKey!: string | null;
  @textList('Organizations that published the model, as named by the source.') organizations!: string[];
  @text('Codename used before launch; never the public name.', { sensitivity: 'PROPIN' }) codename!: string;
  @text('Public name; null until launch, unless the developer publishes it earlier.', {
    search: true,
    nullable: true,
    filter: true,
    order: true,
    index: true,
  })
  publicName!: string | null;
  @text('Model family.', { search: true, nullable: true, filter: true }) family!: string | null;
  @listOf(() => Modality, 'Kinds of input and output the model supports.') modalities!: Modality[];
  @textList('Application areas, as named by the source.') domains!: string[];
  @bigNumber('Number of parameters.', { nullable: true, filter: true, order: true, sensitivity: 'PROPIN' })
  parameterCount!: string | null;
  @bigNumber('Training compute, in floating-point operations.', {
    nullable: true,
    filter: true,
    order: true,
    index: true,
    sensitivity: 'PROPIN',
  })
  trainingComputeFlop!: string | null;
  @flag('Whether the weights are public; null if unknown.', { nullable: true, filter: true }) weightsOpen!:
    | boolean
    | null;
  @flag('Whether the source classifies the model as a frontier model at the time of its release.', { filter: true })
  frontier!: boolean;
  @oneOf(() => ReleaseStatus, 'Public availability.', { filter: true, order: true, index: true })
  releaseStatus!: ReleaseStatus;
  @date('Date of public release; null while unreleased.', { nullable: true, filter: true, order: true })
  releasedOn!: string | null;
  @url('Public page about the model.', { nullable: true }) knownPublicSource!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => ModelVersion, 'modelId', 'Versions of the model, newest release first.') versions!: unknown;
  @hasMany(() => Submission, 'modelId', 'Submissions of any version of the model.') submissions!: unknown;
  @hasMany(() => CoverageInquiry, 'modelId', 'Inquiries whether the model is a covered model.')
  coverageInquiries!: unknown;
}
