import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { JWK } from 'jose';
import { type Clock, SettableClock } from '#base/clock';
import { OperatorError } from '#base/errors';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { anchorOf } from '#kit/audit/anchor';
import { AuditLog, type AuditLogOptions } from '#kit/audit/audit-log';
import {
  type Entry,
  FIRST,
  lineOf,
  listDigest,
  type Proof,
  readLine,
  type Seal,
  type Unproved,
} from '#kit/audit/entry';
import { filesOfRecord, partPath } from '#kit/audit/parts';
import { parseSeal, type SealingKey, type SealKey, SealKeys, sealingKeyOf, sealKeyOf } from '#kit/audit/seal';
import { SealExchange } from '#kit/audit/seal-exchange';
import { InProcessBus } from '#kit/events/in-process-bus';
import { verifyRecords } from '../../gateway/cli/audit';
import { createLog } from '../../gateway/telemetry/log';
// lines name the roles of the government that a caller has: as long as in a process of the subgraph
import '../../subgraphs/submissions/roles';

/**
 * Manipulations of a record by someone who can write its files: `ordergraph audit verify` must detect each, at once and after the
 * process has continued the record. Only manipulations that leave no trace in the record may need the other records or the
 * anchor.
 */
const NAMES = ['submissions', 'reviews', 'workforce', 'infrastructure'];
const log = createLog('silent', 'test');
const MONDAY = '2026-06-01T12:00:00.000Z';
const EVE = 'eve';

/** Each subgraph seals with a key of its own. */
const keyOf = new Map<string, JWK>();
let publicKeys: readonly SealKey[];
/** The key of the manipulated record, of another subgraph, and of no subgraph. */
let stolen: SealingKey;
let neighbor: SealingKey;
let foreign: SealingKey;
let pristine: string;
let folder: string;
let anchor: string;
let keys: string;

/** Continues a record like a process of its subgraph. */
const openRecord = (name: string, into: string, clock: Clock, options: AuditLogOptions = {}) =>
  AuditLog.open(join(into, `${name}.jsonl`), name, keyOf.get(name)!, clock, log, {
    keys: { current: publicKeys },
    ...options,
  });

/**
 * Four processes read, seal, and exchange their seals.
 * @param minutes of the clock until each begins
 */
async function writeRecords(into: string, at = MONDAY): Promise<void> {
  const clock = new SettableClock(at);
  const board = new InProcessBus([]);
  const audits = new Map<string, AuditLog>();
  for (const name of NAMES) audits.set(name, await openRecord(name, into, clock, { partBytes: 22_500 }));
  const exchanges = [...audits.values()].map(
    (audit) => new SealExchange({ audit, board, anchor: anchorOf(join(into, 'anchor.jsonl')), log }),
  );
  for (let step = 0; step < 120; step++) {
    const principal = parsePrincipal(`role=intake-officer; subject=${step % 7 === 3 ? EVE : 'ann'}`);
    for (const [name, audit] of audits) {
      if (name !== 'submissions' && step % 10 > 0) continue;
      const ids = Array.from({ length: step % 5 === 0 ? 30 : 2 }, (_, place) => `sub_${step % 4}_${place}`);
      const objects = [{ type: 'Submission', sensitivity: 'PROPIN', keys: ids, count: ids.length }] as const;
      await audit.append(principal, { request: `r${step}`, operation: null, address: null }, { kind: 'read', objects });
    }
    clock.advance({ minutes: step % 15 === 14 ? 1.1 : 1 / 60 });
    if (step % 30 === 29) for (const exchange of exchanges) await exchange.round();
  }
  for (const audit of audits.values()) await audit.close();
  for (const exchange of exchanges) await exchange.close();
}

beforeAll(async () => {
  for (const name of NAMES) keyOf.set(name, await newKey());
  publicKeys = NAMES.map((name) => sealKeyOf(keyOf.get(name)!, name));
  stolen = sealingKeyOf(keyOf.get('submissions')!);
  neighbor = sealingKeyOf(keyOf.get('workforce')!);
  foreign = sealingKeyOf(await newKey());
  pristine = mkdtempSync(join(tmpdir(), 'ordergraph-records-'));
  await writeRecords(pristine);
  keys = join(pristine, 'keys.json');
  writeFileSync(keys, JSON.stringify({ keys: publicKeys }));
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-manipulated-'));
  cpSync(pristine, folder, { recursive: true });
  anchor = join(folder, 'anchor.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => rmSync(pristine, { recursive: true, force: true }));

const record = (name = 'submissions') => join(folder, `${name}.jsonl`);
const files = (name?: string) => filesOfRecord(record(name));
const linesOf = (file: string): string[] => readFileSync(file, 'utf8').split('\n').filter(Boolean);
const write = (file: string, lines: readonly string[]) =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
const change = (file: string, edit: (lines: string[]) => string[]) => write(file, edit(linesOf(file)));
const first = () => files()[0]!;
const second = () => files()[1]!;
const written = () => record();
const middle = (lines: readonly unknown[]) => Math.floor(lines.length / 2);
const isSeal = (line: string) => (JSON.parse(line) as Entry).kind === 'seal';
const isRead = (line: string) => line.includes('"kind":"read"');
const lastSealBefore = (lines: readonly string[], place: number) =>
  lines.findLastIndex((line, at) => at < place && isSeal(line));
const placeOf = (lines: readonly string[], is: (line: string) => boolean, from = 0) =>
  lines.findIndex((line, place) => place >= from && is(line));

/** The proofs available without a key: the existing ones. */
type Forger = SealingKey | undefined;

/** Lines with numbers, links, hashes, and, given a key, proofs recomputed over all files of the record. */
function forge(edit: (entries: Entry[], file: number) => Entry[], by?: Forger): void {
  let number = 0;
  let before = FIRST;
  for (const [place, file] of files().entries()) {
    const entries = edit(
      linesOf(file).map((line) => JSON.parse(line) as Entry),
      place,
    );
    const begin = { first: number + 1, previous: before };
    const lines = entries.map((entry) => {
      number += 1;
      const line = reforged(entry, number, before, begin, by);
      before = line.hash;
      return line.text;
    });
    write(file, lines);
  }
}

function reforged(
  entry: Entry,
  number: number,
  before: string,
  begin: { first: number; previous: string },
  by: Forger,
) {
  const { hash: _hash, mac, signature, ...fields } = entry as Entry & { mac?: string; signature?: string };
  const renewed = by && entry.kind === 'seal' ? { ...begin, keyId: by.id } : {};
  const prove = (text: string): Proof => {
    if (by) return entry.kind === 'seal' ? by.seal(text) : by.mac(text);
    return entry.kind === 'seal' ? ['signature', signature!] : ['mac', mac!];
  };
  return lineOf({ ...fields, number, before, ...renewed } as Unproved, prove);
}

const same = (entries: Entry[]) => entries;
const withoutEve = (entries: Entry[]) => entries.filter(({ who }) => who?.subject !== EVE);
const withoutSeals = (entries: Entry[]) => entries.filter(({ kind }) => kind !== 'seal');
const edited =
  (edit: (entry: Entry) => object, is = (entry: Entry): boolean => entry.kind === 'read', inFile = 1) =>
  (entries: Entry[], file: number) => {
    const place = file === inFile ? entries.findIndex((entry, at) => at >= 3 && is(entry)) : -1;
    return entries.map((entry, at) => (at === place ? ({ ...entry, ...edit(entry) } as Entry) : entry));
  };
const asAnn = edited(
  ({ who }) => ({ who: { ...who, subject: 'ann' } }),
  ({ who }) => who?.subject === EVE,
);
const shifted = (entries: Entry[]) =>
  entries.map((entry) => ({
    ...entry,
    at: `2025${entry.at.slice(4)}`,
    ...(entry.behind ? { behind: `2025${entry.behind.slice(4)}` } : {}),
  }));

/** A line of someone without the key that follows all others. */
function appendForged(count: number, sealBy?: SealingKey): void {
  const lines = linesOf(written());
  let last = JSON.parse(lines.at(-1)!) as Entry;
  const template = JSON.parse(lines.find(isRead)!) as Entry;
  const seal = JSON.parse(lines[0]!) as Seal;
  const add = (entry: object, prove: (text: string) => Proof) => {
    const { hash: _hash, mac: _mac, signature: _signature, ...fields } = entry as Record<string, unknown>;
    const next = { ...fields, number: last.number + 1, at: last.at, before: last.hash } as unknown as Unproved;
    const { text } = lineOf(next, prove);
    lines.push(text);
    last = JSON.parse(text) as Entry;
  };
  for (let i = 0; i < count; i++) add(template, () => ['mac', 'AAAAAAAAAAAAAAAAAAAAAA']);
  if (sealBy) add({ ...seal, keyId: sealBy.id }, sealBy.seal);
  write(written(), lines);
}

function inPlaceOf(target: string, source: string): void {
  writeFileSync(target, readFileSync(source));
}

/** The record at an earlier time: a part contains what was written by then. */
function rollBackTo(part: number): void {
  const all = files();
  for (const file of all.slice(part + 1)) rmSync(file);
  renameSync(all[part]!, written());
}

async function replaceByOlder(): Promise<void> {
  const older = mkdtempSync(join(tmpdir(), 'ordergraph-older-'));
  await writeRecords(older, '2026-05-01T12:00:00.000Z');
  for (const file of files()) rmSync(file);
  for (const file of filesOfRecord(join(older, 'submissions.jsonl'))) inPlaceOf(join(folder, basename(file)), file);
  rmSync(older, { recursive: true });
}

async function beginAnew(): Promise<void> {
  for (const file of files()) rmSync(file);
  rmSync(`${record()}.reserve`, { force: true });
  const audit = await openRecord('submissions', folder, new SettableClock('2026-06-02T12:00:00.000Z'));
  await audit.close();
}

type Found = 'alone' | 'by others' | 'by the anchor';

/** A part that claims to follow a broken one, with nothing before it. */
function beginBroken(by: SealingKey): void {
  const last = JSON.parse(linesOf(written()).at(-1)!) as Seal;
  for (const file of files()) rmSync(file);
  const { hash: _hash, signature: _signature, ...seal } = last;
  const number = last.number + 1;
  const breach = { file: 'submissions.jsonl', line: 3, what: 'it was changed after it was written' };
  const begin = { number, before: last.hash, first: number, previous: last.hash, keyId: by.id, breach };
  write(written(), [lineOf({ ...seal, ...begin } as Unproved, by.seal).text]);
}

/**
 * The manipulation, and what detects it first: the record alone, seals of it in other records, or those of the anchor.
 */
const MANIPULATIONS: readonly (readonly [kind: string, what: string, found: Found, () => void | Promise<void>])[] = [
  [
    'edit',
    'the subject of a line',
    'alone',
    () => change(first(), (all) => all.map((line) => line.replace(EVE, 'ann'))),
  ],
  [
    'edit',
    'the subject of the last read',
    'alone',
    () =>
      change(written(), (all) =>
        all.with(
          all.findLastIndex(isRead),
          all[all.findLastIndex(isRead)]!.replace(/"subject":"\w+"/, '"subject":"bob"'),
        ),
      ),
  ],
  [
    'edit',
    'the role of a line',
    'alone',
    () => change(second(), (all) => all.map((line) => line.replace('intake-officer', 'analyst'))),
  ],
  [
    'edit',
    'the key of an object',
    'alone',
    () => change(second(), (all) => all.with(placeOf(all, isRead), all[placeOf(all, isRead)]!.replace('sub_', 'sub-'))),
  ],
  [
    'edit',
    'the number of objects',
    'alone',
    () => change(second(), (all) => all.map((line) => line.replace('"count":2', '"count":1'))),
  ],
  [
    'edit',
    'a key in a list of keys',
    'alone',
    () =>
      change(first(), (all) =>
        all.map((line) => (line.includes('"kind":"keys"') ? line.replace('sub_', 'sub-') : line)),
      ),
  ],
  [
    'edit',
    'the request of a line',
    'alone',
    () => change(first(), (all) => all.map((line) => line.replace('"r3"', '"r4"'))),
  ],
  [
    'edit',
    'the number of a line',
    'alone',
    () => change(first(), (all) => all.map((line) => line.replace('{"number":5,', '{"number":6,'))),
  ],
  [
    'edit',
    'the code of a line',
    'alone',
    () =>
      change(second(), (all) => {
        const at = all.findIndex((line) => line.includes('"mac":"'));
        const altered = all[at]!.replace(/"mac":"./, (text) => `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`);
        return all.with(at, altered);
      }),
  ],
  [
    'edit',
    'the hash of a line',
    'alone',
    () => change(second(), (all) => all.with(3, all[3]!.replace(/"hash":"./, '"hash":"x'))),
  ],
  [
    'edit',
    'white space in a line',
    'alone',
    () => change(second(), (all) => all.with(3, all[3]!.replace('{"number"', '{ "number"'))),
  ],
  [
    'edit',
    'a second value of a member',
    'alone',
    () => change(second(), (all) => all.with(3, all[3]!.replace('{"number"', '{"subgraph":"x","number"'))),
  ],
  ['edit, hashes recomputed', 'the subject of a line of a part', 'alone', () => forge(asAnn)],
  [
    'edit, hashes recomputed',
    'the subject of a line of the written file',
    'alone',
    () => forge(edited(() => ({ who: null }), undefined, files().length - 1)),
  ],
  [
    'edit, hashes recomputed',
    'a list of keys and its digest',
    'alone',
    () =>
      forge((entries) =>
        entries.map((entry) => (entry.kind === 'keys' ? { ...entry, keys: ['x'], list: listDigest(['x']) } : entry)),
      ),
  ],
  [
    'edit, hashes recomputed',
    'the subgraph of all lines',
    'alone',
    () => forge((entries) => entries.map((entry) => ({ ...entry, subgraph: 'reviews' }))),
  ],
  ['cut', 'the first line', 'alone', () => change(first(), (all) => all.slice(1))],
  ['cut', 'a line in the middle', 'alone', () => change(second(), (all) => all.toSpliced(middle(all), 1))],
  ['cut', 'ten lines in the middle', 'alone', () => change(second(), (all) => all.toSpliced(5, 10))],
  ['cut', 'the last line of a part', 'alone', () => change(first(), (all) => all.slice(0, -1))],
  ['cut', 'the second half of a part', 'alone', () => change(second(), (all) => all.slice(0, middle(all)))],
  [
    'cut',
    'the end after a seal',
    'by the anchor',
    () => change(written(), (all) => all.slice(0, lastSealBefore(all, all.length - 1) + 1)),
  ],
  [
    'cut',
    'the end between seals',
    'alone',
    () => change(written(), (all) => all.slice(0, lastSealBefore(all, all.length - 1) + 3)),
  ],
  ['cut', 'the last seal', 'alone', () => change(written(), (all) => all.slice(0, -1))],
  ['cut', 'all of the written file but its first seal', 'by others', () => change(written(), (all) => all.slice(0, 1))],
  ['cut', 'the written file is emptied', 'alone', () => write(written(), [])],
  ['cut', 'a part is emptied', 'alone', () => write(second(), [])],
  [
    'cut',
    'all files are emptied',
    'alone',
    () => {
      for (const file of files()) write(file, []);
    },
  ],
  ['cut', 'the written file is removed', 'alone', () => rmSync(written())],
  ['cut', 'the first part is removed', 'alone', () => rmSync(first())],
  ['cut', 'a part in the middle is removed', 'alone', () => rmSync(second())],
  ['cut', 'the last part is removed', 'alone', () => rmSync(files().at(-2)!)],
  [
    'cut',
    'all parts are removed',
    'alone',
    () => {
      for (const file of files().slice(0, -1)) rmSync(file);
    },
  ],
  ['cut', 'the record as it was when its first part was full', 'by others', () => rollBackTo(0)],
  ['cut', 'the record as it was when its last part was full', 'by others', () => rollBackTo(files().length - 2)],
  ['cut', 'all files are removed, and a process begins a new record', 'by others', beginAnew],
  ['reorder', 'two lines', 'alone', () => change(second(), (all) => all.with(3, all[4]!).with(4, all[3]!))],
  [
    'reorder',
    'two lines, hashes recomputed',
    'alone',
    () => forge((all, file) => (file === 1 ? all.with(3, all[4]!).with(4, all[3]!) : all)),
  ],
  [
    'reorder',
    'the first and the last line of a part',
    'alone',
    () => change(second(), (all) => all.with(0, all.at(-1)!).with(-1, all[0]!)),
  ],
  ['reorder', 'all lines of a part', 'alone', () => change(second(), (all) => all.reverse())],
  ['insert', 'a repeated line', 'alone', () => change(second(), (all) => all.toSpliced(4, 0, all[4]!))],
  [
    'insert',
    'a repeated line, hashes recomputed',
    'alone',
    () => forge((all, file) => (file === 1 ? all.toSpliced(4, 0, all[4]!) : all)),
  ],
  ['insert', 'an empty line', 'alone', () => change(second(), (all) => all.toSpliced(4, 0, ' '))],
  ['insert', 'text that is not a line', 'alone', () => change(second(), (all) => all.toSpliced(4, 0, '{"number":1}'))],
  ['insert', 'a line at the end', 'alone', () => appendForged(1)],
  ['insert', 'more lines at the end than may be without a seal', 'alone', () => appendForged(1_001)],
  ['insert', 'a line at the end, sealed by another key', 'alone', () => appendForged(1, foreign)],
  [
    'splice',
    'the record of another subgraph under the name',
    'alone',
    () => {
      for (const file of files().slice(0, -1)) rmSync(file);
      inPlaceOf(written(), record('reviews'));
    },
  ],
  [
    'splice',
    'lines of another record',
    'alone',
    () => change(second(), (all) => all.toSpliced(4, 2, ...linesOf(record('reviews')).slice(4, 6))),
  ],
  ['splice', 'an earlier record of the same name and key', 'by others', replaceByOlder],
  ['splice', 'the record of another subgraph as a part', 'alone', () => inPlaceOf(second(), record('reviews'))],
  [
    'splice',
    'the record of another subgraph at the end',
    'alone',
    () => change(written(), (all) => [...all, ...linesOf(record('reviews'))]),
  ],
  [
    'parts',
    'two are swapped',
    'alone',
    () => {
      const [a, b] = [readFileSync(first()), readFileSync(second())];
      writeFileSync(first(), b);
      writeFileSync(second(), a);
    },
  ],
  ['parts', 'one is replaced by the one before it', 'alone', () => inPlaceOf(second(), first())],
  ['parts', 'one appears twice', 'alone', () => inPlaceOf(partPath(record(), 999_999), second())],
  [
    'parts',
    'one is joined to the one before it',
    'alone',
    () => {
      const all = linesOf(second());
      rmSync(second());
      change(first(), (lines) => [...lines, ...all]);
    },
  ],
  [
    'parts',
    'one is split at a seal',
    'alone',
    () => {
      const all = linesOf(second());
      const at = placeOf(all, isSeal, 1);
      write(second(), all.slice(0, at));
      write(partPath(record(), (JSON.parse(all[at]!) as Entry).number), all.slice(at));
    },
  ],
  ['parts', 'the written file takes the place of a part', 'alone', () => inPlaceOf(second(), written())],
  ['keys', 'all seals by another key', 'alone', () => forge(same, foreign)],
  [
    'keys',
    'all seals by another key under the name of the right one',
    'alone',
    () => forge(same, { ...foreign, id: stolen.id }),
  ],
  [
    'keys',
    'all seals by another key, which lies beside the record',
    'alone',
    () => {
      forge(same, foreign);
      writeFileSync(join(folder, 'audit-keys.json'), JSON.stringify({ keys: [foreign.publicKey] }));
    },
  ],
  ['keys', "a subject's lines removed, all else by another key", 'alone', () => forge(withoutEve, foreign)],
  ['key of another subgraph', 'all else recomputed', 'alone', () => forge(same, neighbor)],
  [
    'key of another subgraph',
    'all else recomputed, under the name of the right key',
    'alone',
    () => forge(same, { ...neighbor, id: stolen.id }),
  ],
  [
    'key of another subgraph',
    "a subject's lines removed, all else recomputed",
    'alone',
    () => forge(withoutEve, neighbor),
  ],
  ['key of another subgraph', 'the subject of a line, all else recomputed', 'alone', () => forge(asAnn, neighbor)],
  [
    'key of another subgraph',
    "a subject's lines removed, all else recomputed in the name of that subgraph",
    'alone',
    () => forge((all) => withoutEve(all).map((entry) => ({ ...entry, subgraph: 'workforce' })), neighbor),
  ],
  [
    'key of another subgraph',
    'the last lines removed, and a new seal',
    'alone',
    () => forge((all, file) => (file === files().length - 1 ? all.toSpliced(-4, 3) : all), neighbor),
  ],
  ['key of another subgraph', 'a line at the end, sealed', 'alone', () => appendForged(1, neighbor)],
  ['key of another subgraph', 'a part that declares the record before it broken', 'alone', () => beginBroken(neighbor)],
  ['seals', 'all removed', 'alone', () => forge(withoutSeals)],
  [
    'seals',
    "all and a subject's lines removed, renumbered, hashes recomputed",
    'alone',
    () => forge((all) => withoutSeals(withoutEve(all))),
  ],
  [
    'seals',
    "all and a subject's lines removed but the first of each file",
    'alone',
    () => forge((all) => [all[0]!, ...withoutSeals(withoutEve(all.slice(1)))]),
  ],
  [
    'seals',
    'one in the middle removed, hashes recomputed',
    'alone',
    () =>
      forge((all, file) =>
        file === 1 ? all.filter(({ kind }, at) => at === 0 || kind !== 'seal' || at === all.length - 1) : all,
      ),
  ],
  ['seals', 'the first of a part removed', 'alone', () => change(second(), (all) => all.slice(1))],
  [
    'seals',
    'one with the signature of another',
    'alone',
    () => {
      const otherProof = readLine(linesOf(first())[0]!)!.proof[1];
      forge(
        edited(
          () => ({ signature: otherProof }),
          ({ kind }) => kind === 'seal',
        ),
      );
    },
  ],
  ...(
    [
      ['carriage returns', '\r\n'],
      ['line separators of Unicode', '\u2028'],
    ] as const
  ).map(([label, separator]): (typeof MANIPULATIONS)[number] => [
    'edit',
    `${label} in place of line feeds`,
    'alone',
    () => change(second(), (all) => [all.join(separator)]),
  ]),
  [
    'seals',
    'one moved',
    'alone',
    () =>
      change(second(), (all) => {
        const at = placeOf(all, isSeal, 1);
        return all.toSpliced(at, 1).toSpliced(at - 1, 0, all[at]!);
      }),
  ],
  [
    'seals',
    'the date of one, hashes recomputed',
    'alone',
    () =>
      forge(
        edited(
          () => ({ at: '2026-06-01T13:00:00.000Z' }),
          ({ kind }) => kind === 'seal',
        ),
      ),
  ],
  [
    'clock',
    'a line is dated back',
    'alone',
    () => change(second(), (all) => all.with(4, all[4]!.replace('"at":"2026', '"at":"2025'))),
  ],
  [
    'clock',
    'a line is dated back, hashes recomputed',
    'alone',
    () => forge(edited(({ at }) => ({ at: `2025${at.slice(4)}` }))),
  ],
  [
    'clock',
    'a line is dated back and says so, hashes recomputed',
    'alone',
    () =>
      forge((all, file) =>
        file === 1
          ? all.map((entry, at) =>
              at === 4 ? { ...entry, at: `2025${entry.at.slice(4)}`, behind: all[3]!.at } : entry,
            )
          : all,
      ),
  ],
  ['clock', 'all lines are dated a year back, hashes recomputed', 'alone', () => forge(shifted)],
  ['clock', 'seals are dated a year back by a stolen key', 'by others', () => forge(shifted, stolen)],
  ['stolen key', "a subject's lines removed, all else recomputed", 'by others', () => forge(withoutEve, stolen)],
  ['stolen key', 'the subject of a line, all else recomputed', 'by others', () => forge(asAnn, stolen)],
  [
    'stolen key',
    'a line added, all else recomputed',
    'by others',
    () => forge((all, file) => (file === 0 ? all.toSpliced(4, 0, all[4]!) : all), stolen),
  ],
  [
    'stolen key',
    'the last lines removed, and a new seal',
    'by the anchor',
    () => forge((all, file) => (file === files().length - 1 ? all.toSpliced(-4, 3) : all), stolen),
  ],
];

/** What `audit verify` prints of flaws. */
async function flawsOf(records: readonly string[], anchors: readonly string[]): Promise<string[]> {
  const output = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  try {
    const isSound = await verifyRecords(records, { keys, anchor: anchors, years: 7 });
    const printed = output.mock.calls.map(([text]) => String(text).trim());
    expect(isSound).toBe(printed.every((line) => /, all intact;|^Found seals of the record/.test(line)));
    return printed.filter((line) => !/, all intact;|^Found seals of the record/.test(line));
  } finally {
    output.mockRestore();
  }
}

async function detectedBy(): Promise<Found | undefined> {
  if ((await flawsOf([record()], [])).length > 0) return 'alone';
  if ((await flawsOf(NAMES.map(record), [])).length > 0) return 'by others';
  return (await flawsOf(NAMES.map(record), [anchor])).length > 0 ? 'by the anchor' : undefined;
}

/**
 * Restarts the process with the current files.
 * @returns whether it refuses to start
 */
async function resume(): Promise<boolean> {
  try {
    const clock = new SettableClock('2026-06-03T12:00:00.000Z');
    const audit = await openRecord('submissions', folder, clock);
    await audit.append(null, null, { kind: 'read', objects: [] });
    await audit.close();
    return false;
  } catch (error) {
    if (error instanceof OperatorError) return true;
    throw error;
  }
}

const table: string[] = [];
afterAll(() => process.stdout.write(`${table.join('\n')}\n`));

test('verifies untouched records, also against each other', async () => {
  expect(files().length).toBeGreaterThanOrEqual(4);
  expect(await flawsOf(NAMES.map(record), [anchor])).toEqual([]);
  expect(MANIPULATIONS.length).toBeGreaterThanOrEqual(50);
  expect(readdirSync(folder).filter((file) => file.endsWith('.next'))).toEqual([]);
});

test('requires every record that an anchor has seals of, while its entries must be kept', async () => {
  const others = NAMES.filter((name) => name !== 'submissions').map(record);
  expect(await flawsOf(others, [])).toEqual([]);
  expect(await flawsOf(others, [anchor])).toEqual([
    expect.stringMatching(/anchor\.jsonl: it has seals of the record "submissions", which is missing: pass it too$/),
  ]);
  const output = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
  const old = new Date('2034-01-01T00:00:00.000Z');
  const verify = (passed: readonly string[], years: number) =>
    verifyRecords(passed, { keys, anchor: [anchor], years }, old).finally(() => output.mockClear());
  try {
    const isIntact = await verify(NAMES.map(record), 7);
    expect(await verify(others, 7)).toBe(isIntact);
    expect(await verify(others, 10)).toBe(false);
  } finally {
    output.mockRestore();
  }
});

test('rejects a folder as an anchor', async () => {
  await expect(flawsOf(NAMES.map(record), [folder])).rejects.toThrow(/^Anchor ".*" is not a file\n/);
});

test.each(MANIPULATIONS)(
  'detects a manipulation of a record as documented: %s, %s, found %s',
  async (kind, label, expected, manipulate) => {
    const before = JSON.stringify(files().map((file) => readFileSync(file, 'utf8')));
    await manipulate();
    expect(JSON.stringify(files().map((file) => readFileSync(file, 'utf8')))).not.toBe(before);
    const at = await detectedBy();
    table.push(`${kind}: ${label} — ${at}`);
    expect(at).toBe(expected);
    // the reaction of the process must not hide it
    const isRefused = await resume();
    if (!isRefused) expect(await detectedBy()).toBeDefined();
    expect(existsSync(`${record()}.next`)).toBe(false);
  },
);

describe('a seal signed with the key of another subgraph', () => {
  /** A seal of the record that would make the record look truncated if accepted. */
  const forged = (by: SealingKey, subgraph = 'submissions'): Seal => {
    const { hash: _hash, signature: _signature, ...seal } = JSON.parse(linesOf(written()).at(-1)!) as Seal;
    const later = { ...seal, subgraph, number: seal.number + 500, keyId: by.id };
    return parseSeal(lineOf(later as Unproved, by.seal).text)!;
  };
  const later = new SettableClock('2026-06-03T12:00:00.000Z');
  const headsIn = (file: string) =>
    linesOf(file)
      .map((line) => JSON.parse(line) as Entry)
      .flatMap((entry) => (entry.kind === 'head' ? entry.head.hash : []));

  test.each<[whose: string, outcome: 'taken' | 'refused', make: () => Seal]>([
    ['of the record itself', 'taken', () => forged(stolen)],
    ['of another subgraph', 'refused', () => forged(neighbor)],
    ['of another subgraph, under the name of the right key', 'refused', () => forged({ ...neighbor, id: stolen.id })],
    ['of another subgraph, and in its name', 'refused', () => forged(neighbor, 'workforce')],
    ['of nobody', 'refused', () => forged(foreign)],
  ])('handles a seal over the bus with the key %s: %s', async (_whose, outcome, make) => {
    const [seal, board] = [make(), new InProcessBus([])];
    await board.show(seal.subgraph, seal.record, JSON.stringify(seal));
    const audit = await openRecord('reviews', folder, later);
    const ofGateway = join(folder, 'gateway.jsonl');
    const keys = new SealKeys([], { current: publicKeys });
    const subgraph = new SealExchange({ audit, board, log });
    const gateway = new SealExchange({ board, anchor: anchorOf(ofGateway), keys, log });
    for (const exchange of [subgraph, gateway]) await exchange.round();
    await audit.close();
    for (const exchange of [subgraph, gateway]) await exchange.close();
    const isTaken = outcome === 'taken';
    expect([subgraph.counts.refused, gateway.counts.refused]).toEqual(isTaken ? [0, 0] : [1, 1]);
    expect(headsIn(record('reviews')).includes(seal.hash)).toBe(isTaken);
    expect(existsSync(ofGateway) && readFileSync(ofGateway, 'utf8').includes(seal.hash)).toBe(isTaken);
    const flaws = await flawsOf(NAMES.map(record), []);
    expect(flaws).toEqual(isTaken ? [expect.stringContaining('truncated or rewritten'), ...flaws.slice(1)] : []);
  });

  test('rejects a seal in the stream of another subgraph and still reads the others', async () => {
    const board = new InProcessBus([]);
    const [seal, misplaced] = [forged(stolen), forged(neighbor)];
    await board.show('infrastructure', 'x', '{}');
    await board.show('workforce', misplaced.record, JSON.stringify(misplaced));
    await board.show(seal.subgraph, seal.record, JSON.stringify(seal));
    const { shown } = board;
    jest.spyOn(board, 'shown').mockImplementation(async (subgraph) => {
      if (subgraph === 'infrastructure') throw new Error('the event bus has seals of 201 records');
      return shown.call(board, subgraph);
    });
    const audit = await openRecord('reviews', folder, later);
    const exchange = new SealExchange({ audit, board, log });
    await exchange.round();
    await audit.close();
    await exchange.close();
    expect(exchange.counts).toMatchObject({ received: 1, refused: 1, failures: 1 });
    expect(headsIn(record('reviews'))).toContain(seal.hash);
    expect(await board.shown('reviews')).toHaveLength(1);
  });

  test('remembers no seals that are no longer published', async () => {
    const board = new InProcessBus([]);
    const seal = JSON.stringify(forged(neighbor));
    await board.show('submissions', 'x', '{}');
    const shown = jest.spyOn(board, 'shown');
    const exchange = new SealExchange({ board, keys: new SealKeys([], { current: publicKeys }), log });
    for (const published of [[seal], [seal], [], [seal]]) {
      shown.mockImplementation(async (subgraph) => (subgraph === 'submissions' ? published : []));
      await exchange.round();
    }
    await exchange.close();
    expect(exchange.counts.refused).toBe(2);
  });

  test('reports a foreign seal only for the record that contains it', async () => {
    const head = forged(neighbor);
    // the holder of a subgraph's key can write it into the record of that subgraph
    const audit = await openRecord('workforce', folder, later);
    await audit.append(null, null, { kind: 'head', head });
    await audit.close();
    expect(await flawsOf(NAMES.map(record), [anchor])).toEqual([
      expect.stringMatching(
        /workforce\.jsonl: line \d+: it holds a seal of the record "submissions" .* the key of "workforce"/,
      ),
    ]);
  });

  test('does not report a truncated record because of a foreign seal', async () => {
    for (const by of [neighbor, foreign]) {
      const audit = await openRecord('submissions', folder, later);
      await audit.recall(forged(by), 'the event bus');
      await audit.close();
      expect(audit.counts.breaches).toBe(0);
    }
    expect(await flawsOf(NAMES.map(record), [anchor])).toEqual([]);
  });

  test('rejects an anchor that contains a foreign seal', async () => {
    const [before, after] = readFileSync(anchor, 'utf8').split(/(?<=\n)(?=.*\n$)/) as [string, string];
    writeFileSync(anchor, `${before}${JSON.stringify(forged(neighbor))}\n${after}`);
    await expect(flawsOf(NAMES.map(record), [anchor])).rejects.toThrow(/is not a seal by one of the keys/);
  });
});
