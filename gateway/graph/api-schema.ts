import { type InputObjectType, isInputObjectType, Supergraph } from '@apollo/federation-internals';
import {
  type DirectiveDefinitionNode,
  DirectiveLocation,
  type DocumentNode,
  extendSchema,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  isTypeDefinitionNode,
  Kind,
  parse,
  printSchema,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { DEFER } from '../operation/conditions';
import { MATCHES, matchedInputs } from '../supergraph/matched-inputs';

/** The schema that clients see: accessible elements of the supergraph and executable directives. */
export function apiSchemaOf(supergraphSdl: string): GraphQLSchema {
  const document = parse(supergraphSdl, { noLocation: true });
  return apiSchemaIn(Supergraph.build(document, { supportedFeatures: null }), document);
}

/** Prints the API schema for client tools. */
export const printApiSchema = (supergraphSdl: string): string => `${printSchema(apiSchemaOf(supergraphSdl))}\n`;

/** Like {@link apiSchemaOf}, for a parsed supergraph. */
export function apiSchemaIn(supergraph: Supergraph, document: DocumentNode): GraphQLSchema {
  const api = supergraph.apiSchema();
  const query = api.schemaDefinition.rootType('query');
  for (const { input, filter, operator, keysField } of matchedInputs(document)) {
    const [type, filterType] = [api.type(input), api.type(filter)];
    if (!query?.field(keysField)?.argument('filter')) continue;
    if (!type || !filterType || !isInputObjectType(type) || !isInputObjectType(filterType)) continue;
    addMatches(type, filterType, operator);
  }
  return withDefer(withComposedDirectives(api.toGraphQLJSSchema(), document));
}

/** Adds the conditions on the fields of a referenced object, which the gateway answers: see docs/decisions/0032-filters-across-subgraphs.md. */
function addMatches(type: InputObjectType, filter: InputObjectType, operator: string): void {
  const field = type.addField(MATCHES, filter);
  field.description =
    operator === 'in'
      ? 'Refers to an object that meets these conditions.'
      : 'Linked to at least one object that meets these conditions; with "any", to one of its keys that does.';
}

/** Adds `@defer`, which the gateway implements without help from subgraphs. */
function withDefer(schema: GraphQLSchema): GraphQLSchema {
  const config = schema.toConfig();
  return new GraphQLSchema({ ...config, directives: [...config.directives, DEFER_DIRECTIVE] });
}

const DEFER_DIRECTIVE = new GraphQLDirective({
  name: DEFER,
  description: 'The fragment may be delivered after the rest of the answer, to clients that accept multipart/mixed.',
  locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
  args: {
    if: {
      type: new GraphQLNonNull(GraphQLBoolean),
      defaultValue: true,
      description: 'When false, the fragment is not deferred.',
    },
    label: { type: GraphQLString, description: 'Names the fragment in the payload that delivers it.' },
  },
});

/** Locations of executable directives. */
const EXECUTABLE = new Set<string>([
  DirectiveLocation.QUERY,
  DirectiveLocation.MUTATION,
  DirectiveLocation.SUBSCRIPTION,
  DirectiveLocation.FIELD,
  DirectiveLocation.FRAGMENT_DEFINITION,
  DirectiveLocation.FRAGMENT_SPREAD,
  DirectiveLocation.INLINE_FRAGMENT,
  DirectiveLocation.VARIABLE_DEFINITION,
]);

/** Adds executable directives composed by `@composeDirective`, which Apollo's API schema omits. */
function withComposedDirectives(schema: GraphQLSchema, { definitions }: DocumentNode): GraphQLSchema {
  const types = new Map(definitions.filter(isTypeDefinitionNode).map((type) => [type.name.value, type]));
  const directives = definitions.flatMap((definition): DirectiveDefinitionNode[] => {
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION || schema.getDirective(definition.name.value)) return [];
    const locations = definition.locations.filter(({ value }) => EXECUTABLE.has(value));
    return locations.length > 0 ? [{ ...definition, locations }] : [];
  });
  if (directives.length === 0) return schema;
  const missing = new Map<string, TypeDefinitionNode>();
  for (const { arguments: args = [] } of directives)
    for (const { type } of args) addMissing(type, schema, types, missing);
  const extension: DocumentNode = { kind: Kind.DOCUMENT, definitions: [...missing.values(), ...directives] };
  return extendSchema(schema, extension, { assumeValid: true });
}

/** Adds an input type and those of its fields if the schema lacks them. */
function addMissing(
  node: TypeNode,
  schema: GraphQLSchema,
  types: ReadonlyMap<string, TypeDefinitionNode>,
  missing: Map<string, TypeDefinitionNode>,
): void {
  const name = namedTypeOf(node);
  const type = types.get(name);
  if (!type || schema.getType(name) || missing.has(name)) return;
  missing.set(name, type);
  if (type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
    for (const field of type.fields ?? []) addMissing(field.type, schema, types, missing);
}

const namedTypeOf = (node: TypeNode): string =>
  node.kind === Kind.NAMED_TYPE ? node.name.value : namedTypeOf(node.type);
