import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettableClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { AuditLog } from '#kit/audit/audit-log';
import { filesOfRecord, indexPath } from '#kit/audit/parts';
import { sealingKeyOf, sealKeyOf } from '#kit/audit/seal';
import { RecordSearch, type SearchCriteria } from '#kit/audit/search';
import { verifyRecord } from '#kit/audit/verify';
import { createLog } from '../../gateway/telemetry/log';
import { parseOptions } from '../support/options';

/*
 * Writes a long record, then searches and verifies it:
 * `node dist/test/bench/record.js --entries 1000000 [--folder FOLDER]`, which is kept
 */
const options = parseOptions({ entries: { type: 'string', default: '100000' }, folder: { type: 'string' } });

const BATCH = 1_000;
const SUBJECTS = 2_000;
const OBJECTS = 50_000;

const log = createLog('silent', 'bench');

interface Cost {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function measured(work: () => Promise<void>): Promise<Cost> {
  const [from, cpu] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { seconds: (performance.now() - from) / 1_000, cpuSeconds: (user + system) / 1e6 };
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** One read of a few objects, sometimes of a page of them. */
function keysOf(entry: number): string[] {
  const count = entry % 100 === 0 ? 500 : 3;
  const first = (entry * 7_919) % OBJECTS;
  return Array.from({ length: count }, (_, place) => `sub_${String((first + place) % OBJECTS).padStart(26, '0')}`);
}

async function write(audit: AuditLog, clock: SettableClock, entries: number): Promise<void> {
  const callers = Array.from({ length: SUBJECTS }, (_, subject) =>
    parsePrincipal(`role=agency-reviewer; agency=${subject % 2 === 0 ? 'nsa' : 'dod'}; subject=subject-${subject}`),
  );
  for (let start = 0; start < entries; start += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, entries - start) }, (_, place) => {
      const entry = start + place;
      const keys = keysOf(entry);
      const objects = [{ type: 'Submission', sensitivity: 'PROPIN', keys, count: keys.length }] as const;
      const origin = { request: `request-${entry}`, operation: 'Dashboard', address: '192.0.2.1' };
      return audit.append(callers[(entry * 31) % SUBJECTS]!, origin, { kind: 'read', objects });
    });
    await Promise.all(batch);
    clock.advance({ minutes: 1 });
  }
}

async function main(): Promise<void> {
  const entries = Number(options.entries);
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ordergraph-record-'));
  const file = join(folder, 'submissions.jsonl');
  const key = await newKey();
  const clock = new SettableClock('2026-06-01T00:00:00.000Z');
  const audit = await AuditLog.open(file, 'submissions', key, clock, log);
  const writing = await measured(() => write(audit, clock, entries));
  print(
    `write: ${Math.round(entries / writing.seconds)} entries/s, ${((writing.cpuSeconds / entries) * 1e6).toFixed(1)} µs of CPU each`,
  );
  await audit.close();
  const files = filesOfRecord(file);
  const sizes = (paths: readonly string[]) =>
    paths.reduce((sum, path) => sum + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
  print(`record: ${files.length} files, ${Math.round(sizes(files) / 1e6)} MB`);
  const indexing = new RecordSearch(folder, 'submissions', sealingKeyOf(key), log);
  const indexed = await measured(async () => void (await indexing.find({ subject: 'none' }, { limit: 1 })));
  print(
    `index: ${indexed.seconds.toFixed(1)} s, ${indexed.cpuSeconds.toFixed(1)} s of CPU for ${indexing.counts.filesIndexed} files, ${Math.round(sizes(files.map(indexPath)) / 1e6)} MB`,
  );
  const search = new RecordSearch(folder, 'submissions', sealingKeyOf(key), log);
  const first = await measured(async () => void (await search.find({ subject: 'none' }, { limit: 1 })));
  print(`first search of a process, which opens the indexes: ${(first.seconds * 1_000).toFixed(0)} ms`);
  const object = `sub_${String(77).padStart(26, '0')}`;
  const sought: [string, SearchCriteria][] = [
    ['a subject', { subject: 'subject-77' }],
    ['a subject, none', { subject: 'absent' }],
    ['an object', { object }],
    [
      'seven objects',
      {
        kind: 'read',
        objects: new Set(Array.from({ length: 7 }, (_, i) => `${object.slice(0, -1)}${i}`)),
        byGovernment: true,
      },
    ],
    ['a request', { request: `request-${Math.floor(entries / 3)}` }],
    ['an agency before a day', { agency: 'dod', until: '2026-06-01T12:00:00.000Z' }],
  ];
  for (const [label, query] of sought) {
    const before = search.counts.linesRead;
    let count = 0;
    const cost = await measured(async () => {
      count = (await search.find(query, { limit: 25 })).length;
    });
    print(
      `search for ${label}: ${count} found, ${search.counts.linesRead - before} lines read, ${(cost.seconds * 1_000).toFixed(0)} ms, ${(cost.cpuSeconds * 1_000).toFixed(0)} ms of CPU`,
    );
  }
  const verified = await measured(async () => {
    const { flaw } = await verifyRecord(files, [sealKeyOf(key, 'submissions')]);
    if (flaw) throw new Error(flaw.what);
  });
  print(`verify: ${verified.seconds.toFixed(1)} s`);
  const opened = await measured(async () => {
    const again = await AuditLog.open(file, 'submissions', key, clock, log);
    await again.close();
  });
  print(`open and verify the written file: ${opened.seconds.toFixed(2)} s`);
  if (!options.folder) rmSync(folder, { recursive: true });
}

void main();
