import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cancellation } from '#base/cancellation';
import { newKey } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { IdentitySigner, signingKeyOf } from '#base/identity/signed-identity';
import { compose } from '../../gateway/composition/compose';
import { readConfig } from '../../gateway/config';
import { Authenticator } from '../../gateway/identity/authenticator';
import { DevelopmentIssuer } from '../../gateway/identity/development-issuer';
import { ApolloPlanner } from '../../gateway/planning/apollo/planner';
import { PlanSeal } from '../../gateway/planning/cache/plan-seal';
import { Plans } from '../../gateway/planning/cache/plans';
import { RedisPlans } from '../../gateway/planning/cache/redis-plans';
import { NativePlanner } from '../../gateway/planning/native/planner';
import { fetchesOf, type QueryPlan } from '../../gateway/planning/plan';
import type { Planner } from '../../gateway/planning/planner';
import { PlannerWithFallback, plannerOf } from '../../gateway/planning/planners';
import { PlanCounts } from '../../gateway/planning/tasks';
import { createGateway } from '../../gateway/server';
import { createLog } from '../../gateway/telemetry/log';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { until } from '../support/until';

beforeAll(requireCompiled);

const PLAN: QueryPlan = { root: { kind: 'Sequence', nodes: [] } };
const limits = { entries: 3, bytes: 1_000_000, timeoutMs: 200 };
const forever = new AbortController().signal;

/** A planner that plans when the test lets it. */
class SlowPlanner implements Planner {
  readonly name = 'native';
  readonly counts = new PlanCounts();
  readonly asked: string[] = [];
  readonly given: ((plan: QueryPlan) => void)[] = [];
  aborted = 0;
  plan(operation: string, signal: AbortSignal): Promise<QueryPlan> {
    this.asked.push(operation);
    signal.addEventListener('abort', () => {
      this.aborted += 1;
    });
    return new Promise((resolve) => this.given.push(resolve));
  }
  async close(): Promise<void> {}
}

const planningAs = (name: Planner['name']): Planner => ({
  name,
  counts: new PlanCounts(),
  plan: async () => PLAN,
  close: async () => {},
});

describe('plans', () => {
  test('plans an operation once for all requests that wait for it', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, limits);
    const pending = Array.from({ length: 50 }, () => plans.get('a', 'a', (plan) => plan));
    await new Promise((resolve) => setImmediate(resolve));
    planner.given[0]!(PLAN);
    expect(new Set(await Promise.all(pending)).size).toBe(1);
    expect(planner.asked).toEqual(['a']);
  });

  test('bounds the plan cache and evicts the least recently used plans first', async () => {
    const planner: Planner = planningAs('native');
    const plans = new Plans<QueryPlan>(planner, limits);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'd', 'e']) await plans.get(key, key, (plan) => plan);
    expect(plans.size).toBe(3);
    expect(plans.peek('a')).toBe(PLAN);
    const small = new Plans<QueryPlan>(planner, { ...limits, entries: 1_000, bytes: 10_000 });
    for (let i = 0; i < 500; i++) await small.get(String(i), 'x'.repeat(50), (plan) => plan);
    expect(small.bytes).toBeLessThanOrEqual(10_000);
  });

  test('plans new operations of one caller one after another, and no other caller waits for them', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, limits);
    const ask = (caller: string | undefined, operation: string) =>
      plans.get(operation, operation, (plan) => plan, { caller });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    const hostile = Array.from({ length: 65 }, (_, index) => ask('hostile', `h${index}`));
    await settled();
    const honest = [ask('honest', 'one'), ask('another', 'two'), ask(undefined, 'warm-up')];
    await settled();
    expect(planner.asked).toEqual(['h0', 'one', 'two', 'warm-up']);
    await expect(ask('hostile', 'too many')).rejects.toMatchObject({
      message: expect.stringMatching(/^64 of your operations .* send fewer new ones at once/),
      extensions: { code: 'PLANNER_BUSY', retryable: true },
    });
    for (let done = 0; done < 68; done += 1) {
      planner.given[done]!(PLAN);
      await settled();
    }
    await Promise.all([...hostile, ...honest]);
    expect(planner.asked.slice(4)).toEqual(Array.from({ length: 64 }, (_, index) => `h${index + 1}`));
  });

  test.each([
    ['by their texts', (index: number) => ({ caller: `hostile ${index}`, operation: `${index}${'x'.repeat(4_000)}` })],
    ['of the gateway itself', (index: number) => ({ caller: undefined, operation: `${index}${'x'.repeat(100_000)}` })],
  ])(
    'plans few large operations at once, whoever sends them, and small ones meanwhile: large %s',
    async (_what, of) => {
      const planner = new SlowPlanner();
      const plans = new Plans<QueryPlan>(planner, { ...limits, bytes: 1_000_000_000 });
      const settled = () => new Promise((resolve) => setImmediate(resolve));
      const large = Array.from({ length: 200 }, (_, index) => {
        const { caller, operation } = of(index);
        return plans.get(operation, operation, (plan) => plan, { caller });
      });
      await settled();
      const maxLarge = Math.max(1, availableParallelism() - 1);
      expect(planner.asked).toHaveLength(maxLarge);
      const small = plans.get('small', 'small', (plan) => plan, { caller: 'honest' });
      await settled();
      expect(planner.asked.at(-1)).toBe('small');
      planner.given.at(-1)!(PLAN);
      expect(await small).toBe(PLAN);
      for (let done = 0; done < 201; done += 1) {
        planner.given[done]!(PLAN);
        await settled();
      }
      expect(await Promise.all(large)).toEqual(Array(200).fill(PLAN));
    },
  );

  test.each([
    ['large', 'of addresses', 'x'.repeat(4_000), true],
    ['large', 'of callers with tokens', 'x'.repeat(4_000), false],
    ['small', 'of addresses', 'x', true],
    ['small', 'of callers with tokens', 'x', false],
  ])('plans a %s operation soon while hundreds %s wait', async (_size, _who, text, isPublic) => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, { ...limits, bytes: 1_000_000_000 });
    const settled = () => new Promise((resolve) => setImmediate(resolve));
    const ask = (caller: string, kind: boolean) =>
      plans.get(caller, `${caller}${text}`, (plan) => plan, { caller, isPublic: kind });
    const hostile = Array.from({ length: 300 }, (_, index) => ask(`hostile ${index}`, isPublic));
    await settled();
    const places = planner.asked.length;
    const honest = ['honest', 'another'].map((caller) => ask(caller, !isPublic));
    await settled();
    expect(planner.asked).toHaveLength(places);
    // with one place, the groups alternate
    for (let done = 0; done < 3; done += 1) {
      planner.given[done]!(PLAN);
      await settled();
    }
    expect(planner.asked.slice(places).filter((operation) => !operation.startsWith('hostile'))).toEqual(
      ['honest', 'another'].map((caller) => `${caller}${text}`),
    );
    for (let done = 3; done < 302; done += 1) {
      planner.given[done]!(PLAN);
      await settled();
    }
    expect(await Promise.all([...hostile, ...honest])).toEqual(Array(302).fill(PLAN));
  });

  test('one operation that several callers ask for waits for the first turn of any', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, limits);
    const ask = (caller: string, operation: string) => plans.get(operation, operation, (plan) => plan, { caller });
    const asked = [ask('hostile', 'long'), ask('hostile', 'shared'), ask('honest', 'shared')];
    await new Promise((resolve) => setImmediate(resolve));
    expect(planner.asked).toEqual(['long', 'shared']);
    for (const plan of planner.given) plan(PLAN);
    expect(await Promise.all(asked)).toEqual([PLAN, PLAN, PLAN]);
    // all turns were given back
    const next = [ask('hostile', 'a'), ask('honest', 'b')];
    await new Promise((resolve) => setImmediate(resolve));
    for (const plan of planner.given) plan(PLAN);
    expect(await Promise.all(next)).toEqual([PLAN, PLAN]);
  });

  test('never plans an operation that everyone has left who asked for it', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, limits);
    const cancellations = [new Cancellation(), new Cancellation()];
    const ask = (operation: string, asker: object) =>
      plans.get(operation, operation, (plan) => plan, { caller: 'caller', ...asker });
    const long = ask('long', {});
    const left = cancellations.map((cancellation) => ask('left', { cancellation }));
    const late = ask('late', { deadline: performance.now() + 10 });
    const kept = [ask('kept', { cancellation: cancellations[0] }), ask('kept', {})];
    const ended = { extensions: { code: 'PLANNER_BUSY', http: { status: 429 } } };
    await expect(late).rejects.toMatchObject(ended);
    for (const cancellation of cancellations) cancellation.cancel();
    for (const plan of [...left, kept[0]!]) await expect(plan).rejects.toMatchObject(ended);
    planner.given[0]!(PLAN);
    expect(await long).toBe(PLAN);
    await new Promise((resolve) => setImmediate(resolve));
    planner.given[1]!(PLAN);
    expect(await kept[1]).toBe(PLAN);
    expect(planner.asked).toEqual(['long', 'kept']);
    // and may be asked for again
    const again = ask('left', {});
    await new Promise((resolve) => setImmediate(resolve));
    planner.given[2]!(PLAN);
    expect(await again).toBe(PLAN);
  });

  test('a caller whose planning fails is next again', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, { ...limits, timeoutMs: 20 });
    const ask = (operation: string) => plans.get(operation, operation, (plan) => plan, { caller: 'caller' });
    const asked = [ask('a'), ask('b')];
    for (const plan of asked) await expect(plan).rejects.toMatchObject({ extensions: { code: 'PLANNING_TIMEOUT' } });
    expect(planner.asked).toEqual(['a', 'b']);
  });

  test('gives up slow planning with an error and does not retry it for a while', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, { ...limits, timeoutMs: 20 });
    for (let i = 0; i < 3; i++)
      await expect(plans.get('a', 'a', (plan) => plan)).rejects.toMatchObject({
        message: expect.stringMatching(/found no plan for this operation within 20 ms; request fewer fields at once/),
        extensions: { code: 'PLANNING_TIMEOUT', http: { status: 504 } },
      });
    expect([planner.asked, planner.aborted, plans.unplanned]).toEqual([['a'], 1, 1]);
    expect(plans.size).toBe(0);
  });
});

/** A gateway with a planner, and requests to it by a person with a token, or without one. */
async function openGateway(planner: SlowPlanner, settings: Parameters<typeof readConfig>[0] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-planning-'));
  const issuer = await DevelopmentIssuer.in(folder);
  const gateway = await createGateway({
    supergraph: compose([{ name: 'who', sdl: 'type Query { who: String }', url: 'http://who.example/' }]),
    config: readConfig({ logLevel: 'silent', ...settings }, {}),
    log: createLog('silent', 'test'),
    planner: () => planner,
    transport: () => ({
      shareable: true,
      request: async () => ({ headers: {}, read: () => ({ data: { who: 'me' } }) }) as never,
      async close() {},
    }),
    forwardHeaders: [],
    identity: { authenticator: new Authenticator([issuer.issuer]), signer: await IdentitySigner.of(await newKey()) },
  });
  return {
    ask: async (caller: string | null, query: string, remoteAddress = '127.0.0.1') => {
      const token = caller && (await issuer.token(parsePrincipal(`role=analyst; subject=${caller}`), 60));
      return gateway.inject({
        ...{ method: 'POST', url: '/graphql', remoteAddress },
        headers: token ? { authorization: `Bearer ${token}` } : {},
        payload: { query },
      });
    },
    close: async () => {
      await gateway.close();
      rmSync(folder, { recursive: true });
    },
  };
}

describe('plans of a gateway', () => {
  test('wait for those of the same caller only, and end with their requests', async () => {
    const planner = new SlowPlanner();
    const gateway = await openGateway(planner, { requestTimeoutMs: 2_000 });
    const ask = (caller: string | null, field: string) => gateway.ask(caller, `{ ${field}: who }`);
    const hostile = Array.from({ length: 80 }, (_, index) => ask('hostile', `h${index}`));
    await until(
      async () => planner.asked.length > 0,
      () => 'the planner is asked',
    );
    const others = [ask('honest', 'one'), ask(null, 'two')];
    await until(
      async () => planner.asked.length === 3,
      () => 'the planner is asked by each caller once',
    );
    const refused = (await Promise.all(hostile)).map((response) => [
      response.statusCode,
      response.json().errors[0].extensions.code,
    ]);
    expect(refused).toEqual(Array(80).fill([429, 'PLANNER_BUSY']));
    expect(planner.asked).toHaveLength(3);
    await Promise.all([...others, gateway.close()]);
  });
});

describe('a gateway whose planner is busy', () => {
  test.each([
    ['a caller with a token while addresses', 'honest'],
    ['the public while callers with tokens', null],
  ])('plans for %s wait for places', async (_who, honest) => {
    const planner = new SlowPlanner();
    const gateway = await openGateway(planner);
    const ask = (caller: string | null, place: number, selection: string) =>
      gateway.ask(caller, `{ ${selection} }`, `10.1.0.${place}`);
    const hostile = Array.from({ length: 40 }, (_, place) =>
      ask(honest === null ? `hostile-${place}` : null, place, `h${place}: who`),
    );
    await until(
      async () => planner.asked.length === 16,
      () => 'all places are taken',
    );
    const answer = ask(honest, 100, 'honest: who');
    // the caller's later requests, which need no plan, end after this one began to wait
    for (let count = 0; count < 20; count += 1)
      expect((await ask(honest, 100, `t${count}: __typename`)).statusCode).toBe(200);
    for (let done = 0; done < 41; done += 1) {
      await until(
        async () => planner.given.length > done,
        () => 'the next operation is planned',
      );
      planner.given[done]!(PLAN);
    }
    const place = planner.asked.findIndex((operation) => operation.includes('honest'));
    expect(place).toBeGreaterThanOrEqual(16);
    // in the order of requests, it would be the last
    expect(place).toBeLessThan(40);
    await Promise.all([answer, ...hostile]);
    await gateway.close();
  });
});

describe('the native planner', () => {
  const exhibit = zoo.find(({ name }) => name.includes('interfaceObject'))!;
  const sdl = compose(
    Object.entries(exhibit.subgraphs).map(([name, text]) => ({ name, sdl: text, url: `http://${name}.invalid` })),
  );
  const requiring = zoo.find(({ name }) => name.includes('requirements with arguments'))!;
  const mixed = compose(
    Object.entries(requiring.subgraphs).map(([name, text]) => ({ name, sdl: text, url: `http://${name}.invalid` })),
  );
  /** Two fields of one name with different arguments, on an interface that a subgraph defines as one object. */
  const DEADLY = '{ cat { visits { animal { ... on Cat { w: weight } ... on Dog { w: weight(unit: "g") } name } } } }';
  const well = (i: number) => `{ cat { n${i}: name visits { reason } } }`;

  test('uses the direct planner after the native one aborts and keeps other operations', async () => {
    const planner = new NativePlanner(sdl);
    try {
      const outcomes = await Promise.allSettled(
        [well(1), DEADLY, well(2), well(3)].map((operation) => planner.plan(operation, forever)),
      );
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'fulfilled']);
      const { deaths } = planner;
      expect(deaths).toBeGreaterThan(0);
      await expect(planner.plan(DEADLY, forever)).resolves.toBeDefined();
      // the operation is known by now and ends no further process
      expect(planner.deaths).toBe(deaths);
      await expect(planner.plan(well(4), forever)).resolves.toBeDefined();
    } finally {
      await planner.close();
    }
  });

  test('counts plans by planner, and plans that failed verification', async () => {
    const planner = new NativePlanner(mixed);
    await planner.plan('{ boxes { id handling } }', forever);
    // two requirements of one field with different arguments, which the native planner fetches once
    const plan = await planner.plan('{ boxes { handling volume duty } }', forever);
    const { accepted, rejected } = planner.counts;
    await planner.close();
    expect([accepted, rejected]).toEqual([
      { native: 1, apollo: 0, direct: 1 },
      { native: 1, apollo: 0, direct: 0 },
    ]);
    const texts = [...fetchesOf(plan.root)].map(({ operation }) => operation).join();
    expect(texts).toMatch(/size\(unit: ?CM\)/);
    expect(texts).toMatch(/size\(unit: ?INCH\)/);
  });

  test('uses the fallback planner for arguments from the context', async () => {
    const contextual = compose([
      {
        name: 'a',
        url: 'http://a.invalid',
        sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])
          type Query { t: T } type T @key(fields: "id") @context(name: "c") { id: ID! locale: String u: U }
          type U @key(fields: "id") { id: ID! text(locale: String @fromContext(field: "$c { locale }")): String }`,
      },
    ]);
    const apollo = planningAs('apollo');
    const planner = new PlannerWithFallback(new NativePlanner(contextual), () => apollo);
    expect(await planner.plan('{ t { u { text } } }', forever)).toBe(PLAN);
    await planner.close();
  });

  test('keeps planning other operations after it gave one up', async () => {
    const planner = new NativePlanner(sdl);
    const controller = new AbortController();
    const pending = planner.plan(well(1), controller.signal);
    const endless = planner.plan(well(2), forever);
    controller.abort(new Error('too long'));
    await expect(pending).rejects.toThrow('too long');
    await expect(endless).resolves.toBeDefined();
    await planner.close();
  });
});

describe.each(['native', 'apollo'] as const)('progressive @override, planner %s', (name) => {
  const link = (...imports: string[]) =>
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${imports.map((directive) => `"${directive}"`).join(', ')}])`;
  const supergraphOf = (label: string) =>
    compose([
      {
        name: 'old',
        url: 'http://old.invalid',
        sdl: `${link('@key')} type Query { t: T } type T @key(fields: "id") { id: ID! f: String }`,
      },
      {
        name: 'new',
        url: 'http://new.invalid',
        sdl: `${link('@key', '@override')} type T @key(fields: "id") { id: ID! f: String @override(from: "old", label: "${label}") }`,
      },
    ]);

  test.each<[string, string[], number, string[]]>([
    ['moving', [], 100, ['old']],
    ['moving', ['moving'], 100, ['old', 'new']],
    ['percent(40)', [], 100, ['old']],
    ['percent(40)', [], 50, ['old']],
    ['percent(40)', [], 30, ['old', 'new']],
    ['percent(0.5)', [], 0, ['old', 'new']],
  ])(
    'resolves a field labeled %s with labels %j and percentile %d: calls %j',
    async (label, labels, percentile, called) => {
      const planner = plannerOf(name, createLog('silent', 'test'), { labels, percentile })(supergraphOf(label));
      const plan = await planner.plan('{ t { f } }', forever);
      await planner.close();
      expect([...fetchesOf(plan.root)].map(({ subgraph }) => subgraph)).toEqual(called);
    },
  );
});

describeOnRedis('plans shared through Redis', () => {
  test('reads plans that another gateway stored in Redis, and plans itself without Redis', async () => {
    const redis = await PrivateRedis.start();
    const log = createLog('silent', 'test');
    const key = signingKeyOf(await newKey());
    const seal = new PlanSeal(() => key);
    const bounds = { entries: 100, bytes: 1_000_000 };
    const open = () => new RedisPlans({ url: redis.url, prefix: 'test', limits: bounds, log, seal });
    const [first, second] = [open(), open()];
    const planner = new SlowPlanner();
    planner.plan = async (operation) => {
      planner.asked.push(operation);
      return PLAN;
    };
    const plansOf = (shared: RedisPlans, sdl: string) =>
      new Plans<QueryPlan>(planner, limits, shared.of(sdl, 'native', ['s']));
    try {
      const until = async (isTrue: () => Promise<boolean>) => {
        for (let i = 0; i < 200 && !(await isTrue()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      await until(async () => {
        await first.of('s', 'native', ['s']).put('{ ping }', PLAN);
        return (await second.of('s', 'native', ['s']).get('{ ping }')) !== undefined;
      });
      await plansOf(first, 's').get('a', '{ a }', (plan) => plan);
      await until(async () => (await second.of('s', 'native', ['s']).get('{ a }')) !== undefined);
      expect(await plansOf(second, 's').get('a', '{ a }', (plan) => plan)).toEqual(PLAN);
      expect(planner.asked).toEqual(['{ a }']);
      // a plan belongs to one supergraph
      await plansOf(second, 'other').get('a', '{ a }', (plan) => plan);
      expect(planner.asked).toEqual(['{ a }', '{ a }']);
      await redis.stop();
      expect(await plansOf(first, 's').get('b', '{ b }', (plan) => plan)).toEqual(PLAN);
      expect(planner.asked).toEqual(['{ a }', '{ a }', '{ b }']);
    } finally {
      first.close();
      second.close();
      await redis.stop();
    }
  });
});

describe('Apollo’s planner', () => {
  const exhibit = zoo.find(({ name }) => name.includes('an entity interface in two'))!;
  const sdl = compose(
    Object.entries(exhibit.subgraphs).map(([name, text]) => ({ name, sdl: text, url: `http://${name}.invalid` })),
  );
  /** Collects the paths of a cyclic graph without end. */
  const endless = (i: number) => `{ persons { assets { n${i}: note related { levy } ... on Boat { levy } } } }`;

  test('plans an operation with Apollo’s planner while endless ones take all its processes', async () => {
    const planner = new ApolloPlanner(sdl);
    const ended: string[] = [];
    const controller = new AbortController();
    const others = Array.from({ length: 6 }, (_, i) =>
      planner.plan(endless(i), controller.signal).catch(() => ended.push('endless')),
    );
    await planner.plan('{ persons { name } }', forever).then(() => ended.push('plain'));
    controller.abort(new Error('enough'));
    await Promise.all(others);
    await planner.close();
    // those that made room for it have ended; the others are still running
    expect(ended.indexOf('plain')).toBeLessThan(others.length);
    expect(ended).toHaveLength(others.length + 1);
  });

  test('stops Apollo’s planner at its memory limit and uses the fallback planner', async () => {
    const planner = new PlannerWithFallback(new ApolloPlanner(sdl), () => new NativePlanner(sdl), 60_000);
    const plan = await planner.plan(endless(0), forever);
    const { accepted } = planner.counts;
    await planner.close();
    expect([...fetchesOf(plan.root)].length).toBeGreaterThan(2);
    expect(accepted).toEqual({ native: 0, apollo: 0, direct: 1 });
  });
});

describe('values that Apollo’s planner rewrites', () => {
  const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])';

  test('keeps default values of custom scalars as the client wrote them', async () => {
    const planner = new ApolloPlanner(
      compose([{ name: 'a', url: 'http://a.invalid', sdl: `${link} scalar J type Query { f(j: J): String }` }]),
    );
    const plan = await planner.plan('query($j: J = {a: FOO, b: 1.50, c: 12345678901234567890}) { f(j: $j) }', forever);
    await planner.close();
    const [fetch] = [...fetchesOf(plan.root)];
    expect(fetch!.operation).toContain('{a:FOO b:1.50 c:12345678901234567890}');
  });

  test('puts no type condition on root types, whose names differ between subgraphs', async () => {
    const planner = new ApolloPlanner(
      compose([
        {
          name: 'a',
          url: 'http://a.invalid',
          sdl: `${link} schema { query: Root } type Root { me: U } type U { root: Root }`,
        },
        { name: 'b', url: 'http://b.invalid', sdl: `${link} schema { query: Other } type Other { t: String }` },
      ]),
    );
    const plan = await planner.plan('{ me { root { t } } }', forever);
    await planner.close();
    const fetches = [...fetchesOf(plan.root)];
    expect(fetches.map(({ subgraph }) => subgraph)).toEqual(['a', 'b']);
    expect(fetches[1]!.operation).toBe('{...{t}}');
  });
});
