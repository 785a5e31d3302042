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

export const ApplicationStatus = enumeration('ApplicationStatus', 'Where an application stands.', {
  RECEIVED: 'Received.',
  ELIGIBLE: 'Found eligible.',
  INELIGIBLE: 'Found ineligible.',
  REFERRED: 'On a list sent to the hiring manager.',
  INTERVIEWED: 'Interviewed.',
  SELECTED: 'Chosen.',
  NOT_SELECTED: 'Not chosen.',
  TENTATIVE_OFFER: 'A tentative offer is out.',
  BACKGROUND_CHECK: 'The background is being checked.',
  FINAL_OFFER: 'A final offer is out.',
  OFFER_DECLINED: 'The candidate declined.',
  OFFER_RESCINDED: 'The offer was taken back.',
  ENTERED_ON_DUTY: 'The candidate works here now.',
  WITHDRAWN: 'The candidate withdrew.',
});

@model(
  'A person who applies. Known here by a pseudonym; demographics are kept elsewhere and never reachable from here.',
  {
    entity: false,
    sensitivity: 'PII',
  },
)
export class Candidate {
  @generatedId('cnd') id!: string;
  @text('Name.') name!: string;
  @text('E-mail address.', { nullable: true }) email!: string | null;
  @text('Telephone.', { nullable: true, length: 40 }) phone!: string | null;
  @text('Where the résumé is kept.', { nullable: true }) resumeRef!: string | null;
  @exerciseFlag() exercise!: boolean;
}

@model('An application to an announcement.', { order: ['submittedAt'], sensitivity: 'PII' })
export class Application {
  @generatedId('app') id!: string;
  @belongsTo(() => Announcement, 'What is applied for.', { as: 'announcement', length: 60, filter: true })
  controlNumber!: string;
  @belongsTo(() => Candidate, 'Who applies.', { as: 'candidate' }) candidateId!: string;
  @dateTime('When.', { filter: true, order: true }) submittedAt!: string;
  @oneOf(() => ApplicationStatus, 'Where it stands.', { filter: true, order: true, index: true }) status!: ValueOf<
    typeof ApplicationStatus
  >;
  @flag("Whether veterans' preference applies.", { nullable: true }) veteransPreference!: boolean | null;
  @float('Score of the assessment, 0 to 100.', { nullable: true }) assessmentScore!: number | null;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;
}

export const CertificateStatus = enumeration('CertificateStatus', 'Where a list of candidates stands.', {
  ISSUED: 'Sent to the hiring manager.',
  IN_MANAGER_REVIEW: 'Being looked at.',
  RETURNED: 'Returned with a choice.',
  EXPIRED: 'Expired.',
  AUDITED: 'Returned and checked.',
});

@model('A list of eligible candidates that HR sends to a hiring manager.', { order: ['-issuedAt'], sensitivity: 'GOV' })
export class Certificate {
  @generatedId('crt') id!: string;
  @belongsTo(() => HiringRequest, 'The request it serves.', { as: 'request', filter: true }) requestId!: string;
  @belongsTo(() => Announcement, 'The announcement it is drawn from.', { as: 'announcement', length: 60 })
  controlNumber!: string;
  @dateTime('When it was sent.', { filter: true, order: true }) issuedAt!: string;
  @dateTime('Until when it may be used.', { filter: true, order: true }) expiresAt!: string;
  @oneOf(() => CertificateStatus, 'Where it stands.', { filter: true, order: true }) status!: ValueOf<
    typeof CertificateStatus
  >;
  @exerciseFlag() exercise!: boolean;
}

export const CertificateApplication = links(
  () => Certificate,
  'applications',
  () => Application,
  {
    description: 'Applications on the list.',
    paged: true,
    sensitivity: 'PII',
  },
);
