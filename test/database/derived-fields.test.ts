import { databaseKinds } from '../support/databases';
import { openWorld, type World } from '../support/world';

/**
 * A derived field is defined twice: in code, which reads it, and in SQL, which filters lists by it. Both must agree for every
 * value and every object.
 */
const FIELDS: readonly [list: string, key: string, field: string, values: readonly string[]][] = [
  ['submissions', 'id', 'windowPhase', ['NONE', 'NOT_YET_OPEN', 'OPEN', 'LAUNCH_DUE', 'LAUNCHED']],
  ['reviews', 'id', 'timing', ['PRE_LAUNCH', 'POST_LAUNCH']],
  ['reviews', 'id', 'open', ['true', 'false']],
  ['announcements', 'controlNumber', 'acceptingApplications', ['true', 'false']],
  ['vulnerabilityFindings', 'id', 'overdue', ['true', 'false']],
  ['poamItems', 'id', 'delayed', ['true', 'false']],
  ['vulnerabilities', 'cveId', 'inKev', ['true', 'false']],
  ['inventoryItems', 'id', 'fullyTagged', ['true', 'false']],
  ['directives', 'number', 'status', ['IN_FORCE', 'REVOKED']],
  ['capabilityAssessments', 'id', 'belowTarget', ['true', 'false']],
  ['vendors', 'key', 'inUseAndExploited', ['true', 'false']],
];

describe.each(databaseKinds)('derived fields on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
  });
  afterAll(() => world?.close());

  async function all(
    list: string,
    key: string,
    field: string,
    filter = '{}',
  ): Promise<{ key: string; value: string }[]> {
    const rows: { key: string; value: string }[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query($after: String) { ${list}(first: 500, after: $after, filter: ${filter}) { nodes { ${key} ${field} } pageInfo { hasNextPage endCursor } } }`;
      const { data, errors } = await world.ask(query, { after });
      expect(errors).toBeUndefined();
      const page: { nodes: Record<string, unknown>[]; pageInfo: { hasNextPage: boolean; endCursor: string } } =
        data[list];
      rows.push(...page.nodes.map((node) => ({ key: String(node[key]), value: String(node[field]) })));
      if (!page.pageInfo.hasNextPage) return rows;
      after = page.pageInfo.endCursor;
    }
  }

  test.each(FIELDS)(
    'filters in %s by %s.%s exactly the objects that show the value',
    async (list, key, field, values) => {
      const everything = await all(list, key, field);
      expect(everything.length).toBeGreaterThan(0);
      let narrowed = 0;
      for (const value of values) {
        const matches = await all(list, key, field, `{ ${field}: { eq: ${value} } }`);
        expect(matches).toEqual(everything.filter((row) => row.value === value));
        narrowed += matches.length;
      }
      expect(narrowed).toBe(everything.length);
    },
  );
});
