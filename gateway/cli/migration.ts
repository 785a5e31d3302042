import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { pendingStatements } from '#kit/database/draft-migration';
import { loadSubgraph } from './load-subgraph';

/**
 * Writes the next migration of a subgraph: what its tables lack of what its entities say, for both databases.
 * @param mysqlUrl an empty scratch database on a MySQL-protocol server.
 * @returns the file written; undefined when nothing is to be done.
 */
export async function draftMigration(subgraph: string, title: string, mysqlUrl: string): Promise<string | undefined> {
  if (!/^[a-z0-9-]+$/.test(title))
    throw new OperatorError(`"${title}" is no name for a migration`, 'Use lower-case letters, digits and hyphens');
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

function writeMigration(subgraph: string, title: string, statements: { mysql: string[]; sqlite: string[] }): string {
  const folder = join(packageRoot, 'subgraphs', subgraph, 'migrations');
  const existing = readdirSync(folder).filter((file) => /^\d{4}-/.test(file));
  const name = `${String(existing.length + 1).padStart(4, '0')}-${title}`;
  const list = (sql: readonly string[]) => sql.map((statement) => `    ${JSON.stringify(statement)},`).join('\n');
  writeFileSync(
    join(folder, `${name}.ts`),
    `import type { Migration } from '../../../shared/database/migrations';

export const migration: Migration = {
  name: '${name}',
  mysql: [
${list(statements.mysql)}
  ],
  sqlite: [
${list(statements.sqlite)}
  ],
};
`,
  );
  const index = join(folder, 'migrations.ts');
  const variable = `m${name.slice(0, 4)}`;
  const before = readFileSync(index, 'utf8');
  const after = before
    .replace(
      /(import type \{ Migration \}[^\n]*\n(?:import [^\n]*\n)*)/,
      `$1import { migration as ${variable} } from './${name}';\n`,
    )
    .replace(
      /\[([^\]]*)\];/,
      (_match, inside: string) =>
        `[${[
          ...inside
            .split(',')
            .map((part) => part.trim())
            .filter(Boolean),
          variable,
        ].join(', ')}];`,
    );
  writeFileSync(index, after);
  return join('subgraphs', subgraph, 'migrations', `${name}.ts`);
}
