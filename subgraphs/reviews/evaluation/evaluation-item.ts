import { belongsTo, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Vulnerability } from '../vulnerability';
import { EvaluationDefinition } from './evaluation-definition';

@model('One item of an evaluation: a challenge, or a vulnerability to be exploited.', {
  entity: false,
  order: ['name'],
})
export class EvaluationItem {
  @key('Evaluation and item.', { length: 120 }) id!: string;
  @belongsTo(() => EvaluationDefinition, 'The evaluation; null when it is not in the catalog.', {
    as: 'evaluation',
    length: 100,
    nullable: true,
    filter: true,
  })
  evaluationId!: string | null;
  @text('Name.', { filter: true, order: true, length: 100 }) name!: string;
  @text('Category.', { nullable: true, filter: true, length: 60 }) category!: string | null;
  @text('Where it comes from.', { nullable: true, filter: true, length: 100 }) origin!: string | null;
  @refersTo(() => Vulnerability, 'The vulnerability it is about.', { as: 'vulnerability', nullable: true, length: 30 })
  cveId!: string | null;
}
