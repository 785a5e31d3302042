import type { FastifyInstance, InjectOptions } from 'fastify';
import { type FieldNode, type OperationDefinitionNode, parse } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { repeatedName } from '../../gateway/http/json-body';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';

let gateway: FastifyInstance;
beforeAll(async () => {
  gateway = await createGateway({
    supergraph: compose([{ name: 's', sdl: 'type Query { a(s: String): String }', url: 'http://s.invalid' }]),
    config: readConfig({ logLevel: 'silent' }, {}),
    log: createLog('silent', 'test'),
    transport: () => ({
      shareable: false,
      // whatever name the planner gave the field
      request: async ({ operation }) => {
        const { selectionSet } = parse(operation.text).definitions[0] as OperationDefinitionNode;
        const { alias, name } = selectionSet.selections[0] as FieldNode;
        return { headers: {}, read: () => ({ data: { [(alias ?? name).value]: 'yes' } }) };
      },
      async close() {},
    }),
    forwardHeaders: [],
  });
});
afterAll(() => gateway.close());

const outcome = async (request: InjectOptions) => {
  const response = await gateway.inject(request);
  const { data, errors } = response.json();
  return [response.statusCode, data?.a ?? `${errors[0].extensions.code}: ${errors[0].message}`];
};
const post = (body: string | Buffer, type = 'application/json') =>
  outcome({ method: 'POST', url: '/graphql', headers: { 'content-type': type }, payload: body });
const get = (search: string) => outcome({ url: `/graphql?${search}` });

const YES = [200, 'yes'];
const repeated = (name: string) => [400, `BAD_REQUEST: The body repeats "${name}": send each name once`];

test.each([
  ['query', '{"query":"{ a }","query":"{ __typename }"}'],
  ['query', '{"query":"{ a }","qu\\u0065ry":"{ __typename }"}'],
  ['query', '{ "query" : "{ a }" ,\n\t"variables" : {"query":"\\"query\\""}, "query" : "{ a }" }'],
  ['variables', '{"query":"{ a }","variables":{},"variables":null}'],
  ['operationName', '{"operationName":null,"query":"{ a }","operationName":null}'],
  ['extensions', '{"query":"{ a }","extensions":{"a":[{}]},"extensions":{}}'],
  ['documentId', '{"documentId":"x","query":"{ a }","documentId":"y"}'],
  ['client', '{"query":"{ a }","client":1,"client":1}'],
])('rejects a body that has "%s" twice', async (name, body) => {
  expect(await post(body)).toEqual(repeated(name));
});

test.each([
  ['a name again as a value', '{"operationName":null,"query":"query query { a }","extensions":{"x":"query"}}'],
  ['a name again within a value', '{"query":"{ a }","variables":{"query":1,"variables":{"query":2}}}'],
  ['a name again within a list', '{"query":"{ a }","extensions":{"l":[{"query":1},{"query":2},"query"]}}'],
  ['a name twice within variables, of which the last counts', '{"query":"{ a }","variables":{"s":1,"s":2}}'],
  ['escapes', '{"query":"{ a(s: \\"\\\\\\\\\\") }","variables":{"s":"\\u0000\\\\"}}'],
  ['a byte order mark', '\ufeff{"query":"{ a }"}'],
  ['other names', '{"query":"{ a }","client":{"a":1},"b":[1,2]}'],
])('executes a body with %s', async (_what, body) => {
  expect(await post(body)).toEqual(YES);
});

test('finds every repeated top-level name of a body, and only those', () => {
  const names = ['query', 'variables', 'a"b', 'ä', '\\', '', '{'];
  const values = ['1', '"query"', '{"query":{"query":[]}}', '["a",{"ä":"}"}]', '"\\\\\\""', 'null'];
  let seed = 7;
  const pick = (count: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * count);
  };
  let count = 0;
  for (let round = 0; round < 2_000; round++) {
    const chosen = Array.from({ length: 1 + pick(5) }, () => names[pick(names.length)]!);
    const text = `{${chosen.map((name) => `${JSON.stringify(name)} : ${values[pick(values.length)]}`).join(' , ')}}`;
    const expected = chosen.find((name, place) => chosen.indexOf(name) < place);
    expect([text, repeatedName(JSON.parse(text), text) !== undefined]).toEqual([text, expected !== undefined]);
    if (expected !== undefined) count += 1;
  }
  expect(count).toBeGreaterThan(200);
});

test('reads a body of many names in linear time', () => {
  const text = `{${Array.from({ length: 100_000 }, (_, i) => `"n${i}":"\\\\"`).join()}}`;
  expect(repeatedName(JSON.parse(text), text)).toBeUndefined();
  const twice = `${text.slice(0, -1)},"n0":0}`;
  expect(repeatedName(JSON.parse(twice), twice)).toBe('n0');
});

test.each(['utf-7', 'UTF-16', '"utf-16le"', 'utf-32', 'iso-8859-1', 'x', 'utf-8; charset=utf-7'])(
  'rejects the charset %s',
  async (charset) => {
    const [status, message] = await post('{"query":"{ a }"}', `application/json; charset=${charset}`);
    expect([status, message]).toEqual([
      415,
      expect.stringMatching(/^UNSUPPORTED_MEDIA_TYPE: The charset ".*" is not supp/),
    ]);
  },
);

test.each(['utf-8', 'UTF-8', '"utf-8"', 'utf8', 'utf-8; profile=x'])('accepts the charset %s', async (charset) => {
  expect(await post('{"query":"{ a }"}', `application/json; charset=${charset}`)).toEqual(YES);
  expect(await post('{"query":"{ a }"}', `application/json;CHARSET=${charset}`)).toEqual(YES);
});

const within = (...bytes: number[]) =>
  Buffer.concat([Buffer.from('{"query":"{ a(s: \\"'), Buffer.from(bytes), Buffer.from('\\") }"}')]);

test.each<[string, number[]]>([
  ['a byte that starts no character', [0xff]],
  ['a truncated sequence', [0xe2, 0x82]],
  ['an overlong quote', [0xc0, 0xa2]],
  ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
  ['a character beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
])('rejects a body with %s', async (_what, bytes) => {
  const rejection = [400, 'BAD_REQUEST: The body is not valid UTF-8: encode it as UTF-8'];
  expect(await post(within(...bytes))).toEqual(rejection);
  const escaped = bytes.map((byte) => `%${byte.toString(16)}`).join('');
  expect(await get(`query={a(s:"${escaped}")}`)).toEqual([
    400,
    'BAD_REQUEST: The URL is not valid UTF-8: encode parameters as UTF-8 before escaping them',
  ]);
});

test('executes text beyond ASCII, by POST and by GET', async () => {
  expect(await post(within(...Buffer.from('ä € 𝄞')))).toEqual(YES);
  expect(await get(`query=${encodeURIComponent('{ a(s: "ä € 𝄞 50%") }')}`)).toEqual(YES);
});

test.each(['query', 'operationName', 'variables', 'extensions', 'documentId', 'doc_id'])(
  'rejects a URL that has %s twice',
  async (name) => {
    const value = { variables: '{}', extensions: '{}' }[name] ?? (name === 'query' ? '{a}' : '');
    expect(await get(`${name === 'query' ? '' : 'query={a}&'}${name}=${value}&${name}=${value}`)).toEqual([
      400,
      `BAD_REQUEST: The URL repeats "${name}": send each name once`,
    ]);
  },
);
