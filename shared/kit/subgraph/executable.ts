import {
  buildASTSchema,
  concatAST,
  type DocumentNode,
  GraphQLEnumType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isObjectType,
  isScalarType,
  Kind,
  parse,
} from 'graphql';
import type { Context } from './context';

/** A reference to an entity, as gateways send it. */
type Representation = Readonly<Record<string, unknown>> & { readonly __typename: string };

/** Finds the object of a reference; null if it does not exist. */
export type ResolveReference = (representation: Representation, context: Context, info: GraphQLResolveInfo) => unknown;

/**
 * The executable schema of a published one: with the root fields of the subgraph specification, and the resolvers and values of `source`.
 * `@apollo/subgraph` builds the same, but prints and validates the schema with the composition library, which takes ten times as long.
 */
export function executableSchema(
  sdl: string,
  source: GraphQLSchema,
  references: ReadonlyMap<string, ResolveReference>,
): GraphQLSchema {
  const published = parse(sdl, { noLocation: true });
  const entities = entitiesIn(published);
  // directives of Federation have no definition here
  const schema = buildASTSchema(concatAST([published, rootsFor(entities)]), {
    assumeValid: true,
    assumeValidSDL: true,
  });
  takeResolvers(schema, source);
  for (const [name, resolveReference] of references) setReference(schema.getType(name), resolveReference);
  const query = schema.getQueryType()!.getFields();
  query._service!.resolve = () => ({ sdl });
  if (query._entities)
    query._entities.resolve = (_root, { representations }, context: Context, info) =>
      (representations as readonly Representation[]).map((representation) => entity(representation, context, info));
  return schema;
}

/** Names of the object types with a key. */
const entitiesIn = ({ definitions }: DocumentNode): string[] =>
  definitions.flatMap((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.directives?.some(({ name }) => name.value === 'key')
      ? [definition.name.value]
      : [],
  );

const rootsFor = (entities: readonly string[]): DocumentNode =>
  parse(
    `extend type Query {
       ${entities.length > 0 ? '_entities(representations: [_Any!]!): [_Entity]!' : ''}
       _service: _Service!
     }
     scalar _Any
     type _Service { sdl: String }
     ${entities.length > 0 ? `union _Entity = ${entities.join(' | ')}` : ''}`,
    { noLocation: true },
  );

/** Gives types the resolvers, values of enums, and conversions of scalars that the types of these names have in another schema. */
function takeResolvers(schema: GraphQLSchema, source: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    const from = source.getType(type.name);
    if (type.name.startsWith('__') || !from) continue;
    if (isObjectType(type)) takeFields(type, from as GraphQLObjectType);
    else if (isEnumType(type)) takeValues(type, from as GraphQLEnumType);
    else if (isScalarType(type) && isScalarType(from)) {
      type.serialize = from.serialize;
      type.parseValue = from.parseValue;
      type.parseLiteral = from.parseLiteral;
    } else if (isAbstractType(type) && isAbstractType(from)) type.resolveType = from.resolveType;
  }
}

function takeFields(type: GraphQLObjectType, from: GraphQLObjectType): void {
  type.isTypeOf = from.isTypeOf;
  const resolvers = from.getFields();
  for (const field of Object.values(type.getFields())) field.resolve = resolvers[field.name]?.resolve;
}

function takeValues(type: GraphQLEnumType, from: GraphQLEnumType): void {
  const { values, ...config } = type.toConfig();
  for (const { name, value } of from.getValues()) if (values[name]) values[name].value = value;
  // an enum looks its values up by tables that it makes from its configuration
  Object.assign(type, new GraphQLEnumType({ ...config, values }));
}

/** Where access rules and the record of reads wrap the function, as in schemas of Apollo's library. */
function setReference(type: GraphQLNamedType | undefined, resolveReference: ResolveReference): void {
  if (isObjectType(type)) type.extensions = { ...type.extensions, apollo: { subgraph: { resolveReference } } };
}

/** The object of a reference. Notes its type, by which the executor finds the fields of an object in a list of entities. */
async function entity(representation: Representation, context: Context, info: GraphQLResolveInfo): Promise<unknown> {
  const { __typename: name } = representation;
  const type = info.schema.getType(name);
  if (!isObjectType(type)) throw new Error(`"${name}" is not an object type of this subgraph`);
  const { apollo } = type.extensions as { apollo?: { subgraph: { resolveReference: ResolveReference } } };
  const object = apollo ? await apollo.subgraph.resolveReference(representation, context, info) : representation;
  if (typeof object === 'object' && object !== null) Object.defineProperty(object, '__typename', { value: name });
  return object;
}
