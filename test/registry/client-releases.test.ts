import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { INSPECTOR } from '../support/identity';
import { until } from '../support/until';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const OPERATOR = 'role=operator; subject=olga';
const COORDINATOR = 'role=coordinator; subject=carl';
const ANALYST = 'role=analyst; subject=ana';
const FIELDS = 'release { id client clientVersion note documentCount publishedBy retiredAt inUse revision }';
const FIRST = 'query First { agencies(kind: OFFICE) { key } }';
const SECOND = 'mutation Second($input: SaveQuestionInput!) { saveQuestion(input: $input) { question { id } } }';

describe.each(databaseKinds)('released clients, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  let versions = 0;
  const release = (change: Record<string, unknown> = {}) => {
    versions += 1;
    return {
      client: 'dashboard',
      version: `1.${versions}`,
      documents: [{ operation: FIRST }, { operation: SECOND }],
      ...change,
    };
  };
  const publish = (input: Record<string, unknown>, caller = OPERATOR): Promise<Loose> =>
    graph.call(caller, 'publishClientRelease', input, FIELDS);
  const published = async (change: Record<string, unknown> = {}): Promise<Loose> => {
    const { data, errors } = await publish(release(change));
    expect(errors).toBeUndefined();
    return data.publishClientRelease.release;
  };

  test('has the documents of a client, for those who maintain the graph', async () => {
    const { id, ...rest } = await published({ note: 'First.' });
    expect(rest).toEqual({
      ...{ client: 'dashboard', clientVersion: `1.${versions}`, note: 'First.', documentCount: 2 },
      ...{ publishedBy: null, retiredAt: null, inUse: true, revision: 1 },
    });
    const read = async (caller: string | null) => {
      const { data } = await graph.ask(
        caller,
        `query ($id: ID!) { clientRelease(id: $id) { publishedBy documents { nodes { name operation documentId } } }
          clientDocuments(filter: { release: { id: { eq: $id } } }) { totalCount } }`,
        { id },
      );
      return data as Loose;
    };
    expect(await read(COORDINATOR)).toEqual({
      clientRelease: {
        publishedBy: null,
        documents: {
          nodes: [
            { name: 'First', operation: FIRST, documentId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
            { name: 'Second', operation: SECOND, documentId: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
          ],
        },
      },
      clientDocuments: { totalCount: 2 },
    });
    expect((await read(INSPECTOR)).clientRelease.publishedBy).toBe('olga');
    expect((await read(OPERATOR)).clientRelease.publishedBy).toBeNull();
    for (const caller of [ANALYST, null])
      expect(await read(caller)).toMatchObject({ clientRelease: null, clientDocuments: { totalCount: 0 } });
  });

  test.each<[string, Record<string, unknown>, string, string]>([
    ['without documents', { documents: [] }, 'BAD_USER_INPUT', '"documents" is empty'],
    ['with a document that is not GraphQL', { documents: [{ operation: '{ a' }] }, 'BAD_USER_INPUT', 'is not GraphQL'],
    [
      'with a document without an operation',
      { documents: [{ operation: 'fragment F on Agency { key }' }] },
      'BAD_USER_INPUT',
      '0 operations',
    ],
    [
      'with a document of two operations',
      { documents: [{ operation: 'query A { agencies { key } } query B { agencies { key } }' }] },
      'BAD_USER_INPUT',
      '2 operations',
    ],
    [
      'with an operation without a name',
      { documents: [{ operation: '{ agencies { key } }' }] },
      'BAD_USER_INPUT',
      'has no name',
    ],
    [
      'with a document twice',
      { documents: [{ operation: FIRST }, { operation: FIRST }] },
      'BAD_USER_INPUT',
      '"First" is in the list twice',
    ],
    ['with a version that is no name', { version: '1.0 beta' }, 'BAD_USER_INPUT', 'version'],
  ])('refuses a release %s', async (_, change, code, message) => {
    const { data, errors } = await publish(release(change));
    expect([data?.publishClientRelease ?? null, errors[0].extensions.code]).toEqual([null, code]);
    expect(errors[0].message).toContain(message);
  });

  test('a version is published once, and only by operators', async () => {
    const input = release();
    expect((await publish(input)).errors).toBeUndefined();
    expect((await publish(input)).errors[0]).toMatchObject({
      message: `dashboard@${input.version} was published before: publish another version`,
      extensions: { code: 'ALREADY_EXISTS' },
    });
    for (const caller of [COORDINATOR, ANALYST])
      expect((await publish(release(), caller)).errors[0].extensions.code).toBe('FORBIDDEN');
  });

  test('is retired once', async () => {
    const { id, revision } = await published();
    const retire = (expectedRevision: number) =>
      graph.call(OPERATOR, 'retireClientRelease', { id, expectedRevision }, FIELDS) as Promise<Loose>;
    expect((await retire(revision + 5)).errors[0].extensions.code).toBe('REVISION_CONFLICT');
    expect((await retire(revision)).data.retireClientRelease.release).toMatchObject({ inUse: false, revision: 2 });
    expect((await retire(2)).errors[0].extensions.code).toBe('ILLEGAL_TRANSITION');
  });
});

test('gateways accept the documents of releases in use, and read them only after a change', async () => {
  const graph = await Framework.open('sqlite', { config: { trustedQuestionsPollMs: 20 } });
  try {
    const { errors, data } = (await graph.call(
      ...([
        OPERATOR,
        'publishClientRelease',
        { client: 'app', version: '1', documents: [{ operation: FIRST }] },
        'release { id revision documents { nodes { documentId } } }',
      ] as const),
    )) as Loose;
    expect(errors).toBeUndefined();
    const { id, revision: expectedRevision, documents } = data.publishClientRelease.release;
    const [{ documentId }] = documents.nodes;
    const send = async () => {
      const headers = await graph.identity.headers(ANALYST);
      const response = await graph.server.inject({ method: 'POST', url: '/graphql', headers, payload: { documentId } });
      const body = response.json();
      return body.data ? 'executed' : body.errors[0].extensions.code;
    };
    await until(
      async () => (await send()) === 'executed',
      () => 'the document is trusted',
    );
    const registry = graph.subgraph('registry');
    const { execute } = registry;
    const asked: string[] = [];
    registry.execute = (request) => {
      asked.push(/query (\w+)/.exec(request.query)?.[1] ?? '');
      return execute.call(registry, request);
    };
    await until(
      () => asked.length > 5,
      () => 'the gateway asks again',
    );
    expect(new Set(asked)).toEqual(new Set(['TrustedState', 'ClientState']));
    await graph.call(OPERATOR, 'retireClientRelease', { id, expectedRevision }, 'release { id }');
    await until(
      async () => (await send()) === 'DOCUMENT_NOT_FOUND',
      () => 'the document is no longer trusted',
    );
  } finally {
    await graph.close();
  }
});
