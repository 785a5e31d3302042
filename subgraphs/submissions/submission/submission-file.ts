import { NotFoundError, orNotFound, requireRevision } from '#base/errors';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import { accessChanged } from '#domain/contracts/events';
import { appendTimeline, type Happening } from '#domain/timeline';
import type { Link } from '#kit/model/links';
import type { ModelClass } from '#kit/model/model';
import type { Work } from '#kit/mutation/work';
import { visible } from '#kit/policy/visible';
import { submissionRights } from '../policy';
import { AccessGrant } from './access-grant';
import { AccessLedger } from './access-ledger';
import { type SubmissionFacts, submissionLifecycle } from './lifecycle';
import { Submission, SubmissionAgency, SubmissionAssignedAgency } from './submission';
import { SubmissionEvent, type SubmissionEventKind } from './submission-event';

type Kind = keyof typeof SubmissionEventKind;

/**
 * Submission with its access grants, locked for one change. Every change goes through here: first, due transitions are applied in
 * order; then the change; then everything is written with its timeline and events.
 */
export class SubmissionFile {
  private readonly happenings: Happening<Kind>[] = [];
  readonly access: AccessLedger;

  private constructor(
    private readonly work: Work,
    readonly submission: Submission,
    grants: AccessGrant[],
  ) {
    this.access = new AccessLedger(work, submission, grants, (happening) => this.happen(happening));
  }

  /**
   * Opens the file of a submission, to read or to change.
   * @param field input field with the submission's id. @throws NotFoundError if the caller may not know of the submission
   */
  static async open(work: Work, id: string, field = 'id'): Promise<SubmissionFile> {
    const known = await visible(work, submissionRights, Submission, id);
    const submission = known ? await work.database.lock(Submission, id) : null;
    if (!submission || !(await mayKnow(work, submission))) throw new NotFoundError('submission', id, field);
    const grants = await work.database.findBy(AccessGrant, 'submissionId', [id]);
    const file = new SubmissionFile(work, submission, grants);
    file.access.settle();
    return file;
  }

  /**
   * Opens the file that an object belongs to, and the object under the lock.
   * @param mayKnow whether the caller may know of the object, if knowing of the submission is not enough.
   * @throws NotFoundError about the object, RevisionConflictError
   */
  static async of<T extends { submissionId: string; revision: number }>(
    work: Work,
    target: ModelClass<T>,
    type: string,
    id: string,
    expectedRevision: number,
    mayKnow: (object: T) => boolean = () => true,
  ): Promise<{ file: SubmissionFile; object: T }> {
    const missing = new NotFoundError(type, id, 'id');
    const row = await visible(work, submissionRights, target, id);
    if (!row || !mayKnow(row)) throw missing;
    const file = await orNotFound(missing, SubmissionFile.open(work, row.submissionId));
    const [object] = await work.database.findBy(target, 'id', [id]);
    requireRevision(type, object!, expectedRevision);
    return { file, object: object! };
  }

  /** Opens the file of a new submission. */
  static create(work: Work, submission: Submission): SubmissionFile {
    return new SubmissionFile(work, submission, []);
  }

  /** @throws RevisionConflictError if the caller's revision is not the current one */
  expect(revision: number | null): this {
    if (revision !== null) requireRevision('submission', this.submission, revision);
    return this;
  }

  /** Fires a transition of the submission, or checks that its state allows the mutation. */
  move(
    trigger: string,
    kind: Kind | null,
    facts: Partial<SubmissionFacts> = {},
    happening: Partial<Happening<Kind>> = {},
  ) {
    const { submission, work } = this;
    const from = submission.lifecycle;
    const to = submissionLifecycle.next(from, trigger, work.actor, {
      now: work.now,
      plannedLaunchAt: submission.plannedLaunchAt,
      launchedAt: null,
      evidence: null,
      openReviews: 0,
      ...facts,
    });
    submission.lifecycle = to;
    const states = from === to ? {} : { fromState: from, toState: to };
    if (kind) this.happen({ kind, actor: work.actor, ...states, ...happening });
  }

  happen(happening: Happening<Kind>): void {
    this.happenings.push(happening);
  }

  /** Writes all changes in a bounded number of statements. @returns the submission's id */
  async save({ changed = true } = {}): Promise<string> {
    const { submission, access, work } = this;
    const { database, now } = work;
    if (changed) submission.revision += 1;
    access.foresee();
    const { id, ...columns } = submission;
    await database.update(Submission, id, columns);
    if (access.changed.size > 0) await database.upsert(AccessGrant, [...access.changed]);
    await appendTimeline(database, SubmissionEvent, submission, now, this.happenings);
    // drafts send no events to the government
    if (submission.lifecycle !== 'DRAFT')
      for (const grant of access.changed)
        work.emit(accessChanged, id, {
          grantId: grant.id,
          agencyKey: grant.agencyKey,
          mode: grant.mode,
          status: grant.recordedStatus,
          startsAt: grant.startsAt,
          endsAt: grant.endsAt,
          postLaunchConsent: grant.postLaunchConsent,
          revoked: grant.revokedAt !== null,
        });
    return id;
  }
}

/** Agencies named by the developer, or assigned by the intake office. */
export async function sharedWith(work: Work, submission: Submission): Promise<string[]> {
  const { database } = work;
  const named = await database.query<Link>(
    `SELECT target_key AS targetKey FROM ${database.table(SubmissionAgency)} WHERE owner_key = ?
     UNION SELECT target_key FROM ${database.table(SubmissionAssignedAgency)} WHERE owner_key = ?`,
    [submission.id, submission.id],
  );
  const all = submission.sharingPreference === 'ALL_REVIEWING_AGENCIES' ? REVIEWING_AGENCIES : [];
  return [...new Set([...all, ...named.map(({ targetKey }) => targetKey)])].sort();
}

async function mayKnow(work: Work, submission: Submission): Promise<boolean> {
  const { actor, principal } = work;
  const filed = submission.lifecycle !== 'DRAFT' && submission.lifecycle !== 'DISCARDED';
  if (actor === 'SYSTEM') return true;
  if (actor === 'DEVELOPER') return submission.developerKey === principal.organization;
  if (actor === 'INTAKE') return filed;
  return filed && (await sharedWith(work, submission)).includes(principal.agency!);
}
