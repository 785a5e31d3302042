import {
  type ASTNode,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DirectiveDefinitionNode,
  type DocumentNode,
  type EnumValueDefinitionNode,
  type FieldDefinitionNode,
  getLocation,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  type TypeDefinitionNode,
  type TypeExtensionNode,
} from 'graphql';
import { rootNamesIn } from '../supergraph/ast';
import { type Feature, featuresOf } from '../supergraph/features';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/** A field, argument, input field, or enum value, as one subgraph defines it. */
export interface Element {
  readonly coordinate: string;
  readonly node: FieldDefinitionNode | InputValueDefinitionNode | EnumValueDefinitionNode;
  readonly directives: readonly ConstDirectiveNode[];
  /** Whether the subgraph only refers to it. */
  readonly isExternal: boolean;
}

/** A type, as one subgraph defines it, extensions included. */
export interface TypeElement {
  readonly coordinate: string;
  readonly node: TypeDefinitionNode | TypeExtensionNode;
  readonly kind: 'OBJECT' | 'INTERFACE' | 'UNION' | 'ENUM' | 'INPUT' | 'SCALAR';
  readonly directives: readonly ConstDirectiveNode[];
  /** Fields, input fields, and enum values, by coordinate. */
  readonly elements: Map<string, Element>;
  /** Types of a union. */
  readonly members: Map<string, NamedTypeNode>;
  /** Names of the interfaces that it implements. */
  readonly interfaces: Set<string>;
}

const KINDS: Readonly<Partial<Record<Kind, TypeElement['kind']>>> = {
  [Kind.OBJECT_TYPE_DEFINITION]: 'OBJECT',
  [Kind.OBJECT_TYPE_EXTENSION]: 'OBJECT',
  [Kind.INTERFACE_TYPE_DEFINITION]: 'INTERFACE',
  [Kind.INTERFACE_TYPE_EXTENSION]: 'INTERFACE',
  [Kind.UNION_TYPE_DEFINITION]: 'UNION',
  [Kind.UNION_TYPE_EXTENSION]: 'UNION',
  [Kind.ENUM_TYPE_DEFINITION]: 'ENUM',
  [Kind.ENUM_TYPE_EXTENSION]: 'ENUM',
  [Kind.INPUT_OBJECT_TYPE_DEFINITION]: 'INPUT',
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: 'INPUT',
  [Kind.SCALAR_TYPE_DEFINITION]: 'SCALAR',
  [Kind.SCALAR_TYPE_EXTENSION]: 'SCALAR',
};

/** Elements that Federation adds to every subgraph. */
const FEDERATION_ELEMENTS = new Set(['_Any', '_Entity', '_Service', 'Query._service', 'Query._entities']);
const SPECIFIED_BY_APOLLO = /^https:\/\/specs\.apollo\.dev\//;

/** The elements of one subgraph's schema. */
export class SubgraphElements {
  readonly types = new Map<string, TypeElement>();
  /** Directives that become part of the supergraph, by name. */
  readonly composedDirectives = new Map<string, DirectiveDefinitionNode>();
  private readonly features: readonly Feature[];
  private readonly names = new Map<string, ReadonlySet<string>>();
  private readonly rootNames: ReadonlyMap<string, string>;

  constructor(
    readonly name: string,
    readonly document: DocumentNode,
  ) {
    this.features = featuresOf(document);
    this.rootNames = rootNamesIn(document);
    for (const definition of document.definitions) this.addType(definition);
    const composed = new Set(this.composedNames());
    for (const definition of document.definitions)
      if (definition.kind === Kind.DIRECTIVE_DEFINITION && composed.has(definition.name.value))
        this.composedDirectives.set(definition.name.value, definition);
  }

  /** The names of a directive of Federation in this schema, without the `@`. */
  namesOf(directive: string): ReadonlySet<string> {
    const known = this.names.get(directive) ?? this.findNames(directive);
    this.names.set(directive, known);
    return known;
  }

  private findNames(directive: string): ReadonlySet<string> {
    const linked = this.features.filter(({ url, name }) => SPECIFIED_BY_APOLLO.test(url) && name !== 'link');
    const isFirstFederation = !linked.some(({ name }) => name === 'federation');
    return new Set([
      ...linked.map((feature) => feature.directiveNamed(directive)),
      ...(isFirstFederation ? [directive] : []),
    ]);
  }

  /** The applications of a directive of Federation. */
  applied(directives: readonly ConstDirectiveNode[], directive: string): ConstDirectiveNode[] {
    const names = this.namesOf(directive);
    return directives.filter(({ name }) => names.has(name.value));
  }

  /** The name of a type in the graph: root types may have other names in a subgraph. */
  nameOf(type: string): string {
    return this.rootNames.get(type) ?? type;
  }

  private addType(definition: DefinitionNode): void {
    const kind = KINDS[definition.kind];
    if (!kind) return;
    const node = definition as TypeDefinitionNode | TypeExtensionNode;
    const coordinate = this.nameOf(node.name.value);
    if (FEDERATION_ELEMENTS.has(coordinate) || /^(federation|link)__/.test(coordinate)) return;
    const before = this.types.get(coordinate);
    const type: TypeElement = {
      ...{ coordinate, node: before?.node ?? node, kind },
      directives: [...(before?.directives ?? []), ...(node.directives ?? [])],
      elements: before?.elements ?? new Map(),
      members: before?.members ?? new Map(),
      interfaces: before?.interfaces ?? new Set(),
    };
    this.types.set(coordinate, type);
    if ('interfaces' in node) for (const { name } of node.interfaces ?? []) type.interfaces.add(name.value);
    if ('types' in node) for (const member of node.types ?? []) type.members.set(member.name.value, member);
    const isExternal = this.applied(node.directives ?? [], 'external').length > 0;
    for (const element of partsOf(node)) this.addElement(type, element, isExternal);
  }

  private addElement(type: TypeElement, node: Element['node'], isTypeExternal: boolean): void {
    const coordinate = `${type.coordinate}.${node.name.value}`;
    if (FEDERATION_ELEMENTS.has(coordinate)) return;
    const directives = node.directives ?? [];
    const isExternal = isTypeExternal || this.applied(directives, 'external').length > 0;
    type.elements.set(coordinate, { coordinate, node, directives, isExternal });
  }

  private composedNames(): string[] {
    return this.document.definitions.flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? this.applied(definition.directives ?? [], 'composeDirective').flatMap(({ arguments: nodes = [] }) =>
            nodes.flatMap(({ value }) => (value.kind === Kind.STRING ? [value.value.replace(/^@/, '')] : [])),
          )
        : [],
    );
  }
}

function partsOf(node: TypeDefinitionNode | TypeExtensionNode): readonly Element['node'][] {
  if ('fields' in node) return node.fields ?? [];
  return 'values' in node ? (node.values ?? []) : [];
}

const known = new WeakMap<Published, SubgraphElements>();

/** The elements of each subgraph. @throws GraphQLError for invalid syntax */
export const elementsOf = (subgraphs: readonly Published[]): SubgraphElements[] =>
  subgraphs.map((subgraph) => {
    const elements = known.get(subgraph) ?? new SubgraphElements(subgraph.name, subgraphDocument(subgraph));
    known.set(subgraph, elements);
    return elements;
  });

/** The arguments of a field; other elements have none. */
export const parametersOf = (node: Element['node']): readonly InputValueDefinitionNode[] =>
  ('arguments' in node && node.arguments) || [];

/** File, line, and column of a node, as `file:line:column`. */
export function placeOf({ loc }: ASTNode): string {
  if (!loc) return '';
  const { line, column } = getLocation(loc.source, loc.start);
  return `${loc.source.name}:${line}:${column}`;
}
