import type { Rewrite, RewriteStep } from '../../planning/plan';
import { type AnswerObject, isObject, type TypeConditions } from '../types';
import { merge } from './merge';

/** Modifies a value in place: renames a generated response name, or sets a field. */
export type CompiledRewrite = (value: unknown) => void;

export function compileRewrite(rewrite: Rewrite, types: TypeConditions): CompiledRewrite {
  const last = rewrite.path.at(-1);
  if (last?.kind !== 'Field') return () => {};
  const { name } = last;
  const change =
    rewrite.kind === 'Set'
      ? (object: AnswerObject) => {
          if (Object.hasOwn(object, name)) object[name] = rewrite.value;
        }
      : (object: AnswerObject) => {
          if (!Object.hasOwn(object, name)) return;
          const value = object[name];
          delete object[name];
          // a planner may select parts of one field under several names
          merge(object, { [rewrite.to]: value });
        };
  const steps = rewrite.path.slice(0, -1);
  const accepted = steps.map((step) => (step.kind === 'Types' ? types.matchingAny(step.names) : undefined));
  return (value) => descend(value, steps, accepted, 0, change);
}

function descend(
  value: unknown,
  steps: readonly RewriteStep[],
  accepted: readonly (ReadonlySet<string> | undefined)[],
  at: number,
  change: (object: AnswerObject) => void,
): void {
  if (Array.isArray(value)) {
    for (const item of value) descend(item, steps, accepted, at, change);
    return;
  }
  if (!isObject(value)) return;
  const step = steps[at];
  if (!step) change(value);
  else if (step.kind === 'Field') descend(value[step.name], steps, accepted, at + 1, change);
  else if (typeof value.__typename !== 'string' || accepted[at]!.has(value.__typename))
    descend(value, steps, accepted, at + 1, change);
}
