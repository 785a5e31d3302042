import { Float } from 'type-graphql';
import { Index } from 'typeorm';
import { hasMany } from '#kit/collection/connection';
import { encrypted } from '#kit/encryption/field';
import type { EncryptedColumn } from '#kit/encryption/value';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  date,
  dateTime,
  exerciseFlag,
  flag,
  generatedId,
  oneOf,
  refersTo,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import { Agency } from '../agency';
import { Announcement } from '../announcement/announcement';
import { HiringRequest } from '../position/position';
import { WorkforceEvent } from '../timeline/workforce-event';

export const ApplicationStatus = enumeration('ApplicationStatus', 'Status of an application.', {
  RECEIVED: 'Received by HR.',
  ELIGIBLE: 'Rated eligible by HR.',
  INELIGIBLE: 'Rated ineligible by HR.',
  REFERRED: 'Referred to the hiring manager on a certificate.',
  INTERVIEWED: 'Candidate interviewed.',
  SELECTED: 'Candidate selected by the hiring manager.',
  NOT_SELECTED: 'Candidate not selected by the hiring manager, or not before the announcement ended.',
  TENTATIVE_OFFER: 'Tentative job offer made.',
  BACKGROUND_CHECK: 'Background investigation under way.',
  FINAL_OFFER: 'Final job offer made.',
  OFFER_DECLINED: 'Candidate declined the offer.',
  OFFER_RESCINDED: 'Agency rescinded the offer.',
  ENTERED_ON_DUTY: 'Candidate entered on duty.',
  WITHDRAWN: 'Candidate withdrew the application.',
});
export type ApplicationStatus = ValueOf<typeof ApplicationStatus>;

/** Statuses of a selection that may still lead to an entry on duty. */
export const LIVE = ['SELECTED', 'TENTATIVE_OFFER', 'BACKGROUND_CHECK', 'FINAL_OFFER'] as const;
/** {@link LIVE} as an SQL list. */
export const LIVE_SQL = LIVE.map((status) => `'${status}'`).join(', ');

export const IneligibleReason = enumeration('IneligibleReason', 'Why HR rated an application ineligible.', {
  NOT_QUALIFIED: 'Does not meet the qualifications of the job.',
  INCOMPLETE: 'Lacks a required document.',
  LATE: 'Arrived after the announcement closed.',
  NOT_IN_AREA_OF_CONSIDERATION: 'Not in a group that may apply.',
  UNSUITABLE: 'Not suitable for federal employment.',
  OTHER: 'Any other reason.',
});

export const CandidateStatus = enumeration('CandidateStatus', 'Status of the data of a candidate.', {
  ACTIVE: 'Kept until the retention period ends.',
  ERASURE_REQUESTED: 'To be erased as soon as the records schedule allows.',
  ERASED: 'Erased: nothing identifies the person.',
});
export type CandidateStatus = ValueOf<typeof CandidateStatus>;

@model('Job applicant, identified by a pseudonym. The graph holds no demographic data.', {
  entity: false,
  sensitivity: 'PII',
})
export class Candidate {
  @generatedId('cnd') id!: string;
  @encrypted(() => String, 'Name or pseudonym of the candidate. Null once erased.', { as: 'name', person: 'id' })
  encryptedName!: EncryptedColumn;
  @encrypted(() => String, 'Email address of the candidate.', { as: 'email', person: 'id' })
  encryptedEmail!: EncryptedColumn;
  @encrypted(() => String, 'Telephone number of the candidate.', { as: 'phone', person: 'id' })
  encryptedPhone!: EncryptedColumn;
  @encrypted(() => String, 'Location of the résumé in the system that stores it.', { as: 'resumeRef', person: 'id' })
  encryptedResumeRef!: EncryptedColumn;
  @refersTo(() => Agency, 'Agency that recorded the candidate. Null if unknown.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @oneOf(() => CandidateStatus, 'Status of the data.', { default: 'ACTIVE' }) status!: CandidateStatus;
  @date(
    'Day until which the data are kept: two years after the last announcement closes, or after the recording if that is later. Null for data of earlier releases until the graph has dated them.',
    {
      nullable: true,
      index: true,
    },
  )
  retainUntil!: string | null;
  @text('Why the data must not be erased, such as a lawsuit. Null without a legal hold.', { nullable: true })
  legalHold!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the candidate, oldest first.') timeline!: unknown;
}

@model('Application to a job announcement.', { order: ['submittedAt'], sensitivity: 'PII' })
@Index(['candidateId', 'controlNumber', 'agencyKey'], { unique: true })
// a request has at most one selection (W1)
@Index(['requestId'], { unique: true })
export class Application {
  @generatedId('app') id!: string;
  @belongsTo(() => Announcement, 'Announcement that the candidate applied to.', {
    as: 'announcement',
    length: 60,
    filter: true,
  })
  controlNumber!: string;
  @belongsTo(() => Candidate, 'Candidate who applied.', { as: 'candidate' }) candidateId!: string;
  @dateTime('Time the application was submitted.', { filter: true, order: true }) submittedAt!: string;
  @oneOf(() => ApplicationStatus, 'Status of the application.', { filter: true, order: true, index: true })
  status!: ApplicationStatus;
  @encrypted(() => Boolean, "Whether veterans' preference applies. Null if not determined.", {
    as: 'veteransPreference',
    person: 'candidateId',
    parse: (stored) => stored === '1',
  })
  encryptedPreference!: EncryptedColumn;
  @encrypted(() => Float, 'Assessment score, 0 to 100. Null if not assessed.', {
    as: 'assessmentScore',
    person: 'candidateId',
    parse: Number,
  })
  encryptedScore!: EncryptedColumn;
  @refersTo(() => Agency, 'Agency that handles the application. Null if unknown.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @oneOf(() => IneligibleReason, 'Why the application is ineligible. Null unless rated so.', { nullable: true })
  ineligibleReason!: ValueOf<typeof IneligibleReason> | null;
  @dateTime('Time HR first referred the application to a hiring manager. Null before.', { nullable: true })
  referredAt!: string | null;
  @belongsTo(
    () => HiringRequest,
    'Hiring request that the selection fills. Null without a selection under way or a hire.',
    {
      as: 'hiringRequest',
      nullable: true,
      index: false,
    },
  )
  requestId!: string | null;
  /** Person who rated the application last; a reconsideration needs another one. */
  @kept({ length: 100, default: '' }) raterKey!: string;
  /** Application of the same person from which this one was shared with another agency. */
  @kept({ length: 30, nullable: true }) sharedFromId!: string | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the application, oldest first.') timeline!: unknown;
}

export const CertificateStatus = enumeration('CertificateStatus', 'Status of a certificate of eligible candidates.', {
  ISSUED: 'Issued to the hiring manager.',
  IN_MANAGER_REVIEW: 'Under review by the hiring manager.',
  RETURNED: 'Returned by the hiring manager with an outcome for each name.',
  EXPIRED: 'Expired without a selection.',
  AUDITED: 'Returned and audited by HR.',
});
export type CertificateStatus = ValueOf<typeof CertificateStatus>;

@model('Certificate of eligible candidates that HR issues to a hiring manager.', {
  order: ['-issuedAt'],
  sensitivity: 'GOV',
})
export class Certificate {
  @generatedId('crt') id!: string;
  @belongsTo(() => HiringRequest, 'Hiring request that the certificate serves.', { as: 'request', filter: true })
  requestId!: string;
  @belongsTo(() => Announcement, 'Announcement from which the candidates applied.', { as: 'announcement', length: 60 })
  controlNumber!: string;
  @dateTime('Time HR issued the certificate.', { filter: true, order: true }) issuedAt!: string;
  @dateTime('Time the certificate expires.', { filter: true, order: true }) expiresAt!: string;
  @oneOf(() => CertificateStatus, 'Status of the certificate.', { filter: true, order: true })
  status!: CertificateStatus;
  @refersTo(() => Agency, 'Agency of the request. Null if unknown.', { as: 'agency', nullable: true })
  agencyKey!: string | null;
  @flag('Whether another agency shared the certificate.', { default: false }) isShared!: boolean;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the certificate, oldest first.') timeline!: unknown;
}

export const CertificateApplication = links(
  () => Certificate,
  'applications',
  () => Application,
  {
    description: 'Applications on the certificate.',
    paged: true,
    sensitivity: 'PII',
  },
);
