import {
  type CompositeType,
  type FieldDefinition,
  isInterfaceObjectType,
  type Subgraph,
  Supergraph,
} from '@apollo/federation-internals';
import {
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import { selectionOf } from '../selected';

/** A field as one subgraph defines it. */
export interface SubgraphField {
  readonly type: GraphQLOutputType;
  /** Whether another subgraph resolves it, and this one only under `@provides`. */
  readonly isExternal: boolean;
  readonly provides: SelectionSetNode | undefined;
  readonly requires: SelectionSetNode | undefined;
}

/** What one subgraph can resolve, rebuilt from the join directives of the supergraph. */
export class SubgraphSchema {
  readonly name: string;
  readonly schema: GraphQLSchema;
  private readonly fields = new Map<string, SubgraphField>();
  private readonly resolvableKeys = new Map<string, SelectionSetNode[]>();
  private readonly interfaceObjects = new Set<string>();

  constructor(subgraph: Subgraph) {
    this.name = subgraph.name;
    this.schema = subgraph.schema.toGraphQLJSSchema();
    for (const type of [...subgraph.schema.objectTypes(), ...subgraph.schema.interfaceTypes()]) {
      if (isInterfaceObjectType(type)) this.interfaceObjects.add(type.name);
      this.resolvableKeys.set(type.name, keysOf(type, subgraph));
      for (const field of type.fields()) this.fields.set(`${type.name}.${field.name}`, this.field(field, subgraph));
    }
  }

  fieldOf(type: string, name: string): SubgraphField | undefined {
    return this.fields.get(`${type}.${name}`);
  }

  /** The keys by which it resolves entities of a type; empty if it does not. */
  keysOf(type: string): readonly SelectionSetNode[] {
    return this.resolvableKeys.get(type) ?? [];
  }

  /** Whether it knows the objects of an interface as objects of one type (`@interfaceObject`). */
  isInterfaceObject(type: string): boolean {
    return this.interfaceObjects.has(type);
  }

  has(type: string): boolean {
    return this.schema.getType(type) !== undefined;
  }

  /**
   * Names of the possible object types of a type in this subgraph. An interface without known types represents objects
   * that the subgraph knows only by the interface.
   */
  possibleTypes(name: string): readonly string[] {
    const type = this.schema.getType(name);
    if (isObjectType(type)) return [name];
    if (!isAbstractType(type)) return [];
    const possible = this.schema.getPossibleTypes(type);
    return possible.length === 0 && isInterfaceType(type) ? [name] : possible.map((objectType) => objectType.name);
  }

  /** Whether a type condition includes a type. */
  includes(condition: string, type: string): boolean {
    return condition === type || this.possibleTypes(condition).includes(type);
  }

  private field(field: FieldDefinition<CompositeType>, subgraph: Subgraph): SubgraphField {
    const metadata = subgraph.metadata();
    const type = this.schema.getType(field.parent.name);
    const [provides] = field.appliedDirectivesOf(metadata.providesDirective());
    const [requires] = field.appliedDirectivesOf(metadata.requiresDirective());
    return {
      type: (isObjectType(type) || isInterfaceType(type) ? type.getFields()[field.name] : undefined)!.type,
      isExternal: metadata.isFieldExternal(field),
      provides: provides && fieldSet(provides.arguments().fields),
      requires: requires && fieldSet(requires.arguments().fields),
    };
  }
}

/** Every subgraph of a supergraph, by name. */
export function subgraphSchemasOf(document: DocumentNode): ReadonlyMap<string, SubgraphSchema> {
  const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });
  return new Map(
    supergraph
      .subgraphs()
      .values()
      .map((subgraph) => [subgraph.name, new SubgraphSchema(subgraph)]),
  );
}

function keysOf(type: CompositeType, subgraph: Subgraph): SelectionSetNode[] {
  return type
    .appliedDirectivesOf(subgraph.metadata().keyDirective())
    .map((key) => key.arguments())
    .filter(({ resolvable = true }) => resolvable)
    .map(({ fields }) => fieldSet(fields));
}

const fieldSet = (fields: unknown): SelectionSetNode => selectionOf(`{ ${String(fields)} }`);
