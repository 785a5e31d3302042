import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import { OperatorError } from '#base/errors';
import {
  createSecretFile,
  newKey,
  privateKeyIn,
  publicKey,
  readIdentityKeys,
  readPrivateKey,
  readPublicKeys,
} from '#base/identity/keys';
import { readText } from '#base/read-text';
import { type SealKey, sealKeyOf } from '#kit/audit/seal';
import { newWrappingKey } from '#kit/encryption/wrapping-keys';
import { type SenderKey, senderKeysIn } from '#kit/events/event-keys';
import { EVENT_READERS, PROGRAMS } from './programs';

/** Public keys to keep: running gateways may still sign with the previous key. */
const MAX_KEYS = 3;

/** Files of a key folder, with a subfolder for each kind of process. A process needs access only to its own. */
export interface KeyFiles {
  /** Private key of gateways: signs callers' identities. */
  readonly identityKey: string;
  /** Public keys for subgraphs: verify callers' identities. */
  readonly identityKeys: string;
  /** Public keys for subgraphs: verify the audit record that a process resumes, and the seals of other records. */
  readonly sealKeys: string;
  /** The same keys for gateways, which verify the seals they receive. */
  readonly gatewaySealKeys: string;
  /** The same keys for auditors. */
  readonly auditKeys: string;
  /** Public keys for all readers of the event bus: verify what subgraphs send. */
  readonly eventKeys: string;
  /** Private key of the publisher of supergraphs: signs them. Anyone who has it decides what gateways serve. */
  readonly supergraphKey: string;
  /** Public keys for gateways: verify supergraphs. */
  readonly supergraphKeys: string;
  /** Secret keys of workforce: protect the personal data of candidates in its database. */
  readonly personKeys: string;
}

/** Private key of one subgraph: signs what it sends on the event bus. Anyone who has it can send events as that subgraph. */
export const eventKeyIn = (folder: string, subgraph: string): string =>
  join(folder, 'senders', subgraph, 'event-key.json');

/** Private key of one subgraph: seals its audit records. Anyone who has it can forge them. */
export const auditKeyIn = (folder: string, subgraph: string): string =>
  join(folder, 'senders', subgraph, 'audit-key.json');

/** Private key that sealed the records of all subgraphs in earlier releases. */
export const sharedAuditKeyIn = (folder: string): string => join(folder, 'subgraphs', 'audit-key.json');

export function keyFilesIn(folder: string): KeyFiles {
  return {
    identityKey: join(folder, 'gateways', 'identity-key.json'),
    identityKeys: join(folder, 'subgraphs', 'identity-keys.json'),
    sealKeys: join(folder, 'subgraphs', 'audit-keys.json'),
    gatewaySealKeys: join(folder, 'gateways', 'audit-keys.json'),
    auditKeys: join(folder, 'auditors', 'audit-keys.json'),
    eventKeys: join(folder, 'events', 'event-keys.json'),
    supergraphKey: join(folder, 'publishers', 'supergraph-key.json'),
    supergraphKeys: join(folder, 'gateways', 'supergraph-keys.json'),
    personKeys: join(folder, 'persons', 'person-keys.json'),
  };
}

/**
 * Writes a new identity key and keeps the earlier public ones. Creates the keys that seal audit records, sign events, and protect personal
 * data if they are missing. @param others subgraphs of other repositories, which get keys for their records @throws OperatorError
 */
export async function writeKeys(folder: string, others: readonly string[] = []): Promise<KeyFiles> {
  const files = keyFilesIn(folder);
  for (const file of Object.values(files)) mkdirSync(dirname(file), { recursive: true });
  const { identityKey, identityKeys, sealKeys, gatewaySealKeys, auditKeys, personKeys } = files;
  const previous: readonly JWK[] = existsSync(identityKeys) ? readIdentityKeys(identityKeys).current.keys : [];
  const key = await newKey();
  // a subgraph must know the key before a gateway signs with it
  replace(identityKeys, { keys: [publicKey(key), ...previous].slice(0, MAX_KEYS) }, 0o644);
  replace(identityKey, key, 0o600);
  await writeSealKeys(folder, [sealKeys, gatewaySealKeys, auditKeys], others);
  await writeEventKeys(folder);
  await writeSupergraphKeys(files);
  await createPersonKeys(personKeys);
  return files;
}

/**
 * Creates the private keys that seal the records of subgraphs if they are missing, and writes the public ones.
 * @param publicFiles hold the same keys. Keys already in the last file stay, since the records that they sealed are kept for years.
 * @param others subgraphs of other repositories
 * @throws OperatorError
 */
export async function writeSealKeys(
  folder: string,
  publicFiles: readonly string[],
  others: readonly string[] = [],
): Promise<void> {
  const current: SealKey[] = [];
  for (const subgraph of new Set([...PROGRAMS, ...others]))
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

/** The keys of a file. A key without a subgraph is from an earlier release, where one key sealed the records of all of them. */
function earlierSealKeys(file: string): readonly SealKey[] {
  if (!existsSync(file)) return [];
  const { keys } = readIdentityKeys(file).current as { readonly keys: readonly (JWK & Partial<SealKey>)[] };
  return keys.flatMap((key) =>
    (key.subgraph === undefined ? PROGRAMS : [key.subgraph]).map((name) => sealKeyOf(key, name)),
  );
}

/** Creates the key that signs supergraphs if it is missing. Earlier public keys stay, since gateways may still serve what they signed. */
async function writeSupergraphKeys({ supergraphKey, supergraphKeys }: KeyFiles): Promise<void> {
  const key = publicKey(await privateKeyIn(supergraphKey, 'The key that signs supergraphs'));
  const previous = existsSync(supergraphKeys)
    ? readPublicKeys(supergraphKeys, 'the keys of supergraphs').current.keys
    : [];
  const earlier = previous.filter(({ kid }) => kid !== key.kid);
  replace(supergraphKeys, { keys: [key, ...earlier].slice(0, MAX_KEYS) }, 0o644);
}

/** Creates missing event keys. Previous public keys stay until they are pruned, since they verify entries still on the bus. */
async function writeEventKeys(folder: string): Promise<void> {
  const { eventKeys } = keyFilesIn(folder);
  const previous = existsSync(eventKeys) ? senderKeysIn(readText(eventKeys, 'The public event keys')) : [];
  const [current, newKeys]: [SenderKey[], [file: string, key: JWK][]] = [[], []];
  for (const subgraph of EVENT_READERS) {
    const file = eventKeyIn(folder, subgraph);
    const key = existsSync(file) ? readPrivateKey(file, `the event key of ${subgraph}`) : await newKey();
    if (!existsSync(file)) newKeys.push([file, key]);
    current.push({ ...publicKey(key), subgraph });
  }
  const ids = new Set(current.map(({ kid }) => kid));
  const earlier = EVENT_READERS.flatMap((name) =>
    previous.filter(({ kid, subgraph }) => subgraph === name && !ids.has(kid)).slice(0, MAX_KEYS - 1),
  );
  // readers must know a key before a subgraph signs with it
  replace(eventKeys, { keys: [...current, ...earlier] }, 0o644);
  for (const [file, key] of newKeys) {
    mkdirSync(dirname(file), { recursive: true });
    replace(file, key, 0o600);
  }
}

/** Removes all public identity, event, and supergraph keys except those of the current private keys. @throws OperatorError */
export function pruneKeys(folder: string): readonly Pruned[] {
  return [pruneIdentityKeys(folder), ...pruneEventKeys(folder), ...pruneSupergraphKeys(folder)];
}

/** Number of keys removed from a file. */
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
  const remaining = keys.filter(({ kid }) => current.has(kid));
  replace(eventKeys, { keys: remaining }, 0o644);
  return [{ file: eventKeys, removed: keys.length - remaining.length }];
}

function pruneSupergraphKeys(folder: string): Pruned[] {
  const { supergraphKey, supergraphKeys } = keyFilesIn(folder);
  if (!existsSync(supergraphKey) || !existsSync(supergraphKeys)) return [];
  const { kid } = readPrivateKey(supergraphKey, 'the key that signs supergraphs');
  const { keys } = readPublicKeys(supergraphKeys, 'the keys of supergraphs').current;
  const remaining = keys.filter((key) => key.kid === kid);
  if (remaining.length === 0) return [];
  replace(supergraphKeys, { keys: remaining }, 0o644);
  return [{ file: supergraphKeys, removed: keys.length - remaining.length }];
}

function pruneIdentityKeys(folder: string): Pruned {
  const { identityKey, identityKeys } = keyFilesIn(folder);
  const { kid } = readPrivateKey(identityKey, 'the private key');
  const { keys } = readIdentityKeys(identityKeys).current;
  const remaining = keys.filter((key) => key.kid === kid);
  if (remaining.length === 0)
    throw new OperatorError(
      `"${identityKeys}" does not contain the public key of "${identityKey}"`,
      'Nothing was removed; run `ordergraph keys FOLDER` to add a new pair',
    );
  replace(identityKeys, { keys: remaining }, 0o644);
  return { file: identityKeys, removed: keys.length - remaining.length };
}

/** Creates a file with one key that protects personal data, unless it exists. */
export async function createPersonKeys(file: string): Promise<void> {
  if (!existsSync(file)) createSecretFile(file, { keys: [await newWrappingKey()] });
}

/** Writes a file atomically, and only if its content changes. */
export function replace(file: string, content: object, mode: number): void {
  const text = JSON.stringify(content);
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  // processes of a development graph start at the same time
  const next = `${file}.${process.pid}.new`;
  writeFileSync(next, text, { mode });
  renameSync(next, file);
}
