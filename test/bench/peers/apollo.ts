import '../../oracle/telemetry-off';
import { readFileSync } from 'node:fs';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';

// unmodified @apollo/gateway: apollo.js <supergraph> <port>
class Forwarding extends RemoteGraphQLDataSource {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource['willSendRequest']>>[0]) {
    const { authorization } = context as { authorization?: string };
    if (authorization) request.http?.headers.set('authorization', authorization);
  }
}

const [, , supergraph, port] = process.argv;
const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(supergraph!, 'utf8'),
  buildService: ({ url }) => new Forwarding({ url }),
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
const server = new ApolloServer({
  gateway: gateway as never,
  logger: { debug() {}, info() {}, warn() {}, error() {} },
});
startStandaloneServer(server as never, {
  listen: { port: Number(port), host: '127.0.0.1' },
  context: async ({ req }) => ({ authorization: req.headers.authorization }),
}).then(() => console.log('ready'));
