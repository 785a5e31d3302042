import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  dateTime,
  exerciseFlag,
  flag,
  float,
  generatedId,
  oneOf,
  revisionNumber,
  text,
} from '#kit/model/fields';
import { links } from '#kit/model/links';
import { model } from '#kit/model/model';
import { Announcement } from '../announcement/announcement';
import { HiringRequest } from '../position/position';

export const ApplicationStatus = enumeration('ApplicationStatus', 'Status of an application.', {
  RECEIVED: 'Received by HR.',
  ELIGIBLE: 'Rated eligible by HR.',
  INELIGIBLE: 'Rated ineligible by HR.',
  REFERRED: 'Referred to the hiring manager on a certificate.',
  INTERVIEWED: 'Candidate interviewed.',
  SELECTED: 'Candidate selected by the hiring manager.',
  NOT_SELECTED: 'Candidate not selected by the hiring manager.',
  TENTATIVE_OFFER: 'Tentative job offer made.',
  BACKGROUND_CHECK: 'Background investigation under way.',
  FINAL_OFFER: 'Final job offer made.',
  OFFER_DECLINED: 'Candidate declined the offer.',
  OFFER_RESCINDED: 'Agency rescinded the offer.',
  ENTERED_ON_DUTY: 'Candidate entered on duty.',
  WITHDRAWN: 'Candidate withdrew the application.',
});
export type ApplicationStatus = ValueOf<typeof ApplicationStatus>;

@model('Job applicant, identified by a pseudonym. The graph holds no demographic data.', {
  entity: false,
  sensitivity: 'PII',
})
export class Candidate {
  @generatedId('cnd') id!: string;
  @text('Name or pseudonym of the candidate.') name!: string;
  @text('Email address of the candidate.', { nullable: true }) email!: string | null;
  @text('Telephone number of the candidate.', { nullable: true, length: 40 }) phone!: string | null;
  @text('Location of the résumé in the system that stores it.', { nullable: true }) resumeRef!: string | null;
  @exerciseFlag() exercise!: boolean;
}

@model('Application to a job announcement.', { order: ['submittedAt'], sensitivity: 'PII' })
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
  @flag("Whether veterans' preference applies. Null if not determined.", { nullable: true }) veteransPreference!:
    | boolean
    | null;
  @float('Assessment score, 0 to 100. Null if not assessed.', { nullable: true }) assessmentScore!: number | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const CertificateStatus = enumeration('CertificateStatus', 'Status of a certificate of eligible candidates.', {
  ISSUED: 'Issued to the hiring manager.',
  IN_MANAGER_REVIEW: 'Under review by the hiring manager.',
  RETURNED: 'Returned by the hiring manager with a selection.',
  EXPIRED: 'Expired without a selection.',
  AUDITED: 'Returned and audited by HR.',
});

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
  @oneOf(() => CertificateStatus, 'Status of the certificate.', { filter: true, order: true }) status!: ValueOf<
    typeof CertificateStatus
  >;
  @exerciseFlag() exercise!: boolean;
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
