import { belongsTo, dateTime, exerciseFlag, integer, key, longText, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { SavedQuestion } from './saved-question';

@model('Version of a saved question. Versions are never changed or deleted.', {
  order: ['number'],
  sensitivity: 'GOV',
  entity: false,
})
export class SavedQuestionVersion {
  @key('Id of the question and number of the version, such as `sqn_…-2`.', { length: 40 }) id!: string;
  @belongsTo(() => SavedQuestion, 'The question.', { as: 'question' }) questionId!: string;
  @integer('Number of the version, from 1.', { filter: true, order: true, aggregate: false }) number!: number;
  @longText('The query.') operation!: string;
  @longText('Default values of its variables, as a JSON object.') variables!: string;
  @text('Document id: `sha256:` and the SHA-256 of the query in hexadecimal.', {
    length: 71,
    filter: true,
    aggregate: false,
  })
  documentId!: string;
  @longText('What changed in this version.', { nullable: true }) note!: string | null;
  @dateTime('Time at which it was saved.', { filter: true, order: true }) savedAt!: string;
  @text('Subject of the caller who saved it.', { length: 200, sensitivity: 'PII', aggregate: false }) savedBy!: string;
  @exerciseFlag() exercise!: boolean;
}
