import {
  buildClientSchema,
  executeSync,
  getIntrospectionQuery,
  type IntrospectionOptions,
  type IntrospectionQuery,
  parse,
  printSchema,
} from 'graphql';
import { readText } from '#base/read-text';
import { apiSchemaOf } from '../../gateway/graph/api-schema';
import { SchemaSize } from '../../gateway/policy/schema-size';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { Contest } from '../oracle/compare';
import { zoo } from '../oracle/zoo';
import { requireCompiled } from '../support/processes';

beforeAll(requireCompiled);

/** Every combination of the options of graphql-js. */
const OPTIONS = [
  'descriptions',
  'specifiedByUrl',
  'directiveIsRepeatable',
  'schemaDescription',
  'inputValueDeprecation',
] satisfies (keyof IntrospectionOptions)[];
const combinations = Array.from(
  { length: 2 ** OPTIONS.length },
  (_, bits): IntrospectionOptions =>
    Object.fromEntries(OPTIONS.map((name, index) => [name, (bits & (1 << index)) > 0])),
);

describe('introspection', () => {
  test.each(zoo)('rebuilds the schema of $name from the standard query, with every option, twice', async (exhibit) => {
    const contest = new Contest(exhibit);
    const full: IntrospectionOptions = Object.fromEntries(OPTIONS.map((name) => [name, true]));
    for (const options of [...combinations, full]) {
      const answer = await contest.ours('native', { query: getIntrospectionQuery(options), variables: {} });
      expect(answer.errors).toEqual([]);
      const rebuilt = buildClientSchema(answer.data as IntrospectionQuery);
      if (options === full) expect(printSchema(rebuilt)).toBe(printSchema(contest.schema));
      expect(Object.keys(rebuilt.getTypeMap()).sort()).toEqual(Object.keys(contest.schema.getTypeMap()).sort());
    }
    await contest.close();
  });

  test.each([
    '{ __schema { queryType { ...Name } } } fragment Name on __Type { name ...Kind } fragment Kind on __Type { kind }',
    'query($n: String!, $yes: Boolean!) { a: __type(name: $n) { ...F @include(if: $yes) } b: __type(name: "Query") { ...F @skip(if: $yes) kind } } fragment F on __Type { name }',
    'query($yes: Boolean!) { ...R } fragment R on Query { __schema @include(if: $yes) { types { ...T } } users { id } } fragment T on __Type { name fields(includeDeprecated: true) { name } }',
    'query($no: Boolean!) { __schema @include(if: $no) { queryType { name } } users { id } }',
    // literals of other fields become separate variables
    '{ posts(first: 1) { id } __type(name: "Post") { ...F } } fragment F on __Type { name }',
    '{ __schema { queryType { name } } __schema { queryType { kind } } __proto__: __type(name: "Missing") { name } }',
  ])('returns what graphql-js returns for %s', async (query) => {
    const contest = new Contest(zoo.find(({ name }) => name.includes('Federation 1'))!);
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const operation = { query, variables: { n: 'Post', yes: true, no: false } };
    expect(contest.isValid(operation)).toBe(true);
    const data = await contest.monolith(operation);
    for (const planner of ['native', 'apollo'] as const)
      expect(await contest.ours(planner, operation)).toEqual({ data, errors: [] });
    await contest.close();
  });

  test('rejects introspection that multiplies the schema and answers queries of tools', () => {
    const size = new SchemaSize(apiSchemaOf(readText(OWN_SUPERGRAPH_FILE, 'The supergraph')));
    for (const options of combinations)
      expect(size.of(parse(getIntrospectionQuery(options)))).toBeLessThanOrEqual(size.max / 2);
    const fields = Array.from({ length: 60 }, (_, i) => `f${i}: fields { args { type { ...T } } type { ...T } }`);
    const inner = 'kind name ofType { name fields { name type { name } } possibleTypes { name } }';
    const types = `types { ${fields.slice(0, 2).join(' ')} }`;
    for (const query of [
      `{ __schema { types { ${fields.join(' ')} } } } fragment T on __Type { ${inner} }`,
      `{ ${['a', 'b', 'c', 'd'].map((name) => `${name}: __schema { ${types} }`).join(' ')} } fragment T on __Type { ${inner} }`,
    ])
      expect(size.of(parse(query))).toBe(Number.POSITIVE_INFINITY);
  });

  test('counts the values of the schema that an operation returns', () => {
    const schema = apiSchemaOf(readText(OWN_SUPERGRAPH_FILE, 'The supergraph'));
    const size = new SchemaSize(schema);
    const valuesIn = (value: unknown): number =>
      typeof value === 'object' && value !== null
        ? Object.values(value).reduce((sum, inner) => sum + valuesIn(inner) + (Array.isArray(value) ? 0 : 1), 0)
        : 0;
    for (const query of [
      '{ __schema { types { kind name description fields(includeDeprecated: true) { name args(includeDeprecated: true) { type { ofType { name } } } } } directives { locations } } }',
      '{ a: __type(name: "Submission") { possibleTypes { name } fields(includeDeprecated: true) { type { name } } } b: __type(name: "None") { name } }',
    ]) {
      const { data } = executeSync({ schema, document: parse(query) });
      expect(size.of(parse(query))).toBe(valuesIn(data));
    }
  });

  describe('fragments', () => {
    const schema = apiSchemaOf(readText(OWN_SUPERGRAPH_FILE, 'The supergraph'));
    const size = new SchemaSize(schema);
    const types = Object.keys(schema.getTypeMap()).length;
    const chain = (length: number, last = 'name') =>
      Array.from({ length }, (_, i) => `fragment C${i} on __Type { ${i < length - 1 ? `...C${i + 1}` : last} }`).join(
        ' ',
      );
    const spreads = (count: number) => '...C0 '.repeat(count);

    test.each([1, 10, 390])('counts a chain of %i on every object that it is spread on', (length) => {
      for (const times of [1, 2, 20]) {
        const counted = 2 + times * types * (length + 1);
        expect(size.of(parse(`{ __schema { types { ${spreads(times)} } } } ${chain(length)}`))).toBe(
          counted > size.max ? Number.POSITIVE_INFINITY : counted,
        );
      }
      expect(size.of(parse(`{ __schema { types { ... { ... { name } } } } }`))).toBe(2 + 3 * types);
    });

    test('stops counting soon after the limit', () => {
      const { max } = size;
      // getType calls getTypeMap
      const read = jest.spyOn(schema, 'getType');
      const found = jest.spyOn(schema, 'getTypeMap');
      for (const query of [
        `{ __schema { types { fields { type { ${spreads(18)} } } } } } ${chain(390)}`,
        `query ($n: String!) { ${'...A0 '.repeat(2_000)} } ${chain(390).replaceAll('C', 'A').replaceAll('__Type', 'Query').replace('name', '__type(name: $n) { name }')}`,
        `{ ${'...A0 '.repeat(100_000)} } fragment A0 on Query { __type(name: "Agency") { ${'name '.repeat(100)} } }`,
      ])
        expect(size.of(parse(query))).toBe(Number.POSITIVE_INFINITY);
      // each root field with 100 subfields counts 102 values
      expect(read.mock.calls.length).toBeLessThanOrEqual(Math.ceil(max / 102) + 1);
      // __schema.types of the first, and the largest types of the second
      expect(found.mock.calls.length - read.mock.calls.length).toBeLessThanOrEqual(2);
      read.mockRestore();
      found.mockRestore();
    });
  });

  test('bounds the cache of introspection results', async () => {
    const contest = new Contest(zoo.find(({ name }) => name.includes('Federation 1'))!);
    const documents = Array.from({ length: 400 }, () => parse(getIntrospectionQuery()));
    const ask = (document: (typeof documents)[number]) =>
      contest.graphs.native.execute({ document, headers: {}, scope: '', deadline: performance.now() + 60_000 });
    const first = await ask(documents[0]!);
    const capacity = Math.floor((8 * 1024 * 1024) / first.data!.text.length);
    expect(capacity).toBeLessThan(documents.length);
    for (const document of documents) await ask(document);
    expect((await ask(documents[0]!)).data).not.toBe(first.data);
    expect((await ask(documents.at(-1)!)).data).toBe((await ask(documents.at(-1)!)).data);
    await contest.close();
  });

  test('serializes the schema once for an operation of introspection fields only', async () => {
    const contest = new Contest(zoo.find(({ name }) => name.includes('Federation 1'))!);
    contest.fill('7', { nulls: 0, errors: 0, unknown: 0 });
    const answers = async (query: string, variables = {}) => {
      const document = parse(query);
      const request = { document, variables, headers: {}, deadline: performance.now() + 10_000 };
      return [
        await contest.graphs.native.execute({ ...request, scope: 'one' }),
        await contest.graphs.native.execute({ ...request, scope: 'other' }),
      ];
    };
    const [first, again] = await answers(getIntrospectionQuery());
    expect(first!.data).toBe(again!.data);
    for (const query of [
      '{ __schema { queryType { name } } users { id } }',
      'query($n: String! = "Post") { __type(name: $n) { name } }',
    ]) {
      const [once, twice] = await answers(query);
      expect(once!.data).not.toBe(twice!.data);
      expect(once!.data?.text).toBe(twice!.data?.text);
    }
    await contest.close();
  });

  test('reports an error of an introspection field at its path', async () => {
    const contest = new Contest(zoo.find(({ name }) => name.includes('Federation 1'))!);
    const field = contest.schema.getQueryType()!;
    const broken = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'getFields')!;
    // introspection can fail only if the schema fails
    Object.defineProperty(field, 'getFields', {
      value: () => {
        if (isBroken) throw new Error('broken schema');
        return broken.value.call(field);
      },
    });
    let isBroken = false;
    const document = parse('query($n: String! = "Query") { a: __type(name: $n) { name fields { name } } }');
    const request = { document, headers: {}, scope: '', deadline: performance.now() + 10_000 };
    await contest.graphs.native.execute(request);
    isBroken = true;
    const { data, errors } = await contest.graphs.native.execute(request);
    // other tests share the schema
    isBroken = false;
    await contest.close();
    expect(data?.toJSON()).toEqual({ a: { name: 'Query', fields: null } });
    expect(errors).toMatchObject([{ message: 'broken schema', path: ['a', 'fields'] }]);
  });
});
