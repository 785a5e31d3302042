import { DESIGNATING_AGENCY } from '#domain/agency/reviewing-agencies';
import {
  accessChanged,
  caseMoved,
  inquiryAnswered,
  launchPlanChanged,
  submissionAmended,
  submissionClosed,
  submissionEnded,
  submissionFiled,
  submissionLaunched,
} from '#domain/contracts/events';
import { marks } from '#kit/database/marks';
import { type EventHandler, on } from '#kit/events/inbox';
import { Designation, Determination } from './determination/determination';
import { determinationTarget, newDetermination } from './determination/determination.mutations';
import { Dossier } from './dossier';
import { Finding } from './finding/finding';
import { determinationLifecycle } from './lifecycle';
import { Review } from './review/review';
import { lastGrantRevoked, reviewTarget, stopReviews } from './review/review.mutations';
import { AccessNotice, SubmissionNotice } from './submission-notice';

/** Reactions of the reviews program to events of submissions. */
export const reviewHandlers: readonly EventHandler[] = [
  on(submissionFiled, async (work, id, data) => {
    const notice = Object.assign(new SubmissionNotice(), {
      id,
      number: data.number,
      developerKey: data.developerKey,
      versionId: data.versionId,
      lifecycle: 'FILED',
      filedAt: data.filedAt,
      plannedLaunchAt: data.plannedLaunchAt,
      windowOpensAt: data.windowOpensAt,
      launchedAt: null,
      agencyKeys: data.agencyKeys,
      formerAgencyKeys: [],
      exercise: data.exercise,
    });
    const dossier = await Dossier.begin(work, notice);
    await invite(dossier, data.agencyKeys);
    await dossier.save();
  }),

  on(submissionAmended, async (work, id, { versionId, agencyKeys }) => {
    const dossier = await Dossier.open(work, id);
    const { notice } = dossier;
    const informed = [...notice.agencyKeys, ...notice.formerAgencyKeys];
    const formerAgencyKeys = informed.filter((key) => !agencyKeys.includes(key));
    await work.database.update(SubmissionNotice, id, { versionId, agencyKeys, formerAgencyKeys });
    await invite(
      dossier,
      agencyKeys.filter((key) => !notice.agencyKeys.includes(key)),
    );
    await endDrafts(dossier, ({ agencyKey }) => !agencyKeys.includes(agencyKey));
    await dossier.save();
  }),

  on(launchPlanChanged, async (work, id, { plannedLaunchAt, windowOpensAt }) => {
    const dossier = await Dossier.open(work, id);
    Object.assign(dossier.notice, { plannedLaunchAt, windowOpensAt });
    await work.database.update(SubmissionNotice, id, { plannedLaunchAt, windowOpensAt });
    await followPlan(dossier);
    dossier.happen({ kind: 'PLAN_CHANGED', detail: `Launch now planned for ${plannedLaunchAt}` });
    await dossier.save();
  }),

  on(accessChanged, async (work, submissionId, { grantId, ...grant }) => {
    const dossier = await Dossier.open(work, submissionId);
    await work.database.upsert(AccessNotice, [
      { ...grant, id: grantId, submissionId, exercise: dossier.notice.exercise },
    ]);
    const grants = await work.database.findBy(AccessNotice, 'submissionId', [submissionId]);
    if (lastGrantRevoked(grants, grant.agencyKey)) {
      const reviews = await work.database.findBy(Review, 'submissionId', [submissionId]);
      const returned = reviews.filter(
        ({ leadAgencyKey, documentsReturnedAt }) => leadAgencyKey === grant.agencyKey && documentsReturnedAt !== null,
      );
      await stopReviews(dossier, returned, 'The developer revoked access, and the agency returned the documents');
    }
    await dossier.save();
  }),

  on(submissionLaunched, async (work, id, { launchedAt }) => {
    const dossier = await Dossier.open(work, id);
    Object.assign(dossier.notice, { lifecycle: 'LAUNCHED', launchedAt });
    await work.database.update(SubmissionNotice, id, { lifecycle: 'LAUNCHED', launchedAt });
    // closed reviews too: their timing compares the closing with the launch
    await work.database.updateWhere(Review, { launchBoundAt: dossier.launchBoundAt }, 'submission_id = ?', [id]);
    dossier.happen({ kind: 'LAUNCHED', occurredAt: launchedAt });
    await dossier.save();
  }),

  on(submissionEnded, async (work, id, { lifecycle }) => {
    const dossier = await Dossier.open(work, id);
    await work.database.update(SubmissionNotice, id, { lifecycle });
    await endDrafts(dossier, () => true);
    const reason =
      lifecycle === 'WITHDRAWN' ? 'The developer withdrew the submission' : 'The model will not be released';
    await stopReviews(dossier, await work.database.findBy(Review, 'submissionId', [id]), reason);
    dossier.happen({ kind: lifecycle });
    await dossier.save();
  }),

  on(submissionClosed, async ({ database }, id) => {
    await database.lock(SubmissionNotice, id);
    await database.update(SubmissionNotice, id, { lifecycle: 'CLOSED' });
  }),

  on(inquiryAnswered, async ({ database }, inquiryId, { designationId, criteriaEdition, answeredAt, ...answer }) => {
    await database.insert(Designation, [
      {
        ...answer,
        id: designationId,
        submissionId: null,
        versionId: null,
        inquiryId,
        criteriaEdition: criteriaEdition ?? null,
        madeByKey: DESIGNATING_AGENCY,
        madeAt: answeredAt,
      },
    ]);
  }),
  // shown with the finding only: a case changes nothing about a review or a submission
  on(caseMoved, ({ database }, caseId, { findingId, status }) =>
    database.updateWhere(Finding, { clearinghouseStatus: status }, 'id = ? AND clearinghouse_case_id = ?', [
      findingId,
      caseId,
    ]),
  ),
];

/** Invites agencies that have no current determination or draft. */
async function invite(dossier: Dossier, agencyKeys: readonly string[]): Promise<void> {
  const { work, notice } = dossier;
  const present = await work.database.findBy(Determination, 'submissionId', [notice.id]);
  const invited = agencyKeys.filter(
    (key) => !present.some(({ agencyKey, status }) => agencyKey === key && (status === 'DRAFT' || status === 'ISSUED')),
  );
  await work.database.insert(
    Determination,
    invited.map((agencyKey) => {
      const draft = newDetermination(work, notice, agencyKey);
      dossier.happen({ kind: 'INVITED', agencyKey, objectId: draft.id, toState: draft.status });
      return draft;
    }),
  );
}

/** Ends drafts of determinations that were never issued. */
async function endDrafts(dossier: Dossier, which: (draft: Determination) => boolean): Promise<void> {
  const { work, notice } = dossier;
  const all = await work.database.findBy(Determination, 'submissionId', [notice.id]);
  const drafts = all.filter((draft) => draft.status === 'DRAFT' && which(draft));
  if (drafts.length === 0) return;
  const status = determinationLifecycle.next('DRAFT', 'submissionEnded', 'SYSTEM', drafts[0]!);
  await work.database.query(
    `UPDATE determination SET status = ?, draft_key = NULL, version = version + 1
     WHERE id IN (${marks(drafts)})`,
    [status, ...drafts.map(({ id }) => id)],
  );
  for (const { id, agencyKey } of drafts)
    dossier.happen({ kind: 'DETERMINATION_NOT_ISSUED', agencyKey, objectId: id, fromState: 'DRAFT', toState: status });
}

/** Moves targets with a changed plan, and marks targets that move closer as compressed. */
async function followPlan({ work, notice, launchBoundAt }: Dossier): Promise<void> {
  const { database } = work;
  const target = determinationTarget(notice);
  await database.query(
    `UPDATE determination SET target_compressed = CASE WHEN target_at > ? THEN 1 ELSE target_compressed END, target_at = ?
     WHERE submission_id = ? AND status = 'DRAFT'`,
    [target, target, notice.id],
  );
  const reviews = await database.findBy(Review, 'submissionId', [notice.id]);
  await database.upsert(
    Review,
    reviews.map((review) => {
      const targetAt = review.closedAt === null ? reviewTarget(notice, review.openedAt) : review.targetAt;
      const targetCompressed = review.targetCompressed || targetAt < review.targetAt;
      return Object.assign(review, { targetAt, targetCompressed, launchBoundAt });
    }),
  );
}
