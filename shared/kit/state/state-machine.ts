import { RequestError } from '#base/errors';

/** A condition of a transition. It is given the facts it says it reads and no others, so what it names is all it can use. */
export interface Guard<Facts> {
  readonly name: string;
  readonly reads: readonly (keyof Facts & string)[];
  readonly holds: (facts: Facts) => boolean;
  /** What is said when it does not hold: what to do about it. */
  readonly otherwise: string;
}

/** Declares guards over the facts of a machine. */
export function guardOf<Facts>() {
  return <Read extends keyof Facts & string>(
    name: string,
    reads: readonly Read[],
    holds: (facts: Pick<Facts, Read>) => boolean,
    otherwise: string,
  ): Guard<Facts> => ({ name, reads, holds: holds as (facts: Facts) => boolean, otherwise });
}

/** One row of a machine's table. */
export interface Transition<State extends string, Facts = object> {
  /** The mutation or event that causes it. */
  readonly trigger: string;
  /** States it starts from; `null` brings the object into being. */
  readonly from: State | null | readonly State[];
  readonly to: State;
  readonly by: readonly string[];
  readonly guards?: readonly Guard<Facts>[];
}

/** An object is not in a state in which this can be done to it. */
export class IllegalTransitionError extends RequestError {
  constructor(machine: string, from: string | null, trigger: string, possibleFrom: readonly (string | null)[]) {
    const states = possibleFrom.map((state) => state ?? 'nothing').join(', ');
    super(
      'ILLEGAL_TRANSITION',
      `${trigger} is possible from ${states}; the ${machine} is ${from ?? 'not there yet'}`,
      [],
      {
        machine,
        from,
        trigger,
        possibleFrom,
      },
    );
  }
}

/** What is asked for is possible in this state, but a condition of it does not hold. */
export class GuardError extends RequestError {
  constructor(trigger: string, guard: string, otherwise: string, inputPath: readonly (string | number)[] = []) {
    super('PRECONDITION_FAILED', otherwise, inputPath, { trigger, guard });
  }
}

/** Somebody who may do other things may not do this. */
export class ForbiddenError extends RequestError {
  constructor(trigger: string, by: readonly string[], actor: string) {
    super('FORBIDDEN', `${trigger} is done by ${by.join(' or ')}; you act as ${actor}`, [], { by });
  }
}

/** The states an object can be in and what leads from one to the next: a table, and the one place that reads it. */
export class StateMachine<State extends string, Facts = object> {
  constructor(
    /** What its objects are called. */
    readonly name: string,
    readonly states: readonly State[],
    readonly transitions: readonly Transition<State, Facts>[],
  ) {}

  /** The states a transition starts from. */
  static origins<State extends string>({ from }: Pick<Transition<State>, 'from'>): readonly (State | null)[] {
    return from === null || typeof from === 'string' ? [from] : from;
  }

  /** States that nothing leads out of. */
  get terminal(): readonly State[] {
    const left = new Set(this.transitions.flatMap((transition) => StateMachine.origins(transition)));
    return this.states.filter((state) => !left.has(state));
  }

  /**
   * The state that a trigger leads to.
   * @throws IllegalTransitionError, ForbiddenError or GuardError; nothing has changed then.
   */
  next(current: State | null, trigger: string, actor: string, facts: Facts): State {
    const rows = this.transitions.filter((transition) => transition.trigger === trigger);
    if (rows.length === 0) throw new Error(`The machine of ${this.name} has no trigger ${trigger}`);
    const possible = rows.filter((transition) => StateMachine.origins(transition).includes(current));
    if (possible.length === 0)
      throw new IllegalTransitionError(
        this.name,
        current,
        trigger,
        rows.flatMap((transition) => StateMachine.origins(transition)),
      );
    const row = possible.find(({ by }) => by.includes(actor));
    if (!row)
      throw new ForbiddenError(
        trigger,
        possible.flatMap(({ by }) => by),
        actor,
      );
    for (const guard of row.guards ?? []) {
      const read = Object.fromEntries(guard.reads.map((name) => [name, facts[name]])) as Facts;
      if (!guard.holds(read)) throw new GuardError(trigger, guard.name, guard.otherwise);
    }
    return row.to;
  }
}
