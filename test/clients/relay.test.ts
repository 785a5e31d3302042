import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Endpoint,
  type Exchange,
  installClients,
  type RunningGraph,
  runScenario,
  startGraph,
} from '../support/clients';

interface Compiled {
  readonly entities: readonly string[];
  /** Types for which the compiler generated refetch queries. */
  readonly refetchable: readonly string[];
  /** Texts of operations by their SHA-256. */
  readonly documents: Readonly<Record<string, string>>;
}

describe('Relay', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-relay-'));
  let compiled: Compiled;
  let graph: RunningGraph;
  let developer: Endpoint;
  beforeAll(async () => {
    await installClients();
    compiled = await runScenario('relay.mjs', 'compile', {});
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, JSON.stringify(compiled.documents));
    graph = await startGraph('--trusted-documents', manifest);
    developer = await graph.endpoint('role=developer-submitter; organization=exercise-alder; subject=client');
  });
  afterAll(async () => {
    await graph?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  const run = (scenario: string, input: object = {}): Promise<{ result: any; exchanges: Exchange[] }> =>
    runScenario('relay.mjs', scenario, { graph: developer, ...input });

  describe('code generation', () => {
    test('compiles against the schema with every entity refetchable', () => {
      expect(compiled.entities.length).toBeGreaterThan(40);
      expect(compiled.refetchable).toEqual(compiled.entities);
    });
  });

  describe('cache', () => {
    test('reads an object, finds it in its store, and fetches it again by its global id', async () => {
      const { result, exchanges } = await run('detail');
      expect(result).toMatchObject({
        id: 'Sector:energy',
        isCached: true,
        record: {
          __id: 'Sector:energy',
          __typename: 'Sector',
          key: 'energy',
          name: 'Energy',
          leadAgency: { __ref: 'Agency:doe' },
        },
      });
      expect(exchanges).toHaveLength(2);
      expect(exchanges[1]!.body).toContain('"node":{"__typename":"Sector"');
    });
  });

  describe('pagination', () => {
    test('reads a connection to its end', async () => {
      const { result, exchanges } = await run('paginate');
      expect(result.totalCount).toBe(16);
      expect(new Set(result.keys).size).toBe(16);
      expect(exchanges).toHaveLength(4);
    });
  });

  describe('mutations', () => {
    test('writes the result of a mutation to its store, and replays the mutation', async () => {
      const input = { idempotencyKey: 'relay', codename: 'relay', modalities: ['TEXT'] };
      const { result } = await run('mutate', { input });
      const model = { id: expect.stringMatching(/^mdl_/), codename: 'relay', modalities: ['TEXT'] };
      expect(result).toMatchObject({
        first: { response: { registerModel: { model, replayed: false } }, errors: null },
        again: { response: { registerModel: { model, replayed: true } }, errors: null },
        found: { node: { __typename: 'AIModel', ...model } },
      });
    });
  });

  describe('errors', () => {
    test('keeps null for a field with an error, and for an unknown id', async () => {
      const { result, exchanges } = await run('fail');
      expect(result).toEqual({ refused: { sectors: null }, unknown: { node: null } });
      expect(exchanges[0]!.body).toContain('"code":"INVALID_PAGE"');
    });
  });

  describe('trusted documents', () => {
    test('sends its operations as trusted documents by id', async () => {
      const { result, exchanges } = await run('trusted');
      expect(result).toMatchObject({ id: 'Sector:energy' });
      expect(JSON.parse(exchanges[0]!.requestBody!)).toEqual({
        documentId: expect.stringMatching(/^[0-9a-f]{64}$/),
        variables: { key: 'energy' },
      });
    });
  });
});
