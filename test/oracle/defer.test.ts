import { type GraphQLFormattedError, parse } from 'graphql';
import type { Batch, IncrementalAnswer } from '../../gateway/execution/incremental';
import { requireCompiled } from '../support/processes';
import { Contest, unlessUnplanned } from './compare';
import { Place, placeOf } from './differ';
import { type Generated, generateOperation } from './operations';
import { WORLDS } from './run';
import { zoo } from './zoo';

beforeAll(requireCompiled);

type Json = Record<string | number, unknown>;

/** As a client puts an answer in parts together. */
function mergeInto(target: Json, given: Json): void {
  for (const key of Object.keys(given)) {
    const [there, value] = [Object.hasOwn(target, key) ? target[key] : undefined, given[key]];
    if (typeof there === 'object' && there !== null && typeof value === 'object' && value !== null)
      mergeInto(there as Json, value as Json);
    // JSON has names such as __proto__
    else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function at(data: unknown, path: readonly (string | number)[]): Json {
  return path.reduce(
    (value, step) => (Object.hasOwn(value as Json, step) ? (value as Json)[step] : undefined),
    data,
  ) as Json;
}

async function together({ first, later, pending }: IncrementalAnswer) {
  const data = first.data.toJSON();
  const announced = new Set(pending.map(({ id }) => id));
  const batches: Batch[] = [];
  for await (const batch of later) {
    batches.push(batch);
    for (const { pending: one, data: part } of batch.arrived) {
      expect(announced.delete(one.id)).toBe(true);
      if (part) mergeInto(at(data, one.path), part.toJSON() as Json);
    }
    for (const { id } of batch.pending) announced.add(id);
  }
  expect([...announced]).toEqual([]);
  const errors = [...(first.errors ?? []), ...batches.flatMap((batch) => batch.arrived.flatMap((one) => one.errors))];
  return { data, errors, batches };
}

async function incrementally(contest: Contest, { query, variables }: Generated) {
  const answer = await contest.graphs.native.executeIncrementally({
    document: parse(query),
    variables,
    headers: {},
    scope: '',
    deadline: performance.now() + 30_000,
  });
  return together(answer!);
}

/** Keys in any order, since parts come in any order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
};

/** Each error where it is told, in any order; of those that the gateway finds, which subgraph gave a wrong value depends on the plan. */
const told = (errors: readonly GraphQLFormattedError[]): string[] => {
  const texts = errors.map(({ message, path, extensions }) => {
    const code = String(extensions?.code);
    return `${code === 'BOOM' ? message : code} ${JSON.stringify(path)}`;
  });
  return [...new Set(texts)].sort();
};

/** Those in which each entity is known to its owner. */
const worlds = WORLDS.filter(({ unknown }) => unknown === 0);

/** Operations an exhibit; `ORDERGRAPH_TEST_WALKS` takes more. */
const OPERATIONS = Number(process.env.ORDERGRAPH_TEST_WALKS ?? 30);
const seed = Number(process.env.ORDERGRAPH_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

test.each(zoo.map((exhibit) => [exhibit.name, exhibit] as const))(
  `deferred or not, data and errors are the same: %s (from seed ${seed})`,
  async (_name, exhibit) => {
    const contest = new Contest(exhibit);
    try {
      let compared = 0;
      for (let i = 0; i < OPERATIONS; i++) {
        contest.fill(String(seed + i), worlds[i % worlds.length]!);
        const operation = generateOperation(contest.schema, seed + i, { defers: true });
        if (!contest.isValid(operation)) continue;
        const whole = await contest.ours('native', operation).catch(() => undefined);
        // a null that may not be takes no more with it than the part that it is in
        if (!whole?.errors.every((error) => placeOf(whole.data, error) === Place.Null)) continue;
        const answer = await incrementally(contest, operation).catch(unlessUnplanned);
        if (!answer) continue;
        const { data, errors } = answer;
        // what is planned by itself may be beyond a planner where the whole was not
        if (errors.some(({ extensions }) => extensions?.code === 'PLAN_NOT_SUPPORTED')) continue;
        const asked = { seed: seed + i, ...operation };
        expect({ asked, data: sorted(data), errors: told(errors) }).toEqual({
          asked,
          data: sorted(whole.data),
          errors: told(whole.errors),
        });
        compared += 1;
      }
      expect(compared).toBeGreaterThan(1);
    } finally {
      await contest.close();
    }
  },
  120_000,
);

test('what an object is, that a subgraph knows by its interface only, is not left for later', async () => {
  const contest = new Contest(zoo.find(({ name }) => name.includes('interfaceObject'))!);
  contest.fill('1', { nulls: 0, errors: 0, unknown: 0 });
  const operation = { query: '{ patients { __typename ... @defer { name } id } }', variables: {} };
  const whole = await contest.ours('native', operation);
  const { data, errors } = await incrementally(contest, operation);
  await contest.close();
  expect({ data: sorted(data), errors }).toEqual({ data: sorted(whole.data), errors: [] });
});

test('a field that is selected twice, once with what is deferred elsewhere, is waited for', async () => {
  const contest = new Contest(zoo.find(({ name }) => name.includes('chains of keys'))!);
  contest.fill('1', { nulls: 0, errors: 0, unknown: 0 });
  const query =
    '{ starts { next { leaf { green } ... @defer(label: "a") { leaf { id } one } } } starts { next { ... @defer(label: "b") { four } two } } }';
  const operation = { query, variables: {} };
  const whole = await contest.ours('native', operation);
  const { data, errors } = await incrementally(contest, operation);
  await contest.close();
  expect({ data: sorted(data), errors }).toEqual({ data: sorted(whole.data), errors: [] });
});
