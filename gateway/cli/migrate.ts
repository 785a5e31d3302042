import { existsSync } from 'node:fs';
import { Database } from '#kit/database/database';
import { type MigrationProgress, type MigrationState, migrationStates } from '#kit/database/migrations';
import { parseDatabaseUrl } from '#kit/database/url';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { databaseUrl, unlimited } from './databases';
import { loadSubgraph } from './load-subgraph';
import { PROGRAMS } from './programs';
import type { SettingsOf, StoreSettings } from './settings';

/** Milliseconds between lines of progress. */
const REPORT_EVERY_MS = 1_000;

type Say = (line: string) => void;

const toOutput: Say = (line) => process.stdout.write(`${line}\n`);

const chosenOf = (names: readonly string[]): Promise<Subgraph[]> =>
  Promise.all((names.length > 0 ? names : PROGRAMS).map(loadSubgraph));

/** Opens each database once: opening migrates it and writes its reference tables. @throws OperatorError */
export async function migrate(
  names: readonly string[],
  settingsOf: SettingsOf<StoreSettings>,
  say: Say = toOutput,
): Promise<void> {
  for (const subgraph of await chosenOf(names)) {
    const open = await subgraph.open({
      databaseUrl: databaseUrl(subgraph.name, settingsOf(subgraph.name)),
      limits: unlimited(settingsOf(subgraph.name)),
      onMigration: reporter(say),
    });
    await open.close();
    say(`${subgraph.name}: up to date`);
  }
}

/** Prints how far a migration is, now and then, and its end. */
function reporter(say: Say): (progress: MigrationProgress) => void {
  let reportedAt = performance.now();
  return ({ database, migration, done, total }) => {
    if (done < total && performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    say(`${database}: ${migration} ${done}/${total}`);
  };
}

/** Prints which migrations each database has had. Changes nothing. @throws OperatorError */
export async function migrationStatus(
  names: readonly string[],
  settingsOf: SettingsOf<StoreSettings>,
  say: Say = toOutput,
): Promise<void> {
  for (const subgraph of await chosenOf(names)) {
    say(`${subgraph.name}`);
    for (const state of await statesOf(subgraph, databaseUrl(subgraph.name, settingsOf(subgraph.name))))
      say(`  ${state.migration.padEnd(28)} ${describe(state)}`);
  }
}

async function statesOf({ name, parts }: Subgraph, url: string): Promise<MigrationState[]> {
  const { entities, migrations } = parts;
  const address = parseDatabaseUrl(url);
  // connecting would make the file
  if (address.kind === 'sqlite' && !existsSync(address.file))
    return migrations.map((migration) => ({ migration: migration.name, done: 0, total: migration.sqlite.length }));
  const database = await Database.connect({ url, name, entities, migrations });
  try {
    return await migrationStates(database.source, database.address, migrations);
  } finally {
    await database.close();
  }
}

function describe({ done, total }: MigrationState): string {
  if (done === total) return 'applied';
  return done === 0 ? 'pending' : `interrupted after ${done} of ${total} statements`;
}
