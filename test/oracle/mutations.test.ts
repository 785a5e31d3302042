import { buildSubgraphSchema } from '@apollo/subgraph';
import fc from 'fast-check';
import { graphql, parse } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { Graph } from '../../gateway/graph/graph';
import { plannerOf } from '../../gateway/planning/planners';
import { createLog } from '../../gateway/telemetry/log';
import { requireCompiled } from '../support/processes';
import { BytesTransport } from './transport';

beforeAll(requireCompiled);

const link = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])\n';
const sdls: Readonly<Record<string, string>> = {
  a: `${link} type Query { n: Int } type Mutation { addA(by: Int!): Counter! failA: Int } type Counter @key(fields: "id") { id: ID! value: Int }`,
  b: `${link} type Query { m: Int } type Mutation { addB(by: Int!): Counter! } type Counter @key(fields: "id") { id: ID! double: Int }`,
};

/** One counter that both subgraphs increment, and a log of their calls. */
function open(planner: 'native' | 'apollo') {
  let value = 0;
  let underWay = 0;
  const log: string[] = [];
  const counter = () => ({ id: '1', value, double: value * 2 });
  const add = (_: unknown, { by }: { by: number }) => {
    value += by;
    return counter();
  };
  const resolvers: Record<string, object> = {
    a: {
      Mutation: {
        addA: add,
        failA: () => {
          throw new Error('no');
        },
      },
      Counter: { __resolveReference: () => counter() },
    },
    b: { Mutation: { addB: add }, Counter: { __resolveReference: () => counter() } },
  };
  const graph = Graph.of({
    supergraphSdl: compose(Object.entries(sdls).map(([name, sdl]) => ({ name, sdl, url: `http://${name}.invalid` }))),
    planner: plannerOf(planner, createLog('silent', 'test')),
    planLimits: { entries: 10, bytes: 1_000_000, timeoutMs: 20_000 },
    fetchTimeoutMs: 10_000,
    transport: ({ name }) => {
      const schema = buildSubgraphSchema({ typeDefs: parse(sdls[name]!), resolvers: resolvers[name] as never });
      return new BytesTransport(name, async (source, variableValues) => {
        underWay += 1;
        log.push(`${name}${source.startsWith('mutation') ? ' mutation' : ''}${underWay > 1 ? ' beside another' : ''}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        const result = await graphql({ schema, source, variableValues });
        underWay -= 1;
        return JSON.parse(JSON.stringify(result));
      });
    },
  });
  const ask = (query: string, variables: Record<string, unknown> = {}) =>
    graph.execute({
      document: parse(query),
      variables,
      headers: {},
      scope: '',
      deadline: performance.now() + 20_000,
    });
  const reset = () => {
    value = 0;
  };
  return { graph, ask, log, reset };
}

/** A field of a mutation, with fragments and conditions around it. */
interface Step {
  /** Its response name contains this number; fields with the same number are the same field. */
  readonly number: number;
  readonly selects: readonly ('value' | 'double')[];
  readonly conditions: readonly Condition[];
}

interface Condition {
  readonly directive: 'include' | 'skip';
  readonly variable: 'first' | 'second';
  /** Whether the condition is on a fragment around the field, and not on the field. */
  readonly isAround: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    number: fc.nat({ max: 4 }),
    selects: fc.uniqueArray(fc.constantFrom('value', 'double'), { minLength: 1 }),
    conditions: fc.uniqueArray(
      fc.record({
        directive: fc.constantFrom('include', 'skip'),
        variable: fc.constantFrom('first', 'second'),
        isAround: fc.boolean(),
      }),
      { maxLength: 2, selector: ({ directive }) => directive },
    ),
  }),
  { minLength: 1, maxLength: 5 },
);

const by = (number: number): number => 10 ** number;

function textOf(all: readonly Step[]): string {
  const fields = all.map(({ number, selects, conditions }) =>
    conditions
      .toSorted((a, b) => Number(a.isAround) - Number(b.isAround))
      .reduce(
        (text, { directive, variable, isAround }) => {
          const condition = `@${directive}(if: $${variable})`;
          return isAround ? `... ${condition} { ${text} }` : text.replace(' {', ` ${condition} {`);
        },
        `f${number}: ${number % 2 === 0 ? 'addA' : 'addB'}(by: ${by(number)}) { ${selects.join(' ')} }`,
      ),
  );
  return `mutation($first: Boolean!, $second: Boolean!) { unused: addA(by: 0) @skip(if: $first) @include(if: $second) { value } ${fields.join(' ')} }`;
}

describe.each(['native', 'apollo'] as const)('mutations, %s planner (GraphQL, 6.2.2 Mutation)', (planner) => {
  test('runs mutations serially, each completely before the next', async () => {
    const { graph, ask, log } = open(planner);
    const { data, errors } = await ask(
      'mutation { one: addA(by: 1) { value double } two: addB(by: 10) { double } three: addA(by: 100) { value } }',
    );
    await graph.close();
    expect(errors).toBeUndefined();
    expect(data!.toJSON()).toEqual({
      one: { value: 1, double: 2 },
      two: { double: 22 },
      three: { value: 111 },
    });
    expect(log.filter((entry) => entry.endsWith('beside another'))).toEqual([]);
    expect(log.filter((entry) => entry.endsWith('mutation'))).toEqual(['a mutation', 'b mutation', 'a mutation']);
  });

  test('runs exactly the mutations that conditions include, in order', async () => {
    const { graph, ask, reset } = open(planner);
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), fc.boolean(), async (all, first, second) => {
        reset();
        const values = { first, second };
        const { data, errors } = await ask(textOf(all), values);
        let value = 0;
        const expected = new Map<string, Record<string, number>>();
        // by "CollectFields": fields with one response name are one field, at the position of the first included one
        const included = all.filter(({ conditions }) =>
          conditions.every(({ directive, variable }) => values[variable] === (directive === 'include')),
        );
        for (const { number } of included) {
          if (expected.has(`f${number}`)) continue;
          value += by(number);
          const whole = { value, double: value * 2 };
          const selects = included.flatMap((step) => (step.number === number ? step.selects : []));
          expected.set(`f${number}`, Object.fromEntries(selects.map((name) => [name, whole[name]])));
        }
        expect(errors).toBeUndefined();
        const { unused: _unused, ...result } = data!.toJSON() as Record<string, unknown>;
        expect(result).toEqual(Object.fromEntries(expected));
        expect(Object.keys(result)).toEqual([...expected.keys()]);
      }),
      { numRuns: 100 },
    );
    await graph.close();
  });

  test('runs a repeated mutation field once, at its first included position', async () => {
    const { graph, ask } = open(planner);
    const text = `mutation($first: Boolean!) {
      one: addA(by: 1) @skip(if: $first) { value }
      two: addA(by: 10) { value }
      one: addA(by: 1) { value double }
      two: addA(by: 10) @include(if: $first) { double }
    }`;
    const send = async (first: boolean) => (await ask(text, { first })).data!.toJSON();
    const [skipped, included] = [await send(true), await send(false)];
    await graph.close();
    expect(skipped).toEqual({ two: { value: 10, double: 20 }, one: { value: 11, double: 22 } });
    expect(included).toEqual({ one: { value: 12, double: 24 }, two: { value: 22 } });
  });

  test('runs a mutation twice that is sent twice at the same time', async () => {
    const { graph, ask } = open(planner);
    const answers = await Promise.all([1, 2].map(() => ask('mutation { addA(by: 1) { value } }')));
    await graph.close();
    const values = answers.map(({ data }) => (data!.toJSON() as { addA: { value: number } }).addA.value);
    expect(values.sort()).toEqual([1, 2]);
  });

  test('runs the following mutations after one that fails', async () => {
    const { graph, ask } = open(planner);
    const { data, errors } = await ask('mutation { failA addB(by: 1) { double } }');
    await graph.close();
    expect(data!.toJSON()).toEqual({ failA: null, addB: { double: 2 } });
    expect(errors).toMatchObject([{ path: ['failA'], extensions: { subgraph: 'a' } }]);
  });
});
