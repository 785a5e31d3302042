import { hasMany } from '#kit/collection/connection';
import { stub, stubKey } from '#kit/model/model';
import { BenchmarkResult } from './evaluation/benchmark-result';
import { EvaluationRun } from './evaluation/evaluation-run';

@stub('Fixed version of a model: one checkpoint.', { matchedBy: 'modelVersionKeys' })
export class ModelVersion {
  @stubKey() id!: string;
  @hasMany(() => BenchmarkResult, 'versionId', 'Published benchmark results for this version.')
  publishedResults!: unknown;
  @hasMany(() => EvaluationRun, 'versionId', 'Evaluation runs of reviews on this version.') evaluationRuns!: unknown;
}
