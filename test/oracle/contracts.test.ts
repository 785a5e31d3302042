import {
  type ConstDirectiveNode,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  validate,
  visit,
} from 'graphql';
import { OperatorError } from '#base/errors';
import { compose } from '../../gateway/composition/compose';
import { Graph, type GraphResult } from '../../gateway/graph/graph';
import { NO_AGREEMENT } from '../../gateway/ownership/agreement';
import { DirectPlanner } from '../../gateway/planning/direct/planner';
import { PlanningError } from '../../gateway/planning/errors';
import { SupergraphModel } from '../../gateway/planning/model/supergraph-model';
import { PlanCounts } from '../../gateway/planning/tasks';
import { type Generated, generateOperation, randomOf } from './operations';
import { BytesTransport } from './transport';
import { OracleWorld } from './world';
import { type Exhibit, zoo } from './zoo';

/** Generated contracts of all supergraphs of the zoo: each hides parts at random. */

const CONTRACTS_EACH = 10;
const OPERATIONS_EACH = 25;
const EXCLUDED = 'hidden';

const TAG: ConstDirectiveNode = {
  kind: Kind.DIRECTIVE,
  // without an import
  name: { kind: Kind.NAME, value: 'federation__tag' },
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: 'name' },
      value: { kind: Kind.STRING, value: EXCLUDED },
    },
  ],
};

/** Tags parts of all subgraphs at random, the same in each: for an odd seed, types and values of enums more often. */
function withTags(subgraphs: Exhibit['subgraphs'], seed: number): { name: string; sdl: string; url: string }[] {
  const random = randomOf(seed);
  const decided = new Map<string, boolean>();
  const isTagged = (coordinate: string, kind: string): boolean => {
    const isValue = kind === Kind.OBJECT_TYPE_DEFINITION || kind === Kind.ENUM_VALUE_DEFINITION;
    const known = decided.get(coordinate) ?? random(seed % 2 === 0 ? 10 : isValue ? 3 : 30) === 0;
    decided.set(coordinate, known);
    return known;
  };
  return Object.entries(subgraphs).map(([name, sdl]) => {
    const document = visit(parse(sdl), {
      enter(node, _key, _parent, _path, ancestors) {
        const isPart =
          /^(FieldDefinition|EnumValueDefinition|InputValueDefinition)$/.test(node.kind) ||
          /^(Object|Interface|Union|Enum|InputObject)Type(Definition|Extension)$/.test(node.kind);
        const above = ancestors.flatMap((ancestor) =>
          'kind' in ancestor && 'name' in ancestor && ancestor.name && ancestor.kind !== Kind.DIRECTIVE_DEFINITION
            ? [ancestor.name.value]
            : [],
        );
        const isOfDirective = ancestors.some(
          (ancestor) => 'kind' in ancestor && ancestor.kind === Kind.DIRECTIVE_DEFINITION,
        );
        if (!isPart || isOfDirective || !('name' in node) || !node.name) return undefined;
        const { directives = [] } = node as { directives?: readonly ConstDirectiveNode[] };
        return isTagged([...above, node.name.value].join('.'), node.kind)
          ? { ...node, directives: [...directives, TAG] }
          : undefined;
      },
    });
    return { name, sdl: print(document), url: `http://${name}.invalid` };
  });
}

function planner(sdl: string) {
  const direct = new DirectPlanner(new SupergraphModel(sdl), sdl);
  return {
    name: 'native' as const,
    counts: new PlanCounts(),
    plan: async (operation: string) => direct.plan(operation),
    close: async () => {},
  };
}

/** The graph and its contract; undefined for a contract that cannot be served, or tags that Federation refuses. */
function graphOf(exhibit: Exhibit, seed: number): Graph | undefined {
  const world = new OracleWorld(exhibit.subgraphs, String(seed), { nulls: 50, errors: 0, unknown: 0 });
  try {
    const contracts = { c: { description: 'Generated.', include: [], exclude: [EXCLUDED], classes: [] } };
    return Graph.of({
      supergraphSdl: compose(withTags(exhibit.subgraphs, seed), { agreement: { ...NO_AGREEMENT, contracts } }),
      planner,
      planLimits: { entries: 1_000, bytes: 100_000_000, timeoutMs: 30_000 },
      fetchTimeoutMs: 10_000,
      transport: ({ name }) => new BytesTransport(name, (query, variables) => world.execute(name, query, variables)),
    });
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

/** Parts of a schema, by coordinate. */
function partsOf(schema: GraphQLSchema): Set<string> {
  const parts = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    parts.add(type.name);
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields())) {
        parts.add(`${type.name}.${field.name}`);
        for (const { name } of field.args) parts.add(`${type.name}.${field.name}(${name}:)`);
      }
    if (isInputObjectType(type)) for (const name of Object.keys(type.getFields())) parts.add(`${type.name}.${name}`);
    if (isEnumType(type)) for (const { name } of type.getValues()) parts.add(`${type.name}.${name}`);
  }
  return parts;
}

/** Expects hidden fields and types to be refused like names that do not exist, apart from suggestions. */
function expectUnknown(schema: GraphQLSchema, hidden: readonly string[]): void {
  for (const part of hidden) {
    const [type = '', field] = part.replace(/\(.*/, '').split('.');
    const of = schema.getType(type);
    const isField = field !== undefined && (isObjectType(of) || isInterfaceType(of)) && !part.includes('(');
    const queryOf = (name: string) =>
      isField ? `{ ...f } fragment f on ${type} { ${name} }` : `{ ... on ${name} { __typename } }`;
    if (!isField && (field !== undefined || of)) continue;
    const [name, absent] = [isField ? field : type, 'Zzz'];
    const messages = (text: string) =>
      validate(schema, parse(text)).map(({ message }) =>
        message.replace(/ Did you mean.*/, '').replaceAll(`"${name}"`, `"${absent}"`),
      );
    expect([part, messages(queryOf(name))]).toEqual([part, messages(queryOf(absent))]);
    expect(messages(queryOf(name)).length).toBeGreaterThan(0);
  }
}

/** Whether answers can have values that a contract hides: objects of hidden types, and hidden values of enums. */
const hidesValues = (whole: GraphQLSchema, contract: GraphQLSchema): boolean =>
  Object.values(whole.getTypeMap()).some((type) => {
    const visible = contract.getType(type.name);
    if (isObjectType(type)) return !visible;
    return isEnumType(type) && isEnumType(visible) && type.getValues().length > visible.getValues().length;
  });

/** Whether an answer is another one, some of whose values are null. */
function isNulled(value: unknown, of: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== 'object' || typeof of !== 'object' || of === null) return value === of;
  const [names, all] = [Object.keys(value), Object.keys(of)];
  return (
    names.length === all.length &&
    names.every((name) => isNulled((value as Record<string, unknown>)[name], (of as Record<string, unknown>)[name]))
  );
}

async function answerOf(graph: Graph, { query, variables }: Generated): Promise<GraphResult | undefined> {
  try {
    return await graph.execute({
      ...{ document: parse(query, { noLocation: true }), variables, headers: {}, scope: 'test' },
      deadline: performance.now() + 10_000,
    });
  } catch (error) {
    if (error instanceof PlanningError) return undefined;
    throw error;
  }
}

const dataOf = (result: GraphResult): unknown => (result.data === undefined ? undefined : JSON.parse(result.data.text));

const counts = { contracts: 0, refused: 0, operations: 0, equal: 0, nulled: 0 };

test.each(zoo)('contracts of $name answer what they show as the graph does', async (exhibit) => {
  for (let seed = 1; seed <= CONTRACTS_EACH; seed++) {
    const graph = graphOf(exhibit, seed);
    if (!graph) {
      counts.refused += 1;
      continue;
    }
    counts.contracts += 1;
    const contract = graph.ofContract('c')!;
    const [whole, shown] = [partsOf(graph.apiSchema), partsOf(contract.apiSchema)];
    for (const part of shown) expect(whole).toContain(part);
    expectUnknown(
      contract.apiSchema,
      [...whole].filter((part) => !shown.has(part)),
    );
    const hasNulls = hidesValues(graph.apiSchema, contract.apiSchema);
    for (let n = 0; n < OPERATIONS_EACH; n++) {
      const operation = generateOperation(contract.apiSchema, seed * 1_000 + n);
      const document = parse(operation.query);
      if (validate(contract.apiSchema, document).length > 0) continue;
      expect([operation.query, validate(graph.apiSchema, document)]).toEqual([operation.query, []]);
      // both orders: they share plans
      const order = n % 2 === 0 ? [contract, graph] : [graph, contract];
      const answers = new Map<Graph, GraphResult | undefined>();
      for (const of of order) answers.set(of, await answerOf(of, operation));
      const [answer, expected] = [answers.get(contract), answers.get(graph)];
      if (!answer || !expected) continue;
      counts.operations += 1;
      const [data, all] = [dataOf(answer), dataOf(expected)];
      if (JSON.stringify(data) === JSON.stringify(all)) counts.equal += 1;
      else {
        counts.nulled += 1;
        const context = { exhibit: exhibit.name, seed, query: operation.query, variables: operation.variables };
        expect({ ...context, hasNulls, isNulled: isNulled(data, all), data, all }).toMatchObject({
          ...{ hasNulls: true, isNulled: true },
        });
      }
    }
    await graph.close();
  }
});

test('generates contracts and operations that say something', () => {
  expect(counts.contracts).toBeGreaterThan(zoo.length);
  expect(counts.refused).toBeGreaterThan(zoo.length / 2);
  expect(counts.operations).toBeGreaterThan(zoo.length * 15);
  expect(counts.equal).toBeGreaterThan(counts.nulled);
  expect(counts.nulled).toBeGreaterThan(10);
});
