import { openWorld, type World } from '../support/world';

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite', 1);
});
afterAll(() => world?.close());

test.each([
  ['intakeTargetOn', 1],
  ['daysToLaunch', 1],
  ['asOf(at: "2026-11-01T00:00:00Z") { lifecycle }', 5],
  ['reviewsAsOf(at: "2026-11-01T00:00:00Z") { asOf }', 5],
])('each alias of %s costs %d for each object', async (field, weight) => {
  const costOf = async (aliases: number): Promise<number> => {
    const fields = Array.from({ length: aliases }, (_, i) => `a${i}: ${field}`).join(' ');
    const { extensions } = await world.ask(`{ submissions(first: 10) { nodes { id ${fields} } } }`);
    return extensions.cost.estimated;
  };
  expect((await costOf(9)) - (await costOf(4))).toBe(5 * 10 * weight);
});
