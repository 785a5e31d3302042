import type { DeferredFragment } from '../../operation/defer';
import type { DeferredFields, Shape } from '../compile/shape';
import type { AnswerPath } from '../general/path';

/** A deferred fragment on one object of the answer: a "delivery group" of the incremental delivery specification. */
export class DeliveryGroup {
  /** Set when it is announced. */
  id: string | undefined;
  /** False once it has been delivered, has failed, or has nothing to deliver. */
  isAlive = true;
  /** What it delivers that nothing else has delivered. */
  readonly parts = new Set<DeliveryPart>();
  /** Groups that are announced after it. */
  readonly children: DeliveryGroup[] = [];

  constructor(
    readonly label: string | undefined,
    readonly path: AnswerPath,
    readonly parent: DeliveryGroup | undefined,
    /** Undefined for a fragment that is an operation of its own. */
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

/** Collects what is left for later while an answer is written. */
export class Deferrals {
  /** In the order of the answer, each group before the groups in it. */
  private readonly found: (DeliveryGroup | DeliveryPart)[] = [];

  /** Places that turned out to be null while they were written. */
  readonly nulled: AnswerPath[] = [];

  /**
   * @param scope the groups that contain what is written, by their fragments.
   * @param isNulled whether a part before this one made a place null, and so does every part after.
   */
  constructor(
    private scope: Scope = new Map(),
    readonly isNulled: (path: AnswerPath) => boolean = () => false,
  ) {}

  get groups(): DeliveryGroup[] {
    return this.found.filter((one) => one instanceof DeliveryGroup);
  }

  get parts(): DeliveryPart[] {
    return this.found.filter((one): one is DeliveryPart => !(one instanceof DeliveryGroup));
  }

  /** Begins an object; returns what {@link leave} needs. */
  enter({ fragments, groups }: DeferredFields, path: AnswerPath): Scope {
    const outer = this.scope;
    const scope = new Map(outer);
    for (const fragment of fragments) {
      const parent = fragment.within && scope.get(fragment.within);
      const group = new DeliveryGroup(fragment.label, path, parent, fragment);
      scope.set(fragment, group);
      this.found.push(group);
    }
    for (const { fragments: waiting, shape } of groups)
      this.found.push({ groups: [...waiting].map((fragment) => scope.get(fragment)!), path, shape, scope });
    this.scope = scope;
    return outer;
  }

  leave(outer: Scope): void {
    this.scope = outer;
  }

  mark(): number {
    return this.found.length;
  }

  /** Forgets what was found in a place that turned out to be null. */
  nullAt(path: AnswerPath, mark: number): void {
    this.found.length = mark;
    this.nulled.push(path);
  }
}
