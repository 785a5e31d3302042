import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { PoamItem, type PoamItemStatus, PoamMilestone, type PoamMilestoneStatus } from './poam-item';
import { milestoneLifecycle, type PoamFacts, poamLifecycle } from './poam-lifecycle';

/** Items as mutations change them: those of the caller's agency. */
export const POAM_ITEMS: ChangeableType<PoamItem, PoamItemStatus, PoamFacts> = {
  type: PoamItem,
  machine: poamLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'POAM_ITEM',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
  since: ({ openedAt }) => openedAt,
};

/** Milestones as mutations change them: those of the caller's agency. */
export const MILESTONES: ChangeableType<PoamMilestone, PoamMilestoneStatus, object> = {
  type: PoamMilestone,
  machine: milestoneLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'POAM_MILESTONE',
  isOpenTo: ofOwnAgency,
  agencyOf: itsAgency,
};

/** Ends the deviations that rest on an acceptance, of which the caller holds the lock. */
export async function endDeviations(work: Work, acceptanceId: string, occurredAt: string | null): Promise<void> {
  const resting = await work.database.findBy(PoamItem, 'acceptanceId', [acceptanceId]);
  const items = await ChangeSet.open(
    POAM_ITEMS,
    work,
    resting.map(({ id }) => id),
  );
  for (const { id, status } of items.all) {
    if (status !== 'DEVIATION_ACCEPTED') continue;
    items.move({ id, occurredAt }, () => ({
      trigger: 'deviationEnded',
      kind: 'DEVIATION_ENDED',
      detail: acceptanceId,
      actor: 'SYSTEM',
      change(next) {
        next.acceptanceId = null;
      },
    }));
  }
  await items.save();
}
