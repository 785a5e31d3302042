import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  type InterfaceTypeDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  parse,
  parseType,
  specifiedScalarTypes,
  type TypeDefinitionNode,
  type TypeNode,
} from 'graphql';
import { namedTypeOf } from '../../supergraph/ast';
import type { ContextArgument, Join, JoinedField } from '../../supergraph/join';
import { nameNode } from '../selected';

/** What one subgraph states about a field besides its definition. */
export type FieldFacts = Pick<JoinedField, 'requires' | 'provides'> & { readonly isExternal: boolean };

/** The schema of one subgraph, rebuilt from a supergraph. */
export interface SubgraphDefinitions {
  readonly document: DocumentNode;
  /** By `Type.field`. */
  readonly fields: ReadonlyMap<string, FieldFacts>;
  /** Resolvable keys by type. */
  readonly keys: ReadonlyMap<string, readonly string[]>;
  /** Keys by type of those that the subgraph extends: their fields are its own, although marked as external. */
  readonly extendedKeys: ReadonlyMap<string, readonly string[]>;
  readonly interfaceObjects: ReadonlySet<string>;
}

const namedType = (name: string): NamedTypeNode => ({ kind: Kind.NAMED_TYPE, name: nameNode(name) });

const NO_DIRECTIVES: readonly ConstDirectiveNode[] = [];

/** Rebuilds the schema of one subgraph from the join directives of a supergraph. */
export function subgraphDefinitions({ definitions }: DocumentNode, join: Join, graph: string): SubgraphDefinitions {
  return new Extraction(join, graph).of(definitions);
}

class Extraction {
  private readonly fields = new Map<string, FieldFacts>();
  private readonly keys = new Map<string, string[]>();
  private readonly extendedKeys = new Map<string, string[]>();
  private readonly interfaceObjects = new Set<string>();
  private readonly entities: string[] = [];

  constructor(
    private readonly join: Join,
    private readonly graph: string,
  ) {}

  of(definitions: readonly DefinitionNode[]): SubgraphDefinitions {
    const known: DefinitionNode[] = definitions.flatMap((definition): DefinitionNode[] => {
      if (definition.kind === Kind.SCHEMA_DEFINITION) return [{ ...definition, directives: NO_DIRECTIVES }];
      if (!isTypeDefinitionNode(definition)) return [];
      const type = this.type(definition);
      return type ? [type] : [];
    });
    return {
      document: { kind: Kind.DOCUMENT, definitions: this.withEntities(withoutMissingRoots(withoutEmpty(known))) },
      fields: this.fields,
      keys: this.keys,
      extendedKeys: this.extendedKeys,
      interfaceObjects: this.interfaceObjects,
    };
  }

  /** The definition of a type in this subgraph; undefined if it does not know the type, or nothing of it. */
  private type(definition: TypeDefinitionNode): TypeDefinitionNode | undefined {
    const joined = this.join.typesOf(definition).filter(({ graph }) => graph === this.graph);
    if (joined.length === 0) return undefined;
    const { value: name } = definition.name;
    const bare = { description: undefined, directives: NO_DIRECTIVES };
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
      case Kind.INTERFACE_TYPE_DEFINITION: {
        const isInterfaceObject = joined.some((type) => type.isInterfaceObject);
        if (isInterfaceObject) this.interfaceObjects.add(name);
        this.keysOf(name, joined);
        const fields = this.fieldsOf(definition);
        if (fields.length === 0) return undefined;
        const kind = isInterfaceObject ? Kind.OBJECT_TYPE_DEFINITION : definition.kind;
        if (kind === Kind.OBJECT_TYPE_DEFINITION && joined.some(({ key }) => key)) this.entities.push(name);
        const interfaces = this.join
          .interfacesOf(definition)
          .flatMap((implemented) => (implemented.graph === this.graph ? [namedType(implemented.interface)] : []));
        return { ...definition, ...bare, kind, fields, interfaces } as
          | ObjectTypeDefinitionNode
          | InterfaceTypeDefinitionNode;
      }
      case Kind.INPUT_OBJECT_TYPE_DEFINITION: {
        const fields = (definition.fields ?? []).flatMap((field): InputValueDefinitionNode[] =>
          this.asKnown(field).map(({ type }) => ({ ...withType(field, type), ...bare })),
        );
        return fields.length === 0 ? undefined : { ...definition, ...bare, fields };
      }
      case Kind.ENUM_TYPE_DEFINITION: {
        const values = (definition.values ?? []).flatMap((value): EnumValueDefinitionNode[] => {
          const graphs = this.join.graphsOfValue(value);
          return graphs.length === 0 || graphs.includes(this.graph) ? [{ ...value, ...bare }] : [];
        });
        return { ...definition, ...bare, values };
      }
      case Kind.UNION_TYPE_DEFINITION: {
        const members = this.join.membersOf(definition);
        const types =
          members.length === 0
            ? (definition.types ?? [])
            : members.flatMap(({ graph, member }) => (graph === this.graph ? [namedType(member)] : []));
        return types.length === 0 ? undefined : { ...definition, ...bare, types };
      }
      case Kind.SCALAR_TYPE_DEFINITION:
        return { ...definition, ...bare };
    }
  }

  private keysOf(name: string, joined: ReturnType<Join['typesOf']>): void {
    const keysWhere = (holds: (type: (typeof joined)[number]) => boolean) =>
      joined.flatMap((type) => (type.key !== undefined && holds(type) ? [type.key] : []));
    this.keys.set(
      name,
      keysWhere(({ resolvable }) => resolvable),
    );
    this.extendedKeys.set(
      name,
      keysWhere(({ extension }) => extension),
    );
  }

  private fieldsOf({
    name: type,
    fields = [],
  }: ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode): FieldDefinitionNode[] {
    return fields.flatMap((field) =>
      this.asKnown(field).map((joined): FieldDefinitionNode => {
        const { requires, provides, external = false, usedOverridden = false, overrideLabel } = joined;
        // an override with a label is not decided yet, so the subgraph may still resolve the field
        const isExternal = external || (usedOverridden && !overrideLabel);
        this.fields.set(`${type.value}.${field.name.value}`, { requires, provides, isExternal });
        const declared = (field.arguments ?? []).map((argument) => ({
          ...argument,
          description: undefined,
          directives: NO_DIRECTIVES,
        }));
        return {
          ...withType(field, joined.type),
          description: undefined,
          directives: NO_DIRECTIVES,
          arguments: [...declared, ...(joined.contextArguments ?? []).map(contextArgument)],
        };
      }),
    );
  }

  /** How this subgraph knows a field of a type that it knows; empty if it does not. */
  private asKnown(field: FieldDefinitionNode | InputValueDefinitionNode): readonly JoinedField[] {
    const joined = this.join.fieldsOf(field);
    return joined.length === 0 ? [{}] : joined.filter(({ graph }) => graph === this.graph).slice(0, 1);
  }

  /** Adds the root fields of the subgraph specification. */
  private withEntities(definitions: readonly DefinitionNode[]): DefinitionNode[] {
    const query = rootNames(definitions).get('query') ?? 'Query';
    const { entities } = this;
    const roots = parse(
      `extend type ${query} {
         ${entities.length > 0 ? '_entities(representations: [_Any!]!): [_Entity]!' : ''}
         _service: _Service!
       }
       scalar _Any
       type _Service { sdl: String }
       ${entities.length > 0 ? `union _Entity = ${entities.join(' | ')}` : ''}`,
      { noLocation: true },
    ).definitions;
    const isDefined = namesOf(definitions).includes(query);
    const withQuery: DefinitionNode[] = isDefined
      ? [...definitions]
      : [...definitions, { kind: Kind.OBJECT_TYPE_DEFINITION, name: nameNode(query) }];
    return [...withQuery, ...roots];
  }
}

const contextArgument = ({ name, type }: ContextArgument): InputValueDefinitionNode => ({
  kind: Kind.INPUT_VALUE_DEFINITION,
  name: nameNode(name),
  type: parseType(type, { noLocation: true }),
});

const withType = <Field extends FieldDefinitionNode | InputValueDefinitionNode>(field: Field, type?: string): Field =>
  type === undefined ? field : { ...field, type: parseType(type, { noLocation: true }) };

function rootNames(definitions: readonly DefinitionNode[]): Map<string, string> {
  const schema = definitions.find((definition) => definition.kind === Kind.SCHEMA_DEFINITION);
  return new Map(schema?.operationTypes.map(({ operation, type }) => [operation, type.name.value]));
}

/**
 * Leaves out types of which the subgraph knows no field, and what refers to them. It lists them, but resolves none of their fields.
 */
function withoutEmpty(definitions: readonly DefinitionNode[]): readonly DefinitionNode[] {
  const names = new Set(namesOf(definitions).concat(specifiedScalarTypes.map(({ name }) => name)));
  const isKnown = ({ type }: { readonly type: TypeNode }) => names.has(namedTypeOf(type));
  let isComplete = true;
  const kept = definitions.flatMap((definition): DefinitionNode[] => {
    const parts = partsOf(definition).filter(isKnown);
    if (parts.length === partsOf(definition).length) return [definition];
    isComplete = false;
    if (parts.length === 0) return [];
    return [
      definition.kind === Kind.UNION_TYPE_DEFINITION
        ? { ...definition, types: parts.map(({ type }) => type as NamedTypeNode) }
        : ({ ...definition, fields: parts } as unknown as ObjectTypeDefinitionNode),
    ];
  });
  return isComplete ? definitions : withoutEmpty(kept);
}

/** Fields and members of a type, each with its type. */
function partsOf(definition: DefinitionNode): readonly { readonly type: TypeNode }[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return definition.fields ?? [];
    case Kind.UNION_TYPE_DEFINITION:
      return (definition.types ?? []).map((type) => ({ type }));
    default:
      return [];
  }
}

const namesOf = (definitions: readonly DefinitionNode[]): string[] =>
  definitions.flatMap((definition) => (isTypeDefinitionNode(definition) ? [definition.name.value] : []));

/** Leaves out of the schema definition the root types that the subgraph does not have; its query type it always has. */
function withoutMissingRoots(definitions: readonly DefinitionNode[]): DefinitionNode[] {
  const names = new Set(namesOf(definitions));
  return definitions.map((definition) =>
    definition.kind === Kind.SCHEMA_DEFINITION
      ? {
          ...definition,
          operationTypes: definition.operationTypes.filter(
            ({ operation, type }) => operation === 'query' || names.has(type.name.value),
          ),
        }
      : definition,
  );
}
