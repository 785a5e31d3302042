import { processKinds } from '../support/databases';
import { openWorld, type World } from '../support/world';
import { catalog } from './catalog';
import { Target } from './target';

test('lists at least 170 attacks, each under a unique name', () => {
  const names = catalog.map(({ group, name }) => `${group}: ${name}`);
  expect(names.length).toBeGreaterThanOrEqual(170);
  expect(new Set(names).size).toBe(names.length);
});

describe.each(processKinds)('attacks on the gateway with its four subgraphs, on %s', (kind) => {
  let world: World;
  let target: Target;
  beforeAll(async () => {
    world = await openWorld(kind);
    target = new Target(world, await world.server.listen({ port: 0, host: '127.0.0.1' }));
  });
  afterAll(() => world.close());

  test.each(catalog.map((attack) => [`${attack.group}: ${attack.name}`, attack] as const))(
    '%s',
    async (_name, { run, safe }) => {
      expect(await run(target)).toEqual(safe);
    },
  );

  test('answers the same after all attacks as before', async () => {
    const { status, json } = await target.ask('{ sectors(first: 1) { totalCount } }');
    expect([status, json.data.sectors.totalCount > 0]).toEqual([200, true]);
  });
});
