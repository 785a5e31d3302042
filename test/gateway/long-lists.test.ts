import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { FastifyInstance } from 'fastify';
import { execute, parse } from 'graphql';
import { pino } from 'pino';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { HttpTransport } from '../../gateway/transport/http';
import { LONG_TEXT } from '../../gateway/transport/json-text';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])';
/** Enough items for a long request to the second subgraph. */
const COUNT = 4_000;
const ids = Array.from({ length: COUNT }, (_, i) => `item “${i % 3_000}” of the long list`);
const QUERY = 'query ($say: String) { said(say: $say) items { id color } }';

interface Subgraph {
  readonly sdl: string;
  readonly resolvers: object;
}

const graph: Record<string, Subgraph> = {
  items: {
    sdl: `${LINK} type Query { items: [Item!]! said(say: String): String } type Item @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: { items: () => ids.map((id) => ({ id })), said: (_: unknown, { say }: { say: string }) => say },
    },
  },
  colors: {
    sdl: `${LINK} type Item @key(fields: "id") { id: ID! color: String }`,
    resolvers: {
      Item: {
        color: ({ id }: { id: string }) => {
          if (id === failing) throw new Error('no color');
          return `color of ${id}`;
        },
      },
    },
  },
};

/** The item whose color cannot be resolved. */
let failing: string | undefined;
const bodies: Record<string, string[]> = { items: [], colors: [] };
const servers: Server[] = [];
let gateway: FastifyInstance;

beforeAll(async () => {
  const urls: Record<string, string> = {};
  for (const [name, { sdl, resolvers }] of Object.entries(graph)) {
    const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never });
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      bodies[name]!.push(body);
      const { query, variables } = JSON.parse(body);
      const answer = await execute({ schema, document: parse(query), variableValues: variables });
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    servers.push(server);
    urls[name] = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
  }
  gateway = await createGateway({
    supergraph: compose(Object.entries(graph).map(([name, { sdl }]) => ({ name, sdl, url: urls[name]! }))),
    config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
    log: pino({ level: 'silent' }),
    transport: ({ name, url }) => new HttpTransport(name, url, { maxResponseBytes: 10_000_000, connections: 8 }),
    forwardHeaders: [],
  });
  // the first request of an operation takes another path than those that follow
  await ask('first');
});
afterAll(async () => {
  await gateway?.close();
  for (const server of servers) server.close();
});
beforeEach(() => {
  failing = undefined;
  for (const list of Object.values(bodies)) list.length = 0;
});

async function ask(say: string) {
  const response = await gateway.inject({
    method: 'POST',
    url: '/graphql',
    payload: { query: QUERY, variables: { say } },
  });
  return response.json();
}

const items = ids.map((id) => ({ id, color: `color of ${id}` }));

test('joins a long list with one subgraph call that names each item once', async () => {
  expect(await ask('hello')).toEqual({ data: { said: 'hello', items } });
  const [body, ...others] = bodies.colors!;
  expect(others).toEqual([]);
  expect(Buffer.byteLength(body!)).toBeGreaterThan(LONG_TEXT);
  expect(JSON.parse(body!).variables.representations).toEqual(
    [...new Set(ids)].map((id) => ({ __typename: 'Item', id })),
  );
});

test('shares one long subgraph call between different requests that need it', async () => {
  const answers = await Promise.all(['one', 'two', 'three'].map(ask));
  expect(answers.map(({ data }) => data.said)).toEqual(['one', 'two', 'three']);
  for (const { data } of answers) expect(data.items).toEqual(items);
  expect(bodies.items).toHaveLength(3);
  expect(bodies.colors).toHaveLength(1);
});

test('reports an error in a long subgraph response at its path without a second call', async () => {
  failing = ids[7];
  const { data, errors } = await ask('hello');
  expect(data.items).toEqual(items.map((item) => (item.id === failing ? { ...item, color: null } : item)));
  expect(errors.map(({ path }: { path: unknown }) => path)).toEqual([
    ['items', 7, 'color'],
    ['items', 3_007, 'color'],
  ]);
  expect(bodies.colors).toHaveLength(1);
});
