import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { RiskAcceptanceStatus } from './risk-acceptance';

/** Facts that guards of acceptance transitions may read. */
export interface AcceptanceFacts {
  /** Whether the caller proposed it. */
  readonly isProposer: boolean;
  /** Number of its findings that are still unresolved. */
  readonly unresolved: number;
  /** Number of its findings that another acceptance in force covers. */
  readonly accepted: number;
}

const guard = guardOf<AcceptanceFacts>();

const secondOfficer = guard(
  'secondOfficer',
  ['isProposer'],
  ({ isProposer }) => !isProposer,
  'You proposed this acceptance: another officer of the agency must accept it',
);
const riskRemains = guard(
  'riskRemains',
  ['unresolved'],
  ({ unresolved }) => unresolved > 0,
  'None of the findings is unresolved any longer: decline the acceptance',
);
const notAccepted = guard(
  'notAccepted',
  ['accepted'],
  ({ accepted }) => accepted === 0,
  'Another acceptance of some of the findings is in force: revoke it, or wait until it expires',
);

const by = ['CISO'] as const;

/** Lifecycle of a risk acceptance. */
export const acceptanceLifecycle = new StateMachine<RiskAcceptanceStatus, AcceptanceFacts>(
  'risk acceptance',
  ['PROPOSED', 'IN_FORCE', 'DECLINED', 'REVOKED', 'EXPIRED'],
  [
    { trigger: 'proposeAcceptance', from: null, to: 'PROPOSED', by },
    {
      trigger: 'acceptRisk',
      from: 'PROPOSED',
      to: 'IN_FORCE',
      by,
      guards: [secondOfficer, riskRemains, notAccepted],
    },
    { trigger: 'declineAcceptance', from: 'PROPOSED', to: 'DECLINED', by },
    { trigger: 'revokeAcceptance', from: 'IN_FORCE', to: 'REVOKED', by },
    { trigger: 'acceptanceExpired', from: 'IN_FORCE', to: 'EXPIRED', by: ['SYSTEM'] },
  ],
);
