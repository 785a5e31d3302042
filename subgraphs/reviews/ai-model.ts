import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { BenchmarkResult } from './evaluation/benchmark-result';
import { EvaluationRun } from './evaluation/evaluation-run';

/** A version of an AI model, as the reviews program extends it. */
@stub('A fixed version of a model: one checkpoint.')
export class ModelVersion {
  @stubKey() id!: string;
  @hasMany(() => BenchmarkResult, 'versionId', 'Results that others published for it.') publishedResults!: unknown;
  @hasMany(() => EvaluationRun, 'versionId', 'Evaluations that reviews ran on it.') evaluationRuns!: unknown;
}
