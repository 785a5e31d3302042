import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getIntrospectionQuery,
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
 * Estimates how many schema values an operation requests. Introspection runs synchronously, and its nested lists multiply:
 * a small operation can request hundreds of millions of values.
 */
export class SchemaSize {
  /** Maximum values that an operation may request. */
  readonly max: number;
  /** Values that the standard introspection query requests. */
  private readonly standard: number;
  /** Average list length by introspection field. */
  private readonly lengths: ReadonlyMap<string, number>;
  private readonly estimates = new WeakMap<DocumentNode, number>();

  constructor(schema: GraphQLSchema) {
    this.lengths = lengthsOf(schema);
    const standard = parse(
      getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
      }),
    );
    this.standard = this.estimate(standard);
    this.max = TIMES_STANDARD * this.standard;
  }

  /** Cost of an introspection in units of other work: the standard introspection query takes a fifth of a second. */
  cost(document: DocumentNode): number {
    return Math.ceil((STANDARD_COST * this.estimate(document)) / this.standard);
  }

  /** @param document an operation with its fragments */
  estimate(document: DocumentNode): number {
    let estimate = this.estimates.get(document);
    if (estimate === undefined) {
      estimate = Math.ceil(new Estimation(document, this.lengths).operation());
      this.estimates.set(document, estimate);
    }
    return estimate;
  }
}

class Estimation {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly cache = new Map<SelectionSetNode, number>();

  constructor(
    private readonly document: DocumentNode,
    private readonly lengths: ReadonlyMap<string, number>,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
  }

  operation(): number {
    const operation = this.document.definitions.find(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    );
    return operation ? this.values(operation.selectionSet) : 0;
  }

  /** Values in one object. Visits each fragment once. */
  private values(selectionSet: SelectionSetNode): number {
    let values = this.cache.get(selectionSet);
    if (values !== undefined) return values;
    values = 0;
    for (const selection of selectionSet.selections)
      if (selection.kind === Kind.FIELD) {
        const length = this.lengths.get(selection.name.value) ?? 1;
        values += length * (1 + (selection.selectionSet ? this.values(selection.selectionSet) : 0));
      } else {
        const { selectionSet: inner } =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
        values += this.values(inner);
      }
    this.cache.set(selectionSet, values);
    return values;
  }
}

/** Average list lengths by field name; fields of one name have similar lengths. */
function lengthsOf(schema: GraphQLSchema): Map<string, number> {
  const types = Object.values(schema.getTypeMap());
  const composites = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = composites.map((type) => Object.values(type.getFields()));
  const largest = Math.max(1, ...fields.map(({ length }) => length));
  const average = mean(fields.map(({ length }) => length));
  return new Map([
    ['types', types.length],
    ['directives', schema.getDirectives().length],
    ['fields', average],
    ['args', mean(fields.flat().map(({ args }) => args.length))],
    ['interfaces', mean(composites.map((type) => type.getInterfaces().length))],
    ['possibleTypes', mean(types.filter(isAbstractType).map((type) => schema.getPossibleTypes(type).length))],
    ['enumValues', mean(types.filter(isEnumType).map((type) => type.getValues().length))],
    ['inputFields', mean(types.filter(isInputObjectType).map((type) => Object.keys(type.getFields()).length))],
    // the operation may request the largest type
    ['__type', largest / average],
  ]);
}

/** The average, at least 1. */
function mean(lengths: readonly number[]): number {
  const present = lengths.filter((length) => length > 0);
  return present.reduce((sum, length) => sum + length, 0) / present.length || 1;
}
