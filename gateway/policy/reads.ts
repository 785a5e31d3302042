import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { variablesOfConditions } from '../operation/conditions';
import { operationOf } from '../operation/normalize';
import type { AccessRules, Rule } from './access-rules';

/** A field that an operation reads, with the rules that its caller must satisfy. */
export interface FieldRead {
  /** A node of {@link OperationReads.document}. */
  readonly node: FieldNode;
  readonly rules: readonly Rule[];
  /** The field of the schema, as `Type.field`. */
  readonly coordinate: string;
}

/** Values of conditions by variable. A missing value keeps the selections. */
export type ConditionValues = ReadonlyMap<string, boolean>;

/**
 * The fields that one operation reads, with their rules. The object types possible at a place, by the enclosing fragments, decide:
 * a field needs the rules of these types and of their fields of its name; a field that returns objects also needs the rules of the types
 * that are read there, so that a caller who may not read a type does not learn whether such an object exists.
 */
export class OperationReads {
  /** The operation with every fragment spread expanded: the rules of a field depend on its place. */
  readonly document: DocumentNode;
  /** Selections of {@link document}. */
  readonly selections: number;
  private readonly operation: OperationDefinitionNode;
  /** Variables that conditions use. */
  private readonly conditions: readonly string[];

  /** @param document valid against the schema */
  constructor(
    document: DocumentNode,
    operationName: string | undefined,
    private readonly schema: GraphQLSchema,
    private readonly rules: AccessRules,
  ) {
    const operation = operationOf(document, operationName);
    const inliner = new Inliner(document);
    this.operation = { ...operation, selectionSet: inliner.selectionSet(operation.selectionSet) };
    this.selections = inliner.selections;
    this.document = { kind: Kind.DOCUMENT, definitions: [this.operation] };
    this.conditions = variablesOfConditions(this.operation.selectionSet);
  }

  conditionValues(variables: Readonly<Record<string, unknown>>): ConditionValues {
    const values = new Map<string, boolean>();
    for (const name of this.conditions) {
      const value = Object.hasOwn(variables, name) ? variables[name] : this.defaultOf(name);
      if (typeof value === 'boolean') values.set(name, value);
    }
    return values;
  }

  /** The fields that have rules, except those that conditions skip. */
  fields(values: ConditionValues): readonly FieldRead[] {
    const root = this.schema.getRootType(this.operation.operation)!;
    const walk = new Walk(this.schema, this.rules, values);
    walk.selectionSet(this.operation.selectionSet, root, new Set([root]));
    return walk.fields.filter(({ rules }) => rules.length > 0);
  }

  private defaultOf(name: string): boolean | undefined {
    const definition = this.operation.variableDefinitions?.find(({ variable }) => variable.name.value === name);
    return definition?.defaultValue?.kind === Kind.BOOLEAN ? definition.defaultValue.value : undefined;
  }
}

type ObjectTypes = ReadonlySet<GraphQLObjectType>;

class Walk {
  readonly fields: FieldRead[] = [];

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly rules: AccessRules,
    private readonly values: ConditionValues,
  ) {}

  /** @param possible object types at this place @returns those that are read, even if only by `__typename` */
  selectionSet({ selections }: SelectionSetNode, parent: GraphQLCompositeType, possible: ObjectTypes): ObjectTypes {
    const read = new Set<GraphQLObjectType>();
    for (const selection of selections) {
      if (this.isLeftOut(selection.directives)) continue;
      for (const type of this.selection(selection, parent, possible)) read.add(type);
    }
    return read;
  }

  private selection(selection: SelectionNode, parent: GraphQLCompositeType, possible: ObjectTypes): ObjectTypes {
    if (selection.kind === Kind.FIELD) {
      this.field(selection, parent, possible);
      return possible;
    }
    if (selection.kind !== Kind.INLINE_FRAGMENT) throw new Error('fragment spreads must be expanded first');
    const { typeCondition, selectionSet } = selection;
    if (!typeCondition) return this.selectionSet(selectionSet, parent, possible);
    const type = this.schema.getType(typeCondition.name.value) as GraphQLCompositeType;
    const within = new Set([...this.possibleTypes(type)].filter((name) => possible.has(name)));
    // no object can have this type, so nothing is read
    return within.size === 0 ? within : this.selectionSet(selectionSet, type, within);
  }

  private field(node: FieldNode, parent: GraphQLCompositeType, possible: ObjectTypes): void {
    const name = node.name.value;
    // __typename reads its object types, whose rules the parent field gets
    if (name.startsWith('__') || isUnionType(parent)) return;
    const type = getNamedType(parent.getFields()[name]!.type);
    const rules = new Set<Rule>();
    for (const { name: owner } of [parent, ...possible]) {
      for (const rule of this.rules.ofType(owner)) rules.add(rule);
      for (const rule of this.rules.ofField(owner, name)) rules.add(rule);
    }
    const read = { node, rules: [] as readonly Rule[], coordinate: `${parent.name}.${name}` };
    this.fields.push(read);
    if (node.selectionSet && isCompositeType(type))
      for (const { name: returned } of this.selectionSet(node.selectionSet, type, this.possibleTypes(type)))
        for (const rule of this.rules.ofType(returned)) rules.add(rule);
    for (const rule of this.rules.ofType(type.name)) rules.add(rule);
    read.rules = [...rules];
  }

  private possibleTypes(type: GraphQLNamedType): ObjectTypes {
    if (isObjectType(type)) return new Set([type]);
    return new Set(isAbstractType(type) ? this.schema.getPossibleTypes(type) : []);
  }

  private isLeftOut(directives: readonly DirectiveNode[] = []): boolean {
    return directives.some(({ name, arguments: [condition] = [] }) => {
      if (!condition || (name.value !== 'skip' && name.value !== 'include')) return false;
      const { value } = condition;
      const isOn =
        value.kind === Kind.VARIABLE
          ? this.values.get(value.name.value)
          : value.kind === Kind.BOOLEAN
            ? value.value
            : undefined;
      return isOn === (name.value === 'skip');
    });
  }
}

/** Expands fragment spreads into separate nodes. */
class Inliner {
  selections = 0;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor({ definitions }: DocumentNode) {
    for (const definition of definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
  }

  selectionSet({ selections }: SelectionSetNode): SelectionSetNode {
    return { kind: Kind.SELECTION_SET, selections: selections.map((selection) => this.selection(selection)) };
  }

  private selection(selection: SelectionNode): SelectionNode {
    this.selections += 1;
    if (selection.kind === Kind.FRAGMENT_SPREAD) {
      const { typeCondition, selectionSet } = this.fragments.get(selection.name.value)!;
      const { directives } = selection;
      return { kind: Kind.INLINE_FRAGMENT, typeCondition, directives, selectionSet: this.selectionSet(selectionSet) };
    }
    if (!selection.selectionSet) return { ...selection };
    return { ...selection, selectionSet: this.selectionSet(selection.selectionSet) } as SelectionNode;
  }
}
