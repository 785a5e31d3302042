import { FindingSeverity } from '#domain/contracts/finding-severity';
import { belongsTo, dateTime, exerciseFlag, generatedId, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Finding } from '../entities';
import { Submission } from './submission';

@model('Copy of a finding as shared with the developer. The developer keeps it even after the submission ends.', {
  order: ['-sharedAt'],
  sensitivity: 'PROPIN',
})
export class SharedFinding {
  @generatedId('shf') id!: string;
  @belongsTo(() => Submission, 'Submission that the finding is about.', { as: 'submission', filter: true })
  submissionId!: string;
  @refersTo(() => Finding, "Finding in the agency's current version.", { as: 'finding', length: 30 })
  findingId!: string;
  @refersTo(() => Agency, 'Agency that shared the finding.', { as: 'agency' }) agencyKey!: string;
  @text('Title at the time of sharing.', { derivedFrom: ['Finding.title'] }) title!: string;
  @longText('Text at the time of sharing.', { derivedFrom: ['Finding.detail'] }) detail!: string;
  @oneOf(() => FindingSeverity, 'Severity assigned by the agency.', {
    filter: true,
    derivedFrom: ['Finding.severity'],
  })
  severity!: FindingSeverity;
  @dateTime('Time of sharing.', { filter: true, order: true, derivedFrom: ['Finding.sharedAt'] }) sharedAt!: string;
  @exerciseFlag() exercise!: boolean;
}
