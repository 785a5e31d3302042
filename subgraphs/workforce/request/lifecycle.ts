import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { HiringRequestStatus, PositionStatus } from '../position/position';

/** Facts that guards of hiring requests may read. */
export interface HiringRequestFacts {
  readonly positionStatus: PositionStatus;
  /** Whether the position has another request that is neither filled nor canceled. */
  readonly hasOpenRequest: boolean;
  /** Whether a selected candidate may still enter on duty. */
  readonly hasLiveSelection: boolean;
}

const guard = guardOf<HiringRequestFacts>();

const positionVacant = guard(
  'positionVacant',
  ['positionStatus'],
  ({ positionStatus }) => positionStatus === 'FUNDED_VACANT',
  'The position is not FUNDED_VACANT: choose a position that is funded and vacant',
);
const onlyRequest = guard(
  'onlyRequest',
  ['hasOpenRequest'],
  ({ hasOpenRequest }) => !hasOpenRequest,
  'The position has an open hiring request already: one request fills one position, so cancel that one first',
);
const notFrozen = guard(
  'notFrozen',
  ['positionStatus'],
  ({ positionStatus }) => positionStatus !== 'FROZEN',
  'The position is frozen, which pauses its hiring: unfreeze it first',
);
const noLiveSelection = guard(
  'noLiveSelection',
  ['hasLiveSelection'],
  ({ hasLiveSelection }) => !hasLiveSelection,
  'A candidate is selected for the request, or has an offer: withdraw the selection, or rescind the offer, first',
);

/** Lifecycle of a hiring request: one request, one position, one hire. */
export const hiringRequestLifecycle = new StateMachine<HiringRequestStatus, HiringRequestFacts>(
  'hiring request',
  ['DRAFT', 'SUBMITTED', 'HR_REVIEW', 'READY', 'ANNOUNCED', 'FILLED', 'CANCELLED'],
  [
    {
      trigger: 'draftHiringRequest',
      from: null,
      to: 'DRAFT',
      by: ['HIRING_MANAGER'],
      guards: [positionVacant, onlyRequest],
    },
    { trigger: 'submitHiringRequest', from: 'DRAFT', to: 'SUBMITTED', by: ['HIRING_MANAGER'], guards: [notFrozen] },
    { trigger: 'takeHiringRequest', from: 'SUBMITTED', to: 'HR_REVIEW', by: ['HR'] },
    { trigger: 'returnHiringRequest', from: 'HR_REVIEW', to: 'DRAFT', by: ['HR'] },
    { trigger: 'readyHiringRequest', from: 'HR_REVIEW', to: 'READY', by: ['HR'], guards: [notFrozen] },
    { trigger: 'announced', from: 'READY', to: 'ANNOUNCED', by: ['SYSTEM'], guards: [notFrozen] },
    { trigger: 'announcementCanceled', from: 'ANNOUNCED', to: 'READY', by: ['SYSTEM'] },
    { trigger: 'enteredOnDuty', from: ['READY', 'ANNOUNCED'], to: 'FILLED', by: ['SYSTEM'] },
    {
      trigger: 'cancelHiringRequest',
      from: ['DRAFT', 'SUBMITTED', 'HR_REVIEW', 'READY', 'ANNOUNCED'],
      to: 'CANCELLED',
      by: ['HR', 'HIRING_MANAGER'],
      guards: [noLiveSelection],
    },
  ],
);
