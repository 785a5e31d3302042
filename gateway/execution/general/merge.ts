import { ExactNumber } from '../../transport/exact-json';
import { type AnswerObject, isObject } from '../types';

/**
 * Merges a subgraph's object into an object of the answer: objects and lists of equal length are merged deeply, other values replace
 * the existing one, and null never replaces a value.
 */
export function merge(target: AnswerObject, source: AnswerObject): void {
  for (const key in source) {
    // a subgraph must not reach the shared object prototype
    if (key === '__proto__') continue;
    const value = source[key];
    const there = target[key];
    // a function is an inherited property, so the key is absent
    if (there === undefined || there === null || typeof there === 'function') target[key] = value;
    else if (value !== null && value !== there) target[key] = typeof value === 'object' ? merged(there, value) : value;
  }
}

function merged(there: unknown, value: unknown): unknown {
  if (isObject(there) && isObject(value)) {
    merge(there, value);
    return there;
  }
  if (Array.isArray(there) && Array.isArray(value) && there.length === value.length) {
    for (let i = 0; i < there.length; i++)
      if (there[i] === null || there[i] === undefined) there[i] = value[i];
      else if (value[i] !== null) there[i] = typeof value[i] === 'object' ? merged(there[i], value[i]) : value[i];
    return there;
  }
  return value;
}

const OWN = { enumerable: true, configurable: true, writable: true };

/** A deep copy of a parsed JSON value that shares no mutable object. */
export function copy<T>(value: T): T {
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const result: Record<string, unknown> = {};
  // an assignment would set the copy's prototype
  for (const key in value)
    if (key === '__proto__') Object.defineProperty(result, key, { ...OWN, value: copy(value[key]) });
    else result[key] = copy(value[key]);
  return result as T;
}
