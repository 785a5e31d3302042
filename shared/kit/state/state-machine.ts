import { RequestError } from '#base/errors';

/** A condition of a transition. It receives only the facts listed in `reads`, so the list shows all that it depends on. */
export interface Guard<Facts> {
  readonly name: string;
  readonly reads: readonly (keyof Facts & string)[];
  readonly holds: (facts: Facts) => boolean;
  /** Error message when it does not hold, with what to do about it. */
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
  /** States it starts from; `null` creates the object. */
  readonly from: State | null | readonly State[];
  readonly to: State;
  readonly by: readonly string[];
  readonly guards?: readonly Guard<Facts>[];
}

/** The state of the object does not allow the trigger. */
export class IllegalTransitionError extends RequestError {
  constructor(machine: string, from: string | null, trigger: string, possibleFrom: readonly (string | null)[]) {
    const states = possibleFrom.map((state) => state ?? 'a new object').join(', ');
    super(
      'ILLEGAL_TRANSITION',
      `${trigger} is allowed only from ${states}, but the ${machine} ${from === null ? 'does not exist yet' : `is ${from}`}`,
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

/** The state of the object allows the trigger, but a guard does not hold. */
export class GuardError extends RequestError {
  constructor(trigger: string, guard: string, otherwise: string, inputPath: readonly (string | number)[] = []) {
    super('PRECONDITION_FAILED', otherwise, inputPath, { trigger, guard });
  }
}

/** The caller acts as an actor that may not use the trigger. */
export class ForbiddenError extends RequestError {
  constructor(trigger: string, by: readonly string[], actor: string) {
    super('FORBIDDEN', `${trigger} is allowed only for ${by.join(' or ')}; you act as ${actor}`, [], { by });
  }
}

/** States and transitions of an object, as a table. */
export class StateMachine<State extends string, Facts = object> {
  constructor(
    /** Name of its objects, for error messages. */
    readonly name: string,
    readonly states: readonly State[],
    readonly transitions: readonly Transition<State, Facts>[],
  ) {}

  /** The states a transition starts from. */
  static origins<State extends string>({ from }: Pick<Transition<State>, 'from'>): readonly (State | null)[] {
    return from === null || typeof from === 'string' ? [from] : from;
  }

  /** States without outgoing transitions. */
  get terminal(): readonly State[] {
    const left = new Set(this.transitions.flatMap((transition) => StateMachine.origins(transition)));
    return this.states.filter((state) => !left.has(state));
  }

  /**
   * Returns the state after a trigger, without changing anything.
   * @throws IllegalTransitionError, ForbiddenError or GuardError
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
