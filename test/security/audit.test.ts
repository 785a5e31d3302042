import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { JWK } from 'jose';
import { fixedClock, systemClock } from '#base/clock';
import { originHeader, readOrigin } from '#base/http/origin';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { readSettings } from '#base/settings';
import { WITHHELD_HEADER } from '#base/withheld';
import { replaceExerciseRows } from '#domain/exercise/store';
import { AuditLog } from '#kit/audit/audit-log';
import type { Entry } from '#kit/audit/entry';
import { filesOfRecord } from '#kit/audit/parts';
import { sealingKeyOf, sealKeyOf } from '#kit/audit/seal';
import { type Position, RecordSearch, type SearchCriteria } from '#kit/audit/search';
import { verifyRecord } from '#kit/audit/verify';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { auditLog, pruneRecords, verifyRecords } from '../../gateway/cli/audit';
import { tellExercise } from '../../gateway/cli/exercise';
import { openSettings } from '../../gateway/cli/settings';
import { createLog } from '../../gateway/telemetry/log';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { databaseKinds, freshDatabases } from '../support/databases';
import { developer, Framework, INTAKE, MONDAY, reviewer } from '../support/framework';
import { INSPECTOR, TestIdentity } from '../support/identity';
import { AS_OF } from '../support/world';

const log = createLog('silent', 'test');
const ANN = parsePrincipal('role=intake-officer; subject=ann');
const read = (...keys: string[]) =>
  ({ kind: 'read', objects: [{ type: 'Submission', sensitivity: 'PROPIN', keys, count: keys.length }] }) as const;

let folder: string;
let file: string;
let key: JWK;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-audit-'));
  file = join(folder, 'submissions.jsonl');
  key = await newKey();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = () => AuditLog.open(file, 'submissions', key, systemClock, log);
const verify = () => verifyRecord(filesOfRecord(file), [sealKeyOf(key, 'submissions')]);
const lines = () => readFileSync(file, 'utf8').split('\n').filter(Boolean);

/** A record with this many reads, sealed. */
async function recordOf(count: number): Promise<void> {
  const audit = await open();
  await Promise.all(Array.from({ length: count }, (_, i) => audit.append(ANN, null, read(`sub_${i}`))));
  await audit.close();
}

test('writes reads to disk with caller and object before it answers, in a valid chain', async () => {
  const audit = await open();
  await audit.append(ANN, { request: 'r1', operation: 'Dashboard', address: '192.0.2.1' }, read('sub_1', 'sub_2'));
  expect(JSON.parse(lines()[0]!)).toMatchObject({ kind: 'seal', record: 'submissions', number: 1 });
  expect(JSON.parse(lines()[1]!)).toMatchObject({
    number: 2,
    subgraph: 'submissions',
    who: { subject: 'ann', roles: ['intake-officer'] },
    origin: { request: 'r1', operation: 'Dashboard', address: '192.0.2.1' },
    objects: [{ type: 'Submission', keys: ['sub_1', 'sub_2'], count: 2 }],
  });
  await Promise.all([audit.close(), audit.close()]);
  expect(await verify()).toMatchObject({ entries: 3, sealed: 3, flaw: undefined });
});

test('continues the record of the previous process, even after a cut-off line', async () => {
  await recordOf(3);
  appendFileSync(file, '{"number":5,"at":"2026');
  await recordOf(2);
  expect(await verify()).toMatchObject({ entries: 8, flaw: undefined });
});

test('keeps a separate record for each running replica that shares a folder', async () => {
  const settings = readSettings(openSettings, { data: folder, audit: folder }, {});
  const [first, second] = [await auditLog('reviews', settings, log), await auditLog('reviews', settings, log)];
  await Promise.all([first, second].map((writer) => writer.append(ANN, null, read('a'))));
  await first.close();
  const third = await auditLog('reviews', settings, log);
  await Promise.all([second.close(), third.close()]);
  const { keys } = JSON.parse(readFileSync(join(folder, 'keys', 'audit-keys.json'), 'utf8'));
  for (const name of ['reviews', 'reviews-2'])
    expect((await verifyRecord([join(folder, `${name}.jsonl`)], keys)).flaw).toBeUndefined();
});

test('writes the entries of a thousand concurrent requests together', async () => {
  const audit = await open();
  await Promise.all(Array.from({ length: 1_500 }, (_, i) => audit.append(ANN, null, read(`s${i}`))));
  await audit.close();
  const entries = lines().map((line) => JSON.parse(line) as Entry);
  expect(entries.filter(({ kind }) => kind === 'read')).toHaveLength(1_500);
  expect(entries.filter(({ kind }) => kind === 'seal').length).toBeGreaterThanOrEqual(3);
  expect((await verify()).flaw).toBeUndefined();
});

describe('a record in parts', () => {
  /** This many reads in a record that rotates its part every few thousand bytes. */
  const inParts = async (count: number, from = 0) => {
    const audit = await AuditLog.open(file, 'submissions', key, systemClock, log, { partBytes: 4_000 });
    for (let i = from; i < from + count; i++) await audit.append(ANN, null, read(`sub_${i}`));
    await audit.close();
  };

  test('verifies the chain across all parts of a record and across processes', async () => {
    await inParts(30);
    await inParts(30, 30);
    expect(filesOfRecord(file).length).toBeGreaterThan(3);
    const { from, flaw, entries, sealed } = await verify();
    expect([from, flaw, sealed]).toEqual([1, undefined, entries]);
    expect(entries).toBeGreaterThan(60);
  });

  test('continues a record after a process died while it rotated a part', async () => {
    await inParts(30);
    const before = await verify();
    renameSync(file, `${file}.next`);
    await inParts(5, 30);
    expect(await verify()).toMatchObject({ from: 1, flaw: undefined });
    expect((await verify()).entries).toBeGreaterThanOrEqual(before.entries + 6);
  });

  test('keeps writing to the same file when the part cannot be rotated', async () => {
    const audit = await AuditLog.open(file, 'submissions', key, systemClock, log, { partBytes: 2_000 });
    // a folder is in the way of the part
    mkdirSync(join(folder, 'submissions.from-000000000001.jsonl'));
    for (let i = 0; i < 20; i++) await audit.append(ANN, null, read(`sub_${i}`));
    await audit.close();
    expect(await verifyRecord([file], [sealKeyOf(key, 'submissions')])).toMatchObject({ from: 1, flaw: undefined });
    expect(lines().length).toBeGreaterThan(20);
  });

  test('detects a missing part in the middle, and reports that the oldest was removed', async () => {
    await inParts(60);
    const [first, second, third] = filesOfRecord(file) as [string, string, string];
    const original = readFileSync(second);
    rmSync(second);
    expect((await verify()).flaw).toMatchObject({ file: third, line: 1 });
    writeFileSync(second, original);
    rmSync(first);
    const { from, flaw } = await verify();
    expect([from > 1, flaw]).toEqual([true, undefined]);
    // the part that is now first must not be changed either
    write2(second, (all) => [all[0]!.replace(/"before":"./, '"before":"x'), ...all.slice(1)]);
    expect((await verify()).flaw).toMatchObject({ file: second, line: 1 });
  });

  test('removes old parts with the prune command, of valid records only', async () => {
    await inParts(60);
    const keys = join(folder, 'keys.json');
    writeFileSync(keys, JSON.stringify({ keys: [sealKeyOf(key, 'submissions')] }));
    const count = filesOfRecord(file).length;
    await pruneRecords([file], { keys, years: 7 });
    expect(filesOfRecord(file)).toHaveLength(count);
    const inEightYears = new Date(Date.now() + 8 * 366 * 86_400_000);
    const [first] = filesOfRecord(file) as [string];
    const original = readFileSync(first, 'utf8');
    writeFileSync(first, original.replace('ann', 'eve'));
    await expect(pruneRecords([file], { keys, years: 7 }, inEightYears)).rejects.toThrow(
      /changed after it was written/,
    );
    expect(filesOfRecord(file)).toHaveLength(count);
    writeFileSync(first, original);
    await pruneRecords([file], { keys, years: 7 }, inEightYears);
    expect(filesOfRecord(file)).toEqual([file]);
    expect((await verify()).flaw).toBeUndefined();
    const output = jest.spyOn(process.stdout, 'write').mockImplementation(() => true);
    const [removed, later] = [
      await verifyRecords([file], { keys, years: 7 }),
      await verifyRecords([file], { keys, years: 7 }, inEightYears),
    ];
    const printed = output.mock.calls.map(([text]) => String(text));
    output.mockRestore();
    expect([removed, later]).toEqual([false, true]);
    expect(printed).toEqual([
      expect.stringMatching(
        /it begins with number \d+ of .*, less than 7 years ago: the entries before it were removed too early/,
      ),
      expect.stringMatching(/from number \d+ on, all intact/),
    ]);
  });

  const write2 = (path: string, change: (all: string[]) => string[]) =>
    writeFileSync(
      path,
      change(readFileSync(path, 'utf8').split('\n').filter(Boolean))
        .map((line) => `${line}\n`)
        .join(''),
    );
});

test('finds entries in all parts and replicas, newest first, page by page', async () => {
  const principals = ['ann', 'ben', 'eve'].map((name) => parsePrincipal(`role=intake-officer; subject=${name}`));
  const replicas = [file, join(folder, 'submissions-2.jsonl'), join(folder, 'other.jsonl')];
  for (const [index, path] of replicas.entries()) {
    const audit = await AuditLog.open(path, 'submissions', key, systemClock, log, { partBytes: 3_000 });
    for (let i = 0; i < 25; i++) {
      await audit.append(
        principals[i % 3]!,
        { request: `r${i}`, operation: null, address: null },
        read(`sub_${i % 7}`),
      );
      if (index === 1)
        await audit.append(principals[i % 3]!, null, {
          kind: 'change',
          mutation: 'm',
          object: 'sub_1',
          replayed: false,
        });
    }
    await audit.close();
  }
  const all = replicas
    .slice(0, 2)
    .flatMap((path) => filesOfRecord(path))
    .flatMap((path) => readFileSync(path, 'utf8').split('\n').filter(Boolean))
    .map((line) => JSON.parse(line) as Entry)
    .filter(({ kind }) => kind !== 'seal');
  const cases: [SearchCriteria, (entry: Entry) => boolean][] = [
    [{}, () => true],
    [{ subject: 'ben' }, ({ who: one }) => one?.subject === 'ben'],
    [{ kind: 'change' }, ({ kind }) => kind === 'change'],
    [
      { object: 'sub_1' },
      (entry) => entry.kind === 'change' || (entry.kind === 'read' && entry.objects[0]!.keys.includes('sub_1')),
    ],
    [
      { object: 'sub_1', type: 'Submission' },
      (entry) => entry.kind === 'read' && entry.objects[0]!.keys.includes('sub_1'),
    ],
    [{ request: 'r3' }, ({ origin }) => origin?.request === 'r3'],
    [{ subject: 'nobody' }, () => false],
  ];
  const search = new RecordSearch(folder, 'submissions', sealingKeyOf(key), log);
  for (const [sought, fits] of cases) {
    const entries: Entry[] = [];
    let after: Position | undefined;
    for (;;) {
      const page = await search.find(sought, { limit: 4, before: after });
      entries.push(...page.map(({ entry }) => entry));
      after = page.at(-1)?.position;
      if (page.length < 4) break;
    }
    expect(new Set(entries.map(({ hash }) => hash))).toEqual(new Set(all.filter(fits).map(({ hash }) => hash)));
    expect(entries).toHaveLength(all.filter(fits).length);
    expect(entries.map(({ at }) => at)).toEqual(
      entries
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const backward: Entry[] = [];
    let before: Position | undefined;
    for (;;) {
      const page = await search.find(sought, { limit: 4, after: before, oldest: true });
      backward.unshift(...page.map(({ entry }) => entry));
      before = page[0]?.position;
      if (page.length < 4) break;
    }
    expect(backward).toEqual(entries);
  }
});

test('reads any origin back as it was written and never confuses two origins', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
      (text) => {
        const origin = { request: text.slice(0, 20) || null, operation: text.slice(20, 40) || null, address: '::1' };
        const whole = [origin.request, origin.operation].every((part) => part === null || part.isWellFormed());
        if (whole) expect(readOrigin(originHeader(origin))).toEqual(origin);
      },
    ),
  );
  expect([readOrigin('a'), readOrigin(undefined), readOrigin('%;%;%')]).toEqual([null, null, null]);
});

describe('a subgraph that keeps a record', () => {
  let identity: TestIdentity;
  let subgraph: OpenSubgraph;
  let close: () => Promise<void>;
  const start = async (path: string) => {
    identity = await TestIdentity.make();
    const databases = await freshDatabases('sqlite', ['submissions']);
    const audit = await AuditLog.open(path, 'submissions', key, systemClock, log);
    subgraph = await submissions.open({
      databaseUrl: databases.url('submissions'),
      clock: fixedClock(AS_OF),
      door: identity.doorOf('submissions'),
      audit,
    });
    await replaceExerciseRows(
      subgraph.database,
      submissions.parts.entities,
      tellExercise({ seed: 'test', scale: 1, asOf: AS_OF }).get('submissions')!,
    );
    close = async () => {
      await subgraph.close();
      await databases.drop();
    };
  };
  afterEach(() => close());
  const ask = async (query: string, caller: string | null, variables = {}) =>
    subgraph.execute({ query, variables, headers: await identity.signed('submissions', caller) });

  test('records reads of PROPIN fields with keys and without values, and no public reads', async () => {
    await start(file);
    await ask('{ developerOrganizations { nodes { legalName } } }', null);
    // released models, as the public sees them
    const released = '{ aiModels(filter: { publicName: { contains: "a" } }) { totalCount nodes { publicName } } }';
    for (const caller of [null, 'role=analyst; subject=analyst-1']) await ask(released, caller);
    // the seal that it begins with
    expect(lines()).toHaveLength(1);
    const { data } = await ask('{ submissions(first: 2) { nodes { id number mitigationsDeclared } } }', INSPECTOR);
    const nodes = (data!.submissions as { nodes: { id: string; number: string }[] }).nodes;
    const [, line] = lines();
    expect(JSON.parse(line!)).toMatchObject({
      kind: 'read',
      who: { subject: 'inspector-1', caseNumber: '2026-1' },
      objects: [{ type: 'Submission', sensitivity: 'PROPIN', count: 2 }],
    });
    expect(JSON.parse(line!).objects[0].keys.sort()).toEqual(nodes.map(({ id }) => id).sort());
    for (const { number } of nodes) expect(line).not.toContain(number);
  });

  test('records protected fields that filter, order, or count a list, without values', async () => {
    await start(file);
    const uses = () => {
      const last = JSON.parse(lines().at(-1)!) as Entry & { kind: 'read' };
      return [last.objects.length, last.uses];
    };
    const PROPIN = { sensitivity: 'PROPIN' };
    const narrowed = `filter: { filedAt: { gte: "2026-01-01T00:00:00Z" }, not: { model: { trainingComputeFlop: { gt: "1e25" } } } }`;
    // the response contains only the ids of the objects
    await ask(`{ submissions(${narrowed}, orderBy: [{ field: PLANNED_LAUNCH_AT }]) { nodes { id } } }`, INSPECTOR);
    expect(JSON.parse(lines().at(-1)!).objects).toMatchObject([{ type: 'Submission', ...PROPIN, idsOnly: true }]);
    expect(uses()).toEqual([
      1,
      [
        { type: 'Submission', ...PROPIN, how: 'order', fields: ['plannedLaunchAt'] },
        { type: 'Submission', ...PROPIN, how: 'filter', fields: ['filedAt', 'model'] },
        { type: 'AIModel', ...PROPIN, how: 'filter', fields: ['trainingComputeFlop'] },
        { type: 'Submission', ...PROPIN, how: 'list', fields: [] },
      ],
    ]);
    await ask(`{ submissions(first: 0, ${narrowed}) { totalCount } }`, INSPECTOR);
    expect(uses()).toMatchObject([
      0,
      expect.arrayContaining([{ type: 'Submission', ...PROPIN, how: 'count', fields: ['filedAt', 'model'] }]),
    ]);
    const { data } = await ask(
      '{ developerOrganizations(first: 3) { nodes { submissions { totalCount pageInfo { endCursor } } } } }',
      INSPECTOR,
    );
    expect(uses()).toEqual([
      0,
      [
        { type: 'Submission', ...PROPIN, how: 'order', fields: ['createdAt'] },
        { type: 'Submission', ...PROPIN, how: 'filter', fields: ['developer'] },
        { type: 'Submission', ...PROPIN, how: 'list', fields: [] },
        { type: 'Submission', ...PROPIN, how: 'count', fields: [] },
      ],
    ]);
    expect(lines()).toHaveLength(1 + 3);
    // a hash may have any four digits
    expect(
      lines()
        .join('')
        .replaceAll(/[0-9a-f]{64}/g, ''),
    ).not.toMatch(/1e25|2026-01-01/);
    // a cursor is not the value that it encodes
    const { nodes } = data!.developerOrganizations as { nodes: { submissions: { pageInfo: { endCursor: string } } }[] };
    const text = Buffer.from(nodes[0]!.submissions.pageInfo.endCursor, 'base64url').toString('latin1');
    expect(text).not.toMatch(/Submission|sub_|20\d\d-/);
    const response = await ask(
      `{ submissionsAccessLog(filter: { type: "AIModel", sensitivity: PROPIN }) { nodes { objects { type idsOnly } uses { type sensitivity how fields } } } }`,
      INSPECTOR,
    );
    const entries = (response.data!.submissionsAccessLog as { nodes: { objects: object[]; uses: { how: string }[] }[] })
      .nodes;
    expect(entries).toHaveLength(2);
    expect(entries[1]!.objects).toEqual([{ type: 'Submission', idsOnly: true }]);
    expect(entries[1]!.uses).toContainEqual({ type: 'Submission', sensitivity: 'PROPIN', how: 'LIST', fields: [] });
    expect(entries[1]!.uses).toContainEqual({
      type: 'AIModel',
      sensitivity: 'PROPIN',
      how: 'FILTER',
      fields: ['trainingComputeFlop'],
    });
  });

  test('shows the record to oversight only, and records that reading, too', async () => {
    await start(file);
    await ask('{ submissions(first: 2) { nodes { number } } }', 'role=intake-officer; subject=ann');
    const QUERY = `query ($after: String) { submissionsAccessLog(first: 1, after: $after, filter: { subject: "ann" }) {
      nodes { id kind subject roles objects { type sensitivity count keys } changed } pageInfo { hasNextPage endCursor } } }`;
    const { data, errors } = await ask(QUERY, INSPECTOR);
    expect(errors).toBeUndefined();
    const log_ = data!.submissionsAccessLog as { nodes: object[]; pageInfo: { endCursor: string } };
    expect(log_.nodes).toMatchObject([
      {
        id: 'submissions/2',
        kind: 'READ',
        subject: 'ann',
        roles: ['intake-officer'],
        objects: [
          { type: 'Submission', sensitivity: 'PROPIN', count: 2, keys: [expect.any(String), expect.any(String)] },
        ],
        changed: null,
      },
    ]);
    expect(JSON.parse(lines().at(-1)!)).toMatchObject({
      who: { subject: 'inspector-1', caseNumber: '2026-1' },
      objects: [{ type: 'AccessLogEntry', sensitivity: 'PII', keys: ['submissions/2'] }],
    });
    const next = await ask(QUERY, INSPECTOR, { after: log_.pageInfo.endCursor });
    expect(next.data!.submissionsAccessLog).toMatchObject({ nodes: [], pageInfo: { hasNextPage: false } });
    for (const after of ['x', 'W10', Buffer.from('["a","b","c"]').toString('base64url')])
      expect((await ask(QUERY, INSPECTOR, { after })).errors?.[0]?.extensions?.code).toBe('INVALID_CURSOR');
    for (const caller of [
      null,
      'role=intake-officer; subject=ann',
      'role=analyst; subject=x',
      'role=operator; subject=x',
    ])
      expect(await ask(QUERY, caller)).toMatchObject({
        data: { submissionsAccessLog: null },
        headers: { [WITHHELD_HEADER]: expect.stringContaining('Query.submissionsAccessLog') },
      });
  });

  test('records each attempted change with its caller before it runs, and its outcome', async () => {
    await start(file);
    const caller = 'role=developer-submitter; organization=record-keeper; subject=alice';
    const { errors } = await ask(
      'mutation ($i: RegisterOrganizationInput!) { registerOrganization(input: $i) { organization { key } } }',
      caller,
      { i: { key: 'record-keeper', legalName: 'The Record Keepers', category: 'INDUSTRY', idempotencyKey: 'one' } },
    );
    expect(errors).toBeUndefined();
    const [, attempt, change] = lines().map((line) => JSON.parse(line));
    expect([attempt, change]).toMatchObject([
      { kind: 'attempt', mutation: 'registerOrganization', who: { subject: 'alice' } },
      { kind: 'change', mutation: 'registerOrganization', object: 'record-keeper', replayed: false },
    ]);
    expect(lines().join('')).not.toContain('The Record Keepers');
  });

  test('refuses recorded reads and changes when the disk is full, and serves the rest', async () => {
    // a device that never has any space
    await start('/dev/full');
    const secret = await ask('{ submissions(first: 2) { nodes { number } } }', INSPECTOR);
    expect([secret.data, secret.errors?.[0]?.extensions?.code]).toEqual([null, 'RECORD_UNAVAILABLE']);
    const { errors } = await ask(
      'mutation ($i: RegisterOrganizationInput!) { registerOrganization(input: $i) { organization { key } } }',
      'role=developer-submitter; organization=unrecorded; subject=alice',
      { i: { key: 'unrecorded', legalName: 'Unrecorded', category: 'INDUSTRY', idempotencyKey: 'one' } },
    );
    expect(errors?.[0]?.extensions?.code).toBe('RECORD_UNAVAILABLE');
    const open = await ask(
      '{ developerOrganization(key: "unrecorded") { legalName } federalHolidays { totalCount } }',
      null,
    );
    expect(open).toMatchObject({
      data: { developerOrganization: null, federalHolidays: { totalCount: expect.any(Number) } },
    });
  });
});

describe.each(databaseKinds)('documents and the record, on %s', (kind) => {
  let graph: Framework;
  beforeEach(async () => {
    graph = await Framework.open(kind, {
      record: (subgraph) => AuditLog.open(join(folder, `${subgraph}.jsonl`), subgraph, key, graphClock(), log),
    });
  });
  afterEach(() => graph.close());
  // the framework's clock is created with it
  const graphClock = () => ({ now: () => graph?.clock.now() ?? new Date(MONDAY) });

  const reads = (id: string, caller: string, args = '') =>
    graph.ask(caller, `{ submission(id: "${id}") { governmentReads${args} { at agency { key } roles types } } }`);

  test('shows a developer which agencies read proprietary fields and when, but not who', async () => {
    const { id } = await graph.filed();
    const alder = developer();
    expect((await reads(id, alder)).data.submission.governmentReads).toEqual([]);
    await graph.ask(reviewer('nsa', 'secret-agent'), `{ submission(id: "${id}") { number } }`);
    graph.clock.advance({ minutes: 5 });
    await graph.ask(INTAKE, `{ submission(id: "${id}") { number artifacts { totalCount } } }`);
    // the developer's own reads are not listed for it
    await graph.ask(alder, `{ submission(id: "${id}") { number } }`);
    const { data, errors } = await reads(id, alder);
    expect(errors).toBeUndefined();
    expect(data.submission.governmentReads).toEqual([
      { at: graph.clock.now().toISOString(), agency: null, roles: ['intake-officer'], types: ['Submission'] },
      { at: MONDAY, agency: { key: 'nsa' }, roles: ['agency-reviewer'], types: ['Submission'] },
    ]);
    expect(JSON.stringify(data)).not.toContain('secret-agent');
    expect((await reads(id, alder, '(first: 1)')).data.submission.governmentReads).toHaveLength(1);
    expect(
      (await reads(id, alder, `(until: "${graph.clock.now().toISOString()}")`)).data.submission.governmentReads,
    ).toHaveLength(1);
    graph.clock.advance({ days: 31 });
    expect((await reads(id, alder)).data.submission.governmentReads).toEqual([]);
    expect((await reads(id, alder, `(since: "${MONDAY}")`)).data.submission.governmentReads).toHaveLength(2);
    // agencies that share a submission do not see each other's reads
    for (const caller of [reviewer('nsa'), INTAKE]) {
      const { data: refused, extensions } = await reads(id, caller);
      expect(refused.submission.governmentReads).toBeNull();
      const entry = { coordinate: 'Submission.governmentReads', kind: 'FIELD', readable: 'NONE' };
      expect(extensions.withheld).toContainEqual(expect.objectContaining(entry));
    }
    expect(
      (await reads(id, INSPECTOR, `(since: "${MONDAY}")`)).data.submission.governmentReads.length,
    ).toBeGreaterThanOrEqual(2);
  });

  test('records document downloads, and refuses one that it cannot record', async () => {
    const { id } = await graph.filed();
    const content = Buffer.from(`A model card, ${kind}.`);
    const artifact = await graph.perform(
      developer(),
      'attachArtifact',
      {
        submissionId: id,
        kind: 'MODEL_CARD',
        sha256: createHash('sha256').update(content).digest('hex'),
        bytes: String(content.length),
      },
      'artifact { id storedWhere }',
    );
    const recordOf = () => readFileSync(join(folder, 'submissions.jsonl'), 'utf8').split('\n').filter(Boolean);
    const send = async (caller: string, method: 'GET' | 'PUT', payload?: Buffer, search = '') =>
      graph.server.inject({
        method,
        url: `${artifact.storedWhere}${search}`,
        headers: {
          ...(await graph.identity.headers(caller)),
          ...(payload ? { 'content-type': 'application/octet-stream' } : {}),
        },
        payload,
      });
    expect((await send(developer(), 'PUT', content)).statusCode).toBe(204);
    const uploaded = readFileSync(join(folder, 'submissions.jsonl'), 'utf8').split('\n').filter(Boolean).slice(-2);
    expect(uploaded.map((line) => JSON.parse(line))).toMatchObject([
      { kind: 'attempt', mutation: 'uploadArtifact', inputDigest: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { kind: 'change', mutation: 'uploadArtifact', object: artifact.id, origin: { address: '127.0.0.1' } },
    ]);
    const { statusCode, rawPayload } = await send(reviewer('nsa', 'reader'), 'GET');
    expect([statusCode, rawPayload.equals(content)]).toEqual([200, true]);
    const entries = recordOf().map((line) => JSON.parse(line) as Entry);
    expect(entries.at(-1)).toMatchObject({
      kind: 'read',
      who: { subject: 'reader', agency: 'nsa' },
      origin: { request: expect.stringMatching(/^[0-9a-f-]{36}$/), operation: null, address: '127.0.0.1' },
      objects: [{ type: 'Artifact', sensitivity: 'PROPIN', keys: [artifact.id], count: 1 }],
    });
    const { data } = await reads(id, developer());
    expect(data.submission.governmentReads[0]).toMatchObject({ agency: { key: 'nsa' }, types: ['Artifact'] });
    // a URL may name an operation: an invalid name is not recorded, above all characters that some readers of files treat as the end of a line
    for (const [search, operation] of [
      ['operationName=ModelCard', 'ModelCard'],
      [`operationName=${'a'.repeat(100)}`, 'a'.repeat(100)],
      [`operationName=${'a'.repeat(101)}`, null],
      ['operationName=a%E2%80%A8b', null],
      ['operationName=a%0Ab', null],
      ['operationName=a%3Bb', null],
      ['operationName=', null],
      ['operationName=A&operationName=B', null],
    ] as const) {
      const before = recordOf().length;
      expect((await send(reviewer('nsa', 'reader'), 'GET', undefined, `?${search}`)).statusCode).toBe(200);
      const added = recordOf().slice(before);
      expect(added).toHaveLength(1);
      expect(JSON.parse(added[0]!)).toMatchObject({ kind: 'read', origin: { operation, address: '127.0.0.1' } });
    }
    await graph.subgraph('submissions').audit!.close();
    const refused = await send(reviewer('nsa', 'reader'), 'GET');
    expect([refused.statusCode, refused.body.includes('A model card')]).toEqual([503, false]);
  });
});
