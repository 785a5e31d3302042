import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { AuditLog } from '#kit/audit/audit-log';
import type { Entry } from '#kit/audit/entry';
import { filesOfRecord } from '#kit/audit/parts';
import { sealingKeyOf, sealKeyOf } from '#kit/audit/seal';
import { RecordSearch } from '#kit/audit/search';
import { verifyRecord } from '#kit/audit/verify';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { createLog } from '../../gateway/telemetry/log';
import { submissions } from '../../subgraphs/submissions/subgraph';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { Gate } from '../support/gate';
import { SmallDisk } from '../support/small-disk';
import { until } from '../support/until';

const REGISTER =
  'mutation ($i: RegisterOrganizationInput!) { registerOrganization(input: $i) { replayed organization { key } } }';
const log = createLog('silent', 'test');

describe.each(databaseKinds)('a record that cannot be written, of a subgraph on %s', (kind) => {
  let databases: TestDatabases;
  let key: JWK;
  let subgraph: OpenSubgraph;
  let messages: { msg: string; reason?: string }[];

  const openOn = async (file: string) => {
    const audit = await AuditLog.open(file, 'submissions', key, systemClock, log);
    messages = [];
    return submissions.open({
      databaseUrl: databases.url('submissions'),
      // each organization registers itself
      door: {
        enter: async ({ caller }) => parsePrincipal(`role=developer-submitter; organization=${caller}; subject=a`),
      },
      audit,
      log: createLog('info', 'test', { write: (line: string) => void messages.push(JSON.parse(line)) }),
    });
  };
  const register = (name: string) =>
    subgraph.execute({
      query: REGISTER,
      headers: { caller: name },
      variables: { i: { key: name, legalName: name, category: 'INDUSTRY', idempotencyKey: name } },
    });
  const codeOf = async (answer: ReturnType<typeof register>) =>
    (await answer).errors?.map(({ extensions }) => extensions?.code) ?? 'done';
  const organizations = async () =>
    (await subgraph.database.query('SELECT result_key AS object FROM idempotency_key ORDER BY 1')).map(
      ({ object }) => object,
    );
  const events = async () => (await subgraph.database.query('SELECT id FROM outbox')).length;
  const entries = (file: string): Entry[] =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const changes = (file: string) =>
    entries(file)
      .flatMap((entry) => (entry.kind === 'change' ? [entry.object] : []))
      .sort();
  const flaw = async (file: string) => (await verifyRecord(filesOfRecord(file), [sealKeyOf(key, 'submissions')])).flaw;

  beforeEach(async () => {
    key = await newKey();
    databases = await freshDatabases(kind, ['submissions']);
  });
  afterEach(async () => {
    await subgraph.close();
    await databases.drop();
  });

  const disk = SmallDisk.mount(1);
  disk?.unmount();
  (disk ? describe : describe.skip)('when the disk is full', () => {
    /** Runs a test with the record on a disk of three megabytes. */
    const onSmallDisk = (work: (small: SmallDisk, file: string) => Promise<void>) => async () => {
      const small = SmallDisk.mount(3)!;
      const file = join(small.folder, 'submissions.jsonl');
      subgraph = await openOn(file);
      try {
        await work(small, file);
      } finally {
        await subgraph.close();
        small.unmount();
      }
    };

    test(
      'refuses changes and changes nothing, is not ready, and works again when there is space',
      onSmallDisk(async (small, file) => {
        expect(await codeOf(register('first'))).toBe('done');
        const before = await events();
        small.fill();
        // the rest of the record's last block is still written; then nothing is
        const codes: unknown[] = [];
        while (codes.length < 40) codes.push(await codeOf(register(`full-${codes.length}`)));
        const keys = codes.flatMap((code, index) => (code === 'done' ? [`full-${index}`] : []));
        expect(keys.length).toBeLessThan(15);
        expect(codes.slice(-20)).toEqual(Array(20).fill(['RECORD_UNAVAILABLE']));
        // exactly the acknowledged changes were made and recorded
        expect(await organizations()).toEqual(['first', ...keys].sort());
        expect(changes(file)).toEqual(['first', ...keys].sort());
        if (keys.length === 0) expect(await events()).toBe(before);
        expect([await subgraph.isReady(), await subgraph.isReady()]).toEqual([false, false]);
        expect(messages.filter(({ msg }) => msg === 'not ready')).toEqual([
          expect.objectContaining({ reason: `the record in ${small.folder} cannot be written (ENOSPC)` }),
        ]);
        small.free();
        expect(await subgraph.isReady()).toBe(true);
        expect(await codeOf(register('last'))).toBe('done');
        expect(changes(file)).toEqual(['first', ...keys, 'last'].sort());
        await subgraph.close();
        expect(await flaw(file)).toBeUndefined();
      }),
    );

    test(
      'records changes under way in the space reserved for them when the disk becomes full',
      onSmallDisk(async (small, file) => {
        const names = Array.from({ length: 30 }, (_, index) => `org-${10 + index}`);
        const released = new Gate();
        const locked = new Gate();
        const holding = subgraph.database.transaction(async (inside) => {
          // other requests wait: on SQLite for their turn, on MySQL for the lock of the table
          if (kind === 'mysql') await inside.query('LOCK TABLES idempotency_key WRITE');
          locked.open();
          await released.opened;
          if (kind === 'mysql') await inside.query('UNLOCK TABLES');
        });
        await locked.opened;
        const answers = names.map((name) => codeOf(register(name)));
        await until(
          () => existsSync(file) && entries(file).filter((entry) => entry.kind === 'attempt').length === names.length,
          () => 'all attempts are recorded',
        );
        small.fill();
        released.open();
        await holding;
        expect(await Promise.all(answers)).toEqual(names.map(() => 'done'));
        expect(changes(file)).toEqual(names);
        expect(existsSync(`${file}.reserve`)).toBe(false);
        // without reserved space, no change starts
        expect(await codeOf(register('later'))).toEqual(['RECORD_UNAVAILABLE']);
        expect(await organizations()).toEqual(names);
        expect(await subgraph.isReady()).toBe(false);
        small.free();
        expect(await subgraph.isReady()).toBe(true);
        expect(existsSync(`${file}.reserve`)).toBe(true);
        expect(await codeOf(register('later'))).toBe('done');
        await subgraph.close();
        expect(await flaw(file)).toBeUndefined();
      }),
    );

    test(
      'starts on a full disk, is not ready, and refuses changes until there is space',
      onSmallDisk(async (small, file) => {
        await subgraph.close();
        rmSync(`${file}.reserve`, { force: true });
        small.fill();
        subgraph = await openOn(file);
        expect(await subgraph.isReady()).toBe(false);
        expect(await codeOf(register('early'))).toEqual(['RECORD_UNAVAILABLE']);
        expect(await organizations()).toEqual([]);
        small.free();
        expect(await subgraph.isReady()).toBe(true);
        expect(await codeOf(register('early'))).toBe('done');
      }),
    );
  });

  describe('when writing fails for another reason', () => {
    let folder: string;
    let file: string;
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'ordergraph-record-'));
      file = join(folder, 'submissions.jsonl');
      subgraph = await openOn(file);
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    /** The disk fails from the second write on: that of the change. */
    function failAfterAttempt(): () => void {
      const handle = (subgraph.audit as unknown as { file: FileHandle }).file;
      const write = handle.appendFile.bind(handle);
      let writes = 0;
      const spy = jest.spyOn(handle, 'appendFile').mockImplementation(async (data) => {
        writes += 1;
        if (writes > 1) throw Object.assign(new Error('EIO: i/o error, write'), { code: 'EIO' });
        return write(data);
      });
      return () => spy.mockRestore();
    }

    test('reports that the change was made, and records it first once it can', async () => {
      const repair = failAfterAttempt();
      const { data, errors } = await register('alder');
      expect(data?.registerOrganization ?? null).toBeNull();
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(/^The change was made, .* send it again with the same idempotency key$/),
        extensions: { code: 'RECORD_UNAVAILABLE', retryable: true },
      });
      expect(await organizations()).toEqual(['alder']);
      expect(await codeOf(register('birch'))).toEqual(['RECORD_UNAVAILABLE']);
      expect(await organizations()).toEqual(['alder']);
      expect(await subgraph.isReady()).toBe(false);
      repair();
      expect(await subgraph.isReady()).toBe(true);
      expect(changes(file)).toEqual(['alder']);
      expect((await register('alder')).data).toMatchObject({ registerOrganization: { replayed: true } });
      await subgraph.close();
      expect(await flaw(file)).toBeUndefined();
    });

    test('leaves it to the next process to record exactly what was committed', async () => {
      failAfterAttempt();
      await register('alder');
      // this process crashes here: it is not closed before the next one opens
      const crashed = subgraph;
      jest.restoreAllMocks();
      const before = entries(file).length;
      // and one more, whose attempt failed
      const attempt = { kind: 'attempt', mutation: 'registerOrganization', inputDigest: 'none', key: 'none' } as const;
      const second = await AuditLog.open(file, 'submissions', key, systemClock, log);
      await second.append(null, null, attempt);
      await second.close();
      expect(changes(file)).toEqual([]);
      subgraph = await openOn(file);
      expect(changes(file)).toEqual(['alder']);
      const search = new RecordSearch(folder, 'submissions', sealingKeyOf(key), log);
      const [entry] = await search.find({ kind: 'change', object: 'alder' }, { limit: 1 });
      expect(entry?.entry).toMatchObject({ mutation: 'registerOrganization', recovered: true, who: { subject: 'a' } });
      expect(entries(file).length).toBeGreaterThan(before);
      expect(messages.map(({ msg }) => msg)).toContain(
        'recorded changes that an earlier process committed without recording',
      );
      expect(await flaw(file)).toBeUndefined();
      // once
      await subgraph.close();
      subgraph = await openOn(file);
      expect(changes(file)).toEqual(['alder']);
      await crashed.database.close();
      await (crashed.audit as unknown as { file: FileHandle }).file.close();
    });
  });
});
