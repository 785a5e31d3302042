import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { PositionStatus } from './position';

/** Facts that guards of position transitions may read. */
export interface PositionFacts {
  /** Positions of the work role that the agency is authorized to have; null if it has recorded none. */
  readonly authorized: number | null;
  /** Funded positions of the work role that the agency has. */
  readonly funded: number;
  readonly exceptionReason: string | null;
  readonly statusBeforeFreeze: PositionStatus | null;
  readonly changesPrimaryRole: boolean;
}

const guard = guardOf<PositionFacts>();

const withinStrength = guard(
  'withinStrength',
  ['authorized', 'funded', 'exceptionReason'],
  ({ authorized, funded, exceptionReason }) => authorized === null || funded < authorized || exceptionReason !== null,
  'The agency already has as many funded positions of this work role as it is authorized to: give a reason as "exceptionReason"',
);
const sameRole = guard(
  'sameRole',
  ['changesPrimaryRole'],
  ({ changesPrimaryRole }) => !changesPrimaryRole,
  'The primary work role of a funded position cannot change, since its strength is authorized by role: abolish it and create another',
);
const noPausedHiring = guard(
  'noPausedHiring',
  ['statusBeforeFreeze'],
  ({ statusBeforeFreeze }) => statusBeforeFreeze !== 'IN_HIRING',
  'Hiring for the position is paused by the freeze: cancel its hiring request first',
);

const FUNDED = ['FUNDED_VACANT', 'IN_HIRING', 'FILLED', 'FROZEN'] as const;

/** Lifecycle of a position. A freeze is lifted by one of three triggers, by the status before it. */
export const positionLifecycle = new StateMachine<PositionStatus, PositionFacts>(
  'position',
  ['PLANNED', 'FUNDED_VACANT', 'IN_HIRING', 'FILLED', 'FROZEN', 'ABOLISHED'],
  [
    { trigger: 'createPosition', from: null, to: 'PLANNED', by: ['HR', 'HIRING_MANAGER'] },
    { trigger: 'fundPosition', from: 'PLANNED', to: 'FUNDED_VACANT', by: ['HR'], guards: [withinStrength] },
    { trigger: 'requestSubmitted', from: 'FUNDED_VACANT', to: 'IN_HIRING', by: ['SYSTEM'] },
    { trigger: 'requestCancelled', from: 'IN_HIRING', to: 'FUNDED_VACANT', by: ['SYSTEM'] },
    { trigger: 'requestCancelled', from: 'FROZEN', to: 'FROZEN', by: ['SYSTEM'] },
    { trigger: 'enteredOnDuty', from: 'IN_HIRING', to: 'FILLED', by: ['SYSTEM'] },
    { trigger: 'recordReassignment', from: 'FUNDED_VACANT', to: 'FILLED', by: ['HR'] },
    { trigger: 'recordSeparation', from: 'FILLED', to: 'FUNDED_VACANT', by: ['HR'] },
    { trigger: 'freezePosition', from: ['PLANNED', 'FUNDED_VACANT', 'IN_HIRING'], to: 'FROZEN', by: ['HR'] },
    { trigger: 'unfreezePlanned', from: 'FROZEN', to: 'PLANNED', by: ['HR'] },
    { trigger: 'unfreezeVacant', from: 'FROZEN', to: 'FUNDED_VACANT', by: ['HR'] },
    { trigger: 'unfreezeInHiring', from: 'FROZEN', to: 'IN_HIRING', by: ['HR'] },
    {
      trigger: 'abolishPosition',
      from: ['PLANNED', 'FUNDED_VACANT', 'FROZEN'],
      to: 'ABOLISHED',
      by: ['HR'],
      guards: [noPausedHiring],
    },

    { trigger: 'updatePosition', from: 'PLANNED', to: 'PLANNED', by: ['HR', 'HIRING_MANAGER'] },
    ...FUNDED.map((state) => ({
      trigger: 'updatePosition',
      from: state,
      to: state,
      by: ['HR', 'HIRING_MANAGER'],
      guards: [sameRole],
    })),
  ],
);
