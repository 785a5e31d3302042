import type { FastifyInstance } from 'fastify';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { SubgraphError } from '../../gateway/transport/errors';
import { ResilientTransport } from '../../gateway/transport/resilient';
import type { SubgraphRequest } from '../../gateway/transport/transport';
import { TestIdentity } from '../support/identity';

const LINK = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3")';
const SUBGRAPHS = [
  { name: 'shops', sdl: `${LINK} type Query { shops: Int }`, url: 'http://shops.example/' },
  { name: 'stock', sdl: `${LINK} type Query { stock: Int }`, url: 'http://stock.example/' },
];
const OPERATOR = 'role=operator; subject=olga';

describe('a gateway that waits for its subgraphs', () => {
  /** Subgraphs that answer. */
  const up = new Set<string>();
  let asked: SubgraphRequest[] = [];
  let identity: TestIdentity;
  const gateways: FastifyInstance[] = [];
  beforeAll(async () => {
    identity = await TestIdentity.make();
  });
  beforeEach(() => {
    up.clear();
    asked = [];
  });
  afterEach(() => Promise.all(gateways.splice(0).map((gateway) => gateway.close())));

  const start = async (config: object = {}, errors?: object[]): Promise<FastifyInstance> => {
    const log = createLog('silent', 'test');
    const gateway = await createGateway({
      supergraph: compose(SUBGRAPHS),
      config: readConfig({ logLevel: 'silent', rateLimit: 0, trustedQuestionsPollMs: 0, ...config }, {}),
      log,
      transport: ({ name }) =>
        new ResilientTransport(
          name,
          {
            shareable: false,
            async request(request) {
              asked.push(request);
              if (!up.has(name))
                throw new SubgraphError('SUBGRAPH_UNREACHABLE', name, 'cannot be reached', { retryable: true });
              return { headers: {}, read: () => (errors ? { errors: errors as never } : { data: { [name]: 1 } }) };
            },
            async close() {},
          },
          { concurrency: 8, queue: 8, retries: 0 },
          log,
        ),
      forwardHeaders: [],
      identity: identity.parts,
      awaitsSubgraphs: true,
    });
    gateways.push(gateway);
    return gateway;
  };
  const ready = async (gateway: FastifyInstance, caller: string | null = OPERATOR) => {
    const response = await gateway.inject({ url: '/health/ready', headers: await identity.headers(caller) });
    const { status, parts } = response.json();
    return [response.statusCode, status, parts];
  };

  test('is ready once each subgraph has answered, and says to operators which are missing', async () => {
    const gateway = await start();
    expect(await ready(gateway)).toEqual([503, 'not ready', { shops: false, stock: false }]);
    up.add('shops');
    expect(await ready(gateway)).toEqual([503, 'not ready', { shops: true, stock: false }]);
    expect(await ready(gateway, null)).toEqual([503, 'not ready', undefined]);
    // they need not answer at the same time
    up.clear();
    up.add('stock');
    expect(await ready(gateway)).toEqual([200, 'ready', { shops: true, stock: true }]);
  });

  test('stays ready while subgraphs are away, and asks them nothing more', async () => {
    const gateway = await start();
    for (const { name } of SUBGRAPHS) up.add(name);
    expect(await ready(gateway)).toEqual([200, 'ready', { shops: true, stock: true }]);
    const before = asked.length;
    up.clear();
    expect(await ready(gateway)).toEqual([200, 'ready', { shops: true, stock: true }]);
    expect(asked).toHaveLength(before);
  });

  test('asks as the public, once for requests at the same time, and answers everything but readiness meanwhile', async () => {
    const gateway = await start();
    up.add('shops');
    await Promise.all(Array.from({ length: 20 }, () => ready(gateway)));
    expect(asked).toHaveLength(2);
    expect(asked.map(({ operation }) => operation.text)).toEqual(['{__typename}', '{__typename}']);
    expect(Object.keys(asked[0]!.headers)).toEqual(['ordergraph-identity']);
    const live = await gateway.inject('/health/live');
    const answer = await gateway.inject({ method: 'POST', url: '/graphql', payload: { query: '{ shops }' } });
    expect([live.statusCode, answer.json().data]).toEqual([200, { shops: 1 }]);
  });

  test('takes errors in GraphQL for an answer', async () => {
    const gateway = await start({}, [{ message: 'Sign in', extensions: { code: 'UNAUTHENTICATED' } }]);
    for (const { name } of SUBGRAPHS) up.add(name);
    expect(await ready(gateway)).toEqual([200, 'ready', { shops: true, stock: true }]);
  });

  test('is ready after a time without subgraphs that never answered, unless none did', async () => {
    const gateway = await start({ readyAfterMs: 1 });
    expect((await ready(gateway))[0]).toBe(503);
    up.add('stock');
    expect(await ready(gateway)).toEqual([200, 'ready', { shops: false, stock: true }]);
  });

  test('waits for all of them if no time is set', async () => {
    const gateway = await start({ readyAfterMs: 0 });
    up.add('stock');
    expect((await ready(gateway))[0]).toBe(503);
  });
});
