import type { PathStep } from '../../planning/plan';
import { type AnswerObject, isObject, type TypeConditions } from '../types';

/** A position in the answer. */
export type AnswerPath = readonly (string | number)[];

type Step = { readonly field: string } | { readonly types: ReadonlySet<string> } | 'list';

/** Where a value stands in the answer. */
export class Place {
  constructor(
    readonly value: unknown,
    /** Its key in what holds it. */
    readonly key: string | number,
    readonly above: Place | undefined,
  ) {}

  get object(): AnswerObject {
    return this.value as AnswerObject;
  }

  get path(): AnswerPath {
    const path: (string | number)[] = [];
    for (let at: Place = this; at.above; at = at.above) path.push(at.key);
    return path.reverse();
  }

  /** The objects above it, the nearest first. */
  *objectsAbove(): Generator<AnswerObject> {
    for (let at = this.above; at; at = at.above) if (isObject(at.value)) yield at.value;
  }

  /** Puts another object there. */
  replace(object: AnswerObject): void {
    if (this.above) (this.above.value as Record<string | number, unknown>)[this.key] = object;
  }
}

/** Where the objects of a fetch stand. Lists are walked through, whether or not the planner says so. */
export class CompiledPath {
  private readonly steps: readonly Step[];

  constructor(
    readonly source: readonly PathStep[],
    types: TypeConditions,
  ) {
    this.steps = source.map((step) => {
      if (step.kind === 'Field') return { field: step.name };
      return step.kind === 'Types' ? { types: types.matchingAny(step.names) } : 'list';
    });
  }

  /** The objects there, in order; one that is reached by two ways twice. */
  collect(root: AnswerObject): AnswerObject[] {
    const found: AnswerObject[] = [];
    this.walk(root, 0, found);
    return found;
  }

  /** As {@link collect}, each object once, however many ways lead to it. */
  collectOnce(root: AnswerObject): AnswerObject[] {
    return [...new Set(this.collect(root))];
  }

  /** The objects there, each with the way to it; one that is reached by two ways twice. */
  places(root: AnswerObject): Place[] {
    const found: Place[] = [];
    this.follow(new Place(root, '', undefined), 0, found);
    return found;
  }

  private follow(at: Place, from: number, found: Place[]): void {
    const { value } = at;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.follow(new Place(value[i], i, at), from, found);
      return;
    }
    if (!isObject(value)) return;
    const step = this.steps[from];
    if (step === undefined) found.push(at);
    else if (step === 'list') this.follow(at, from + 1, found);
    else if ('field' in step) this.follow(new Place(value[step.field], step.field, at), from + 1, found);
    else if (matches(value, step.types)) this.follow(at, from + 1, found);
  }

  private walk(value: unknown, from: number, found: AnswerObject[]): void {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.walk(value[i], from, found);
      return;
    }
    let object = value as AnswerObject;
    for (let i = from; i < this.steps.length; i++) {
      const step = this.steps[i]!;
      if (step === 'list') continue;
      if ('field' in step) {
        const next = object[step.field];
        if (next === null || typeof next !== 'object') return;
        if (Array.isArray(next)) {
          this.walk(next, i + 1, found);
          return;
        }
        object = next as AnswerObject;
      } else if (!matches(object, step.types)) return;
    }
    found.push(object);
  }
}

/** An object that does not say what it is, is what the plan takes it for. */
function matches(object: AnswerObject, types: ReadonlySet<string>): boolean {
  const typename = object.__typename;
  return typeof typename !== 'string' || types.has(typename);
}
