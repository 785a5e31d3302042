import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import fastifyApollo from '@as-integrations/fastify';
import Fastify from 'fastify';
import { Pool } from 'undici';
import type { Calls } from '../calls';

// The lower bound for any GraphQL server over HTTP: floor.js <kind> <port> <subgraph origin, or file of calls>
const [, , kind, port, argument] = process.argv;
const pools = new Map<string, Pool>();

async function post(url: string, body: string): Promise<string> {
  const { origin, pathname: path } = new URL(url);
  let pool = pools.get(origin);
  if (!pool) {
    pool = new Pool(origin, { connections: 128 });
    pools.set(origin, pool);
  }
  const response = await pool.request({ path, method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.body.text();
}

/** Node's own server, which responds with a function of the request body. */
function serve(answer: (body: string) => Promise<string>): void {
  createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const text = await answer(Buffer.concat(chunks).toString());
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
  }).listen(Number(port), '127.0.0.1', () => console.log('ready'));
}

async function main(): Promise<void> {
  // parses the response of the subgraph and serializes it
  if (kind === 'proxy') return serve(async (body) => JSON.stringify(JSON.parse(await post(`${argument}/items`, body))));
  if (kind === 'calls') {
    // makes the known calls of a request and returns the responses unchanged
    const all: readonly Calls[] = JSON.parse(readFileSync(argument!, 'utf8'));
    const stagesOf = new Map(all.map(({ request, stages }) => [request, stages]));
    return serve(async (request) => {
      const answers: string[] = [];
      for (const stage of stagesOf.get(request) ?? [])
        answers.push(...(await Promise.all(stage.map(({ url, body }) => post(url, body)))));
      return `[${answers.join(',')}]`;
    });
  }
  // Apollo Server returning a constant after one HTTP call
  const apollo = new ApolloServer({
    typeDefs: 'type User { id: ID! name: String } type Query { me: User }',
    resolvers: {
      Query: {
        me: async () => {
          await post(`${argument}/accounts`, '{"query":"{me{id name}}"}');
          return { id: '1', name: 'Name of user 1' };
        },
      },
    },
  });
  await apollo.start();
  const server = Fastify();
  await server.register(fastifyApollo(apollo));
  await server.listen({ port: Number(port), host: '127.0.0.1' });
  console.log('ready');
}
main();
