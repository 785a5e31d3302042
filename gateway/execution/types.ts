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

/** An object of the answer under construction, as subgraphs returned it, keyed by response name. */
export type AnswerObject = Record<string, unknown>;

export const isObject = (value: unknown): value is AnswerObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

/** The object types that match a type condition, by the whole supergraph. */
export class TypeConditions {
  private readonly possible = new Map<string, ReadonlySet<string>>();
  private readonly objects = new Set<string>();

  constructor(private readonly schema: GraphQLSchema) {
    for (const type of Object.values(schema.getTypeMap())) {
      if (isObjectType(type)) {
        this.objects.add(type.name);
        this.possible.set(type.name, new Set([type.name]));
      }
      // the interface's name represents objects that a subgraph knows only by the interface (`@interfaceObject`)
      else if (isAbstractType(type))
        this.possible.set(type.name, new Set([type.name, ...schema.getPossibleTypes(type).map(({ name }) => name)]));
    }
  }

  /** Whether this is a concrete object type. */
  isObjectType(name: unknown): boolean {
    return typeof name === 'string' && this.objects.has(name);
  }

  /** Matching object types, and the name of the condition. */
  matching(condition: string): ReadonlySet<string> {
    return this.possible.get(condition) ?? new Set([condition]);
  }

  /** Whether an operation selects fields of custom scalars. */
  hasCustomScalars(operation: string): boolean {
    const typeInfo = new TypeInfo(this.schema);
    let hasCustom = false;
    const Field = () => {
      const type = getNamedType(typeInfo.getType());
      if (!isScalarType(type) || isSpecifiedScalarType(type)) return undefined;
      hasCustom = true;
      return BREAK;
    };
    visit(parse(operation, { noLocation: true }), visitWithTypeInfo(typeInfo, { Field }));
    return hasCustom;
  }

  matchingAny(conditions: readonly string[]): ReadonlySet<string> {
    return new Set(conditions.flatMap((condition) => [...this.matching(condition)]));
  }
}
