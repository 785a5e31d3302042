import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ErrorList } from '#base/error-list';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { until } from '../support/until';

/** Responses of a subgraph that an attacker controls, over HTTP, within the limit of bytes. */

const SDL = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3") scalar JSON
  type Query { things: [Thing!] perhaps: [Thing] any: JSON count: Int }
  type Thing { id: ID! }
  type Mutation { change: Int }`;

const keys = (count: number) => Array.from({ length: count }, (_, place) => `"key${place}":${place}`).join(',');
const HOSTILE: readonly [name: string, body: string][] = [
  ['keys that no one asked for', `{"data":{"count":1,"things":[],"any":null,${keys(150_000)}}}`],
  ['keys of a custom scalar', `{"data":{"count":1,"things":[],"any":{${keys(150_000)}}}}`],
  ['keys of extensions', `{"data":{"count":1,"things":[],"any":null},"extensions":{${keys(150_000)}}}`],
  ['keys of an error', `{"data":null,"errors":[{"message":"x","extensions":{"code":"X",${keys(150_000)}}}]}`],
  ['keys of an entity', `{"data":{"count":1,"any":null,"things":[{"id":"a",${keys(150_000)}}]}}`],
  ['empty objects', `{"data":{"count":1,"things":[],"any":[${'{},'.repeat(1_000_001)}1]}}`],
  ['lists in lists', `{"data":{"count":1,"things":[],"any":${'['.repeat(1_000_001)}${']'.repeat(1_000_001)}}}`],
  ['values', `{"data":{"count":1,"things":[],"any":[${'"",'.repeat(3_000_001)}1]}}`],
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
      expect(data).toEqual({ count: null, any: null, things: null });
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

  test.each([
    ['texts in the place of objects', '"x",'],
    ['objects without a required field', '{},'],
    ['objects with an invalid value', '{"id":1.5},'],
    ['null in the place of required objects', 'null,'],
  ])('answers 700,000 %s with a bounded number of errors', async (_name, element) => {
    body = `{"data":{"things":[${element.repeat(700_000)}{"id":"last"}]}}`;
    const added = jest.spyOn(ErrorList.prototype, 'add');
    const { data, errors } = await ask('{ things { id } }');
    expect([data, errors.length <= 1_001]).toEqual([{ things: null }, true]);
    expect(errors[0].extensions).toMatchObject({ code: 'SUBGRAPH_BAD_RESPONSE', subgraph: 'hostile' });
    expect(added.mock.calls.length).toBeLessThan(200_000);
    added.mockRestore();
  });

  test('answers 700,000 invalid objects that may be null with nulls and a bounded number of errors', async () => {
    body = `{"data":{"perhaps":[${'"x",'.repeat(700_000)}{"id":"last"}]}}`;
    const added = jest.spyOn(ErrorList.prototype, 'add');
    const { data, errors } = await ask('{ perhaps { id } }');
    expect([data.perhaps.length, data.perhaps[699_999], data.perhaps.at(-1)]).toEqual([700_001, null, { id: 'last' }]);
    expect(errors.at(-1).extensions).toEqual({ code: 'ERRORS_OMITTED', count: expect.any(Number) });
    expect(added.mock.calls.length).toBeLessThan(200_000);
    added.mockRestore();
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

describe('a subgraph that sends large bodies slowly, many at once', () => {
  const MAX = 100_000;
  let subgraph: Server;
  let transport: HttpTransport;
  const open: ServerResponse[] = [];
  beforeAll(async () => {
    subgraph = createServer((request, response) => {
      request.resume().on('end', () => {
        open.push(response);
        // nearly all of it, and no end
        response.setHeader('content-type', 'application/json').write(`{"data":{"count":${' '.repeat(90_000)}`);
      });
    });
    await new Promise<void>((resolve) => subgraph.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(subgraph.address() as AddressInfo).port}/graphql`;
    transport = new HttpTransport('hostile', url, { maxResponseBytes: MAX, connections: 64 });
  });
  afterAll(async () => {
    await transport.close();
    subgraph.closeAllConnections();
    subgraph.close();
  });
  const ask = () =>
    transport.request({
      operation: { kind: 'query', text: '{count}', json: '"{count}"' },
      variables: '{}',
      headers: {},
      deadline: performance.now() + 60_000,
    });

  test('rejects those beyond eight times the limit of one, and takes others when these have ended', async () => {
    for (let round = 0; round < 2; round++) {
      const results = Array.from({ length: 24 }, () =>
        ask().then(
          ({ read }) => read().data,
          (error) => error.toJSON(),
        ),
      );
      const settled: unknown[] = [];
      for (const result of results) result.then((value) => settled.push(value));
      // eight bodies of 90,000 bytes fit; parts of others may have taken the rest of the room
      await until(
        () => settled.length >= 16,
        () => `${settled.length} of 24 are rejected`,
      );
      for (const error of settled)
        expect(error).toMatchObject({
          message: 'The "hostile" subgraph sends more than 800000 bytes in responses at once',
          extensions: { code: 'SUBGRAPH_RESPONSE_TOO_LARGE', retryable: true },
        });
      const rejected = settled.length;
      for (const response of open.splice(0)) response.end('1}}');
      const ended = await Promise.all(results);
      expect(ended.filter((value) => value && 'count' in (value as object)).length).toBe(24 - rejected);
    }
  });
});
