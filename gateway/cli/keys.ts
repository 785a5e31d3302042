import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { newKey, publicKey, readIdentityKeys } from '../../shared/identity/keys';

/** Public keys that are kept: a gateway of the one before the newest may still run. */
const MOST_KEYS = 3;

/** Writes a new pair of keys; public ones of before stay beside it. @returns the two files @throws OperatorError */
export async function writeKeys(folder: string): Promise<{ secret: string; open: string }> {
  mkdirSync(folder, { recursive: true });
  const [secret, open] = [join(folder, 'identity-key.json'), join(folder, 'identity-keys.json')];
  const before: readonly JWK[] = existsSync(open) ? readIdentityKeys(open).current.keys : [];
  const key = await newKey();
  // whoever verifies must know the key before anyone signs by it
  replace(open, { keys: [publicKey(key), ...before].slice(0, MOST_KEYS) }, 0o644);
  replace(secret, key, 0o600);
  return { secret, open };
}

function replace(file: string, content: object, mode: number): void {
  writeFileSync(`${file}.new`, JSON.stringify(content), { mode });
  renameSync(`${file}.new`, file);
}
