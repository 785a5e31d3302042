import { StateMachine } from '#kit/state/state-machine';
import type { CoverageInquiry } from './coverage-inquiry';

/**
 * Lifecycle of a coverage inquiry. It belongs to no submission, and no submission reads it: a developer may file and launch with an
 * inquiry in any state, or with none (I15).
 */
export const inquiryLifecycle = new StateMachine<CoverageInquiry['status']>(
  'coverage inquiry',
  ['ASKED', 'IN_DISCUSSION', 'ANSWERED', 'WITHDRAWN'],
  [
    { trigger: 'askForCoverage', from: null, to: 'ASKED', by: ['DEVELOPER'] },
    { trigger: 'discussInquiry', from: 'ASKED', to: 'IN_DISCUSSION', by: ['AGENCY'] },
    { trigger: 'answerInquiry', from: 'IN_DISCUSSION', to: 'ANSWERED', by: ['AGENCY'] },
    { trigger: 'withdrawInquiry', from: ['ASKED', 'IN_DISCUSSION'], to: 'WITHDRAWN', by: ['DEVELOPER'] },
  ],
);
