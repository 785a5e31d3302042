import type { PathStep } from '../../planning/plan';
import { type AnswerObject, isObject, type TypeConditions } from '../types';

/** A position in the answer. */
export type AnswerPath = readonly (string | number)[];

type Step = { readonly field: string } | { readonly types: ReadonlySet<string> } | 'list';

/** The place of a value in the answer. */
export class Place {
  constructor(
    readonly value: unknown,
    /** Its key in its parent. */
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

  /** Enclosing objects, nearest first. */
  *objectsAbove(): Generator<AnswerObject> {
    for (let at = this.above; at; at = at.above) if (isObject(at.value)) yield at.value;
  }

  /** Replaces the object at this place. */
  replace(object: AnswerObject): void {
    if (this.above) (this.above.value as Record<string | number, unknown>)[this.key] = object;
  }
}

/** The path to a fetch's objects. Traverses lists even if the planner's path omits them. */
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

  /** The objects at the path, in order; an object with two paths occurs twice. */
  collect(root: AnswerObject): AnswerObject[] {
    const objects: AnswerObject[] = [];
    this.walk(root, 0, objects);
    return objects;
  }

  /** Like {@link collect}, but with each object once. */
  collectOnce(root: AnswerObject): AnswerObject[] {
    return [...new Set(this.collect(root))];
  }

  /** The objects at the path with their places; an object with two paths occurs twice. */
  places(root: AnswerObject): Place[] {
    const places: Place[] = [];
    this.follow(new Place(root, '', undefined), 0, places);
    return places;
  }

  private follow(at: Place, from: number, places: Place[]): void {
    const { value } = at;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.follow(new Place(value[i], i, at), from, places);
      return;
    }
    if (!isObject(value)) return;
    const step = this.steps[from];
    if (step === undefined) places.push(at);
    else if (step === 'list') this.follow(at, from + 1, places);
    else if ('field' in step) this.follow(new Place(value[step.field], step.field, at), from + 1, places);
    else if (matches(value, step.types)) this.follow(at, from + 1, places);
  }

  private walk(value: unknown, from: number, objects: AnswerObject[]): void {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) this.walk(value[i], from, objects);
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
          this.walk(next, i + 1, objects);
          return;
        }
        object = next as AnswerObject;
      } else if (!matches(object, step.types)) return;
    }
    objects.push(object);
  }
}

/** An object without `__typename` has the type that the plan assumes. */
function matches(object: AnswerObject, types: ReadonlySet<string>): boolean {
  const typename = object.__typename;
  return typeof typename !== 'string' || types.has(typename);
}
