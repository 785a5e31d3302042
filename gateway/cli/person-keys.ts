import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { readText } from '#base/read-text';
import { Database } from '#kit/database/database';
import { PersonKey } from '#kit/encryption/person-key';
import { type KeyUse, keyUses, rewrapAll } from '#kit/encryption/rotation';
import {
  newWrappingKey,
  readWrappingKeys,
  type WrappingJwk,
  type WrappingKeys,
  wrappingJwksIn,
} from '#kit/encryption/wrapping-keys';
import type { Subgraph } from '#kit/subgraph/subgraph';
import { databaseUrl, unlimited } from './databases';
import { createPersonKeys, keyFilesIn, replace } from './keys';
import { loadSubgraph } from './load-subgraph';
import type { StoreSettings } from './settings';

type KeySettings = Pick<StoreSettings, 'personKeys' | 'data' | 'nodeEnv'>;

/** The subgraph with personal data. */
const SUBGRAPH = 'workforce';
/** Milliseconds after which every process has read a replaced file of keys. */
const RELOADED_MS = 3_000;
/** Milliseconds between progress lines. */
const REPORT_EVERY_MS = 1_000;

type Print = (line: string) => void;
const toOutput: Print = (line) => process.stdout.write(`${line}\n`);

/** File of the person keys: the configured one; in development, one of the data folder. @throws OperatorError */
function keyFileOf({ personKeys, data, nodeEnv }: KeySettings): string {
  if (personKeys !== '') return personKeys;
  if (nodeEnv === 'production')
    throw new OperatorError(
      'No keys to protect personal data are configured; production requires them',
      'Set ORDERGRAPH_PERSON_KEYS to their file; `ordergraph keys FOLDER` creates persons/person-keys.json',
    );
  return keyFilesIn(join(data, 'keys')).personKeys;
}

/** The keys that a subgraph with personal data needs; undefined for any other. @throws OperatorError */
export async function wrappingKeysOf(
  { parts }: Subgraph,
  settings: KeySettings,
  log?: Logger,
): Promise<WrappingKeys | undefined> {
  if (!parts.entities.includes(PersonKey)) return undefined;
  const file = keyFileOf(settings);
  if (settings.personKeys === '') await createPersonKeys(file);
  return readWrappingKeys(file, log);
}

/** Keys of a file, the current one first. @throws OperatorError */
function jwksIn(file: string): readonly WrappingJwk[] {
  const text = readText(file, 'The person keys (ORDERGRAPH_PERSON_KEYS)');
  try {
    return wrappingJwksIn(text);
  } catch (error) {
    throw new OperatorError(
      `"${file}" is not a file of person keys: ${(error as Error).message}`,
      'Restore it from a backup: the data that its keys protect cannot be read without them',
    );
  }
}

/** Runs work on the workforce database without migrating it, while other processes use it. */
async function withDatabase<T>(
  settings: StoreSettings,
  work: (database: Database, file: string) => Promise<T>,
): Promise<T> {
  const file = keyFileOf(settings);
  if (!existsSync(file))
    throw new OperatorError(`"${file}" does not exist`, 'Set ORDERGRAPH_PERSON_KEYS to the file of person keys');
  const { name, parts } = await loadSubgraph(SUBGRAPH);
  const { entities, migrations } = parts;
  const [url, limits] = [databaseUrl(name, settings), unlimited(settings)];
  const database = await Database.connect({
    url,
    name,
    entities,
    migrations,
    limits,
    wrappingKeys: readWrappingKeys(file),
  });
  try {
    return await work(database, file);
  } finally {
    await database.close();
  }
}

/**
 * Replaces the current person key, while processes read and write: adds a key to the file unless an interrupted rotation left one, and wraps
 * the data keys of all persons by it. @returns whether all were wrapped @throws OperatorError
 */
export function rotatePersonKeys(settings: StoreSettings, print: Print = toOutput): Promise<boolean> {
  return withDatabase(settings, async (database, file) => {
    const keys = database.wrappingKeys;
    const { id } = keys.current;
    const isUnfinished = (await keyUses(database)).some(({ keyId }) => keyId !== id && keys.find(keyId));
    if (isUnfinished) print(`Continuing the rotation to the key ${id}`);
    else await addKey(file, print);
    await sleep(isUnfinished ? 0 : RELOADED_MS);
    const unreadable = await rewrap(database, print);
    // a process that had not read the new file yet may have added persons
    if (!isUnfinished) await rewrap(database, () => {});
    if (unreadable > 0) {
      print(
        `${unreadable} persons have data keys that no key of "${file}" opens: restore the missing keys, then run this again`,
      );
      return false;
    }
    print('All data keys use the current key. `person-keys prune` removes the previous ones from the file');
    return true;
  });
}

async function addKey(file: string, print: Print): Promise<void> {
  const key = await newWrappingKey();
  replace(file, { keys: [key, ...jwksIn(file)] }, 0o600);
  print(`Added the key ${key.kid} to "${file}"`);
}

/** @returns the number of unreadable data keys */
async function rewrap(database: Database, print: Print): Promise<number> {
  const { id } = database.wrappingKeys.current;
  const others = (await keyUses(database)).filter(({ keyId }) => keyId !== id);
  const total = others.reduce((sum, { persons }) => sum + persons, 0);
  let reportedAt = performance.now();
  const { done, unreadable } = await rewrapAll(database, (progress) => {
    if (performance.now() - reportedAt < REPORT_EVERY_MS) return;
    reportedAt = performance.now();
    print(`Wrapped ${progress.done} of ${total} data keys again`);
  });
  print(`Wrapped ${done} of ${total} data keys again`);
  return unreadable;
}

/** Prints how many persons each key protects. @returns whether every used key is in the file @throws OperatorError */
export function printPersonKeys(settings: StoreSettings, print: Print = toOutput): Promise<boolean> {
  return withDatabase(settings, async (database, file) => {
    const uses = await keyUses(database);
    const jwks = jwksIn(file);
    for (const [place, { kid }] of jwks.entries())
      print(`${kid}: ${personsOf(uses, kid)} persons${place === 0 ? ', current' : ''}`);
    const missing = uses.filter(({ keyId }) => !jwks.some(({ kid }) => kid === keyId));
    for (const { keyId, persons } of missing)
      print(`${keyId}: ${persons} persons, MISSING from "${file}": their data cannot be read`);
    return missing.length === 0;
  });
}

const personsOf = (uses: readonly KeyUse[], id: string): number => uses.find(({ keyId }) => keyId === id)?.persons ?? 0;

/** Removes unused keys from the file, except the current one. @throws OperatorError */
export function prunePersonKeys(settings: StoreSettings, print: Print = toOutput): Promise<void> {
  return withDatabase(settings, async (database, file) => {
    const used = new Set((await keyUses(database)).map(({ keyId }) => keyId));
    const jwks = jwksIn(file);
    const remaining = jwks.filter(({ kid }, place) => place === 0 || used.has(kid));
    replace(file, { keys: remaining }, 0o600);
    const removed = jwks.length - remaining.length;
    print(`${file}: removed ${removed} ${removed === 1 ? 'key' : 'keys'}; ${remaining.length} remain`);
  });
}
