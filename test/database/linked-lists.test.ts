import { DeploymentSystem, ToolDeployment } from '../../subgraphs/infrastructure/tool/defensive-tool';
import { databaseKinds } from '../support/databases';
import { openWorld, type World } from '../support/world';

describe.each(databaseKinds)('lists through link tables, on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
  });
  afterAll(() => world.close());

  const linkedTo = (id: string): string[] =>
    world
      .rows(DeploymentSystem)
      .filter(({ ownerKey }) => ownerKey === id)
      .map(({ targetKey }) => targetKey)
      .toSorted();

  test('pages through linked entities of each object, forward and backward, with a count', async () => {
    const page = (args: string) =>
      `systems(${args}) { nodes { id } totalCount pageInfo { hasNextPage hasPreviousPage } }`;
    const { data, errors } = await world.ask(`{
      toolDeployments(first: 50) { nodes { id all: ${page('first: 500')} head: ${page('first: 1')} tail: ${page('last: 1')} } }
    }`);
    expect(errors).toBeUndefined();
    const { nodes } = data.toolDeployments;
    expect(nodes).toHaveLength(Math.min(50, world.rows(ToolDeployment).length));
    let linked = 0;
    for (const { id, all, head, tail } of nodes) {
      const expected = linkedTo(id);
      const ids = all.nodes.map((node: { id: string }) => node.id);
      linked += ids.length;
      expect(ids.toSorted()).toEqual(expected);
      expect([all, head, tail].map(({ totalCount }) => totalCount)).toEqual(Array(3).fill(expected.length));
      expect(head.nodes.map((node: { id: string }) => node.id)).toEqual(ids.slice(0, 1));
      expect(tail.nodes.map((node: { id: string }) => node.id)).toEqual(ids.slice(-1));
      expect([head.pageInfo.hasNextPage, tail.pageInfo.hasPreviousPage]).toEqual(Array(2).fill(expected.length > 1));
    }
    expect(linked).toBeGreaterThan(nodes.length);
  });

  test('uses as many statements for linked lists of many objects as of one', async () => {
    const query = (first: number) =>
      `{ toolDeployments(first: ${first}) { nodes { systems(first: 3) { totalCount nodes { id } } } } }`;
    expect(await world.statements(query(20))).toHaveLength((await world.statements(query(1))).length);
  });

  test('returns a count and no objects for a linked list with first: 0', async () => {
    const { data, errors } = await world.ask(
      '{ all: submissions(first: 500) { nodes { id } } submissions(first: 0) { nodes { id } edges { cursor } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }',
    );
    expect(errors).toBeUndefined();
    expect(data.all.nodes.length).toBeGreaterThan(0);
    expect(data.submissions).toEqual({
      nodes: [],
      edges: [],
      totalCount: data.all.nodes.length,
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  test('filters submissions by the model version that they show', async () => {
    const { data } = await world.ask('{ submissions(first: 1) { nodes { version { label } revision } } }');
    const [{ version, revision }] = data.submissions.nodes;
    expect(revision).toBeGreaterThan(0);
    const filtered = await world.ask(
      'query ($label: String) { submissions(filter: { version: { label: { eq: $label } } }) { nodes { version { label } } } }',
      { label: version.label },
    );
    expect(filtered.data.submissions.nodes.length).toBeGreaterThan(0);
    for (const node of filtered.data.submissions.nodes) expect(node.version.label).toBe(version.label);
  });
});
