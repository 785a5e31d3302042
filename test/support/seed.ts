import { randomOf } from './random';

/** Seed of what a run leaves to chance. `.ci/run` always takes the same one; ORDERGRAPH_TEST_SEED repeats a run. */
export const SEED = Number(process.env.ORDERGRAPH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** A sample by the seed, in the order of the whole; the whole in the fault suite, which has the time. */
export function sample<T>(all: readonly T[], size: number): readonly T[] {
  if (process.env.ORDERGRAPH_TEST_FAULTS === 'all') return all;
  const random = randomOf(SEED);
  const ranked = all.map((item) => ({ item, rank: random() })).toSorted((a, b) => a.rank - b.rank);
  const chosen = new Set(ranked.slice(0, size).map(({ item }) => item));
  return all.filter((item) => chosen.has(item));
}
