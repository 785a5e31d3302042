import { StateMachine } from '#kit/state/state-machine';
import type { AssessmentStatus } from './capability';

/** Lifecycle of a capability assessment. */
export const assessmentLifecycle = new StateMachine<AssessmentStatus>(
  'capability assessment',
  ['RECORDED', 'CORRECTED'],
  [
    { trigger: 'recordAssessment', from: null, to: 'RECORDED', by: ['CISO'] },
    { trigger: 'correctAssessment', from: 'RECORDED', to: 'CORRECTED', by: ['CISO'] },
  ],
);
