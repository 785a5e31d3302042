import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { requireCompiled } from '../support/processes';

let gateway: FastifyInstance;
beforeAll(async () => {
  requireCompiled();
  gateway = await createGateway({
    supergraph: compose([{ name: 'a', sdl: 'type Query { hello: String }', url: 'http://a.invalid' }]),
    config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      request: async () => ({ headers: {}, read: () => ({ data: { hello: 'h' } }) }),
      async close() {},
    }),
    forwardHeaders: [],
  });
});
afterAll(() => gateway.close());

interface Answer {
  readonly status: number;
  readonly data?: unknown;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

const METHODS = ['POST', 'GET'] as const;

async function ask(method: (typeof METHODS)[number], request: Record<string, unknown>): Promise<Answer> {
  const text = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
  const response =
    method === 'POST'
      ? await gateway.inject({ method, url: '/graphql', payload: request })
      : await gateway.inject({
          method,
          url: '/graphql',
          query: Object.fromEntries(Object.entries(request).map(([name, value]) => [name, text(value)])),
        });
  return { status: response.statusCode, ...response.json() };
}

const outcome = ({ status, data, errors = [] }: Answer) => [
  status,
  data ?? errors.map(({ message, extensions }) => `${extensions.code}: ${message}`).join(),
];

describe('operationName', () => {
  const ANONYMOUS = '{ hello }';
  const NAMED = 'query A { hello }';
  const SEVERAL = 'query A { a: hello } query B { b: hello }';
  const HELLO = { hello: 'h' };
  const EMPTY =
    'OPERATION_RESOLUTION_FAILURE: operationName is empty: name an operation of the document or leave operationName out';
  const unknown = (name: string) => `OPERATION_RESOLUTION_FAILURE: The document has no operation named "${name}"`;
  const CHOOSE = 'OPERATION_RESOLUTION_FAILURE: The document has several operations: choose one with operationName';

  const cases: [string, string | undefined, [number, unknown]][] = [
    [ANONYMOUS, undefined, [200, HELLO]],
    [ANONYMOUS, '', [400, EMPTY]],
    [ANONYMOUS, 'A', [400, unknown('A')]],
    [NAMED, undefined, [200, HELLO]],
    [NAMED, 'A', [200, HELLO]],
    [NAMED, '', [400, EMPTY]],
    [NAMED, ' ', [400, unknown(' ')]],
    [NAMED, 'B', [400, unknown('B')]],
    [SEVERAL, undefined, [400, CHOOSE]],
    [SEVERAL, '', [400, EMPTY]],
    [SEVERAL, 'A', [200, { a: null }]],
    [SEVERAL, 'B', [200, { b: null }]],
    [SEVERAL, 'C', [400, unknown('C')]],
  ];
  const sendAll = async (method: (typeof METHODS)[number]) => {
    for (const [query, operationName, expected] of cases) {
      const request = operationName === undefined ? { query } : { query, operationName };
      // the first response to an operation is written by other code than the next ones
      for (let time = 0; time < 3; time++)
        expect([query, operationName, ...outcome(await ask(method, request))]).toEqual([
          query,
          operationName,
          ...expected,
        ]);
    }
  };

  test.each(METHODS)(
    'returns the same response by operationName for new and known operations by %s',
    async (method) => {
      await sendAll(method);
      // now all documents are known under all their names
      await sendAll(method);
    },
  );

  test('treats an operationName of null as missing', async () => {
    expect(outcome(await ask('POST', { query: NAMED, operationName: null }))).toEqual([200, HELLO]);
    expect(outcome(await ask('POST', { query: SEVERAL, operationName: null }))).toEqual([400, CHOOSE]);
  });

  test('does not confuse an operationName with a line break with another document', async () => {
    const query = '# a comment\nquery A { hello }';
    expect((await ask('POST', { query, operationName: 'A' })).status).toBe(200);
    const [comment, rest] = query.split('\n') as [string, string];
    const operationName = `A\n${comment}`;
    expect(outcome(await ask('POST', { query: rest, operationName }))).toEqual([400, unknown(operationName)]);
  });
});

describe('the persistedQuery extension', () => {
  const query = '{ again: hello }';
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const mismatch = `PERSISTED_QUERY_MISMATCH: extensions.persistedQuery.sha256Hash does not match the query, whose SHA-256 is ${hash(query)}`;

  describe.each(METHODS)('by %s', (method) => {
    test.each<[string, unknown, [number, unknown]]>([
      ['the hash of another query', { version: 1, sha256Hash: hash('{ hello }') }, [400, mismatch]],
      ['a hash in capital letters', { version: 1, sha256Hash: hash(query).toUpperCase() }, [400, mismatch]],
      ['an empty hash', { version: 1, sha256Hash: '' }, [400, mismatch]],
      [
        'no hash',
        { version: 1 },
        [
          400,
          'BAD_REQUEST: extensions.persistedQuery.sha256Hash must be a string: the SHA-256 of the query in hexadecimal',
        ],
      ],
      [
        'another version',
        { version: 2, sha256Hash: hash(query) },
        [400, 'BAD_REQUEST: extensions.persistedQuery.version must be 1'],
      ],
      ['no object', 'x', [400, 'BAD_REQUEST: extensions.persistedQuery must be an object with version and sha256Hash']],
      ['the hash of the query', { version: 1, sha256Hash: hash(query) }, [200, { again: null }]],
    ])(
      'returns a precise error for persistedQuery with %s, the first time and later',
      async (_name, persistedQuery, expected) => {
        for (let time = 0; time < 3; time++)
          expect(outcome(await ask(method, { query, extensions: { persistedQuery } }))).toEqual(expected);
      },
    );

    test('registers a query so that its hash alone executes it, and nothing else', async () => {
      const text = `{ ${method}: hello }`;
      const extensions = { persistedQuery: { version: 1, sha256Hash: hash(text) } };
      expect((await ask(method, { extensions })).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
      // rejected because of another query, so that nothing is stored
      expect((await ask(method, { query, extensions })).status).toBe(400);
      expect((await ask(method, { extensions })).errors?.[0]?.extensions.code).toBe('PERSISTED_QUERY_NOT_FOUND');
      expect((await ask(method, { query: text, extensions })).status).toBe(200);
      expect((await ask(method, { extensions })).status).toBe(200);
    });
  });
});
