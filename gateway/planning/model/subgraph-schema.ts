import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { Join } from '../../supergraph/join';
import { selectionOf } from '../selected';
import { type SubgraphDefinitions, subgraphDefinitions } from './subgraph-definitions';

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
  private readonly interfaceObjects: ReadonlySet<string>;

  constructor(name: string, definitions: SubgraphDefinitions) {
    this.name = name;
    this.schema = buildASTSchema(definitions.document, { assumeValid: true });
    this.interfaceObjects = definitions.interfaceObjects;
    for (const [type, keys] of definitions.keys) this.resolvableKeys.set(type, keys.map(fieldSet));
    const external = new Set([...definitions.fields].flatMap(([name, { isExternal }]) => (isExternal ? [name] : [])));
    const own = this.extendedKeyFields(definitions);
    for (const [coordinate, facts] of definitions.fields) {
      const [parent = '', field = ''] = coordinate.split('.');
      const type = this.outputType(parent, field);
      if (!type) continue;
      const only = (fields: string | undefined, on: string) =>
        fields === undefined ? undefined : this.externalOnly(fieldSet(fields), on, external);
      this.fields.set(coordinate, {
        type,
        isExternal: facts.isExternal && !own.has(coordinate),
        provides: only(facts.provides, getNamedType(type).name),
        requires: only(facts.requires, parent),
      });
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

  private outputType(parent: string, field: string): GraphQLOutputType | undefined {
    const type = this.schema.getType(parent);
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[field]?.type : undefined;
  }

  /** Fields of the keys of types that the subgraph extends: it resolves them, although they are marked as external. */
  private extendedKeyFields({ extendedKeys }: SubgraphDefinitions): ReadonlySet<string> {
    const found = new Set<string>();
    const collect = ({ selections }: SelectionSetNode, type: string): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
        if (selection.kind === Kind.INLINE_FRAGMENT)
          collect(selection.selectionSet, selection.typeCondition?.name.value ?? type);
        else {
          found.add(`${type}.${selection.name.value}`);
          const outputType = this.outputType(type, selection.name.value);
          if (selection.selectionSet && outputType) collect(selection.selectionSet, getNamedType(outputType).name);
        }
      }
    };
    for (const [type, keys] of extendedKeys) for (const key of keys) collect(fieldSet(key), type);
    return found;
  }

  /**
   * The part of a selection that another subgraph must resolve: composition also accepts fields that this one resolves itself. Undefined if
   * nothing remains.
   */
  private externalOnly(
    { selections }: SelectionSetNode,
    type: string,
    external: ReadonlySet<string>,
  ): SelectionSetNode | undefined {
    const kept = selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const inner = this.externalOnly(selection.selectionSet, selection.typeCondition?.name.value ?? type, external);
        return inner ? [{ ...selection, selectionSet: inner }] : [];
      }
      const { value: name } = selection.name;
      if (
        this.possibleTypes(type)
          .concat(type)
          .some((possible) => external.has(`${possible}.${name}`))
      )
        return [selection];
      const outputType = this.outputType(type, name);
      if (!selection.selectionSet || !outputType) return [];
      const inner = this.externalOnly(selection.selectionSet, getNamedType(outputType).name, external);
      return inner ? [{ ...selection, selectionSet: inner }] : [];
    });
    return kept.length > 0 ? { kind: Kind.SELECTION_SET, selections: kept } : undefined;
  }
}

/** Every subgraph of a supergraph, by name. */
export function subgraphSchemasOf(supergraph: DocumentNode): ReadonlyMap<string, SubgraphSchema> {
  const join = new Join(supergraph);
  return new Map(
    join.subgraphs.map(({ name, graph }) => [
      name,
      new SubgraphSchema(name, subgraphDefinitions(supergraph, join, graph)),
    ]),
  );
}

const fieldSet = (fields: string): SelectionSetNode => selectionOf(`{ ${fields} }`);
