import { NativePlanner } from '../../gateway/planning/native';
import { fetchesOf, type QueryPlan } from '../../gateway/planning/plan';
import type { Planner } from '../../gateway/planning/planner';
import { PlannerWithFallback, plannerOf } from '../../gateway/planning/planners';
import { Plans } from '../../gateway/planning/plans';
import { RedisPlans } from '../../gateway/planning/redis-plans';
import { compose } from '../../gateway/supergraph/compose';
import { createLog } from '../../gateway/telemetry/log';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';
import { describeOnRedis, PrivateRedis } from '../support/redis';

beforeAll(requireCompiled);

const PLAN: QueryPlan = { root: { kind: 'Sequence', nodes: [] } };
const limits = { entries: 3, bytes: 1_000_000, timeoutMs: 200 };
const forever = new AbortController().signal;

/** A planner that plans when it is let. */
class SlowPlanner implements Planner {
  readonly name = 'native';
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

describe('plans', () => {
  test('an operation is planned once, however many ask for it meanwhile', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, limits);
    const asked = Array.from({ length: 50 }, () => plans.get('a', 'a', (plan) => plan));
    await new Promise((resolve) => setImmediate(resolve));
    planner.given[0]!(PLAN);
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(planner.asked).toEqual(['a']);
  });

  test('are kept within bounds, the used ones longest', async () => {
    const planner: Planner = { name: 'native', plan: async () => PLAN, close: async () => {} };
    const plans = new Plans<QueryPlan>(planner, limits);
    for (const one of ['a', 'b', 'a', 'c', 'a', 'd', 'e']) await plans.get(one, one, (plan) => plan);
    expect(plans.size).toBe(3);
    expect(plans.hottest(1)).toEqual(['a']);
    const small = new Plans<QueryPlan>(planner, { ...limits, entries: 1_000, bytes: 10_000 });
    for (let i = 0; i < 500; i++) await small.get(String(i), 'x'.repeat(50), (plan) => plan);
    expect(small.bytes).toBeLessThanOrEqual(10_000);
  });

  test('planning that takes too long is given up, in words, and may be tried again', async () => {
    const planner = new SlowPlanner();
    const plans = new Plans<QueryPlan>(planner, { ...limits, timeoutMs: 20 });
    await expect(plans.get('a', 'a', (plan) => plan)).rejects.toMatchObject({
      message: expect.stringMatching(/No plan for this operation was found within 20 ms; ask for less at once/),
      extensions: { code: 'PLANNING_TIMEOUT', http: { status: 503 } },
    });
    expect(planner.aborted).toBe(1);
    expect(plans.size).toBe(0);
  });
});

describe('the native planner', () => {
  const exhibit = zoo.find(({ name }) => name.includes('interfaceObject'))!;
  const sdl = compose(
    Object.entries(exhibit.subgraphs).map(([name, text]) => ({ name, sdl: text, url: `http://${name}.invalid` })),
  );
  /** Two fields of one name with other arguments, on an interface that a subgraph knows as one object. */
  const DEADLY = '{ cat { visits { animal { ... on Cat { w: weight } ... on Dog { w: weight(unit: "g") } name } } } }';
  const well = (i: number) => `{ cat { n${i}: name visits { reason } } }`;

  test('aborts at some operations; that costs these alone, and no others that are being planned', async () => {
    const planner = new NativePlanner(sdl);
    try {
      const asked = await Promise.allSettled(
        [well(1), DEADLY, well(2), well(3)].map((operation) => planner.plan(operation, forever)),
      );
      expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
      const { deaths } = planner;
      expect(deaths).toBeGreaterThan(0);
      await expect(planner.plan(DEADLY, forever)).rejects.toMatchObject({ extensions: { code: 'PLANNING_FAILED' } });
      // it is known, and kills no more
      expect(planner.deaths).toBe(deaths);
      await expect(planner.plan(well(4), forever)).resolves.toBeDefined();
    } finally {
      await planner.close();
    }
  });

  test('what it fails at is planned by another', async () => {
    const other: Planner = { name: 'apollo', plan: async () => PLAN, close: async () => {} };
    const planner = new PlannerWithFallback(new NativePlanner(sdl), () => other);
    expect(await planner.plan(DEADLY, forever)).toBe(PLAN);
    await planner.close();
  });

  test('an operation that is given up does not cost the others their plans', async () => {
    const planner = new NativePlanner(sdl);
    const controller = new AbortController();
    const given = planner.plan(well(1), controller.signal);
    const other = planner.plan(well(2), forever);
    controller.abort(new Error('too long'));
    await expect(given).rejects.toThrow('too long');
    await expect(other).resolves.toBeDefined();
    await planner.close();
  });
});

describe.each(['native', 'apollo'] as const)('progressive @override, planner %s', (name) => {
  const link = (...imports: string[]) =>
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: [${imports.map((one) => `"${one}"`).join(', ')}])`;
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
  ])('labelled %s, with labels %j and percentile %d: %j are asked', async (label, labels, percentile, asked) => {
    const planner = plannerOf(name, createLog('silent', 'test'), { labels, percentile })(supergraphOf(label));
    const plan = await planner.plan('{ t { f } }', forever);
    await planner.close();
    expect([...fetchesOf(plan.root)].map(({ subgraph }) => subgraph)).toEqual(asked);
  });
});

describeOnRedis('plans shared through Redis', () => {
  test('are planned by one gateway and read by another; without Redis each plans for itself', async () => {
    const redis = await PrivateRedis.start();
    const log = createLog('silent', 'test');
    const [one, two] = [new RedisPlans(redis.url, log), new RedisPlans(redis.url, log)];
    const planner = new SlowPlanner();
    planner.plan = async (operation) => {
      planner.asked.push(operation);
      return PLAN;
    };
    const plansOf = (shared: RedisPlans, sdl: string) =>
      new Plans<QueryPlan>(planner, limits, shared.of(sdl, 'native'));
    try {
      const until = async (isTrue: () => Promise<boolean>) => {
        for (let i = 0; i < 200 && !(await isTrue()); i++) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      await until(async () => {
        await one.of('s', 'native').put('ping', PLAN);
        return (await two.of('s', 'native').get('ping')) !== undefined;
      });
      await plansOf(one, 's').get('a', 'a', (plan) => plan);
      await until(async () => (await two.of('s', 'native').get('a')) !== undefined);
      expect(await plansOf(two, 's').get('a', 'a', (plan) => plan)).toEqual(PLAN);
      expect(planner.asked).toEqual(['a']);
      // a plan is for one supergraph
      await plansOf(two, 'other').get('a', 'a', (plan) => plan);
      expect(planner.asked).toEqual(['a', 'a']);
      await redis.stop();
      expect(await plansOf(one, 's').get('b', 'b', (plan) => plan)).toEqual(PLAN);
      expect(planner.asked).toEqual(['a', 'a', 'b']);
    } finally {
      one.close();
      two.close();
      await redis.stop();
    }
  });
});
