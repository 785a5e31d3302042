import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { printSchema } from 'graphql';
import { fixedClock } from '#base/clock';
import { packageRoot } from '#base/package-root';
import type { ContentStore } from '#kit/files/content-store';
import { modelOf } from '#kit/model/model';
import { Review } from '../../subgraphs/reviews/review/review';
import { questionVariables } from '../questions/variables';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

const QUESTIONS = join(packageRoot, 'test', 'questions');
const questions = readdirSync(QUESTIONS)
  .filter((name) => name.endsWith('.graphql'))
  .sort();

/** Tables that grow with the programs; the others are small reference tables. */
const LARGE = [
  'application',
  'candidate',
  'vulnerability_finding',
  'federal_system',
  'position',
  'finding',
  'review_event',
  'submission_event',
  'announcement',
  'risk_assessment',
  'evaluation_run',
  'determination',
  'consultation_message',
];

/** An empty store. */
const nowhere: ContentStore = {
  receive: async () => ({ keep: async () => {}, discard: async () => {} }),
  get: async () => Readable.from([]),
  remove: async () => {},
  sweep: async () => 0,
};

describe.each(databaseKinds)('statements per question on %s', (kind) => {
  let small: World;
  let large: World;
  beforeAll(async () => {
    small = await openWorld(kind, 1);
    large = await openWorld(kind, 4);
    // a server that has run for a while has table statistics; one that was just filled must be asked to collect them
    for (const { database, subgraph } of large.open)
      for (const entity of subgraph.parts.entities)
        await database.query(
          kind === 'mysql' ? `ANALYZE TABLE ${database.table(entity)}` : `ANALYZE ${database.table(entity)}`,
        );
  });
  afterAll(async () => {
    await small?.close();
    await large?.close();
  });

  test.each(questions)('needs no more statements at four times the data for question %s', async (name) => {
    const query = readFileSync(join(QUESTIONS, name), 'utf8');
    const variables = (world: World) =>
      name.startsWith('19')
        ? { id: world.rows(Review).find(({ status }) => status === 'CLOSED')!.submissionId }
        : (questionVariables[name.slice(0, 2)] ?? {});
    const [few, many] = [
      await small.statements(query, variables(small)),
      await large.statements(query, variables(large)),
    ];
    expect(few.length).toBeGreaterThan(0);
    // loads of objects that one answer brings a moment later than another are a statement of their own
    expect(many.length).toBeLessThanOrEqual(few.length + 2);
  });

  test('resolves any number of entities by key in one statement', async () => {
    for (const { name, database, subgraph } of small.open.map(({ name: of }) => large.subgraph(of))) {
      const entityNames = new Set(/union _Entity = ([^\n]+)/.exec(printSchema(subgraph.schema))![1]!.split(' | '));
      for (const entity of subgraph.parts.entities.filter((candidate) => entityNames.has(modelOf(candidate).name))) {
        const { name: typename, key, keyField } = modelOf(entity);
        const rows = await database.query<{ k: string }>(
          `SELECT ${database.column(entity, key)} AS k FROM ${database.table(entity)} LIMIT 50`,
        );
        if (rows.length < 2) continue;
        const headers = await large.identity.signed(name, INSPECTOR);
        const { result, statements } = await database.counting(() =>
          large.subgraph(name).execute({
            query: `query($r: [_Any!]!) { _entities(representations: $r) { ... on ${typename} { ${keyField} } } }`,
            variables: { r: rows.map(({ k }) => ({ __typename: typename, [keyField]: k })) },
            headers,
          }),
        );
        expect([typename, statements.length]).toEqual([typename, 1]);
        // only their developer sees drafts
        const entities = result.data!._entities as (Record<string, string> | null)[];
        expect(entities.filter((row) => row !== null).length).toBeGreaterThan(entities.length / 2);
        expect(entities.map((row) => row?.[keyField])).toEqual(
          rows.map(({ k }, place) => (entities[place] ? k : undefined)),
        );
      }
    }
  });

  // short pages: for a page that is a large part of the table, a database rightly reads the table
  test.each([
    ['submissions', '{ submissions(first: 3) { nodes { number } } }'],
    ['submissions', '{ submissions(first: 3, filter: { windowPhase: { eq: OPEN } }) { nodes { number } } }'],
    [
      'submissions',
      '{ submissions(first: 3, filter: { developer: { key: { eq: "exercise-alder" } } }) { nodes { number } } }',
    ],
    ['reviews', '{ reviews(first: 3) { nodes { id } } }'],
    ['reviews', '{ findings(first: 3) { nodes { title } } }'],
    ['reviews', '{ determinations(first: 3, filter: { agency: { eq: "nsa" } }) { nodes { outcome } } }'],
    ['reviews', '{ riskAssessments(first: 3) { nodes { level } } }'],
    ['workforce', '{ positions(first: 3, filter: { agency: { eq: "treasury" } }) { nodes { title } } }'],
    ['workforce', '{ applications(first: 3) { nodes { status } } }'],
    ['workforce', '{ announcements(first: 3, filter: { acceptingApplications: { eq: true } }) { nodes { title } } }'],
    ['infrastructure', '{ vulnerabilityFindings(first: 3) { nodes { status } } }'],
    [
      'infrastructure',
      '{ vulnerabilityFindings(filter: { overdue: { eq: true }, agency: { eq: "treasury" } }) { nodes { status } } }',
    ],
    ['infrastructure', '{ federalSystems(first: 3) { nodes { impactLevel } } }'],
    ['infrastructure', '{ agency(key: "treasury") { vulnerabilityFindings(first: 10) { nodes { status } } } }'],
  ])('scans no large table in full: %s %s', async (name, query) => {
    const { database } = large.subgraph(name);
    const { statements } = await database.counting(() => large.ask(query));
    for (const statement of statements) {
      const marks = (statement.match(/\?/g) ?? []).length;
      const plan = await database.query(database.dialect.explain(statement), Array(marks).fill('treasury'));
      const scanned = plan.flatMap((step) => (kind === 'sqlite' ? sqliteScan(String(step.detail)) : mysqlScan(step)));
      expect(scanned.filter((table) => LARGE.includes(table))).toEqual([]);
    }
    expect(statements.length).toBeGreaterThan(0);
  });

  test.each(['submissions', 'reviews'])(
    'checks for due changes in %s without a scan of a large table',
    async (name) => {
      const { database, subgraph } = large.subgraph(name);
      // long before anything is due: these statements are the check alone
      const clock = fixedClock('2020-01-01T00:00:00Z');
      for (const task of subgraph.parts.schedule!) {
        const { statements } = await database.counting(() => task.run(database, clock, nowhere));
        for (const statement of statements.filter((text) => text.trim().startsWith('SELECT'))) {
          const marks = (statement.match(/\?/g) ?? []).length;
          const plan = await database.query(database.dialect.explain(statement), Array(marks).fill('2020-01-01'));
          const scanned = plan.flatMap((step) =>
            kind === 'sqlite' ? sqliteScan(String(step.detail)) : mysqlScan(step),
          );
          expect([task.name, scanned]).toEqual([task.name, []]);
        }
      }
    },
  );

  /** The table that a step of SQLite scans without an index. */
  function sqliteScan(detail: string): string[] {
    const [, table] = /^SCAN (\w+)(?! USING)$/.exec(detail) ?? [];
    return table ? [aliased(table)] : [];
  }

  /** The table that a step of MySQL scans without an index. */
  function mysqlScan(step: Record<string, unknown>): string[] {
    return step.type === 'ALL' && step.table ? [aliased(String(step.table))] : [];
  }

  // lists select from the table under the alias "t"; a scan under it is one of the list's own table
  function aliased(table: string): string {
    return table === 't' ? LARGE[0]! : table;
  }
});
