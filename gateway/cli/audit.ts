import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { systemClock } from '#base/clock';
import { OperatorError } from '#base/errors';
import { privateKeyOf, readPrivateKey, watchKeys } from '#base/identity/keys';
import { AuditLog } from '#kit/audit/audit-log';
import { SEAL_MS, type Seal } from '#kit/audit/entry';
import { linesOf } from '#kit/audit/lines';
import { filesOfRecord, indexPath, nextPath, recordName } from '#kit/audit/parts';
import { parseSeal, readSealKeys, type SealKey, type SealKeySource, SealKeys } from '#kit/audit/seal';
import { compareHeads, type Flaw, type Verification, verifyRecord } from '#kit/audit/verify';
import { Cursors } from '#kit/collection/cursor';
import { takeLock } from './data-folder';
import { requireFolder } from './folders';
import { auditKeyIn, writeSealKeys } from './keys';
import { configuredKeys } from './seals';
import { auditKeyVariable, type RecordSettings, type SettingsOf } from './settings';

/**
 * Opens the audit record of a subgraph process. The configured key of the subgraph seals it; in development, a key of the data folder.
 * @throws OperatorError
 */
export async function auditLog(subgraph: string, settings: RecordSettings, log: Logger): Promise<AuditLog> {
  const folder = settings.audit || join(settings.data, 'audit');
  requireFolder(folder, 'The audit record', 'ORDERGRAPH_AUDIT');
  const file = await sealingKeyFile(subgraph, settings);
  const current = watchKeys(file, SEALING_KEY, privateKeyOf, undefined);
  const key = current.current;
  const isRetired = () => current.current.kid !== key.kid;
  const keys = publicKeys(settings, log);
  if (keys) requireOwnKey(key, subgraph, keys);
  // each replica that shares a folder keeps its own record
  for (let replica = settings.auditReplica; ; replica++) {
    const path = join(folder, replica === 1 ? subgraph : `${subgraph}-${replica}`);
    const lock = takeLock(`${path}.lock`);
    // the log holds the lock: garbage collection would release an unreferenced one
    if (lock) return AuditLog.open(`${path}.jsonl`, subgraph, key, systemClock, log, { lock, keys, isRetired });
  }
}

/**
 * The cursors of a subgraph. Their key is derived from the one that seals its record, which its replicas already share.
 * @throws OperatorError
 */
export async function cursorsOf(subgraph: string, settings: RecordSettings): Promise<Cursors> {
  return Cursors.of(await sealingKey(subgraph, settings), subgraph);
}

const KEYS_HINT = '`ordergraph keys FOLDER` creates senders/<name>/audit-key.json for each subgraph';

const SEALING_KEY = 'the key that seals the record (ORDERGRAPH_AUDIT_KEY)';

/** The private key that seals the records of a subgraph. @throws OperatorError */
const sealingKey = async (subgraph: string, settings: RecordSettings): Promise<JWK> =>
  readPrivateKey(await sealingKeyFile(subgraph, settings), SEALING_KEY);

/** File of the private key that seals the records of a subgraph. @throws OperatorError */
async function sealingKeyFile(subgraph: string, { auditKey, nodeEnv, data }: RecordSettings): Promise<string> {
  if (auditKey !== '') return auditKey;
  if (nodeEnv === 'production')
    throw new OperatorError(
      'No key to seal the audit record is configured; production requires one',
      `Set ORDERGRAPH_AUDIT_KEY to the private key file of ${subgraph}; ${KEYS_HINT}`,
    );
  const folder = developmentKeys(data);
  await writeSealKeys(folder, [publicKeysIn(folder)], [subgraph]);
  return auditKeyIn(folder, subgraph);
}

/** The configured public keys that verify seals; in development, those of the data folder. @throws OperatorError */
function publicKeys(settings: RecordSettings, log: Logger): SealKeySource | undefined {
  const configured = configuredKeys(settings, log);
  if (configured || settings.auditKey !== '') return configured;
  return readSealKeys(publicKeysIn(developmentKeys(settings.data)), log);
}

const developmentKeys = (dataFolder: string): string => join(dataFolder, 'keys');
const publicKeysIn = (folder: string): string => join(folder, 'audit-keys.json');

/** @throws OperatorError when other processes would reject the seals of a subgraph, or another subgraph has the same key */
function requireOwnKey({ kid }: JWK, subgraph: string, source: SealKeySource): void {
  source.look?.();
  const listed = source.current.filter((key) => key.kid === kid).map((key) => key.subgraph);
  const other = listed.find((name) => name !== subgraph);
  if (other !== undefined)
    throw new OperatorError(
      `The key that seals the record of ${subgraph} is also a key of ${other}: each could forge the other's record`,
      `Give each subgraph its own key; ${KEYS_HINT}`,
    );
  if (listed.length === 0)
    throw new OperatorError(
      `The key that seals the record of ${subgraph} is not one of its public keys (ORDERGRAPH_AUDIT_KEYS): other processes would reject its seals`,
      'Use the files of one run of `ordergraph keys FOLDER`, with the private key of this subgraph',
    );
}

/** Checks the keys of subgraphs in one process. @throws OperatorError when two have the same key */
export async function requireOwnKeys(names: readonly string[], settingsOf: SettingsOf<RecordSettings>): Promise<void> {
  const byKey = new Map<string, string>();
  for (const name of names) {
    const { kid } = await sealingKey(name, settingsOf(name));
    const other = byKey.get(kid!);
    if (other !== undefined)
      throw new OperatorError(
        `The same key seals the records of ${other} and ${name}`,
        `Set ${auditKeyVariable('<name>')} to a different key for each; ${KEYS_HINT}`,
      );
    byKey.set(kid!, name);
  }
}

/** Public keys that verify seals. Never read from beside a record: a forger of the record could put keys there. @throws OperatorError */
function keysOf(file: string | undefined): readonly SealKey[] {
  if (file) return readSealKeys(file).current;
  throw new OperatorError(
    'No public keys to verify seals are configured',
    'Set --keys or ORDERGRAPH_AUDIT_KEYS to the public key file: `ordergraph keys FOLDER` creates auditors/audit-keys.json; a development graph has keys/audit-keys.json in its data folder',
  );
}

/** The files of a record, parts included. @throws OperatorError */
function filesOf(record: string): string[] {
  const files = existsSync(dirname(record)) ? filesOfRecord(record) : [];
  if (files.length === 0)
    throw new OperatorError(
      `Audit record "${record}" does not exist`,
      'Pass audit records, such as audit/reviews.jsonl',
    );
  return files;
}

/** The seals in an anchor file. @throws OperatorError */
async function sealsIn(file: string, keys: SealKeys): Promise<Seal[]> {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (!stats?.isFile())
    throw new OperatorError(
      stats ? `Anchor "${file}" is not a file` : `Anchor file "${file}" does not exist`,
      'Pass a file with one seal per line',
    );
  const seals: Seal[] = [];
  let flawed: number | undefined;
  let number = 0;
  for await (const text of linesOf(file)) {
    // the last line may still be incomplete, so only a flawed line before another is an error
    if (flawed !== undefined)
      throw new OperatorError(
        `Line ${flawed} of the anchor "${file}" is not a seal by one of the keys`,
        'Pass all keys that sealed records with --keys. If they are all there, the anchor was changed: use another one',
      );
    number += 1;
    const seal = parseSeal(text);
    if (seal && keys.isGenuine(seal)) seals.push(seal);
    else flawed = number;
  }
  return seals;
}

export interface VerifyOptions {
  /** File of the public keys. */
  readonly keys?: string;
  /** A hash that each record must contain. */
  readonly head?: string;
  /** Files of seals. */
  readonly anchor?: readonly string[];
  /** Years for which records are kept: parts that are older may have been removed. */
  readonly years: number;
}

/** Verifies records, each on its own, against the others, and against anchors. Prints the results. @returns whether all are intact */
export async function verifyRecords(
  records: readonly string[],
  options: VerifyOptions,
  now = new Date(),
): Promise<boolean> {
  const keys = keysOf(options.keys);
  const sealKeys = new SealKeys(keys);
  const anchors: [name: string, seals: Seal[]][] = [];
  for (const file of options.anchor ?? []) anchors.push([`the anchor ${file}`, await sealsIn(file, sealKeys)]);
  const verified: [record: string, files: string[], Verification][] = [];
  for (const record of records) {
    const files = filesOf(record);
    verified.push([record, files, await verifyRecord(files, keys, recordName(record))]);
  }
  let isIntact = true;
  for (const [record, files, result] of verified) {
    const others = verified.filter(([, , other]) => other !== result);
    const held = new Map([...anchors, ...others.map(([name, , { heads }]) => [`the record ${name}`, heads] as const)]);
    const anchoring = compareHeads(result, held);
    const flaws = [
      ...result.flaws,
      ...beginningFlaw(record, result, options.years, now),
      ...endFlaw(record, result, now),
      ...anchoring.flaws,
    ];
    if (flaws.length === 0 && options.head !== undefined && !(await hasHead(files, options.head)))
      flaws.push({ file: record, line: 0, what: `it does not contain the hash ${options.head}: its end was removed` });
    for (const flaw of flaws) print(flawText(flaw));
    if (flaws.length > 0) isIntact = false;
    else print(intactText(record, files, result, anchoring));
  }
  const results = verified.map(([, , result]) => result);
  const required = new Set<string>();
  for (const [anchor, seals] of anchors)
    for (const name of unnamed(results, keptSeals(seals, options.years, now))) {
      required.add(name);
      print(
        flawText({
          file: anchor,
          line: 0,
          what: `it has seals of the record "${name}", which is missing: pass it too`,
        }),
      );
    }
  for (const name of unnamed(
    results,
    [...anchors, ...results.map(({ heads }) => ['', heads] as const)].flatMap(([, seals]) => seals),
  ))
    if (!required.has(name))
      print(`Found seals of the record "${name}" but did not compare them: pass that record too`);
  return isIntact && required.size === 0;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const flawText = ({ file, line, what }: Flaw): string => `${file}: ${line > 0 ? `line ${line}: ` : ''}${what}`;

function intactText(
  record: string,
  files: readonly string[],
  { from, entries, sealed, head, setBack }: Verification,
  { by, upTo }: { readonly by: readonly string[]; readonly upTo: number },
): string {
  const where = files.length > 1 ? ` in ${files.length} files` : '';
  const start = from > 1 ? `, from number ${from} on` : '';
  const clock = setBack > 0 ? `; the clock was set back ${setBack} times` : '';
  const confirmation =
    by.length > 0
      ? `confirmed up to number ${upTo} by ${by.join(' and ')}`
      : 'no other record or anchor confirms where it ends';
  return `${record}: ${entries} entries${where}${start}, all intact; ${sealed} of them sealed${clock}; ${confirmation}; head ${head}`;
}

/** Only old parts may be removed. */
function beginningFlaw(file: string, { from, fromAt }: Verification, years: number, now: Date): Flaw[] {
  if (from === 1 || fromAt < yearsBefore(now, years)) return [];
  const what = `it begins with number ${from} of ${fromAt}, less than ${years} years ago: the entries before it were removed too early`;
  return [{ file, line: 0, what }];
}

/** A process seals its lines within a minute, unless it is killed. */
function endFlaw(file: string, { flaw, entries, sealed, unsealedAt }: Verification, now: Date): Flaw[] {
  if (flaw) return [];
  if (!existsSync(file) && !existsSync(nextPath(file)))
    return [{ file, line: 0, what: 'the current file is missing: only archived parts are left' }];
  if (unsealedAt === '' || Math.abs(now.getTime() - Date.parse(unsealedAt)) <= 2 * SEAL_MS) return [];
  const what = `its last ${entries - sealed} lines, from ${unsealedAt} on, have no seal. Its process was killed, or lines were added or removed; the process recognizes its own lines when it starts`;
  return [{ file, line: 0, what }];
}

function yearsBefore(now: Date, years: number): string {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() - years);
  return limit.toISOString();
}

/** Seals of entries that must still exist: a record may be removed as a whole when it is old enough. */
const keptSeals = (seals: readonly Seal[], years: number, now: Date): Seal[] =>
  seals.filter(({ at }) => at >= yearsBefore(now, years));

/** Names of the records of some seals that were not verified. */
function unnamed(verified: readonly Verification[], seals: readonly Seal[]): string[] {
  const names = new Set(seals.map(({ record }) => record));
  for (const { record } of verified) names.delete(record);
  return [...names].sort();
}

async function hasHead(files: readonly string[], head: string): Promise<boolean> {
  for (const file of files) for await (const text of linesOf(file)) if (text.endsWith(`"hash":"${head}"}`)) return true;
  return false;
}

/**
 * Removes the parts of records whose last entry is older than `years`: whole parts, oldest first, of intact records only.
 * @throws OperatorError for a record with a flaw, which stays unchanged
 */
export async function pruneRecords(
  records: readonly string[],
  { keys: file, years }: { readonly keys?: string; readonly years: number },
  now = new Date(),
): Promise<void> {
  const keys = keysOf(file);
  const limit = yearsBefore(now, years);
  for (const record of records) {
    const files = filesOf(record);
    const name = recordName(record);
    const { flaw } = await verifyRecord(files, keys, name);
    if (flaw)
      throw new OperatorError(flawText(flaw), 'Nothing was removed; first find out what happened to the record');
    let removed = 0;
    for (const part of files.filter((file) => file !== record)) {
      const { lastAt } = await verifyRecord([part], keys, name);
      if (lastAt === '' || lastAt >= limit) break;
      rmSync(part);
      rmSync(indexPath(part), { force: true });
      removed += 1;
    }
    print(`${record}: removed ${removed} parts older than ${years} years`);
  }
}
