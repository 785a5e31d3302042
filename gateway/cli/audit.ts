import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { JWK } from 'jose';
import type { Logger } from 'pino';
import { systemClock } from '#base/clock';
import { OperatorError } from '#base/errors';
import { readPrivateKey } from '#base/identity/keys';
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
 * The record of a subgraph process. The configured key of this subgraph seals it; in development, one of the data folder.
 * @throws OperatorError
 */
export async function auditLog(subgraph: string, settings: RecordSettings, log: Logger): Promise<AuditLog> {
  const folder = settings.audit || join(settings.data, 'audit');
  requireFolder(folder, 'The record of reads and changes', 'ORDERGRAPH_AUDIT');
  const key = await sealingKey(subgraph, settings);
  const keys = publicKeys(settings, log);
  if (keys) requireOwnKey(key, subgraph, keys);
  // replicas that share a folder have a record each
  for (let replica = settings.auditReplica; ; replica++) {
    const path = join(folder, replica === 1 ? subgraph : `${subgraph}-${replica}`);
    const lock = takeLock(`${path}.lock`);
    // the log holds it: a lock that nobody holds is freed with the garbage
    if (lock) return AuditLog.open(`${path}.jsonl`, subgraph, key, systemClock, log, { lock, keys });
  }
}

/**
 * The cursors of a subgraph, under a key derived from the one that seals its record, which its replicas share already.
 * @throws OperatorError
 */
export async function cursorsOf(subgraph: string, settings: RecordSettings): Promise<Cursors> {
  return Cursors.of(await sealingKey(subgraph, settings), subgraph);
}

const ITS_KEY = '`ordergraph keys FOLDER` makes senders/<name>/audit-key.json for each subgraph';

/** The private key that seals the records of a subgraph. @throws OperatorError */
async function sealingKey(subgraph: string, { auditKey, nodeEnv, data }: RecordSettings): Promise<JWK> {
  if (auditKey !== '') return readPrivateKey(auditKey, 'the key that seals the record (ORDERGRAPH_AUDIT_KEY)');
  if (nodeEnv === 'production')
    throw new OperatorError(
      'No key that seals the record is configured, which production requires',
      `Set ORDERGRAPH_AUDIT_KEY to the file of a private key of ${subgraph}; ${ITS_KEY}`,
    );
  const folder = developmentKeys(data);
  await writeSealKeys(folder, [publicKeysIn(folder)]);
  return readPrivateKey(auditKeyIn(folder, subgraph), 'the key that seals the record');
}

/** The configured public keys that verify seals; in development, those of the data folder. @throws OperatorError */
function publicKeys(settings: RecordSettings, log: Logger): SealKeySource | undefined {
  const configured = configuredKeys(settings, log);
  if (configured || settings.auditKey !== '') return configured;
  return readSealKeys(publicKeysIn(developmentKeys(settings.data)), log);
}

const developmentKeys = (dataFolder: string): string => join(dataFolder, 'keys');
const publicKeysIn = (folder: string): string => join(folder, 'audit-keys.json');

/** @throws OperatorError when the others would refuse the seals of a subgraph, or its key is that of another, too */
function requireOwnKey({ kid }: JWK, subgraph: string, source: SealKeySource): void {
  source.look?.();
  const listed = source.current.filter((key) => key.kid === kid).map((key) => key.subgraph);
  const other = listed.find((name) => name !== subgraph);
  if (other !== undefined)
    throw new OperatorError(
      `The key that seals the record of ${subgraph} is a key of ${other}, too: either could write the record of the other anew`,
      `Give each subgraph a key of its own; ${ITS_KEY}`,
    );
  if (listed.length === 0)
    throw new OperatorError(
      `The key that seals the record of ${subgraph} is not one of its public keys (ORDERGRAPH_AUDIT_KEYS); the others would refuse its seals`,
      'Use the files of one run of `ordergraph keys FOLDER`, and for each subgraph its own',
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
        `One key seals the records of ${other} and of ${name}`,
        `Name another one for each by ${auditKeyVariable('<name>')}; ${ITS_KEY}`,
      );
    byKey.set(kid!, name);
  }
}

/** Public keys of those who seal records: never from beside a record, where whoever writes the record may put his own. @throws OperatorError */
function keysOf(file: string | undefined): readonly SealKey[] {
  if (file) return readSealKeys(file).current;
  throw new OperatorError(
    'No keys to verify seals with are named',
    'Name the file of the public keys by --keys or ORDERGRAPH_AUDIT_KEYS: `ordergraph keys FOLDER` makes auditors/audit-keys.json; a development graph has keys/audit-keys.json in its data folder',
  );
}

/** The files of a record with its parts. @throws OperatorError */
function filesOf(record: string): string[] {
  const files = existsSync(dirname(record)) ? filesOfRecord(record) : [];
  if (files.length === 0)
    throw new OperatorError(`There is no record "${record}"`, 'Name records of subgraphs, such as audit/reviews.jsonl');
  return files;
}

/** The seals in a file of an anchor. @throws OperatorError */
async function sealsIn(file: string, keys: SealKeys): Promise<Seal[]> {
  if (!existsSync(file)) throw new OperatorError(`There is no anchor "${file}"`, 'Name a file of seals, one a line');
  const seals: Seal[] = [];
  let flawed: number | undefined;
  let number = 0;
  for await (const text of linesOf(file)) {
    // the last line may be one that is being written
    if (flawed !== undefined)
      throw new OperatorError(
        `Line ${flawed} of the anchor "${file}" is not a seal by one of the keys`,
        'Name all keys that sealed records by --keys. If they are there, the anchor was changed: use another one',
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
  /** A hash that the one record must have come to. */
  readonly head?: string;
  /** Files of seals. */
  readonly anchor?: readonly string[];
  /** Records may begin with a part when what was before it is older than this. */
  readonly years: number;
}

/** Verifies records, each by itself, by the others and by anchors, and says how each is. @returns whether all are as they were written */
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
  let sound = true;
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
      flaws.push({ file: record, line: 0, what: `it has never come to ${options.head}: its end was taken away` });
    for (const flaw of flaws) print(flawText(flaw));
    if (flaws.length > 0) sound = false;
    else print(soundText(record, files, result, anchoring));
  }
  for (const name of unnamed(
    verified.map(([, , result]) => result),
    anchors,
  ))
    print(`Seals of the record "${name}" were found and not compared: name it, too`);
  return sound;
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

const flawText = ({ file, line, what }: Flaw): string => `${file}: ${line > 0 ? `line ${line}: ` : ''}${what}`;

function soundText(
  record: string,
  files: readonly string[],
  { from, entries, sealed, head, setBack }: Verification,
  { by, upTo }: { readonly by: readonly string[]; readonly upTo: number },
): string {
  const where = files.length > 1 ? ` in ${files.length} files` : '';
  const begins = from > 1 ? `, from number ${from} on` : '';
  const clock = setBack > 0 ? `; the clock was set back ${setBack} times` : '';
  const vouched =
    by.length > 0
      ? `${by.join(' and ')} ${by.length > 1 ? 'vouch' : 'vouches'} for it up to number ${upTo}`
      : 'nothing outside of it vouches for its end';
  return `${record}: ${entries} entries${where}${begins}, as they were written; ${sealed} of them under a seal${clock}; ${vouched}; head ${head}`;
}

/** Parts are removed when they are old; what is younger was taken away. */
function beginningFlaw(file: string, { from, fromAt }: Verification, years: number, now: Date): Flaw[] {
  if (from === 1 || fromAt < yearsBefore(now, years)) return [];
  const what = `it begins with number ${from} of ${fromAt}: what was before it is younger than ${years} years and was taken away`;
  return [{ file, line: 0, what }];
}

/** A process seals what it has written within a minute, unless it is killed. */
function endFlaw(file: string, { flaw, entries, sealed, unsealedAt }: Verification, now: Date): Flaw[] {
  if (flaw) return [];
  if (!existsSync(file) && !existsSync(nextPath(file)))
    return [{ file, line: 0, what: 'the file that is written is missing: there are only parts that were put away' }];
  if (unsealedAt === '' || Math.abs(now.getTime() - Date.parse(unsealedAt)) <= 2 * SEAL_MS) return [];
  const what = `a seal is missing at its end: its last ${entries - sealed} lines, from ${unsealedAt} on, have none. Its process was killed, or the lines were added or cut off; the process knows its own lines when it starts`;
  return [{ file, line: 0, what }];
}

function yearsBefore(now: Date, years: number): string {
  const limit = new Date(now);
  limit.setUTCFullYear(limit.getUTCFullYear() - years);
  return limit.toISOString();
}

/** Names of records whose seals are held, and which are not verified. */
function unnamed(
  verified: readonly Verification[],
  anchors: readonly (readonly [string, readonly Seal[]])[],
): string[] {
  const held = [...anchors.flatMap(([, seals]) => seals), ...verified.flatMap(({ heads }) => heads)];
  const names = new Set(held.map(({ record }) => record));
  for (const { record } of verified) names.delete(record);
  return [...names].sort();
}

async function hasHead(files: readonly string[], head: string): Promise<boolean> {
  for (const file of files) for await (const text of linesOf(file)) if (text.endsWith(`"hash":"${head}"}`)) return true;
  return false;
}

/**
 * Removes the parts of records whose last entry is older than so many years: whole parts, oldest first, of sound records only.
 * @throws OperatorError of a record that is not as it was written, which is kept as it is
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
      throw new OperatorError(flawText(flaw), 'Nothing was removed: find out first what happened to the record');
    let removed = 0;
    for (const part of files.filter((file) => file !== record)) {
      const { lastAt } = await verifyRecord([part], keys, name);
      if (lastAt === '' || lastAt >= limit) break;
      rmSync(part);
      rmSync(indexPath(part), { force: true });
      removed += 1;
    }
    print(`${record}: ${removed} parts older than ${years} years removed`);
  }
}
