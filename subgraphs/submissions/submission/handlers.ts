import { determinationIssued, findingShared, reviewEnded, reviewOpened } from '#domain/contracts/events';
import { type EventHandler, on } from '#kit/events/inbox';
import { KnownReview } from './known-review';
import { SharedFinding } from './shared-finding';
import { SubmissionFile } from './submission-file';

/** Copies agencies' events into the intake program, for the developer to see. No event blocks a submission. */
export const submissionHandlers: readonly EventHandler[] = [
  on(determinationIssued, async (work, id, { agencyKey, outcome, issuedAt }) => {
    const file = await SubmissionFile.open(work, id);
    file.happen({ kind: 'DETERMINATION_RECEIVED', actor: 'AGENCY', agencyKey, detail: outcome, occurredAt: issuedAt });
    await file.save({ changed: false });
  }),

  on(reviewOpened, async ({ database }, submissionId, { reviewId, agencyKey }) => {
    await database.upsert(KnownReview, [{ id: reviewId, submissionId, agencyKey, open: true }]);
  }),

  on(reviewEnded, async ({ database }, submissionId, { reviewId, agencyKey }) => {
    await database.upsert(KnownReview, [{ id: reviewId, submissionId, agencyKey, open: false }]);
  }),

  on(findingShared, async (work, id, { reviewId: _review, ...finding }) => {
    const file = await SubmissionFile.open(work, id);
    const { agencyKey, findingId, sharedAt } = finding;
    await work.database.insert(SharedFinding, [
      { ...finding, id: work.newId('shf'), submissionId: id, exercise: file.submission.exercise },
    ]);
    file.happen({
      kind: 'FINDING_RECEIVED',
      actor: 'AGENCY',
      agencyKey,
      objectId: findingId,
      occurredAt: sharedAt,
    });
    await file.save({ changed: false });
  }),
];
