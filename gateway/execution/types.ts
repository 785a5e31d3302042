import {
  BREAK,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isObjectType,
  isScalarType,
  isSpecifiedScalarType,
  parse,
  TypeInfo,
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
