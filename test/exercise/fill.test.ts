import { join } from 'node:path';
import { civilDate } from '#base/civil';
import { runImport } from '#kit/import/importer';
import { silent } from '#kit/import/progress';
import { Subgraph } from '#kit/subgraph/subgraph';
import { fillWhenNew, storeExercise } from '../../gateway/cli/exercise';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { freshDatabases } from '../support/databases';
import { AS_OF, FIXTURES } from '../support/world';

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

test('finds imported vulnerabilities on invented systems, due by the dates of the catalog', async () => {
  const definition = subgraphs.find(({ name }) => name === 'infrastructure')!;
  const databases = await freshDatabases('sqlite', [definition.name]);
  const open = await definition.open({ databaseUrl: databases.url(definition.name) });
  const { database } = open;
  const { entities, importers } = definition.parts;
  const kev = importers.find(({ source }) => source === 'kev')!;
  const importCatalog = () =>
    runImport(database, kev, join(FIXTURES, 'known_exploited_vulnerabilities.json'), silent, entities);
  await importCatalog();
  const replaceAndFind = async () => {
    await storeExercise([open], { seed: 'test', scale: 1, asOf: AS_OF });
    const findings = await database.query<{
      cveId: string;
      detectedAt: string;
      dueAt: string;
      status: string;
      kevDateAdded: string;
    }>(
      `SELECT f.cve_id AS cveId, f.detected_at AS detectedAt, f.due_at AS dueAt, f.status, v.kev_date_added AS kevDateAdded
       FROM ${database.table(VulnerabilityFinding)} f JOIN ${database.table(Vulnerability)} v ON v.cve_id = f.cve_id
       WHERE v.exercise = 0 AND f.exercise = 1 ORDER BY f.id`,
    );
    return findings;
  };
  const findings = await replaceAndFind();
  expect(new Set(findings.map(({ cveId }) => cveId))).toEqual(
    new Set(['CVE-1900-90001', 'CVE-1900-90002', 'CVE-1900-90003']),
  );
  for (const { detectedAt, kevDateAdded } of findings) {
    expect(civilDate(detectedAt) >= kevDateAdded).toBe(true);
    expect(detectedAt <= AS_OF).toBe(true);
  }
  const dueDates = findings.map(({ dueAt }) => civilDate(dueAt));
  expect(new Set(dueDates)).toEqual(new Set(['2026-10-22', '2026-10-23', '2026-10-24']));
  // the catalog can be imported again, and exercise data replaced again
  expect(await importCatalog()).toMatchObject({ imported: 0, unchanged: 3 });
  expect(await replaceAndFind()).toEqual(findings);
  await open.close();
  await databases.drop();
});
