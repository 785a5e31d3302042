import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { AuditLog } from '#kit/audit/audit-log';
import type { ContentStore, Received } from '#kit/files/content-store';
import { Caller } from '../../gateway/cli/voluntary/client';
import { createLog } from '../../gateway/telemetry/log';
import { migration as removedContents } from '../../subgraphs/submissions/migrations/0010-removed-contents';
import { databaseKinds } from '../support/databases';
import { ARTIFACT } from '../support/file-stack';
import { developer, Framework, INTAKE } from '../support/framework';

/** Milliseconds after which work that does not wait for a lock would have finished. */
const WAIT_MS = 300;

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

interface Document {
  readonly id: string;
  readonly submissionId: string;
  readonly storedWhere: string;
  readonly content: Buffer<ArrayBuffer>;
}

describe.each(databaseKinds)('uploads and destruction of documents, on %s', (kind) => {
  let graph: Framework;
  let url: string;
  let record: string;
  let store: ContentStore;
  beforeAll(async () => {
    record = mkdtempSync(join(tmpdir(), 'ordergraph-record-'));
    const key = await newKey();
    const log = createLog('silent', 'test');
    graph = await Framework.open(kind, {
      record: (subgraph) => AuditLog.open(join(record, `${subgraph}.jsonl`), subgraph, key, systemClock, log),
    });
    url = await graph.server.listen({ port: 0, host: '127.0.0.1' });
    store = graph.subgraph('submissions').store!;
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await graph.close();
    rmSync(record, { recursive: true, force: true });
  });

  const attach = async (
    submissionId: string,
    content: Document['content'],
    organization = 'alder',
  ): Promise<Document> => ({
    ...(await graph.perform(
      developer(organization),
      'attachArtifact',
      { submissionId, kind: 'EVAL_REPORT', sha256: sha256(content), bytes: String(content.length) },
      ARTIFACT,
    )),
    submissionId,
    content,
  });
  const announced = async (content = Buffer.from(`Secret ${Math.random()}`), organization = 'alder') =>
    attach((await graph.filed({}, organization)).id, content, organization);
  const upload = async ({ storedWhere, content }: Document, organization = 'alder') => {
    const caller = new Caller(url, 'test', () => graph.identity.token(developer(organization)));
    const { status, body } = await caller.upload(storedWhere, content);
    const [error] = body === '' ? [] : JSON.parse(body).errors;
    return { status, code: error?.extensions.code, message: error?.message };
  };
  const withdraw = ({ submissionId }: Document) =>
    graph.perform(developer(), 'withdrawSubmission', { id: submissionId }, 'submission { id }');
  const attest = async ({ submissionId }: Document) => {
    const [{ id, version }] = await graph.sql(
      'submissions',
      `SELECT id, version FROM destruction_obligation WHERE submission_id = ? AND holder = 'intake'`,
      [submissionId],
    );
    await graph.perform(INTAKE, 'attestDestruction', { id, expectedRevision: version }, 'obligation { attestedAt }');
  };
  const destroy = async (document: Document) => {
    await withdraw(document);
    await attest(document);
  };
  const storage = async ({ id }: Document) =>
    (await graph.sql('submissions', 'SELECT storage FROM artifact WHERE id = ?', [id]))[0].storage;
  const isOnDisk = ({ content }: Document) => {
    const digest = sha256(content);
    return existsSync(join(graph.files, digest.slice(0, 2), digest));
  };
  const unfinished = () => {
    const folder = join(graph.files, 'unfinished');
    return existsSync(folder) ? readdirSync(folder) : [];
  };
  /** Number of recorded changes by uploads of a document. */
  const changesOf = ({ id }: Document) =>
    readFileSync(join(record, 'submissions.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"uploadArtifact"') && line.includes(id)).length;

  /** Does something at a step of the next upload. */
  const atNextUpload = (step: {
    before?: () => Promise<unknown>;
    received?: () => Promise<unknown>;
    kept?: () => Promise<unknown>;
  }) => {
    const receive = store.receive.bind(store);
    jest.spyOn(store, 'receive').mockImplementationOnce(async (...parameters): Promise<Received> => {
      await step.before?.();
      const received = await receive(...parameters);
      await step.received?.();
      const keep = async () => {
        await received.keep();
        await step.kept?.();
      };
      return { keep, discard: received.discard };
    });
  };

  test('stores nothing of an upload whose destruction is attested while its content arrives', async () => {
    const document = await announced(randomBytes(400_000));
    const { content } = document;
    const parts = async function* () {
      yield content.subarray(0, 300_000);
      while (unfinished().length === 0) await sleep(10);
      await destroy(document);
      await graph.tick();
      yield content.subarray(300_000);
    };
    const response = await fetch(new URL(document.storedWhere, url), {
      method: 'PUT',
      headers: { ...(await graph.identity.headers(developer())), 'content-type': 'application/pdf' },
      body: ReadableStream.from(parts()),
      duplex: 'half',
    });
    expect([response.status, await storage(document), isOnDisk(document), unfinished()]).toEqual([
      409,
      'DESTROYED',
      false,
      [],
    ]);
  });

  test.each([
    ['before the content arrives', 'before'],
    ['after the content arrived', 'received'],
  ] as const)('stores nothing of an upload whose destruction is attested %s', async (_when, step) => {
    const document = await announced();
    atNextUpload({
      [step]: async () => {
        await destroy(document);
        await graph.tick();
      },
    });
    expect(await upload(document)).toEqual({
      status: 409,
      code: 'ILLEGAL_TRANSITION',
      message: 'uploadArtifact is allowed only from DRAFT, FILED, LAUNCHED, but the submission is WITHDRAWN',
    });
    expect([await storage(document), isOnDisk(document), unfinished(), changesOf(document)]).toEqual([
      'DESTROYED',
      false,
      [],
      0,
    ]);
  });

  test('removes a content whose destruction is attested while its upload commits', async () => {
    const document = await announced();
    let destroyed = Promise.resolve();
    atNextUpload({
      kept: async () => {
        destroyed = destroy(document);
        await sleep(WAIT_MS);
      },
    });
    expect(await upload(document)).toMatchObject({ status: 204 });
    await destroyed;
    await graph.tick();
    expect([await storage(document), isOnDisk(document), changesOf(document)]).toEqual(['DESTROYED', false, 1]);
  });

  test.each(['DISCARDED', 'NOT_RELEASED', 'WITHDRAWN', 'CLOSED'])(
    'rejects uploads for a submission that is %s, also one in progress',
    async (lifecycle) => {
      const end = ({ submissionId }: Document) =>
        graph.force('submissions', 'UPDATE submission SET lifecycle = ? WHERE id = ?', [lifecycle, submissionId]);
      const [early, late] = [await announced(), await announced()];
      await end(early);
      atNextUpload({ received: () => end(late) });
      // the other submission first: the early one is refused before anything is received
      for (const document of [late, early]) {
        expect(await upload(document)).toMatchObject({ status: 409, code: 'ILLEGAL_TRANSITION' });
        expect([await storage(document), isOnDisk(document)]).toEqual(['AWAITING_UPLOAD', false]);
      }
      expect(unfinished()).toEqual([]);
    },
  );

  test('stores one of two uploads of the same document at once, and records one change', async () => {
    const document = await announced();
    const both = await Promise.all([upload(document), upload(document)]);
    expect(both.map(({ status, code }) => [status, code]).sort()).toEqual([
      [204, undefined],
      [409, 'ALREADY_STORED'],
    ]);
    expect([await storage(document), isOnDisk(document), unfinished(), changesOf(document)]).toEqual([
      'STORED',
      true,
      [],
      1,
    ]);
  });

  test('keeps the stored content when an upload of the same digest is rejected', async () => {
    const stored = await announced();
    expect(await upload(stored)).toMatchObject({ status: 204 });
    const other = await announced(stored.content);
    atNextUpload({ received: () => destroy(other) });
    expect(await upload(other)).toMatchObject({ status: 409 });
    await graph.tick();
    expect([await storage(stored), isOnDisk(stored)]).toEqual(['STORED', true]);
    await destroy(stored);
    await graph.tick();
    expect(isOnDisk(stored)).toBe(false);
  });

  test('removes a destroyed content although another developer announces its digest', async () => {
    const document = await announced();
    expect(await upload(document)).toMatchObject({ status: 204 });
    const announcement = await announced(document.content, 'birch');
    await destroy(document);
    await graph.tick();
    expect([isOnDisk(document), await storage(announcement)]).toEqual([false, 'AWAITING_UPLOAD']);
    // and what was announced can still be uploaded, and stays
    expect(await upload(announcement, 'birch')).toMatchObject({ status: 204 });
    await graph.tick();
    expect([isOnDisk(document), await storage(announcement)]).toEqual([true, 'STORED']);
  });

  test('removes the content of a process that stopped before the commit, once it is destroyed', async () => {
    const document = await announced();
    await announced(document.content, 'birch');
    atNextUpload({
      kept: async () => {
        throw new Error('the process stops');
      },
    });
    await upload(document);
    expect([await storage(document), isOnDisk(document)]).toEqual(['AWAITING_UPLOAD', true]);
    await destroy(document);
    await graph.tick();
    expect(isOnDisk(document)).toBe(false);
  });

  test('keeps an upload that commits while the same content is about to be removed', async () => {
    const destroyed = await announced();
    const document = await announced(destroyed.content, 'birch');
    await destroy(destroyed);
    let removed = Promise.resolve();
    atNextUpload({
      kept: async () => {
        removed = graph.tick();
        await sleep(WAIT_MS);
      },
    });
    expect(await upload(document, 'birch')).toMatchObject({ status: 204 });
    await removed;
    expect([await storage(document), isOnDisk(document)]).toEqual(['STORED', true]);
  });

  test.each(['before', 'during'])(
    'lets an upload wait for a removal of the same content, if announced %s it',
    async (when) => {
      const destroyed = await announced();
      expect(await upload(destroyed)).toMatchObject({ status: 204 });
      const { id } = await graph.filed({}, 'birch');
      const announce = () => attach(id, destroyed.content, 'birch');
      const early = when === 'before' ? await announce() : undefined;
      await destroy(destroyed);
      let uploaded: Promise<unknown> = Promise.resolve();
      const remove = store.remove.bind(store);
      jest.spyOn(store, 'remove').mockImplementationOnce(async (digest) => {
        uploaded = (async () => upload(early ?? (await announce()), 'birch'))();
        await sleep(WAIT_MS);
        await remove(digest);
      });
      await graph.tick();
      expect(await uploaded).toMatchObject({ status: 204 });
      await graph.tick();
      const stored = await graph.sql('submissions', 'SELECT storage FROM artifact WHERE submission_id = ?', [id]);
      expect([stored, isOnDisk(destroyed)]).toEqual([[{ storage: 'STORED' }], true]);
    },
  );

  test('removes contents that earlier releases stored after their removal', async () => {
    const document = await announced();
    await destroy(document);
    await graph.tick();
    const { content } = document;
    const received = await store.receive(Readable.from([content]), { sha256: sha256(content), bytes: content.length });
    await received.keep();
    await graph.tick();
    expect(isOnDisk(document)).toBe(true);
    for (const statement of removedContents[kind]) await graph.force('submissions', statement);
    await graph.tick();
    expect(isOnDisk(document)).toBe(false);
  });

  test('stores a content once when the transaction that keeps it is tried again', async () => {
    const document = await announced();
    const received = await store.receive(Readable.from([document.content]), {
      sha256: sha256(document.content),
      bytes: document.content.length,
    });
    await received.keep();
    await received.keep();
    await received.discard();
    expect([isOnDisk(document), unfinished()]).toEqual([true, []]);
    await store.remove(sha256(document.content));
    await expect(received.keep()).rejects.toThrow('ENOENT');
    await store.remove(sha256(document.content));
    await store.remove('f'.repeat(64));
  });
});
