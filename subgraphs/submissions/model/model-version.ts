import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { belongsTo, date, dateTime, exerciseFlag, generatedId, oneOf, sha256, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Submission } from '../submission/submission';
import { AIModel } from './ai-model';

export const SafeguardsLevel = enumeration('SafeguardsLevel', 'Safeguards active in a model version.', {
  FULL: 'Same safeguards as the public release.',
  REDUCED: 'Fewer safeguards than the public release, for measuring capabilities.',
  NONE: 'No safeguards.',
});
export type SafeguardsLevel = ValueOf<typeof SafeguardsLevel>;

@model('Fixed version of a model: one checkpoint.', { order: ['-releasedOn'] })
export class ModelVersion {
  @generatedId('mdv') id!: string;
  @belongsTo(() => AIModel, 'Model this is a version of; null if the source names no model in the graph.', {
    as: 'model',
    nullable: true,
    filter: true,
  })
  modelId!: string | null;
  @text('Version label, such as "release candidate 2".', { filter: true, sensitivity: 'PROPIN' }) label!: string;
  @text('Name of this version in published benchmarks.', { nullable: true, unique: true }) publicLabel!: string | null;
  @sha256('SHA-256 digest of the checkpoint.', { nullable: true, sensitivity: 'PROPIN' }) checkpointHash!:
    | string
    | null;
  @dateTime('Time the checkpoint was frozen.', { nullable: true, filter: true, sensitivity: 'PROPIN' }) frozenAt!:
    | string
    | null;
  @date('Date of public release.', { nullable: true, filter: true, order: true }) releasedOn!: string | null;
  @oneOf(() => SafeguardsLevel, 'Safeguards active in this version; null if unknown.', {
    nullable: true,
    sensitivity: 'PROPIN',
  })
  safeguardsLevel!: SafeguardsLevel | null;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => Submission, 'versionId', 'Submissions of this version.') submissions!: unknown;
}
