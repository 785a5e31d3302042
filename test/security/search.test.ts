import { fixedClock } from '#base/clock';
import { parsePrincipal } from '#base/identity/principal';
import { Cursors } from '#kit/collection/cursor';
import { Loaders } from '#kit/collection/loaders';
import { MAX_PAGE_SIZE } from '#kit/collection/page';
import type { FilterValue } from '#kit/collection/where';
import { type ModelClass, modelOf } from '#kit/model/model';
import { Reader } from '#kit/policy/policy';
import { searchedFields } from '#kit/search/word-table';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { randomOf } from '../oracle/operations';
import { processKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { ListModel, type Rights } from '../support/list-model';
import { SEED } from '../support/seed';
import { StoredRows } from '../support/tables';
import { AS_OF, openWorld, type World } from '../support/world';
import { CALLERS } from './callers';
import { type Expected, everyone, expectations } from './policy-table';

const CURSORS = new Cursors(Buffer.alloc(32, 7), 'tests');

describe.each(processKinds)(`searches on %s, from seed ${SEED}`, (kind) => {
  let world: World;
  let stored: StoredRows;
  let expected: Record<string, Expected>;
  beforeAll(async () => {
    world = await openWorld(kind);
    stored = await StoredRows.of(world);
    expected = expectations(stored);
  });
  afterAll(() => world.close());

  function modelFor(text: string | null): { model: ListModel; readsAny: (target: ModelClass) => boolean } {
    const caller = text === null ? null : parsePrincipal(text);
    const ruleOf = (target: ModelClass): Expected => expected[modelOf(target).name] ?? { rows: everyone };
    const rights: Rights = {
      sees: (target, row) => ruleOf(target).rows(row, caller),
      reads: (target, row, { name, sensitivity = modelOf(target).sensitivity }) => {
        if (sensitivity === 'PUBLIC') return true;
        const { fields, [sensitivity]: ofClass } = ruleOf(target);
        return (fields?.[name] ?? ofClass)?.(row, caller) ?? false;
      },
    };
    return {
      model: new ListModel(stored.of, rights),
      readsAny: (target) =>
        stored.of(target).some((row) => searchedFields(target).some((field) => rights.reads(target, row, field))),
    };
  }

  async function all(target: ModelClass, loaders: () => Loaders, filter: FilterValue): Promise<string[]> {
    const keys: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await loaders().list(target, { filter, first: MAX_PAGE_SIZE, after });
      keys.push(...page.rows.map((row) => (row as Record<string, string>)[modelOf(target).key]!));
      if (!page.more) return keys.sort();
      after = page.cursor(page.rows.at(-1)!);
    }
  }

  describe.each(CALLERS)('%s', (_name, text) => {
    test('finds exactly the visible objects whose readable names have the words, or is rejected', async () => {
      const random = randomOf(SEED);
      const { model, readsAny } = modelFor(text);
      const outcomes = { found: 0, rejected: 0 };
      for (const { database, subgraph } of world.open) {
        const reader = new Reader(subgraph.policies, text === null ? null : parsePrincipal(text));
        const loaders = () => new Loaders(database, fixedClock(AS_OF), reader, CURSORS);
        for (const target of subgraph.parts.entities.filter((entity) => searchedFields(entity).length > 0))
          for (let time = 0; time < 4; time += 1) {
            const search = model.search(target, random);
            const filter = time === 3 ? { not: { search } } : { search };
            const context = { target: modelOf(target).name, filter: JSON.stringify(filter) };
            const keys = await all(target, loaders, filter).catch((error: Error) => error.message);
            if (typeof keys === 'string') {
              expect({ ...context, keys }).toEqual({ ...context, keys: expect.stringMatching(/so you cannot search/) });
              expect({ ...context, readable: readsAny(target) }).toEqual({ ...context, readable: false });
              outcomes.rejected += 1;
              continue;
            }
            const matches = model.list(target, filter).map((row) => row[modelOf(target).key] as string);
            expect({ ...context, keys }).toEqual({ ...context, keys: matches.sort() });
            if (keys.length > 0 && keys.length < stored.of(target).length) outcomes.found += 1;
          }
      }
      expect(outcomes.found).toBeGreaterThan(10);
      if (text === null) expect(outcomes.rejected).toBeGreaterThan(0);
      if (text === INSPECTOR) expect(outcomes.rejected).toBe(0);
    });
  });

  test('records that a search uses the searched fields', async () => {
    const { loaders, reads } = world.subgraph('infrastructure').context(parsePrincipal(INSPECTOR));
    await loaders.list(FederalSystem, { filter: { search: 'a b' } });
    const use = { type: 'FederalSystem', sensitivity: 'ISVI', how: 'filter', fields: ['name'] };
    expect(reads.uses).toContainEqual(use);
    const other = world.subgraph('infrastructure').context(parsePrincipal(INSPECTOR));
    await other.loaders.list(FederalSystem, {});
    expect(other.reads.uses).not.toContainEqual(use);
  });

  test('answers over the graph, and rejects what the public may not search', async () => {
    const query = 'query($s: String) { vendors(filter: { search: $s }) { nodes { name } } }';
    const { name } = stored.rows('Vendor')[0]!;
    const { data, errors } = await world.ask(query, { s: name.toUpperCase() }, null);
    expect([errors, data.vendors.nodes]).toEqual([undefined, expect.arrayContaining([{ name }])]);
    expect((await world.ask(query, { s: null }, null)).data.vendors.nodes.length).toBeGreaterThan(1);
    const rejected = await world.ask('{ federalSystems(filter: { search: "a" }) { nodes { id } } }', {}, null);
    expect(rejected.errors?.[0]?.extensions.code).toMatch(/INVALID_FILTER|FORBIDDEN/);
  });
});
