import { fixedClock } from '#base/clock';
import { type Principal, parsePrincipal } from '#base/identity/principal';
import { childListOf, namingField } from '#kit/collection/children';
import { Cursors } from '#kit/collection/cursor';
import { Loaders } from '#kit/collection/loaders';
import { MAX_PAGE_SIZE, type PageArguments } from '#kit/collection/page';
import { type ModelClass, modelOf, type Selectable } from '#kit/model/model';
import { Reader } from '#kit/policy/policy';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { EvaluationDefinition } from '../../subgraphs/reviews/evaluation/evaluation-definition';
import { Review } from '../../subgraphs/reviews/review/review';
import { randomOf } from '../oracle/operations';
import { processKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { ListModel, type Rights } from '../support/list-model';
import { SEED } from '../support/seed';
import { StoredRows } from '../support/tables';
import { AS_OF, openWorld, type World } from '../support/world';
import { SAMPLED_CALLERS } from './callers';
import { type Expected, everyone, expectations } from './policy-table';

const CURSORS = new Cursors(Buffer.alloc(32, 7), 'tests');

describe.each(processKinds)(`filters and orders by children, on %s, from seed ${SEED}`, (kind) => {
  let world: World;
  let stored: StoredRows;
  let expected: Record<string, Expected>;
  beforeAll(async () => {
    world = await openWorld(kind);
    stored = await StoredRows.of(world);
    expected = expectations(stored);
  });
  afterAll(() => world.close());

  function rightsOf(caller: Principal | null): Rights {
    const ruleOf = (target: ModelClass): Expected => expected[modelOf(target).name] ?? { rows: everyone };
    return {
      sees: (target, row) => ruleOf(target).rows(row, caller),
      reads: (target, row, { name, sensitivity = modelOf(target).sensitivity }) => {
        if (sensitivity === 'PUBLIC') return true;
        const { fields, [sensitivity]: ofClass } = ruleOf(target);
        return (fields?.[name] ?? ofClass)?.(row, caller) ?? false;
      },
    };
  }

  /** Fields that the caller may read of no object are rejected; the next test covers them. */
  function usableBy(reader: Reader) {
    return (target: ModelClass, field: Selectable): boolean => {
      const mayUse = (
        of: ModelClass,
        { name, sensitivity = modelOf(of).sensitivity }: Pick<Selectable, 'name' | 'sensitivity'>,
      ) => reader.fields(of, sensitivity, name) !== false;
      const list = childListOf(field.comparison);
      const naming = list && namingField(list.child(), list.parent());
      return (
        mayUse(target, field) &&
        (!naming || mayUse(list.child(), { name: naming.field, sensitivity: naming.sensitivity }))
      );
    };
  }

  function* readers(text: string | null) {
    const principal = text === null ? null : parsePrincipal(text);
    const model = new ListModel(stored.of, rightsOf(principal));
    for (const { database, subgraph } of world.open) {
      const reader = new Reader(subgraph.policies, principal);
      const loaders = () => new Loaders(database, fixedClock(AS_OF), reader, CURSORS);
      for (const target of subgraph.parts.entities) {
        if (!modelOf(target).published) continue;
        const lists = [...modelOf(target).selectable.values()].filter(({ comparison }) => childListOf(comparison));
        if (lists.length > 0) yield { target, reader, loaders, lists, model };
      }
    }
  }

  const keysIn = (target: ModelClass, rows: readonly object[]): string[] =>
    rows.map((row) => (row as Record<string, string>)[modelOf(target).key]!);

  async function all(target: ModelClass, loaders: () => Loaders, args: PageArguments): Promise<string[]> {
    const keys: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await loaders().list(target, { ...args, first: MAX_PAGE_SIZE, after });
      keys.push(...keysIn(target, page.rows));
      if (!page.more) return keys;
      after = page.cursor(page.rows.at(-1)!);
    }
  }

  const contextOf = (name: string, text: string | null) =>
    world.subgraph(name).context(text === null ? null : parsePrincipal(text));

  test.each([
    [{ filter: { findings: { some: {} } } }, 'filter'],
    [{ filter: { findings: { none: {} } } }, 'filter'],
    [{ filter: { not: { findings: { count: { gt: 0 } } } } }, 'filter'],
    [{ orderBy: [{ field: 'findings', direction: 'DESC' as const }] }, 'order'],
  ])('records that %j uses the list and the reference behind it', async (args, how) => {
    const { loaders, reads } = contextOf('infrastructure', 'role=coordinator; subject=x');
    await loaders.list(Vulnerability, args);
    expect(reads.uses).toEqual(
      expect.arrayContaining([
        { type: 'Vulnerability', sensitivity: 'ISVI', how, fields: ['findings'] },
        { type: 'VulnerabilityFinding', sensitivity: 'ISVI', how, fields: ['vulnerability'] },
      ]),
    );
    // the public sees no finding, so nothing that it learns is recorded
    const ofPublic = contextOf('infrastructure', null);
    await ofPublic.loaders.list(Vulnerability, args);
    expect(ofPublic.reads.uses).toEqual([]);
  });

  test.each<[ModelClass, PageArguments, string]>([
    [
      EvaluationDefinition,
      { filter: { runs: { some: {} } } },
      'EvaluationRun.definition, so you cannot filter by the list',
    ],
    [
      EvaluationDefinition,
      { filter: { runs: { count: { eq: 0 } } } },
      'EvaluationRun.definition, so you cannot filter by the list',
    ],
    [
      EvaluationDefinition,
      { orderBy: [{ field: 'runs', direction: 'ASC' }] },
      'every EvaluationRun.definition, so you cannot order by the number of EvaluationDefinition.runs',
    ],
    [Review, { filter: { findings: { some: { internalNotes: { eq: 'x' } } } } }, 'no filter field "internalNotes"'],
    [Review, { filter: { findings: { where: {} } } }, '"where" says which objects "count" counts: add "count"'],
    [
      Review,
      { filter: { findings: { count: { in: Array(1001).fill(1) } } } },
      'findings.count.in lists 1001 values; the maximum is 1000',
    ],
  ])('rejects %p with %j', async (target, args, message) => {
    await expect(contextOf('reviews', null).loaders.list(target, args)).rejects.toThrow(message);
  });

  test('counts conditions on lists, and limits their depth', async () => {
    const { loaders } = contextOf('reviews', INSPECTOR);
    const nested = (depth: number): object =>
      depth === 0 ? {} : { findings: { some: { review: nested(depth - 1) } } };
    await expect(loaders.list(Review, { filter: nested(6) as never })).rejects.toThrow('nested deeper than 8 levels');
    const many = Array(900).fill({ findings: { some: { id: { eq: 'x' } } } });
    const filter = { and: Array(3).fill({ or: many }) };
    await expect(contextOf('reviews', INSPECTOR).loaders.list(Review, { filter })).rejects.toThrow(
      'more than 5000 conditions',
    );
  });

  describe.each(SAMPLED_CALLERS)('%s', (_name, text) => {
    test('filters by children exactly as if the caller applied the filter to what it may read', async () => {
      const random = randomOf(SEED);
      let filtered = 0;
      for (const { target, reader, loaders, model } of readers(text))
        for (let time = 0; time < 5; time += 1) {
          const filter = model.filter(target, random, usableBy(reader));
          const context = { target: modelOf(target).name, filter: JSON.stringify(filter) };
          const keys = keysIn(target, model.list(target, filter)).toSorted();
          expect({ ...context, keys: (await all(target, loaders, { filter })).toSorted() }).toEqual({
            ...context,
            keys,
          });
          if (keys.length < stored.of(target).length) filtered += 1;
        }
      expect(filtered).toBeGreaterThan(0);
    });

    test('orders by the number of children that the caller sees, or rejects the order', async () => {
      const outcomes = { ordered: 0, rejected: 0 };
      for (const { target, reader, loaders, lists, model } of readers(text))
        for (const field of lists.filter(({ order }) => order)) {
          const list = childListOf(field.comparison)!;
          const naming = namingField(list.child(), list.parent());
          const ordered = all(target, loaders, { orderBy: [{ field: field.name, direction: 'DESC' }] });
          const readsAll = (of: ModelClass, name: string, sensitivity = modelOf(of).sensitivity) =>
            reader.fields(of, sensitivity, name) === true;
          const isAllowed =
            readsAll(target, field.name, field.sensitivity) &&
            (!naming || readsAll(list.child(), naming.field, naming.sensitivity));
          if (!isAllowed) {
            await expect(ordered).rejects.toThrow(/You don't have access to every/);
            outcomes.rejected += 1;
            continue;
          }
          const counts = model
            .visible(target)
            .map((row) => ({
              key: row[modelOf(target).key] as string,
              count: model.children(target, row, list).length,
            }))
            .sort((a, b) => b.count - a.count || (a.key < b.key ? 1 : -1));
          const context = { target: modelOf(target).name, list: field.name };
          expect({ ...context, keys: await ordered }).toEqual({ ...context, keys: counts.map(({ key }) => key) });
          outcomes.ordered += 1;
        }
      expect(outcomes.ordered).toBeGreaterThan(5);
      if (text === null) expect(outcomes.rejected).toBeGreaterThan(0);
    });
  });
});
