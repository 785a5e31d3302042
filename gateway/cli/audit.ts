import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { AuditLog } from '../../shared/audit/audit-log';
import { verifyRecord } from '../../shared/audit/verify';
import { systemClock } from '../../shared/clock';
import { OperatorError } from '../../shared/errors';
import { newKey, publicKey, readIdentityKeys } from '../../shared/identity/keys';
import { takeLock } from './data-folder';

const folderOf = (dataFolder: string): string => process.env.ORDERGRAPH_AUDIT ?? join(dataFolder, 'audit');

/**
 * The record of a subgraph process, in the folder that ORDERGRAPH_AUDIT names, else in the data folder. The key that seals it is in the
 * file that ORDERGRAPH_AUDIT_KEY names, else beside it, which is for development: who can write the record should not have its key.
 */
export async function auditLog(subgraph: string, dataFolder: string, log: Logger): Promise<AuditLog> {
  const folder = folderOf(dataFolder);
  mkdirSync(folder, { recursive: true });
  const key = await sealingKey(folder);
  // replicas that share a folder have a record each
  for (let replica = 1; ; replica++) {
    const path = join(folder, replica === 1 ? subgraph : `${subgraph}-${replica}`);
    // held for as long as the process lives, however it ends
    if (takeLock(`${path}.lock`)) return AuditLog.open(`${path}.jsonl`, subgraph, key, systemClock, log);
  }
}

async function sealingKey(folder: string): Promise<JWK> {
  const named = process.env.ORDERGRAPH_AUDIT_KEY;
  if (named) return JSON.parse(readFileSync(named, 'utf8'));
  const file = join(folder, 'audit-key.json');
  if (!existsSync(file)) {
    const key = await newKey();
    try {
      writeFileSync(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
      writeFileSync(join(folder, 'audit-keys.json'), JSON.stringify({ keys: [publicKey(key)] }));
    } catch (error) {
      // another process was first
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** Verifies records and says how each is. @returns whether all are as they were written */
export async function verifyRecords(
  files: readonly string[],
  options: { readonly keys?: string; readonly head?: string },
): Promise<boolean> {
  const keys = readIdentityKeys(options.keys ?? join(dirname(files[0]!), 'audit-keys.json')).current.keys;
  let sound = true;
  for (const file of files) {
    if (!existsSync(file)) throw new OperatorError(`There is no file "${file}"`, 'Name records of subgraphs');
    const { entries, sealed, head, flaw } = await verifyRecord(file, keys);
    if (flaw) process.stdout.write(`${file}: line ${flaw.line}: ${flaw.what}\n`);
    else if (options.head !== undefined && !readFileSync(file, 'utf8').includes(`"hash":"${options.head}"`))
      process.stdout.write(`${file}: it has never come to ${options.head}: its end was taken away\n`);
    else {
      process.stdout.write(
        `${file}: ${entries} entries, as they were written; ${sealed} of them under a signature; head ${head}\n`,
      );
      continue;
    }
    sound = false;
  }
  return sound;
}
