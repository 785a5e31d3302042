import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { OperatorError } from '../../shared/errors';
import { newKey, publicKey, readIdentityKeys, readPrivateKey } from '../../shared/identity/keys';

/** Public keys kept when a new one is added: gateways may still sign with the one before. */
const MAX_KEYS = 3;

const filesOf = (folder: string) => ({
  secret: join(folder, 'identity-key.json'),
  open: join(folder, 'identity-keys.json'),
});

/** Writes a new pair of keys; public ones of before stay beside it. @returns the two files @throws OperatorError */
export async function writeKeys(folder: string): Promise<{ secret: string; open: string }> {
  mkdirSync(folder, { recursive: true });
  const { secret, open } = filesOf(folder);
  const before: readonly JWK[] = existsSync(open) ? readIdentityKeys(open).current.keys : [];
  const key = await newKey();
  // whoever verifies must know the key before anyone signs by it
  replace(open, { keys: [publicKey(key), ...before].slice(0, MAX_KEYS) }, 0o644);
  replace(secret, key, 0o600);
  return { secret, open };
}

/** Removes every public key but that of the folder's private key. @returns how many were removed @throws OperatorError */
export function pruneKeys(folder: string): { removed: number; open: string } {
  const { secret, open } = filesOf(folder);
  const { kid } = readPrivateKey(secret, 'the private key');
  const { keys } = readIdentityKeys(open).current;
  const kept = keys.filter((key) => key.kid === kid);
  if (kept.length === 0)
    throw new OperatorError(
      `"${open}" does not have the public key of "${secret}"`,
      'Nothing was removed; run `ordergraph keys FOLDER` to add a new pair',
    );
  replace(open, { keys: kept }, 0o644);
  return { removed: keys.length - kept.length, open };
}

/** At once, so that no reader sees half of it. */
function replace(file: string, content: object, mode: number): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode });
  renameSync(`${file}.new`, file);
}
