import { Contest } from './compare';
import { type Count, contest, type Difference, shrink } from './differ';
import type { Oddities } from './world';
import { zoo } from './zoo';

export interface RunOptions {
  /** The first seed; operation i of an exhibit has the seed `from + i`. */
  readonly from: number;
  /** Maximum operations per exhibit, and maximum milliseconds in total. */
  readonly operations: number;
  readonly milliseconds: number;
  readonly only?: string;
  /** Called with each difference found, and with the result of each exhibit. */
  readonly say?: (text: string) => void;
}

/** Data sets per exhibit: plain, and with faults of subgraphs. */
export const WORLDS: readonly Oddities[] = [
  { nulls: 0, errors: 0, unknown: 0 },
  { nulls: 60, errors: 0, unknown: 0 },
  { nulls: 40, errors: 40, unknown: 0 },
  { nulls: 20, errors: 20, unknown: 60 },
  { nulls: 60, errors: 20, unknown: 0, failures: 200 },
];

/** Runs the contest over the zoo, and returns the differences, shrunk. */
export async function runContests(options: RunOptions): Promise<{ differences: Difference[] } & Count> {
  const until = performance.now() + options.milliseconds;
  const differences: Difference[] = [];
  const count = { operations: 0, referenceWrong: 0 };
  const exhibits = zoo.filter(({ name }) => !options.only || name.includes(options.only));
  for (const [index, exhibit] of exhibits.entries()) {
    const contestants = new Contest(exhibit);
    await contestants.start();
    const share = performance.now() + (until - performance.now()) / (exhibits.length - index);
    let mismatches = 0;
    for (let i = 0; i < options.operations && performance.now() < share && mismatches < 3; i++) {
      const seed = options.from + i;
      contestants.fill(String(seed), WORLDS[i % WORLDS.length]!);
      const difference = await contest(contestants, seed, count);
      if (difference) {
        const shrunk = await shrink(contestants, difference);
        differences.push(shrunk);
        options.say?.(describeDifference(shrunk));
        mismatches += 1;
      }
    }
    options.say?.(`${exhibit.name}: ${mismatches} differences`);
    await contestants.close();
  }
  return { differences, ...count };
}

/** A difference as text. */
export function describeDifference({
  exhibit,
  planner,
  seed,
  operation,
  what,
  ours,
  reference,
  monolith,
}: Difference): string {
  const errors = (answer: typeof ours) => answer.errors.map(({ message, path }) => `${message} @${path?.join('.')}`);
  return [
    `${exhibit}, planner ${planner}, seed ${seed}: other ${what}`,
    operation.query,
    `variables ${JSON.stringify(operation.variables)}`,
    `ours      ${JSON.stringify(ours.data)} ${JSON.stringify(errors(ours))}`,
    reference ? `reference ${JSON.stringify(reference.data)} ${JSON.stringify(errors(reference))}` : 'no reference',
    `by the specification ${JSON.stringify(monolith)}`,
  ].join('\n');
}
