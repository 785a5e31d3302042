import type { CaseStatus } from '#domain/contracts/case-status';
import { guardOf, StateMachine } from '#kit/state/state-machine';

/** Facts that guards of case transitions may read. */
export interface CaseFacts {
  readonly vendorContactedAt: string | null;
  readonly vendorName: string | null;
  readonly assignedCve: string | null;
  readonly embargoUntil: string | null;
  /** Time of the publication. */
  readonly publishedAt: string;
  readonly reason: string | null;
}

const guard = guardOf<CaseFacts>();

const vendorContacted = guard(
  'vendorContacted',
  ['vendorContactedAt'],
  ({ vendorContactedAt }) => vendorContactedAt !== null,
  'The vendor was not contacted: contact it, and send the time as "vendorContactedAt"',
);
const vendorNamed = guard(
  'vendorNamed',
  ['vendorName'],
  ({ vendorName }) => vendorName !== null,
  'The vendor is not known: send its name as "vendorName"',
);
const cveAssigned = guard(
  'cveAssigned',
  ['assignedCve'],
  ({ assignedCve }) => assignedCve !== null,
  'The flaw has no CVE id: assign one with assignCve',
);
const embargoOver = guard(
  'embargoOver',
  ['embargoUntil', 'publishedAt', 'reason'],
  ({ embargoUntil, publishedAt, reason }) => embargoUntil === null || embargoUntil <= publishedAt || reason !== null,
  'The embargo is not over: wait for its end, or send a reason to publish earlier, such as that others published the flaw',
);
const patchOrReason = guard(
  'patchOrReason',
  ['reason'],
  ({ reason }) => reason !== null,
  'There is no patch: record it, or send a reason to publish without one',
);

const COORDINATOR = ['COORDINATOR'] as const;
const HANDLED = ['OPEN', 'VALIDATED', 'PATCH_IN_PROGRESS', 'PATCH_AVAILABLE'] as const;
const UNPUBLISHED = ['PENDING', ...HANDLED] as const;

/** A change in these states that keeps the state. */
const within = (trigger: string, states: readonly CaseStatus[], by: readonly string[]) =>
  states.map((state) => ({ trigger, from: state, to: state, by }));

/** Lifecycle of a clearinghouse case. */
export const caseLifecycle = new StateMachine<CaseStatus, CaseFacts>(
  'clearinghouse case',
  [
    'PENDING',
    'OPEN',
    'DECLINED',
    'NOT_A_FLAW',
    'VALIDATED',
    'PATCH_IN_PROGRESS',
    'PATCH_AVAILABLE',
    'PUBLISHED',
    'CLOSED',
  ],
  [
    { trigger: 'openCase', from: null, to: 'PENDING', by: ['COORDINATOR', 'CISO'] },
    { trigger: 'findingReferred', from: null, to: 'PENDING', by: ['SYSTEM'] },
    { trigger: 'acceptCase', from: 'PENDING', to: 'OPEN', by: COORDINATOR, guards: [vendorContacted] },
    { trigger: 'declineCase', from: 'PENDING', to: 'DECLINED', by: COORDINATOR },
    { trigger: 'validateCase', from: 'OPEN', to: 'VALIDATED', by: COORDINATOR },
    { trigger: 'dismissCase', from: 'OPEN', to: 'NOT_A_FLAW', by: COORDINATOR },
    { trigger: 'startPatch', from: 'VALIDATED', to: 'PATCH_IN_PROGRESS', by: COORDINATOR, guards: [vendorNamed] },
    { trigger: 'recordPatch', from: 'PATCH_IN_PROGRESS', to: 'PATCH_AVAILABLE', by: COORDINATOR },
    {
      trigger: 'publishCase',
      from: 'PATCH_AVAILABLE',
      to: 'PUBLISHED',
      by: COORDINATOR,
      guards: [cveAssigned, embargoOver],
    },
    {
      trigger: 'publishCase',
      from: ['VALIDATED', 'PATCH_IN_PROGRESS'],
      to: 'PUBLISHED',
      by: COORDINATOR,
      guards: [cveAssigned, patchOrReason],
    },
    { trigger: 'closeCase', from: ['PUBLISHED', 'DECLINED', 'NOT_A_FLAW'], to: 'CLOSED', by: COORDINATOR },
    { trigger: 'mergeCases', from: [...UNPUBLISHED], to: 'CLOSED', by: COORDINATOR },

    ...within('takeMergedCase', [...UNPUBLISHED, 'PUBLISHED'], ['SYSTEM']),
    ...within('setPriority', UNPUBLISHED, COORDINATOR),
    ...within('extendEmbargo', UNPUBLISHED, COORDINATOR),
    ...within('assignCve', UNPUBLISHED, COORDINATOR),
    ...within('addAffectedSystems', [...UNPUBLISHED, 'PUBLISHED'], ['COORDINATOR', 'CISO']),
  ],
);
