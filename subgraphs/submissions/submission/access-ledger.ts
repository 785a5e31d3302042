import type { Happening } from '#domain/timeline';
import type { Work } from '#kit/mutation/work';
import type { AccessGrant } from './access-grant';
import { type AccessHours, accessChanges, accessExhaustedAt, accessSeconds, MOST_ACCESS_SECONDS } from './access-hours';
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
  planMoved: 'The launch plan moved: the window is not open',
  windowOpened: 'The window is open',
  launchDue: 'The planned launch has come',
  hoursUsed: 'The 720 hours before launch are used up',
  timeUp: 'The time that was offered is over',
  over: 'The model was launched, or the submission ended',
};

const earliest = (...instants: (string | null | undefined)[]): string | null =>
  instants.reduce<string | null>((a, b) => (b != null && (a === null || b < a) ? b : a), null);

const latest = (a: string, b: string): string => (a > b ? a : b);

/** The states in which a grant may still become, or be, access. */
const LIVE: readonly AccessGrant['recordedStatus'][] = ['OFFERED', 'ACTIVE', 'PAUSED'];
export const isLive = ({ recordedStatus }: AccessGrant): boolean => LIVE.includes(recordedStatus);

/**
 * The access that agencies have to a submission, and what time does to it. It works on the objects it is given and knows no
 * database: what changed is in `changed`, what happened is told to `happen`.
 */
export class AccessLedger {
  /** Grants that are to be written. */
  readonly changed = new Set<AccessGrant>();
  /** Up to when what time brings has been made up for. */
  private settledAt = '';

  constructor(
    private readonly work: Pick<Work, 'now' | 'actor'>,
    private readonly submission: Submission,
    readonly grants: AccessGrant[],
    private readonly happen: (happening: Happening<Kind>) => void,
  ) {}

  /**
   * The ledger as it is at an instant: what time has brought since the submission was last written is made up for on copies, and
   * nothing is changed.
   */
  private static at(submission: Submission, grants: readonly AccessGrant[], now: string): AccessLedger {
    const copy = <T extends object>(row: T): T => Object.assign(Object.create(Object.getPrototypeOf(row)), row);
    const ledger = new AccessLedger({ now, actor: 'SYSTEM' }, copy(submission), grants.map(copy), () => {});
    ledger.settle();
    return ledger;
  }

  /** Seconds of access before launch up to an instant. */
  static secondsUsed(submission: Submission, grants: readonly AccessGrant[], now: string): number {
    return MOST_ACCESS_SECONDS - AccessLedger.at(submission, grants, now).secondsLeft(now);
  }

  /** Where a grant stands at an instant. */
  static statusAt(submission: Submission, grants: readonly AccessGrant[], id: string, now: string) {
    return AccessLedger.at(submission, grants, now).grants.find((grant) => grant.id === id)!.recordedStatus;
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

  /** Takes a new grant in. */
  add(grant: AccessGrant): void {
    this.grants.push(grant);
    this.touch(grant);
  }

  touch(grant: AccessGrant): void {
    this.changed.add(grant);
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
    for (const { grant, next } of due) this.move(grant, next!.trigger, { at, actor: 'SYSTEM' });
  }

  /** Lets the grants follow a changed plan: what began before the new window rests until it opens, what rested may go on. */
  followPlan(): void {
    const { submission, work } = this;
    const { windowOpensAt, windowClosesAt } = submission;
    for (const grant of this.grants) {
      if (!isLive(grant)) continue;
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

  /** Ends what access there is; with a launch, all but that to which the developer consents beyond it. */
  end(at: string, { keepConsented }: { keepConsented: boolean }): void {
    for (const grant of this.grants) {
      if (!isLive(grant)) continue;
      if (keepConsented && grant.postLaunchConsent) continue;
      this.move(grant, 'over', { at, actor: 'SYSTEM' });
    }
    this.count(at);
  }

  /** Takes access back from agencies that the developer no longer shares the submission with. */
  keepOnly(agencyKeys: readonly string[]): void {
    for (const grant of this.grants) {
      if (!isLive(grant) || agencyKeys.includes(grant.agencyKey)) continue;
      this.move(grant, 'revokeAccess');
      Object.assign(grant, { revokedAt: this.work.now, revokedBy: 'DEVELOPER' });
    }
  }

  /** Notes of each grant what it will do by itself, so that what is read between two changes is right. */
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
