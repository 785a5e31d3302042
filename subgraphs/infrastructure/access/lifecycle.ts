import { StateMachine } from '#kit/state/state-machine';
import type { DefenseAccessStatus } from './defense-access';

const by = ['CISO', 'COORDINATOR'] as const;

/** Lifecycle of access to defensive tools. */
export const defenseAccessLifecycle = new StateMachine<DefenseAccessStatus>(
  'defense access',
  ['PROVIDED', 'ENDED'],
  [
    { trigger: 'provideDefenseAccess', from: null, to: 'PROVIDED', by },
    { trigger: 'endDefenseAccess', from: 'PROVIDED', to: 'ENDED', by },

    { trigger: 'countRecipients', from: 'PROVIDED', to: 'PROVIDED', by },
  ],
);
