import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { HttpTransport } from '../../gateway/transport/http';
import { InProcessTransport } from '../../gateway/transport/in-process';
import { ResilientTransport } from '../../gateway/transport/resilient';
import type { SubgraphRequest } from '../../gateway/transport/transport';
import { inOrder, type OddBehavior, OddSubgraph, raw, sends } from '../support/odd-subgraph';
import { SwallowingProxy } from '../support/swallowing-proxy';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';
const SDL = {
  things: `${LINK} scalar JSON scalar Long
    type Query { thing: Thing nothing: String count: Int ratio: Float ids: [ID!] id: ID long: Long longs: [Long] any: JSON
      longEcho(of: Long): String anyEcho(of: JSON): String idEcho(of: ID): String ratioEcho(of: Float): String countEcho(of: Int): String }
    type Mutation { change: String }
    type Thing @key(fields: "id") { id: ID! name: String }
    type Part @key(fields: "code") { code: Long! }
    extend type Query { part: Part }`,
  views: `${LINK} scalar Long
    type Query { fine: String }
    type Thing @key(fields: "id") { id: ID! views: Int seen: String }
    type Part @key(fields: "code") { code: Long! seen: String }`,
};
const MAX_BYTES = 100_000;

/** The query fields of the first subgraph. */
const WORLD = {
  thing: { __typename: 'Thing', id: '1', name: 'one' },
  nothing: null,
  count: 3,
  ratio: 0.5,
  ids: ['a', 'b'],
  id: 'c',
  long: 7,
  longs: [7],
  any: { x: [1] },
  part: { __typename: 'Part', code: 1 },
};

interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Record<string, unknown>;
}
interface ClientResponse {
  readonly text: string;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly ClientError[];
}

let values: Record<string, unknown>;
let things: OddSubgraph;
let views: OddSubgraph;

beforeAll(async () => {
  things = await OddSubgraph.start('things', SDL.things, () => ({
    Query: Object.fromEntries(Object.keys(WORLD).map((name) => [name, () => values[name]])),
    Mutation: { change: () => 'changed' },
  }));
  const representationIn = (pattern: RegExp) => () => pattern.exec(views.bodies.at(-1)!)?.[1];
  views = await OddSubgraph.start('views', SDL.views, () => ({
    Query: { fine: () => 'fine' },
    Thing: {
      __resolveReference: (representation: object) => representation,
      views: () => 5,
      seen: representationIn(/"__typename":"Thing","id":("[^"]*"|[^,}]*)/),
    },
    Part: {
      __resolveReference: (representation: object) => representation,
      seen: representationIn(/"code":([^,}]*)/),
    },
  }));
});
afterAll(() => {
  things?.stop();
  views?.stop();
});
beforeEach(() => {
  values = WORLD;
  things.behavior = inOrder;
  views.behavior = inOrder;
});

describe.each(['native', 'apollo'])('subgraphs with odd responses, %s planner', (planner) => {
  let gateway: FastifyInstance;
  let operations = 0;

  beforeAll(async () => {
    gateway = await createGateway({
      supergraph: compose([things, views]),
      config: readConfig({ logLevel: 'silent', costs: 'off', planner, subgraphTimeoutMs: '2000' }, {}),
      log: pino({ level: 'silent' }),
      transport: ({ name, url }) =>
        new ResilientTransport(name, new HttpTransport(name, url, { maxResponseBytes: MAX_BYTES, connections: 8 }), {
          concurrency: 8,
          queue: 8,
          retries: 1,
        }),
      forwardHeaders: [],
    });
  });
  afterAll(() => gateway?.close());
  // failures in a row would open the circuit
  beforeEach(() => ask('{ count }'));

  async function ask(query: string): Promise<ClientResponse> {
    const { body } = await gateway.inject({ method: 'POST', url: '/graphql', payload: { query } });
    return { text: body, ...JSON.parse(body) };
  }

  /** Returns the first response to a new operation, after checking that the next ones equal it. */
  async function askAgain(fields: string): Promise<ClientResponse> {
    operations += 1;
    const query = `{ ${fields} f${operations}: fine }`;
    const first = await ask(query);
    for (let time = 0; time < 2; time++) expect(withoutReferences(await ask(query))).toEqual(withoutReferences(first));
    const { [`f${operations}`]: fine, ...data } = first.data!;
    expect(fine).toBe('fine');
    return { ...first, data };
  }

  const sliced = async () =>
    Number(/ordergraph_executions_sliced_total (\d+)/.exec((await gateway.inject('/metrics')).body)![1]);

  const THING = { thing: { id: '1', name: 'one' }, nothing: null };
  const ASK_THING = 'thing { id name } nothing';

  const OWN = { code: 'OWN' };
  const ownError = (message: string, more: object = {}) => ({
    message,
    extensions: { ...OWN, subgraph: 'things' },
    ...more,
  });
  const withoutMessage = (more: object = {}) => ({
    message: 'The "things" subgraph returned an error without a message',
    extensions: { code: 'SUBGRAPH_BAD_RESPONSE', subgraph: 'things' },
    ...more,
  });
  const masked = { message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR', subgraph: 'things' } };
  /** An error without a path is reported at the field that is null. */
  const anywhere = { path: ['nothing'] };

  describe('malformed errors beside data', () => {
    test.each<[string, unknown, object[]]>([
      ['no error for null', null, []],
      ['no error for an empty list', [], []],
      [
        'an error at its path',
        [{ message: 'x', extensions: OWN, path: ['thing', 'name'] }],
        [ownError('x', { path: ['thing', 'name'] })],
      ],
      ['a path that is text', [{ message: 'x', extensions: OWN, path: 'thing' }], [ownError('x', anywhere)]],
      ['a path that is a number', [{ message: 'x', extensions: OWN, path: 5 }], [ownError('x', anywhere)]],
      ['a path that is an object', [{ message: 'x', extensions: OWN, path: {} }], [ownError('x', anywhere)]],
      [
        'a path with a null in it',
        [{ message: 'x', extensions: OWN, path: ['thing', null] }],
        [ownError('x', anywhere)],
      ],
      [
        'a path with a fraction in it',
        [{ message: 'x', extensions: OWN, path: ['thing', 1.5] }],
        [ownError('x', anywhere)],
      ],
      ['a path with a list in it', [{ message: 'x', extensions: OWN, path: [['thing']] }], [ownError('x', anywhere)]],
      ['a path that begins with a number', [{ message: 'x', extensions: OWN, path: [0] }], [ownError('x', anywhere)]],
      ['a path to an unknown field', [{ message: 'x', extensions: OWN, path: ['other'] }], [ownError('x', anywhere)]],
      ['an empty path', [{ message: 'x', extensions: OWN, path: [] }], [ownError('x', anywhere)]],
      [
        'odd locations',
        [{ message: 'x', extensions: OWN, path: ['thing'], locations: 'line 1' }],
        [ownError('x', { path: ['thing'] })],
      ],
      [
        'extensions that are text',
        [{ message: 'x', path: ['thing'], extensions: 'odd' }],
        [{ ...masked, path: ['thing'] }],
      ],
      [
        'extensions that are a list',
        [{ message: 'x', path: ['thing'], extensions: [OWN] }],
        [{ ...masked, path: ['thing'] }],
      ],
      [
        'extensions that are null',
        [{ message: 'x', path: ['thing'], extensions: null }],
        [{ ...masked, path: ['thing'] }],
      ],
      [
        'a code that is a number',
        [{ message: 'x', extensions: { code: 404 } }],
        [{ ...ownError('x', anywhere), extensions: { code: '404', subgraph: 'things' } }],
      ],
      [
        'a code that is an object',
        [{ message: 'x', extensions: { code: { toString: 1 } } }],
        [{ ...masked, ...anywhere }],
      ],
      [
        'a reference that is an object',
        [{ message: 'x', extensions: { reference: { toString: 1 } } }],
        [{ ...masked, ...anywhere }],
      ],
      [
        'an HTTP status in its extensions',
        [{ message: 'x', extensions: { ...OWN, http: { status: 999 } } }],
        [ownError('x', anywhere)],
      ],
      [
        'a budget in its extensions',
        [{ message: 'x', extensions: { code: 'BUDGET_EXHAUSTED' } }],
        [{ ...ownError('x', anywhere), extensions: { code: 'BUDGET_EXHAUSTED', subgraph: 'things' } }],
      ],
      ['an error without a message', [{ path: ['thing'] }], [withoutMessage({ path: ['thing'] })]],
      ['a message that is a number', [{ message: 5 }], [withoutMessage(anywhere)]],
      [
        'a message that is null, with a code',
        [{ message: null, extensions: OWN }],
        [{ ...withoutMessage(anywhere), extensions: { ...OWN, subgraph: 'things' } }],
      ],
      ['an error that is null', [null], [withoutMessage(anywhere)]],
      ['an error that is text', ['went wrong'], [{ ...masked, ...anywhere }]],
      ['errors that are text', 'went wrong', [{ ...masked, ...anywhere }]],
      [
        'errors that are a single object',
        { message: 'x', extensions: OWN, path: ['thing'] },
        [ownError('x', { path: ['thing'] })],
      ],
      ['errors that are a number', 1, [withoutMessage(anywhere)]],
      [
        'two odd errors and a good one',
        [null, 'x', { message: 'y', extensions: OWN, path: ['thing', 'id'] }],
        [ownError('y', { path: ['thing', 'id'] }), withoutMessage(anywhere), masked],
      ],
    ])('keeps the data and reports %s', async (_what, errors, expected) => {
      things.behavior = sends((data) =>
        JSON.stringify({ errors: '*', data: '#' }).replace('"*"', JSON.stringify(errors)).replace('"#"', data),
      );
      const response = await askAgain(ASK_THING);
      expect(response.data).toEqual(THING);
      expect(response.errors?.map(plain)).toEqual(expected.length === 0 ? undefined : expected);
    });
  });

  const COMPRESSED = (encoding: string) => ({ headers: { 'content-encoding': encoding } });
  describe('unusual but valid responses', () => {
    test.each<[string, OddBehavior]>([
      ['a byte-order mark', sends((data) => `\ufeff{"data":${data}}`)],
      ['white space before and after', sends((data) => ` \r\n\t{"data":${data}}\n\n `)],
      ['no content-type', sends((data) => `{"data":${data}}`, { headers: {} })],
      [
        'a content-type in upper case with odd parameters',
        sends((data) => `{"data":${data}}`, { headers: { 'content-type': 'APPLICATION/JSON ;; charset="UTF-8";odd' } }),
      ],
      ['text/plain', sends((data) => `{"data":${data}}`, { headers: { 'content-type': 'text/plain' } })],
      ['text/html', sends((data) => `{"data":${data}}`, { headers: { 'content-type': 'text/html' } })],
      ['gzip', sends((data) => gzipSync(`{"data":${data}}`), COMPRESSED('gzip'))],
      ['x-gzip in upper case', sends((data) => gzipSync(`{"data":${data}}`), COMPRESSED('X-GZIP'))],
      ['gzip of a byte-order mark', sends((data) => gzipSync(`\ufeff{"data":${data}}`), COMPRESSED('gzip'))],
      ['brotli', sends((data) => brotliCompressSync(`{"data":${data}}`), COMPRESSED('br'))],
      ['deflate', sends((data) => deflateSync(`{"data":${data}}`), COMPRESSED('deflate'))],
      [
        'deflate without the header of zlib',
        sends((data) => deflateRawSync(`{"data":${data}}`), COMPRESSED('deflate')),
      ],
      ['brotli around gzip', sends((data) => brotliCompressSync(gzipSync(`{"data":${data}}`)), COMPRESSED('gzip, br'))],
      ['identity', sends((data) => `{"data":${data}}`, COMPRESSED('identity'))],
      ['extensions, which stay inside', sends((data) => `{"extensions":{"trace":"inside"},"data":${data}}`)],
      ['extensions that are null', sends((data) => `{"data":${data},"extensions":null}`)],
      [
        'members that are unknown to GraphQL',
        sends((data) => `{"hasNext":false,"data":${data},"label":"inside","__proto__":{"errors":[1]}}`),
      ],
      [
        'a duplicate key: the last one counts',
        sends((data) => `{"data":{"thing":null},"data":${data},"errors":[{"message":"x"}],"errors":null}`),
      ],
      ['keys written with escapes', sends((data) => `{"\\u0064ata":${data},"\\u0065rrors":[]}`)],
      ['__proto__ among the data', sends((data) => `{"data":{"__proto__":{"polluted":1},${data.slice(1)}}`)],
      ['data with HTTP 400', sends((data) => `{"data":${data}}`, { status: 400 })],
      ['data with HTTP 500', sends((data) => `{"data":${data}}`, { status: 500 })],
      ['data with HTTP 429', sends((data) => `{"data":${data}}`, { status: 429 })],
      [
        'data with HTTP 503',
        sends((data) => `{"data":${data}}`, {
          status: 503,
          headers: { 'content-type': 'application/graphql-response+json' },
        }),
      ],
      [
        'early hints',
        ({ data }, response) => {
          response.writeEarlyHints({ link: '</x>; rel=preload' });
          response.writeHead(200).end(`{"data":${data}}`);
        },
      ],
    ])('accepts a response with %s', async (_what, behavior) => {
      things.behavior = behavior;
      const response = await askAgain(ASK_THING);
      expect(response.errors).toBeUndefined();
      expect(response.data).toEqual(THING);
      expect(response.text).not.toMatch(/inside|polluted|hasNext/);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    });

    test('replaces each byte that is not valid UTF-8 with U+FFFD', async () => {
      things.behavior = sends((data) => Buffer.from(`{"data":${data.replace('one', 'o\xffe')}}`, 'latin1'));
      expect((await askAgain(ASK_THING)).data).toEqual({ ...THING, thing: { id: '1', name: 'o\ufffde' } });
    });

    test('accepts unpaired surrogates in strings', async () => {
      things.behavior = sends((data) => `{"data":${data.replace('one', '\\ud83d \\ude00\\u0000')}}`);
      expect((await askAgain(ASK_THING)).data).toEqual({ ...THING, thing: { id: '1', name: '\ud83d \ude00\u0000' } });
    });
  });

  test.each<[string, OddBehavior]>([
    ['null for errors', sends((data) => `{"data":${data},"errors":null}`)],
    ['an empty list of errors', sends((data) => `{"errors":[ ],"data":${data},"extensions":null}`)],
    ['other members', sends((data) => `{"hasNext":false,"data":${data}}`)],
    ['a byte-order mark and gzip', sends((data) => gzipSync(`\ufeff{"data":${data}}`), COMPRESSED('gzip'))],
  ])('still answers from slices when the subgraph sends %s', async (_what, behavior) => {
    things.behavior = behavior;
    const before = await sliced();
    await askAgain(ASK_THING);
    expect((await sliced()) - before).toBe(2);
  });

  describe('responses that are rejected without loss of other data', () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    test.each<[string, OddBehavior, string, string, boolean?]>([
      ['an empty body', sends(() => ''), 'SUBGRAPH_BAD_RESPONSE', 'returned HTTP 200 with an empty body'],
      ['white space', sends(() => ' \n'), 'SUBGRAPH_BAD_RESPONSE', 'returned HTTP 200 with an empty body'],
      [
        'no content',
        (_request, response) => response.writeHead(204).end(),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 204 with an empty body',
      ],
      ['HTML', sends(() => '<html>'), 'SUBGRAPH_BAD_RESPONSE', 'returned HTTP 200 with a body that is not JSON'],
      [
        'HTML with HTTP 500',
        sends(() => '<html>', { status: 500 }),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 500 with a body that is not JSON',
      ],
      [
        'truncated JSON',
        sends((data) => `{"data":${data}`),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with a body that is not JSON',
      ],
      [
        'two values',
        sends((data) => `{"data":${data}}{}`),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with a body that is not JSON',
      ],
      [
        '100,000 open brackets',
        sends(() => '['.repeat(99_000)),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with a body that is not JSON',
      ],
      [
        'a list',
        sends((data) => `[{"data":${data}}]`),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with a list instead of a GraphQL response',
      ],
      [
        'null',
        sends(() => 'null'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with null instead of a GraphQL response',
      ],
      [
        'text',
        sends(() => '"data"'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with text instead of a GraphQL response',
      ],
      [
        'an object with neither data nor errors',
        sends(() => '{"message":"x"}', { status: 401 }),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 401 with neither data nor errors',
      ],
      [
        'null as data',
        sends(() => '{"data":null}'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with neither data nor errors',
      ],
      [
        'null as data and no errors',
        sends(() => '{"data":null,"errors":[]}'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned HTTP 200 with neither data nor errors',
      ],
      [
        'a list as data',
        sends(() => '{"data":[]}'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned a list as data instead of an object',
      ],
      [
        'text as data',
        sends(() => '{"data":"x"}'),
        'SUBGRAPH_BAD_RESPONSE',
        'returned text as data instead of an object',
      ],
      [
        'a redirect',
        sends((data) => `{"data":${data}}`, { status: 307, headers: { location: '/' } }),
        'SUBGRAPH_BAD_RESPONSE',
        'returned a redirect (HTTP 307), which is not followed',
      ],
      [
        'an unknown encoding',
        sends((data) => `{"data":${data}}`, COMPRESSED('rot13')),
        'SUBGRAPH_BAD_RESPONSE',
        expect.stringMatching(
          /returned a body with the unsupported content-encoding "rot13"; supported are gzip, x-gzip, deflate, br/,
        ) as never,
      ],
      [
        'invalid gzip',
        sends((data) => `{"data":${data}}`, COMPRESSED('gzip')),
        'SUBGRAPH_BAD_RESPONSE',
        'returned a body that is not valid gzip, though its content-encoding says so',
      ],
      [
        'truncated gzip',
        sends((data) => gzipSync(`{"data":${data}}`).subarray(0, -9), COMPRESSED('gzip')),
        'SUBGRAPH_BAD_RESPONSE',
        'returned a body that is not valid gzip, though its content-encoding says so',
      ],
      [
        'invalid brotli',
        sends((data) => `{"data":${data}}`, COMPRESSED('br')),
        'SUBGRAPH_BAD_RESPONSE',
        'returned a body that is not valid br, though its content-encoding says so',
      ],
      [
        'a gzip bomb',
        sends(() => bomb, COMPRESSED('gzip')),
        'SUBGRAPH_RESPONSE_TOO_LARGE',
        `returned a response larger than ${MAX_BYTES} bytes`,
      ],
      [
        'a gzip bomb within gzip',
        sends(() => gzipSync(bomb), COMPRESSED('gzip, gzip')),
        'SUBGRAPH_RESPONSE_TOO_LARGE',
        `returned a response larger than ${MAX_BYTES} bytes`,
      ],
      [
        'too much',
        sends(() => ' '.repeat(MAX_BYTES + 1)),
        'SUBGRAPH_RESPONSE_TOO_LARGE',
        `returned a response larger than ${MAX_BYTES} bytes`,
      ],
      ['HTTP 429', sends(() => '', { status: 429 }), 'SUBGRAPH_OVERLOADED', 'is overloaded (HTTP 429)', true],
      [
        'HTTP 503 with broken gzip',
        sends(() => 'x', { status: 503, ...COMPRESSED('gzip') }),
        'SUBGRAPH_UNAVAILABLE',
        'is not available (HTTP 503)',
        true,
      ],
      [
        'HTTP 502 with an error without a code',
        sends(() => '{"errors":[{"message":"proxy"}]}', { status: 502 }),
        'SUBGRAPH_UNAVAILABLE',
        'is not available (HTTP 502)',
        true,
      ],
    ])(
      'rejects an odd response and loses no other data: %s',
      async (_what, behavior, code, message, retryable = false) => {
        things.behavior = behavior;
        const { data, errors } = await askAgain('nothing');
        expect(data).toEqual({ nothing: null });
        const [error] = errors!;
        expect(errors).toEqual([
          { message: expect.anything(), path: ['nothing'], extensions: { code, subgraph: 'things', retryable } },
        ]);
        expect(error!.message.replace('The "things" subgraph ', '')).toEqual(message);
      },
    );

    test.each([200, 401, 422, 500])(
      'rejects data with HTTP %i and reports the errors of the subgraph',
      async (status) => {
        things.behavior = sends(() => JSON.stringify({ errors: [{ message: 'x', extensions: OWN }] }), { status });
        const { data, errors } = await askAgain('nothing');
        expect(data).toEqual({ nothing: null });
        expect(errors!.map(plain)).toEqual([ownError('x', anywhere)]);
      },
    );

    test.each([429, 502, 503, 504])(
      'rejects data with HTTP %i and marks the errors of the subgraph as retryable',
      async (status) => {
        things.behavior = sends(() => JSON.stringify({ data: null, errors: [{ message: 'x', extensions: OWN }] }), {
          status,
          headers: { 'retry-after': '9' },
        });
        const { errors } = await askAgain('nothing');
        expect(errors).toEqual([
          {
            message: 'x',
            path: ['nothing'],
            extensions: { ...OWN, subgraph: 'things', retryable: true, retryAfterSeconds: 9 },
          },
        ]);
      },
    );

    test('rejects data that are a list and passes on the errors beside them', async () => {
      things.behavior = sends(
        () => '{"data":[],"errors":[{"message":"x","extensions":{"code":"OWN"},"path":["nothing"]}]}',
      );
      const { data, errors } = await askAgain('nothing');
      expect(data).toEqual({ nothing: null });
      expect(errors!.map(({ message }) => message)).toEqual([
        'x',
        'The "things" subgraph returned a list as data instead of an object',
      ]);
    });

    test.each([
      ['a list', '['.repeat(40_000) + ']'.repeat(40_000)],
      ['an object', `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`],
      ['a list around a number beyond double precision', `${'['.repeat(40_000)}9007199254740993${']'.repeat(40_000)}`],
    ])('rejects %s that is nested too deeply', async (_what, any) => {
      values = { ...WORLD, any: raw(any) };
      const { data, errors } = await askAgain('any thing { id }');
      expect(data).toEqual({ any: null, thing: null });
      expect(new Set(errors!.map(({ message }) => message))).toEqual(
        new Set(['The "things" subgraph returned data nested deeper than 1000 levels']),
      );
    });

    test('rejects deeply nested lists in place of an entity', async () => {
      things.behavior = sends(
        (data) => `{"data":${data.replace(/"thing":\{[^}]*\}/, `"thing":${'['.repeat(40_000)}${']'.repeat(40_000)}`)}}`,
      );
      const { data, errors } = await askAgain('thing { id views }');
      expect(data).toEqual({ thing: null });
      expect(errors).toHaveLength(1);
    });

    test('drops only the extensions of an error when they are nested too deeply', async () => {
      things.behavior = sends(
        (data) =>
          `{"data":${data},"errors":[{"message":"x","extensions":{"code":"OWN","deep":${'['.repeat(40_000)}${']'.repeat(40_000)}}}]}`,
      );
      const { data, errors } = await askAgain(ASK_THING);
      expect(data).toEqual(THING);
      expect(errors!.map(plain)).toEqual([{ ...masked, ...anywhere }]);
    });
  });

  describe('numbers in responses', () => {
    test.each<[string, string, string, string]>([
      ['an ID that is a number as text', 'id', '5', '"5"'],
      ['a negative ID', 'id', '-5', '"-5"'],
      ['a large ID by all its digits', 'id', '9007199254740993', '"9007199254740993"'],
      ['a very large ID by all its digits', 'id', '123456789012345678901234567890', '"123456789012345678901234567890"'],
      ['IDs in a list', 'ids', '[1,"2",9223372036854775807]', '["1","2","9223372036854775807"]'],
      ['a large number of a custom scalar', 'long', '9007199254740993', '9007199254740993'],
      [
        'the largest 64-bit number',
        'longs',
        '[9223372036854775807,-9223372036854775808,1]',
        '[9223372036854775807,-9223372036854775808,1]',
      ],
      ['a fraction with many digits', 'long', '0.12345678901234567890123', '0.12345678901234567890123'],
      ['a number beyond the range of doubles', 'long', '1e400', '1e400'],
      ['a number too small for doubles', 'long', '-1E-400', '-1E-400'],
      [
        'numbers within objects of a custom scalar',
        'any',
        '{"a":[9007199254740993,{"b":1e400,"c":"9007199254740993"}],"d":1.5}',
        '{"a":[9007199254740993,{"b":1e400,"c":"9007199254740993"}],"d":1.5}',
      ],
      [
        '__proto__ within a custom scalar',
        'any',
        '{"__proto__":{"a":9007199254740993}}',
        '{"__proto__":{"a":9007199254740993}}',
      ],
      ['an Int with a fraction of zero', 'count', '1.0', '1'],
      ['an Int with an exponent', 'count', '1e3', '1000'],
      ['an Int with many zeros behind it', 'count', '1.000000000000000000000', '1'],
    ])('writes in a response %s', async (_what, field, value, expected) => {
      values = { ...WORLD, [field]: raw(value) };
      const { text, errors } = await askAgain(field);
      expect(errors).toBeUndefined();
      expect(text).toContain(`"${field}":${expected},`);
    });

    test.each(['0.1234567890123456789', '12345678901234567890', '1e300', '2.5e-5'])(
      'returns the Float %s with all its digits',
      async (written) => {
        values = { ...WORLD, ratio: raw(written) };
        expect((await askAgain('ratio')).data).toEqual({ ratio: Number(written) });
      },
    );

    test.each<[string, string, string]>([
      ['id', '1.5', 'ID'],
      ['id', '1e30', 'ID'],
      ['id', '12345678901234567890.5', 'ID'],
      ['id', 'true', 'ID'],
      ['count', '2147483648', 'Int'],
      ['count', '9007199254740993', 'Int'],
      ['count', '1.5', 'Int'],
      ['ratio', '1e400', 'Float'],
      ['ratio', '"9007199254740993"', 'Float'],
      ['nothing', '9007199254740993', 'String'],
    ])('returns an error for the field %s when its value %s is not a valid %s', async (field, value, type) => {
      values = { ...WORLD, [field]: raw(value) };
      const { data, errors } = await askAgain(field);
      expect(data).toEqual({ [field]: null });
      expect(errors).toEqual([
        {
          message: `The "things" subgraph returned a value for "Query.${field}" that is not a valid ${type}`,
          path: [field],
          extensions: { code: 'SUBGRAPH_BAD_RESPONSE', subgraph: 'things', retryable: false },
        },
      ]);
    });

    test('returns an error for a number in place of an object', async () => {
      values = { ...WORLD };
      things.behavior = sends((data) => `{"data":${data.replace(/"thing":\{[^}]*\}/, '"thing":9007199254740993')}}`);
      const { data, errors } = await askAgain('thing { id views }');
      expect(data).toEqual({ thing: null });
      expect(errors!.map(({ message }) => message)).toEqual([
        'The "things" subgraph returned a value for "Query.thing" that is not an object',
      ]);
    });
  });

  describe('exact keys of entities', () => {
    test.each(['5', '"5"', '9007199254740993'])(
      'sends an ID of %s to the next subgraph as it was received',
      async (id) => {
        values = { ...WORLD, thing: { __typename: 'Thing', id: raw(id), name: 'one' } };
        const { data } = await askAgain('thing { id seen }');
        expect(data).toEqual({ thing: { id: String(id).replaceAll('"', ''), seen: id } });
        expect((await askAgain('thing { seen }')).data).toEqual({ thing: { seen: id } });
      },
    );

    test.each(['7', '9007199254740993', '-9223372036854775808', '0.1234567890123456789'])(
      'sends a numeric key of %s to the next subgraph as it was received',
      async (code) => {
        values = { ...WORLD, part: { __typename: 'Part', code: raw(code) } };
        expect((await askAgain('part { seen }')).data).toEqual({ part: { seen: code } });
        const { text } = await askAgain('part { code seen }');
        expect(text).toContain(`"part":{"code":${code},"seen":"${code}"}`);
      },
    );
  });

  describe('exact numbers in variables', () => {
    test.each<[string, string, string]>([
      ['Long', 'longEcho', '9007199254740993'],
      ['Long', 'longEcho', '-9223372036854775808'],
      ['Long', 'longEcho', '0.1234567890123456789'],
      ['JSON', 'anyEcho', '{"a":[9007199254740993,"9007199254740993",1.5]}'],
      ['ID', 'idEcho', '9007199254740993'],
      ['Float', 'ratioEcho', '0.1234567890123456789'],
    ])('passes on a variable of type %s exactly: %s(of: %s)', async (type, field, value) => {
      operations += 1;
      const query = `query ($of: ${type}) { ${field}(of: $of) f${operations}: fine }`;
      for (let time = 0; time < 3; time++) {
        const payload = `{"query":${JSON.stringify(query)},"variables":{"of":${value}}}`;
        const headers = { 'content-type': 'application/json' };
        const { body } = await gateway.inject({ method: 'POST', url: '/graphql', payload, headers });
        expect(JSON.parse(body).errors).toBeUndefined();
        expect(things.bodies.at(-1)).toContain(`"variables":{"of":${value}}`);
      }
    });

    test('tells two requests apart whose numbers differ beyond double precision', async () => {
      operations += 1;
      const query = `query ($of: Long) { longEcho(of: $of) f${operations}: fine }`;
      const before = things.bodies.length;
      const send = (of: string) =>
        gateway.inject({
          method: 'POST',
          url: '/graphql',
          payload: `{"query":${JSON.stringify(query)},"variables":{"of":${of}}}`,
          headers: { 'content-type': 'application/json' },
        });
      await Promise.all(['9007199254740992', '9007199254740993'].map(send));
      const numbers = things.bodies.slice(before).map((body) => /"of":(\d+)/.exec(body)?.[1]);
      expect(numbers.toSorted()).toEqual(['9007199254740992', '9007199254740993']);
    });

    test('rejects an Int variable beyond 32 bits', async () => {
      const payload = '{"query":"query ($of: Int) { countEcho(of: $of) }","variables":{"of":9007199254740993}}';
      const headers = { 'content-type': 'application/json' };
      const { body } = await gateway.inject({ method: 'POST', url: '/graphql', payload, headers });
      expect(JSON.parse(body).errors[0].extensions.code).toBe('BAD_USER_INPUT');
    });
  });

  describe('malformed errors beside entities', () => {
    const ownOfViews = { message: 'x', extensions: { ...OWN, subgraph: 'views' } };
    test.each<[string, unknown, object[]]>([
      ['an error at its entity', ['_entities', 0, 'views'], [{ ...ownOfViews, path: ['thing', 'views'] }]],
      ['a path of text', '_entities', [ownOfViews]],
      ['an index of text', ['_entities', '0', 'views'], [ownOfViews]],
      ['an index of a fraction', ['_entities', 0.5], [ownOfViews]],
      ['an index beyond the list', ['_entities', 9, 'views'], [ownOfViews]],
      ['an unknown alias', ['entities', 0], [ownOfViews]],
      ['only the list', ['_entities'], [ownOfViews]],
    ])('keeps the entities and reports %s', async (_what, path, expected) => {
      views.behavior = sends((data) =>
        data.includes('_entities')
          ? `{"data":${data},"errors":${JSON.stringify([{ message: 'x', extensions: OWN, path }])}}`
          : `{"data":${data},"errors":null}`,
      );
      const { data, errors } = await askAgain('thing { id views }');
      expect(data).toEqual({ thing: { id: '1', views: 5 } });
      expect(errors!.map(plain)).toEqual(expected);
    });
  });

  test('returns the same data however the response envelope is changed', async () => {
    const odd = fc.jsonValue({ maxDepth: 3 });
    const step = fc.oneof(fc.constantFrom<unknown>('thing', 'name', 'nothing', 0, 1.5, -1, null, '__proto__', {}), odd);
    const error = fc.oneof(
      odd,
      fc.record(
        {
          message: fc.oneof(fc.string(), odd),
          path: fc.oneof(fc.array(step, { maxLength: 4 }), odd),
          locations: odd,
          extensions: fc.oneof(
            odd,
            fc.dictionary(
              fc.constantFrom('code', 'http', 'reference', 'subgraph', 'retryable', 'cost', 'response', '__proto__'),
              odd,
            ),
          ),
        },
        { requiredKeys: [] },
      ),
    );
    const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 3 });
    const member = fc.tuple(
      fc.oneof(
        fc.constantFrom('extensions', 'hasNext', '__proto__', 'toString'),
        fc.string().filter((key) => key !== 'data' && key !== 'errors'),
      ),
      odd,
    );
    const envelope = fc.record({
      errors: fc.oneof(fc.constantFrom<unknown>(undefined, null, []), fc.array(error, { maxLength: 4 }), odd),
      before: fc.array(member, { maxLength: 2 }),
      after: fc.array(member, { maxLength: 2 }),
      areErrorsFirst: fc.boolean(),
      space,
      hasMark: fc.boolean(),
      status: fc.constantFrom(200, 200, 201, 299, 400, 404, 418, 429, 500, 502, 503, 504, 599),
      type: fc.constantFrom(undefined, 'application/json', 'text/html', 'application/graphql-response+json; x', 'odd'),
      encoding: fc.constantFrom<[string | undefined, (body: string) => string | Buffer]>(
        [undefined, (body) => body],
        ['gzip', (body) => gzipSync(body)],
        ['br', (body) => brotliCompressSync(body)],
        ['deflate', (body) => deflateRawSync(body)],
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        envelope,
        async ({ errors, before, after, areErrorsFirst, space: gap, hasMark, status, type, encoding }) => {
          const text = ([key, value]: [string, unknown]) =>
            `${JSON.stringify(key)}${gap}:${gap}${JSON.stringify(value)}`;
          const [name, encode] = encoding;
          things.behavior = sends(
            (data) => {
              const main = [`"data":${data}`, ...(errors === undefined ? [] : [text(['errors', errors])])];
              if (areErrorsFirst) main.reverse();
              const members = [...before.map(text), ...main, ...after.map(text)];
              return encode(`${hasMark ? '\ufeff' : ''}${gap}{${gap}${members.join(`${gap},${gap}`)}}${gap}`);
            },
            {
              status,
              headers: { ...(type ? { 'content-type': type } : {}), ...(name ? { 'content-encoding': name } : {}) },
            },
          );
          const response = await askAgain(ASK_THING);
          expect(response.data).toEqual(THING);
          expect(response.errors?.length ?? 0).toBe(
            Array.isArray(errors) ? errors.length : (errors ?? null) === null ? 0 : 1,
          );
          for (const { message, path = [], extensions } of response.errors ?? []) {
            expect(typeof message).toBe('string');
            expect(extensions).toMatchObject({ code: expect.any(String), subgraph: 'things' });
            expect(path.every((key) => typeof key === 'string' || Number.isInteger(key))).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  describe('outcome of a failed mutation', () => {
    const change = () => ask('mutation { change }');
    const MAY = '; the mutation may have been carried out';
    const endsSocket: OddBehavior = (_request, _response, socket) => socket.destroy();

    test.each<[string, OddBehavior, string, string]>([
      ['when it timed out', () => {}, 'SUBGRAPH_TIMEOUT', `did not answer within 2000 ms${MAY}`],
      [
        'when the connection was lost',
        endsSocket,
        'SUBGRAPH_UNREACHABLE',
        `closed the connection before responding${MAY}`,
      ],
      [
        'when the response was cut off',
        (_request, response, socket) => {
          response.writeHead(200, { 'content-length': 99 });
          response.write('{', () => socket.destroy());
        },
        'SUBGRAPH_UNREACHABLE',
        `closed the connection before responding${MAY}`,
      ],
      [
        'with HTTP 500',
        sends(() => 'x', { status: 500 }),
        'SUBGRAPH_BAD_RESPONSE',
        `returned HTTP 500 with a body that is not JSON${MAY}`,
      ],
      ['with HTTP 502', sends(() => 'x', { status: 502 }), 'SUBGRAPH_UNAVAILABLE', `is not available (HTTP 502)${MAY}`],
      [
        'with HTTP 503 and Retry-After',
        sends(() => 'x', { status: 503, headers: { 'retry-after': '1' } }),
        'SUBGRAPH_UNAVAILABLE',
        `is not available (HTTP 503)${MAY}`,
      ],
      ['with HTTP 504', sends(() => 'x', { status: 504 }), 'SUBGRAPH_UNAVAILABLE', `is not available (HTTP 504)${MAY}`],
      [
        'when the response was too large',
        sends(() => ' '.repeat(MAX_BYTES + 1)),
        'SUBGRAPH_RESPONSE_TOO_LARGE',
        `returned a response larger than ${MAX_BYTES} bytes${MAY}`,
      ],
      [
        'when the response is not JSON',
        sends(() => 'x'),
        'SUBGRAPH_BAD_RESPONSE',
        `returned HTTP 200 with a body that is not JSON${MAY}`,
      ],
    ])('says that a mutation may have been made %s', async (_what, behavior, code, message) => {
      things.behavior = behavior;
      const before = things.bodies.length;
      const { data, errors } = await change();
      expect(data).toEqual({ change: null });
      // the remaining time of the request may be a little shorter
      const reported = errors!.map((error) => ({
        ...error,
        message: error.message.replace(/within \d+ ms/, 'within 2000 ms'),
      }));
      expect(reported).toEqual([
        {
          message: `The "things" subgraph ${message}`,
          path: ['change'],
          extensions: { code, subgraph: 'things', retryable: false },
        },
      ]);
      expect(things.bodies.length - before).toBe(1);
    });

    test('keeps the errors of the subgraph for a mutation that failed with HTTP 503', async () => {
      things.behavior = sends(() => JSON.stringify({ errors: [{ message: 'x', extensions: OWN }] }), { status: 503 });
      expect((await change()).errors).toEqual([
        { message: 'x', path: ['change'], extensions: { ...OWN, subgraph: 'things', retryable: false } },
      ]);
    });

    test.each<[string, OddBehavior, string, boolean]>([
      ['a redirect', sends(() => '', { status: 302 }), 'SUBGRAPH_BAD_RESPONSE', false],
      ['HTTP 403', sends(() => 'x', { status: 403 }), 'SUBGRAPH_BAD_RESPONSE', false],
      ['HTTP 429', sends(() => 'x', { status: 429 }), 'SUBGRAPH_OVERLOADED', true],
    ])(
      'does not say that a mutation may have been made when it was refused with %s',
      async (_what, behavior, code, retryable) => {
        things.behavior = behavior;
        const { errors } = await change();
        expect(errors![0]!.message).not.toContain('carried out');
        expect(errors![0]!.extensions).toEqual({ code, subgraph: 'things', retryable });
      },
    );
  });
});

describe('mutations that were not sent', () => {
  const text = 'mutation { change }';
  const request = (): SubgraphRequest => ({
    operation: { kind: 'mutation', text, json: JSON.stringify(text) },
    variables: '{}',
    headers: {},
    deadline: performance.now() + 5_000,
  });
  const query = (): SubgraphRequest => ({
    ...request(),
    operation: { kind: 'query', text: '{__typename}', json: '"{__typename}"' },
  });
  const closed = () => new HttpTransport('closed', 'http://127.0.0.1:1/', { maxResponseBytes: 1, connections: 1 });

  test('marks a mutation as retryable after a refused connection or with an open circuit', async () => {
    const transport = new ResilientTransport('closed', closed(), { concurrency: 1, queue: 1, retries: 0 });
    const failures: unknown[] = [];
    for (let time = 0; time < 11; time++) failures.push(await transport.request(request()).catch((error) => error));
    expect(failures[0]).toMatchObject({
      message: 'The "closed" subgraph cannot be reached',
      extensions: { code: 'SUBGRAPH_UNREACHABLE', retryable: true },
    });
    expect(failures[10]).toMatchObject({
      message: 'The "closed" subgraph has failed repeatedly and is not called for now',
      extensions: { code: 'SUBGRAPH_UNAVAILABLE', retryable: true },
    });
    await transport.close();
  });

  test('closes connections that swallow everything before a mutation is retried', async () => {
    things.behavior = inOrder;
    const proxy = await SwallowingProxy.start(Number(new URL(things.url).port));
    const http = new HttpTransport('things', proxy.url, { maxResponseBytes: 1_000_000, connections: 30 });
    const transport = new ResilientTransport('things', http, { concurrency: 30, queue: 30, retries: 0 });
    const ask = (timeoutMs: number) =>
      transport
        .request({ ...query(), deadline: performance.now() + timeoutMs })
        .catch((error) => error.extensions.code);
    await Promise.all(Array.from({ length: 30 }, () => ask(5_000)));
    expect(proxy.connections).toBeGreaterThan(20);
    proxy.swallow();
    expect(await Promise.all(Array.from({ length: 10 }, () => ask(100)))).toEqual(Array(10).fill('SUBGRAPH_TIMEOUT'));
    expect(transport.breaker.isOpen).toBe(true);
    // the twenty idle connections swallow, too: the first probe must not use one of them
    const results: unknown[] = [];
    while (transport.breaker.isOpen) {
      results.push(await ask(2_000));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(results).not.toContain('SUBGRAPH_TIMEOUT');
    await transport.close();
    proxy.stop();
  });

  test('marks a mutation as retryable when too many calls are queued before it', async () => {
    things.behavior = () => {};
    const http = new HttpTransport('things', things.url, { maxResponseBytes: 1, connections: 1 });
    const transport = new ResilientTransport('things', http, { concurrency: 1, queue: 0, retries: 0 });
    const pending = transport.request(request()).catch((error) => error);
    await expect(transport.request(request())).rejects.toMatchObject({
      extensions: { code: 'SUBGRAPH_OVERLOADED', retryable: true },
    });
    await transport.close();
    await pending;
  });
});

test('says that a mutation in the same process that timed out may have been made', async () => {
  const text = 'mutation { change }';
  const transport = new InProcessTransport({ name: 'here', execute: () => new Promise(() => {}) });
  const operation = { kind: 'mutation', text, json: JSON.stringify(text) } as const;
  const deadline = performance.now() + 10;
  await expect(transport.request({ operation, variables: '{}', headers: {}, deadline })).rejects.toMatchObject({
    message: expect.stringMatching(/did not answer within \d+ ms; the mutation may have been carried out$/),
    extensions: { code: 'SUBGRAPH_TIMEOUT', retryable: false },
  });
});

/** Errors as clients get them, without log references, which differ each time. */
function plain({ message, path, extensions: { reference: _reference, ...extensions } }: ClientError): object {
  return { message, ...(path ? { path } : {}), extensions };
}

const withoutReferences = ({ data, errors }: ClientResponse): object => ({ data, errors: errors?.map(plain) });
