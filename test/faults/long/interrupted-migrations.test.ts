import { subgraphs } from '../../../gateway/cli/subgraphs';
import { CutMigration, crashesOf, type From, migrationsOf, uninterrupted } from '../../database/interrupted-migrations';
import { databaseKinds } from '../../support/databases';

const describeOnMysql = databaseKinds.includes('mysql') ? describe : describe.skip;
/** With ORDERGRAPH_TEST_CUTS=all, new databases are cut at every statement, too: 15 minutes on two cores. */
const every = (step: number): number => (process.env.ORDERGRAPH_TEST_CUTS === 'all' ? 1 : step);
const FROM: readonly From[] = ['fresh', 'first release'];

/**
 * The migration first creates two tables; each statement is followed by its record, and a migration by the record of its end.
 */
const firstMigration = (name: string): number => 2 + 2 * migrationsOf(name)[0]!.mysql.length + 1;

/**
 * A cut before a statement equals one after the record of the previous statement, and a cut before a record equals one after its
 * statement: so cuts before each of them produce every state that a crash can leave.
 */
describeOnMysql('a migration on MySQL that loses its connection before each statement and each record', () => {
  test.each<[name: string, from: From, every: number, until: number]>([
    ['submissions', 'fresh', every(5), firstMigration('submissions')],
    ['submissions', 'first release', 1, Number.POSITIVE_INFINITY],
    ['reviews', 'fresh', every(5), firstMigration('reviews')],
    ['reviews', 'first release', 1, Number.POSITIVE_INFINITY],
    // the same kinds of statements again
    ['workforce', 'fresh', every(9), Number.POSITIVE_INFINITY],
    ['infrastructure', 'fresh', every(9), Number.POSITIVE_INFINITY],
  ])(
    'ends with the schema and rows of an uninterrupted migration: %s, %s',
    async (name, from, step, until) => {
      const expected = await uninterrupted('mysql', name, from);
      let cuts = 0;
      for (let place = 1; place <= until; place += step) {
        const migration = await CutMigration.prepare(name, from);
        try {
          if (!(await migration.cutAt(place, 'before'))) break;
          expect([place, await migration.resumed()]).toEqual([place, expected]);
          cuts += 1;
        } finally {
          await migration.drop();
        }
      }
      expect(cuts).toBeGreaterThan(5);
    },
    1_200_000,
  );
});

test.each(subgraphs.flatMap(({ name }) => FROM.map((from) => [name, from] as const)))(
  'resumes a SQLite migration after a crash at any statement: %s, %s',
  async (name, from) => {
    const expected = await uninterrupted('sqlite', name, from);
    await crashesOf(
      name,
      from,
      (done) => from !== 'fresh' || done % every(5) === 0,
      (content, where) => expect([where, content]).toEqual([where, expected]),
    );
  },
);
