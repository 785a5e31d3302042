import { existsSync } from 'node:fs';
import { Database } from '#kit/database/database';
import { type MigrationProgress, type MigrationState, migrationStates } from '#kit/database/migrations';
import { parseDatabaseUrl } from '#kit/database/url';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { databaseUrl, unlimited } from './databases';
import { loadSubgraph } from './load-subgraph';
import { wrappingKeysOf } from './person-keys';
import { PROGRAMS } from './programs';
import type { SettingsOf, StoreSettings } from './settings';

/** Milliseconds between progress lines. */
const REPORT_EVERY_MS = 1_000;

type Print = (line: string) => void;

const toOutput: Print = (line) => process.stdout.write(`${line}\n`);

const chosenOf = (names: readonly string[]): Promise<Subgraph[]> =>
  Promise.all((names.length > 0 ? names : PROGRAMS).map(loadSubgraph));

/** Opens each database, which migrates it and writes its reference tables. @throws OperatorError */
export async function migrate(
  names: readonly string[],
  settingsOf: SettingsOf<StoreSettings>,
  print: Print = toOutput,
): Promise<void> {
  for (const subgraph of await chosenOf(names)) {
    const open = await subgraph.open({
      databaseUrl: databaseUrl(subgraph.name, settingsOf(subgraph.name)),
      limits: unlimited(settingsOf(subgraph.name)),
      wrappingKeys: await wrappingKeysOf(subgraph, settingsOf(subgraph.name)),
      onMigration: reporter(print),
    });
    await open.close();
    print(`${subgraph.name}: up to date`);
  }
}

/** Prints the progress of a migration, at most once a second, and its end. */
function reporter(print: Print): (progress: MigrationProgress) => void {
  let reportedAt = performance.now();
  return ({ database, migration, done, total }) => {
    if (done < total && performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    print(`${database}: ${migration} ${done}/${total}`);
  };
}

/** Prints the state of each migration in each database. Changes nothing. @throws OperatorError */
export async function migrationStatus(
  names: readonly string[],
  settingsOf: SettingsOf<StoreSettings>,
  print: Print = toOutput,
): Promise<void> {
  for (const subgraph of await chosenOf(names)) {
    print(`${subgraph.name}`);
    for (const state of await statesOf(subgraph, databaseUrl(subgraph.name, settingsOf(subgraph.name))))
      print(`  ${state.migration.padEnd(28)} ${describe(state)}`);
  }
}

async function statesOf({ name, parts }: Subgraph, url: string): Promise<MigrationState[]> {
  const { entities, migrations } = parts;
  const address = parseDatabaseUrl(url);
  // connecting would create the file
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
