import type { Happening } from '#domain/timeline';
import type { Work } from '#kit/mutation/work';
import type { AccessGrant } from './access-grant';
import { type AccessHours, accessChanges, accessExhaustedAt, accessSeconds, MAX_ACCESS_SECONDS } from './access-hours';
import { type GrantFacts, grantLifecycle } from './lifecycle';
import type { Submission } from './submission';
import type { SubmissionEventKind } from './submission-event';

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

const REASONS: Record<GrantTrigger, string> = {
  planMoved: 'The launch plan moved, and the window is not open',
  windowOpened: 'The window is open',
  launchDue: 'The planned launch has passed',
  hoursUsed: 'The 720 hours before launch are used up',
  timeUp: 'The offered access has ended',
  over: 'The model has launched, or the submission has ended',
};

const earliest = (...instants: (string | null | undefined)[]): string | null =>
  instants.reduce<string | null>((a, b) => (b != null && (a === null || b < a) ? b : a), null);

const latest = (a: string, b: string): string => (a > b ? a : b);

/** States of grants that are or may become access. */
const LIVE: readonly AccessGrant['recordedStatus'][] = ['OFFERED', 'ACTIVE', 'PAUSED'];
export const isLive = ({ recordedStatus }: AccessGrant): boolean => LIVE.includes(recordedStatus);

/**
 * Access grants of a submission, and what the clock does to them. It works in memory, without a database: `changed` collects
 * grants to write, and `happen` receives the events.
 */
export class AccessLedger {
  readonly changed = new Set<AccessGrant>();
  /** Instant up to which due transitions are applied. */
  private settledAt = '';

  constructor(
    private readonly work: Pick<Work, 'now' | 'actor'>,
    private readonly submission: Submission,
    readonly grants: AccessGrant[],
    private readonly happen: (happening: Happening<Kind>) => void,
  ) {}

  /**
   * Ledger at an instant: transitions that fell due since the last write are applied to copies; the originals stay unchanged.
   */
  private static at(submission: Submission, grants: readonly AccessGrant[], now: string): AccessLedger {
    const copy = <T extends object>(row: T): T => Object.assign(Object.create(Object.getPrototypeOf(row)), row);
    const ledger = new AccessLedger({ now, actor: 'SYSTEM' }, copy(submission), grants.map(copy), () => {});
    ledger.settle();
    return ledger;
  }

  /** Seconds of access before launch up to an instant. */
  static secondsUsed(submission: Submission, grants: readonly AccessGrant[], now: string): number {
    return MAX_ACCESS_SECONDS - AccessLedger.at(submission, grants, now).secondsLeft(now);
  }

  /** Status of a grant at an instant. */
  static statusAt(submission: Submission, grants: readonly AccessGrant[], id: string, now: string) {
    return AccessLedger.at(submission, grants, now).grants.find((grant) => grant.id === id)!.recordedStatus;
  }

  /** Seconds left of access before launch at an instant. */
  secondsLeft(at: string): number {
    return MAX_ACCESS_SECONDS - accessSeconds(this.hours, at);
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

  /** Fires a transition of a grant at an instant. */
  move(
    grant: AccessGrant,
    trigger: string,
    { at = this.work.now, actor = this.work.actor }: { at?: string; actor?: string } = {},
  ): void {
    const from = grant.recordedStatus;
    const to = grantLifecycle.next(from, trigger, actor, this.grantFacts(grant, at));
    grant.recordedStatus = to;
    grant.pausedBy = to !== 'PAUSED' ? null : actor === 'SYSTEM' ? 'SYSTEM' : 'DEVELOPER';
    grant.revision += 1;
    this.changed.add(grant);
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

  add(grant: AccessGrant): void {
    this.grants.push(grant);
    this.touch(grant);
  }

  touch(grant: AccessGrant): void {
    this.changed.add(grant);
  }

  /** Records whether any agency has access from an instant on. Access after launch does not count. */
  private count(at: string): void {
    const { submission } = this;
    const active =
      submission.launchedAt === null && this.grants.some(({ recordedStatus }) => recordedStatus === 'ACTIVE');
    const hours = accessChanges(this.hours, active, at);
    submission.accessSeconds = hours.seconds;
    submission.accessSince = hours.since;
  }

  /** Next transition of a grant if nothing else happens, and its instant. */
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

  /** Applies transitions that fell due since the file was last open, each at its own instant. */
  settle(): void {
    const { submission, work } = this;
    this.settledAt = submission.settledAt;
    for (;;) {
      const at = this.nextDue();
      if (at === null || at > work.now) break;
      this.apply(at);
      this.settledAt = latest(at, this.settledAt);
    }
    this.settledAt = work.now;
    submission.settledAt = work.now;
  }

  /** Earliest instant at which a transition falls due. */
  private nextDue(): string | null {
    const { submission } = this;
    const filed = submission.lifecycle === 'FILED';
    return earliest(
      filed && submission.windowNotedVersion < submission.planVersion ? submission.windowOpensAt : null,
      filed && submission.dueNotedVersion < submission.planVersion ? submission.windowClosesAt : null,
      ...this.grants.map((grant) => this.nextOf(grant)?.at),
    );
  }

  private apply(at: string): void {
    const { submission } = this;
    if (submission.lifecycle === 'FILED') {
      // a window that opened and closed between two runs has done both
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
    for (const { grant, next } of due) this.move(grant, next!.trigger, { at, actor: 'SYSTEM' });
  }

  /** Makes grants follow a changed plan: access that started before the new window pauses until it opens, and paused access may resume. */
  followPlan(): void {
    const { submission, work } = this;
    const { windowOpensAt, windowClosesAt } = submission;
    for (const grant of this.grants) {
      if (!isLive(grant)) continue;
      const before = `${grant.startsAt} ${grant.endsAt}`;
      // started access keeps its start; an offer follows the window
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
        grant.revision += 1;
        this.touch(grant);
      }
      if (grant.recordedStatus === 'ACTIVE' && work.now < windowOpensAt)
        this.move(grant, 'planMoved', { actor: 'SYSTEM' });
      else if (
        grant.recordedStatus === 'PAUSED' &&
        grant.pausedBy === 'SYSTEM' &&
        work.now >= windowOpensAt &&
        work.now < grant.endsAt &&
        work.now < windowClosesAt &&
        this.secondsLeft(work.now) > 0
      )
        this.move(grant, 'windowOpened', { actor: 'SYSTEM' });
    }
  }

  /** Ends all access, except access after launch that the developer consented to. */
  end(at: string, { keepConsented }: { keepConsented: boolean }): void {
    for (const grant of this.grants) {
      if (!isLive(grant)) continue;
      if (keepConsented && grant.postLaunchConsent) continue;
      this.move(grant, 'over', { at, actor: 'SYSTEM' });
    }
    this.count(at);
  }

  /** Ends the access of agencies with which the developer no longer shares the submission. */
  keepOnly(agencyKeys: readonly string[]): void {
    for (const grant of this.grants) {
      if (!isLive(grant) || agencyKeys.includes(grant.agencyKey)) continue;
      this.move(grant, 'revokeAccess');
      Object.assign(grant, { revokedAt: this.work.now, revokedBy: 'DEVELOPER' });
    }
  }

  /** Stores the next transition of each grant, so that reads between two writes are right. */
  foresee(): void {
    for (const grant of this.grants) {
      const next = this.nextOf(grant);
      const then = next ? grantLifecycle.transitions.find((row) => row.trigger === next.trigger)!.to : null;
      if (grant.statusUntil === (next?.at ?? null) && grant.statusThen === then) continue;
      grant.statusUntil = next?.at ?? null;
      grant.statusThen = then;
      this.changed.add(grant);
    }
    this.submission.nextDueAt = this.nextDue();
  }
}
