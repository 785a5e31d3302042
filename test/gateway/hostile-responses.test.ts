import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';

/** Responses of a subgraph that an attacker controls, over HTTP, within the limit of bytes. */

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") scalar JSON
  type Query { things: [Thing!]! any: JSON count: Int }
  type Thing { id: ID! }
  type Mutation { change: Int }`;

const keys = (count: number) => Array.from({ length: count }, (_, place) => `"key${place}":${place}`).join(',');
const HOSTILE: readonly [name: string, body: string][] = [
  ['keys that nobody asked for', `{"data":{"count":1,"things":[],"any":null,${keys(150_000)}}}`],
  ['keys of a custom scalar', `{"data":{"count":1,"things":[],"any":{${keys(150_000)}}}}`],
  ['keys of extensions', `{"data":{"count":1,"things":[],"any":null},"extensions":{${keys(150_000)}}}`],
  ['keys of an error', `{"data":null,"errors":[{"message":"x","extensions":{"code":"X",${keys(150_000)}}}]}`],
  ['keys of an entity', `{"data":{"count":1,"any":null,"things":[{"id":"a",${keys(150_000)}}]}}`],
  ['empty objects', `{"data":{"count":1,"things":[],"any":[${'{},'.repeat(2_000_001)}1]}}`],
  ['lists in lists', `{"data":{"count":1,"things":[],"any":${'['.repeat(2_000_001)}${']'.repeat(2_000_001)}}}`],
  ['values', `{"data":{"count":1,"things":[],"any":[${'"",'.repeat(5_000_001)}1]}}`],
];

describe('a subgraph that sends more parts than an answer has', () => {
  let subgraph: Server;
  let gateway: FastifyInstance;
  let body: string;
  beforeAll(async () => {
    subgraph = createServer((request, response) => {
      request.resume().on('end', () => response.setHeader('content-type', 'application/json').end(body));
    });
    await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
    gateway = await createGateway({
      supergraph: compose([{ name: 'hostile', sdl: SDL, url }]),
      config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
      log: createLog('silent', 'test'),
      transport: ({ name }) => new HttpTransport(name, url, { maxResponseBytes: 64 * 1024 * 1024, connections: 8 }),
      forwardHeaders: [],
    });
  });
  afterAll(async () => {
    await gateway.close();
    subgraph.close();
  });
  const ask = async (query: string) =>
    (await gateway.inject({ method: 'POST', url: '/graphql', payload: { query } })).json();

  const QUERY = '{ count any things { id } }';
  test.each(HOSTILE)('rejects %s before it parses them', async (_name, hostile) => {
    const parse = jest.spyOn(JSON, 'parse');
    for (let time = 0; time < 2; time++) {
      body = hostile;
      const { data, errors } = await ask(QUERY);
      expect(data).toBeNull();
      expect(errors[0]).toMatchObject({
        message: expect.stringMatching(/^The "hostile" subgraph returned a response with more than \d+ /),
        extensions: { code: 'SUBGRAPH_RESPONSE_TOO_LARGE', retryable: false },
      });
    }
    expect(parse.mock.calls.filter(([text]) => String(text).length > 1_000_000)).toEqual([]);
    parse.mockRestore();
    body = '{"data":{"count":2,"any":{"a":1},"things":[{"id":"a"}]}}';
    expect(await ask(QUERY)).toEqual({ data: { count: 2, any: { a: 1 }, things: [{ id: 'a' }] } });
  });

  test('says of a mutation that it may have been carried out', async () => {
    body = `{"data":{"change":1,${keys(150_000)}}}`;
    const { errors } = await ask('mutation { change }');
    expect(errors[0]).toMatchObject({
      message: expect.stringMatching(/more than 50000 different keys; the mutation may have been carried out$/),
      extensions: { code: 'SUBGRAPH_RESPONSE_TOO_LARGE' },
    });
  });

  test('takes a long answer of ordinary shape', async () => {
    const things = Array.from({ length: 300_000 }, (_, place) => ({ id: `thing-${place}` }));
    body = JSON.stringify({ extensions: { more: 1 }, data: { things, count: 1, any: null } });
    const { data, errors } = await ask('{ things { id } }');
    expect([errors, data.things.length, data.things.at(-1)]).toEqual([undefined, 300_000, { id: 'thing-299999' }]);
  });
});
