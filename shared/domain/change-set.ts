import { InputError, NotFoundError, requireRevision } from '#base/errors';
import { type ModelClass, modelOf } from '#kit/model/model';
import type { Changed } from '#kit/mutation/bulk';
import { dateTimeInput, optional } from '#kit/mutation/input';
import type { Work } from '#kit/mutation/work';
import type { StateMachine } from '#kit/state/state-machine';
import { type SubjectEntry, SubjectTimelines } from './timeline';

/** Properties that a changeable object has. */
export interface Changeable {
  revision: number;
  exercise: boolean;
}

/** A type whose objects mutations change, with its lifecycle and its timeline. Declared once for each type. */
export interface ChangeableType<T extends Changeable, State extends string, Facts> {
  readonly type: ModelClass<T>;
  readonly machine: StateMachine<State, Facts>;
  /** The state of an object, by the property that holds it. */
  readonly state: keyof T & string;
  readonly timeline: ModelClass<SubjectEntry>;
  /** The type, as the timeline names it. */
  readonly subject: string;
  /** Field of inputs that names an object; `id` by default. */
  readonly input?: string;
  /** Whether the caller may change the object. To others it does not exist (F1). */
  readonly isOpenTo: (work: Work, object: T) => boolean;
  /** Agency that the timeline names. Null if the object belongs to none. */
  readonly agencyOf: (object: T) => string | null;
  /** Time before which nothing can have happened to the object; none by default. */
  readonly since?: (object: T) => string;
}

/** Input that names an object to change. */
export interface Target {
  readonly id: string;
  /** Undefined where a mutation needs none. */
  readonly expectedRevision?: number | null;
  readonly occurredAt?: string | null;
}

/** What happens to an object. */
export interface Step<T, Facts> {
  /** Trigger of the state machine. */
  readonly trigger: string;
  /** Facts that guards of the trigger read. */
  readonly facts?: Partial<Facts>;
  /** Kind of the timeline entry. */
  readonly kind: string;
  readonly detail?: string | null;
  /** Actor, if it is not the caller: SYSTEM for a transition that follows from another change. */
  readonly actor?: string;
  /** Sets properties of the object besides its state and revision. */
  readonly change?: (object: T, occurredAt: string) => void;
}

interface OfAgency {
  readonly agencyKey: string | null;
}

/** Objects of the caller's agency. */
export const ofOwnAgency = ({ principal, actor }: Work, { agencyKey }: OfAgency): boolean =>
  actor === 'SYSTEM' || principal.agency === agencyKey;

/** Agency of an object that belongs to one. */
export const itsAgency = ({ agencyKey }: OfAgency): string | null => agencyKey;

/** Field of inputs for when an event happened, for events that are recorded afterward. */
export const occurredAtInput = () =>
  optional(
    dateTimeInput(
      'Time at which it happened; now by default. Not in the future, and not before the last event of the object.',
    ),
  );

/**
 * Objects of one type, locked for one change. They are changed in memory, each by one step, then written together with their timeline
 * entries: a few statements for any number of objects.
 */
export class ChangeSet<T extends Changeable, State extends string, Facts> {
  private readonly taken = new Set<string>();
  private readonly changed = new Map<string, T>();
  private readonly added: T[] = [];

  private constructor(
    private readonly of: ChangeableType<T, State, Facts>,
    private readonly work: Work,
    private readonly objects: Map<string, T>,
    private readonly timelines: SubjectTimelines,
  ) {}

  /** Locks the objects with these ids. Takes two statements. */
  static async open<T extends Changeable, State extends string, Facts>(
    of: ChangeableType<T, State, Facts>,
    work: Work,
    ids: readonly string[],
  ): Promise<ChangeSet<T, State, Facts>> {
    const distinct = [...new Set(ids)];
    const rows = await work.database.lockAll(of.type, distinct);
    const visible = rows.filter((object) => of.isOpenTo(work, object));
    const timelines = await SubjectTimelines.open(work, of.timeline, distinct);
    return new ChangeSet(of, work, new Map(visible.map((object) => [keyOf(of, object), object])), timelines);
  }

  /** A locked object that the caller may change, as it is now in this change. */
  get(key: string): T | undefined {
    return this.objects.get(key);
  }

  /** Locked objects that the caller may change, as they are now in this change. */
  get all(): readonly T[] {
    return [...this.objects.values()];
  }

  /**
   * Moves an object by its state machine, and adds an entry to its timeline.
   * @param step what happens to the object as it is; must not change it
   * @throws NotFoundError, RevisionConflictError, InputError if an earlier item changed the object, or errors of the machine
   */
  move(target: Target, step: (object: T) => Step<T, Facts>): Changed {
    return this.prepare(target, step)();
  }

  /**
   * Checks a move without making it, for changes that move several objects or none. A change that the system makes because of another
   * one happens at the time of that one, or at the last event of its object if that is later.
   * @returns makes the move @throws like {@link move}
   */
  prepare(target: Target, step: (object: T) => Step<T, Facts>): () => Changed {
    const { of, work, timelines } = this;
    const object = this.take(target);
    const { id } = target;
    const { trigger, facts, kind, detail, actor = work.actor, change } = step(object);
    const from = object[of.state] as State;
    const to = of.machine.next(from, trigger, actor, (facts ?? {}) as Facts);
    const since = of.since?.(object);
    const stated = target.occurredAt;
    const occurredAt = actor === 'SYSTEM' ? timelines.after(id, stated, since) : timelines.timeOf(id, stated, since);
    // a copy, so that a refused step leaves the object as it is
    const next = Object.assign(Object.create(of.type.prototype) as T, object, { revision: object.revision + 1 });
    change?.(next, occurredAt);
    next[of.state] = to as T[keyof T & string];
    return () => {
      this.objects.set(id, next);
      this.changed.set(id, next);
      const states = from === to ? {} : { fromState: from, toState: to };
      timelines.add(this.subjectOf(next), occurredAt, { kind, actor, ...states, detail });
      return { key: id, isNew: false };
    };
  }

  /** Adds a new object, with the first entry of its timeline. @throws errors of the machine */
  add(object: Partial<T> & Changeable, { trigger, facts, kind, detail, actor }: Step<T, Facts>): Changed {
    const { of, work, timelines } = this;
    const by = actor ?? work.actor;
    const to = of.machine.next(null, trigger, by, (facts ?? {}) as Facts);
    const added = Object.assign(Object.create(of.type.prototype) as T, object, { [of.state]: to }) as T;
    const key = keyOf(of, added);
    this.objects.set(key, added);
    this.added.push(added);
    timelines.add(this.subjectOf(added), work.now, { kind, actor: by, toState: to, detail });
    return { key, isNew: true };
  }

  /** Writes all changes. */
  async save(): Promise<void> {
    const { database } = this.work;
    await database.insert(this.of.type, this.added);
    await database.upsert(this.of.type, [...this.changed.values()]);
    await this.timelines.save();
  }

  private subjectOf(object: T) {
    const { subject: type, agencyOf } = this.of;
    return { type, id: keyOf(this.of, object), agencyKey: agencyOf(object), exercise: object.exercise };
  }

  private take({ id, expectedRevision }: Target): T {
    const { of, objects, taken } = this;
    const { input = 'id' } = of;
    const object = objects.get(id);
    if (!object) throw new NotFoundError(of.machine.name, id, input);
    if (taken.has(id))
      throw new InputError(`An earlier item names the ${of.machine.name} "${id}" too: name each object once`, [
        'input',
        input,
      ]);
    taken.add(id);
    if (expectedRevision != null) requireRevision(of.machine.name, object, expectedRevision);
    return object;
  }
}

const keyOf = <T extends object>({ type }: { readonly type: ModelClass<T> }, object: T): string =>
  object[modelOf(type).key as keyof T] as string;
