import {
  assertValidSchema,
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  DirectiveLocation,
  type DocumentNode,
  GraphQLDeprecatedDirective,
  GraphQLOneOfDirective,
  type GraphQLSchema,
  GraphQLSpecifiedByDirective,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parse,
  printSchema,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { DEFER } from '../operation/conditions';
import { namedTypeOf } from '../supergraph/ast';
import { type Feature, featuresOf } from '../supergraph/features';
import { MATCHES, type MatchedInput, matchedInputs } from '../supergraph/matched-inputs';

/** Prints the API schema for client tools. */
export const printApiSchema = (supergraphSdl: string): string => `${printSchema(apiSchemaOf(supergraphSdl))}\n`;

/** The schema that clients see: accessible elements of the supergraph and executable directives. */
export const apiSchemaOf = (supergraphSdl: string): GraphQLSchema =>
  apiSchemaIn(parse(supergraphSdl, { noLocation: true }));

const apiSchemas = new WeakMap<DocumentNode, GraphQLSchema>();

/** Like {@link apiSchemaOf}, for a parsed supergraph. */
export function apiSchemaIn(supergraph: DocumentNode): GraphQLSchema {
  const schema = apiSchemas.get(supergraph) ?? buildApiSchema(supergraph);
  apiSchemas.set(supergraph, schema);
  return schema;
}

/** The definitions of the schema that clients see. */
export function clientDefinitionsIn(supergraph: DocumentNode): readonly DefinitionNode[] {
  const definitions = clientDefinitions.get(supergraph) ?? [
    ...byKind(new ClientView(supergraph).definitions()),
    ...DEFER_DIRECTIVE.definitions,
  ];
  clientDefinitions.set(supergraph, definitions);
  return definitions;
}

const clientDefinitions = new WeakMap<DocumentNode, readonly DefinitionNode[]>();

function buildApiSchema(supergraph: DocumentNode): GraphQLSchema {
  const definitions = clientDefinitionsIn(supergraph);
  const schema = buildASTSchema({ kind: Kind.DOCUMENT, definitions }, { assumeValidSDL: true });
  // hiding may have left a type empty
  assertValidSchema(schema);
  return schema;
}

/**
 * Types in the order of the last words of their names, so that all filters follow each other, all connections, and so on: gzip finds repeated
 * text within 32 KB only, and similar types repeat most of it. It takes a third off the compressed introspection.
 */
function byKind(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const keyOf = (definition: DefinitionNode): string => {
    const name = isTypeDefinitionNode(definition) ? definition.name.value : '';
    return `${/[A-Z][a-z0-9]*$/.exec(name)?.[0] ?? ''} ${name}`;
  };
  const keyed = definitions.map((definition) => ({ key: keyOf(definition), definition }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ definition }) => definition);
}

/** The gateway implements it without help from subgraphs. */
const DEFER_DIRECTIVE = parse(
  `"The fragment may be delivered after the rest of the answer, to clients that accept multipart/mixed."
  directive @${DEFER}(
    "When false, the fragment is not deferred."
    if: Boolean! = true
    "Names the fragment in the payload that delivers it."
    label: String
  ) on FRAGMENT_SPREAD | INLINE_FRAGMENT`,
  { noLocation: true },
);

/** Executable directives that the gateway does not take from supergraphs. */
const OWN_DIRECTIVES: ReadonlySet<string> = new Set([DEFER, 'stream']);

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

/** Directives of the GraphQL specification that say something to clients. */
const FOR_CLIENTS: ReadonlySet<string> = new Set(
  [GraphQLDeprecatedDirective, GraphQLSpecifiedByDirective, GraphQLOneOfDirective].map(({ name }) => name),
);

const INACCESSIBLE_URL = /^https?:\/\/specs\.apollo\.dev\/inaccessible\//i;

/** A part of a definition that may be hidden. */
interface Part {
  readonly directives?: readonly ConstDirectiveNode[];
}

/** What clients see of a supergraph. */
class ClientView {
  private readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  private readonly inaccessible: string | undefined;
  private readonly features: readonly Feature[];
  /** Types that are hidden, or belong to a feature. */
  private readonly hidden: ReadonlySet<string>;
  private readonly directives: readonly DirectiveDefinitionNode[];
  private readonly matched: ReadonlyMap<string, MatchedInput>;

  constructor(private readonly supergraph: DocumentNode) {
    this.features = featuresOf(supergraph);
    this.inaccessible = this.features.find(({ url }) => INACCESSIBLE_URL.test(url))?.directiveNamed('inaccessible');
    const types = supergraph.definitions.filter(isTypeDefinitionNode);
    this.types = new Map(types.map((type) => [type.name.value, type]));
    this.directives = supergraph.definitions.flatMap((definition) =>
      definition.kind === Kind.DIRECTIVE_DEFINITION ? this.directive(definition) : [],
    );
    this.matched = new Map(matchedInputs(supergraph).map((matched) => [matched.input, matched]));
    const shown = new Set<string>();
    for (const { arguments: args = [] } of this.directives) for (const { type } of args) this.show(type, shown);
    this.hidden = new Set(
      types
        .filter((type) => this.isHidden(type) || (this.isOfFeature(type.name.value) && !shown.has(type.name.value)))
        .map(({ name }) => name.value),
    );
  }

  definitions(): DefinitionNode[] {
    return [...this.supergraph.definitions.flatMap((definition) => this.definition(definition)), ...this.directives];
  }

  private definition(definition: DefinitionNode): DefinitionNode[] {
    if (definition.kind === Kind.SCHEMA_DEFINITION) {
      const operationTypes = definition.operationTypes.filter(({ type }) => !this.hidden.has(type.name.value));
      return [{ ...definition, operationTypes, directives: [] }];
    }
    if (!isTypeDefinitionNode(definition) || this.hidden.has(definition.name.value)) return [];
    const directives = this.forClients(definition);
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const fields = this.visible(definition.fields).map((field) => ({
          ...field,
          arguments: this.visible(field.arguments),
        }));
        return [{ ...definition, directives, fields, interfaces: this.visibleTypes(definition.interfaces) }];
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const matches = this.matchesOf(definition.name.value);
        return [{ ...definition, directives, fields: [...this.visible(definition.fields), ...matches] }];
      }
      case Kind.ENUM_TYPE_DEFINITION:
        return [{ ...definition, directives, values: this.visible(definition.values) }];
      case Kind.UNION_TYPE_DEFINITION:
        return [{ ...definition, directives, types: this.visibleTypes(definition.types) }];
      default:
        return [{ ...definition, directives }];
    }
  }

  /** Conditions on the fields of a referenced object, which the gateway answers: see docs/decisions/0032-filters-across-subgraphs.md. */
  private matchesOf(input: string): InputValueDefinitionNode[] {
    const matched = this.matched.get(input);
    if (!matched || !this.isOpen(matched)) return [];
    const { operator, filter } = matched;
    const description =
      operator === 'in'
        ? 'Refers to an object that meets these conditions.'
        : 'Linked to at least one object that meets these conditions; with "any", to one of its keys that does.';
    return [
      {
        kind: Kind.INPUT_VALUE_DEFINITION,
        name: { kind: Kind.NAME, value: MATCHES },
        description: { kind: Kind.STRING, value: description },
        type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: filter } },
      },
    ];
  }

  /** Whether clients may use the root field with the keys, and its filter. */
  private isOpen({ keysField, filter }: MatchedInput): boolean {
    const query = this.types.get('Query');
    const fields = query?.kind === Kind.OBJECT_TYPE_DEFINITION ? this.visible(query.fields) : [];
    const field = fields.find(({ name }) => name.value === keysField);
    const takesFilter = this.visible(field?.arguments).some(({ name }) => name.value === 'filter');
    return takesFilter && !this.hidden.has('Query') && !this.hidden.has(filter);
  }

  /** Executable directives at their executable locations, and others that belong to no feature. */
  private directive(definition: DirectiveDefinitionNode): DirectiveDefinitionNode[] {
    if (OWN_DIRECTIVES.has(definition.name.value)) return [];
    const args = this.visible(definition.arguments);
    if (!this.isOfFeature(`@${definition.name.value}`)) return [{ ...definition, arguments: args }];
    const locations = definition.locations.filter(({ value }) => EXECUTABLE.has(value));
    return locations.length > 0 ? [{ ...definition, arguments: args, locations }] : [];
  }

  /** Shows the types of a directive's argument, although a feature defines them. */
  private show(node: TypeNode, shown: Set<string>): void {
    const name = namedTypeOf(node);
    const type = this.types.get(name);
    if (!type || shown.has(name)) return;
    shown.add(name);
    if (type.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION)
      for (const field of type.fields ?? []) this.show(field.type, shown);
  }

  /** @param name of a type, or of a directive with its `@` */
  private isOfFeature(name: string): boolean {
    return this.features.some((feature) => feature.defines(name));
  }

  private isHidden({ directives = [] }: Part): boolean {
    return this.inaccessible !== undefined && directives.some(({ name }) => name.value === this.inaccessible);
  }

  private visible<T extends Part>(parts: readonly T[] = []): T[] {
    return parts.filter((part) => !this.isHidden(part)).map((part) => ({ ...part, directives: this.forClients(part) }));
  }

  private visibleTypes<T extends { readonly name: { readonly value: string } }>(types: readonly T[] = []): T[] {
    return types.filter(({ name }) => !this.hidden.has(name.value));
  }

  private forClients({ directives = [] }: Part): ConstDirectiveNode[] {
    return directives.filter(({ name }) => FOR_CLIENTS.has(name.value));
  }
}
