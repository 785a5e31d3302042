import { ExactNumber } from '../../transport/exact-json';
import { type AnswerObject, isObject } from '../types';

/**
 * Merges what a subgraph gave into an object of the answer: objects and lists of one length are merged in depth, a value takes
 * the place of another, and null never takes the place of a value.
 */
export function merge(target: AnswerObject, source: AnswerObject): void {
  for (const key in source) {
    // a subgraph must not reach the prototype all objects share
    if (key === '__proto__') continue;
    const given = source[key];
    const there = target[key];
    // a function is what every object inherits under the name, and is not there
    if (there === undefined || there === null || typeof there === 'function') target[key] = given;
    else if (given !== null && given !== there) target[key] = typeof given === 'object' ? merged(there, given) : given;
  }
}

function merged(there: unknown, given: unknown): unknown {
  if (isObject(there) && isObject(given)) {
    merge(there, given);
    return there;
  }
  if (Array.isArray(there) && Array.isArray(given) && there.length === given.length) {
    for (let i = 0; i < there.length; i++)
      if (there[i] === null || there[i] === undefined) there[i] = given[i];
      else if (given[i] !== null) there[i] = typeof given[i] === 'object' ? merged(there[i], given[i]) : given[i];
    return there;
  }
  return given;
}

const OWN = { enumerable: true, configurable: true, writable: true };

/** A copy that shares nothing that changes, of what JSON was parsed into. */
export function copy<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const made: Record<string, unknown> = {};
  // assigned, it would be the prototype of the copy
  for (const key in value)
    if (key === '__proto__') Object.defineProperty(made, key, { ...OWN, value: copy(value[key]) });
    else made[key] = copy(value[key]);
  return made as T;
}
