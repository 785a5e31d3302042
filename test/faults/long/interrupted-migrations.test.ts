import { subgraphs } from '../../../gateway/cli/subgraphs';
import { CutMigration, crashesOf, type From, uninterrupted } from '../../database/interrupted-migrations';
import { databaseKinds } from '../../support/databases';

const FROM: readonly From[] = ['fresh', 'first release'];
const cases = subgraphs.flatMap(({ name }) => FROM.map((from) => [name, from] as const));
const describeOnMysql = databaseKinds.includes('mysql') ? describe : describe.skip;

describeOnMysql('a migration on MySQL that loses its connection at every statement, before and after it is run', () => {
  test.each(cases)('%s, %s: ends as an uninterrupted one', async (name, from) => {
    const expected = await uninterrupted('mysql', name, from);
    for (const when of ['before', 'after'] as const)
      for (let place = 1; ; place += 1) {
        const migration = await CutMigration.prepare(name, from);
        try {
          if (!(await migration.cutAt(place, when))) break;
          expect([place, when, await migration.resumed()]).toEqual([place, when, expected]);
        } finally {
          await migration.drop();
        }
      }
  });
});

test.each(cases)('%s, %s: a crash at any statement while SQLite migrates is resumed', async (name, from) => {
  const expected = await uninterrupted('sqlite', name, from);
  await crashesOf(
    name,
    from,
    () => true,
    (content, where) => expect([where, content]).toEqual([where, expected]),
  );
});
