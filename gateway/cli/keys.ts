import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import { OperatorError } from '#base/errors';
import { newKey, privateKeyIn, publicKey, readIdentityKeys, readPrivateKey } from '#base/identity/keys';
import { readText } from '#base/read-text';
import { type SealKey, sealKeyOf } from '#kit/audit/seal';
import { type SenderKey, senderKeysIn } from '#kit/events/event-keys';
import { EVENT_READERS, PROGRAMS } from './programs';

/** Public keys that are kept: a gateway that signs with the key before the newest may still run. */
const MAX_KEYS = 3;

/** The files of a folder of keys: one folder for each kind of process, which is all that it may read. */
export interface KeyFiles {
  /** Private: signs identities. For gateways. */
  readonly identityKey: string;
  /** Public: verifies identities. For subgraphs. */
  readonly identityKeys: string;
  /** Public: verifies the audit record that a process goes on with, and seals of others. For subgraphs. */
  readonly sealKeys: string;
  /** The same, by which gateways take seals of records. */
  readonly gatewaySealKeys: string;
  /** Public: verifies the audit record. For auditors. */
  readonly auditKeys: string;
  /** Public: verifies what subgraphs put on the event bus. For all that read it. */
  readonly eventKeys: string;
}

/** Private: signs what one subgraph puts on the event bus. For that subgraph alone: whoever else has it can speak in its name. */
export const eventKeyIn = (folder: string, subgraph: string): string =>
  join(folder, 'senders', subgraph, 'event-key.json');

/** Private: seals the records of one subgraph. For that subgraph alone: whoever else has it can write them anew. */
export const auditKeyIn = (folder: string, subgraph: string): string =>
  join(folder, 'senders', subgraph, 'audit-key.json');

/** Private: sealed the records of all subgraphs in an earlier release. */
export const sharedAuditKeyIn = (folder: string): string => join(folder, 'subgraphs', 'audit-key.json');

export function keyFilesIn(folder: string): KeyFiles {
  return {
    identityKey: join(folder, 'gateways', 'identity-key.json'),
    identityKeys: join(folder, 'subgraphs', 'identity-keys.json'),
    sealKeys: join(folder, 'subgraphs', 'audit-keys.json'),
    gatewaySealKeys: join(folder, 'gateways', 'audit-keys.json'),
    auditKeys: join(folder, 'auditors', 'audit-keys.json'),
    eventKeys: join(folder, 'events', 'event-keys.json'),
  };
}

/**
 * Writes a new identity key and keeps the earlier public ones. Makes the keys that seal audit records, and those that sign events, where
 * they are missing. @throws OperatorError
 */
export async function writeKeys(folder: string): Promise<KeyFiles> {
  const files = keyFilesIn(folder);
  for (const file of Object.values(files)) mkdirSync(dirname(file), { recursive: true });
  const { identityKey, identityKeys, sealKeys, gatewaySealKeys, auditKeys } = files;
  const before: readonly JWK[] = existsSync(identityKeys) ? readIdentityKeys(identityKeys).current.keys : [];
  const key = await newKey();
  // a subgraph must know the key before a gateway signs with it
  replace(identityKeys, { keys: [publicKey(key), ...before].slice(0, MAX_KEYS) }, 0o644);
  replace(identityKey, key, 0o600);
  await writeSealKeys(folder, [sealKeys, gatewaySealKeys, auditKeys]);
  await writeEventKeys(folder);
  return files;
}

/**
 * Makes the keys that seal records of subgraphs where they are missing, and writes the public ones.
 * @param publicFiles hold the same keys; those that the last one held before stay: what they sealed is verified for as long as records
 * are kept @throws OperatorError
 */
export async function writeSealKeys(folder: string, publicFiles: readonly string[]): Promise<void> {
  const current: SealKey[] = [];
  for (const subgraph of PROGRAMS)
    current.push(
      sealKeyOf(
        await privateKeyIn(auditKeyIn(folder, subgraph), `The key that seals the record of ${subgraph}`),
        subgraph,
      ),
    );
  const isCurrent = new Set(current.map(sealKeyId));
  const earlier = earlierSealKeys(publicFiles.at(-1)!).filter((key) => !isCurrent.has(sealKeyId(key)));
  for (const file of publicFiles) replace(file, { keys: [...current, ...earlier] }, 0o644);
}

const sealKeyId = ({ kid, subgraph }: SealKey): string => `${subgraph} ${kid}`;

/** The keys of a file. In an earlier release one key sealed the records of all subgraphs: it is one of each. */
function earlierSealKeys(file: string): readonly SealKey[] {
  if (!existsSync(file)) return [];
  const { keys } = readIdentityKeys(file).current as { readonly keys: readonly (JWK & Partial<SealKey>)[] };
  return keys.flatMap((key) =>
    (key.subgraph === undefined ? PROGRAMS : [key.subgraph]).map((name) => sealKeyOf(key, name)),
  );
}

/** Makes the event keys that are missing. The public ones of before stay until they are pruned: entries on the bus were signed by them. */
async function writeEventKeys(folder: string): Promise<void> {
  const { eventKeys } = keyFilesIn(folder);
  const before = existsSync(eventKeys) ? senderKeysIn(readText(eventKeys, 'The public event keys')) : [];
  const [current, made]: [SenderKey[], [file: string, key: JWK][]] = [[], []];
  for (const subgraph of EVENT_READERS) {
    const file = eventKeyIn(folder, subgraph);
    const key = existsSync(file) ? readPrivateKey(file, `the event key of ${subgraph}`) : await newKey();
    if (!existsSync(file)) made.push([file, key]);
    current.push({ ...publicKey(key), subgraph });
  }
  const ids = new Set(current.map(({ kid }) => kid));
  const earlier = EVENT_READERS.flatMap((name) =>
    before.filter(({ kid, subgraph }) => subgraph === name && !ids.has(kid)).slice(0, MAX_KEYS - 1),
  );
  // readers must know a key before a subgraph signs with it
  replace(eventKeys, { keys: [...current, ...earlier] }, 0o644);
  for (const [file, key] of made) {
    mkdirSync(dirname(file), { recursive: true });
    replace(file, key, 0o600);
  }
}

/** Removes every public identity key, and every public event key, but those of the private ones. @throws OperatorError */
export function pruneKeys(folder: string): readonly Pruned[] {
  return [pruneIdentityKeys(folder), ...pruneEventKeys(folder)];
}

/** How many keys were removed from which file. */
export interface Pruned {
  readonly file: string;
  readonly removed: number;
}

function pruneEventKeys(folder: string): Pruned[] {
  const { eventKeys } = keyFilesIn(folder);
  if (!existsSync(eventKeys)) return [];
  const keys = senderKeysIn(readText(eventKeys, 'The public event keys'));
  const current = new Set(
    EVENT_READERS.map((name) => readPrivateKey(eventKeyIn(folder, name), `the event key of ${name}`).kid),
  );
  const kept = keys.filter(({ kid }) => current.has(kid));
  replace(eventKeys, { keys: kept }, 0o644);
  return [{ file: eventKeys, removed: keys.length - kept.length }];
}

function pruneIdentityKeys(folder: string): Pruned {
  const { identityKey, identityKeys } = keyFilesIn(folder);
  const { kid } = readPrivateKey(identityKey, 'the private key');
  const { keys } = readIdentityKeys(identityKeys).current;
  const kept = keys.filter((key) => key.kid === kid);
  if (kept.length === 0)
    throw new OperatorError(
      `"${identityKeys}" does not have the public key of "${identityKey}"`,
      'Nothing was removed; run `ordergraph keys FOLDER` to add a new pair',
    );
  replace(identityKeys, { keys: kept }, 0o644);
  return { file: identityKeys, removed: keys.length - kept.length };
}

/** At once, so that no reader sees half of it, and only if it changes. */
function replace(file: string, content: object, mode: number): void {
  const text = JSON.stringify(content);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  // processes of a development graph start at the same time
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, text, { mode });
  renameSync(next, file);
}
