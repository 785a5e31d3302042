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

/** An operation may ask for so many times what the standard introspection query asks for. */
const TIMES_STANDARD = 2;

/**
 * Estimates how many values of a schema an operation asks for. Introspection is executed in one go, and lists within lists of it multiply:
 * a small operation can ask for hundreds of millions of values.
 */
export class SchemaSize {
  /** Values that an operation may ask for. */
  readonly most: number;
  /** Values of the standard introspection query. */
  private readonly standard: number;
  /** How many objects a list has on average, by the field of introspection that leads to it. */
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
    this.most = TIMES_STANDARD * this.standard;
  }

  /** What it costs to answer about the schema, as other work does: the standard introspection query takes a fifth of a second. */
  cost(document: DocumentNode): number {
    return Math.ceil((STANDARD_COST * this.estimate(document)) / this.standard);
  }

  /** @param document an operation, with the fragments that it spreads */
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
  private readonly known = new Map<SelectionSetNode, number>();

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

  /** Values in one object. Fragments are looked at once. */
  private values(selectionSet: SelectionSetNode): number {
    let values = this.known.get(selectionSet);
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
    this.known.set(selectionSet, values);
    return values;
  }
}

/** Names of fields are enough: those of one name lead to lists that are about as long. */
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
    // the largest type may be the one that is asked for
    ['__type', largest / average],
  ]);
}

/** The average of those that there are; not less than one. */
function mean(lengths: readonly number[]): number {
  const present = lengths.filter((length) => length > 0);
  return present.reduce((sum, length) => sum + length, 0) / present.length || 1;
}
