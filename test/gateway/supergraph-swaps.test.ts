import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { FastifyInstance } from 'fastify';
import { type GraphQLSchema, graphql, parse } from 'graphql';
import { Agent, fetch as fetchWith } from 'undici';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { requireServable } from '../../gateway/graph/served-graph';
import { SupergraphRegistry } from '../../gateway/graph/supergraph-registry';
import type { Planner } from '../../gateway/planning/planner';
import { createGateway } from '../../gateway/server';
import { supergraphHash } from '../../gateway/supergraph/signature';
import { createLog } from '../../gateway/telemetry/log';
import { HttpTransport } from '../../gateway/transport/http';
import { payloadsOf } from '../oracle/incremental';
import { TestIdentity } from '../support/identity';
import { requireCompiled } from '../support/processes';
import { TestRegistry } from '../support/supergraph-registry';
import { until } from '../support/until';
import { sharedPlanner } from '../worker/planner';

const SWAPS = 1_000;
/** Milliseconds of each call of the stock, in which the supergraph may be replaced. */
const STOCK_MS = 15;

/** Two versions of a graph: a field has another name, and all values name their version. */
const VERSIONS = { one: 'city', two: 'town' } as const;
type Version = keyof typeof VERSIONS;
const versions = Object.keys(VERSIONS) as Version[];

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
const sdlsOf = (version: Version) => ({
  shops: `${link} type Query { shops: [Shop!]! } type Mutation { open(id: ID!): Shop! }
    type Shop @key(fields: "id") { id: ID! name: String! ${VERSIONS[version]}: String! }`,
  stock: `${link} type Shop @key(fields: "id") { id: ID! items: String! }`,
});
const shopOf = (version: Version, id: string) => ({ id, name: `name ${id} of ${version}` });
const itemsOf = (version: Version, id: string) => `items ${id} of ${version}`;

/** Subgraphs of both versions, at `/<version>/<name>`. */
class Subgraphs {
  /** Mutations that ran, by version. */
  readonly opened: Record<Version, number> = { one: 0, two: 0 };
  private readonly schemas = new Map<string, GraphQLSchema>();
  readonly server: Server;

  constructor() {
    for (const version of versions) {
      const shop = (id: string) => ({ ...shopOf(version, id), [VERSIONS[version]]: `place ${id}` });
      const resolvers = {
        shops: {
          Query: { shops: () => [shop('1'), shop('2')] },
          Shop: { __resolveReference: ({ id }: { id: string }) => shop(id) },
          Mutation: {
            open: (_: unknown, { id }: { id: string }) => {
              this.opened[version] += 1;
              return shop(id);
            },
          },
        },
        stock: { Shop: { items: ({ id }: { id: string }) => itemsOf(version, id) } },
      };
      for (const [name, sdl] of Object.entries(sdlsOf(version)))
        this.schemas.set(
          `/${version}/${name}`,
          buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers[name as 'stock'] as never }),
        );
    }
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', async () => {
        const { query, variables } = JSON.parse(Buffer.concat(chunks).toString());
        const schema = this.schemas.get(request.url!)!;
        const answer = JSON.stringify(await graphql({ schema, source: query, variableValues: variables }));
        const send = () => response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
        if (request.url!.endsWith('/stock')) setTimeout(send, STOCK_MS);
        else send();
      });
    });
  }

  async open(): Promise<Record<Version, string>> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const { port } = this.server.address() as AddressInfo;
    const supergraphOf = (version: Version) =>
      compose(
        Object.entries(sdlsOf(version)).map(([name, sdl]) => ({
          ...{ name, sdl },
          url: `http://127.0.0.1:${port}/${version}/${name}`,
        })),
      );
    return { one: supergraphOf('one'), two: supergraphOf('two') };
  }
}

/** Counts how many graphs are open, by their planners. */
class CountedPlanner implements Planner {
  static readonly all: WeakRef<CountedPlanner>[] = [];
  static closings = 0;
  private readonly planner: Planner;
  readonly plan: Planner['plan'];

  constructor(supergraphSdl: string) {
    this.planner = sharedPlanner(supergraphSdl);
    this.plan = (operation, signal) => this.planner.plan(operation, signal);
    CountedPlanner.all.push(new WeakRef(this));
  }

  get name() {
    return this.planner.name;
  }

  get counts() {
    return this.planner.counts;
  }

  async warmUp(): Promise<void> {
    await this.planner.warmUp?.();
  }

  async close(): Promise<void> {
    CountedPlanner.closings += 1;
  }
}

type Answer = {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
};

const BOTH = '{ shops { name items } __type(name: "Shop") { fields { name } } }';
const SHOPS = '{ shops { name items } }';
const DEFERRED = '{ shops { name ... @defer { items } } }';
const ONLY_ONE = '{ shops { name city items } }';
const OPEN = 'mutation ($id: ID!) { open(id: $id) { name items } }';

const shopsOf = (version: Version) =>
  ['1', '2'].map((id) => ({ name: shopOf(version, id).name, items: itemsOf(version, id) }));
const fieldsOf = (version: Version) => ['id', 'name', VERSIONS[version], 'items'].map((name) => ({ name }));

describe('1,000 supergraphs under load', () => {
  let registry: TestRegistry;
  let subgraphs: Subgraphs;
  let gateway: FastifyInstance;
  let address: string;
  let supergraphs: Record<Version, string>;
  const newAgent = () => new Agent({ connections: 32 });
  let agent = newAgent();

  beforeAll(async () => {
    requireCompiled();
    const identity = await TestIdentity.make();
    subgraphs = new Subgraphs();
    supergraphs = await subgraphs.open();
    registry = await new TestRegistry(identity.doorOf('registry')).open();
    registry.activate(supergraphs.one);
    const log = createLog('silent', 'test');
    const planner = (supergraphSdl: string) => new CountedPlanner(supergraphSdl);
    const transport = ({ name, url }: { name: string; url: string }) =>
      new HttpTransport(name, url, { maxResponseBytes: 1_000_000, connections: 8 });
    gateway = await createGateway({
      supergraph: new SupergraphRegistry({
        ...{ url: registry.url, everyMs: 1, signer: identity.parts.signer, replica: 'replica-1', log },
        requireServable: (supergraphSdl) =>
          requireServable({
            ...{ supergraphSdl, planner, transport, fetchTimeoutMs: 1_000 },
            planLimits: { entries: 1, bytes: 1, timeoutMs: 1_000 },
          }),
      }),
      config: readConfig({ logLevel: 'silent', costs: 'off', rateLimit: 0, pages: 'off' }, {}),
      ...{ log, planner, transport, forwardHeaders: [] },
    });
    address = await gateway.listen({ port: 0, host: '127.0.0.1' });
    // the planning processes of both versions have started
    await ask(SHOPS);
    await sharedPlanner(supergraphs.two).warmUp!();
  });
  afterAll(async () => {
    await gateway.close();
    await registry.close();
    await agent.destroy();
    subgraphs.server.closeAllConnections();
    subgraphs.server.close();
  });

  const send = (query: string, variables: object = {}, accept = 'application/json') =>
    fetchWith(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept },
      body: JSON.stringify({ query, variables }),
      dispatcher: agent,
    });
  const ask = async (query: string, variables: object = {}): Promise<Answer> =>
    (await (await send(query, variables)).json()) as Answer;

  test('fail no request, mix no versions in an answer, and leave no graph open', async () => {
    /** Version that the gateway said it serves, by its last poll. */
    let reported: Version = 'one';
    let swaps = 0;
    registry.before = (serves) => {
      reported = versions.find((version) => supergraphHash(supergraphs[version]) === serves) ?? reported;
      // the next one, as soon as the gateway serves the active one
      if (serves !== supergraphHash(registry.active!.text) || swaps === SWAPS) return;
      swaps += 1;
      registry.activate(supergraphs[reported === 'one' ? 'two' : 'one']);
    };

    const seen = { both: [] as Answer[], shops: [] as Answer[], onlyOne: [] as Answer[], opened: [] as Answer[] };
    const deferred: { names: string[]; items: unknown[]; errors: unknown; outlived: boolean }[] = [];
    const isOver = () => swaps === SWAPS && reported === 'one';
    const repeatedly = async (step: () => Promise<unknown>) => {
      while (!isOver()) await step();
    };
    const askDeferred = async () => {
      const response = await send(DEFERRED, {}, 'multipart/mixed; deferSpec=20220824, application/json');
      const bytes = new Uint8Array(await response.arrayBuffer());
      const [first, ...later] = await payloadsOf(response.headers as never, bytes);
      const { shops } = first!.data as { shops: { name: string }[] };
      const parts = later.flatMap(({ incremental = [] }) => incremental);
      deferred.push({
        names: shops.map(({ name }) => name),
        items: parts.map(({ data }) => data?.items),
        errors: [first!.errors, ...parts.map(({ errors }) => errors)].filter(Boolean),
        outlived: !shops[0]!.name.endsWith(reported),
      });
    };
    await Promise.all([
      repeatedly(async () => seen.both.push(await ask(BOTH))),
      repeatedly(async () => seen.shops.push(await ask(SHOPS))),
      repeatedly(async () => seen.onlyOne.push(await ask(ONLY_ONE))),
      repeatedly(async () => seen.opened.push(await ask(OPEN, { id: '7' }))),
      repeatedly(askDeferred),
      repeatedly(askDeferred),
    ]);

    const both = versions.map((version) => ({
      data: { shops: shopsOf(version), __type: { fields: fieldsOf(version) } },
    }));
    for (const answer of seen.both) expect(both).toContainEqual(answer);
    const shops = versions.map((version) => ({ data: { shops: shopsOf(version) } }));
    for (const answer of seen.shops) expect(shops).toContainEqual(answer);
    const open = versions.map((version) => ({
      data: { open: { name: shopOf(version, '7').name, items: itemsOf(version, '7') } },
    }));
    for (const answer of seen.opened) expect(open).toContainEqual(answer);
    // each mutation ran once
    expect(versions.map((version) => subgraphs.opened[version])).toEqual(
      versions.map(
        (_, index) => seen.opened.filter((answer) => JSON.stringify(answer) === JSON.stringify(open[index])).length,
      ),
    );
    // valid on one version only: answered by it as a whole, or rejected by the other as a whole
    const whole = ['1', '2'].map((id, index) => ({ ...shopsOf('one')[index], city: `place ${id}` }));
    const accepted = seen.onlyOne.filter(({ data }) => data);
    for (const answer of accepted) expect(answer).toEqual({ data: { shops: whole } });
    const rejected = seen.onlyOne.filter(({ data }) => !data);
    for (const { errors } of rejected)
      expect(errors!.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_VALIDATION_FAILED']);
    // the deferred part is of the version of the first part
    for (const { names, items, errors } of deferred) {
      const version = names[0]!.endsWith('one') ? 'one' : 'two';
      expect({ names, items, errors }).toEqual({
        names: shopsOf(version).map(({ name }) => name),
        items: shopsOf(version).map((shop) => shop.items),
        errors: [],
      });
    }
    // the load met both versions, and answers that the gateway gave after their supergraph was replaced
    for (const answers of [seen.both, seen.shops, seen.opened])
      expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(2);
    expect(accepted.length).toBeGreaterThan(0);
    expect(rejected.length).toBeGreaterThan(0);
    expect(deferred.filter(({ outlived }) => outlived).length).toBeGreaterThan(50);

    const taken = /^ordergraph_supergraphs_total\{result="taken"\} (\d+)$/m;
    expect(taken.exec((await gateway.inject('/metrics')).body)![1]).toBe(String(SWAPS + 1));
    expect(CountedPlanner.all).toHaveLength(SWAPS + 1);
    await until(
      () => CountedPlanner.closings === SWAPS,
      () => `all graphs but one are closed, instead of ${CountedPlanner.closings}`,
    );
    // an idle connection keeps its last request, and with it the graph that answered it
    await agent.close();
    agent = newAgent();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    setFlagsFromString('--no-expose-gc');
    await until(
      () => {
        collect();
        return CountedPlanner.all.filter((planner) => planner.deref()).length <= 3;
      },
      () => `no more than 3 of ${SWAPS} graphs are in memory`,
    );

    // the gateway closes what it has just replaced, too
    registry.activate(supergraphs.two);
    await until(
      () => reported === 'two',
      () => 'the gateway serves the last supergraph',
    );
    await gateway.close();
    expect(CountedPlanner.closings).toBe(SWAPS + 2);
  });
});
