import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { type Clock, SettableClock, systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { anchorOf } from '#kit/audit/anchor';
import { AuditLog, type AuditLogOptions } from '#kit/audit/audit-log';
import type { Entry, Happening, Seal } from '#kit/audit/entry';
import { filesOfRecord, indexPath } from '#kit/audit/parts';
import { sealingKeyOf, sealKeyOf } from '#kit/audit/seal';
import { SealExchange } from '#kit/audit/seal-exchange';
import { RecordSearch } from '#kit/audit/search';
import { verifyRecord } from '#kit/audit/verify';
import { InProcessBus } from '#kit/events/in-process-bus';
import { createLog } from '../../gateway/telemetry/log';
import { identityEnvironment } from '../support/identity';
import { recordingLog } from '../support/log';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

const silent = createLog('silent', 'test');
const ANN = parsePrincipal('role=intake-officer; subject=ann');
const read = (...keys: string[]): Happening => ({
  kind: 'read',
  objects: [{ type: 'Submission', sensitivity: 'PROPIN', keys, count: keys.length }],
});

let folder: string;
let file: string;
let key: JWK;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-record-'));
  file = join(folder, 'submissions.jsonl');
  key = await newKey();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: AuditLogOptions = {}, clock: Clock = systemClock, log = silent) =>
  AuditLog.open(file, 'submissions', key, clock, log, options);
const entriesOf = (path = file): Entry[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
const verify = () => verifyRecord(filesOfRecord(file), [sealKeyOf(key, 'submissions')]);

/** A record with this many reads. */
async function recordOf(count: number, options: AuditLogOptions = {}): Promise<void> {
  const audit = await open(options);
  for (let i = 0; i < count; i++) await audit.append(ANN, null, read(`sub_${i}`));
  await audit.close();
}

describe('seals', () => {
  test('seals after at most a thousand lines, even of lines written together', async () => {
    const audit = await open();
    await Promise.all(Array.from({ length: 3_500 }, (_, i) => audit.append(ANN, null, read(`s${i}`))));
    await audit.close();
    const seals = entriesOf().flatMap(({ kind, number }) => (kind === 'seal' ? [number] : []));
    expect(seals).toHaveLength(5);
    expect(Math.max(...seals.slice(1).map((number, place) => number - seals[place]!))).toBeLessThanOrEqual(1_001);
    expect((await verify()).flaw).toBeUndefined();
  });

  test('seals before a line that follows an unsealed one by over a minute', async () => {
    const clock = new SettableClock('2026-06-01T12:00:00.000Z');
    const audit = await open({}, clock);
    for (const minutes of [0.5, 0.5, 0.5, 5, 0]) {
      await audit.append(ANN, null, read('a'));
      clock.advance({ minutes });
    }
    await audit.close();
    const kinds = entriesOf().map(({ kind }) => kind);
    expect(kinds).toEqual(['seal', 'read', 'read', 'read', 'seal', 'read', 'seal', 'read', 'seal']);
    expect((await verify()).flaw).toBeUndefined();
  });

  test('ignores a clock that was in the future once for later seals', async () => {
    const clock = new SettableClock('2026-06-01T12:00:00.000Z');
    const audit = await open({}, clock);
    await audit.append(ANN, null, read('a'));
    clock.set('2031-01-01T00:00:00.000Z');
    await audit.append(ANN, null, read('b'));
    clock.set('2026-06-01T12:01:00.000Z');
    await audit.append(ANN, null, read('c'));
    clock.advance({ minutes: 1 });
    await audit.append(ANN, null, read('d'));
    const entries = await audit.search(
      { from: '2026-06-01T12:01:00.000Z', until: '2026-06-02T00:00:00.000Z' },
      { limit: 9 },
    );
    expect(entries.map(({ entry }) => entry.at)).toEqual(['2026-06-01T12:02:00.000Z', '2026-06-01T12:01:00.000Z']);
    await audit.close();
    const reads = entriesOf().filter(({ kind }) => kind === 'read');
    expect(reads.map(({ at, behind }) => [at, behind])).toEqual([
      ['2026-06-01T12:00:00.000Z', undefined],
      ['2031-01-01T00:00:00.000Z', undefined],
      ['2026-06-01T12:01:00.000Z', '2031-01-01T00:00:00.000Z'],
      ['2026-06-01T12:02:00.000Z', undefined],
    ]);
    expect(await verify()).toMatchObject({ flaw: undefined, setBack: 1 });
  });
});

describe('a process whose record was changed', () => {
  const resume = async (options: AuditLogOptions = {}) => {
    const { log, lines } = recordingLog();
    const audit = await open(options, systemClock, log);
    await audit.append(ANN, null, read('later'));
    await audit.close();
    return { breaches: audit.counts.breaches, lines };
  };

  test('continues in a new part whose first line says so, logs it, and keeps the old part', async () => {
    await recordOf(5);
    const changed = readFileSync(file, 'utf8').replace('sub_3', 'sub_x');
    writeFileSync(file, changed);
    const { breaches, lines } = await resume();
    expect(breaches).toBe(1);
    expect(JSON.stringify(lines)).toContain('record was changed; continuing in a new part');
    const [part] = filesOfRecord(file);
    expect(readFileSync(part!, 'utf8')).toBe(changed);
    const flaw = { file: 'submissions.jsonl', line: 5, what: 'it was changed after it was written' };
    expect(entriesOf()[0]).toMatchObject({ kind: 'seal', number: 8, breach: flaw });
    const { flaws } = await verify();
    expect(flaws).toEqual([
      { file: part, line: 5, what: 'it was changed after it was written' },
      { file, line: 1, what: expect.stringContaining('a process found the record broken before this part') },
    ]);
    // once; the next process finds the rest intact
    expect((await resume()).breaches).toBe(0);
    expect((await verify()).flaws).toHaveLength(2);
  });

  test.each([
    ['a line that it did not write', () => appendFileSync(file, `${readFileSync(file, 'utf8').split('\n')[2]}\n`)],
    ['an empty file', () => writeFileSync(file, '')],
    ['no file', () => rmSync(file)],
    [
      'a part that was cut',
      () => {
        const [part] = filesOfRecord(file);
        writeFileSync(part!, readFileSync(part!, 'utf8').split('\n').slice(0, 3).join('\n').concat('\n'));
      },
    ],
    ['a part that is missing', () => rmSync(filesOfRecord(file)[1]!)],
    ['a record of an earlier release', () => writeFileSync(file, '{"number":1,"at":"2026-01-01T00:00:00.000Z"}\n')],
  ])('detects %s when it opens its record', async (_what, change) => {
    await recordOf(40, { partBytes: 5_000 });
    change();
    expect((await resume()).breaches).toBe(1);
    expect((await verify()).flaws.length).toBeGreaterThanOrEqual(1);
    expect(entriesOf()[0]).toMatchObject({ breach: { what: expect.any(String) } });
  });

  test('seals the lines of a killed process and removes a partial line', async () => {
    const killed = await open();
    await killed.append(ANN, null, read('a'));
    appendFileSync(file, '{"number":3,"at":"2026');
    expect((await resume()).breaches).toBe(0);
    expect(entriesOf().map(({ kind }) => kind)).toEqual(['seal', 'read', 'seal', 'read', 'seal']);
    expect((await verify()).flaw).toBeUndefined();
  });

  test('recognizes the lines of a process that was killed after its key was replaced', async () => {
    let isRetired = false;
    const killed = await open({ isRetired: () => isRetired });
    await killed.append(ANN, null, read('before'));
    isRetired = true;
    await killed.append(ANN, null, read('after'));
    const keys = { current: [sealKeyOf(key, 'submissions')] };
    key = await newKey();
    const audit = await open({ keys });
    await audit.append(ANN, null, read('later'));
    await audit.close();
    await killed.close();
    expect(audit.counts.breaches).toBe(0);
    const all = [...keys.current, sealKeyOf(key, 'submissions')];
    expect((await verifyRecord(filesOfRecord(file), all)).flaws).toEqual([]);
  });

  test('continues after a key change with the old public key, and refuses without it', async () => {
    await recordOf(3);
    const before = sealKeyOf(key, 'submissions');
    key = await newKey();
    await expect(open()).rejects.toThrow(
      /is sealed with the key ".*", which is not configured\n?.*ORDERGRAPH_AUDIT_KEYS/s,
    );
    expect((await resume({ keys: { current: [before] } })).breaches).toBe(0);
    expect((await verifyRecord([file], [before, sealKeyOf(key, 'submissions')])).flaw).toBeUndefined();
  });

  test.each(['the event bus', 'the anchor'])('detects that its record is an older copy by %s', async (by) => {
    const board = new InProcessBus([]);
    const anchor = by === 'the anchor' ? anchorOf(join(folder, 'anchor.jsonl')) : undefined;
    const exchanged = async (audit: AuditLog) => {
      const exchange = new SealExchange({ audit, board: anchor ? undefined : board, anchor, log: silent });
      await exchange.round();
      await audit.close();
      await exchange.close();
    };
    await recordOf(3);
    const copy = readFileSync(file);
    await recordOf(3);
    const whole = await open();
    await exchanged(whole);
    expect(whole.counts.breaches).toBe(0);
    writeFileSync(file, copy);
    const restored = await open();
    await exchanged(restored);
    expect(restored.counts.breaches).toBe(1);
    const { flaw } = await verify();
    expect(flaw?.what).toMatch(new RegExp(`${by}.* holds seal number .*, which the record does not contain`));
  });
});

test('sends each new seal to the anchor URL without delaying requests', async () => {
  const seals: Seal[] = [];
  let refusals = 2;
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      refusals -= 1;
      if (refusals < 0) seals.push(JSON.parse(body) as Seal);
      response.writeHead(refusals < 0 ? 204 : 503).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const audit = await open();
  const { port } = server.address() as AddressInfo;
  const exchange = new SealExchange({ audit, anchor: anchorOf(`http://127.0.0.1:${port}/seals`), log: silent });
  const round = exchange.round();
  await audit.append(ANN, null, read('a'));
  // the anchor has rejected it so far, and the line is written
  expect(entriesOf().at(-1)?.kind).toBe('read');
  await round;
  await audit.close();
  await exchange.close();
  expect(seals.map(({ number }) => number)).toEqual([1, 3]);
  expect(seals.at(-1)).toEqual(entriesOf().at(-1));
  server.close();
});

describe('reads of many objects', () => {
  const keys = Array.from({ length: 25_000 }, (_, i) => `sub_${String(i).padStart(26, '0')}`);

  test('records reads of many objects in full, and repeated ones in a few bytes', async () => {
    const audit = await open();
    await audit.append(ANN, { request: 'r1', operation: null, address: null }, read(...keys));
    const bytes = statSync(file).size;
    await audit.append(ANN, { request: 'r2', operation: null, address: null }, read(...keys));
    expect(statSync(file).size - bytes).toBeLessThan(2_000);
    const entries = entriesOf();
    const recorded = entries.flatMap((entry) => (entry.kind === 'keys' ? entry.keys : []));
    expect(recorded).toEqual(keys);
    const [entry] = await audit.search({ objects: new Set([keys.at(-1)!, 'other']), request: 'r2' }, { limit: 5 });
    expect(entry).toMatchObject({ types: ['Submission'], entry: { objects: [{ count: 25_000 }] } });
    expect(entry!.entry).toMatchObject({ objects: [{ keys: keys.slice(0, 1_000) }] });
    expect(await audit.search({ object: 'sub_none' }, { limit: 5 })).toEqual([]);
    for (const oldest of [true, false])
      expect(await audit.search({ objects: new Set(keys) }, { limit: 0, oldest })).toEqual([]);
    await audit.close();
    expect((await verify()).flaw).toBeUndefined();
  });

  test('repeats object lists in each part so that old parts can be removed', async () => {
    const subset = keys.slice(0, 100);
    const audit = await open({ partBytes: 8_000 });
    for (let i = 0; i < 40; i++) await audit.append(ANN, null, read(...subset));
    await audit.close();
    const parts = filesOfRecord(file);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts.slice(0, -1))
      expect(entriesOf(part).filter(({ kind }) => kind === 'keys')).toHaveLength(1);
    rmSync(parts[0]!);
    expect((await verify()).flaw).toBeUndefined();
  });
});

describe('a search', () => {
  const PARTS = 12;
  let search: RecordSearch;
  beforeEach(async () => {
    const audit = await open({ partBytes: 40_000 });
    for (let i = 0; filesOfRecord(file).length <= PARTS; i++)
      await audit.append(ANN, { request: `r${i}`, operation: null, address: null }, read(`sub_${i % 500}`));
    await audit.close();
    search = new RecordSearch(folder, 'submissions', sealingKeyOf(key), silent);
  });
  const requests = async (object = 'sub_7') =>
    (await search.find({ object }, { limit: 100 })).map(({ entry }) => entry.origin?.request);

  test('reads only the lines that match a search', async () => {
    const matches = await requests();
    expect(matches.length).toBeGreaterThanOrEqual(2);
    expect(search.counts.linesRead).toBe(matches.length);
    expect(await requests('sub_none')).toEqual([]);
    expect(search.counts.linesRead).toBe(matches.length);
    const next = new RecordSearch(folder, 'submissions', sealingKeyOf(key), silent);
    expect(await next.find({ object: 'sub_7' }, { limit: 100 })).toHaveLength(matches.length);
    expect(next.counts.filesIndexed).toBe(0);
  });

  test('opens no index that was opened in the background before', async () => {
    await search.prepare();
    const { indexesOpened } = search.counts;
    expect(indexesOpened).toBe(filesOfRecord(file).length - 1);
    await requests();
    expect(search.counts.indexesOpened).toBe(indexesOpened);
  });

  test.each([
    ['is missing', (index: string) => rmSync(index)],
    ['is cut', (index: string) => writeFileSync(index, readFileSync(index).subarray(0, 500))],
    [
      'was changed in every block',
      (index: string) => {
        const bytes = readFileSync(index);
        for (let place = 0; place < bytes.length; place += 500) bytes[place]! ^= 1;
        writeFileSync(index, bytes);
      },
    ],
    [
      'has another block in the place of one',
      (index: string) => {
        const bytes = readFileSync(index);
        const { blocks } = JSON.parse(/\{"size".*\}(?=\n)/.exec(bytes.toString('latin1'))![0]);
        for (const name of Object.keys(blocks).filter((name) => name.startsWith('t')))
          bytes.fill(0, blocks[name][0], blocks[name][0] + blocks[name][1]);
        writeFileSync(index, bytes);
      },
    ],
    [
      'is that of another part',
      (index: string) => writeFileSync(index, readFileSync(indexPath(filesOfRecord(file)[1]!))),
    ],
  ])('finds the same lines when an index %s', async (_what, change) => {
    const matches = await requests();
    change(indexPath(filesOfRecord(file)[0]!));
    search = new RecordSearch(folder, 'submissions', sealingKeyOf(key), silent);
    expect(await requests()).toEqual(matches);
    expect(search.counts.filesIndexed).toBe(1);
  });
});

describeOnRedis('four processes and a gateway', () => {
  const NAMES = ['submissions', 'reviews', 'workforce', 'infrastructure'];
  let redis: PrivateRedis;
  beforeAll(async () => {
    requireCompiled();
    redis = await PrivateRedis.start();
  });
  afterAll(async () => {
    await killAll();
    await redis.stop();
  });

  test('detect an older copy of a record by the records of the others', async () => {
    const { environment } = await identityEnvironment();
    const anchor = join(folder, 'anchor.jsonl');
    const common = {
      ...environment,
      ORDERGRAPH_EVENTS_URL: redis.url,
      ORDERGRAPH_AUDIT: folder,
      ORDERGRAPH_FILES: folder,
    };
    const start = (name: string) => run(['subgraph', name, '--port', '0', '--data', folder], common);
    const subgraphs = NAMES.map(start);
    await Promise.all(subgraphs.map((subgraph) => waitForOutput(subgraph, /answers at (\S+)/)));
    const gateway = run(['gateway', '--port', String(await freePort())], {
      ...common,
      ORDERGRAPH_AUDIT_ANCHOR: anchor,
    });
    await waitForOutput(gateway, /The graph answers at/);
    const reviews = join(folder, 'reviews.jsonl');
    const copy = readFileSync(reviews);
    /** Whether a file contains seals of these records, and a late one of the record of reviews. */
    const holds = (path: string, names: readonly string[], after = 0) => {
      const lines = existsSync(path) ? entriesOf(path) : [];
      const seals = lines.flatMap((line) => (line.kind === 'head' ? line.head : line.kind === 'seal' ? line : []));
      return names.every((name) => seals.some(({ record, number }) => record === name && number > after));
    };
    await until(
      () => [...NAMES.map((name) => join(folder, `${name}.jsonl`)), anchor].every((path) => holds(path, NAMES)),
      () => "each record, and the gateway's anchor, hold seals of all",
    );
    const [, writer] = subgraphs;
    writer!.child.kill('SIGTERM');
    await writer!.ended;
    const last = entriesOf(reviews).at(-1)!.number;
    await until(
      () => [join(folder, 'workforce.jsonl'), anchor].every((path) => holds(path, ['reviews'], last - 1)),
      () => 'others hold the seal by which a record was closed',
    );
    const records = NAMES.map((name) => join(folder, `${name}.jsonl`));
    const command = ['audit', 'verify', ...records, '--keys', join(folder, 'keys', 'audit-keys.json')];
    const sound = run(command);
    expect([await sound.ended, sound.output()]).toEqual([0, expect.stringContaining('confirmed up to number')]);
    const withoutKeys = run(['audit', 'verify', ...records]);
    expect([await withoutKeys.ended, withoutKeys.output()]).toEqual([
      1,
      expect.stringContaining('No public keys to verify seals are configured'),
    ]);
    writeFileSync(reviews, copy);
    const rolledBack = run([...command, '--anchor', anchor]);
    const exitCode = await rolledBack.ended;
    for (const holder of ['record \\S+workforce.jsonl', 'anchor'])
      expect([exitCode, rolledBack.output()]).toEqual([
        1,
        expect.stringMatching(
          new RegExp(`reviews: the ${holder}.* holds seal number .*, which the record does not contain`),
        ),
      ]);
    const again = start('reviews');
    await waitForOutput(again, /record was changed; continuing in a new part/);
  });
});
