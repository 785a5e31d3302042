import { hasMany } from '#kit/collection/connection';
import { flag, integer, key, longText, text, textList, url } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { BenchmarkResult } from './benchmark-result';
import { EvaluationItem } from './evaluation-item';
import { EvaluationRun } from './evaluation-run';

@model('Evaluation in the catalog that reviews can run on a model.', { order: ['title'] })
export class EvaluationDefinition {
  @key('Id of the evaluation in its catalog, such as "cybench".', { as: 'slug', length: 100 }) id!: string;
  @text('Title.', { search: true, filter: true, order: true }) title!: string;
  @text('Group in the catalog.', { nullable: true, filter: true, order: true, length: 80 }) group!: string | null;
  @longText('Capability or risk that the evaluation measures.', { nullable: true }) description!: string | null;
  @url('Paper that describes the evaluation.', { nullable: true }) paper!: string | null;
  @textList('Task names.') tasks!: string[];
  @integer('Number of items over all tasks; null if the source does not state it for every task.', {
    nullable: true,
    filter: true,
    order: true,
  })
  items!: number | null;
  @textList('Topics, as tagged by the source.') tags!: string[];
  @flag('Whether the evaluation runs in a sandbox.', { filter: true }) sandboxed!: boolean;
  @flag('Whether the evaluation measures cybersecurity.', { filter: true }) cybersecurity!: boolean;

  @hasMany(() => EvaluationItem, 'evaluationId', 'Published items of the evaluation.')
  publishedItems!: unknown;
  @hasMany(() => EvaluationRun, 'definitionId', 'Runs of the evaluation in reviews.') runs!: unknown;
  @hasMany(() => BenchmarkResult, 'evaluationId', 'Published benchmark results of the evaluation.')
  publishedResults!: unknown;
}
