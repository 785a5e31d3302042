import { belongsTo, key, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Vulnerability } from '../vulnerability';
import { EvaluationDefinition } from './evaluation-definition';

@model('Item of an evaluation: a challenge, or a vulnerability to exploit.', {
  entity: false,
  order: ['name'],
})
export class EvaluationItem {
  @key('Evaluation and item name.', { length: 120 }) id!: string;
  @belongsTo(() => EvaluationDefinition, 'Evaluation that contains the item; null if it is not in the catalog.', {
    as: 'evaluation',
    length: 100,
    nullable: true,
    filter: true,
  })
  evaluationId!: string | null;
  @text('Name.', { filter: true, order: true, length: 100 }) name!: string;
  @text('Category.', { nullable: true, filter: true, length: 60 }) category!: string | null;
  @text('Source of the item, such as a competition.', { nullable: true, filter: true, length: 100 }) origin!:
    | string
    | null;
  @refersTo(() => Vulnerability, 'Vulnerability that the item is about.', {
    as: 'vulnerability',
    nullable: true,
    length: 30,
  })
  cveId!: string | null;
}
