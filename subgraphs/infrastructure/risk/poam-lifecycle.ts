import { guardOf, StateMachine } from '#kit/state/state-machine';
import type { PoamItemStatus, PoamMilestoneStatus } from './poam-item';
import type { RiskAcceptanceStatus } from './risk-acceptance';

/** Facts that guards of POA&M transitions may read. */
export interface PoamFacts {
  /** Status of the acceptance that a deviation rests on. */
  readonly acceptanceStatus: RiskAcceptanceStatus;
  /** Number of unresolved findings of the item. */
  readonly unresolved: number;
  /** Number of those that the acceptance covers. */
  readonly covered: number;
  /** Number of findings of the item that have not ended. */
  readonly open: number;
}

const guard = guardOf<PoamFacts>();

const acceptanceInForce = guard(
  'acceptanceInForce',
  ['acceptanceStatus'],
  ({ acceptanceStatus }) => acceptanceStatus === 'IN_FORCE',
  'The risk acceptance is not in force: a deviation needs one that another officer has accepted with acceptRisk',
);
const riskCovered = guard(
  'riskCovered',
  ['unresolved', 'covered'],
  ({ unresolved, covered }) => covered > 0 && covered === unresolved,
  'The risk acceptance does not cover all unresolved findings of the item: propose one that does',
);
const findingsEnded = guard(
  'findingsEnded',
  ['open'],
  ({ open }) => open === 0,
  'Some findings of the item have not ended: an item is closed once all are VERIFIED, FALSE_POSITIVE, or SYSTEM_RETIRED',
);

const by = ['CISO'] as const;

/** Lifecycle of an item of a plan of action and milestones. */
export const poamLifecycle = new StateMachine<PoamItemStatus, PoamFacts>(
  'POA&M item',
  ['OPEN', 'INVESTIGATING', 'REMEDIATING', 'DEVIATION_REQUESTED', 'DEVIATION_ACCEPTED', 'CLOSED'],
  [
    { trigger: 'openPoamItem', from: null, to: 'OPEN', by },
    { trigger: 'investigate', from: 'OPEN', to: 'INVESTIGATING', by },
    { trigger: 'remediate', from: ['INVESTIGATING', 'DEVIATION_REQUESTED'], to: 'REMEDIATING', by },
    { trigger: 'requestDeviation', from: ['OPEN', 'INVESTIGATING', 'REMEDIATING'], to: 'DEVIATION_REQUESTED', by },
    {
      trigger: 'acceptDeviation',
      from: 'DEVIATION_REQUESTED',
      to: 'DEVIATION_ACCEPTED',
      by,
      guards: [acceptanceInForce, riskCovered],
    },
    { trigger: 'deviationEnded', from: 'DEVIATION_ACCEPTED', to: 'REMEDIATING', by: ['SYSTEM'] },
    {
      trigger: 'closePoamItem',
      from: ['OPEN', 'INVESTIGATING', 'REMEDIATING', 'DEVIATION_REQUESTED', 'DEVIATION_ACCEPTED'],
      to: 'CLOSED',
      by,
      guards: [findingsEnded],
    },
  ],
);

/** Lifecycle of a milestone of such an item. */
export const milestoneLifecycle = new StateMachine<PoamMilestoneStatus>(
  'POA&M milestone',
  ['PLANNED', 'DONE'],
  [
    { trigger: 'openPoamItem', from: null, to: 'PLANNED', by },
    { trigger: 'completeMilestone', from: 'PLANNED', to: 'DONE', by },
  ],
);
