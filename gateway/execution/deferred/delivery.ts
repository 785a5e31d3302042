import type { DeferredFragment } from '../../operation/defer';
import type { DeferredFields, Shape } from '../compile/shape';
import type { AnswerPath } from '../general/path';

/** A deferred fragment on one object of the answer: a "delivery group" of the incremental delivery specification. */
export class DeliveryGroup {
  /** Set when it is announced. */
  id: string | undefined;
  /** False once it has been delivered, has failed, or has nothing to deliver. */
  isAlive = true;
  /** Its parts that have not been delivered yet. */
  readonly parts = new Set<DeliveryPart>();
  /** Groups announced after it. */
  readonly children: DeliveryGroup[] = [];

  constructor(
    readonly label: string | undefined,
    readonly path: AnswerPath,
    readonly parent: DeliveryGroup | undefined,
    /** Undefined for a fragment executed as a separate operation. */
    readonly fragment?: DeferredFragment,
  ) {}
}

/** Fields of one object that the same groups wait for: an "execution group" of the specification. */
export interface DeliveryPart {
  readonly groups: readonly DeliveryGroup[];
  readonly path: AnswerPath;
  readonly shape: Shape;
  /** The groups that contain the object, by their fragments. */
  readonly scope: Scope;
}

type Scope = ReadonlyMap<DeferredFragment, DeliveryGroup>;

/** Collects deferred groups and parts while an answer is written. */
export class Deferrals {
  /** In the order of the answer, each group before the groups in it. */
  private readonly entries: (DeliveryGroup | DeliveryPart)[] = [];

  /** Places that became null during writing. */
  readonly nulled: AnswerPath[] = [];

  /**
   * @param scope enclosing groups by fragment
   * @param isNulled whether an earlier part made a place null
   */
  constructor(
    private scope: Scope = new Map(),
    readonly isNulled: (path: AnswerPath) => boolean = () => false,
  ) {}

  get groups(): DeliveryGroup[] {
    return this.entries.filter((entry) => entry instanceof DeliveryGroup);
  }

  get parts(): DeliveryPart[] {
    return this.entries.filter((entry): entry is DeliveryPart => !(entry instanceof DeliveryGroup));
  }

  /** Begins an object. @returns the argument of {@link leave} */
  enter({ fragments, groups }: DeferredFields, path: AnswerPath): Scope {
    const outer = this.scope;
    const scope = new Map(outer);
    for (const fragment of fragments) {
      const parent = fragment.within && scope.get(fragment.within);
      const group = new DeliveryGroup(fragment.label, path, parent, fragment);
      scope.set(fragment, group);
      this.entries.push(group);
    }
    for (const { fragments: waiting, shape } of groups)
      this.entries.push({ groups: [...waiting].map((fragment) => scope.get(fragment)!), path, shape, scope });
    this.scope = scope;
    return outer;
  }

  leave(outer: Scope): void {
    this.scope = outer;
  }

  mark(): number {
    return this.entries.length;
  }

  /** Discards entries in a place that became null. */
  nullAt(path: AnswerPath, mark: number): void {
    this.entries.length = mark;
    this.nulled.push(path);
  }
}
