import { createServer, type ServerResponse } from 'node:http';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { schemas } from './schemas';

/**
 * A subgraph with configurable behavior: `subgraph.js <name> <port>`. `POST /behave` with the name of a behavior changes it, `GET
 * /calls` returns the number of requests so far.
 */
const [, , name = '', port] = process.argv;

const resolvers: Record<string, object> = {
  shops: {
    Query: {
      shops: () => ['1', '2', '3'].map((id) => ({ id, name: `Shop ${id}` })),
      version: () => 'one',
    },
    Shop: { __resolveReference: ({ id }: { id: string }) => ({ id, name: `Shop ${id}` }) },
    Mutation: { open: (_: unknown, { id }: { id: string }) => ({ id, name: `Shop ${id}` }) },
  },
  stock: {
    Query: { total: () => 42 },
    Shop: { items: ({ id }: { id: string }) => Number(id) * 10, label: ({ id }: { id: string }) => `L${id}` },
    Mutation: { count: () => 1 },
  },
};

const schema = buildSubgraphSchema({ typeDefs: parse(schemas[name]!), resolvers: resolvers[name] as never });
let behavior = 'well';
let calls = 0;

type Behavior = (response: ServerResponse, well: () => Promise<string>) => Promise<void> | void;
const json = { 'content-type': 'application/json' };

const behaviors: Record<string, Behavior> = {
  well: async (response, well) => {
    response.writeHead(200, json).end(await well());
  },
  slowly: async (response, well) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    response.writeHead(200, json).end(await well());
  },
  never: () => {},
  half: async (response, well) => {
    const text = await well();
    response.writeHead(200, { ...json, 'content-length': text.length });
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  },
  text: (response) => {
    response.writeHead(200, json).end('this is no JSON: secret-host.internal');
  },
  html: (response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>secret-host.internal</body></html>');
  },
  short: async (response, well) => {
    const answer = JSON.parse(await well());
    answer.data?._entities?.pop();
    response.writeHead(200, json).end(JSON.stringify(answer));
  },
  nulls: async (response, well) => {
    const answer = JSON.parse(await well());
    if (answer.data?._entities) answer.data._entities[1] = null;
    response.writeHead(200, json).end(JSON.stringify(answer));
  },
  error500: (response) => {
    response.writeHead(500, { 'content-type': 'text/plain' }).end('Error: at /srv/secret-host.internal/index.js:1:1');
  },
  busy: (response) => {
    response.writeHead(429, { ...json, 'retry-after': '7' }).end('{}');
  },
  busyOnce: async (response, well) => {
    behavior = 'well';
    response.writeHead(503, { 'retry-after': '0' }).end();
    await well();
  },
  reset: (response) => {
    response.socket!.resetAndDestroy();
  },
  /** As long as the client reads. */
  gigabytes: (response) => {
    response.writeHead(200, json);
    response.write('{"data":{"_entities":["');
    const more = Buffer.alloc(1024 * 1024, 'x');
    const write = () => {
      while (response.write(more)) {}
      response.once('drain', write);
    };
    response.on('error', () => {});
    write();
  },
};

createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const body = Buffer.concat(chunks).toString();
    if (request.url === '/calls') {
      response.end(String(calls));
      return;
    }
    if (request.url === '/behave') {
      behavior = body;
      response.end();
      return;
    }
    calls += 1;
    const { query, variables } = JSON.parse(body);
    const well = async () => JSON.stringify(await graphql({ schema, source: query, variableValues: variables }));
    await behaviors[behavior]!(response, well);
  });
}).listen(Number(port), '127.0.0.1', () => console.log(`${name} listens`));
