import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { createSubgraphServer } from '#kit/subgraph/server';
import { Framework } from '../support/framework';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

/** Requests that no gateway makes, by whoever holds a signed identity for a subgraph. */
describe('hostile requests at the port of a subgraph', () => {
  let graph: Framework;
  let server: FastifyInstance;
  const rejections: unknown[] = [];
  const note = (reason: unknown) => void rejections.push(reason);
  beforeAll(async () => {
    graph = await Framework.open('sqlite');
    server = await createSubgraphServer(graph.subgraph('submissions'), graph.subgraph('submissions').log);
    await server.listen({ port: 0, host: '127.0.0.1' });
    // a process ends on these
    process.on('unhandledRejection', note);
  });
  afterAll(async () => {
    process.off('unhandledRejection', note);
    await server?.close();
    await graph?.close();
  });

  const ask = async (query: string, variables: object = {}): Promise<Loose> => {
    const { port } = server.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(await graph.identity.signed('submissions', null)) },
      body: JSON.stringify({ query, variables }),
    });
    return response.json();
  };
  const ENTITIES = 'query ($r: [_Any!]!) { _entities(representations: $r) { __typename } }';
  const KNOWN = { __typename: 'AIModel', id: 'mdl_01JZ0000000000000000000000' };

  test.each<[what: string, representations: unknown[]]>([
    ['an unknown type after one that fails', [{ __typename: 'AIModel', id: {} }, { __typename: 'Nope' }]],
    ['no type after one that fails', [{ __typename: 'AIModel', id: {} }, {}]],
    ['a type that is no entity', [KNOWN, { __typename: 'Query' }]],
    ['a type that is no text', [KNOWN, { __typename: ['AIModel'] }]],
    ['a list', [{ __typename: 'AIModel', id: {} }, []]],
    ['a number', [{ __typename: 'AIModel', id: {} }, 5]],
    ['a text', [{ __typename: 'AIModel', id: {} }, 'AIModel']],
    ['a name of every object', [{ __typename: 'AIModel', id: {} }, { __typename: 'constructor' }]],
  ])('answers %s with an error, and nothing else goes wrong', async (_, r) => {
    const { errors } = await ask(ENTITIES, { r });
    expect(errors[0].extensions.code).toBe('INVALID_REFERENCE');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rejections).toEqual([]);
    expect((await ask(ENTITIES, { r: [KNOWN] })).data).toEqual({ _entities: [null] });
  });

  test('counts the representations of all calls of a request', async () => {
    const r = Array(30_000).fill(KNOWN);
    const aliases = Array.from({ length: 5 }, (_, index) => `a${index}: _entities(representations: $r) { __typename }`);
    const { errors } = await ask(`query ($r: [_Any!]!) { ${aliases.join(' ')} }`, { r });
    expect(errors[0].extensions).toMatchObject({ code: 'OPERATION_TOO_LARGE', limit: 'values' });
  });

  test('refuses an operation with more tokens than a gateway sends', async () => {
    const { errors } = await ask(`{ ${'__typename '.repeat(600_000)} }`);
    expect(errors[0].message).toContain('500000 tokens');
  });
});
