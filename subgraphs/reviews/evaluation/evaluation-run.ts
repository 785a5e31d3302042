import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  float,
  generatedId,
  longText,
  oneOf,
  refersTo,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ModelVersion } from '../ai-model';
import { Review } from '../review/review';
import { EvaluationDefinition } from './evaluation-definition';

export const EvaluationRunStatus = enumeration('EvaluationRunStatus', 'Where a run stands.', {
  QUEUED: 'Waiting.',
  RUNNING: 'Running.',
  DONE: 'Done.',
  FAILED: 'Failed.',
  CANCELLED: 'Canceled.',
});

@model('A run of an evaluation in a review.', { order: ['-queuedAt'], sensitivity: 'GOV' })
export class EvaluationRun {
  @generatedId('run') id!: string;
  @belongsTo(() => Review, 'The review it is part of.', { as: 'review', filter: true }) reviewId!: string;
  @belongsTo(() => EvaluationDefinition, 'What was run; null for an evaluation outside the catalog.', {
    as: 'definition',
    length: 100,
    nullable: true,
    filter: true,
  })
  definitionId!: string | null;
  @text('Name of the evaluation.', { filter: true }) title!: string;
  @refersTo(() => ModelVersion, 'The version of the model it ran on.', {
    as: 'version',
    length: 30,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.version'],
  })
  versionId!: string;
  @text('Scaffold around the model.', { nullable: true }) scaffold!: string | null;
  @oneOf(() => EvaluationRunStatus, 'Where it stands.', { filter: true, order: true }) status!: ValueOf<
    typeof EvaluationRunStatus
  >;
  @dateTime('When it was queued.', { order: true, filter: true }) queuedAt!: string;
  @dateTime('When it began.', { nullable: true }) startedAt!: string | null;
  @dateTime('When it ended.', { nullable: true }) endedAt!: string | null;
  @float('Score.', { nullable: true, order: true, sensitivity: 'PROPIN' }) score!: number | null;
  @float('Lower end of the 95 % confidence interval.', { nullable: true, sensitivity: 'PROPIN' }) ciLow!: number | null;
  @float('Upper end of the 95 % confidence interval.', { nullable: true, sensitivity: 'PROPIN' }) ciHigh!:
    | number
    | null;
  @text('Unit of the score.', { nullable: true, length: 40 }) unit!: string | null;
  @longText('Notes of the reviewers.', { nullable: true, sensitivity: 'GOV_DELIB' }) notes!: string | null;
  @exerciseFlag() exercise!: boolean;
}
