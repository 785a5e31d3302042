import {
  BREAK,
  type ConstDirectiveNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  parse,
  TypeInfo,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { ExactNumber } from '../transport/exact-json';

/** An object of the answer under construction, as subgraphs gave it, keyed by response name. */
export type AnswerObject = Record<string, unknown>;

export const isObject = (value: unknown): value is AnswerObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** Which object types a type condition takes in, by the whole supergraph. */
export class TypeConditions {
  private readonly possible = new Map<string, ReadonlySet<string>>();
  private readonly objects = new Set<string>();
  private readonly keys = new Map<string, readonly (readonly string[])[]>();

  constructor(private readonly schema: GraphQLSchema) {
    for (const type of Object.values(schema.getTypeMap())) {
      if (isObjectType(type)) {
        this.objects.add(type.name);
        this.possible.set(type.name, new Set([type.name]));
      }
      // the interface's own name stands for an object of which a subgraph knows only the interface (`@interfaceObject`)
      else if (isAbstractType(type))
        this.possible.set(type.name, new Set([type.name, ...schema.getPossibleTypes(type).map(({ name }) => name)]));
    }
  }

  /** Whether objects can be of this very type. */
  isObjectType(name: unknown): boolean {
    return typeof name === 'string' && this.objects.has(name);
  }

  /** Object types, and the condition's own name. */
  matching(condition: string): ReadonlySet<string> {
    return this.possible.get(condition) ?? new Set([condition]);
  }

  /**
   * The keys by which a subgraph knows entities of a type, each as the names of its outermost fields. None when it is known by none, or
   * the supergraph does not say.
   */
  keysOf(subgraph: string, typename: string): readonly (readonly string[])[] {
    const id = `${subgraph}\0${typename}`;
    let keys = this.keys.get(id);
    if (!keys) {
      keys = keysIn(this.schema, subgraph, typename);
      this.keys.set(id, keys);
    }
    return keys;
  }

  /** Whether an operation selects fields of custom scalars. */
  hasCustomScalars(operation: string): boolean {
    const typeInfo = new TypeInfo(this.schema);
    let isFound = false;
    const Field = () => {
      const type = getNamedType(typeInfo.getType());
      if (!isScalarType(type) || isSpecifiedScalarType(type)) return undefined;
      isFound = true;
      return BREAK;
    };
    visit(parse(operation, { noLocation: true }), visitWithTypeInfo(typeInfo, { Field }));
    return isFound;
  }

  matchingAny(conditions: readonly string[]): ReadonlySet<string> {
    return new Set(conditions.flatMap((condition) => [...this.matching(condition)]));
  }
}

function keysIn(schema: GraphQLSchema, subgraph: string, typename: string): string[][] {
  const type = schema.getType(typename);
  const graphs = schema.getType('join__Graph');
  if (!(isObjectType(type) || isInterfaceType(type)) || !isEnumType(graphs)) return [];
  const graph = graphs
    .getValues()
    .find(({ astNode }) => astNode?.directives?.some((one) => argumentOf(one, 'name') === subgraph))?.name;
  // a subgraph may know the objects by an interface only
  return [type, ...type.getInterfaces()].flatMap(({ astNode }) =>
    (astNode?.directives ?? []).flatMap((one) => {
      const key = argumentOf(one, 'key');
      return one.name.value === 'join__type' && argumentOf(one, 'graph') === graph && typeof key === 'string'
        ? [fieldsOf(key)]
        : [];
    }),
  );
}

function argumentOf({ arguments: given = [] }: ConstDirectiveNode, name: string): unknown {
  const found = given.find((one) => one.name.value === name);
  return found && valueFromASTUntyped(found.value);
}

/** Names of the outermost fields of a field set. */
function fieldsOf(fieldSet: string): string[] {
  const [definition] = parse(`{${fieldSet}}`, { noLocation: true }).definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION
    ? definition.selectionSet.selections.flatMap((one) => (one.kind === Kind.FIELD ? [one.name.value] : []))
    : [];
}
