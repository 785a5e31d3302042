import { Index } from 'typeorm';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  listOf,
  longText,
  oneOf,
  refersTo,
  revisionNumber,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { ModelVersion } from '../ai-model';
import { RiskDomain } from '../risk';
import { Sector } from '../sector';
import { Submission } from '../submission';

export const DeterminationOutcome = enumeration(
  'DeterminationOutcome',
  'Whether an agency finds that the government needs to review a model.',
  {
    REVIEW_NECESSARY: 'A review is needed.',
    REVIEW_NOT_NECESSARY: 'A review is not needed.',
    INSUFFICIENT_INFORMATION: 'What is known does not suffice to say.',
  },
);

export const DeterminationStatus = enumeration('DeterminationStatus', 'Where a determination stands.', {
  DRAFT: 'Invited, or being written.',
  ISSUED: 'Issued, and current.',
  SUPERSEDED: 'Replaced by a later one of the same agency.',
  NOT_ISSUED: 'Never issued: the submission ended before.',
});

@model(
  'What one agency finds about one submission: whether the government needs to review the model. It is advisory only: no launch waits for it and nothing follows from its absence.',
  { order: ['-createdAt'], sensitivity: 'GOV' },
)
export class Determination {
  @generatedId('det') id!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30, sensitivity: 'PROPIN' })
  submissionId!: string;
  @refersTo(() => Agency, 'Whose it is.', { as: 'agency' }) agencyKey!: string;
  @oneOf(() => DeterminationOutcome, 'What it finds; null until it is issued.', { nullable: true, filter: true })
  outcome!: ValueOf<typeof DeterminationOutcome> | null;
  @oneOf(() => DeterminationStatus, 'Where it stands.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['Submission.lifecycle'],
    coarsened:
      'NOT_ISSUED says that a submission ended or an agency dropped its draft, of a submission that is not named.',
  })
  status!: ValueOf<typeof DeterminationStatus>;
  @listOf(() => RiskDomain, 'Risks it is about.') riskDomains!: RiskDomain[];
  @longText('Why.', { nullable: true, sensitivity: 'GOV_DELIB' }) rationale!: string | null;
  @dateTime('When the agency was invited, which is when it was filed, or began.', {
    filter: true,
    order: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.filedAt'],
  })
  createdAt!: string;
  @dateTime('When an answer is hoped for: five business days after filing, or the planned launch if that is earlier.', {
    filter: true,
    order: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.filedAt', 'LaunchPlan.plannedLaunchAt'],
  })
  targetAt!: string;
  @flag('Whether a launch that was moved closer has shortened the time to the target.', {
    default: false,
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  targetCompressed!: boolean;
  @dateTime('When it was issued.', { nullable: true, filter: true, order: true }) issuedAt!: string | null;
  @belongsTo(() => Determination, 'The one it replaces.', { as: 'supersedes', nullable: true, index: false })
  supersedesId!: string | null;
  /** Submission and agency while it is a draft, or current: the database refuses a second of either (I3). */
  @kept({ length: 100, nullable: true }) @Index({ unique: true }) draftKey!: string | null;
  @kept({ length: 100, nullable: true }) @Index({ unique: true }) currentKey!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Always true: a determination advises, it decides nothing.', { sensitivity: 'PUBLIC' })
  advisoryOnly(): boolean {
    return true;
  }
}

export const DeterminationSector = links(
  () => Determination,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors it names.' },
);

export const DesignationOutcome = enumeration('DesignationOutcome', 'Whether a model is found to be a covered one.', {
  COVERED: 'Covered: the developer gets an offer, no duty.',
  NOT_COVERED: 'Not covered.',
  UNDETERMINED: 'Not determined.',
});

@model('The finding of the Director of NSA whether a model is a covered one. The thresholds stay outside the graph.', {
  order: ['-madeAt'],
  sensitivity: 'GOV',
})
export class Designation {
  @generatedId('dsg') id!: string;
  @refersTo(() => Submission, 'The submission it is about.', { as: 'submission', length: 30, sensitivity: 'PROPIN' })
  submissionId!: string;
  @refersTo(() => ModelVersion, 'The version of the model it is about.', {
    as: 'version',
    length: 30,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.version'],
  })
  versionId!: string;
  @oneOf(() => DesignationOutcome, 'What is found.', { filter: true }) outcome!: ValueOf<typeof DesignationOutcome>;
  @refersTo(() => Agency, 'Who made it: always NSA.', { as: 'madeBy' }) madeByKey!: string;
  @dateTime('When.', { filter: true, order: true }) madeAt!: string;
  @flag('Whether an annex exists that is kept outside the graph.') classifiedAnnexExists!: boolean;
  @exerciseFlag() exercise!: boolean;
}
