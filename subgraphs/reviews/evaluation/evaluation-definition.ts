import { hasMany } from '#kit/collection/connection';
import { flag, integer, key, longText, text, textList, url } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { BenchmarkResult } from './benchmark-result';
import { EvaluationItem } from './evaluation-item';
import { EvaluationRun } from './evaluation-run';

@model('An evaluation that can be run on a model.', { order: ['title'] })
export class EvaluationDefinition {
  @key('Slug of the evaluation in its catalog, such as "cybench".', { as: 'slug', length: 100 }) id!: string;
  @text('Title.', { filter: true, order: true }) title!: string;
  @text('Group it stands in.', { nullable: true, filter: true, order: true, length: 80 }) group!: string | null;
  @longText('What it measures.', { nullable: true }) description!: string | null;
  @url('Paper about it.', { nullable: true }) paper!: string | null;
  @textList('Names of its tasks.') tasks!: string[];
  @integer('Items of all its tasks; null when a task does not say.', { nullable: true, filter: true, order: true })
  items!: number | null;
  @textList('Tags.') tags!: string[];
  @flag('Whether it runs in a sandbox.', { filter: true }) sandboxed!: boolean;
  @flag('Whether it is a cybersecurity evaluation.', { filter: true }) cybersecurity!: boolean;

  @hasMany(() => EvaluationItem, 'evaluationId', 'Its items, where they are published one by one.')
  publishedItems!: unknown;
  @hasMany(() => EvaluationRun, 'definitionId', 'Its runs in reviews.') runs!: unknown;
  @hasMany(() => BenchmarkResult, 'evaluationId', 'Published results.') publishedResults!: unknown;
}
