import { REVIEWING_AGENCIES } from '../../../shared/agency/reviewing-agencies';
import { accessChanged } from '../../../shared/contracts/events';
import { NotFoundError, orNotFound, requireVersion } from '../../../shared/errors';
import type { Actor } from '../../../shared/identity/principal';
import type { Link } from '../../../shared/model/links';
import type { ModelClass } from '../../../shared/model/model';
import type { Work } from '../../../shared/mutation/work';
import { appendTimeline, type Happening } from '../../../shared/timeline/timeline';
import { AccessGrant } from './access-grant';
import { type AccessHours, accessChanges, accessExhaustedAt, accessSeconds, MOST_ACCESS_SECONDS } from './access-hours';
import { type GrantFacts, grantLifecycle, type SubmissionFacts, submissionLifecycle } from './lifecycle';
import { Submission, SubmissionAgency, SubmissionAssignedAgency } from './submission';
import { SubmissionEvent, type SubmissionEventKind } from './submission-event';

type Kind = keyof typeof SubmissionEventKind;
type GrantTrigger = 'planMoved' | 'windowOpened' | 'launchDue' | 'hoursUsed' | 'timeUp' | 'over';

const KIND_OF_STATUS: Record<AccessGrant['recordedStatus'], Kind> = {
  OFFERED: 'ACCESS_OFFERED',
  ACTIVE: 'ACCESS_STARTED',
  PAUSED: 'ACCESS_PAUSED',
  ENDED: 'ACCESS_ENDED',
  RESCINDED: 'ACCESS_RESCINDED',
  DECLINED: 'ACCESS_DECLINED',
};

const earliest = (...instants: (string | null | undefined)[]): string | null =>
  instants.reduce<string | null>((a, b) => (b != null && (a === null || b < a) ? b : a), null);

/**
 * A submission with its grants of access, locked for one change. Every change goes through here: first what time has brought is
 * made up for, in the order in which it fell due; then the change is made; then all is written with its timeline and its events.
 */
export class SubmissionFile {
  private readonly happenings: Happening<Kind>[] = [];
  private readonly changedGrants = new Set<AccessGrant>();

  private constructor(
    private readonly work: Pick<Work, 'now' | 'actor'>,
    readonly submission: Submission,
    readonly grants: AccessGrant[],
  ) {}

  /**
   * Opens the file, for the caller to read on or to change.
   * @param field the input field that names the submission. @throws NotFoundError when the caller may not know of it
   */
  static async open(work: Work, id: string, field = 'id'): Promise<SubmissionFile> {
    const submission = await work.database.lock(Submission, id);
    if (!submission || !(await knows(work, submission))) throw new NotFoundError('submission', id, field);
    const grants = await work.database.findBy(AccessGrant, 'submissionId', [id]);
    const file = new SubmissionFile(work, submission, grants);
    file.settle();
    return file;
  }

  /**
   * Opens the file that an object belongs to, and the object as it is under the lock.
   * @param mayKnow whether the caller may know of the object, when knowing of the submission is not enough.
   * @throws NotFoundError that speaks of the object, VersionConflictError
   */
  static async of<T extends { submissionId: string; version: number }>(
    work: Work,
    target: ModelClass<T>,
    type: string,
    id: string,
    expectedVersion: number,
    mayKnow: (object: T) => boolean = () => true,
  ): Promise<{ file: SubmissionFile; object: T }> {
    const missing = new NotFoundError(type, id, 'id');
    const [found] = await work.database.findBy(target, 'id', [id]);
    if (!found || !mayKnow(found)) throw missing;
    const file = await orNotFound(missing, SubmissionFile.open(work, found.submissionId));
    const [object] = await work.database.findBy(target, 'id', [id]);
    requireVersion(type, object!, expectedVersion);
    return { file, object: object! };
  }

  /** Opens the file of a submission that is not there yet. */
  static create(work: Work, submission: Submission): SubmissionFile {
    return new SubmissionFile(work, submission, []);
  }

  /**
   * Seconds of access before launch up to an instant: what time has brought since the submission was last written is made up for
   * in memory, and nothing is written.
   */
  static secondsUsed(submission: Submission, grants: readonly AccessGrant[], now: string): number {
    const copy = <T extends object>(row: T): T => Object.assign(Object.create(Object.getPrototypeOf(row)), row);
    const file = new SubmissionFile({ now, actor: 'SYSTEM' }, copy(submission), grants.map(copy));
    file.settle();
    return MOST_ACCESS_SECONDS - file.secondsLeft(now);
  }

  /** @throws VersionConflictError when the change was based on another version than the current one. */
  expect(version: number | null): this {
    if (version !== null) requireVersion('submission', this.submission, version);
    return this;
  }

  /** Takes the submission to the state that a trigger leads to, or checks that it may be done in its state. */
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

  /** Seconds of access before launch that are left at an instant. */
  secondsLeft(at: string): number {
    return MOST_ACCESS_SECONDS - accessSeconds(this.hours, at);
  }

  private get hours(): AccessHours {
    return { seconds: this.submission.accessSeconds, since: this.submission.accessSince };
  }

  private grantFacts(grant: AccessGrant, at: string): GrantFacts {
    const { windowOpensAt, windowClosesAt, launchedAt } = this.submission;
    return {
      now: at,
      startsAt: grant.startsAt,
      endsAt: grant.endsAt,
      windowOpensAt,
      windowClosesAt,
      launched: launchedAt !== null,
      postLaunchConsent: grant.postLaunchConsent,
      secondsLeft: this.secondsLeft(at),
    };
  }

  /** Takes a grant to the state that a trigger leads to, at an instant. */
  moveGrant(
    grant: AccessGrant,
    trigger: string,
    { at = this.work.now, actor = this.work.actor }: { at?: string; actor?: Actor } = {},
  ): void {
    const from = grant.recordedStatus;
    const to = grantLifecycle.next(from, trigger, actor, this.grantFacts(grant, at));
    grant.recordedStatus = to;
    grant.pausedBy = to !== 'PAUSED' ? null : actor === 'SYSTEM' ? 'SYSTEM' : 'DEVELOPER';
    grant.version += 1;
    this.changedGrants.add(grant);
    this.count(at);
    this.happen({
      kind: from === 'PAUSED' && to === 'ACTIVE' ? 'ACCESS_RESUMED' : KIND_OF_STATUS[to],
      actor,
      occurredAt: at,
      agencyKey: grant.agencyKey,
      objectId: grant.id,
      fromState: from,
      toState: to,
      detail: trigger in REASONS ? REASONS[trigger as GrantTrigger] : null,
    });
  }

  /** Takes a new grant into the file. */
  addGrant(grant: AccessGrant): void {
    this.grants.push(grant);
    this.touchGrant(grant);
  }

  touchGrant(grant: AccessGrant): void {
    this.changedGrants.add(grant);
  }

  /** Notes whether any agency has access from an instant on. Access after the launch is not counted. */
  private count(at: string): void {
    const { submission } = this;
    const active = submission.launchedAt === null && this.grants.some((one) => one.recordedStatus === 'ACTIVE');
    const hours = accessChanges(this.hours, active, at);
    submission.accessSeconds = hours.seconds;
    submission.accessSince = hours.since;
  }

  /** What a grant will do by itself if nothing else happens: when, and by which trigger. */
  private nextOf(grant: AccessGrant): { at: string; trigger: GrantTrigger } | null {
    const { submission } = this;
    const steps: { at: string; trigger: GrantTrigger }[] = [];
    const launched = submission.launchedAt !== null;
    const status = grant.recordedStatus;
    if (status !== 'ACTIVE' && status !== 'PAUSED') return null;
    const exhausted = launched ? null : accessExhaustedAt(this.hours);
    if (exhausted !== null) steps.push({ at: exhausted, trigger: 'hoursUsed' });
    if (!grant.endsAtLaunch) steps.push({ at: grant.endsAt, trigger: 'timeUp' });
    if (status === 'ACTIVE' && !launched && !grant.postLaunchConsent)
      steps.push({ at: submission.windowClosesAt, trigger: 'launchDue' });
    const reopens = latest(submission.windowOpensAt, grant.startsAt);
    const reopening = grant.pausedBy === 'SYSTEM' && reopens < submission.windowClosesAt && reopens > this.settledAt;
    if (status === 'PAUSED' && !launched && reopening) steps.push({ at: reopens, trigger: 'windowOpened' });
    return steps.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))[0] ?? null;
  }

  /** Up to when what time brings has been made up for. */
  private settledAt = '';

  /** Makes up for what time has brought since the file was last open, each at the instant at which it fell due. */
  settle(): void {
    const { submission, work } = this;
    this.settledAt = submission.settledAt;
    for (;;) {
      const at = this.nextDue();
      if (at === null || at > work.now) break;
      this.bring(at);
      this.settledAt = latest(at, this.settledAt);
    }
    this.settledAt = work.now;
    submission.settledAt = work.now;
  }

  /** The earliest instant at which something happens by itself. */
  private nextDue(): string | null {
    const { submission } = this;
    const filed = submission.lifecycle === 'FILED';
    return earliest(
      filed && submission.windowNotedVersion < submission.planVersion ? submission.windowOpensAt : null,
      filed && submission.dueNotedVersion < submission.planVersion ? submission.windowClosesAt : null,
      ...this.grants.map((grant) => this.nextOf(grant)?.at),
    );
  }

  private bring(at: string): void {
    const { submission } = this;
    if (submission.lifecycle === 'FILED') {
      // a window that opens and closes between two looks has done both
      if (submission.windowNotedVersion < submission.planVersion && submission.windowOpensAt <= at) {
        submission.windowNotedVersion = submission.planVersion;
        this.happen({ kind: 'WINDOW_OPENED', actor: 'SYSTEM', occurredAt: at });
      }
      if (submission.dueNotedVersion < submission.planVersion && submission.windowClosesAt <= at) {
        submission.dueNotedVersion = submission.planVersion;
        this.happen({ kind: 'LAUNCH_DUE', actor: 'SYSTEM', occurredAt: at });
      }
    }
    const due = this.grants
      .map((grant) => ({ grant, next: this.nextOf(grant) }))
      .filter(({ next }) => next !== null && next.at <= at);
    for (const { grant, next } of due) this.moveGrant(grant, next!.trigger, { at, actor: 'SYSTEM' });
  }

  /** Lets the grants follow a changed plan: what began before the new window rests until it opens, what rested may go on. */
  followPlan(): void {
    const { submission, work } = this;
    const { windowOpensAt, windowClosesAt } = submission;
    for (const grant of this.grants) {
      if (!['OFFERED', 'ACTIVE', 'PAUSED'].includes(grant.recordedStatus)) continue;
      const before = `${grant.startsAt} ${grant.endsAt}`;
      // what has begun has begun; an offer follows the window
      if (grant.recordedStatus === 'OFFERED') {
        const outside = grant.startsAt < windowOpensAt || grant.startsAt >= windowClosesAt;
        if (grant.startsAtOpening || outside) grant.startsAt = latest(windowOpensAt, grant.offeredAt);
      }
      if (grant.endsAtLaunch) grant.endsAt = windowClosesAt;
      else if (!grant.postLaunchConsent && grant.endsAt > windowClosesAt) grant.endsAt = windowClosesAt;
      if (grant.endsAt <= grant.startsAt) {
        grant.endsAt = windowClosesAt;
        grant.endsAtLaunch = true;
      }
      if (before !== `${grant.startsAt} ${grant.endsAt}`) {
        grant.version += 1;
        this.touchGrant(grant);
      }
      if (grant.recordedStatus === 'ACTIVE' && work.now < windowOpensAt)
        this.moveGrant(grant, 'planMoved', { actor: 'SYSTEM' });
      else if (
        grant.recordedStatus === 'PAUSED' &&
        grant.pausedBy === 'SYSTEM' &&
        work.now >= windowOpensAt &&
        work.now < grant.endsAt &&
        work.now < windowClosesAt &&
        this.secondsLeft(work.now) > 0
      )
        this.moveGrant(grant, 'windowOpened', { actor: 'SYSTEM' });
    }
  }

  /** Ends what access there is; with a launch, all but that to which the developer consents beyond it. */
  endAccess(at: string, { keepConsented }: { keepConsented: boolean }): void {
    for (const grant of this.grants) {
      if (!['OFFERED', 'ACTIVE', 'PAUSED'].includes(grant.recordedStatus)) continue;
      if (keepConsented && grant.postLaunchConsent) continue;
      this.moveGrant(grant, 'over', { at, actor: 'SYSTEM' });
    }
    this.count(at);
  }

  /** Takes access back from agencies that the developer no longer shares the submission with. */
  keepAccessOf(agencyKeys: readonly string[]): void {
    for (const grant of this.grants) {
      const open = ['OFFERED', 'ACTIVE', 'PAUSED'].includes(grant.recordedStatus);
      if (!open || agencyKeys.includes(grant.agencyKey)) continue;
      this.moveGrant(grant, 'revokeAccess');
      Object.assign(grant, { revokedAt: this.work.now, revokedBy: 'developer' });
    }
  }

  /** Writes everything, and returns the submission's key. A bounded number of statements, whatever the file holds. */
  async save(work: Work, { changed = true } = {}): Promise<string> {
    const { submission } = this;
    const { database, now } = work;
    if (changed) submission.version += 1;
    for (const grant of this.grants) {
      const next = this.nextOf(grant);
      const then = next ? grantLifecycle.transitions.find((row) => row.trigger === next.trigger)!.to : null;
      if (grant.statusUntil === (next?.at ?? null) && grant.statusThen === then) continue;
      grant.statusUntil = next?.at ?? null;
      grant.statusThen = then;
      this.changedGrants.add(grant);
    }
    submission.nextDueAt = this.nextDue();
    const { id, ...columns } = submission;
    await database.update(Submission, id, columns);
    if (this.changedGrants.size > 0) await database.upsert(AccessGrant, [...this.changedGrants]);
    await appendTimeline(database, SubmissionEvent, submission, now, this.happenings);
    if (submission.lifecycle !== 'DRAFT')
      for (const grant of this.changedGrants)
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

const REASONS: Record<GrantTrigger, string> = {
  planMoved: 'The launch plan moved: the window is not open',
  windowOpened: 'The window is open',
  launchDue: 'The planned launch has come',
  hoursUsed: 'The 720 hours before launch are used up',
  timeUp: 'The time that was offered is over',
  over: 'The model was launched, or the submission ended',
};

const latest = (a: string, b: string): string => (a > b ? a : b);

/** Agencies that the developer shares a submission with, and those the intake office assigned within its preference. */
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

/** Whether the caller may know that the submission exists. */
async function knows(work: Work, submission: Submission): Promise<boolean> {
  const { actor, principal } = work;
  const seen = submission.lifecycle !== 'DRAFT' && submission.lifecycle !== 'DISCARDED';
  if (actor === 'SYSTEM') return true;
  if (actor === 'DEVELOPER') return submission.developerKey === principal.organization;
  if (actor === 'INTAKE') return seen;
  return seen && (await sharedWith(work, submission)).includes(principal.agency!);
}
