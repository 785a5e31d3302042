import { belongsTo, float, generatedId, integer, refersTo, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ModelVersion } from '../ai-model';
import { EvaluationDefinition } from './evaluation-definition';

@model('A result that someone published for a public model.', { order: ['benchmark'] })
export class BenchmarkResult {
  @generatedId('pub') id!: string;
  @text('Benchmark, as its source names it.', { filter: true, order: true, length: 120 })
  benchmark!: string;
  @belongsTo(() => EvaluationDefinition, 'The same evaluation in the catalog, where the names meet.', {
    as: 'evaluation',
    length: 100,
    nullable: true,
    filter: true,
  })
  evaluationId!: string | null;
  @refersTo(() => ModelVersion, 'The version measured, where it is known.', {
    as: 'version',
    length: 30,
    nullable: true,
  })
  versionId!: string | null;
  @text('The version, as its source names it.', { filter: true }) versionLabel!: string;
  @float('Best score.', { nullable: true, filter: true, order: true }) score!: number | null;
  @float('Lower end of the confidence interval.', { nullable: true }) ciLow!: number | null;
  @float('Upper end of the confidence interval.', { nullable: true }) ciHigh!: number | null;
  @text('Unit of the score.', { nullable: true, length: 40 }) unit!: string | null;
  @integer('Number of measurements behind it.', { nullable: true }) measurements!: number | null;
  @textList('Further remarks of the source.') remarks!: string[];
}
