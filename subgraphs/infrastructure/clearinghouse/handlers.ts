import { findingReferred } from '#domain/contracts/events';
import { type EventHandler, on } from '#kit/events/inbox';
import { type CasePriority, CaseSector } from './clearinghouse-case';
import { Cases } from './clearinghouse-case.mutations';

const PRIORITY: Record<string, keyof typeof CasePriority> = {
  INFORMATIONAL: 'LOW',
  LOW: 'LOW',
  MODERATE: 'MEDIUM',
  HIGH: 'HIGH',
  CRITICAL: 'URGENT',
};

/** Opens a case for each review finding that is a flaw in deployed software. */
export const clearinghouseHandlers: readonly EventHandler[] = [
  on(findingReferred, async (work, _submission, data) => {
    const { caseId: id, title, agencyKey: openedByKey, findingId, severity, referredAt, sectorKeys, exercise } = data;
    const cases = await Cases.open(work, []);
    const priority = PRIORITY[severity] ?? 'MEDIUM';
    cases.add(
      { id, title, openedByKey, findingId, source: 'REVIEW_FINDING', priority, openedAt: referredAt, exercise },
      'findingReferred',
    );
    await cases.save();
    await work.database.insert(
      CaseSector,
      sectorKeys.map((targetKey) => ({ ownerKey: id, targetKey })),
    );
  }),
];
