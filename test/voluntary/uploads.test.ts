import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { Pool } from 'undici';
import { Caller } from '../../gateway/cli/voluntary/client';
import { databaseKinds } from '../support/databases';
import { ARTIFACT, FileStack } from '../support/file-stack';
import { developer, Framework, INTAKE, reviewer } from '../support/framework';
import { INSPECTOR } from '../support/identity';
import { killAll, requireCompiled, residentBytes } from '../support/processes';

const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** Files of the store, including unfinished ones. */
function stored(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
}

describe.each(databaseKinds)('documents, through the gateway, on %s', (kind) => {
  let graph: Framework;
  let url: string;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    url = await graph.server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(() => graph.close());

  const caller = (principal: string | null) =>
    new Caller(url, 'test', principal === null ? null : () => graph.identity.token(principal));
  const attach = (submissionId: string, content: Uint8Array, input: Record<string, unknown> = {}) =>
    graph.perform(
      developer(),
      'attachArtifact',
      { submissionId, kind: 'MODEL_CARD', sha256: sha256(content), bytes: String(content.length), ...input },
      ARTIFACT,
    );
  const storage = async (id: string) =>
    (await graph.sql('submissions', 'SELECT storage FROM artifact WHERE id = ?', [id]))[0].storage;

  test('verifies an upload and serves it to callers the submission is shared with', async () => {
    const { id } = await graph.filed();
    const content = Buffer.from(`A model card, ${kind}.`);
    const artifact = await attach(id, content, { fileName: 'card of the model.txt' });
    expect(artifact).toMatchObject({ storage: 'AWAITING_UPLOAD', storedWhere: `/artifacts/${artifact.id}` });
    expect(await caller(developer()).upload(artifact.storedWhere, content)).toEqual({ status: 204, body: '' });
    expect([await storage(artifact.id), stored(graph.files)]).toEqual(['STORED', [sha256(content)]]);
    for (const principal of [developer(), INTAKE, reviewer('nsa'), INSPECTOR]) {
      const { status, content: downloaded } = await caller(principal).download(artifact.storedWhere);
      expect([status, downloaded.equals(content)]).toEqual([200, true]);
    }
    for (const method of ['GET', 'HEAD']) {
      const { headers } = await fetch(`${url}${artifact.storedWhere}`, {
        method,
        headers: await graph.identity.headers(INTAKE),
      });
      expect(headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''card%20of%20the%20model.txt");
      expect(headers.get('content-length')).toBe(String(content.length));
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    for (const principal of [
      reviewer('dod'),
      developer('birch'),
      'role=analyst; subject=ann',
      'role=coordinator; subject=c',
    ])
      expect((await caller(principal).download(artifact.storedWhere)).status).toBe(404);
    expect((await caller(null).download(artifact.storedWhere)).status).toBe(401);
  });

  test('serves a document to exactly the callers who see it in the graph', async () => {
    const callers = [
      ...[developer(), developer('birch'), INTAKE, reviewer('nsa'), reviewer('dod'), INSPECTOR],
      ...['role=analyst; subject=a', 'role=coordinator; subject=c', 'role=operator; subject=o'],
    ];
    const readersOf = async ({ id }: { id: string }) => {
      const content = Buffer.from(`Of ${id}`);
      const artifact = await attach(id, content);
      expect((await caller(developer()).upload(artifact.storedWhere, content)).status).toBe(204);
      const answers = callers.map(async (principal) => {
        const { data } = await graph.ask(principal, `{ submission(id: "${id}") { artifacts { nodes { id } } } }`);
        const isSeen = data?.submission?.artifacts?.nodes?.length === 1;
        return [principal, isSeen, (await caller(principal).download(artifact.storedWhere)).status];
      });
      const outcomes = await Promise.all(answers);
      for (const [principal, isSeen, status] of outcomes)
        expect([principal, status]).toEqual([principal, isSeen ? 200 : 404]);
      return outcomes.filter(([, isSeen]) => isSeen).map(([principal]) => principal);
    };
    expect(await readersOf(await graph.filed())).toEqual([developer(), INTAKE, reviewer('nsa'), INSPECTOR]);
    expect(await readersOf(await graph.draft())).toEqual([developer()]);
  });

  test.each([
    ['other content of the same length', (content: Buffer) => Buffer.from(content).reverse(), 422, 'DIGEST_MISMATCH'],
    ['content that ends too soon', (content: Buffer) => content.subarray(0, -1), 422, 'CONTENT_TRUNCATED'],
    ['nothing', () => Buffer.alloc(0), 422, 'CONTENT_TRUNCATED'],
    ['content that is too long', (content: Buffer) => Buffer.concat([content, content]), 413, 'CONTENT_TOO_LONG'],
  ])('rejects an upload of %s with a clear error, and stores nothing', async (_what, change, status, code) => {
    const { id } = await graph.filed();
    const content = Buffer.from(`Something ${Math.random()} that is long enough.`);
    const before = stored(graph.files);
    const artifact = await attach(id, content);
    const answer = await caller(developer()).upload(artifact.storedWhere, change(content));
    expect([answer.status, JSON.parse(answer.body).errors[0].extensions.code]).toEqual([status, code]);
    expect([await storage(artifact.id), stored(graph.files)]).toEqual(['AWAITING_UPLOAD', before]);
    // and it can still be uploaded
    expect((await caller(developer()).upload(artifact.storedWhere, content)).status).toBe(204);
  });

  test('sends the error even to a client that is still uploading a large body', async () => {
    const { id } = await graph.filed();
    const much = Buffer.alloc(40 * 1024 * 1024, 1);
    const small = await attach(id, Buffer.from(`small ${Math.random()}`));
    const large = await attach(id, much);
    const code = async (principal: string | null, path: string) =>
      JSON.parse((await caller(principal).upload(path, much)).body).errors[0].extensions.code;
    expect(await code(developer(), small.storedWhere)).toBe('CONTENT_TOO_LONG');
    expect(await code(developer('birch'), large.storedWhere)).toBe('NOT_FOUND');
    expect(await code(null, large.storedWhere)).toBe('UNAUTHENTICATED');
  });

  test('stores nothing of an upload whose connection is lost', async () => {
    const { id } = await graph.filed();
    const content = Buffer.alloc(4 * 1024 * 1024, 7);
    const artifact = await attach(id, content);
    const before = stored(graph.files);
    const { port } = new URL(url);
    const token = await graph.identity.token(developer());
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => {
        socket.write(
          `PUT ${artifact.storedWhere} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/octet-stream\r\ncontent-length: ${content.length}\r\n\r\n`,
        );
        socket.write(content.subarray(0, 1024 * 1024), () => {
          socket.destroy();
          resolve();
        });
      });
    });
    for (let attempt = 0; stored(graph.files).length > before.length && attempt < 100; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect([await storage(artifact.id), stored(graph.files)]).toEqual(['AWAITING_UPLOAD', before]);
  });

  test('rejects uploads to invisible, foreign, or already uploaded artifacts', async () => {
    const { id } = await graph.filed();
    const content = Buffer.from(`Private ${kind}`);
    const artifact = await attach(id, content);
    const code = async (principal: string | null, path = artifact.storedWhere) => {
      const { status, body } = await caller(principal).upload(path, content);
      return [status, status === 204 ? '' : JSON.parse(body).errors[0].extensions.code];
    };
    expect(await code(null)).toEqual([401, 'UNAUTHENTICATED']);
    expect(await code('role=analyst; subject=x')).toEqual([403, 'FORBIDDEN']);
    expect(await code(reviewer('nsa'))).toEqual([403, 'FORBIDDEN']);
    expect(await code(developer('birch'))).toEqual([404, 'NOT_FOUND']);
    expect(await code(developer(), '/artifacts/art_nothing')).toEqual([404, 'NOT_FOUND']);
    expect(await code(developer())).toEqual([204, '']);
    expect(await code(developer())).toEqual([409, 'ALREADY_STORED']);
  });

  test('refers to a document that its developer keeps by digest, without an upload', async () => {
    const { id } = await graph.filed();
    const artifact = await attach(id, Buffer.from('x'), { reference: 'Vault 7, shelf 3' });
    expect(artifact).toMatchObject({ storage: 'REFERENCE', storedWhere: 'Vault 7, shelf 3' });
    expect((await caller(developer()).upload(`/artifacts/${artifact.id}`, Buffer.from('x'))).status).toBe(409);
  });

  test('deletes content after attested destruction, but not content others still use', async () => {
    const [mine, shared] = [Buffer.from(`Mine ${kind}`), Buffer.from(`Shared ${kind}`)];
    const first = await graph.filed();
    const second = await graph.filed();
    for (const [submission, content] of [
      [first, mine],
      [first, shared],
      [second, shared],
    ] as const) {
      const artifact = await attach(submission.id, content);
      expect((await caller(developer()).upload(artifact.storedWhere, content)).status).toBe(204);
    }
    const withdrawn = await graph.perform(
      developer(),
      'withdrawSubmission',
      { id: first.id },
      'submission { destructionList { nodes { id holder dueOn revision } } }',
    );
    const list = withdrawn.destructionList.nodes as { id: string; holder: string; dueOn: string; revision: number }[];
    expect(list.map(({ holder, dueOn }) => `${holder} ${dueOn}`)).toEqual([
      'intake 2026-06-30',
      'nsa 2026-06-30',
      'treasury 2026-06-30',
    ]);
    const entry = list.find(({ holder }) => holder === 'intake')!;
    const input = { id: entry.id, expectedRevision: entry.revision };
    expect((await graph.refused(reviewer('nsa'), 'attestDestruction', input)).code).toBe('NOT_FOUND');
    await graph.perform(INTAKE, 'attestDestruction', input, 'obligation { attestedAt }');
    expect((await graph.refused(INTAKE, 'attestDestruction', { ...input, expectedRevision: 2 })).code).toBe(
      'ALREADY_ATTESTED',
    );
    await graph.tick();
    expect([stored(graph.files).includes(sha256(mine)), stored(graph.files).includes(sha256(shared))]).toEqual([
      false,
      true,
    ]);
  });

  test('rejects an upload announcement with impossible values', async () => {
    const { id } = await graph.filed();
    const input = { submissionId: id, kind: 'OTHER', sha256: 'a'.repeat(64) };
    const of = async (change: Record<string, unknown>) =>
      (await graph.refused(developer(), 'attachArtifact', { ...input, ...change })).message;
    expect(await of({ bytes: '0' })).toMatch(/"bytes" is 0: give a whole number, at least 1/);
    expect(await of({ bytes: '1.5' })).toMatch(/"bytes" is 1.5/);
    expect(await of({ bytes: '1e13' })).toMatch(
      /"bytes" is 10000000000000, over the limit of \d+ for uploads: keep the document and give a "reference"/,
    );
    expect(await of({ bytes: '1', fileName: '../../etc/passwd' })).toMatch(/"fileName" must match the pattern/);
    expect(await of({ bytes: '1', sha256: 'XYZ' })).toMatch(/is not a SHA-256 digest/);
  });
});

describe('a large file', () => {
  beforeAll(requireCompiled);
  afterEach(killAll);

  /** A size that would show in memory; `npm run test:faults` uses a gigabyte. */
  const SIZE = process.env.ORDERGRAPH_TEST_FAULTS === 'all' ? 1024 ** 3 : 400 * 1024 ** 2;
  const CHUNK = Buffer.alloc(1024 * 1024, 42);
  const largeFile = () =>
    Readable.from(
      (function* () {
        for (let offset = 0; offset < SIZE; offset += CHUNK.length) yield CHUNK;
      })(),
    );

  test('streams a large file through gateway and subgraph in constant memory, both ways', async () => {
    const stack = await FileStack.start();
    const { gateway, subgraph, url, token } = stack;
    const hash = createHash('sha256');
    for (let hashed = 0; hashed < SIZE; hashed += CHUNK.length) hash.update(CHUNK);
    const path = await stack.attach(hash.digest('hex'), SIZE);
    // the gateway passes on unchanged what the subgraph rejects at once
    const refused = async (principal: string) => {
      const { status, body } = await stack.caller(principal).upload(path, Buffer.alloc(40 * 1024 * 1024));
      return [status, JSON.parse(body).errors[0].extensions.code];
    };
    expect(await refused(developer('birch'))).toEqual([404, 'NOT_FOUND']);
    expect(await refused(reviewer('nsa'))).toEqual([403, 'FORBIDDEN']);
    expect(await refused(developer())).toEqual([422, 'CONTENT_TRUNCATED']);

    const before = [gateway, subgraph].map(({ child }) => residentBytes(child.pid!));
    const peak = [...before];
    const watch = setInterval(() => {
      [gateway, subgraph].forEach(({ child }, place) => {
        peak[place] = Math.max(peak[place]!, residentBytes(child.pid!));
      });
    }, 100);
    const pool = new Pool(url);
    const headers = { authorization: `Bearer ${await token(developer())}` };
    const up = await pool.request({
      method: 'PUT',
      path,
      headers: { ...headers, 'content-type': 'application/octet-stream', 'content-length': String(SIZE) },
      body: largeFile(),
    });
    expect([up.statusCode, await up.body.text()]).toEqual([204, '']);
    const down = await pool.request({ method: 'GET', path, headers });
    let received = 0;
    for await (const chunk of down.body) received += (chunk as Buffer).length;
    clearInterval(watch);
    await pool.close();
    expect([down.statusCode, received]).toEqual([200, SIZE]);
    const grown = peak.map((bytes, place) => Math.round((bytes - before[place]!) / 1024 ** 2));
    // buffers of the streams and uncollected garbage, far less than the file
    expect(Math.max(...grown)).toBeLessThan(200);
    stack.remove();
  });
});
