import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { MatchRuleStatus } from './product-match-rule';

/** Facts that guards of rule transitions may read. */
export interface MatchRuleFacts {
  /** Whether the caller proposed the rule. */
  readonly isProposer: boolean;
}

const secondPerson = guardOf<MatchRuleFacts>()(
  'secondPerson',
  ['isProposer'],
  ({ isProposer }) => !isProposer,
  'You proposed the rule: another person has to activate it',
);

const COORDINATOR = ['COORDINATOR'] as const;

/** Lifecycle of a product match rule. */
export const matchRuleLifecycle = new StateMachine<MatchRuleStatus, MatchRuleFacts>(
  'product match rule',
  ['PROPOSED', 'ACTIVE', 'RETIRED'],
  [
    { trigger: 'proposeMatchRule', from: null, to: 'PROPOSED', by: ['COORDINATOR', 'CISO'] },
    { trigger: 'activateMatchRule', from: 'PROPOSED', to: 'ACTIVE', by: COORDINATOR, guards: [secondPerson] },
    { trigger: 'retireMatchRule', from: ['PROPOSED', 'ACTIVE'], to: 'RETIRED', by: COORDINATOR },
  ],
);
