import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Persisted, SECTOR, sentDocuments } from '../support/client-scenarios';
import { installClients, type RunningGraph, runScenario, startGraph } from '../support/clients';

const PROGRAMS = [
  ['Apollo Client', 'apollo.mjs'],
  ['urql', 'urql.mjs'],
] as const;

let folder: string;
let graph: RunningGraph;
beforeAll(async () => {
  await installClients();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-manifest-'));
  const documents = PROGRAMS.map(([, program]) => runScenario<{ id: string; body: string }>(program, 'document', {}));
  const operations = (await Promise.all(documents)).map((document) => ({ ...document, name: 'Sector', type: 'query' }));
  const manifest = join(folder, 'manifest.json');
  writeFileSync(manifest, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
  graph = await startGraph('--scale', '0', '--trusted-documents', manifest);
});
afterAll(async () => {
  await graph?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(PROGRAMS)('%s', (_client, program) => {
  describe('trusted documents', () => {
    test.each([true, false])('sends the hash of a document in a manifest, by GET: %s', async (useGet) => {
      const input = { graph: await graph.endpoint(null), useGet, name: 'Sector' };
      const { results, exchanges, other } = await runScenario<Persisted>(program, 'persist', input);
      expect(results).toEqual(Array(3).fill(SECTOR));
      expect(sentDocuments(exchanges)).toEqual([false, false, false]);
      expect(exchanges.map(({ method }) => method)).toEqual(Array(3).fill(useGet ? 'GET' : 'POST'));
      expect(JSON.stringify(other.error)).toContain('DOCUMENT_NOT_FOUND');
    });

    test('falls back to the text of an ad hoc operation if the role may send it', async () => {
      const input = { graph: await graph.endpoint('role=analyst; subject=client'), useGet: false, name: 'Sector' };
      const { other } = await runScenario<Persisted>(program, 'persist', input);
      expect(other).toMatchObject({ data: { sectors: { totalCount: 16 } } });
      expect(other.error).toBeUndefined();
    });
  });
});
