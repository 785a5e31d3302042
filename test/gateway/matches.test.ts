import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { AuditLog } from '#kit/audit/audit-log';
import type { Entry, FieldsUsed, ReadObjects } from '#kit/audit/entry';
import { createLog } from '../../gateway/telemetry/log';
import { SubgraphError } from '../../gateway/transport/errors';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** Filters that join across subgraphs, in every place of an operation that can have them. */

const DEVELOPER = 'role=developer-submitter; organization=exercise-alder; subject=x';
const F = '{ developer: { key: { eq: "exercise-alder" } } }';
const VARIABLE = { developer: { key: { eq: 'exercise-alder' } } };

let world: World;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-matches-'));
  const key = await newKey();
  const log = createLog('silent', 'test');
  const record = (name: string) => AuditLog.open(join(folder, `${name}.jsonl`), name, key, systemClock, log);
  world = await openWorld('sqlite', 1, [], undefined, record);
});
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const idsOf = (connection: { nodes: { id: string }[] }): string[] => connection.nodes.map(({ id }) => id);

/** Keys of submissions that match a filter, by a plain list. */
async function submissions(filter = F): Promise<string[]> {
  const { data } = await world.ask(`{ submissions(filter: ${filter}, first: 100) { nodes { id } } }`);
  return idsOf(data.submissions);
}

/** Ids of reviews by the keys of their submissions. */
async function reviewsOf(keys: readonly string[]): Promise<string[]> {
  const text = 'query($keys: [ID!]) { reviews(filter: { submission: { in: $keys } }, first: 100) { nodes { id } } }';
  return idsOf((await world.ask(text, { keys })).data.reviews);
}

let expected: string[];
let all: string[];
beforeAll(async () => {
  expected = await reviewsOf(await submissions());
  all = await reviewsOf(await submissions('{}'));
  expect(expected.length).toBeGreaterThan(0);
  expect(all.length).toBeGreaterThan(expected.length);
});

/** Ids of the reviews that an operation lists. */
async function reviews(text: string, variables: object = {}, caller: string | null = INSPECTOR): Promise<string[]> {
  const { data, errors } = await world.ask(text, variables as never, caller);
  expect(errors).toBeUndefined();
  return idsOf(data.reviews);
}

const LIST = '(first: 100, filter: $f) { nodes { id } }';

describe('a filter on what another subgraph has', () => {
  test.each<[place: string, text: string, variables: object]>([
    ['a literal', `{ reviews(first: 100, filter: { submission: { matches: ${F} } }) { nodes { id } } }`, {}],
    [
      'a literal with a variable in it',
      `query($k: ID) { reviews(first: 100, filter: { submission: { matches: { developer: { key: { eq: $k } } } } }) { nodes { id } } }`,
      { k: 'exercise-alder' },
    ],
    [
      'a variable of the type of the foreign filter',
      'query($m: SubmissionFilter) { reviews(first: 100, filter: { submission: { matches: $m } }) { nodes { id } } }',
      { m: VARIABLE },
    ],
    [
      'a variable of the type of the condition',
      'query($s: SubmissionReferenceFilter) { reviews(first: 100, filter: { submission: $s }) { nodes { id } } }',
      { s: { matches: VARIABLE } },
    ],
    [
      'a variable of the whole filter',
      `query($f: ReviewFilter) { reviews${LIST} }`,
      { f: { and: [{ submission: { matches: VARIABLE } }] } },
    ],
    [
      'a single value of a list in a variable',
      `query($f: ReviewFilter) { reviews${LIST} }`,
      { f: { and: { submission: { matches: VARIABLE } } } },
    ],
    ['the default of a variable', `query($f: ReviewFilter = { submission: { matches: ${F} } }) { reviews${LIST} }`, {}],
    [
      'a variable beside a default that it replaces',
      `query($f: ReviewFilter! = { submission: { matches: { number: { eq: "none" } } } }) { reviews${LIST} }`,
      { f: { submission: { matches: VARIABLE } } },
    ],
    [
      'a fragment',
      `query { ...R } fragment R on Query { reviews(first: 100, filter: { submission: { matches: ${F} } }) { nodes { id } } }`,
      {},
    ],
    [
      'a field that a condition includes',
      `query($yes: Boolean!) { reviews(first: 100, filter: { submission: { matches: ${F} } }) @include(if: $yes) { nodes { id } } }`,
      { yes: true },
    ],
    [
      'an operation with a variable that the gateway would name so',
      `query($_m0: Int) { reviews(first: $_m0, filter: { submission: { matches: ${F} } }) { nodes { id } } }`,
      { _m0: 100 },
    ],
  ])('works as %s', async (_place, text, variables) => {
    expect(await reviews(text, variables)).toEqual(expected);
  });

  test.each([
    ['null', { m: null }],
    ['absent', {}],
  ])('is no condition where its variable is %s', async (_name, variables) => {
    const text =
      'query($m: SubmissionFilter) { reviews(first: 100, filter: { submission: { matches: $m } }) { nodes { id } } }';
    expect(await reviews(text, variables)).toEqual(all);
    const inValue = `query($f: ReviewFilter) { reviews${LIST} }`;
    expect(await reviews(inValue, { f: { submission: { matches: null } } })).toEqual(all);
    expect(
      await reviews('{ reviews(first: 100, filter: { submission: { matches: null } }) { nodes { id } } }'),
    ).toEqual(all);
  });

  test('is one of the keys beside it as well', async () => {
    const [first] = await submissions();
    const others = (await submissions('{ developer: { key: { eq: "exercise-birch" } } }')).slice(0, 1);
    const keys = [first, ...others];
    const both = await reviewsOf([first!]);
    const literal = `{ reviews(first: 100, filter: { submission: { matches: ${F}, in: ${JSON.stringify(keys)} } }) { nodes { id } } }`;
    expect(await reviews(literal)).toEqual(both);
    const withVariable = `query($k: [ID!]) { reviews(first: 100, filter: { submission: { matches: ${F}, in: $k } }) { nodes { id } } }`;
    expect(await reviews(withVariable, { k: keys })).toEqual(both);
    expect(await reviews(withVariable, {})).toEqual(expected);
    const value = { submission: { matches: VARIABLE, in: keys } };
    expect(await reviews(`query($f: ReviewFilter) { reviews${LIST} }`, { f: value })).toEqual(both);
    expect(
      await reviews(`query($f: ReviewFilter) { reviews${LIST} }`, { f: { submission: { matches: VARIABLE, in: [] } } }),
    ).toEqual([]);
  });

  test('matches nothing where no object meets it, and everything negated', async () => {
    const none = '{ submission: { matches: { number: { eq: "none" } } } }';
    expect(await reviews(`{ reviews(first: 100, filter: ${none}) { nodes { id } } }`)).toEqual([]);
    expect(await reviews(`{ reviews(first: 100, filter: { not: ${none} }) { nodes { id } } }`)).toEqual(all);
    const rest = await reviews(
      `{ reviews(first: 100, filter: { not: { submission: { matches: ${F} } } }) { nodes { id } } }`,
    );
    expect([...rest, ...expected].sort()).toEqual([...all].sort());
  });

  test('nests over several subgraphs, by literals and by variables', async () => {
    const sectors = await world.ask('{ sectors(filter: { name: { contains: "e" } }, first: 100) { nodes { key } } }');
    const keys = sectors.data.sectors.nodes.map(({ key }: { key: string }) => key);
    const plain = await reviewsOf(await submissions(`{ sectorsOfConcern: { any: ${JSON.stringify(keys)} } }`));
    expect(plain.length).toBeGreaterThan(0);
    const nested = '{ submission: { matches: { sectorsOfConcern: { matches: { name: { contains: "e" } } } } } }';
    expect(await reviews(`{ reviews(first: 100, filter: ${nested}) { nodes { id } } }`)).toEqual(plain);
    const value = { submission: { matches: { sectorsOfConcern: { matches: { name: { contains: 'e' } } } } } };
    expect(await reviews(`query($f: ReviewFilter) { reviews${LIST} }`, { f: value })).toEqual(plain);
    const mixed =
      'query($s: SectorReferenceListFilter) { reviews(first: 100, filter: { submission: { matches: { sectorsOfConcern: $s } } }) { nodes { id } } }';
    expect(await reviews(mixed, { s: { matches: { name: { contains: 'e' } } } })).toEqual(plain);
  });

  test('works in figures, groups, shares, lists under objects, and conditions on lists', async () => {
    const join = `{ submission: { matches: ${F} } }`;
    const plain = `{ submission: { in: ${JSON.stringify(await submissions())} } }`;
    const text = (condition: string) => `{
      reviews(filter: ${condition}, first: 2) {
        totalCount
        aggregates { count ratio(where: ${condition}) { value } }
        groups(by: [{ field: STATUS }], first: 1) { nodes { aggregates { count } } others { count } }
      }
      everything: reviews { aggregates { ratio(where: ${condition}) { value } } }
      agency(key: "nsa") { reviews(filter: ${condition}) { totalCount nodes { id } } }
    }`;
    const joined = await world.ask(text(join));
    expect(joined.errors).toBeUndefined();
    expect(joined.data).toEqual((await world.ask(text(plain))).data);
    const nested = (condition: string) =>
      `{ submissions(first: 100) { nodes { id reviews(filter: ${condition}) { totalCount nodes { id } } } } }`;
    expect((await world.ask(nested(join))).data).toEqual((await world.ask(nested(plain))).data);
    const listed = (condition: string) =>
      `{ reviews(first: 100, filter: { findings: { some: ${condition}, count: { gte: 1 }, where: ${condition} } }) { nodes { id } } }`;
    const some = await world.ask(listed(join));
    expect(some.data.reviews.nodes.length).toBeGreaterThan(0);
    expect(some.data).toEqual((await world.ask(listed(plain))).data);
  });

  test('asks equal questions once, wherever the operation and its fragments repeat them', async () => {
    const one = `reviews(filter: { submission: { matches: ${F} } }) { totalCount }`;
    const count = async (text: string) =>
      (await world.statements(text)).filter((statement) => /LIMIT 10001/.test(statement)).length;
    expect(await count(`{ ${one} }`)).toBe(1);
    expect(
      await count(
        `{ ${one} a: ${one} ...B c: findings(filter: { submission: { matches: ${F} } }) { totalCount } } fragment B on Query { b: ${one} ...C } fragment C on Query { d: ${one} }`,
      ),
    ).toBe(1);
    expect(
      await count(
        `query { ${one} e: reviews(filter: { submission: { matches: { number: { eq: "x" } } } }) @skip(if: true) { totalCount } }`,
      ),
    ).toBe(1);
  });

  test('delivers deferred fragments, at the root and under objects', async () => {
    const ids = await submissions();
    const text = (condition: string) => `{
      agencies { key }
      ... @defer { reviews(first: 100, filter: ${condition}) { nodes { id ... @defer { submission { id } } } } }
    }`;
    const send = async (condition: string) => {
      const headers = { ...(await world.identity.headers(INSPECTOR)), accept: 'multipart/mixed; deferSpec=20220824' };
      const response = await world.server.inject({
        method: 'POST',
        url: '/graphql',
        headers,
        payload: { query: text(condition) },
      });
      expect(response.headers['content-type']).toMatch(/^multipart/);
      return [...response.body.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id).sort();
    };
    const joined = await send(`{ submission: { matches: ${F} } }`);
    expect(joined).toEqual(await send(`{ submission: { in: ${JSON.stringify(ids)} } }`));
    expect(joined).toEqual(expect.arrayContaining(expected));
  });

  test('works in a mutation, which runs once', async () => {
    const lists = (condition: string) =>
      `versions { nodes { submissions(filter: { sectorsOfConcern: ${condition} }) { nodes { id } } } }`;
    const text = `mutation($input: RegisterModelInput!) {
      registerModel(input: $input) { replayed model { codename ${lists('{ matches: { key: { eq: "energy" } } }')} } } }`;
    const input = { codename: 'of-a-join', modalities: ['TEXT'], idempotencyKey: 'of-a-join' };
    const { data, errors } = await world.ask(text, { input }, DEVELOPER);
    expect(errors).toBeUndefined();
    expect(data.registerModel).toEqual({ replayed: false, model: { codename: 'of-a-join', versions: { nodes: [] } } });
  });

  test('works by GET and as a persisted query', async () => {
    const query = `{ reviews(first: 100, filter: { submission: { matches: ${F} } }) { nodes { id } } }`;
    const headers = { ...(await world.identity.headers(INSPECTOR)), 'apollo-require-preflight': 'true' };
    const url = `/graphql?query=${encodeURIComponent(query)}`;
    const response = await world.server.inject({ method: 'GET', url, headers });
    expect(idsOf(response.json().data.reviews)).toEqual(expected);
  });
});

describe('a condition that cannot be answered', () => {
  test('fails the fields that use it, and no other', async () => {
    const subgraph = world.subgraph('submissions');
    const { execute } = subgraph;
    subgraph.execute = async () => {
      throw new SubgraphError('SUBGRAPH_UNREACHABLE', 'submissions', 'cannot be reached', { retryable: false });
    };
    try {
      const text = `query($f: ReviewFilter) {
        plain: reviews(first: 1) { totalCount }
        literal: reviews(filter: { submission: { matches: ${F} } }) { totalCount }
        variable: reviews(filter: $f) { totalCount }
        sectors(first: 1) { nodes { key } }
      }`;
      const { data, errors } = await world.ask(text, { f: { submission: { matches: { number: { eq: 'x' } } } } });
      expect(data).toMatchObject({ plain: { totalCount: all.length }, literal: null, variable: null });
      expect(data.sectors.nodes).toHaveLength(1);
      expect(errors!.map(({ path }) => path)).toEqual([['literal'], ['variable']]);
      expect(errors![0]!.message).toMatch(/^The condition "filter.submission.matches" failed: /);
      expect(errors![1]!.message).toMatch(/^The condition "\$f.submission.matches" failed: /);
    } finally {
      subgraph.execute = execute;
    }
  });

  test('fails for a caller who may not filter by a field, with the reason, and negated as well', async () => {
    const forbidden = '{ version: { matches: { label: { isNull: false } } } }';
    for (const filter of [forbidden, `{ not: ${forbidden} }`]) {
      const text = `{ benchmarkResults(filter: ${filter}) { totalCount } agencies { key } }`;
      const { data, errors } = await world.ask(text, {}, null);
      expect(data.benchmarkResults).toBeNull();
      expect(data.agencies.length).toBeGreaterThan(0);
      expect(errors).toMatchObject([{ path: ['benchmarkResults'], extensions: { code: 'INVALID_FILTER' } }]);
      expect(errors![0]!.message).toMatch(/version.matches" failed: You don't have access to ModelVersion.label/);
    }
  });

  test('is one of at most 20 different ones', async () => {
    const field = (i: number) =>
      `r${i}: reviews(filter: { submission: { matches: { number: { eq: "${i}" } } } }) { totalCount }`;
    const text = (n: number) => `{ ${Array.from({ length: n }, (_, i) => field(i)).join(' ')} }`;
    expect((await world.ask(text(20))).errors).toBeUndefined();
    // nested ones count as well
    const nested = (n: number): object =>
      n === 0 ? {} : { finding: { matches: { clearinghouseCase: { matches: nested(n - 1) } } } };
    const cases = 'query($f: ClearinghouseCaseFilter) { clearinghouseCases(filter: $f) { totalCount } }';
    expect((await world.ask(cases, { f: nested(10) })).errors).toBeUndefined();
    expect((await world.ask(cases, { f: nested(11) })).errors).toMatchObject([
      { extensions: { code: 'OPERATION_TOO_LARGE' } },
    ]);
    const { errors } = await world.ask(text(21));
    expect(errors).toMatchObject([
      {
        message: expect.stringContaining('more than 20 different conditions'),
        extensions: { code: 'OPERATION_TOO_LARGE' },
      },
    ]);
  });
});

describe('an operation with such a filter', () => {
  const JOINED = `{ vendors(filter: { developer: { matches: { key: { eq: "exercise-alder" } } } }) { totalCount } }`;

  test('costs what its parts cost', async () => {
    const query = `{ reviews(filter: { submission: { matches: ${F} } }) { totalCount } }`;
    const keys = await submissions();
    const [whole, question, rest] = await Promise.all([
      world.ask(query),
      world.ask(`{ submissionKeys(filter: ${F}) }`),
      world.ask(`{ reviews(filter: { submission: { in: ${JSON.stringify(keys)} } }) { totalCount } }`),
    ]);
    const cost = ({ extensions }: Loose): number => extensions.cost.estimated;
    expect(cost(whole)).toBe(cost(question) + cost(rest));
  });

  test('is as sensitive as the filter', async () => {
    const plain = await world.ask('{ vendors { totalCount } }');
    expect(plain.extensions.sensitivity!.class).toBe('PUBLIC');
    const { extensions } = await world.ask(`{ reviews(filter: { submission: { matches: ${F} } }) { __typename } }`);
    expect(extensions.sensitivity!.class).toBe('PROPIN');
    expect((await world.ask(JOINED)).errors).toBeUndefined();
  });

  test('leaves the objects that met the filter in the record of their subgraph', async () => {
    const lines = () => readFileSync(join(folder, 'submissions.jsonl'), 'utf8').split('\n').filter(Boolean);
    const before = lines().length;
    await world.ask(`{ reviews(filter: { submission: { matches: ${F} } }) { __typename } }`);
    type Read = Entry & { readonly objects: readonly ReadObjects[]; readonly uses?: readonly FieldsUsed[] };
    const entries = lines()
      .slice(before)
      .map((line) => JSON.parse(line) as Read);
    const read = entries.find(({ kind }) => kind === 'read')!;
    expect(read.objects).toMatchObject([{ type: 'Submission', count: (await submissions()).length, idsOnly: true }]);
    expect(read.uses!.map(({ type, how }) => `${type} ${how}`)).toEqual(expect.arrayContaining(['Submission list']));
  });
});
