import { findingReferred } from '#domain/contracts/events';
import { type EventHandler, on } from '#kit/events/inbox';
import { type CasePriority, CaseSector, ClearinghouseCase } from './clearinghouse-case';

const PRIORITY: Record<string, keyof typeof CasePriority> = {
  INFORMATIONAL: 'LOW',
  LOW: 'LOW',
  MODERATE: 'MEDIUM',
  HIGH: 'HIGH',
  CRITICAL: 'URGENT',
};

/** Opens a case for each review finding that is a flaw in deployed software. */
export const clearinghouseHandlers: readonly EventHandler[] = [
  on(findingReferred, async ({ database }, _submission, data) => {
    await database.insert(ClearinghouseCase, [
      {
        id: data.caseId,
        title: data.title,
        cveId: null,
        openedByKey: data.agencyKey,
        findingId: data.findingId,
        source: 'REVIEW_FINDING',
        status: 'PENDING',
        priority: PRIORITY[data.severity] ?? 'MEDIUM',
        openedAt: data.referredAt,
        embargoUntil: null,
        patchedAt: null,
        publishedAt: null,
        revision: 1,
        exercise: data.exercise,
      },
    ]);
    await database.insert(
      CaseSector,
      data.sectorKeys.map((targetKey) => ({ ownerKey: data.caseId, targetKey })),
    );
  }),
];
