import { civilDate } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { ChangeSet, ofOwnAgency, type Target } from '#domain/change-set';
import { bulkVerb, callersOf, targetInput } from '#domain/verbs';
import { dateInput, enumInput, idInput, longTextInput, optional } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { ENDED, UNRESOLVED, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { openPoamItem } from './open-poam-item.mutation';
import { PoamItem, PoamItemStatus, PoamMilestone } from './poam-item';
import { MILESTONES, POAM_ITEMS } from './poam-items';
import { type PoamFacts, poamLifecycle } from './poam-lifecycle';
import { RiskAcceptance } from './risk-acceptance';

const target = targetInput('the POA&M item');
const returns = ['poamItem', () => PoamItem] as const;
const note = optional(longTextInput('Reason, or further details.'));

/** Trigger that leads to a status. */
const TRIGGERS: Partial<Record<PoamItemStatus, string>> = {
  INVESTIGATING: 'investigate',
  REMEDIATING: 'remediate',
  DEVIATION_REQUESTED: 'requestDeviation',
  DEVIATION_ACCEPTED: 'acceptDeviation',
};

/** Locks the acceptance that a move to an accepted deviation names. Null for other moves. */
async function acceptanceFor(
  work: Work,
  to: PoamItemStatus,
  acceptance: string | null,
): Promise<RiskAcceptance | null> {
  const path = ['input', 'acceptance'];
  if (to !== 'DEVIATION_ACCEPTED') {
    if (acceptance !== null)
      throw new InputError(`"acceptance" is only for moves to DEVIATION_ACCEPTED, not to ${to}: omit it`, path);
    return null;
  }
  if (acceptance === null)
    throw new InputError('"acceptance" is missing: a deviation needs a risk acceptance in force', path);
  const found = await work.database.lock(RiskAcceptance, acceptance);
  if (!found || !ofOwnAgency(work, found)) throw new UnknownReferenceError('risk acceptance', acceptance, path);
  return found;
}

/** Facts on the findings of an item. @param acceptance that may cover them */
async function factsOf(work: Work, itemId: string, acceptance: RiskAcceptance | null): Promise<Partial<PoamFacts>> {
  const { database } = work;
  const findings = await database.findBy(VulnerabilityFinding, 'poamItemId', [itemId]);
  const unresolved = findings.filter(({ status }) => UNRESOLVED.includes(status));
  return {
    unresolved: unresolved.length,
    covered: unresolved.filter(({ acceptanceId }) => acceptance && acceptanceId === acceptance.id).length,
    open: findings.filter(({ status }) => !ENDED.includes(status)).length,
    ...(acceptance && { acceptanceStatus: acceptance.status }),
  };
}

const movePoamItem = mutation({
  name: 'movePoamItem',
  description: 'Moves a POA&M item to another risk status. A deviation rests on a risk acceptance, and ends with it.',
  by: callersOf(poamLifecycle, 'investigate'),
  input: {
    ...target,
    to: enumInput(
      () => PoamItemStatus,
      'New risk status: INVESTIGATING, REMEDIATING, DEVIATION_REQUESTED, or DEVIATION_ACCEPTED.',
    ),
    acceptance: optional(
      idInput(
        'Id of the risk acceptance in force that covers all unresolved findings of the item. For DEVIATION_ACCEPTED.',
      ),
    ),
    note,
  },
  returns,
  async run(work, { to, acceptance: acceptanceId, note: detail, ...aim }) {
    const trigger = TRIGGERS[to];
    if (trigger === undefined)
      throw new InputError(
        `An item does not move to ${to}: open one with openPoamItem, and close it with closePoamItem`,
        ['input', 'to'],
      );
    const acceptance = await acceptanceFor(work, to, acceptanceId);
    return move(work, aim, {
      trigger,
      kind: 'POAM_ITEM_MOVED',
      detail,
      acceptance,
      change(next) {
        next.acceptanceId = acceptanceId;
      },
    });
  },
});

interface Move {
  readonly trigger: string;
  readonly kind: string;
  readonly detail: string | null;
  readonly acceptance: RiskAcceptance | null;
  readonly change: (next: PoamItem, occurredAt: string) => void;
}

async function move(work: Work, aim: Target, { acceptance, ...step }: Move): Promise<string> {
  const items = await ChangeSet.open(POAM_ITEMS, work, [aim.id]);
  const facts = await factsOf(work, aim.id, acceptance);
  const { key } = items.move(aim, () => ({ ...step, facts }));
  await items.save();
  return key;
}

const closePoamItem = mutation({
  name: 'closePoamItem',
  description: 'Closes a POA&M item, of which all findings have ended.',
  by: callersOf(poamLifecycle, 'closePoamItem'),
  input: { ...target, note },
  returns,
  run: (work, { note: detail, ...aim }) =>
    move(work, aim, {
      trigger: 'closePoamItem',
      kind: 'POAM_ITEM_CLOSED',
      detail,
      acceptance: null,
      change: (next, closedAt) => Object.assign(next, { closedAt, acceptanceId: null }),
    }),
});

const completeMilestone = bulkVerb({
  of: MILESTONES,
  name: 'completeMilestone',
  plural: 'completeMilestones',
  description: 'Records that a milestone of a POA&M item is completed.',
  returns: ['milestone', () => PoamMilestone],
  target: targetInput('the milestone'),
  input: { doneOn: dateInput('Date of completion. Not in the future.') },
  step(_milestone, { doneOn }, { now }) {
    const today = civilDate(now);
    if (doneOn > today) throw new InputError(`"doneOn" is in the future: it is ${today} today`, ['input', 'doneOn']);
    return {
      kind: 'MILESTONE_COMPLETED',
      detail: doneOn,
      change(next) {
        next.doneOn = doneOn;
      },
    };
  },
});

export const poamMutations = [...openPoamItem, movePoamItem, closePoamItem, ...completeMilestone];
