import { Index } from 'typeorm';
import { belongsTo, dateTime, exerciseFlag, generatedId, integer, longText, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { SavedQuestion } from './saved-question';

/** Without personal data: gateways read all of them every few seconds. */
@model('Query of a saved question that every caller may send, also where only trusted documents are allowed.', {
  order: ['trustedAt'],
  sensitivity: 'GOV',
})
@Index(['questionId'], { unique: true })
export class TrustedDocument {
  @generatedId('tdc') id!: string;
  @belongsTo(() => SavedQuestion, 'The question.', { as: 'question', index: false, filter: true }) questionId!: string;
  @integer('Number of the version.', { aggregate: false }) version!: number;
  @longText('The query.') operation!: string;
  @text('Document id: `sha256:` and the SHA-256 of the query in hexadecimal.', {
    length: 71,
    filter: true,
    aggregate: false,
  })
  documentId!: string;
  @dateTime('Time at which an operator trusted it.', { filter: true, order: true }) trustedAt!: string;
  @exerciseFlag() exercise!: boolean;
}
