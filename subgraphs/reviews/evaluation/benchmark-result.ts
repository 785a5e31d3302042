import { belongsTo, float, generatedId, integer, refersTo, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ModelVersion } from '../ai-model';
import { EvaluationDefinition } from './evaluation-definition';

@model('Published benchmark result of a public model.', { order: ['benchmark'] })
export class BenchmarkResult {
  @generatedId('pub') id!: string;
  @text('Benchmark, as named by the source.', { filter: true, order: true, length: 120 })
  benchmark!: string;
  @belongsTo(() => EvaluationDefinition, 'Matching evaluation in the catalog, if any.', {
    as: 'evaluation',
    length: 100,
    nullable: true,
    filter: true,
  })
  evaluationId!: string | null;
  @refersTo(() => ModelVersion, 'Model version measured, if it is in the graph.', {
    as: 'version',
    length: 30,
    nullable: true,
  })
  versionId!: string | null;
  @text('Model version, as named by the source.', { filter: true }) versionLabel!: string;
  @float('Best score.', { nullable: true, filter: true, order: true }) score!: number | null;
  @float('Lower bound of the confidence interval.', { nullable: true }) ciLow!: number | null;
  @float('Upper bound of the confidence interval.', { nullable: true }) ciHigh!: number | null;
  @text('Unit of the score.', { nullable: true, length: 40 }) unit!: string | null;
  @integer('Number of measurements.', { nullable: true }) measurements!: number | null;
  @textList('Remarks of the source.') remarks!: string[];
}
