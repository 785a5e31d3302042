import { StateMachine } from '#kit/state/state-machine';
import type { HiringGoalStatus } from './hiring-goal';

/** Lifecycle of a hiring goal. Revisions keep its earlier targets on the timeline. */
export const hiringGoalLifecycle = new StateMachine<HiringGoalStatus>(
  'hiring goal',
  ['ACTIVE', 'RETIRED'],
  [
    { trigger: 'setHiringGoal', from: null, to: 'ACTIVE', by: ['HR'] },
    { trigger: 'retireGoal', from: 'ACTIVE', to: 'RETIRED', by: ['HR'] },

    { trigger: 'reviseHiringGoal', from: 'ACTIVE', to: 'ACTIVE', by: ['HR'] },
  ],
);
