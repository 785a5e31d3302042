import { openWorld, type World } from '../support/world';

const LONG = 100_000;
const LONG_NAME = { name: { eq: 'x'.repeat(LONG) } };

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite', 1);
});
afterAll(() => world?.close());

/** How often the whole graph writes a long text as JSON for an operation. */
async function timesWritten(query: string, variables: Record<string, unknown>): Promise<number> {
  const write = jest.spyOn(JSON, 'stringify');
  try {
    const { errors } = await world.ask(query, variables);
    expect(errors).toBeUndefined();
    return write.mock.results.filter(({ value }) => typeof value === 'string' && value.length >= LONG).length;
  } finally {
    write.mockRestore();
  }
}

test.each<[string, string]>([
  [
    'the filter of a list of many objects',
    `query ($n: Int, $f: FederalSystemFilter!) {
      federalSystems(first: $n) { nodes { findings(first: 1, filter: { system: $f }) { totalCount } } } }`,
  ],
  [
    'the filter of figures and groups of many objects',
    `query ($n: Int, $f: FederalSystemFilter!) {
      federalSystems(first: $n) { nodes { findings(first: 0, filter: { system: $f }) {
        aggregates { count } groups(by: [{ field: STATUS }]) { totalCount others { count } } } } } }`,
  ],
  [
    'the filter of a figure of many objects and groups',
    `query ($n: Int, $f: FederalSystemFilter!) {
      federalSystems(first: $n) { nodes { findings(first: 0) {
        aggregates { ratio(where: { system: $f }) { value } }
        groups(by: [{ field: STATUS }]) { nodes { aggregates { ratio(where: { system: $f }) { value } } } } } } } }`,
  ],
])('writes a long text as often for many objects as for one: %s', async (_, query) => {
  // the first request is planned
  await timesWritten(query, { n: 1, f: LONG_NAME });
  const one = await timesWritten(query, { n: 1, f: LONG_NAME });
  expect(one).toBeGreaterThan(0);
  expect(await timesWritten(query, { n: 50, f: LONG_NAME })).toBe(one);
});
