import { createServer } from 'node:http';
import { ApolloServer } from '@apollo/server';
import fastifyApollo from '@as-integrations/fastify';
import Fastify from 'fastify';
import { Pool } from 'undici';

// What nothing that serves GraphQL over HTTP can be below: floor.js <kind> <port> <subgraph origin>
const [, , kind, port, origin] = process.argv;
const pool = new Pool(origin!, { connections: 128 });

async function post(path: string, body: string): Promise<string> {
  const response = await pool.request({ path, method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return response.body.text();
}

async function main(): Promise<void> {
  if (kind === 'proxy') {
    // parses what the subgraph says, and prints it
    createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        const answer = await post('/items', Buffer.concat(chunks).toString());
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(JSON.parse(answer)));
      });
    }).listen(Number(port), '127.0.0.1', () => console.log('ready'));
    return;
  }
  // Apollo Server answering a constant, after one HTTP call
  const apollo = new ApolloServer({
    typeDefs: 'type User { id: ID! name: String } type Query { me: User }',
    resolvers: {
      Query: {
        me: async () => {
          await post('/accounts', '{"query":"{me{id name}}"}');
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
