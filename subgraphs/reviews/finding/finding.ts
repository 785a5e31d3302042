import { FindingSeverity } from '#domain/contracts/finding-severity';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  generatedId,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { AtlasTechnique } from '../atlas/atlas';
import { ClearinghouseCase } from '../entities';
import { Review } from '../review/review';
import { Sector } from '../sector';
import { Submission } from '../submission';
import { Vulnerability } from '../vulnerability';

export const Confidence = enumeration('Confidence', 'How sure the authors are.', {
  LOW: 'Not very.',
  MODERATE: 'Fairly.',
  HIGH: 'Very.',
});

export const FindingStatus = enumeration('FindingStatus', 'Where a finding stands.', {
  DRAFT: 'Being written.',
  DROPPED: 'Given up before it was shared.',
  SHARED_WITH_DEVELOPER: 'Shared with the developer.',
  ACKNOWLEDGED: 'The developer has acknowledged it.',
  MITIGATION_REPORTED: 'The developer reports a mitigation.',
  DISPUTED: 'The developer disputes it.',
  NOTED: 'Noted; also after 45 days without an answer. A developer need not answer.',
  CLOSED: 'Done with.',
});

@model('Finding of a review about a model.', { order: ['-createdAt'], sensitivity: 'PROPIN' })
export class Finding {
  @generatedId('fnd') id!: string;
  @belongsTo(() => Review, 'The review that found it.', { as: 'review', filter: true }) reviewId!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30 }) submissionId!: string;
  @text('Title.', { filter: true }) title!: string;
  @longText('What was found.') detail!: string;
  @oneOf(() => FindingSeverity, 'How grave it is.', { filter: true, order: true, index: true }) severity!: ValueOf<
    typeof FindingSeverity
  >;
  @oneOf(() => Confidence, 'How sure the authors are.', { filter: true }) confidence!: ValueOf<typeof Confidence>;
  @oneOf(() => FindingStatus, 'Where it stands.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof FindingStatus
  >;
  @dateTime('When it was written down.', { filter: true, order: true }) createdAt!: string;
  @dateTime('When it was shared with the developer.', { nullable: true, filter: true, order: true, index: true })
  sharedAt!: string | null;
  @dateTime('When the developer first answered.', { nullable: true, filter: true, order: true }) respondedAt!:
    | string
    | null;
  @longText("The developer's answer.", { nullable: true }) developerResponse!: string | null;
  @refersTo(() => ClearinghouseCase, 'The clearinghouse case, when it is a flaw in deployed software.', {
    as: 'clearinghouseCase',
    length: 30,
    nullable: true,
    sensitivity: 'ISVI',
  })
  clearinghouseCaseId!: string | null;
  @text('Why it cannot be shared with the developer.', { nullable: true, sensitivity: 'GOV_DELIB' })
  notShareableReason!: string | null;
  /** Person key of its author: somebody else reads it before it is shared. */
  @kept({ length: 100, default: '' }) authorSubject!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const FindingSector = links(
  () => Finding,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors it touches.' },
);
export const FindingTechnique = links(
  () => Finding,
  'techniques',
  () => AtlasTechnique,
  {
    description: 'ATLAS techniques it is an instance of.',
  },
);
export const FindingVulnerability = links(
  () => Finding,
  'relatedVulnerabilities',
  () => Vulnerability,
  { remote: true, description: 'Known vulnerabilities it has to do with.' },
);
