/**
 * Small integers, many of them. Most answers are small, and typed arrays cost more to make than plain ones; large plain ones are looked
 * through whenever garbage is collected, typed ones never.
 */
export type Numbers = number[] | Int32Array;

/** Numbers from which a typed array is the better one. */
const MANY = 4_096;

/** Zeros. */
export function numbersOf(count: number): Numbers {
  return count < MANY ? new Array<number>(count).fill(0) : new Int32Array(count);
}

/** Times as long as before, at most, when more is expected. */
const MOST_GROWTH = 64;

/**
 * The same numbers, and zeros behind them. A plain array is made longer itself.
 * @param expected how long it will be in the end, as far as one can see.
 */
export function lengthened(numbers: Numbers, needed: number, expected: number): Numbers {
  if (Array.isArray(numbers)) {
    for (let i = numbers.length; i < needed; i++) numbers.push(0);
    return numbers;
  }
  const { length } = numbers;
  const more = new Int32Array(Math.max(needed, Math.ceil(length * 1.5), Math.min(expected, length * MOST_GROWTH)));
  more.set(numbers);
  return more;
}

/** To be lengthened as they come, for what is made of so many bytes. */
export const numbersToGrow = (bytes: number): Numbers => (bytes < MANY * 16 ? [] : new Int32Array(MANY));
