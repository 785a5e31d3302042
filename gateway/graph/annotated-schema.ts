import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  GraphQLEnumType,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isCompositeType,
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  type TypeDefinitionNode,
} from 'graphql';
import { CLASSES } from '#base/sensitivity';
import { NodeDirectory } from '../nodes/directory';
import { COST_URL } from '../policy/cost';
import { Sensitivities } from '../policy/sensitivity';
import { directiveNode } from '../supergraph/ast';
import { type Feature, featuresOf } from '../supergraph/features';
import { Join } from '../supergraph/join';
import { apiSchemaIn } from './api-schema';

/**
 * Prints the API schema with what the supergraph states about its parts: `@sensitivity` of fields, `@owner` of types and of the fields that other
 * subgraphs resolve, `@cost`, and `@listSize`. Takes about a second for a large schema.
 */
export function printAnnotatedSchema(supergraphSdl: string): string {
  const document = parse(supergraphSdl, { noLocation: true });
  const schema = apiSchemaIn(document);
  return print({ kind: Kind.DOCUMENT, definitions: new Annotations(document, schema).definitions() });
}

type Annotated = { readonly directives?: readonly ConstDirectiveNode[] };

/** The name of the enum of the sensitivity classes, unless the API schema has another type of this name. */
const SENSITIVITY = 'Sensitivity';

/** Directives of the cost specification. */
const COSTS = ['cost', 'listSize'] as const;

class Annotations {
  private readonly join: Join;
  private readonly sensitivities: Sensitivities | undefined;
  /** Names of subgraphs by their values of the join specification's enum. */
  private readonly subgraphs: ReadonlyMap<string, string>;
  /** Subgraphs that know which objects of a type exist. */
  private readonly homes: ReadonlyMap<string, readonly string[]>;
  private readonly types: ReadonlyMap<string, TypeDefinitionNode>;
  /** Names of the cost directives in the supergraph. */
  private readonly costs: ReadonlyMap<string, (typeof COSTS)[number]>;

  constructor(
    private readonly supergraph: DocumentNode,
    private readonly schema: GraphQLSchema,
  ) {
    this.join = new Join(supergraph);
    this.sensitivities = Sensitivities.of(supergraph, schema);
    this.subgraphs = new Map(this.join.subgraphs.map(({ graph, name }) => [graph, name]));
    this.homes = new Map(NodeDirectory.of(supergraph)?.types.map(({ name, subgraphs }) => [name, subgraphs]));
    this.types = new Map(supergraph.definitions.filter(isTypeDefinitionNode).map((type) => [type.name.value, type]));
    const feature = featuresOf(supergraph).find(({ url }) => url.startsWith(COST_URL));
    this.costs = new Map(feature ? costNames(feature, schema) : []);
  }

  definitions(): DefinitionNode[] {
    const { schema } = this;
    const directives = schema.getDirectives().flatMap(({ astNode }) => astNode ?? []);
    const types = Object.values(schema.getTypeMap()).flatMap(({ astNode }) => (astNode ? [this.type(astNode)] : []));
    const roots = schema.astNode ? [{ ...schema.astNode, directives: [] }] : [];
    return [...roots, ...directives, ...this.directiveDefinitions(), ...types];
  }

  /** Definitions of the added directives, and of their types. */
  private directiveDefinitions(): DefinitionNode[] {
    const own = parse(
      `${this.sensitivities ? `"Sensitivity class of a field, which determines who may read it." directive @sensitivity(class: ${this.classType}!) on FIELD_DEFINITION` : ''}
      ${this.sensitivities && !this.hasClassType && this.classType === SENSITIVITY ? `enum ${SENSITIVITY} { ${CLASSES.join(' ')} }` : ''}
      "A subgraph that resolves a type or a field, and the keys of the agencies that own its data."
      directive @owner(agencies: [String!]!, subgraph: String!) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR | FIELD_DEFINITION`,
      { noLocation: true },
    );
    const costs = this.supergraph.definitions.flatMap((definition): DirectiveDefinitionNode[] => {
      if (definition.kind !== Kind.DIRECTIVE_DEFINITION) return [];
      const name = this.costs.get(definition.name.value);
      return name ? [{ ...definition, name: nameNode(name) }] : [];
    });
    return [...own.definitions, ...costs];
  }

  private get hasClassType(): boolean {
    const type = this.schema.getType(SENSITIVITY);
    return type instanceof GraphQLEnumType && CLASSES.every((name) => type.getValue(name));
  }

  private get classType(): string {
    return this.hasClassType || !this.schema.getType(SENSITIVITY) ? SENSITIVITY : 'String';
  }

  private type(visible: TypeDefinitionNode): TypeDefinitionNode {
    const name = visible.name.value;
    const source = this.types.get(name);
    if (!source) return visible;
    const isRoot = [this.schema.getQueryType(), this.schema.getMutationType()].some((root) => root?.name === name);
    const owners = this.ownersOfType(source);
    const directives = [...(visible.directives ?? []), ...(isRoot ? [] : this.owned(owners)), ...this.costsOf(source)];
    switch (visible.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const fields = visible.fields?.map((field) => this.field(field, source, isRoot ? undefined : owners));
        return { ...visible, directives, fields };
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const fields = visible.fields?.map((field) => this.withCosts(field, partOf(source, field.name.value)));
        return { ...visible, directives, fields };
      }
      default:
        return { ...visible, directives };
    }
  }

  /** @param owners of its type; undefined for a root type */
  private field(
    visible: FieldDefinitionNode,
    type: TypeDefinitionNode,
    owners: readonly string[] | undefined,
  ): FieldDefinitionNode {
    const source = partOf(type, visible.name.value) as FieldDefinitionNode | undefined;
    const resolvers = source ? this.resolversOf(source, type) : [];
    const isOfType = owners?.every((owner) => resolvers.includes(owner)) ?? false;
    return {
      ...visible,
      arguments: visible.arguments?.map((argument) =>
        this.withCosts(
          argument,
          source?.arguments?.find(({ name }) => name.value === argument.name.value),
        ),
      ),
      directives: [
        ...(visible.directives ?? []),
        ...this.classified(type.name.value, visible.name.value),
        ...(isOfType ? [] : this.owned(resolvers)),
        ...this.costsOf(source),
      ],
    };
  }

  private withCosts(visible: InputValueDefinitionNode, source: Annotated | undefined): InputValueDefinitionNode {
    const costs = this.costsOf(source);
    return costs.length > 0 ? { ...visible, directives: [...(visible.directives ?? []), ...costs] } : visible;
  }

  private costsOf({ directives = [] }: Annotated = {}): ConstDirectiveNode[] {
    return directives.flatMap((directive) => {
      const name = this.costs.get(directive.name.value);
      return name ? [{ ...directive, name: nameNode(name) }] : [];
    });
  }

  private classified(type: string, field: string): ConstDirectiveNode[] {
    const composite = this.schema.getType(type);
    if (!this.sensitivities || !isCompositeType(composite)) return [];
    const value = this.sensitivities.classOfField(composite, field);
    const isEnum = this.classType === SENSITIVITY;
    return [directiveNode('sensitivity', { class: { kind: isEnum ? Kind.ENUM : Kind.STRING, value } })];
  }

  private owned(subgraphs: readonly string[]): ConstDirectiveNode[] {
    return subgraphs.map((subgraph) =>
      directiveNode('owner', { agencies: this.sensitivities?.ownersOf(subgraph) ?? [], subgraph }),
    );
  }

  /** Subgraphs that know which objects of a type exist; for types without global ids, those that define it. */
  private ownersOfType(type: TypeDefinitionNode): readonly string[] {
    const home = this.homes.get(type.name.value);
    if (home) return home;
    const joined = this.join.typesOf(type);
    const resolving = joined.filter(({ resolvable, extension }) => resolvable && !extension);
    return this.named((resolving.length > 0 ? resolving : joined).map(({ graph }) => graph));
  }

  /** Subgraphs that resolve a field. */
  private resolversOf(field: FieldDefinitionNode, type: TypeDefinitionNode): readonly string[] {
    const joined = this.join.fieldsOf(field);
    const graphs = joined.length > 0 ? joined : this.join.typesOf(type);
    const resolving = joined.filter(({ external, usedOverridden }) => !external && !usedOverridden);
    return this.named((joined.length > 0 ? resolving : graphs).flatMap(({ graph }) => graph ?? []));
  }

  private named(graphs: readonly string[]): string[] {
    return [...new Set(graphs.flatMap((graph) => this.subgraphs.get(graph) ?? []))];
  }
}

/** Names of the cost directives in a supergraph, unless the API schema has other directives of these names. */
const costNames = (feature: Feature, schema: GraphQLSchema): [string, (typeof COSTS)[number]][] =>
  COSTS.filter((name) => !schema.getDirective(name)).map((name) => [feature.directiveNamed(name), name]);

/** A field of a type's definition. */
function partOf(type: TypeDefinitionNode, name: string): Annotated | undefined {
  const fields = 'fields' in type ? (type.fields ?? []) : [];
  return (fields as readonly (FieldDefinitionNode | InputValueDefinitionNode)[]).find(
    (field) => field.name.value === name,
  );
}

const nameNode = (value: string) => ({ kind: Kind.NAME, value }) as const;
