import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isCompositeType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** Every optional argument of every field of the root, the order, agencies, and listed objects: null, and the number 0. */

const ANALYST = 'role=analyst; subject=x';
/** Fields of one request: an operation has a limited number of aliases and of costs. */
const AT_ONCE = 10;

type Field = GraphQLField<unknown, unknown>;

interface Place {
  /** The operation around fields of the place. */
  readonly around: (fields: string) => string;
  readonly fields: readonly Field[];
}

const objectOf = (type: GraphQLOutputType): GraphQLObjectType | undefined => {
  const named = getNamedType(type);
  return isObjectType(named) ? named : undefined;
};
const nodesOf = (type: GraphQLOutputType) => objectOf(type)?.getFields().nodes;
const isCallable = ({ args }: Field) => args.every(({ type }) => !isNonNullType(type));
const withArguments = (fields: readonly Field[]) =>
  fields.filter((field) => isCallable(field) && field.args.length > 0);

/** A field with a value for each argument that `literalOf` returns one for. */
function call({ name, args, type }: Field, literalOf: (type: string) => string | undefined): string {
  const given = args.flatMap((arg) => {
    const value = literalOf(getNamedType(arg.type).name);
    return value === undefined ? [] : [`${arg.name}: ${value}`];
  });
  return `${name}${given.length > 0 ? `(${given.join(', ')})` : ''}${isCompositeType(getNamedType(type)) ? ' { __typename }' : ''}`;
}

/** Whether an answer is an internal error, or one of the whole operation, which says nothing about its fields. */
const isUnusable = (answer: string): boolean =>
  /"INTERNAL_SERVER_ERROR"|GRAPHQL_VALIDATION_FAILED|TOO_COSTLY|BAD_REQUEST/.test(answer);

describe('arguments', () => {
  let world: World;
  let places: Place[];
  beforeAll(async () => {
    world = await openWorld('sqlite');
    const schema = await world.server.inject({
      url: '/schema.graphql',
      headers: await world.identity.headers(INSPECTOR),
    });
    const { buildSchema } = await import('graphql');
    const api = buildSchema(schema.body, { assumeValid: true });
    const fieldsOf = (type: string) => Object.values((api.getType(type) as GraphQLObjectType).getFields());
    const root = fieldsOf('Query');
    // not again what the list of another type has
    const listed = new Map(
      root
        .filter(isCallable)
        .flatMap((field) => (nodesOf(field.type) ? [[getNamedType(nodesOf(field.type)!.type).name, field.name]] : [])),
    );
    places = [
      { around: (fields: string) => `{ ${fields} }`, fields: withArguments(root) },
      {
        around: (fields: string) => `{ executiveOrder(number: "14409") { ${fields} } }`,
        fields: withArguments(fieldsOf('ExecutiveOrder')),
      },
      {
        around: (fields: string) => `{ agency(key: "treasury") { ${fields} } }`,
        fields: withArguments(fieldsOf('Agency')),
      },
      ...[...listed].map(([type, list]) => ({
        around: (fields: string) => `{ ${list}(first: 2) { nodes { ${fields} } } }`,
        fields: withArguments(fieldsOf(type!)).filter((field) => !nodesOf(field.type)),
      })),
    ].filter(({ fields }) => fields.length > 0);
  });
  afterAll(() => world?.close());

  /** Answers of all fields, as data and codes of errors. */
  async function answers(caller: string, literalOf: (type: string) => string | undefined): Promise<string[]> {
    const all: string[] = [];
    for (const { around, fields } of places)
      for (let start = 0; start < fields.length; start += AT_ONCE) {
        const part = fields.slice(start, start + AT_ONCE);
        const text = around(part.map((field, i) => `a${i}: ${call(field, literalOf)}`).join(' '));
        const { data, errors } = await world.ask(text, {}, caller);
        all.push(
          JSON.stringify([text.replaceAll(/\(\w+: null[^)]*\)/g, ''), data, errors?.map((e) => e.extensions.code)]),
        );
      }
    return all;
  }

  test.each([ANALYST, INSPECTOR])('that are null are like those that are omitted, for %s', async (caller) => {
    const omitted = await answers(caller, () => undefined);
    expect(omitted.filter(isUnusable)).toEqual([]);
    expect(omitted.filter((answer) => answer.includes('__typename')).length).toBeGreaterThan(10);
    expect(await answers(caller, () => 'null')).toEqual(omitted);
  });

  test.each([ANALYST, INSPECTOR])('that are zero are answered or refused, for %s', async (caller) => {
    const zero = await answers(caller, (type) => (type === 'Int' ? '0' : undefined));
    expect(zero.filter(isUnusable)).toEqual([]);
  });
});
