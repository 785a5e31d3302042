import { belongsTo, exerciseFlag, key, longText, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { ClientRelease } from './client-release';

/** Without personal data: gateways read those in use. */
@model('Document that a released version of a client sends.', {
  order: ['name'],
  sensitivity: 'GOV',
  tags: ['operation'],
  entity: false,
})
export class ClientDocument {
  @key('Id of the release and number of the document, such as `clr_…-2`.', { length: 40 }) id!: string;
  @belongsTo(() => ClientRelease, 'The release.', { as: 'release', filter: true }) releaseId!: string;
  @text('Name of its operation.', { length: 120, filter: true, order: true }) name!: string;
  @longText('The document.') operation!: string;
  @text('Document id: `sha256:` and the SHA-256 of the document in hexadecimal.', {
    length: 71,
    filter: true,
    aggregate: false,
  })
  documentId!: string;
  @exerciseFlag() exercise!: boolean;
}

/** Key of a document. @param number from 1 */
export const documentKey = (releaseId: string, number: number): string => `${releaseId}-${number}`;
