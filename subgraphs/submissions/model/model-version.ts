import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, dateTime, exerciseFlag, generatedId, oneOf, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Submission } from '../submission/submission';
import { AIModel } from './ai-model';

export const SafeguardsLevel = enumeration('SafeguardsLevel', 'Which safeguards a version runs with.', {
  FULL: 'Those of the public release.',
  REDUCED: 'Fewer, so that capabilities can be measured.',
  NONE: 'None.',
});

@model('A fixed version of a model: one checkpoint.', { order: ['-releasedOn'] })
export class ModelVersion {
  @generatedId('mdv') id!: string;
  @belongsTo(() => AIModel, 'The model it is a version of; null when its catalog names none known.', {
    as: 'model',
    nullable: true,
    filter: true,
  })
  modelId!: string | null;
  @text('Label of the version.', { filter: true, sensitivity: 'PROPIN' }) label!: string;
  @text('Name by which published benchmarks refer to it.', { nullable: true, unique: true }) publicLabel!:
    | string
    | null;
  @sha256('Digest of the checkpoint.', { nullable: true, sensitivity: 'PROPIN' }) checkpointHash!: string | null;
  @dateTime('When it was frozen.', { nullable: true, filter: true, sensitivity: 'PROPIN' }) frozenAt!: string | null;
  @date('Day of its public release.', { nullable: true, filter: true, order: true }) releasedOn!: string | null;
  @oneOf(() => SafeguardsLevel, 'Which safeguards it runs with; null when unknown.', {
    nullable: true,
    sensitivity: 'PROPIN',
  })
  safeguardsLevel!: ValueOf<typeof SafeguardsLevel> | null;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Submission, 'versionId', 'Submissions of this version.') submissions!: unknown;
}
