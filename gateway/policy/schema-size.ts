import {
  __Schema,
  __Type,
  type DocumentNode,
  type FieldNode,
  type FragmentSpreadNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getIntrospectionQuery,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';

/** Cost of the standard introspection query. */
const STANDARD_COST = 20_000;

/** Maximum size of an introspection, as a multiple of the standard introspection query. */
const TIMES_STANDARD = 2;

/**
 * Counts the schema values that an operation requests, and the fragments that it spreads on each of them. Introspection runs synchronously,
 * and its nested lists multiply: a small operation can request hundreds of millions of values.
 */
export class SchemaSize {
  /** Values of the standard introspection query. */
  private standard: number | undefined;
  private readonly sizes = new WeakMap<DocumentNode, number>();

  constructor(private readonly schema: GraphQLSchema) {}

  /** Maximum values that an operation may request. */
  get max(): number {
    this.standard ??= new Count(this.schema, standardIntrospection(), Number.POSITIVE_INFINITY).operation();
    return TIMES_STANDARD * this.standard;
  }

  /** Cost of an introspection in units of other work: the standard introspection query takes a fifth of a second. */
  cost(document: DocumentNode): number {
    return Math.ceil((TIMES_STANDARD * STANDARD_COST * Math.min(this.of(document), this.max)) / this.max);
  }

  /**
   * Values that an operation requests, and fragments on each, with everything deprecated and skipped: infinite above the maximum, where counting stops.
   * @param document an operation with its fragments
   */
  of(document: DocumentNode): number {
    let size = this.sizes.get(document);
    if (size === undefined) {
      size = new Count(this.schema, document, this.max).operation();
      this.sizes.set(document, size);
    }
    return size;
  }
}

const standardIntrospection = (): DocumentNode =>
  parse(
    getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
    }),
    { noLocation: true },
  );

/** One count, which stops soon after `limit` values. */
class Count {
  private readonly fragments = new Map<string, SelectionSetNode>();
  /** Fields and fragments, each for every object of the schema that it is selected on. */
  private values = 0;
  private largestTypes: readonly unknown[] | undefined;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly document: DocumentNode,
    private readonly limit: number,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION)
        this.fragments.set(definition.name.value, definition.selectionSet);
  }

  operation(): number {
    const operation = this.document.definitions.find(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    );
    if (operation) this.addRoot(operation.selectionSet);
    return this.values > this.limit ? Number.POSITIVE_INFINITY : this.values;
  }

  private addRoot({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (this.values > this.limit) return;
      this.values += 1;
      if (selection.kind !== Kind.FIELD) {
        this.addRoot(this.inner(selection));
        continue;
      }
      const { name, selectionSet } = selection;
      if (name.value === '__schema') this.add(selectionSet!, __Schema, this.schema);
      if (name.value === '__type') for (const type of this.typesOf(selection)) this.add(selectionSet!, __Type, type);
    }
  }

  private inner(selection: FragmentSpreadNode | InlineFragmentNode): SelectionSetNode {
    return selection.kind === Kind.INLINE_FRAGMENT ? selection.selectionSet : this.fragments.get(selection.name.value)!;
  }

  /** The type that `__type` names; if a variable names it, the largest type of each kind, since it may be any of them. */
  private typesOf({ arguments: given = [] }: FieldNode): readonly unknown[] {
    const name = given[0]?.value;
    if (name?.kind === Kind.STRING) return [this.schema.getType(name.value)];
    this.largestTypes ??= this.largest();
    return this.largestTypes;
  }

  private largest(): readonly unknown[] {
    const types = Object.values(this.schema.getTypeMap());
    const largest = (size: (type: GraphQLNamedType) => number) => types.reduce((a, b) => (size(b) > size(a) ? b : a));
    return [
      largest((type) => (isObjectType(type) || isInterfaceType(type) ? Object.keys(type.getFields()).length : 0)),
      largest((type) => (isInputObjectType(type) ? Object.keys(type.getFields()).length : 0)),
      largest((type) => (isEnumType(type) ? type.getValues().length : 0)),
      largest((type) => (isAbstractType(type) ? this.schema.getPossibleTypes(type).length : 0)),
    ];
  }

  /** Adds the values of one object of the schema. @param source the object; null or undefined has none */
  private add(selectionSet: SelectionSetNode, type: GraphQLObjectType, source: unknown): void {
    if (source === null || source === undefined) return;
    for (const selection of selectionSet.selections) {
      if (this.values > this.limit) return;
      this.values += 1;
      if (selection.kind !== Kind.FIELD) this.add(this.inner(selection), type, source);
      else if (selection.selectionSet)
        this.addBelow(selection.selectionSet, type.getFields()[selection.name.value]!, source);
    }
  }

  private addBelow(selectionSet: SelectionSetNode, field: GraphQLField<unknown, unknown>, source: unknown): void {
    const value: unknown = field.resolve!(source, ALL, undefined, { schema: this.schema } as GraphQLResolveInfo);
    const type = getNamedType(field.type) as GraphQLObjectType;
    for (const element of Array.isArray(value) ? value : [value]) this.add(selectionSet, type, element);
  }
}

const ALL = { includeDeprecated: true };
