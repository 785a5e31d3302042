import {
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { definitionOf, TYPENAME } from '../planning/selected';

/** What traces may show of plans: callers see the API schema, and plans may also fetch what it hides. */
export class PlanVisibility {
  /** Whether the supergraph has fields or types that the API schema hides. */
  private readonly hidesElements: boolean;
  /**
   * Whether traces have counts of entities and sizes of responses. Where the gateway itself protects or hides fields, a plan may fetch them
   * for other fields, and a size would reveal something about their values.
   */
  readonly showsSizes: boolean;

  /** @param hasAccessRules whether the gateway withholds fields by the supergraph's access rules */
  constructor(
    private readonly api: GraphQLSchema,
    whole: GraphQLSchema,
    hasAccessRules: boolean,
  ) {
    this.hidesElements = Object.values(whole.getTypeMap()).some((type) => isHiddenIn(api, type));
    this.showsSizes = !hasAccessRules && !this.hidesElements;
  }

  hasType(name: string): boolean {
    return this.api.getType(name) !== undefined;
  }

  /** The text of a fetch's operation, without hidden elements. */
  operation(text: string): string {
    if (!this.hidesElements) return text;
    const definition = definitionOf(text);
    const root = this.api.getRootType(definition.operation) ?? undefined;
    const selectionSet = this.selections(definition.selectionSet, root);
    const used = new Set<string>();
    visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
    const variableDefinitions = definition.variableDefinitions?.filter(({ variable }) => used.has(variable.name.value));
    return stripIgnoredCharacters(print({ ...definition, variableDefinitions, selectionSet }));
  }

  private selections({ selections }: SelectionSetNode, parent: GraphQLNamedType | undefined): SelectionSetNode {
    const visible = selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return this.field(selection, parent);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
      const { typeCondition } = selection;
      const type = typeCondition ? this.api.getType(typeCondition.name.value) : parent;
      return type ? [{ ...selection, selectionSet: this.selections(selection.selectionSet, type) }] : [];
    });
    return { kind: Kind.SELECTION_SET, selections: visible.length > 0 ? visible : [TYPENAME] };
  }

  private field(node: FieldNode, parent: GraphQLNamedType | undefined): FieldNode[] {
    const name = node.name.value;
    if (name === '__typename') return [node];
    // its fragments name the types
    if (name === ENTITIES) return [{ ...node, selectionSet: this.selections(node.selectionSet!, undefined) }];
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
    if (!field) return [];
    const args = node.arguments?.filter((argument) =>
      field.args.some((visible) => visible.name === argument.name.value),
    );
    const selectionSet = node.selectionSet && this.selections(node.selectionSet, getNamedType(field.type));
    return [{ ...node, arguments: args, selectionSet }];
  }
}

/** The root field by which Federation looks entities up. */
const ENTITIES = '_entities';

function isHiddenIn(api: GraphQLSchema, type: GraphQLNamedType): boolean {
  if (!isObjectType(type) && !isInterfaceType(type)) return false;
  const visible = api.getType(type.name);
  if (!isObjectType(visible) && !isInterfaceType(visible)) return !type.name.startsWith('__');
  return Object.keys(type.getFields()).some((name) => !Object.hasOwn(visible.getFields(), name));
}
