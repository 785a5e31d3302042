import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import type { IncrementalFormat } from '../../gateway/http/media-type';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { requireCompiled } from '../support/processes';
import { SEED } from '../support/seed';
import { boomsOf, Contest } from './compare';
import { Place, placeOf } from './differ';
import {
  type Assembled,
  assemble,
  type Fragment,
  isNullAt,
  type Path,
  payloadsOf,
  specifiedPayloads,
} from './incremental';
import { type Generated, generateOperation } from './operations';
import { WORLDS } from './run';
import { BytesTransport } from './transport';
import { type Exhibit, zoo } from './zoo';

beforeAll(requireCompiled);

const FORMATS: readonly IncrementalFormat[] = ['incrementalSpec=v0.2', 'deferSpec=20220824', 'no version'];

const acceptOf = (format: IncrementalFormat): string =>
  format === 'no version' ? 'multipart/mixed' : `multipart/mixed; ${format}`;

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key"])\n';

/** Non-null fields, over subgraphs and nested: a null removes objects. */
const NEVER_NULL: Exhibit = {
  name: 'nested non-null fields',
  subgraphs: {
    trees: `${link} type Query { tree: Tree trees: [Tree] forest: [[Tree!]] root: Tree! }
      type Tree @key(fields: "id") { id: ID! height: Int! left: Tree right: Tree! branches: [Branch!]! }
      type Branch @key(fields: "id") { id: ID! length: Int! tree: Tree }`,
    leaves: `${link} type Tree @key(fields: "id") { id: ID! leaves: Int! color: String twin: Tree! }
      type Branch @key(fields: "id") { id: ID! buds: [Int!]! next: Branch! }`,
    owners: `${link} type Tree @key(fields: "id") { id: ID! owner: Owner! neighbor: Tree }
      type Owner { name: String! trees: [Tree!] branch: Branch! }
      type Branch @key(fields: "id") { id: ID! owner: Owner }`,
  },
};

/** Subgraphs of the zoo behind a gateway, and their data. */
class Served {
  private constructor(
    readonly contest: Contest,
    private readonly server: FastifyInstance,
  ) {}

  static async open(exhibit: Exhibit): Promise<Served> {
    const contest = new Contest(exhibit);
    const server = await createGateway({
      supergraph: compose(
        Object.entries(exhibit.subgraphs).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` })),
      ),
      config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
      log: createLog('silent', 'test'),
      transport: ({ name }) =>
        new BytesTransport(name, (query, variables) => contest.world.execute(name, query, variables)),
      forwardHeaders: [],
    });
    return new Served(contest, server);
  }

  async ask(operation: Generated, accept: string): Promise<Assembled> {
    const response = await this.server.inject({
      method: 'POST',
      url: '/graphql',
      headers: { accept },
      payload: { ...operation },
    });
    const headers = new Headers({ 'content-type': String(response.headers['content-type']) });
    return assemble(await payloadsOf(headers, response.rawPayload));
  }

  async close(): Promise<void> {
    await Promise.all([this.contest.close(), this.server.close()]);
  }
}

/** Keys in any order, since parts come in any order. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => [key, sorted(inner)]);
};

/** Paths that are null in one result and not in the other. */
function nullsOf(part: unknown, others: unknown, path: Path = []): Path[] {
  if (others === null) return [];
  if (part === null) return [path];
  if (typeof part !== 'object' || typeof others !== 'object') return [];
  return Object.entries(others).flatMap(([key, value]) =>
    Object.hasOwn(part, key)
      ? nullsOf((part as Record<string, unknown>)[key], value, [...path, Array.isArray(others) ? Number(key) : key])
      : [],
  );
}

/** The fragments that failed, in any order. */
const failedOf = ({ fragments }: Assembled): readonly Fragment[] =>
  fragments.filter(({ hasFailed }) => hasFailed).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

const keyOf = ({ message, path }: GraphQLFormattedError): string => `${message} ${JSON.stringify(path)}`;

/** Whether a path leads to something other than null. */
function hasValueAt(data: unknown, path: readonly (string | number)[] = []): boolean {
  let value = data;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value !== null;
}

/** Worlds in which every owner knows its entities. */
const worlds = WORLDS.filter(({ unknown, failures }) => unknown === 0 && !failures);
const failingWorlds = [
  { nulls: 0, errors: 200, unknown: 0 },
  { nulls: 100, errors: 100, unknown: 0 },
];

/** Operations an exhibit; `ORDERGRAPH_TEST_WALKS` overrides it. */
const OPERATIONS = Number(process.env.ORDERGRAPH_TEST_WALKS ?? 10);

/** Totals over the operations of all exhibits. */
const counts = { compared: 0, inParts: 0, failed: 0, withErrors: 0, nulled: 0, lost: 0 };

describe(`operations with @defer over HTTP, from seed ${SEED}`, () => {
  test.each([
    ...zoo.map((exhibit) => [exhibit.name, exhibit, worlds, OPERATIONS] as const),
    [NEVER_NULL.name, NEVER_NULL, failingWorlds, 5 * OPERATIONS] as const,
  ])(
    'delivers what graphql-js 17 delivers for a single service: %s',
    async (_name, exhibit, oddities, operations) => {
      const served = await Served.open(exhibit);
      const { contest } = served;
      try {
        let compared = 0;
        for (let i = 0; i < operations; i++) {
          contest.fill(String(SEED + i), oddities[i % oddities.length]!);
          const operation = generateOperation(contest.schema, SEED + i, { defers: true });
          if (!contest.isValid(operation)) continue;
          const whole = await served.ask(operation, 'application/json');
          const specified = await contest.specified(operation);
          // other tests cover what federation itself changes, with or without @defer
          const isComparable = JSON.stringify(whole.data) === JSON.stringify(specified.data);
          for (const format of FORMATS) {
            const answer = await served.ask(operation, `${acceptOf(format)}, application/json`);
            if (!isComparable) continue;
            // a planner may fail at the requirements of a fragment though it plans the whole operation
            if (answer.errors.some(({ extensions }) => extensions?.code === 'PLAN_NOT_SUPPORTED')) continue;
            const right = assemble(await specifiedPayloads(contest, operation, format), { isLenient: true });
            const request = { seed: SEED + i, format, ...operation };
            compared += 1;
            if (answer.parts > 1) counts.inParts += 1;
            if (answer.fragments.some(({ hasFailed }) => hasFailed)) counts.failed += 1;
            if (answer.errors.length > 0) counts.withErrors += 1;
            if (answer.errors.some((error) => placeOf(whole.data, error) === Place.None)) counts.nulled += 1;
            const [failed, rightlyFailed] = [failedOf(answer), failedOf(right)];
            // within one response, a subgraph nulls more than one fragment, as it does without @defer
            const lost = [
              ...nullsOf(answer.data, right.data),
              ...failed
                .filter((failure) => !rightlyFailed.some((expected) => isDeepStrictEqual(failure, expected)))
                .map(({ path }) => path),
            ];
            if (lost.length > 0) {
              counts.lost += 1;
              expect({ asked: request, isLost: lost.map((path) => isNullAt(whole.data, path)) }).toEqual({
                asked: request,
                isLost: lost.map(() => true),
              });
              continue;
            }
            expect({ asked: request, data: sorted(answer.data), failed }).toEqual({
              asked: request,
              data: sorted(right.data),
              failed: rightlyFailed,
            });
            // one error of a subgraph may stand for the errors of all fields of an entity
            const explained = new Set(answer.errors.map(({ path }) => JSON.stringify(path)));
            const missing = boomsOf(right.errors)
              .filter(
                (error) => placeOf(right.data, error) === Place.Null && !explained.has(JSON.stringify(error.path)),
              )
              .map(keyOf);
            const misplaced = boomsOf(answer.errors)
              .filter(({ message, path }) => !specified.required.includes(message) && hasValueAt(answer.data, path))
              .map(keyOf);
            expect({ asked: request, missing, misplaced }).toEqual({ asked: request, missing: [], misplaced: [] });
          }
        }
        expect(compared).toBeGreaterThan(1);
        counts.compared += compared;
      } finally {
        await served.close();
      }
    },
    240_000,
  );

  test('generates failing fragments, errors, and nulls that remove objects', () => {
    expect(counts.inParts).toBeGreaterThan(60);
    expect(counts.withErrors).toBeGreaterThan(30);
    expect(counts.failed).toBeGreaterThan(0);
    expect(counts.nulled).toBeGreaterThan(5);
    expect(counts.lost).toBeLessThan(counts.compared / 10);
  });
});

async function expectSameInParts(exhibit: string, world: string, query: string): Promise<void> {
  const served = await Served.open(zoo.find(({ name }) => name.includes(exhibit))!);
  try {
    served.contest.fill(world, { nulls: 0, errors: 0, unknown: 0 });
    const operation = { query, variables: {} };
    const whole = await served.ask(operation, 'application/json');
    for (const format of FORMATS) {
      const answer = await served.ask(operation, acceptOf(format));
      expect(answer.parts).toBeGreaterThan(1);
      expect({ data: sorted(answer.data), errors: answer.errors }).toEqual({ data: sorted(whole.data), errors: [] });
    }
  } finally {
    await served.close();
  }
}

test('delays the first part for the type of objects that a subgraph knows by interface', async () => {
  await expectSameInParts('interfaceObject', '1', '{ patients { __typename ... @defer { name } id } }');
});

test('delays the first part for a field that is selected twice, once not deferred', async () => {
  await expectSameInParts(
    'chains of keys',
    '2',
    '{ starts { next { leaf { green } ... @defer(label: "a") { leaf { id } one } } } starts { next { ... @defer(label: "b") { four } two } } }',
  );
});

test('delivers a nested fragment once whose parent is spread again in a deferred one', async () => {
  const served = await Served.open(zoo.find(({ name }) => name.includes('compound, nested'))!);
  try {
    served.contest.fill('1', { nulls: 0, errors: 0, unknown: 0 });
    const query =
      '{ ...F ... @defer(label: "outer") { ...F __typename } } fragment F on Query { part(sku: "id.1") { serial ... @defer(label: "inner") { stock } } }';
    for (const format of FORMATS) {
      const { fragments } = await served.ask({ query, variables: {} }, acceptOf(format));
      expect(fragments.filter(({ label }) => label === 'inner')).toHaveLength(1);
    }
  } finally {
    await served.close();
  }
});
