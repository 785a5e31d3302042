import { fixedClock } from '#base/clock';
import { childListOf } from '#kit/collection/children';
import { Cursors } from '#kit/collection/cursor';
import { Loaders, type Page } from '#kit/collection/loaders';
import type { PageArguments } from '#kit/collection/page';
import { type ModelClass, modelOf, type Selectable } from '#kit/model/model';
import { Reader } from '#kit/policy/policy';
import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { randomOf } from '../oracle/operations';
import { databaseKinds } from '../support/databases';
import { ListModel } from '../support/list-model';
import { SEED } from '../support/seed';
import { StoredRows } from '../support/tables';
import { AS_OF, openWorld, type World } from '../support/world';

const CURSORS = new Cursors(Buffer.alloc(32, 7), 'tests');

describe.each(databaseKinds)(`lists by their children, on %s, from seed ${SEED}`, (kind) => {
  let world: World;
  let stored: StoredRows;
  let model: ListModel;
  beforeAll(async () => {
    world = await openWorld(kind);
    stored = await StoredRows.of(world);
    model = new ListModel(stored.of);
  });
  afterAll(() => world.close());

  test('joins 1,000 conditions by "or", "and", and "not"', async () => {
    const query = 'query ($f: VendorFilter) { vendors(filter: $f, first: 0) { totalCount } }';
    const count = async (filter: object) => (await world.ask(query, { f: filter })).data?.vendors.totalCount;
    const names = stored.of(Vendor).map((row) => row.name as string);
    const texts = Array.from({ length: 1_000 }, (_, place) => names[place] ?? `absent ${place}`);
    const or = texts.map((contains) => ({ name: { contains } }));
    expect(await count({ or })).toBe(names.length);
    expect(await count({ not: { or } })).toBe(0);
    expect(await count({ and: or.map((not) => ({ not })) })).toBe(0);
  });

  /** Models with a filter on a list, with loaders that see everything. */
  function* parents(): Generator<{ target: ModelClass; loaders: () => Loaders; lists: readonly Selectable[] }> {
    for (const { database, subgraph } of world.open)
      for (const target of subgraph.parts.entities) {
        if (!modelOf(target).published) continue;
        const lists = [...modelOf(target).selectable.values()].filter(({ comparison }) => childListOf(comparison));
        const loaders = () => new Loaders(database, fixedClock(AS_OF), Reader.everything, CURSORS);
        if (lists.length > 0) yield { target, loaders, lists };
      }
  }

  const keysIn = (target: ModelClass, rows: readonly object[]): string[] =>
    rows.map((row) => (row as Record<string, string>)[modelOf(target).key]!);

  /** Keys of the whole list, from pages of a size. */
  async function walk(target: ModelClass, loaders: () => Loaders, args: PageArguments, size: number, backward = false) {
    const keys: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const side = backward ? { last: size, before: cursor } : { first: size, after: cursor };
      const page: Page = await loaders().list(target, { ...args, ...side });
      if (backward) keys.unshift(...keysIn(target, page.rows));
      else keys.push(...keysIn(target, page.rows));
      if (!page.more) return keys;
      cursor = page.cursor((backward ? page.rows[0] : page.rows.at(-1))!);
    }
  }

  /** Keys of rows in the order of the length of a list, then of their keys. */
  function byLength(
    target: ModelClass,
    rows: readonly object[],
    field: Selectable,
    direction: 'ASC' | 'DESC',
  ): string[] {
    const list = childListOf(field.comparison)!;
    const sign = direction === 'ASC' ? 1 : -1;
    const { key } = modelOf(target);
    return rows
      .map((row) => ({ key: (row as Record<string, string>)[key]!, count: model.children(target, row, list).length }))
      .sort((a, b) => sign * (a.count - b.count || (a.key < b.key ? -1 : 1)))
      .map((row) => row.key);
  }

  test('filters by children, nested and negated, exactly like plain code', async () => {
    const random = randomOf(SEED);
    const compared = { all: 0, some: 0 };
    for (const { target, loaders } of parents())
      for (let time = 0; time < 12; time += 1) {
        const filter = model.filter(target, random, () => true);
        const expected = keysIn(target, model.list(target, filter)).toSorted();
        const listed = await walk(target, loaders, { filter }, 500);
        const context = { target: modelOf(target).name, filter: JSON.stringify(filter) };
        expect({ ...context, keys: listed.toSorted() }).toEqual({ ...context, keys: expected });
        expect(await loaders().count(target, { filter })).toBe(expected.length);
        compared[expected.length > 0 && expected.length < stored.of(target).length ? 'some' : 'all'] += 1;
      }
    // filters that hold for every or no object prove little
    expect(compared.some).toBeGreaterThan(compared.all / 4);
  });

  test('pages through a list in the order of a count, forward and backward, with ties', async () => {
    const random = randomOf(SEED);
    let orders = 0;
    for (const { target, loaders, lists } of parents()) {
      const rows = stored.of(target);
      // enough pages for every kind of cursor, whatever the number of rows
      const size = Math.max(2, Math.ceil(rows.length / (4 + random(4))));
      for (const field of lists.filter(({ order }) => order))
        for (const direction of ['ASC', 'DESC'] as const) {
          const args = { orderBy: [{ field: field.name, direction }] };
          const expected = byLength(target, rows, field, direction);
          const context = { target: modelOf(target).name, list: field.name, direction };
          for (const backward of [false, true])
            expect({ ...context, keys: await walk(target, loaders, args, size, backward) }).toEqual({
              ...context,
              keys: expected,
            });
          orders += 1;
        }
    }
    expect(orders).toBeGreaterThan(40);
  });

  test('orders nested lists by a count, for all parents in one statement', async () => {
    const { database } = world.subgraph('infrastructure');
    const loaders = () => new Loaders(database, fixedClock(AS_OF), Reader.everything, CURSORS);
    const field = modelOf(Vulnerability).selectable.get('findings')!;
    const vendors = stored.of(Vendor);
    const parentKeys = keysIn(Vendor, vendors);
    for (const direction of ['ASC', 'DESC'] as const) {
      const args = { first: 2, orderBy: [{ field: 'findings', direction }] };
      const all = loaders().listBy(Vulnerability, 'vendorKey', args);
      const { result, statements } = await database.counting(() => all.loadMany(parentKeys));
      expect(statements).toHaveLength(1);
      let followed = 0;
      for (const [place, key] of parentKeys.entries()) {
        const page = result[place] as Page;
        const children = stored.of(Vulnerability).filter(({ vendorKey }) => vendorKey === key);
        const expected = byLength(Vulnerability, children, field, direction);
        expect(keysIn(Vulnerability, page.rows)).toEqual(expected.slice(0, 2));
        if (!page.more) continue;
        const after = page.cursor(page.rows[1]!);
        const next = await loaders()
          .listBy(Vulnerability, 'vendorKey', { ...args, after })
          .load(key);
        expect(keysIn(Vulnerability, next.rows)).toEqual(expected.slice(2, 4));
        followed += 1;
      }
      expect(followed).toBeGreaterThan(0);
    }
  });
});
