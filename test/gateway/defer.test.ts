import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { compose } from '../../gateway/supergraph/compose';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport } from '../../gateway/transport/in-process';
import { OracleWorld } from '../oracle/world';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

beforeAll(requireCompiled);

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
const supergraph = compose([
  {
    name: 'shops',
    url: 'http://shops.invalid',
    sdl: `${link} type Query { shops: [Shop!] } type Shop @key(fields: "id") { id: ID! name: String }`,
  },
  {
    name: 'stock',
    url: 'http://stock.invalid',
    sdl: `${link} type Query { total: Int } type Shop @key(fields: "id") { id: ID! items: Int }`,
  },
]);

/** A gateway whose stock answers when it is let, and what it then says. */
async function open() {
  let let_: (answer: object) => void = () => {};
  const stock = new Promise<object>((resolve) => {
    let_ = resolve;
  });
  const answers: Record<string, () => Promise<object>> = {
    shops: async () => ({
      data: {
        shops: [
          { __typename: 'Shop', id: '1', name: 'One' },
          { __typename: 'Shop', id: '2', name: 'Two' },
        ],
      },
    }),
    stock: () => stock,
  };
  const server = await createGateway({
    supergraph,
    config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
    log: createLog('silent', 'test'),
    transport: ({ name }) => new InProcessTransport({ name, execute: async () => (await answers[name]!()) as never }),
    forwardHeaders: [],
  });
  const address = await server.listen({ port: 0, host: '127.0.0.1' });
  const ask = (query: string, accept: string) =>
    fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query }),
    });
  return { server, ask, let: let_ };
}

/** The parts of a multipart body, as they come. */
async function* partsOf(response: Response): AsyncGenerator<Record<string, unknown>> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\r\n---', 1); end >= 0; end = text.indexOf('\r\n---', 1)) {
      const json = text.slice(0, end).split('\r\n\r\n')[1];
      text = text.slice(end);
      if (json) yield JSON.parse(json);
    }
  }
}

const QUERY = '{ shops { name ... @defer(label: "stock") { items } } }';
const FIRST = { shops: [{ name: 'One' }, { name: 'Two' }] };
const STOCK = { data: { _entities: [{ items: 10 }, { items: 20 }] } };

describe('@defer over HTTP', () => {
  test('what is there is sent before what is not (the format of Apollo Client 3 and Relay)', async () => {
    const gateway = await open();
    try {
      const response = await gateway.ask(QUERY, 'multipart/mixed; deferSpec=20220824, application/json');
      expect(response.headers.get('content-type')).toBe('multipart/mixed; boundary="-"; deferSpec=20220824');
      const parts = partsOf(response);
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let(STOCK);
      expect((await parts.next()).value).toEqual({
        incremental: [
          { data: { items: 10 }, path: ['shops', 0], label: 'stock' },
          { data: { items: 20 }, path: ['shops', 1], label: 'stock' },
        ],
        hasNext: false,
      });
      expect((await parts.next()).done).toBe(true);
    } finally {
      await gateway.server.close();
    }
  });

  test('what is to come is announced under an id (the working draft’s format)', async () => {
    const gateway = await open();
    try {
      const response = await gateway.ask(QUERY, 'multipart/mixed; incrementalSpec=v0.2, application/json');
      const parts = partsOf(response);
      const pending = [0, 1].map((index) => ({ id: String(index), path: ['shops', index], label: 'stock' }));
      expect((await parts.next()).value).toEqual({ data: FIRST, pending, hasNext: true });
      gateway.let(STOCK);
      expect((await parts.next()).value).toEqual({
        incremental: [
          { id: '0', data: { items: 10 } },
          { id: '1', data: { items: 20 } },
        ],
        completed: [{ id: '0' }, { id: '1' }],
        hasNext: false,
      });
    } finally {
      await gateway.server.close();
    }
  });

  test('errors are told in the part they belong to, with codes and without insides', async () => {
    const gateway = await open();
    try {
      const parts = partsOf(await gateway.ask(QUERY, 'multipart/mixed; deferSpec=20220824'));
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let({ data: null, errors: [{ message: 'SQL at db-17', extensions: {} }] });
      const { incremental } = (await parts.next()).value as { incremental: { data: unknown; errors: object[] }[] };
      expect(incremental.map(({ data }) => data)).toEqual([{ items: null }, { items: null }]);
      expect(incremental[1]!.errors).toEqual([
        {
          message: 'Internal error',
          path: ['shops', 1, 'items'],
          extensions: {
            code: 'INTERNAL_SERVER_ERROR',
            reference: expect.stringMatching(/^[0-9a-f-]{36}$/),
            subgraph: 'stock',
          },
        },
      ]);
      expect(JSON.stringify(incremental)).not.toContain('db-17');
    } finally {
      await gateway.server.close();
    }
  });

  test('to others, and where the fragment is not deferred after all, the answer is one', async () => {
    const gateway = await open();
    gateway.let(STOCK);
    try {
      const whole = {
        data: {
          shops: [
            { name: 'One', items: 10 },
            { name: 'Two', items: 20 },
          ],
        },
      };
      expect(await (await gateway.ask(QUERY, 'application/json')).json()).toEqual(whole);
      // asked again, it is known
      expect(await (await gateway.ask(QUERY, 'application/json')).json()).toEqual(whole);
    } finally {
      await gateway.server.close();
    }
  });

  test('what is deferred at the root does not hold up a subgraph that is asked for the rest too', async () => {
    const gateway = await open();
    try {
      const query = '{ shops { name } ... @defer { total } }';
      const parts = partsOf(await gateway.ask(query, 'multipart/mixed; deferSpec=20220824'));
      expect((await parts.next()).value).toEqual({ data: FIRST, hasNext: true });
      gateway.let({ data: { total: 42 } });
      expect((await parts.next()).value).toEqual({ incremental: [{ data: { total: 42 }, path: [] }], hasNext: false });
    } finally {
      await gateway.server.close();
    }
  });

  test('where a plan is found of the whole, and none of what its parts come from, the answer is one', async () => {
    const { subgraphs } = zoo.find(({ name }) => name.startsWith('requirements'))!;
    const world = new OracleWorld(subgraphs, '7', { nulls: 0, errors: 0, unknown: 0 });
    const server = await createGateway({
      supergraph: compose(
        Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` })),
      ),
      config: readConfig({ logLevel: 'silent', costs: 'off' }, {}),
      log: createLog('silent', 'test'),
      transport: ({ name }) =>
        new InProcessTransport({
          name,
          execute: ({ query, variables }) => world.execute(name, query, variables ?? {}),
        }),
      forwardHeaders: [],
    });
    const fields = 'handling @include(if: $yes) duty volume';
    const ask = async (query: string) => {
      const response = await server.inject({
        method: 'POST',
        url: '/graphql',
        headers: { accept: 'multipart/mixed; deferSpec=20220824, application/json' },
        payload: { query, variables: { yes: true } },
      });
      return response.json();
    };
    try {
      const deferred = await ask(`query($yes: Boolean!) { boxes { ${fields} ... @defer { id } } }`);
      expect(deferred.data.boxes.length).toBeGreaterThan(0);
      expect(deferred).toEqual(await ask(`query($yes: Boolean!) { boxes { ${fields} id } }`));
    } finally {
      await server.close();
    }
  });
});
