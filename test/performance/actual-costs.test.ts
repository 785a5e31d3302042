import { Budgets, budgetsOf, maxCostsOf } from '../../gateway/policy/budgets';
import { SharedWindows } from '../../gateway/policy/windows';
import { processKinds } from '../support/databases';
import { questions } from '../support/questions';
import '../support/roles';
import { Redis } from 'ioredis';
import { describeOnRedis, PrivateRedis } from '../support/redis';
import { openWorld, type World } from '../support/world';

describe.each(processKinds)('actual costs on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
  });
  afterAll(() => world?.close());

  const costOf = async (query: string, variables?: Record<string, unknown>, who?: string | null) => {
    const { data, errors, extensions } = await world.ask(query, variables, who);
    return { data, errors, cost: extensions.cost };
  };

  test('count the objects of the answer, not those that a page could have', async () => {
    const { data, cost } = await costOf(
      '{ sectors(first: 20) { nodes { key leadAgency { key } } } reviews(first: 400) { nodes { id leadAgency { key } } } }',
    );
    const reviews = data.reviews.nodes.length;
    expect(reviews).toBeLessThan(300);
    // both pages, and each sector and review with its agency
    expect(cost.actual).toBe(2 + 2 * data.sectors.nodes.length + 2 * reviews);
    expect(cost.estimated).toBeGreaterThan(cost.actual! + 200);
  });

  test('count objects that another subgraph looks up', async () => {
    const { data, cost } = await costOf('{ reviews(first: 400) { nodes { id submission { number } } } }');
    const seen = data.reviews.nodes.filter(({ submission }: { submission: object | null }) => submission);
    const different = new Set(seen.map(({ submission }: { submission: { number: string } }) => submission.number));
    // the page, each review with its submission, and each different submission as an entity
    expect(cost.actual).toBe(1 + 2 * data.reviews.nodes.length + different.size);
  });

  test('count weights of fields, and of arguments even where nothing matches', async () => {
    const filtered = 'reviews(first: 400, filter: { id: { eq: "none" } }) { nodes { id } totalCount }';
    const { cost } = await costOf(`{ ${filtered} }`);
    const { cost: without } = await costOf('{ reviews(first: 0) { nodes { id } totalCount } }');
    // the page and its count
    expect(without.actual).toBe(26);
    // a condition, and its value
    expect(cost.actual).toBe(26 + (cost.estimated - 400 - 26));
    expect(cost.actual).toBeGreaterThan(26);
  });

  test('are the same for a hidden object and a missing one', async () => {
    const [{ id }] = (await costOf('{ submissions(first: 1) { nodes { id } } }')).data.submissions.nodes;
    const query = 'query ($id: ID!) { submission(id: $id) { id } node(id: $id) { id } }';
    const hidden = await costOf(query, { id }, null);
    const missing = await costOf(query, { id: `${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}` }, null);
    expect(hidden.data).toEqual({ submission: null, node: null });
    expect(hidden.cost.actual).toBe(missing.cost.actual);
  });

  test('are at most the estimates, and all that the budget loses', async () => {
    let spent: number | undefined;
    for (const { name, query, variables } of questions()) {
      const { cost } = await costOf(query, variables, 'role=inspector; subject=budget; case=C-1');
      expect([name, cost.actual! > 0 && cost.actual! <= cost.estimated]).toEqual([name, true]);
      // reading a long document costs something, too
      if (spent !== undefined) expect(cost.budget - cost.remaining - spent).toBeLessThan(cost.actual! + 500);
      spent = cost.budget - cost.remaining;
    }
  });

  test('stay estimates where something failed, and for mutations', async () => {
    const failed = await costOf(
      '{ reviews(first: 5, orderBy: [{ field: LAUNCH_BOUND_AT }]) { nodes { id } } }',
      {},
      'role=analyst; subject=failing',
    );
    expect(failed.errors).toHaveLength(1);
    expect(failed.cost).not.toHaveProperty('actual');
  });
});

describe('budgets', () => {
  const payer = { key: 'a', principal: null };
  const settings = {
    isEnforced: () => true,
    maxPerOperation: maxCostsOf(['1000']),
    perMinute: budgetsOf(['public=1000']),
  };

  test('get back what an operation cost less than its estimate, once', () => {
    const budgets = new Budgets(settings);
    const spending = budgets.spend(900, payer);
    if (spending instanceof Promise) throw new Error('not shared');
    expect(spending.remaining).toBe(100);
    budgets.settle(spending, 50, payer);
    budgets.settle(spending, 0, payer);
    expect([spending.actual, spending.remaining]).toEqual([50, 950]);
    expect(JSON.parse(JSON.stringify(spending))).toMatchObject({ estimated: 900, actual: 50, remaining: 950 });
    expect(budgets.counts).toMatchObject({ cost: 900, unspent: 850 });
  });

  test('never lose more than the estimate', () => {
    const budgets = new Budgets(settings);
    const spending = budgets.spend(100, payer) as Exclude<ReturnType<Budgets['spend']>, Promise<unknown>>;
    budgets.settle(spending, 5_000, payer);
    expect([spending.actual, spending.remaining]).toEqual([100, 900]);
  });

  describeOnRedis('that gateways share', () => {
    test('get it back for all of them', async () => {
      const redis = await PrivateRedis.start();
      const client = new Redis(redis.url);
      const [first, second] = [
        new Budgets({ ...settings, redis: client }),
        new Budgets({ ...settings, redis: client }),
      ];
      const spending = await first.spend(900, payer);
      first.settle(spending, 50, payer);
      const later = await second.spend(900, payer);
      expect([spending.remaining, later.remaining]).toEqual([950, 50]);
      expect((await new SharedWindows(client, 'budget').add('a', 0)).count).toBe(950);
      client.disconnect();
      await redis.stop();
    });
  });
});
