import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { pendingStatements } from '#kit/database/draft-migration';
import { loadSubgraph } from './load-subgraph';

/**
 * Writes the next migration of a subgraph: the statements that make its tables match its entities, for both kinds of database.
 * @param mysqlUrl an empty scratch database on a MySQL-protocol server.
 * @returns the path of the file from the project's root; undefined when the tables already match.
 */
export async function draftMigration(subgraph: string, title: string, mysqlUrl: string): Promise<string | undefined> {
  if (!/^[a-z0-9-]+$/.test(title))
    throw new OperatorError(`"${title}" is not a valid migration name`, 'Use lower-case letters, digits and hyphens');
  const { name, entities, migrations } = (await loadSubgraph(subgraph)).parts;
  const scratch = mkdtempSync(join(tmpdir(), 'ordergraph-migration-'));
  try {
    const sqlite = await pendingStatements({ url: join(scratch, 'scratch.sqlite'), name, entities, migrations });
    const mysql = await pendingStatements({ url: mysqlUrl, name, entities, migrations });
    if (sqlite.length === 0 && mysql.length === 0) return undefined;
    return writeMigration(name, title, { mysql, sqlite });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function writeMigration(subgraph: string, title: string, statements: Statements): string {
  const folder = join(packageRoot, 'subgraphs', subgraph, 'migrations');
  const existing = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
  const name = `${String(existing.length + 1).padStart(4, '0')}-${title}`;
  writeFileSync(join(folder, `${name}.ts`), migrationSource(name, statements));
  const index = join(folder, 'migrations.ts');
  writeFileSync(index, listing(readFileSync(index, 'utf8'), name));
  return join('subgraphs', subgraph, 'migrations', `${name}.ts`);
}

/** SQL statements of a migration, by kind of database. */
interface Statements {
  readonly mysql: readonly string[];
  readonly sqlite: readonly string[];
}

/** Source of a migration file, formatted as `npm run check` requires. */
export function migrationSource(name: string, { mysql, sqlite }: Statements): string {
  return `import type { Migration } from '#kit/database/migrations';

export const migration: Migration = {
  name: ${quoted(name)},
  mysql: ${array(mysql)},
  sqlite: ${array(sqlite)},
};
`;
}

/** Follows the formatter: one line if it fits, otherwise a line for each statement. */
function array(statements: readonly string[]): string {
  const line = `[${statements.map(quoted).join(', ')}]`;
  const fits = '  sqlite: ,'.length + line.length <= LINE_WIDTH;
  return fits ? line : `[\n${statements.map((sql) => `    ${quoted(sql)},`).join('\n')}\n  ]`;
}

/** `lineWidth` of biome.json. */
const LINE_WIDTH = 120;

/** A string literal in the quotes that need fewer escapes; single quotes if both need the same number. */
function quoted(text: string): string {
  const double = JSON.stringify(text);
  const singles = text.split("'").length;
  const doubles = text.split('"').length;
  return singles > doubles ? double : `'${double.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** The source of `migrations.ts` with a migration added at the end of its imports and its list. */
export function listing(source: string, name: string): string {
  const variable = `m${name.slice(0, 4)}`;
  return source
    .replace(
      /(import type \{ Migration \}[^\n]*\n(?:import [^\n]*\n)*)/,
      `$1import { migration as ${variable} } from './${name}';\n`,
    )
    .replace(/\[([^\]]*)\];/, (_match, inside: string) => {
      const listed = inside.split(',').map((part) => part.trim());
      return `[${[...listed.filter(Boolean), variable].join(', ')}];`;
    });
}
