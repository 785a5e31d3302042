import type { PathStep } from '../../planning/plan';
import { type AnswerObject, isObject, type TypeConditions } from '../types';

/** A position in the answer. */
export type AnswerPath = readonly (string | number)[];

type Step = { readonly field: string } | { readonly types: ReadonlySet<string> } | 'list';

/** An object of the answer, and what holds it under which key. */
export interface Held {
  readonly object: AnswerObject;
  readonly holder: Record<string | number, unknown>;
  readonly key: string | number;
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

  /** The objects there with what holds each, so that another can be put in its place. */
  collectHeld(root: AnswerObject): Held[] {
    const found: Held[] = [];
    const walk = (value: unknown, holder: Held['holder'], key: string | number, from: number): void => {
      if (value === null || typeof value !== 'object') return;
      if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) walk(value[i], value as unknown as Held['holder'], i, from);
        return;
      }
      const object = value as AnswerObject;
      const step = this.steps[from];
      if (step === undefined) found.push({ object, holder, key });
      else if (step === 'list') walk(object, holder, key, from + 1);
      else if ('field' in step) walk(object[step.field], object, step.field, from + 1);
      else if (matches(object, step.types)) walk(object, holder, key, from + 1);
    };
    walk(root, root, '', 0);
    return found;
  }

  /** The objects there, each with those above it, the root first. */
  withAncestors(root: AnswerObject): { object: AnswerObject; above: readonly AnswerObject[] }[] {
    const found: { object: AnswerObject; above: readonly AnswerObject[] }[] = [];
    const walk = (value: unknown, from: number, above: readonly AnswerObject[]): void => {
      if (Array.isArray(value)) for (const item of value) walk(item, from, above);
      else if (isObject(value)) {
        const step = this.steps[from];
        if (step === undefined) found.push({ object: value, above });
        else if (step === 'list') walk(value, from + 1, above);
        else if ('field' in step) walk(value[step.field], from + 1, [...above, value]);
        else if (matches(value, step.types)) walk(value, from + 1, above);
      }
    };
    walk(root, 0, []);
    return found;
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

  /** The same objects with where they stand: for errors, which are rare. */
  locate(root: AnswerObject): { object: AnswerObject; path: AnswerPath }[] {
    const found: { object: AnswerObject; path: AnswerPath }[] = [];
    const walk = (value: unknown, from: number, path: AnswerPath): void => {
      if (Array.isArray(value)) {
        value.forEach((item, index) => {
          walk(item, from, [...path, index]);
        });
        return;
      }
      if (!isObject(value)) return;
      const step = this.steps[from];
      if (step === undefined) found.push({ object: value, path });
      else if (step === 'list') walk(value, from + 1, path);
      else if ('field' in step) walk(value[step.field], from + 1, [...path, step.field]);
      else if (matches(value, step.types)) walk(value, from + 1, path);
    };
    walk(root, 0, []);
    return found;
  }
}

/** An object that does not say what it is, is what the plan takes it for. */
function matches(object: AnswerObject, types: ReadonlySet<string>): boolean {
  const typename = object.__typename;
  return typeof typename !== 'string' || types.has(typename);
}
