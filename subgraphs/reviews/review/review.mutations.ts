import { NotFoundError, orNotFound, RequestError, requireRevision, UnknownReferenceError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { agencyByKey } from '#domain/agency/directory';
import { reviewEnded, reviewOpened } from '#domain/contracts/events';
import { marks } from '#kit/database/marks';
import {
  booleanInput,
  enumInput,
  expectedRevisionInput,
  floatInput,
  idInput,
  intInput,
  listInput,
  longTextInput,
  objectInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { visible } from '#kit/policy/visible';
import { GuardError } from '#kit/state/state-machine';
import { Determination } from '../determination/determination';
import { Dossier } from '../dossier';
import { EvaluationDefinition } from '../evaluation/evaluation-definition';
import { EvaluationRun } from '../evaluation/evaluation-run';
import { Finding } from '../finding/finding';
import { type ReviewFacts, reviewLifecycle, runLifecycle } from '../lifecycle';
import { reviewRights } from '../policy';
import { RiskDomain } from '../risk';
import { AccessNotice, type SubmissionNotice } from '../submission-notice';
import { RequiredWorkRole, Review, ReviewAgency } from './review';
import type { ReviewEventKind } from './review-event';
import { ReviewAssignment, Reviewer } from './reviewer';

/** Target for sharing findings, in calendar days before the planned launch. */
const TARGET_DAYS = 2;

/** Target for sharing findings: two days before the planned launch, or the opening of the review if that is later. */
export function reviewTarget({ plannedLaunchAt }: SubmissionNotice, openedAt: string): string {
  const target = new Date(Date.parse(plannedLaunchAt) - TARGET_DAYS * 86_400_000).toISOString();
  return target > openedAt ? target : openedAt;
}

const FACTS: ReviewFacts = {
  currentOutcome: null,
  sharedWithAgency: true,
  submissionLifecycle: 'FILED',
  activeGrant: false,
  documentsOnly: false,
  isLead: false,
  draftFindings: 0,
  unreadFindings: 0,
  unsettledFindings: 0,
};

const workRoleCode = textInput('Work role code: three digits, such as "672".', { max: 3, pattern: /^\d{3}$/ });

const openReview = mutation({
  name: 'openReview',
  description:
    'Opens a review. It requires a current determination of your agency that finds a review necessary. A launch does not wait for it.',
  by: ['AGENCY'],
  input: {
    submissionId: idInput('Submission id.'),
    scope: listInput(
      enumInput(() => RiskDomain, 'Area of risk.'),
      'Areas of risk to review.',
    ),
    plannedRuns: optional(intInput('Number of evaluations planned.', { max: 1_000 })),
    teamSize: optional(intInput('Number of people on the team.', { min: 1, max: 1_000 })),
    requiredWorkRoles: optional(
      listInput(
        objectInput('RequiredWorkRoleInput', 'Staff that a review needs in one work role.', {
          workRoleCode,
          count: intInput('Number of people needed.', { min: 1, max: 1_000 }),
        }),
        'Staff that the team needs, by work role.',
      ),
    ),
  },
  returns: ['review', () => Review],
  async run(work, { submissionId, scope, plannedRuns, teamSize, requiredWorkRoles }) {
    const { database, now, principal } = work;
    const dossier = await Dossier.open(work, submissionId);
    const { notice } = dossier;
    const agencyKey = principal.agency!;
    const [current] = await database.findBy(Determination, 'currentKey', [`${submissionId}:${agencyKey}`]);
    const status = reviewLifecycle.next(null, 'openReview', work.actor, {
      ...FACTS,
      currentOutcome: current?.outcome ?? null,
      sharedWithAgency: notice.agencyKeys.includes(agencyKey),
      submissionLifecycle: notice.lifecycle,
    });
    const others = await database.findBy(Review, 'submissionId', [submissionId]);
    const open = others.find((review) => review.leadAgencyKey === agencyKey && review.open());
    if (open)
      throw new GuardError(
        'openReview',
        'oneOpenReview',
        `Your agency already has review ${open.id} of this submission open: use that one`,
      );
    const id = work.newId('rev');
    await database.insert(Review, [
      {
        id,
        submissionId,
        leadAgencyKey: agencyKey,
        leadSubject: personKey(principal),
        scope,
        status,
        openedAt: now,
        targetAt: reviewTarget(notice, now),
        targetCompressed: false,
        launchBoundAt: dossier.launchBoundAt,
        postLaunchNotedFor: null,
        plannedRuns: plannedRuns ?? 0,
        teamSize: teamSize ?? 1,
        documentsOnly: false,
        documentsReturnedAt: null,
        summaryForDeveloper: null,
        closedAt: null,
        closeReason: null,
        revision: 1,
        exercise: notice.exercise,
      },
    ]);
    await database.insert(
      RequiredWorkRole,
      (requiredWorkRoles ?? []).map((role) => ({
        ...role,
        id: `${id}:${role.workRoleCode}`,
        reviewId: id,
        staffingId: `${agencyKey}:${role.workRoleCode}`,
        exercise: notice.exercise,
      })),
    );
    dossier.happen({ kind: 'REVIEW_OPENED', agencyKey, objectId: id, toState: status });
    await dossier.save();
    work.emit(reviewOpened, submissionId, { reviewId: id, agencyKey, openedAt: now });
    return id;
  },
});

/** A review that the caller's agency leads or, with `participant`, takes part in. */
export async function ownReview(
  work: Work,
  id: string,
  {
    expectedRevision,
    field = 'id',
    participant = false,
  }: { expectedRevision?: number; field?: string; participant?: boolean } = {},
): Promise<{ dossier: Dossier; review: Review }> {
  const { dossier, object: review } = await Dossier.of(work, Review, 'review', id, { field });
  const { agency } = work.principal;
  if (review.leadAgencyKey !== agency) {
    const links = participant ? await work.database.findBy(ReviewAgency, 'ownerKey', [id]) : [];
    if (!links.some(({ targetKey }) => targetKey === agency)) throw new NotFoundError('review', id, field);
  }
  if (expectedRevision !== undefined) requireRevision('review', review, expectedRevision);
  return { dossier, review };
}

/** Fires a transition of a review, and writes the review and the event. */
export async function moveReview(
  dossier: Dossier,
  review: Review,
  trigger: string,
  kind: keyof typeof ReviewEventKind,
  facts: Partial<ReviewFacts> = {},
  changes: Partial<Review> = {},
): Promise<void> {
  const { work } = dossier;
  const status = reviewLifecycle.next(review.status, trigger, work.actor, { ...FACTS, ...facts });
  await work.database.update(Review, review.id, { ...changes, status, revision: review.revision + 1 });
  dossier.happen({
    kind,
    agencyKey: review.leadAgencyKey,
    objectId: review.id,
    fromState: review.status,
    toState: status,
    detail: changes.closeReason ?? null,
  });
  if (changes.closedAt)
    work.emit(reviewEnded, review.submissionId, {
      reviewId: review.id,
      agencyKey: review.leadAgencyKey,
      status,
      endedAt: changes.closedAt,
    });
}

const ownInput = { id: idInput('Id of a review that your agency leads.'), expectedRevision: expectedRevisionInput() };

const startEvaluation = mutation({
  name: 'startEvaluation',
  description: 'Starts the evaluation, with access to the model or on documents only.',
  by: ['AGENCY'],
  input: {
    ...ownInput,
    documentsOnly: optional(booleanInput('Whether the review evaluates documents only; false by default.')),
  },
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision, documentsOnly }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    const { active } = await dossier.access(review.leadAgencyKey);
    const only = documentsOnly ?? false;
    const facts = { activeGrant: active, documentsOnly: only };
    await moveReview(dossier, review, 'startEvaluation', 'EVALUATION_STARTED', facts, { documentsOnly: only });
    await dossier.save();
    return id;
  },
});

const concludeEvaluation = mutation({
  name: 'concludeEvaluation',
  description:
    'Ends the evaluation, so that findings can be drafted and shared. Runs still queued or running are canceled.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    await moveReview(dossier, review, 'concludeEvaluation', 'FINDINGS_DRAFTED');
    await cancelRuns(work, [id]);
    await dossier.save();
    return id;
  },
});

/** Cancels queued and running runs of reviews. */
export async function cancelRuns({ database, now }: Work, reviewIds: readonly string[]): Promise<void> {
  if (reviewIds.length === 0) return;
  const status = runLifecycle.next('QUEUED', 'cancelEvaluationRun', 'SYSTEM', { modelAccess: false });
  await database.updateWhere(
    EvaluationRun,
    { status, endedAt: now },
    `status IN ('QUEUED', 'RUNNING') AND review_id IN (${marks(reviewIds)})`,
    reviewIds,
  );
}

const closeReview = mutation({
  name: 'closeReview',
  description: 'Closes a review: with findings once they are settled, or without findings.',
  by: ['AGENCY'],
  input: {
    ...ownInput,
    reason: textInput('Reason for closing the review.'),
    summaryForDeveloper: optional(longTextInput('Summary for the developer.')),
  },
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision, reason, summaryForDeveloper }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    const findings = await work.database.findBy(Finding, 'reviewId', [id]);
    const unsettled = findings.filter(({ status, notShareableReason }) => status === 'DRAFT' && !notShareableReason);
    const facts = {
      isLead: review.leadSubject === personKey(work.principal),
      unsettledFindings: unsettled.length,
    };
    await moveReview(dossier, review, 'closeReview', 'REVIEW_CLOSED', facts, {
      closedAt: work.now,
      closeReason: reason,
      summaryForDeveloper: summaryForDeveloper ?? review.summaryForDeveloper,
    });
    await cancelRuns(work, [id]);
    await dossier.save();
    return id;
  },
});

const handOverReview = mutation({
  name: 'handOverReview',
  description: 'Hands a review over to another lead reviewer of the same agency.',
  by: ['AGENCY'],
  input: {
    ...ownInput,
    leadSubject: idInput('Token subject of the new lead reviewer, from the same issuer as yours.'),
  },
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision, leadSubject: subject }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    requireOpen(review, 'handOverReview');
    // the caller's issuer: the same subject of another issuer is another person
    const leadSubject = personKey({ issuer: work.principal.issuer, subject });
    await work.database.update(Review, id, { leadSubject, revision: review.revision + 1 });
    await dossier.save();
    return id;
  },
});

function requireOpen(review: Review, trigger: string): void {
  if (!review.open()) throw new GuardError(trigger, 'reviewIsOpen', `The review has ended: it is ${review.status}`);
}

const inviteParticipant = mutation({
  name: 'inviteParticipant',
  description:
    'Invites another agency to take part in your review. The developer must share the submission with that agency.',
  by: ['AGENCY'],
  input: { ...ownInput, agencyKey: idInput('Key of the agency.') },
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision, agencyKey }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    requireOpen(review, 'inviteParticipant');
    const path = ['input', 'agencyKey'];
    if (!agencyByKey(agencyKey)) throw new UnknownReferenceError('agency', agencyKey, path);
    if (!dossier.notice.agencyKeys.includes(agencyKey))
      throw new GuardError(
        'inviteParticipant',
        'sharedWithAgency',
        `The developer does not share this submission with ${agencyKey}`,
        path,
      );
    const links = await work.database.findBy(ReviewAgency, 'ownerKey', [id]);
    if (agencyKey === review.leadAgencyKey || links.some(({ targetKey }) => targetKey === agencyKey))
      throw new RequestError('ALREADY_EXISTS', `${agencyKey} already takes part in this review`, path);
    await work.database.insert(ReviewAgency, [{ ownerKey: id, targetKey: agencyKey }]);
    await work.database.update(Review, id, { revision: review.revision + 1 });
    dossier.happen({ kind: 'PARTICIPANT_INVITED', agencyKey, objectId: id });
    await dossier.save();
    return id;
  },
});

const returnDocuments = mutation({
  name: 'returnDocuments',
  description:
    'Records that your agency returned or destroyed the documents of a review. If the developer also revoked access, the review stops.',
  by: ['AGENCY'],
  input: ownInput,
  returns: ['review', () => Review],
  async run(work, { id, expectedRevision }) {
    const { dossier, review } = await ownReview(work, id, { expectedRevision });
    requireOpen(review, 'returnDocuments');
    dossier.happen({ kind: 'DOCUMENTS_RETURNED', agencyKey: review.leadAgencyKey, objectId: id });
    await work.database.update(Review, id, { documentsReturnedAt: work.now, revision: review.revision + 1 });
    const grants = await work.database.findBy(AccessNotice, 'submissionId', [review.submissionId]);
    if (lastGrantRevoked(grants, review.leadAgencyKey))
      await stopReviews(dossier, [review], 'The developer revoked access, and the agency returned the documents');
    await dossier.save();
    return id;
  },
});

/** Whether the developer revoked a grant of the agency, and no other is offered or live. */
export function lastGrantRevoked(grants: readonly AccessNotice[], agencyKey: string): boolean {
  const agencyGrants = grants.filter((grant) => grant.agencyKey === agencyKey);
  return (
    agencyGrants.some(({ revoked }) => revoked) &&
    !agencyGrants.some(({ status }) => ['OFFERED', 'ACTIVE', 'PAUSED'].includes(status))
  );
}

/** Stops reviews because of an event on the submission, in a bounded number of statements. */
export async function stopReviews(dossier: Dossier, reviews: readonly Review[], reason: string): Promise<void> {
  const open = reviews.filter((review) => review.open());
  if (open.length === 0) return;
  const { work } = dossier;
  const status = reviewLifecycle.next(open[0]!.status, 'stopReview', 'SYSTEM', FACTS);
  await work.database.query(
    `UPDATE review SET status = ?, closed_at = ?, close_reason = ?, version = version + 1
     WHERE id IN (${marks(open)})`,
    [status, work.now, reason, ...open.map(({ id }) => id)],
  );
  await cancelRuns(
    work,
    open.map(({ id }) => id),
  );
  for (const review of open) {
    dossier.happen({
      kind: 'REVIEW_STOPPED',
      agencyKey: review.leadAgencyKey,
      objectId: review.id,
      fromState: review.status,
      toState: status,
      detail: reason,
    });
    work.emit(reviewEnded, review.submissionId, {
      reviewId: review.id,
      agencyKey: review.leadAgencyKey,
      status,
      endedAt: work.now,
    });
  }
}

const registerReviewer = mutation({
  name: 'registerReviewer',
  description: 'Registers a reviewer of your agency by post. Do not name a person.',
  by: ['AGENCY'],
  input: { post: textInput('Post, such as "Treasury reviewer 3".'), workRoleCode },
  returns: ['reviewer', () => Reviewer],
  async run(work, { post, workRoleCode: code }) {
    const id = work.newId('rvw');
    const agencyKey = work.principal.agency!;
    if (!agencyByKey(agencyKey)) throw new UnknownReferenceError('agency', agencyKey, []);
    await work.database.insert(Reviewer, [
      { id, post, agencyKey, workRoleCode: code, staffingId: `${agencyKey}:${code}`, exercise: false },
    ]);
    return id;
  },
});

const assignReviewer = mutation({
  name: 'assignReviewer',
  description: 'Assigns a reviewer of your agency to a review.',
  by: ['AGENCY'],
  input: {
    reviewId: idInput('Id of a review that your agency leads or takes part in.'),
    reviewerId: idInput('Reviewer id.'),
    lead: optional(booleanInput('Whether the reviewer leads the review; false by default.')),
  },
  returns: ['review', () => Review],
  async run(work, { reviewId, reviewerId, lead }) {
    const { dossier, review } = await ownReview(work, reviewId, { field: 'reviewId', participant: true });
    requireOpen(review, 'assignReviewer');
    const [reviewer] = await work.database.findBy(Reviewer, 'id', [reviewerId]);
    if (!reviewer || reviewer.agencyKey !== work.principal.agency)
      throw new UnknownReferenceError('reviewer of your agency', reviewerId, ['input', 'reviewerId']);
    await work.database.upsert(ReviewAssignment, [
      {
        id: `${reviewId}:${reviewerId}`,
        reviewId,
        reviewerId,
        assignedAt: work.now,
        lead: lead ?? false,
        exercise: review.exercise,
      },
    ]);
    await dossier.save();
    return reviewId;
  },
});

const queueEvaluationRun = mutation({
  name: 'queueEvaluationRun',
  description: 'Queues an evaluation run in an open review.',
  by: ['AGENCY'],
  input: {
    reviewId: idInput('Id of a review that your agency leads or takes part in.'),
    definitionId: optional(idInput('Id of the evaluation in the catalog, such as "cybench".')),
    title: optional(textInput('Name of the evaluation, if it is not in the catalog.')),
    scaffold: optional(textInput('Scaffold around the model, such as an agent with tools.')),
  },
  returns: ['run', () => EvaluationRun],
  async run(work, { reviewId, definitionId, title, scaffold }) {
    const { dossier, review } = await ownReview(work, reviewId, { field: 'reviewId', participant: true });
    if (review.status !== 'OPENED' && review.status !== 'EVALUATING')
      throw new GuardError(
        'queueEvaluationRun',
        'stillEvaluating',
        `The review is ${review.status}: queue runs while it is OPENED or EVALUATING`,
      );
    const [definition] =
      definitionId === null ? [] : await work.database.findBy(EvaluationDefinition, 'id', [definitionId]);
    if (definitionId !== null && !definition)
      throw new UnknownReferenceError('evaluation', definitionId, ['input', 'definitionId']);
    const name = definition?.title ?? title;
    if (name === null || name === undefined)
      throw new RequestError('BAD_USER_INPUT', 'The evaluation is missing: give "definitionId" or "title"', [
        'input',
        'title',
      ]);
    const id = work.newId('run');
    await work.database.insert(EvaluationRun, [
      {
        id,
        reviewId,
        definitionId,
        title: name,
        versionId: dossier.notice.versionId,
        scaffold,
        status: runLifecycle.next(null, 'queueEvaluationRun', work.actor, { modelAccess: false }),
        queuedAt: work.now,
        startedAt: null,
        endedAt: null,
        score: null,
        ciLow: null,
        ciHigh: null,
        unit: null,
        notes: null,
        exercise: review.exercise,
      },
    ]);
    dossier.happen({ kind: 'RUN_QUEUED', agencyKey: work.principal.agency, objectId: id, detail: name });
    await dossier.save();
    return id;
  },
});

/** Fires a transition of a run. */
async function moveRun(
  work: Work,
  id: string,
  trigger: string,
  kind: keyof typeof ReviewEventKind,
  changes: Partial<EvaluationRun>,
): Promise<string> {
  const missing = new NotFoundError('evaluation run', id, 'id');
  const row = await visible(work, reviewRights, EvaluationRun, id);
  if (!row) throw missing;
  const { dossier } = await orNotFound(missing, ownReview(work, row.reviewId, { participant: true }));
  // read again under the lock
  const [run] = await work.database.findBy(EvaluationRun, 'id', [id]);
  const { model } = await dossier.access(work.principal.agency!);
  const status = runLifecycle.next(run!.status, trigger, work.actor, { modelAccess: model });
  await work.database.update(EvaluationRun, id, { ...changes, status });
  dossier.happen({ kind, agencyKey: work.principal.agency, objectId: id, fromState: run!.status, toState: status });
  await dossier.save();
  return id;
}

const runInput = { id: idInput('Evaluation run id.') };

const startEvaluationRun = mutation({
  name: 'startEvaluationRun',
  description: 'Starts an evaluation run. It requires access to the model.',
  by: ['AGENCY'],
  input: runInput,
  returns: ['run', () => EvaluationRun],
  run: (work, { id }) => moveRun(work, id, 'startEvaluationRun', 'RUN_STARTED', { startedAt: work.now }),
});

const finishEvaluationRun = mutation({
  name: 'finishEvaluationRun',
  description: 'Records the result of an evaluation run.',
  by: ['AGENCY'],
  input: {
    ...runInput,
    score: floatInput('Score.', { min: -1e12, max: 1e12 }),
    ciLow: optional(floatInput('Lower bound of the 95% confidence interval.', { min: -1e12, max: 1e12 })),
    ciHigh: optional(floatInput('Upper bound of the 95% confidence interval.', { min: -1e12, max: 1e12 })),
    unit: optional(textInput('Unit of the score.', { max: 40 })),
    notes: optional(longTextInput('Notes. Only your agency and oversight can read them.')),
  },
  returns: ['run', () => EvaluationRun],
  async run(work, { id, score, ciLow, ciHigh, unit, notes }) {
    if ((ciLow !== null && ciLow > score) || (ciHigh !== null && ciHigh < score))
      throw new RequestError(
        'BAD_USER_INPUT',
        `The confidence interval must contain the score, ${score}: check "ciLow" and "ciHigh"`,
        ['input', 'ciLow'],
      );
    return moveRun(work, id, 'finishEvaluationRun', 'RUN_ENDED', {
      score,
      ciLow,
      ciHigh,
      unit,
      notes,
      endedAt: work.now,
    });
  },
});

const failEvaluationRun = mutation({
  name: 'failEvaluationRun',
  description: 'Records that an evaluation run failed.',
  by: ['AGENCY'],
  input: { ...runInput, notes: longTextInput('Cause of the failure.') },
  returns: ['run', () => EvaluationRun],
  run: (work, { id, notes }) => moveRun(work, id, 'failEvaluationRun', 'RUN_ENDED', { notes, endedAt: work.now }),
});

const cancelEvaluationRun = mutation({
  name: 'cancelEvaluationRun',
  description: 'Cancels a queued or running evaluation run.',
  by: ['AGENCY'],
  input: runInput,
  returns: ['run', () => EvaluationRun],
  run: (work, { id }) => moveRun(work, id, 'cancelEvaluationRun', 'RUN_ENDED', { endedAt: work.now }),
});

export const reviewMutations = [
  openReview,
  startEvaluation,
  concludeEvaluation,
  closeReview,
  handOverReview,
  inviteParticipant,
  returnDocuments,
  registerReviewer,
  assignReviewer,
  queueEvaluationRun,
  startEvaluationRun,
  finishEvaluationRun,
  failEvaluationRun,
  cancelEvaluationRun,
];
