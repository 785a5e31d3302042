import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { AuditLog } from '../../shared/audit/audit-log';
import { verifyRecord } from '../../shared/audit/verify';
import { systemClock } from '../../shared/clock';
import { OperatorError } from '../../shared/errors';
import { privateKeyIn, publicKey, readIdentityKeys, readPrivateKey } from '../../shared/identity/keys';
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
    const lock = takeLock(`${path}.lock`);
    // the log holds it: a lock that nobody holds is freed with the garbage
    if (lock) return AuditLog.open(`${path}.jsonl`, subgraph, key, systemClock, log, lock);
  }
}

async function sealingKey(folder: string): Promise<JWK> {
  const what = 'The key that seals the record';
  const named = process.env.ORDERGRAPH_AUDIT_KEY;
  if (named) return readPrivateKey(named, what);
  const key = await privateKeyIn(join(folder, 'audit-key.json'), what);
  writeFileSync(join(folder, 'audit-keys.json'), JSON.stringify({ keys: [publicKey(key)] }));
  return key;
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
