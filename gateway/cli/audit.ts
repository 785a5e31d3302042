import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { AuditLog } from '../../shared/audit/audit-log';
import { filesOfRecord } from '../../shared/audit/parts';
import { verifyRecord } from '../../shared/audit/verify';
import { systemClock } from '../../shared/clock';
import { Cursors } from '../../shared/collection/cursor';
import { OperatorError } from '../../shared/errors';
import { privateKeyIn, publicKey, readIdentityKeys, readPrivateKey } from '../../shared/identity/keys';
import { takeLock } from './data-folder';
import { requireFolder } from './folders';

const folderOf = (dataFolder: string): string => process.env.ORDERGRAPH_AUDIT ?? join(dataFolder, 'audit');

/**
 * The record of a subgraph process, in the folder that ORDERGRAPH_AUDIT names, else in the data folder. The key that seals it is in the
 * file that ORDERGRAPH_AUDIT_KEY names, else beside it, which is for development: who can write the record should not have its key.
 * @throws OperatorError
 */
export async function auditLog(subgraph: string, dataFolder: string, log: Logger): Promise<AuditLog> {
  const folder = folderOf(dataFolder);
  requireFolder(folder, 'The record of reads and changes', 'ORDERGRAPH_AUDIT');
  const key = await sealingKey(folder);
  // replicas that share a folder have a record each
  for (let replica = 1; ; replica++) {
    const path = join(folder, replica === 1 ? subgraph : `${subgraph}-${replica}`);
    const lock = takeLock(`${path}.lock`);
    // the log holds it: a lock that nobody holds is freed with the garbage
    if (lock) return AuditLog.open(`${path}.jsonl`, subgraph, key, systemClock, log, lock);
  }
}

/**
 * The cursors of a subgraph, under a key derived from the one that seals its record, which its replicas share already.
 * @throws OperatorError
 */
export async function cursorsOf(subgraph: string, dataFolder: string): Promise<Cursors> {
  return Cursors.of(await sealingKey(folderOf(dataFolder)), subgraph);
}

async function sealingKey(folder: string): Promise<JWK> {
  const what = 'the key that seals the record (ORDERGRAPH_AUDIT_KEY)';
  const { ORDERGRAPH_AUDIT_KEY: named, NODE_ENV } = process.env;
  if (named) return readPrivateKey(named, what);
  if (NODE_ENV === 'production')
    throw new OperatorError(
      'No key that seals the record is configured, which production requires',
      'Set ORDERGRAPH_AUDIT_KEY to the file of a private key; `ordergraph keys FOLDER` makes subgraphs/audit-key.json',
    );
  const key = await privateKeyIn(join(folder, 'audit-key.json'), what);
  writeFileSync(join(folder, 'audit-keys.json'), JSON.stringify({ keys: [publicKey(key)] }));
  return key;
}

const keysOf = (files: readonly string[], keys: string | undefined): readonly JWK[] =>
  readIdentityKeys(keys ?? join(dirname(files[0]!), 'audit-keys.json')).current.keys;

/** The files of a record with its parts. @throws OperatorError */
function filesOf(record: string): string[] {
  const files = existsSync(dirname(record)) ? filesOfRecord(record) : [];
  if (files.length === 0)
    throw new OperatorError(`There is no record "${record}"`, 'Name records of subgraphs, such as audit/reviews.jsonl');
  return files;
}

/** Verifies records and says how each is. @returns whether all are as they were written */
export async function verifyRecords(
  records: readonly string[],
  options: { readonly keys?: string; readonly head?: string },
): Promise<boolean> {
  const keys = keysOf(records, options.keys);
  let sound = true;
  for (const record of records) {
    const files = filesOf(record);
    const { from, entries, sealed, head, flaw } = await verifyRecord(files, keys);
    if (flaw) process.stdout.write(`${flaw.file}: line ${flaw.line}: ${flaw.what}\n`);
    else if (options.head !== undefined && !files.some((file) => hasHead(file, options.head!)))
      process.stdout.write(`${record}: it has never come to ${options.head}: its end was taken away\n`);
    else {
      const where = files.length > 1 ? ` in ${files.length} files` : '';
      const begins = from > 1 ? `, from number ${from} on` : '';
      process.stdout.write(
        `${record}: ${entries} entries${where}${begins}, as they were written; ${sealed} of them under a signature; head ${head}\n`,
      );
      continue;
    }
    sound = false;
  }
  return sound;
}

const hasHead = (file: string, head: string): boolean => readFileSync(file, 'utf8').includes(`"hash":"${head}"`);

/**
 * Removes the parts of records whose last entry is older than so many years: whole parts, oldest first, of sound records only.
 * @throws OperatorError of a record that is not as it was written, which is kept as it is
 */
export async function pruneRecords(
  records: readonly string[],
  { keys: file, years }: { readonly keys?: string; readonly years: number },
  now = new Date(),
): Promise<void> {
  const keys = keysOf(records, file);
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() - years);
  for (const record of records) {
    const files = filesOf(record);
    const { flaw } = await verifyRecord(files, keys);
    if (flaw)
      throw new OperatorError(
        `${flaw.file}: line ${flaw.line}: ${flaw.what}`,
        'Nothing was removed: find out first what happened to the record',
      );
    let removed = 0;
    for (const part of files.filter((file) => file !== record)) {
      const { lastAt } = await verifyRecord([part], keys);
      if (lastAt === '' || lastAt >= limit.toISOString()) break;
      rmSync(part);
      removed += 1;
    }
    process.stdout.write(`${record}: ${removed} parts older than ${years} years removed\n`);
  }
}
