import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import type { Work } from '#kit/mutation/work';
import { WorkforceEvent } from '../timeline/workforce-event';
import {
  Application,
  type ApplicationStatus,
  Candidate,
  type CandidateStatus,
  Certificate,
  type CertificateStatus,
} from './application';
import {
  type ApplicationFacts,
  applicationLifecycle,
  type CandidateFacts,
  type CertificateFacts,
  candidateLifecycle,
  certificateLifecycle,
} from './lifecycle';

/** Candidates as mutations change them: those that the caller's agency recorded. */
export const CANDIDATES: ChangeableType<Candidate, CandidateStatus, CandidateFacts> = {
  type: Candidate,
  machine: candidateLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'CANDIDATE',
  agencyOf: itsAgency,
  isOpenTo: ofOwnAgency,
};

/** Applications as mutations change them: those of the caller's agency; for hiring managers, those referred to them. */
export const APPLICATIONS: ChangeableType<Application, ApplicationStatus, ApplicationFacts> = {
  type: Application,
  machine: applicationLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'APPLICATION',
  agencyOf: itsAgency,
  isOpenTo: (work, application) =>
    ofOwnAgency(work, application) && (work.actor !== 'HIRING_MANAGER' || application.referredAt !== null),
  since: ({ submittedAt }) => submittedAt,
};

/** Certificates as mutations change them: those of the caller's agency. */
export const CERTIFICATES: ChangeableType<Certificate, CertificateStatus, CertificateFacts> = {
  type: Certificate,
  machine: certificateLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'CERTIFICATE',
  agencyOf: itsAgency,
  isOpenTo: ofOwnAgency,
  since: ({ issuedAt }) => issuedAt,
};

/** The same change with the rights of the system, for objects of any agency that change because of another object. */
export const asSystem = (work: Work): Work => Object.assign(Object.create(work) as Work, { actor: 'SYSTEM' });

/*
 * Changes of several objects lock them in this order, so that two changes never wait for each other: announcements, hiring requests,
 * positions, certificates, candidates, applications.
 */

export const openCandidates = (work: Work, ids: readonly string[]) => ChangeSet.open(CANDIDATES, work, ids);
export const openApplications = (work: Work, ids: readonly string[]) => ChangeSet.open(APPLICATIONS, work, ids);
export const openCertificates = (work: Work, ids: readonly string[]) => ChangeSet.open(CERTIFICATES, work, ids);
