import { FindingSeverity } from '#domain/contracts/finding-severity';
import { belongsTo, dateTime, exerciseFlag, generatedId, longText, oneOf, refersTo, text } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { Agency } from '../agency';
import { Finding } from '../entities';
import { Submission } from './submission';

@model('A finding as it was shared with the developer: the developer keeps it, whatever becomes of the submission.', {
  order: ['-sharedAt'],
  sensitivity: 'PROPIN',
})
export class SharedFinding {
  @generatedId('shf') id!: string;
  @belongsTo(() => Submission, 'The submission it is about.', { as: 'submission', filter: true }) submissionId!: string;
  @refersTo(() => Finding, 'The finding, as the agency has it now.', { as: 'finding', length: 30 }) findingId!: string;
  @refersTo(() => Agency, 'The agency that shared it.', { as: 'agency' }) agencyKey!: string;
  @text('Its title when it was shared.', { derivedFrom: ['Finding.title'] }) title!: string;
  @longText('What it said when it was shared.', { derivedFrom: ['Finding.detail'] }) detail!: string;
  @oneOf(() => FindingSeverity, 'Severity that the agency assigned.', {
    filter: true,
    derivedFrom: ['Finding.severity'],
  })
  severity!: FindingSeverity;
  @dateTime('When it was shared.', { filter: true, order: true, derivedFrom: ['Finding.sharedAt'] }) sharedAt!: string;
  @exerciseFlag() exercise!: boolean;
}
