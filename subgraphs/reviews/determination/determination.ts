import { Index } from 'typeorm';
import { DesignationOutcome } from '#domain/contracts/designation-outcome';
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
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { ModelVersion } from '../ai-model';
import { CoverageInquiry } from '../entities';
import { RiskDomain } from '../risk';
import { Sector } from '../sector';
import { Submission } from '../submission';

export const DeterminationOutcome = enumeration(
  'DeterminationOutcome',
  'Outcome of a determination on whether the government needs to review a model.',
  {
    REVIEW_NECESSARY: 'The agency finds a review necessary.',
    REVIEW_NOT_NECESSARY: 'The agency finds a review unnecessary.',
    INSUFFICIENT_INFORMATION: 'The agency lacks the information to decide.',
  },
);
export type DeterminationOutcome = ValueOf<typeof DeterminationOutcome>;

export const DeterminationStatus = enumeration('DeterminationStatus', 'Status of a determination.', {
  DRAFT: 'Invited, or in preparation.',
  ISSUED: 'Issued and current.',
  SUPERSEDED: 'Replaced by a later determination of the same agency.',
  NOT_ISSUED: 'Never issued: the agency dropped its draft, or the submission ended.',
});
export type DeterminationStatus = ValueOf<typeof DeterminationStatus>;

@model(
  'Determination of one agency on whether the government needs to review the model of a submission. It is advisory only: no launch waits for it, and its absence has no consequence.',
  { order: ['-createdAt'], sensitivity: 'GOV' },
)
// for metrics, which so read the index alone
@Index(['createdAt', 'issuedAt', 'outcome', 'submissionId'])
// for the times that agencies take
@Index(['agencyKey', 'issuedAt', 'createdAt'])
export class Determination {
  @generatedId('det') id!: string;
  @refersTo(() => Submission, 'Submission that the determination is about.', {
    as: 'submission',
    length: 30,
    sensitivity: 'PROPIN',
  })
  submissionId!: string;
  @refersTo(() => Agency, 'Agency that makes the determination.', { as: 'agency', index: false }) agencyKey!: string;
  @oneOf(() => DeterminationOutcome, 'Outcome; null until issued.', { nullable: true, filter: true })
  outcome!: DeterminationOutcome | null;
  @oneOf(() => DeterminationStatus, 'Status of the determination.', {
    filter: true,
    order: true,
    index: true,
    derivedFrom: ['Submission.lifecycle'],
    coarsened:
      'NOT_ISSUED reveals that some submission ended or some agency dropped its draft, without naming the submission.',
  })
  status!: DeterminationStatus;
  @listOf(() => RiskDomain, 'Areas of risk that the determination is about.') riskDomains!: RiskDomain[];
  @longText('Reasons for the outcome.', { nullable: true, sensitivity: 'GOV_DELIB' }) rationale!: string | null;
  @dateTime('Time of the invitation, which is the time of filing, or time the agency started the draft.', {
    filter: true,
    order: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.filedAt'],
  })
  createdAt!: string;
  @dateTime(
    'Target for the determination: five business days after filing, or the planned launch if that is earlier.',
    {
      filter: true,
      order: true,
      sensitivity: 'PROPIN',
      derivedFrom: ['Submission.filedAt', 'LaunchPlan.plannedLaunchAt'],
    },
  )
  targetAt!: string;
  @flag('Whether a launch that moved closer shortened the time to the target.', {
    default: false,
    sensitivity: 'PROPIN',
    derivedFrom: ['LaunchPlan.plannedLaunchAt'],
  })
  targetCompressed!: boolean;
  @dateTime('Time the determination was issued.', { nullable: true, filter: true, order: true }) issuedAt!:
    | string
    | null;
  @belongsTo(() => Determination, 'Determination that this one replaces.', {
    as: 'supersedes',
    nullable: true,
    index: false,
  })
  supersedesId!: string | null;
  /** Submission and agency of a draft, and of a current determination: unique indexes make the database refuse a second of either (I3). */
  @kept({ length: 100, nullable: true }) @Index({ unique: true }) draftKey!: string | null;
  @kept({ length: 100, nullable: true }) @Index({ unique: true }) currentKey!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @computed(() => Boolean, 'Always true: a determination advises and decides nothing.', { sensitivity: 'PUBLIC' })
  advisoryOnly(): boolean {
    return true;
  }
}

export const DeterminationSector = links(
  () => Determination,
  'sectors',
  () => Sector,
  { remote: true, description: 'Critical-infrastructure sectors affected.' },
);

@model(
  'Designation by the Director of NSA: whether a model is a covered model. Thresholds and test results stay outside the graph.',
  {
    order: ['-madeAt'],
    sensitivity: 'GOV',
  },
)
export class Designation {
  @generatedId('dsg') id!: string;
  @refersTo(() => Submission, 'Submission that the designation is about; null if it answers a coverage inquiry.', {
    as: 'submission',
    length: 30,
    nullable: true,
    sensitivity: 'PROPIN',
  })
  submissionId!: string | null;
  @refersTo(() => ModelVersion, 'Model version that the designation is about; null if it answers a coverage inquiry.', {
    as: 'version',
    length: 30,
    nullable: true,
    sensitivity: 'PROPIN',
    derivedFrom: ['Submission.version'],
  })
  versionId!: string | null;
  @refersTo(() => CoverageInquiry, 'Coverage inquiry that the designation answers; null if it is about a submission.', {
    as: 'inquiry',
    length: 30,
    nullable: true,
    sensitivity: 'PROPIN',
  })
  inquiryId!: string | null;
  /** Developer that asked, if the designation answers a coverage inquiry. */
  @kept({ length: 60, nullable: true }) developerKey!: string | null;
  @oneOf(() => DesignationOutcome, 'Outcome of the designation.', { filter: true }) outcome!: DesignationOutcome;
  @text('Name of the edition of the criteria used; never their content.', { nullable: true, length: 80 })
  criteriaEdition!: string | null;
  @refersTo(() => Agency, 'Agency of the designation; always NSA.', { as: 'madeBy' }) madeByKey!: string;
  @dateTime('Time of the designation.', { filter: true, order: true }) madeAt!: string;
  @flag('Whether a classified annex exists outside the graph.') classifiedAnnexExists!: boolean;
  @exerciseFlag() exercise!: boolean;
}
