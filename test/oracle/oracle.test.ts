import { GraphQLError, parse } from 'graphql';
import { requireCompiled } from '../support/processes';
import { SEED } from '../support/seed';
import { type Answer, Contest, ENGINES } from './compare';
import { describeDifference, runContests } from './run';
import { type Exhibit, zoo } from './zoo';

beforeAll(requireCompiled);

const exhibit = (words: string) => zoo.find(({ name }) => name.includes(words))!;

describe('compared with unmodified ApolloGateway', () => {
  const operations = Number(process.env.ORDERGRAPH_TEST_OPERATIONS ?? 10);

  test(`returns correct data for ${operations} random operations an exhibit, from seed ${SEED}`, async () => {
    const { differences } = await runContests({ from: SEED, operations, milliseconds: Number.POSITIVE_INFINITY });
    expect(differences.map(describeDifference)).toEqual([]);
  });
});

/** Operations that generated runs have found, with the correct results. */
describe('regressions', () => {
  const contests = new Map<string, Promise<Contest>>();

  /** The contest of an exhibit, which tests share: its planners take seconds to start. */
  function contestOf(words: string): Promise<Contest> {
    const { name } = exhibit(words);
    const contest = contests.get(name) ?? started(exhibit(words));
    contests.set(name, contest);
    return contest;
  }

  async function started(subgraphs: Exhibit): Promise<Contest> {
    const contest = new Contest(subgraphs);
    await contest.start();
    return contest;
  }
  afterAll(async () => {
    for (const contest of contests.values()) await (await contest).close();
  });

  async function answers(words: string, query: string, variables: Record<string, unknown> = {}) {
    const contest = await contestOf(words);
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const operation = { query, variables };
    expect(contest.isValid(operation)).toBe(true);
    const failed = (error: Error): Answer => ({ data: error.message, errors: [] });
    const input = {
      native: await contest.ours('native', operation).catch(failed),
      apollo: await contest.ours('apollo', operation).catch(failed),
      reference: (await contest.reference(operation).catch(failed))!,
      right: await contest.monolith(operation),
    };
    return input;
  }

  test.each([
    // GraphQL specification, "Field Selections" and "Value Resolution": an alias belongs to the client, whatever the gateway needs
    [
      'shareable value',
      '{ thing { moved ... { id: old } } }',
      'the reference returns the key for a field aliased to its name',
    ],
    ['chains of keys', '{ starts { four c: a } }', 'the reference returns another key'],
    ['inherits', '{ odds { isPrototypeOf constructor: valueOf } }', 'the reference returns the key'],
    // Federation specification, "@requires": a call sends the required fields
    ['requirements', '{ boxes { volume cost size(unit: INCH) } }', 'two arguments of one required field'],
    [
      'requirements',
      'query($no: Boolean!) { box(id: "id.3") { ... on Box { volume } ... @include(if: $no) { volume size } } }',
      'a default that is a requirement too',
    ],
    [
      'interfaces',
      'query($yes: Boolean!) { people { works { ... on Work @include(if: $yes) { __typename } } } }',
      'a condition on a union',
    ],
    [
      'interfaces',
      '{ people { works { ... on Film { ... on Rated { ... on Book { stars } } } } name } }',
      'fragments that no type is left for: the native planner leaves out the field that has them',
    ],
    [
      'interfaceObject',
      '{ cat { weight __typename } }',
      'the reference loses a concrete type that has fields of its interface elsewhere',
    ],
    [
      'interfaceObject',
      'query($no: Boolean!) { animal(id: "id.0") { visits { animal { id @include(if: $no) ... on Dog { id } } } } }',
      'a key selected only under a condition (the native planner)',
    ],
    [
      'interfaceObject',
      '{ visits { animal { ... on Dog { visits { number } } ... on Cat { a: id } } } }',
      'the native planner fetches only cats',
    ],
    [
      'interfaceObject',
      '{ visits { animal { ... on Dog { visits { name: number } } ... on Cat { id } visits { reason } } } }',
      'the native planner fetches only cats, but other fields of the list for all',
    ],
    [
      'an entity interface in two',
      '{ taxed { note } house { levy note } }',
      'one fetch for objects known by their interface and for others known by their type',
    ],
    ['interfaces', '{ mediaById(id: "id.0") { kind: __typename } }', 'a type name under an alias only'],
    [
      'interfaces',
      '{ __proto__: people { __proto__: name constructor: __typename } }',
      'names that every object inherits',
    ],
  ])('returns correct data for a former mismatch in %s: %s (%s)', async (words, query) => {
    const { native, right } = await answers(words, query, { no: false, yes: true });
    expect(native.errors).toEqual([]);
    expect(native.data).toEqual(right);
  });

  test('fetches other fields when a requirement is conditional (Apollo’s planner)', async () => {
    const query =
      'query($no: Boolean!) { odds { hasOwnProperty @include(if: true) { toLocaleString ... @include(if: $no) { isPrototypeOf } } } }';
    const joined = 'query($no: Boolean!) { odd { valueOf toLocaleString(x: 2) isPrototypeOf @include(if: $no) } }';
    for (const operation of [query, joined]) {
      const { apollo, right } = await answers('inherits', operation, { no: false });
      expect(apollo).toEqual({ data: right, errors: [] });
    }
  });

  test('returns empty objects when conditions skip all fields of a type (Apollo’s planner)', async () => {
    const query =
      'query ($no: Boolean!, $yes: Boolean!) { search { ... on Person { ... on Person @skip(if: $no) { works { ... on Book @skip(if: $yes) { title } ... on Film { b: minutes } } } } } }';
    const { apollo, right } = await answers('interfaces', query, { yes: true, no: false });
    expect(apollo).toEqual({ data: right, errors: [] });
  });

  test('keeps an object whose fields are all skipped unless conditions exclude it', async () => {
    const queries = [
      'query($a: Boolean!, $b: Boolean!) { posts @include(if: $a) { likes @skip(if: $b) { greeting } } }',
      'query($a: Boolean!, $b: Boolean!) { posts @include(if: $a) { ... on Post @skip(if: $b) { id } } }',
      'query($a: Boolean!, $b: Boolean!) { users { posts @include(if: $a) { text @skip(if: $b) } } }',
      'query($a: Boolean!, $b: Boolean!) { users @skip(if: $b) { posts @include(if: $a) { text @skip(if: $b) } } }',
      // that planner produces no plan for the first two of these
      'query($a: Boolean!) { posts @include(if: $a) @skip(if: $a) { id } }',
      'query($a: Boolean!) { posts @include(if: $a) @skip(if: $a) { id } users @skip(if: $a) { name @include(if: $a) } }',
      'query($a: Boolean!) { users { ... on User @include(if: $a) @skip(if: $a) { posts { text } } } }',
    ];
    const contest = await contestOf('Federation 1');
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    for (const query of queries)
      for (const a of [true, false])
        for (const b of [true, false]) {
          const operation = { query, variables: { a, b } };
          expect(contest.isValid(operation)).toBe(true);
          const data = await contest.monolith(operation);
          for (const planner of ['apollo', 'native'] as const)
            expect(await contest.ours(planner, operation)).toEqual({ data, errors: [] });
        }
    const operation = { query: queries[0]!, variables: { a: true, b: true } };
    const [reference, right] = [await contest.reference(operation), await contest.monolith(operation)];
    expect(reference!.data).not.toEqual(right);
  });

  test('reports a skipped required field’s error on the object it nulled', async () => {
    const contest = await contestOf('Federation 1');
    contest.fill('556409916', { nulls: 0, errors: 0, unknown: 0 });
    const execute = contest.world.execute.bind(contest.world);
    contest.world.execute = async (name, query, variables) =>
      name === 'users'
        ? { data: { users: [null] }, errors: [new GraphQLError('no', { path: ['users', 0, 'email'] })] }
        : execute(name, query, variables);
    const query = 'query($yes: Boolean!) { users { email @skip(if: $yes) id: greeting } }';
    for (const planner of ['native', 'apollo'] as const) {
      const { data, errors } = await contest.ours(planner, { query, variables: { yes: true } });
      expect([data, errors.length]).toEqual([{ users: [null] }, 1]);
    }
  });

  test('does not need the type of an object when all fields that need it are skipped', async () => {
    const query =
      'query($yes: Boolean!) { cat { ... on Animal { visits { animal { ... on Dog { a: tricks @skip(if: $yes) } } } } } }';
    for (const yes of [true, false]) {
      const { apollo, native, right } = await answers('interfaceObject', query, { yes });
      expect([apollo, native]).toEqual([
        { data: right, errors: [] },
        { data: right, errors: [] },
      ]);
    }
  });

  test('does not fetch a skipped root field whose condition the native planner lost', async () => {
    const contest = new Contest(exhibit('interfaces, unions'));
    await contest.start();
    contest.fill('1090604722', { nulls: 40, errors: 40, unknown: 0 });
    const query =
      'query ($v1: Boolean!) { search @skip(if: $v1) { ... on Person { id } ... on Book { a: pages } ... on Person { born } } }';
    const without = await contest.ours('native', { query, variables: { v1: true } });
    const calls = [...contest.graphs.native.callCounts.keys()];
    const withIt = await contest.ours('native', { query, variables: { v1: false } });
    await contest.close();
    expect(without).toMatchObject({ data: {}, errors: [] });
    expect(calls).toEqual([]);
    expect(withIt.errors.map(({ path }) => path)).toEqual([['search']]);
  });

  test('keeps a field that is selected twice, once without a condition', async () => {
    const contest = await contestOf('Federation 1');
    contest.fill('2120515774', { nulls: 40, errors: 40, unknown: 0 });
    const query =
      'query ($v1: Boolean!) { posts { author { ... on User @skip(if: $v1) { greeting } } author { again: greeting } } }';
    const operation = { query, variables: { v1: true } };
    const [ours, reference] = [await contest.ours('apollo', operation), await contest.reference(operation)];
    expect(ours.data).toEqual(reference!.data);
  });

  test('tells a failed required field apart from a skipped one', async () => {
    const contest = await contestOf('Federation 1');
    contest.fill('885977280', { nulls: 40, errors: 40, unknown: 0 });
    const query =
      'query ($v0: Boolean!) { posts(first: 1) { author { posts { constructor: text @include(if: $v0) } greeting } } }';
    const operation = { query, variables: { v0: false } };
    const [ours, reference] = [await contest.ours('apollo', operation), await contest.reference(operation)];
    expect(ours.data).toEqual(reference!.data);
  });

  test('fetches other entities in a batch with one whose key was skipped', async () => {
    const query = `query ($yes: Boolean!) {
      boxes { ... on Box @skip(if: $yes) { cost duty @include(if: $yes) } content { fragile } }
      box(id: "id.1") { handling }
    }`;
    for (const yes of [true, false]) {
      const { native, right } = await answers('requirements', query, { yes });
      expect(native).toEqual({ data: right, errors: [] });
    }
  });

  test('resolves a field of an interface object with different arguments per type', async () => {
    const query =
      '{ cat { visits { animal { ... on Cat { weight } b: weight(unit: "x") ... on Dog { weight(unit: "y") } } } } }';
    const { native, right } = await answers('interfaceObject', query);
    expect(native).toEqual({ data: right, errors: [] });
  });

  test('resolves one requirement with two sets of arguments, which both planners get wrong', async () => {
    const { native, apollo, reference, right } = await answers('requirements', '{ boxes { handling volume duty } }');
    expect(reference.data).not.toEqual(right);
    for (const answer of [native, apollo]) expect(answer).toEqual({ data: right, errors: [] });
  });

  test('resolves no field whose required fields could not be fetched', async () => {
    const contest = await contestOf('an entity interface in two');
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const execute = contest.world.execute.bind(contest.world);
    contest.world.execute = async (name, query, variables) =>
      name === 'register' ? { errors: [new GraphQLError('away')] } : execute(name, query, variables);
    for (const engine of ENGINES) {
      const { data, errors } = await contest.ours(engine, { query: '{ house { stamp worth } }', variables: {} });
      expect((data as { house: { stamp: unknown } }).house.stamp).toBeNull();
      expect(errors.map(({ path }) => path)).toContainEqual(['house', 'stamp']);
    }
  });

  test('fetches the key of an entity again on a repeated path', async () => {
    const contest = await contestOf('interfaceObject');
    contest.fill('448835060', { nulls: 0, errors: 0, unknown: 0 });
    const query = '{ visits { animal { ... on Dog { visits { number room } } visits { reason } } } }';
    const { data } = await contest.specified({ query, variables: {} });
    for (const engine of ENGINES)
      expect(await contest.ours(engine, { query, variables: {} })).toEqual({ data, errors: [] });
  });

  test('resolves no field of an object whose type could not be fetched', async () => {
    const contest = await contestOf('an entity interface in two');
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const execute = contest.world.execute.bind(contest.world);
    contest.world.execute = async (name, query, variables) =>
      name === 'core' ? { errors: [new GraphQLError('away')] } : execute(name, query, variables);
    for (const engine of ENGINES) {
      const { data, errors } = await contest.ours(engine, { query: '{ taxed { levy worth } }', variables: {} });
      const { taxed } = data as { taxed: { levy: unknown; worth: unknown }[] };
      expect(taxed.length).toBeGreaterThan(0);
      for (const [index, { levy, worth }] of taxed.entries()) {
        expect([levy, typeof worth]).toEqual([null, 'number']);
        expect(errors).toContainEqual(expect.objectContaining({ message: 'away', path: ['taxed', index, 'levy'] }));
      }
    }
  });

  test('reports no error of a field that the client selects on other types only', async () => {
    const contest = await contestOf('an entity interface in two');
    contest.fill('69', { nulls: 0, errors: 0, unknown: 0 });
    const { data } = await contest.ours('native', { query: '{ assets { __typename } }', variables: {} });
    const typenames = (data as { assets: { __typename: string }[] }).assets.map(({ __typename }) => __typename);
    const [first, second] = new Set(typenames);
    expect(second).toBeDefined();
    const execute = contest.world.execute.bind(contest.world);
    contest.world.execute = async (name, query, variables) => {
      const answer = await execute(name, query, variables);
      const entities = (answer.data as { _entities?: { note?: string | null }[] } | undefined)?._entities ?? [];
      const errors = entities.flatMap((entity, index) => {
        if (!('note' in entity)) return [];
        entity.note = null;
        return [new GraphQLError('no note', { path: ['_entities', index, 'note'] })];
      });
      return errors.length > 0 ? { ...answer, errors } : answer;
    };
    const query = `{ assets { ... on ${first} { note } ... on ${second} { holders { name } } } }`;
    const places = typenames.flatMap((typename, index) => (typename === first ? [['assets', index, 'note']] : []));
    for (const engine of ENGINES) {
      const { errors } = await contest.ours(engine, { query, variables: {} });
      expect(errors.map(({ path }) => path)).toEqual(places);
    }
  });

  test('nulls an object of unknown type for a field that only its type requires', async () => {
    const contest = await contestOf('an entity interface in two');
    contest.fill('297443211', { nulls: 60, errors: 20, unknown: 0 });
    const operation = { query: '{ persons { assets { plate holders { name } } } }', variables: {} };
    const { data } = await contest.specified(operation);
    expect(data).toEqual({ persons: [{ assets: null }] });
    for (const engine of ENGINES) {
      const answer = await contest.ours(engine, operation);
      expect([answer.data, answer.errors.map(({ path }) => path)]).toEqual([
        data,
        [['persons', 0, 'assets', 0, 'plate']],
      ]);
    }
  });

  test('does not plan an operation again that was planned in advance', async () => {
    const contest = new Contest(exhibit('Federation 1'));
    await contest.start();
    contest.fill('1', { nulls: 0, errors: 0, unknown: 0 });
    const source = 'query Other { users { id } } query Named { all: posts(first: 2) { id: text author { name } } }';
    const { native } = contest.graphs;
    expect(await native.warmUp([{ source, operationName: 'Named' }], 20_000)).toBe(1);
    const request = { document: parse(source), operationName: 'Named', headers: {}, scope: '' };
    expect((await native.execute({ ...request, deadline: performance.now() + 20_000 })).errors).toBeUndefined();
    expect(native.plans.planned).toBe(1);
    await contest.close();
  });

  test('shares a plan, not a response, between operations with other root type names', async () => {
    const contest = new Contest(exhibit('Federation 1'));
    await contest.start();
    const ask = async (query: string) =>
      Object.keys((await contest.ours('native', { query, variables: {} })).data as object);
    expect(await ask('{ users { name } type: __typename }')).toEqual(['users', 'type']);
    expect(await ask('{ users { name } }')).toEqual(['users']);
    expect(await ask('{ __schema { queryType { name } } users { name } }')).toEqual(['__schema', 'users']);
    expect(contest.graphs.native.plans.planned).toBe(1);
    await contest.close();
  });
});
