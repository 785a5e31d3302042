import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { SystemStatus } from './federal-system';
import type { InventoryItemStatus } from './inventory-item';
import type { AuthorizationRecordState } from './system-authorization';

const CISO = ['CISO'] as const;
const SYSTEM = ['SYSTEM'] as const;

/** Facts that guards of system transitions may read. */
export interface SystemFacts {
  /** Whether an authorization to operate is in force on the day of the transition. */
  readonly isAuthorized: boolean;
}

const authorizationInForce = guardOf<SystemFacts>()(
  'authorizationInForce',
  ['isAuthorized'],
  ({ isAuthorized }) => isAuthorized,
  'The system has no authorization to operate in force: record one with recordAuthorization',
);

const IN_USE = ['UNDER_DEVELOPMENT', 'OPERATIONAL', 'UNDER_MAJOR_MODIFICATION'] as const;

/** Lifecycle of a federal system, in the words of OSCAL. */
export const systemLifecycle = new StateMachine<SystemStatus, SystemFacts>(
  'federal system',
  [...IN_USE, 'DISPOSITION'],
  [
    { trigger: 'registerSystem', from: null, to: 'UNDER_DEVELOPMENT', by: CISO },
    {
      trigger: 'commissionSystem',
      from: ['UNDER_DEVELOPMENT', 'UNDER_MAJOR_MODIFICATION'],
      to: 'OPERATIONAL',
      by: CISO,
      guards: [authorizationInForce],
    },
    { trigger: 'modifySystem', from: 'OPERATIONAL', to: 'UNDER_MAJOR_MODIFICATION', by: CISO },
    { trigger: 'retireSystem', from: IN_USE, to: 'DISPOSITION', by: CISO },

    ...['updateSystem', 'linkSystem'].flatMap((trigger) =>
      IN_USE.map((state) => ({ trigger, from: state, to: state, by: CISO })),
    ),
  ],
);

/** Facts that guards of authorization transitions may read. */
export interface AuthorizationFacts {
  readonly isAuthorization: boolean;
  /** Whether it has expired by the day of the revocation. */
  readonly isExpired: boolean;
}

const guard = guardOf<AuthorizationFacts>();

const authorizes = guard(
  'authorizes',
  ['isAuthorization'],
  ({ isAuthorization }) => isAuthorization,
  'The decision does not authorize the system, so there is nothing to revoke: record a new decision',
);
const notExpired = guard(
  'notExpired',
  ['isExpired'],
  ({ isExpired }) => !isExpired,
  'The authorization has expired already: record a new decision',
);

/** What becomes of a decision on the authorization of a system. */
export const authorizationLifecycle = new StateMachine<AuthorizationRecordState, AuthorizationFacts>(
  'system authorization',
  ['RECORDED', 'REVOKED', 'SUPERSEDED'],
  [
    { trigger: 'recordAuthorization', from: null, to: 'RECORDED', by: CISO },
    { trigger: 'revokeAuthorization', from: 'RECORDED', to: 'REVOKED', by: CISO, guards: [authorizes, notExpired] },
    { trigger: 'laterDecision', from: 'RECORDED', to: 'SUPERSEDED', by: SYSTEM },
  ],
);

/** Facts that guards of inventory transitions may read. */
export interface InventoryFacts {
  readonly activeFindings: number;
}

const findingsResolved = guardOf<InventoryFacts>()(
  'findingsResolved',
  ['activeFindings'],
  ({ activeFindings }) => activeFindings === 0,
  'The assets have vulnerability findings that are unresolved or not verified: verify the remediation of each, or dismiss it, first',
);

/** Lifecycle of a group of like assets. */
export const inventoryLifecycle = new StateMachine<InventoryItemStatus, InventoryFacts>(
  'inventory item',
  ['RECORDED', 'REMOVED'],
  [
    { trigger: 'recordInventory', from: null, to: 'RECORDED', by: CISO },
    { trigger: 'removeInventory', from: 'RECORDED', to: 'REMOVED', by: CISO, guards: [findingsResolved] },

    ...['updateInventory', 'tagInventory'].map((trigger) => ({
      trigger,
      from: 'RECORDED' as const,
      to: 'RECORDED' as const,
      by: CISO,
    })),
  ],
);
