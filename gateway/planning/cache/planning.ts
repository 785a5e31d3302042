import { availableParallelism } from 'node:os';
import type { Cancellation } from '#base/cancellation';
import { Turns } from '#base/turns';
import { notPlannedInTime, tooManyPlanned } from '../errors';

/** Maximum operations that are planned at once, of all callers and of one, and that wait of one. */
const MAX_PLANNED = 16;
const MAX_PLANNED_OF_CALLER = 1;
const MAX_WAITING_OF_CALLER = 64;

/** Characters from which an operation is large. Planning takes about 30 ms per 1,000 characters, measured over 5,000 to 20,000. */
const LARGE_CHARACTERS = 4_000;
/** Maximum large operations that are planned at once. One processor is left to the others. */
const MAX_LARGE = Math.max(1, availableParallelism() - 1);

/** Places that two groups of callers share: those with a token, and addresses without one, of which one client can have many. */
class SharedPlaces {
  private readonly places: Turns;
  private readonly groups: Readonly<Record<'known' | 'public', Turns>>;

  constructor(size: number) {
    this.places = new Turns(size, size);
    this.groups = {
      known: new Turns(size, MAX_PLANNED_OF_CALLER),
      public: new Turns(size, MAX_PLANNED_OF_CALLER),
    };
  }

  /** Number of waiting turns of a caller. */
  waitingOf({ caller = '', isPublic = false }: Asker): number {
    return this.groups[isPublic ? 'public' : 'known'].waitingOf(caller);
  }

  /** Waits for the caller's turn in its group, then for a place. @returns function that gives the place back, or stops waiting */
  take({ caller = '', isPublic = false }: Asker, granted: () => void): () => void {
    const group = isPublic ? 'public' : 'known';
    let isOver = false;
    let leavePlace = () => {};
    const leaveGroup = this.groups[group].take(caller, () => {
      // work of the gateway itself may hold all places
      if (!isOver) leavePlace = this.places.take(caller === '' ? '' : group, granted);
    });
    return () => {
      isOver = true;
      leavePlace();
      leaveGroup();
    };
  }
}

/**
 * Turns of operations. Some take seconds: those of one caller wait for each other, and those of others for none of them. Large ones wait for
 * each other, whoever sends them: together they would take so long that the planner gives up all, small ones included. Where callers with a
 * token and without one wait, a free place goes to the group that holds fewer, or that has waited longer.
 */
export class PlanningTurns {
  private readonly small = new SharedPlaces(MAX_PLANNED);
  private readonly large = new SharedPlaces(MAX_LARGE);

  of(operation: string): SharedPlaces {
    return operation.length < LARGE_CHARACTERS ? this.small : this.large;
  }
}

/** A request that needs a plan. */
export interface Asker {
  /** Whose operations wait for each other; the gateway itself by default. */
  readonly caller?: string | undefined;
  /** Whether the caller is an address without a token. */
  readonly isPublic?: boolean | undefined;
  /** When the request ends, on the clock of `performance.now()`. */
  readonly deadline?: number | undefined;
  readonly cancellation?: Cancellation | undefined;
}

/**
 * The planning of one operation, which several requests may ask for. It begins with the first turn of any of their callers. If all of them
 * have left before, it never begins.
 */
export class Planning<T> {
  private readonly done: Promise<T>;
  /** Functions that give turns back, or stop waiting for them, by caller. */
  private readonly turnsOf = new Map<string, () => void>();
  private begin!: () => void;
  private abandon!: (error: Error) => void;
  private hasBegun = false;
  private askers = 0;

  /** @param make makes the plan; it awaits its argument before it plans */
  constructor(
    private readonly turns: SharedPlaces,
    make: (turn: () => Promise<void>) => Promise<T>,
  ) {
    const turn = new Promise<void>((begin, abandon) => {
      this.begin = begin;
      this.abandon = abandon;
    });
    // it is abandoned when no one awaits it
    turn.catch(() => {});
    this.done = make(() => turn).finally(() => {
      for (const giveBack of this.turnsOf.values()) giveBack();
    });
    this.done.catch(() => {});
  }

  /** Calls a function once there is a plan, or none. */
  ended(listener: () => void): void {
    this.done.then(listener, listener);
  }

  /** @throws PlanningError if there is no plan, too many operations of the caller wait, or the request ends before */
  ask(asker: Asker): Promise<T> {
    const { caller = '', deadline, cancellation } = asker;
    if (!this.hasBegun && caller !== '' && this.turns.waitingOf(asker) >= MAX_WAITING_OF_CALLER) {
      const error = tooManyPlanned(MAX_WAITING_OF_CALLER);
      if (this.askers === 0) this.abandon(error);
      return Promise.reject(error);
    }
    this.askers += 1;
    if (!this.hasBegun) this.waitAs(asker);
    return new Promise<T>((resolve, reject) => {
      const leave = () => {
        this.askers -= 1;
        const error = notPlannedInTime();
        if (this.askers === 0 && !this.hasBegun) this.abandon(error);
        reject(error);
      };
      const stay = cancellation?.onCancel(leave);
      const timer =
        deadline === undefined ? undefined : setTimeout(leave, Math.max(0, deadline - performance.now())).unref();
      this.done.then(resolve, reject).finally(() => {
        stay?.();
        clearTimeout(timer);
      });
    });
  }

  private waitAs(asker: Asker): void {
    const { caller = '' } = asker;
    if (this.turnsOf.has(caller)) return;
    this.turnsOf.set(caller, () => {});
    const giveBack = this.turns.take(asker, () => this.start(caller));
    this.turnsOf.set(caller, giveBack);
  }

  private start(caller: string): void {
    this.hasBegun = true;
    this.begin();
    for (const [other, stopWaiting] of this.turnsOf) if (other !== caller) stopWaiting();
  }
}
