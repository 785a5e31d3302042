import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { AnnouncementStatus } from './announcement';

/** Facts that guards of announcements may read. */
export interface AnnouncementFacts {
  /** Whether a selected candidate may still enter on duty. */
  readonly hasLiveSelection: boolean;
  /** Certificates that are neither audited nor expired. */
  readonly openCertificates: number;
}

const guard = guardOf<AnnouncementFacts>();

const certificatesDone = guard(
  'certificatesDone',
  ['openCertificates'],
  ({ openCertificates }) => openCertificates === 0,
  'A certificate of the announcement is neither AUDITED nor EXPIRED: have it returned and audited first',
);
const noLiveSelection = guard(
  'noLiveSelection',
  ['hasLiveSelection'],
  ({ hasLiveSelection }) => !hasLiveSelection,
  'A candidate of the announcement is selected, or has an offer: withdraw the selection, or rescind the offer, first',
);

/** Lifecycle of a job announcement, in the words of USAJOBS. */
export const announcementLifecycle = new StateMachine<AnnouncementStatus, AnnouncementFacts>(
  'announcement',
  ['ACCEPTING_APPLICATIONS', 'APPLICATIONS_UNDER_REVIEW', 'CANDIDATE_SELECTED', 'JOB_CLOSED', 'JOB_CANCELED'],
  [
    { trigger: 'publishAnnouncement', from: null, to: 'ACCEPTING_APPLICATIONS', by: ['HR'] },
    {
      trigger: 'closeAnnouncement',
      from: 'ACCEPTING_APPLICATIONS',
      to: 'APPLICATIONS_UNDER_REVIEW',
      by: ['HR', 'SYSTEM'],
    },
    { trigger: 'candidateSelected', from: 'APPLICATIONS_UNDER_REVIEW', to: 'CANDIDATE_SELECTED', by: ['SYSTEM'] },
    {
      trigger: 'completeAnnouncement',
      from: ['APPLICATIONS_UNDER_REVIEW', 'CANDIDATE_SELECTED'],
      to: 'JOB_CLOSED',
      by: ['HR'],
      guards: [certificatesDone],
    },
    {
      trigger: 'cancelAnnouncement',
      from: ['ACCEPTING_APPLICATIONS', 'APPLICATIONS_UNDER_REVIEW'],
      to: 'JOB_CANCELED',
      by: ['HR'],
      guards: [noLiveSelection],
    },

    {
      trigger: 'extendAnnouncement',
      from: 'ACCEPTING_APPLICATIONS',
      to: 'ACCEPTING_APPLICATIONS',
      by: ['HR'],
    },
  ],
);
