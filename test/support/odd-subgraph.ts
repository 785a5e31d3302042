import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse } from 'graphql';

/** A request to the subgraph, and the data, as JSON, of a correct response. */
export interface OddRequest {
  readonly body: string;
  readonly data: string;
}

export type OddBehavior = (request: OddRequest, response: ServerResponse, socket: IncomingMessage['socket']) => void;

/** A number, or anything else, that appears in data with exactly these characters. */
export const raw = (json: string): string => `raw ${json}`;

/** A subgraph over HTTP that computes the correct data and then sends whatever its behavior makes of them. */
export class OddSubgraph {
  behavior: OddBehavior = inOrder;
  readonly bodies: string[] = [];

  private constructor(
    readonly name: string,
    readonly sdl: string,
    private readonly server: Server,
  ) {}

  /** @param root values of the fields of `Query` and `Mutation`, and resolvers of others. */
  static async start(name: string, sdl: string, resolvers: () => object): Promise<OddSubgraph> {
    // its responses need not fit its schema: it coerces nothing
    const loose = `${sdl.replaceAll(/: \[?(ID|Int|Float|String|Long)\b!?\]?(?!\))/g, ': Raw')} scalar Raw`;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      subgraph.bodies.push(body);
      const { query, variables } = JSON.parse(body);
      const schema = buildSubgraphSchema({ typeDefs: parse(loose), resolvers: resolvers() as never });
      const { data, errors } = await execute({ schema, document: parse(query), variableValues: variables });
      if (errors) throw errors[0];
      const text = JSON.stringify(data).replaceAll(/"raw ((?:[^"\\]|\\.)*)"/g, (_, json) => JSON.parse(`"${json}"`));
      subgraph.behavior({ body, data: text }, response, request.socket);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const subgraph = new OddSubgraph(name, sdl, server);
    return subgraph;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/graphql`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

export const inOrder: OddBehavior = ({ data }, response) => {
  response.writeHead(200, JSON_TYPE).end(`{"data":${data}}`);
};

/** Sends a body that is a function of the data. */
export const sends =
  (
    body: (data: string) => string | Buffer,
    { status = 200, headers = JSON_TYPE }: { status?: number; headers?: Record<string, string | string[]> } = {},
  ): OddBehavior =>
  ({ data }, response) => {
    response.writeHead(status, headers).end(body(data));
  };
