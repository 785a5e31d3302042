import { Subgraph } from '#kit/subgraph/subgraph';
import { fillWhenNew } from '../../gateway/cli/exercise';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases } from '../support/databases';

test('creates exercise data once, also beside a subgraph that has none', async () => {
  const training = new Subgraph({
    name: 'training',
    description: 'Training courses.',
    owners: ['opm'],
    roles: {},
    entities: [],
    stubs: [],
    resolvers: [],
    policies: [],
    migrations: [],
    references: [],
    importers: [],
  });
  const all = [...subgraphs, training];
  const databases = await freshDatabases(
    'sqlite',
    all.map(({ name }) => name),
  );
  const open = await Promise.all(all.map((subgraph) => subgraph.open({ databaseUrl: databases.url(subgraph.name) })));
  const printed: string[] = [];
  await fillWhenNew(open, 1, (text) => printed.push(text));
  const first = printed.splice(0);
  await fillWhenNew(open, 1, (text) => printed.push(text));
  await Promise.all(open.map((subgraph) => subgraph.close()));
  await databases.drop();
  expect(first).toContainEqual(expect.stringMatching(/^Created [1-9]\d+ rows/));
  expect(printed).toEqual([]);
});
