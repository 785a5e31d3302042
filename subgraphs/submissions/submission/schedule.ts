import { addDays, civilDate, startOfDay } from '#base/civil';
import { forgetIdempotencyKeys, type ScheduledTask, scheduled } from '#kit/subgraph/schedule';
import { Artifact } from './artifact';
import { Declaration, SelfEvaluation } from './declaration';
import { removeContent } from './document-contents';
import { InformationRequest } from './information-request';
import { LaunchPlan } from './launch-plan';
import { Submission } from './submission';
import { SubmissionFile } from './submission-file';

/** Days until the content of a discarded draft is erased. */
const DRAFT_DAYS = 30;

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

/** Opens windows, marks due launches, and pauses, resumes, and ends access. */
const settleSubmissions = scheduled(
  'settle submissions',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM submission WHERE next_due_at <= ? ORDER BY next_due_at LIMIT ${limit}`,
        [now],
      ),
    ),
  async (work, id) => {
    // opening a file applies everything that has fallen due
    const file = await SubmissionFile.open(work, id);
    await file.save({ changed: false });
  },
);

const noteOverdueRequests = scheduled(
  'note overdue information requests',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM information_request WHERE status = 'OPEN' AND overdue_noted = 0 AND due_on < ? ORDER BY due_on LIMIT ${limit}`,
        [civilDate(now)],
      ),
    ),
  async (work, id) => {
    const { database } = work;
    const [row] = await database.findBy(InformationRequest, 'id', [id]);
    const file = await SubmissionFile.open(work, row!.submissionId);
    const [request] = await database.findBy(InformationRequest, 'id', [id]);
    if (request!.status !== 'OPEN' || request!.overdueNoted) return;
    await database.update(InformationRequest, id, { overdueNoted: true });
    file.happen({
      kind: 'INFORMATION_OVERDUE',
      actor: 'SYSTEM',
      objectId: id,
      occurredAt: startOfDay(addDays(request!.dueOn, 1)),
    });
    await file.save({ changed: false });
  },
);

/** Erases the content of discarded drafts; their timelines stay. */
const eraseDiscardedDrafts = scheduled(
  'erase discarded drafts',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM submission WHERE lifecycle = 'DISCARDED' AND erased_at IS NULL AND ended_at <= ? ORDER BY ended_at LIMIT ${limit}`,
        [new Date(Date.parse(now) - DRAFT_DAYS * 86_400_000).toISOString()],
      ),
    ),
  async ({ database, now }, id) => {
    const draft = await database.lock(Submission, id);
    if (draft?.erasedAt !== null) return;
    await database.update(Submission, id, { mitigationsDeclared: null, erasedAt: now });
    await database.updateWhere(LaunchPlan, { reason: null }, 'submission_id = ?', [id]);
    await database.updateWhere(Artifact, { storage: 'DESTROYED', destroyedAt: now }, 'submission_id = ?', [id]);
    for (const table of [Declaration, SelfEvaluation])
      await database.query(`DELETE FROM ${database.table(table)} WHERE submission_id = ?`, [id]);
    for (const table of ['submission_sectors_of_concern', 'submission_requested_agencies'])
      await database.query(`DELETE FROM ${table} WHERE owner_key = ?`, [id]);
  },
);

/** Removes contents from the store once a document with them was destroyed, and no other stores them. */
const removeDestroyedContents = scheduled(
  'remove destroyed contents',
  async (database, _now, limit) => {
    const rows = await database.query<{ sha256: string }>(
      `SELECT DISTINCT d.sha256 AS sha256 FROM artifact d WHERE d.storage = 'DESTROYED' AND d.content_removed = 0
       AND NOT EXISTS (SELECT 1 FROM artifact k WHERE k.sha256 = d.sha256 AND k.storage = 'STORED')
       LIMIT ${limit}`,
    );
    return rows.map(({ sha256 }) => sha256);
  },
  async ({ database }, sha256, store) => {
    if (store) await removeContent(database, store, sha256);
  },
);

const removeUnfinishedUploads: ScheduledTask = {
  name: 'remove unfinished uploads',
  run: async (_database, clock, store) => (await store?.sweep(clock.now())) ?? 0,
};

export const submissionSchedule: readonly ScheduledTask[] = [
  settleSubmissions,
  noteOverdueRequests,
  eraseDiscardedDrafts,
  removeDestroyedContents,
  removeUnfinishedUploads,
  forgetIdempotencyKeys,
];
