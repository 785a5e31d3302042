import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { listing, migrationSource } from '../../gateway/cli/migration';

/** The text as the formatter and the import order of the linter produce it. */
const checked = (path: string, text: string) =>
  execFileSync(
    process.execPath,
    [
      join(packageRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'),
      'check',
      '--write',
      `--stdin-file-path=${path}`,
    ],
    { cwd: packageRoot, input: text, encoding: 'utf8' },
  );

const folder = 'subgraphs/workforce/migrations';
const long = `CREATE TABLE ${'x'.repeat(120)} (id int)`;

test.each([
  ['one short statement', ['CREATE TABLE a (id int)'], ['CREATE TABLE a (id int)']],
  ['long statements', [long, long], [long]],
  ['statements for one database only', [long], []],
  ['both kinds of quotes', ["SELECT 'a'"], ['SELECT "a"', `SELECT "a", 'b'`, `SELECT 'a', 'b', "c"`, "a\\b\n'"]],
])('drafts a migration that npm run check accepts: %s', (_case, mysql, sqlite) => {
  const source = migrationSource('0002-courses', { mysql, sqlite });
  expect(checked(`${folder}/0002-courses.ts`, source)).toBe(source);
});

test('imports only existing modules in a drafted migration, and lists it last', () => {
  const source = migrationSource('0002-courses', { mysql: [], sqlite: [] });
  for (const [, path] of source.matchAll(/from '([^']+)'/g)) expect(() => require.resolve(path!)).not.toThrow();
  const before = migrationsOf('m0001', '0001-initial');
  const after = listing(before, '0002-courses');
  expect(after).toBe(`import type { Migration } from '#kit/database/migrations';
import { migration as m0001 } from './0001-initial';
import { migration as m0002 } from './0002-courses';

export const migrations: readonly Migration[] = [m0001, m0002];
`);
  expect(checked(`${folder}/migrations.ts`, after)).toBe(after);
});

function migrationsOf(variable: string, name: string): string {
  return `import type { Migration } from '#kit/database/migrations';
import { migration as ${variable} } from './${name}';

export const migrations: readonly Migration[] = [${variable}];
`;
}
