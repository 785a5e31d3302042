import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { EvaluationDefinition } from '../../subgraphs/reviews/evaluation/evaluation-definition';
import { EvaluationItem } from '../../subgraphs/reviews/evaluation/evaluation-item';
import { Finding, FindingVulnerability } from '../../subgraphs/reviews/finding/finding';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** Long lists of keys: the most that one subgraph returns, and the conditions on references to them in another. */

const MOST = 10_000;
const cve = (i: number) => `CVE-2026-${10_000 + i}`;

describe.each(databaseKinds)('keys of other subgraphs, on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
    const infrastructure = world.subgraph('infrastructure').database;
    const reviews = world.subgraph('reviews').database;
    await infrastructure.insert(Vendor, [{ key: 'of-a-test', name: 'Of a test', developerKey: null, exercise: false }]);
    await infrastructure.insert(
      Vulnerability,
      // the last key first, so that sorted keys are not in the order of the table
      Array.from({ length: MOST + 1 }, (_, i) => MOST - i).map((i) => ({
        cveId: cve(i),
        vendorKey: 'of-a-test',
        vendorName: 'Of a test',
        product: i < MOST ? 'Usual' : 'Last',
        name: 'Flaw',
        description: 'Flaw',
        requiredAction: 'Patch',
        kevDateAdded: i < 1_000 ? '2026-01-01' : '2026-02-01',
        kevDueDate: '2026-03-01',
        ransomwareUse: null,
        cwes: [],
        notes: null,
        exercise: false,
      })),
    );
    await reviews.insert(EvaluationDefinition, [
      { id: 'of-a-test', title: 'Of a test', tasks: [], tags: [], sandboxed: false, cybersecurity: true },
    ]);
    await reviews.insert(
      EvaluationItem,
      Array.from({ length: MOST + 1 }, (_, i) => ({
        id: `item-${i}`,
        evaluationId: 'of-a-test',
        name: `Item ${i}`,
        cveId: i === 0 ? null : cve(i),
      })),
    );
    const [finding] = await reviews.query<{ id: string }>(`SELECT id FROM ${reviews.table(Finding)} LIMIT 1`);
    await reviews.insert(FindingVulnerability, [{ ownerKey: finding!.id, targetKey: cve(MOST - 1) }]);
  });
  afterAll(() => world.close());

  const items = (condition: string) => `{ evaluationDefinition(slug: "of-a-test") {
    publishedItems(first: 3, orderBy: [{ field: NAME, direction: DESC }], filter: { vulnerability: ${condition} }) {
      totalCount nodes { name }
      groups(by: [{ field: CATEGORY }], first: 0) { others { count } } } } }`;
  const USUAL = '{ vendor: { key: { eq: "of-a-test" } }, product: { eq: "Usual" } }';
  const ALL = '{ vendor: { key: { eq: "of-a-test" } } }';

  test('joins by the maximum of keys, in references, in lists of them, and negated', async () => {
    const { data, errors } = await world.ask(items(`{ matches: ${USUAL} }`));
    expect(errors).toBeUndefined();
    expect(data.evaluationDefinition.publishedItems).toMatchObject({
      totalCount: MOST - 1,
      nodes: [{ name: 'Item 9999' }, { name: 'Item 9998' }, { name: 'Item 9997' }],
      groups: { others: { count: MOST - 1 } },
    });
    const negated = `{ evaluationDefinition(slug: "of-a-test") { publishedItems(filter: { not: { vulnerability: { matches: ${USUAL} } } }) {
      nodes { name } } } }`;
    const rest = (await world.ask(negated)).data.evaluationDefinition.publishedItems.nodes;
    expect(rest.map(({ name }: { name: string }) => name).sort()).toEqual(['Item 0', `Item ${MOST}`]);
    const linked = `{ findings(filter: { relatedVulnerabilities: { matches: ${USUAL} } }) { totalCount } }`;
    expect((await world.ask(linked)).data.findings.totalCount).toBe(1);
    const both = `{ findings(filter: { relatedVulnerabilities: { matches: ${USUAL}, any: ["${cve(1)}"] } }) { totalCount } }`;
    expect((await world.ask(both)).data.findings.totalCount).toBe(0);
  });

  test('sorts keys, whichever index the database reads', async () => {
    const { data } = await world.ask(`{ vulnerabilityKeys(filter: ${USUAL}) }`);
    expect(data.vulnerabilityKeys).toHaveLength(MOST);
    expect(data.vulnerabilityKeys).toEqual([...data.vulnerabilityKeys].sort());
  });

  test('refuses one key more, with what to do, in the field alone', async () => {
    const direct = await world.ask(`{ vulnerabilityKeys(filter: ${ALL}) }`);
    const message =
      'The filter matches more than 10,000 Vulnerability objects, and the limit is 10,000: narrow the filter';
    expect(direct).toMatchObject({
      data: { vulnerabilityKeys: null },
      errors: [{ message, extensions: { code: 'TOO_MANY_KEYS' } }],
    });
    const { data, errors } = await world.ask(
      `{ findings(filter: { relatedVulnerabilities: { matches: ${ALL} } }) { totalCount } agency(key: "nsa") { key } }`,
    );
    expect(data).toEqual({ findings: null, agency: { key: 'nsa' } });
    expect(errors).toMatchObject([
      {
        message: `The condition "filter.relatedVulnerabilities.matches" failed: ${message}`,
        path: ['findings'],
        extensions: { code: 'TOO_MANY_KEYS' },
      },
    ]);
    expect(JSON.stringify(errors)).not.toContain('CVE-');
  });

  test('lets a gateway send the maximum of keys to a subgraph, and not one more', async () => {
    const text = 'query($keys: [ID!]) { findings(filter: { relatedVulnerabilities: { any: $keys } }) { totalCount } }';
    const keys = Array.from({ length: MOST + 1 }, (_, i) => cve(i));
    const headers = await world.identity.signed('reviews', INSPECTOR);
    const send = (query: string, some: string[]) =>
      world.subgraph('reviews').execute({ query, variables: { keys: some }, headers });
    expect((await send(text, keys.slice(1))).data).toEqual({ findings: { totalCount: 1 } });
    const { errors } = await send(text, keys);
    expect(errors).toMatchObject([{ extensions: { code: 'INVALID_FILTER' } }]);
    expect(errors![0]!.message).not.toContain('CVE-');
    const others = 'query($keys: [ID!]) { findings(filter: { id: { in: $keys } }) { totalCount } }';
    expect((await send(others, keys.slice(0, 1_001))).errors).toMatchObject([
      { message: 'id.in lists 1001 values; the maximum is 1000', extensions: { code: 'INVALID_FILTER' } },
    ]);
    // page, count, and groups share a list of keys, but not without end
    const field = (i: number) => `a${i}: findings(filter: { relatedVulnerabilities: { none: $keys } }) { totalCount }`;
    const fields = (n: number) => `query($keys: [ID!]) { ${Array.from({ length: n }, (_, i) => field(i)).join(' ')} }`;
    expect((await send(fields(10), keys.slice(1))).errors).toBeUndefined();
    expect((await send(fields(11), keys.slice(1))).errors).toMatchObject([
      { message: expect.stringContaining('more than 100000 keys'), extensions: { code: 'INVALID_FILTER' } },
    ]);
  });

  test('looks many keys up by the index of their column', async () => {
    const { database } = world.subgraph('reviews');
    const { dialect } = database;
    const sql = `SELECT i.id FROM evaluation_item i WHERE i.cve_id IN (${dialect.textsOfJson})`;
    const plan = JSON.stringify(
      await database.query(dialect.explain(sql), [JSON.stringify(Array.from({ length: 2_000 }, (_, i) => cve(i)))]),
    );
    expect(plan).toMatch(
      kind === 'sqlite' ? /SEARCH i USING .*INDEX/ : /"table":"i","type":"(ref|index)"[^}]*"key":"IDX_/,
    );
  });

  test('bounds operations that repeat many keys', async () => {
    const field = (i: number) =>
      `f${i}: findings(filter: { relatedVulnerabilities: { matches: ${USUAL} } }) { totalCount }`;
    const { errors } = await world.ask(`{ ${Array.from({ length: 40 }, (_, i) => field(i)).join(' ')} }`);
    expect(errors).toMatchObject([{ extensions: { code: 'OPERATION_TOO_LARGE' } }]);
  });

  test.each([
    ['1,000', `{ ${USUAL.slice(1, -1)}, kevDateAdded: { lt: "2026-02-01" } }`],
    ['10,000', USUAL],
  ])('joins %s keys in time', async (_keys, filter) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      const text = `{ evaluationDefinition(slug: "of-a-test") { publishedItems(filter: { vulnerability: { matches: ${filter} } }) { totalCount } } }`;
      const start = performance.now();
      const { errors } = await world.ask(text);
      times.push(performance.now() - start);
      expect(errors).toBeUndefined();
    }
    if (process.env.ORDERGRAPH_TEST_TIMES)
      process.stderr.write(`${kind} ${_keys} ${times.map(Math.round).join(' ')}\n`);
    expect(Math.min(...times)).toBeLessThan(5_000);
  });
});
