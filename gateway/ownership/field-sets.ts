import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';
import { argumentsOf, namedTypeOf } from '../supergraph/ast';
import { type Element, parametersOf, type SubgraphElements, type TypeElement } from './elements';

/** The selection set of a `FieldSet`, with or without braces; empty if it is not one, which composition reports. */
export function selectionSetOf(text: string): SelectionSetNode {
  const set = text.trim().startsWith('{') ? text : `{ ${text} }`;
  try {
    const [operation] = parse(set, { noLocation: true }).definitions as [OperationDefinitionNode];
    return operation.selectionSet;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { kind: Kind.SELECTION_SET, selections: [] };
  }
}

/** The fields of a `FieldSet`, without those below them. */
export const topLevelFields = (text: string): string[] =>
  selectionSetOf(text).selections.flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : []));

/** A `FieldSet` in one form: fields in the order of their names, without aliases and arguments of other forms. */
export function sortedFields(text: string): string {
  const sorted = ({ selections }: SelectionSetNode): string =>
    selections
      .map((selection) => {
        const below =
          'selectionSet' in selection && selection.selectionSet ? ` { ${sorted(selection.selectionSet)} }` : '';
        if (selection.kind === Kind.FIELD) return `${selection.name.value}${below}`;
        return selection.kind === Kind.INLINE_FRAGMENT
          ? `... on ${selection.typeCondition?.name.value ?? ''}${below}`
          : print(selection);
      })
      .sort()
      .join(' ');
  return sorted(selectionSetOf(text));
}

/** A context and what is selected from it; Federation ignores blanks, commas, and comments before and after the `$`. */
const CONTEXT = /^(?:[\s,\uFEFF]|#[^\n\r]*[\n\r])*\$(?:[\s,\uFEFF]|#[^\n\r]*[\n\r])*([A-Za-z_]\w*)([\s\S]*)$/;

/** What a field's `@derivedFrom` states; undefined without it. */
export function derivationOf({
  directives,
}: Pick<Element, 'directives'>):
  | { readonly fields: readonly string[]; readonly coarsened: string | undefined }
  | undefined {
  const directive = directives.find(({ name }) => name.value === 'derivedFrom');
  if (!directive) return undefined;
  const { fields = [], coarsened } = argumentsOf(directive) as { fields?: readonly string[]; coarsened?: string };
  return { fields, coarsened };
}

/** The fields that a subgraph's fields get from others, or answer for them, by coordinate. */
export class FieldSets {
  private readonly contexts: readonly { readonly type: string; readonly name: unknown }[];

  /**
   * @param all the subgraphs, whose objects of interfaces and unions have the fields too
   * @param objectsOf the types of the objects of an interface or union
   */
  constructor(
    private readonly elements: SubgraphElements,
    private readonly all: readonly SubgraphElements[],
    private readonly objectsOf: (type: string) => readonly string[],
  ) {
    this.contexts = [...elements.types.values()].flatMap(({ coordinate, directives }) =>
      elements
        .applied(directives, 'context')
        .map((directive) => ({ type: coordinate, name: argumentsOf(directive).name })),
    );
  }

  /** Coordinates of the fields that a field requires by `@requires`, or takes from a context by `@fromContext`. */
  requiredBy({ coordinate, node, directives }: Element): string[] {
    const [type = ''] = coordinate.split('.');
    return [
      ...this.fieldsOf(directives, 'requires').flatMap((fields) => this.selected(type, fields)),
      ...parametersOf(node).flatMap((parameter) =>
        this.elements
          .applied(parameter.directives ?? [], 'fromContext')
          .flatMap((directive) => this.fromContext(directive)),
      ),
    ];
  }

  /** Coordinates of the fields that a field answers for others by `@provides`. */
  providedBy({ node, directives }: Element): string[] {
    const type = this.elements.nameOf(namedTypeOf((node as FieldDefinitionNode).type));
    return this.fieldsOf(directives, 'provides').flatMap((fields) => this.selected(type, fields));
  }

  /** Coordinates of the fields of the keys of a type. */
  keyFieldsOf({ coordinate, directives }: TypeElement): string[] {
    return this.fieldsOf(directives, 'key').flatMap((fields) => this.selected(coordinate, fields));
  }

  private fieldsOf(directives: readonly ConstDirectiveNode[], directive: string): SelectionSetNode[] {
    return this.elements
      .applied(directives, directive)
      .map((applied) => argumentsOf(applied).fields)
      .filter((fields) => typeof fields === 'string')
      .map(selectionSetOf);
  }

  private fromContext(directive: ConstDirectiveNode): string[] {
    const [, context, selection = ''] = CONTEXT.exec(String(argumentsOf(directive).field)) ?? [];
    const set = selectionSetOf(selection);
    return this.contexts.flatMap(({ name, type }) => (name === context ? this.selected(type, set) : []));
  }

  private selected(type: string, { selections }: SelectionSetNode): string[] {
    return selections.flatMap((selection): string[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return this.selected(this.elements.nameOf(selection.typeCondition?.name.value ?? type), selection.selectionSet);
      if (selection.name.value === '__typename') return [];
      return [type, ...this.objectsOf(type)].flatMap((possible) => {
        const coordinate = `${possible}.${selection.name.value}`;
        const node = this.fieldOf(possible, coordinate);
        if (possible !== type && !node) return [];
        const below = node && 'type' in node ? this.elements.nameOf(namedTypeOf(node.type)) : '';
        return [coordinate, ...(selection.selectionSet ? this.selected(below, selection.selectionSet) : [])];
      });
    });
  }

  /** A field as this subgraph defines it, or another one. */
  private fieldOf(type: string, coordinate: string): Element['node'] | undefined {
    for (const { types } of [this.elements, ...this.all]) {
      const element = types.get(type)?.elements.get(coordinate);
      if (element) return element.node;
    }
    return undefined;
  }
}
