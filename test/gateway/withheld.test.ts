import type { FastifyInstance } from 'fastify';
import { WITHHELD_HEADER, type WithheldEntry, writeWithheld } from '#base/withheld';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { payloadsOf } from '../oracle/incremental';
import { OddSubgraph, sends } from '../support/odd-subgraph';
import { requireCompiled } from '../support/processes';

/** What a gateway makes of the headers in which subgraphs list what rights limit. */

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@inaccessible"])';
const SHOPS = `${LINK} type Query { shop: Shop } type Shop @key(fields: "id") { id: ID! name: String secret: String @inaccessible }`;
const STOCK = `${LINK} type Shop @key(fields: "id") { id: ID! items: Int owner: String }`;

const entry = (coordinate: string, more: Partial<WithheldEntry> = {}): WithheldEntry => ({
  coordinate,
  kind: 'FIELD',
  class: 'GOV',
  readable: 'NONE',
  why: 'Only for oversight',
  grantedTo: ['inspector'],
  ...more,
});

let shops: OddSubgraph;
let stock: OddSubgraph;
let server: FastifyInstance;
beforeAll(async () => {
  requireCompiled();
  shops = await OddSubgraph.start('shops', SHOPS, () => ({ Query: { shop: () => ({ id: '1', name: null }) } }));
  stock = await OddSubgraph.start('stock', STOCK, () => ({
    Shop: { __resolveReference: () => ({ id: '1', items: null, owner: null }) },
  }));
  const subgraphs = [shops, stock].map(({ name, sdl, url }) => ({ name, sdl, url }));
  server = await createGateway({
    supergraph: compose(subgraphs),
    config: readConfig({ logLevel: 'silent', costs: 'off', returnHeader: [WITHHELD_HEADER] }, {}),
    log: createLog('silent', 'test'),
    transport: ({ name, url }) => new HttpTransport(name, url, { maxResponseBytes: 1e6, connections: 4 }),
    forwardHeaders: [],
  });
}, 60_000);
afterAll(async () => {
  await server?.close();
  shops?.stop();
  stock?.stop();
});

/** Makes a subgraph send a header with its correct answers. */
function sending(subgraph: OddSubgraph, header?: string | string[]): void {
  const headers = {
    'content-type': 'application/json',
    ...(header === undefined ? {} : { [WITHHELD_HEADER]: header }),
  };
  subgraph.behavior = sends((data) => `{"data":${data}}`, { headers });
}

const post = (query: string, headers: Record<string, string> = {}) =>
  server.inject({ method: 'POST', url: '/graphql', headers, payload: { query } });
const BOTH = '{ shop { name items } }';

test('returns no extension without headers', async () => {
  sending(shops);
  sending(stock);
  expect((await post(BOTH)).json()).toEqual({ data: { shop: { name: null, items: null } } });
});

test('merges and sorts the entries of subgraphs, and returns no header', async () => {
  sending(shops, writeWithheld([entry('Shop.name')]));
  sending(stock, writeWithheld([entry('Shop.items'), entry('Query.shop', { kind: 'ROWS' }), entry('Shop.name')]));
  for (const _time of ['first', 'again']) {
    const answer = await post(BOTH);
    expect(answer.headers[WITHHELD_HEADER]).toBeUndefined();
    expect(answer.json().extensions.withheld).toEqual([
      entry('Query.shop', { kind: 'ROWS' }),
      entry('Shop.items'),
      entry('Shop.name'),
    ]);
  }
});

test('drops entries for fields that the API schema lacks', async () => {
  const hidden = ['Shop.secret', 'Nothing.here', 'Shop.toString', 'String', 'Shop.constructor'];
  sending(shops, writeWithheld(hidden.map((coordinate) => entry(coordinate))));
  sending(stock);
  expect((await post(BOTH)).json().extensions).toBeUndefined();
});

test.each([
  ['not JSON', '{"rules":['],
  ['of another shape', '[1,2,3]'],
  ['too long', `{"rules":[],"entries":[],"x":"${'x'.repeat(9_000)}"}`],
  ['sent twice', ['nonsense', '"more"']],
])('serves the answer under a header that is %s, and counts it', async (_what, header) => {
  const count = async () => {
    const { body } = await server.inject({ method: 'GET', url: '/metrics' });
    return Number(/^ordergraph_withheld_headers_invalid_total (\d+)$/m.exec(body)![1]);
  };
  const before = await count();
  sending(shops, header);
  sending(stock, writeWithheld([entry('Shop.items')]));
  for (const _time of ['first', 'again']) {
    const { data, extensions } = (await post(BOTH)).json();
    expect([data, extensions]).toEqual([{ shop: { name: null, items: null } }, { withheld: [entry('Shop.items')] }]);
  }
  expect(await count()).toBeGreaterThanOrEqual(before + 2);
});

test('limits entries, and counts the rest', async () => {
  const text = JSON.stringify({
    rules: [['Only for oversight']],
    entries: Array.from({ length: 200 }, () => ['Shop.name', 'FIELD', 'GOV', 'NONE', 0]),
    omitted: 7,
  });
  sending(shops, text);
  sending(stock);
  expect((await post(BOTH)).json().extensions.withheld).toEqual([
    entry('Shop.name', { grantedTo: [] }),
    { kind: 'OMITTED', count: 7 },
  ]);
});

test('sends with each part of an answer the entries that it added', async () => {
  sending(shops, writeWithheld([entry('Shop.name')]));
  sending(stock, writeWithheld([entry('Shop.items'), entry('Shop.name')]));
  for (const spec of ['deferSpec=20220824', 'incrementalSpec=v0.2']) {
    const answer = await post('{ shop { name ... @defer { items } } }', { accept: `multipart/mixed; ${spec}` });
    const headers = new Headers({ 'content-type': String(answer.headers['content-type']) });
    const payloads = (await payloadsOf(headers, answer.rawPayload)) as { extensions?: { withheld: unknown } }[];
    expect(payloads.map(({ extensions }) => extensions?.withheld)).toEqual([
      [entry('Shop.name')],
      [entry('Shop.items')],
    ]);
  }
});
