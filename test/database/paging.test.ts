import fc from 'fast-check';
import { fixedClock } from '#base/clock';
import { Cursors } from '#kit/collection/cursor';
import { Loaders } from '#kit/collection/loaders';
import { cursorConditions, cursorsOf, type PageArguments, planPage } from '#kit/collection/page';
import type { Condition } from '#kit/collection/where';
import { Database } from '#kit/database/database';
import type { Order } from '#kit/model/model';
import { Reader } from '#kit/policy/policy';
import { DeveloperOrganization } from '../../subgraphs/submissions/developer/developer-organization';
import { AIModel } from '../../subgraphs/submissions/model/ai-model';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { AS_OF } from '../support/world';

const CURSORS = new Cursors(Buffer.alloc(32, 7), 'submissions');

const ORDERS = ['publicName', 'releasedOn', 'trainingComputeFlop', 'releaseStatus', 'id'];
const orderBy = fc.uniqueArray(
  fc.record({ field: fc.constantFrom(...ORDERS), direction: fc.constantFrom('ASC' as const, 'DESC' as const) }),
  {
    selector: ({ field }) => field,
    maxLength: 3,
  },
);

/** Few values and many gaps, so that ties and missing values are everywhere. */
const row = fc.record({
  publicName: fc.option(fc.constantFrom('Alpha', 'alpha', 'Beta', 'Émile', 'z_z', '100%'), { nil: null }),
  releasedOn: fc.option(fc.constantFrom('2024-01-01', '2025-06-30'), { nil: null }),
  trainingComputeFlop: fc.option(fc.constantFrom('9e9', '1e10', '3.8e25', '0'), { nil: null }),
  releaseStatus: fc.constantFrom('GENERAL' as const, 'UNRELEASED' as const),
});

describe.each(databaseKinds)('paging on %s', (kind) => {
  let databases: TestDatabases;
  let database: Database;
  beforeAll(async () => {
    databases = await freshDatabases(kind, ['submissions']);
    const { entities, migrations } = submissions.parts;
    database = await Database.open({ url: databases.url('submissions'), name: 'submissions', entities, migrations });
    const developer = {
      key: 'd',
      legalName: 'D',
      country: null,
      category: 'OTHER' as const,
      kevVendorNames: [],
      alsoKnownAs: [],
      agreementStatus: 'NONE' as const,
      revision: 1,
      exercise: true,
    };
    await database.insert(DeveloperOrganization, [developer, { ...developer, key: 'e', legalName: 'E' }]);
  });
  afterAll(async () => {
    await database?.close();
    await databases?.drop();
  });

  const list = (args: PageArguments) =>
    new Loaders(database, fixedClock(AS_OF), Reader.everything, CURSORS).list(AIModel, args);

  async function store(rows: readonly Partial<AIModel>[]): Promise<void> {
    await database.query('DELETE FROM ai_model');
    await database.insert(
      AIModel,
      rows.map((item, index) => ({
        ...item,
        id: `mdl_${String(index).padStart(26, '0')}`,
        developerKey: index % 3 === 0 ? 'd' : 'e',
        organizations: [],
        codename: 'c',
        modalities: [],
        domains: [],
        frontier: false,
        revision: 1,
        exercise: true,
      })),
    );
  }

  test('returns every object once in the same order for any page size and direction', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 25 }),
        orderBy,
        fc.integer({ min: 1, max: 7 }),
        async (rows, order, size) => {
          await store(rows);
          const all = (await list({ first: 500, orderBy: order })).rows.map(({ id }) => id);
          expect(new Set(all).size).toBe(rows.length);
          const walk = async (backward: boolean) => {
            const keys: string[] = [];
            for (let cursor: string | undefined; ; ) {
              const page = await list(
                backward
                  ? { last: size, before: cursor, orderBy: order }
                  : { first: size, after: cursor, orderBy: order },
              );
              const ids = page.rows.map(({ id }) => id);
              if (backward) keys.unshift(...ids);
              else keys.push(...ids);
              if (!page.more) return keys;
              const edge = backward ? page.rows[0]! : page.rows.at(-1)!;
              cursor = page.cursor(edge);
            }
          };
          expect(await walk(false)).toEqual(all);
          expect(await walk(true)).toEqual(all);
        },
      ),
      { numRuns: kind === 'mysql' ? 25 : 60 },
    );
  });

  // MySQL reads ranges of an index for both forms of the condition
  if (kind === 'sqlite')
    test.each(['ASC', 'DESC'] as const)('begins a page at its place in an index, %s', async (direction) => {
      const order = [
        { field: 'releaseStatus', direction },
        { field: 'id', direction },
      ];
      const plan = planPage(AIModel, { orderBy: order }, Reader.everything, CURSORS);
      const values = ['GENERAL', 'mdl_1'];
      const [{ sql, parameters }] = cursorConditions(database, AIModel, { ...plan, after: values }, 't') as [Condition];
      await database.query('CREATE INDEX paging_test ON ai_model (release_status, id)');
      const steps = await database.query(
        `EXPLAIN QUERY PLAN SELECT * FROM ai_model t WHERE ${sql} ORDER BY release_status ${direction}, id ${direction}`,
        parameters,
      );
      await database.query('DROP INDEX paging_test');
      expect(steps.map(({ detail }) => detail)).toEqual([
        `SEARCH t USING INDEX paging_test (release_status${direction === 'ASC' ? '>' : '<'}?)`,
      ]);
    });

  test('returns for many parents in one statement the same lists as for each', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { maxLength: 20 }),
        orderBy,
        fc.integer({ min: 1, max: 4 }),
        async (rows, order, size) => {
          await store(rows);
          const args = { first: size, orderBy: order };
          const loader = new Loaders(database, fixedClock(AS_OF), Reader.everything, CURSORS).listBy(
            AIModel,
            'developerKey',
            args,
          );
          const { result, statements } = await database.counting(() => loader.loadMany(['d', 'e', 'unknown']));
          expect(statements).toHaveLength(1);
          for (const [index, key] of ['d', 'e', 'unknown'].entries()) {
            const alone = await list({ ...args, filter: { developer: { key: { eq: key } } } });
            expect((result[index] as { rows: readonly AIModel[] }).rows.map(({ id }) => id)).toEqual(
              alone.rows.map(({ id }) => id),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test.each(['first', 'last'] as const)(
    'returns an empty page that says whether objects follow for %s: 0',
    async (side) => {
      await store(fc.sample(row, { numRuns: 3, seed: 7 }));
      expect(await list({ [side]: 0 })).toMatchObject({ rows: [], more: true });
      expect(await list({ [side]: 0, filter: { releaseStatus: { in: [] } } })).toMatchObject({ rows: [], more: false });
      const parents = new Loaders(database, fixedClock(AS_OF), Reader.everything, CURSORS).listBy(
        AIModel,
        'developerKey',
        {
          [side]: 0,
        },
      );
      expect(await parents.loadMany(['d', 'unknown'])).toMatchObject([
        { rows: [], more: true },
        { rows: [], more: false },
      ]);
    },
  );

  test('filters rows exactly like plain code', async () => {
    const rows = fc.sample(row, { numRuns: 40, seed: 7 });
    await store(rows);
    const names = async (filter: PageArguments['filter']) => (await list({ first: 500, filter })).rows.length;
    const count = (holds: (one: (typeof rows)[number]) => boolean) => rows.filter(holds).length;
    expect(await names({ publicName: { contains: 'LPH' } })).toBe(
      count(({ publicName }) => publicName?.toLowerCase().includes('lph') ?? false),
    );
    expect(await names({ publicName: { contains: '%' } })).toBe(
      count(({ publicName }) => publicName?.includes('%') ?? false),
    );
    expect(await names({ publicName: { startsWith: 'A' } })).toBe(
      count(({ publicName }) => publicName?.startsWith('A') ?? false),
    );
    expect(await names({ publicName: { isNull: true } })).toBe(count(({ publicName }) => publicName === null));
    expect(await names({ not: { publicName: { eq: 'Beta' } } })).toBe(count(({ publicName }) => publicName !== 'Beta'));
    expect(await names({ trainingComputeFlop: { gt: '9e9' } })).toBe(
      count(({ trainingComputeFlop }) => ['1e10', '3.8e25'].includes(trainingComputeFlop ?? '')),
    );
    expect(await names({ or: [{ releaseStatus: { eq: 'GENERAL' } }, { releasedOn: { lt: '2025-01-01' } }] })).toBe(
      count(({ releaseStatus, releasedOn }) => releaseStatus === 'GENERAL' || releasedOn === '2024-01-01'),
    );
    expect(await names({ releaseStatus: { in: [] } })).toBe(0);
  });
});

const BY_NAME = cursorsOf(
  DeveloperOrganization,
  [{ property: 'legalName', direction: 'ASC' }],
  CURSORS,
)({ legalName: 'x' });
const BY_RELEASE: Order[] = [
  { property: 'releasedOn', direction: 'DESC' },
  { property: 'id', direction: 'DESC' },
];
const cursorOf = (order: readonly Order[], cursors: Cursors) =>
  cursorsOf(AIModel, order, cursors)({ releasedOn: '2026-01-01', id: 'mdl_1' });

describe('cursors', () => {
  test('encodes the same cursor for the same position and decodes it again', () => {
    const cursor = cursorOf(BY_RELEASE, CURSORS);
    expect(cursorOf(BY_RELEASE, new Cursors(Buffer.alloc(32, 7), 'submissions'))).toBe(cursor);
    expect(planPage(AIModel, { after: cursor }, Reader.everything, CURSORS).after).toEqual(['2026-01-01', 'mdl_1']);
  });

  test('hides values in cursors and, up to a block, their length', () => {
    const cursors = ['codename', 'codename-x', 'codename-of-what'].map((codename) =>
      cursorsOf(AIModel, [{ property: 'codename', direction: 'ASC' }], CURSORS)({ codename }),
    );
    expect(new Set(cursors.map(({ length }) => length)).size).toBe(1);
    expect(new Set(cursors.map((cursor) => cursor.slice(6, 40))).size).toBe(3);
    for (const cursor of cursors) expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toContain('code');
  });

  test('decodes any values of a cursor unchanged, whatever the list name', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    fc.assert(
      fc.property(fc.string(), fc.array(value, { minLength: 1, maxLength: 4 }), (list, values) => {
        expect(CURSORS.open(list, CURSORS.seal(list, values), 'after')).toEqual(values);
      }),
    );
  });
});

describe('invalid pages', () => {
  test.each([
    [{ first: -1 }, '"first" is -1: request 0 to 500'],
    [{ first: 1_000_000_000 }, '"first" is 1000000000'],
    [{ last: -1 }, '"last" is -1'],
    [{ first: 1, last: 1 }, '"first" and "last" cannot be combined'],
    [{ after: 'not a cursor' }, 'it does not have the format of a cursor'],
    [
      { after: Buffer.from('["AIModel -releasedOn -id",null,"x"]').toString('base64url') },
      'it does not have the format of a cursor',
    ],
    [
      { after: Buffer.alloc(60, 1).toString('base64url') },
      'another subgraph issued it, or the cursor key was replaced',
    ],
    [{ after: `${BY_NAME}!` }, 'it does not have the format of a cursor'],
    [{ after: `${BY_NAME.slice(0, -1)}${BY_NAME.endsWith('A') ? 'Q' : 'A'}` }, '"after" is not a cursor of this list'],
    [{ after: `${BY_NAME.slice(0, 10)}${BY_NAME[10] === 'A' ? 'B' : 'A'}${BY_NAME.slice(11)}` }, 'or it was altered'],
    [{ after: BY_NAME }, 'issued for another list or order'],
    [
      { after: cursorOf(BY_RELEASE, CURSORS), orderBy: [{ field: 'publicName', direction: 'ASC' }] },
      'issued for another list or order',
    ],
    [{ before: cursorOf(BY_RELEASE, new Cursors(Buffer.alloc(32, 8), 'submissions')) }, 'the cursor key was replaced'],
    [{ before: cursorOf(BY_RELEASE, new Cursors(Buffer.alloc(32, 7), 'reviews')) }, 'another subgraph issued it'],
  ])('rejects the page arguments %j with a reason', (args, message) => {
    expect(() => planPage(AIModel, args as PageArguments, Reader.everything, CURSORS)).toThrow(message);
  });

  test('rejects any text as a cursor or reads it as one of the list, and never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((json) => Buffer.from(json).toString('base64url')),
        ),
        (after) => {
          try {
            planPage(AIModel, { after }, Reader.everything, CURSORS);
          } catch (error) {
            expect((error as { extensions?: { code?: string } }).extensions?.code).toBe('INVALID_CURSOR');
          }
        },
      ),
    );
  });
});
