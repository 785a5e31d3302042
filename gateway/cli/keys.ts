import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import { OperatorError } from '../../shared/errors';
import { newKey, privateKeyIn, publicKey, readIdentityKeys, readPrivateKey } from '../../shared/identity/keys';

/** Public keys that are kept: a gateway that signs with the key before the newest may still run. */
const MAX_KEYS = 3;

/** The files of a folder of keys: one folder for each kind of process, which is all that it may read. */
export interface KeyFiles {
  /** Private: signs identities. For gateways. */
  readonly identityKey: string;
  /** Public: verifies identities. For subgraphs. */
  readonly identityKeys: string;
  /** Private: seals the audit record. For subgraphs. */
  readonly auditKey: string;
  /** Public: verifies the audit record that a process goes on with. For subgraphs. */
  readonly sealKeys: string;
  /** The same, by which gateways take seals of records. */
  readonly gatewaySealKeys: string;
  /** Public: verifies the audit record. For auditors. */
  readonly auditKeys: string;
}

export function keyFilesIn(folder: string): KeyFiles {
  return {
    identityKey: join(folder, 'gateways', 'identity-key.json'),
    identityKeys: join(folder, 'subgraphs', 'identity-keys.json'),
    auditKey: join(folder, 'subgraphs', 'audit-key.json'),
    sealKeys: join(folder, 'subgraphs', 'audit-keys.json'),
    gatewaySealKeys: join(folder, 'gateways', 'audit-keys.json'),
    auditKeys: join(folder, 'auditors', 'audit-keys.json'),
  };
}

/** Writes a new identity key and keeps the earlier public ones. Makes the key that seals the audit record if it is missing. @throws OperatorError */
export async function writeKeys(folder: string): Promise<KeyFiles> {
  const files = keyFilesIn(folder);
  for (const file of Object.values(files)) mkdirSync(dirname(file), { recursive: true });
  const { identityKey, identityKeys, auditKey, sealKeys, gatewaySealKeys, auditKeys } = files;
  const before: readonly JWK[] = existsSync(identityKeys) ? readIdentityKeys(identityKeys).current.keys : [];
  const key = await newKey();
  // a subgraph must know the key before a gateway signs with it
  replace(identityKeys, { keys: [publicKey(key), ...before].slice(0, MAX_KEYS) }, 0o644);
  replace(identityKey, key, 0o600);
  const seal = await privateKeyIn(auditKey, 'The key that seals the record');
  // what an earlier key has sealed is verified for as long as records are kept
  const sealed: readonly JWK[] = existsSync(auditKeys) ? readIdentityKeys(auditKeys).current.keys : [];
  const others = sealed.filter(({ kid }) => kid !== seal.kid);
  for (const file of [sealKeys, gatewaySealKeys, auditKeys])
    replace(file, { keys: [publicKey(seal), ...others] }, 0o644);
  return files;
}

/** Removes every public identity key but that of the private one. @returns how many were removed, and from which file @throws OperatorError */
export function pruneKeys(folder: string): { removed: number; identityKeys: string } {
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
  return { removed: keys.length - kept.length, identityKeys };
}

/** At once, so that no reader sees half of it. */
function replace(file: string, content: object, mode: number): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode });
  renameSync(`${file}.new`, file);
}
