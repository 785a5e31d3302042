/**
 * Lists of integers. Most responses are small, and typed arrays are slower to create than plain arrays; but garbage collection scans
 * large plain arrays and never typed ones.
 */
export type Numbers = number[] | Int32Array;

/** Minimum length for a typed array. */
const MANY = 4_096;

/** A list of zeros. */
export function numbersOf(count: number): Numbers {
  return count < MANY ? new Array<number>(count).fill(0) : new Int32Array(count);
}

/** Maximum growth factor. */
const MAX_GROWTH = 64;

/**
 * Extends a list with zeros. Plain arrays grow in place.
 * @param expected estimated final length
 */
export function lengthened(numbers: Numbers, needed: number, expected: number): Numbers {
  if (Array.isArray(numbers)) {
    for (let i = numbers.length; i < needed; i++) numbers.push(0);
    return numbers;
  }
  const { length } = numbers;
  const more = new Int32Array(Math.max(needed, Math.ceil(length * 1.5), Math.min(expected, length * MAX_GROWTH)));
  more.set(numbers);
  return more;
}

/** A list to extend while scanning a response of this many bytes. */
export const numbersToGrow = (bytes: number): Numbers => (bytes < MANY * 16 ? [] : new Int32Array(MANY));
