import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { DirectiveForce, DirectiveStatus } from './directive';

const COORDINATOR = ['COORDINATOR'] as const;
const CISO = ['CISO'] as const;

/** Lifecycle of a directive. */
export const directiveLifecycle = new StateMachine<DirectiveForce>(
  'directive',
  ['IN_FORCE', 'REVOKED'],
  [
    { trigger: 'issueDirective', from: null, to: 'IN_FORCE', by: COORDINATOR },
    { trigger: 'supersedeDirective', from: 'IN_FORCE', to: 'REVOKED', by: COORDINATOR },
  ],
);

/** Facts that guards of progress transitions may read. */
export interface ProgressFacts {
  readonly isInForce: boolean;
  /** Whether the caller reported the completion. */
  readonly isReporter: boolean;
}

const guard = guardOf<ProgressFacts>();

const directiveInForce = guard(
  'directiveInForce',
  ['isInForce'],
  ({ isInForce }) => isInForce,
  'The directive was revoked: track the progress on the one that replaced it',
);

const otherVerifier = guard(
  'otherVerifier',
  ['isReporter'],
  ({ isReporter }) => !isReporter,
  'You reported this completion: another person must verify it',
);

/** Lifecycle of the progress of an agency on a phase of a directive. */
export const progressLifecycle = new StateMachine<DirectiveStatus, ProgressFacts>(
  'directive progress',
  ['NOT_STARTED', 'IN_PROGRESS', 'REPORTED_COMPLETE', 'VERIFIED', 'EXCEPTION_REPORTED'],
  [
    { trigger: 'trackDirective', from: null, to: 'NOT_STARTED', by: CISO, guards: [directiveInForce] },
    { trigger: 'startDirective', from: 'NOT_STARTED', to: 'IN_PROGRESS', by: CISO },
    { trigger: 'reportCompletion', from: 'IN_PROGRESS', to: 'REPORTED_COMPLETE', by: CISO },
    {
      trigger: 'verifyCompletion',
      from: 'REPORTED_COMPLETE',
      to: 'VERIFIED',
      by: COORDINATOR,
      guards: [otherVerifier],
    },
    { trigger: 'returnCompletion', from: 'REPORTED_COMPLETE', to: 'IN_PROGRESS', by: COORDINATOR },
    { trigger: 'reportException', from: ['NOT_STARTED', 'IN_PROGRESS'], to: 'EXCEPTION_REPORTED', by: CISO },
    { trigger: 'exceptionEnded', from: 'EXCEPTION_REPORTED', to: 'IN_PROGRESS', by: ['SYSTEM'] },
  ],
);
