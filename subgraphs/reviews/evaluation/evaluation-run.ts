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

export const EvaluationRunStatus = enumeration('EvaluationRunStatus', 'Status of an evaluation run.', {
  QUEUED: 'Queued, not started.',
  RUNNING: 'Running.',
  DONE: 'Finished, with a result.',
  FAILED: 'Failed, without a result.',
  CANCELLED: 'Canceled before it finished.',
});

@model('Run of an evaluation as part of a review.', { order: ['-queuedAt'], sensitivity: 'GOV' })
export class EvaluationRun {
  @generatedId('run') id!: string;
  @belongsTo(() => Review, 'Review that the run belongs to.', { as: 'review', filter: true }) reviewId!: string;
  @belongsTo(() => EvaluationDefinition, 'Evaluation in the catalog; null if it is not in the catalog.', {
    as: 'definition',
    length: 100,
    nullable: true,
    filter: true,
  })
  definitionId!: string | null;
  @text('Name of the evaluation.', { filter: true }) title!: string;
  @refersTo(() => ModelVersion, 'Model version that the run tested.', {
    as: 'version',
    length: 30,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.version'],
  })
  versionId!: string;
  @text('Scaffold around the model, such as an agent with tools.', { nullable: true }) scaffold!: string | null;
  @oneOf(() => EvaluationRunStatus, 'Status of the run.', { filter: true, order: true }) status!: ValueOf<
    typeof EvaluationRunStatus
  >;
  @dateTime('Time the run was queued.', { order: true, filter: true }) queuedAt!: string;
  @dateTime('Time the run started.', { nullable: true }) startedAt!: string | null;
  @dateTime('Time the run ended.', { nullable: true }) endedAt!: string | null;
  @float('Score.', { nullable: true, order: true, sensitivity: 'PROPIN' }) score!: number | null;
  @float('Lower bound of the 95% confidence interval.', { nullable: true, sensitivity: 'PROPIN' }) ciLow!:
    | number
    | null;
  @float('Upper bound of the 95% confidence interval.', { nullable: true, sensitivity: 'PROPIN' }) ciHigh!:
    | number
    | null;
  @text('Unit of the score.', { nullable: true, length: 40 }) unit!: string | null;
  @longText('Notes of the reviewers.', { nullable: true, sensitivity: 'GOV_DELIB' }) notes!: string | null;
  @exerciseFlag() exercise!: boolean;
}
