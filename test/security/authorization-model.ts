import {
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';

/** Whether a caller satisfies a rule. */
export type ModelRule = (caller: ModelCaller) => boolean;

export interface ModelCaller {
  readonly hasToken: boolean;
  readonly scopes: readonly string[];
}

export interface ModelObject {
  readonly __typename: string;
  readonly id: string;
}

/** The data: the value of a field of an object; objects for composite types. */
export type ModelData = (object: ModelObject, field: string) => unknown;

interface Place {
  readonly selectionSet: SelectionSetNode;
  readonly parent: string;
  readonly possible: ReadonlySet<string>;
}

interface Occurrence {
  readonly field: string;
  readonly parent: string;
  readonly possible: ReadonlySet<string>;
  readonly selectionSet: SelectionSetNode | undefined;
}

/**
 * Who may read which part of an operation, written for reading rather than speed and independently of the gateway: it checks
 * concrete types one by one, and never interfaces as such.
 */
export class AuthorizationModel {
  private readonly fragments = new Map<string, FragmentDefinitionNode>();
  private readonly operation: OperationDefinitionNode;

  constructor(
    private readonly schema: GraphQLSchema,
    /** Rules by `Type` and `Type.field` of object types; by interface, those declared on it. */
    private readonly rules: ReadonlyMap<string, readonly ModelRule[]>,
    document: DocumentNode,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {
    for (const definition of document.definitions)
      if (definition.kind === Kind.FRAGMENT_DEFINITION) this.fragments.set(definition.name.value, definition);
    this.operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION)!;
  }

  /** Whether the operation reads something that the caller may not read. */
  readsForbidden(caller: ModelCaller): boolean {
    const look = (type: string, places: readonly Place[]): boolean =>
      [...this.collect(type, places).values()].some((occurrences) => {
        if (occurrences.some((occurrence) => this.isForbidden(occurrence, caller))) return true;
        const below = this.placesBelow(occurrences);
        return [...(below[0]?.possible ?? [])].some((inner) => look(inner, below));
      });
    return look('Query', [this.root()]);
  }

  /** The response in which fields that the caller may not read fail, and the paths of the failures. */
  answer(caller: ModelCaller, data: ModelData): { readonly data: unknown; readonly denied: readonly string[] } {
    const denied: string[] = [];
    const NULLED = Symbol('nulled');
    const object = (value: ModelObject, places: readonly Place[], path: string): unknown => {
      const result: [string, unknown][] = [];
      let isNulled = false;
      for (const [key, occurrences] of this.collect(value.__typename, places)) {
        const { field } = occurrences[0]!;
        const at = path === '' ? key : `${path}.${key}`;
        if (field === '__typename') {
          result.push([key, value.__typename]);
          continue;
        }
        const type = this.fieldOf(value.__typename, field).type;
        let inner: unknown = null;
        if (occurrences.some((occurrence) => this.isForbidden(occurrence, caller))) denied.push(at);
        else inner = complete(data(value, field), this.placesBelow(occurrences), at, isListType(type));
        if (inner === null && isNonNullType(type)) isNulled = true;
        result.push([key, inner]);
      }
      if (isNulled) return NULLED;
      return JSON.parse(`{${result.map(([key, inner]) => `${JSON.stringify(key)}:${JSON.stringify(inner)}`).join()}}`);
    };
    const complete = (value: unknown, places: readonly Place[], path: string, isList: boolean): unknown => {
      if (isList) return (value as unknown[]).map((item, index) => complete(item, places, `${path}.${index}`, false));
      if (typeof value !== 'object' || value === null) return value;
      const completed = object(value as ModelObject, places, path);
      return completed === NULLED ? null : completed;
    };
    const whole = object({ __typename: 'Query', id: 'Query-0' }, [this.root()], '');
    return { data: whole === NULLED ? null : whole, denied };
  }

  private root(): Place {
    return { selectionSet: this.operation.selectionSet, parent: 'Query', possible: new Set(['Query']) };
  }

  private isForbidden({ field, parent, possible, selectionSet }: Occurrence, caller: ModelCaller): boolean {
    if (field === '__typename') return false;
    const needs = [...possible].flatMap((type) => [this.of(type), this.of(`${type}.${field}`)]);
    const type = getNamedType(this.fieldOf(parent, field).type);
    needs.push(this.of(type.name));
    if (selectionSet) {
      const possibleBelow = this.possible(type.name);
      for (const inner of possibleBelow) {
        const place = { selectionSet, parent: type.name, possible: possibleBelow };
        if (this.collect(inner, [place]).size > 0) needs.push(this.of(inner));
      }
    }
    return needs.flat().some((rule) => !rule(caller));
  }

  private of(coordinate: string): readonly ModelRule[] {
    return this.rules.get(coordinate) ?? [];
  }

  /** By response key, the fields that an object of a type has. */
  private collect(type: string, places: readonly Place[]): Map<string, Occurrence[]> {
    const occurrences = new Map<string, Occurrence[]>();
    const look = ({ selectionSet, parent, possible }: Place): void => {
      for (const selection of selectionSet.selections) {
        if (!this.isLeftIn(selection.directives)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value;
          const occurrence = { field: selection.name.value, parent, possible, selectionSet: selection.selectionSet };
          occurrences.set(key, [...(occurrences.get(key) ?? []), occurrence]);
          continue;
        }
        const { typeCondition, selectionSet: inner } =
          selection.kind === Kind.FRAGMENT_SPREAD ? this.fragments.get(selection.name.value)! : selection;
        const on = typeCondition?.name.value ?? parent;
        const within = new Set([...possible].filter((name) => this.possible(on).has(name)));
        if (within.has(type)) look({ selectionSet: inner, parent: on, possible: within });
      }
    };
    for (const place of places) if (place.possible.has(type)) look(place);
    return occurrences;
  }

  private placesBelow(occurrences: readonly Occurrence[]): Place[] {
    return occurrences.flatMap(({ field, parent, selectionSet }) => {
      if (!selectionSet || field.startsWith('__')) return [];
      const type = getNamedType(this.fieldOf(parent, field).type).name;
      return [{ selectionSet, parent: type, possible: this.possible(type) }];
    });
  }

  private fieldOf(type: string, field: string) {
    const parent = this.schema.getType(type);
    if (!isObjectType(parent) && !isInterfaceType(parent)) throw new Error(`${type} has no fields`);
    return parent.getFields()[field]!;
  }

  private possible(name: string): ReadonlySet<string> {
    const type = this.schema.getType(name);
    if (!isCompositeType(type)) return new Set();
    return new Set(isAbstractType(type) ? this.schema.getPossibleTypes(type).map((inner) => inner.name) : [name]);
  }

  private isLeftIn(directives: readonly DirectiveNode[] = []): boolean {
    return directives.every(({ name, arguments: [condition] = [] }) => {
      if (!condition) return true;
      const { value } = condition;
      const isOn =
        value.kind === Kind.BOOLEAN ? value.value : value.kind === Kind.VARIABLE && this.valueOf(value.name.value);
      return name.value === 'skip' ? !isOn : isOn;
    });
  }

  private valueOf(name: string): boolean {
    if (name in this.variables) return this.variables[name] === true;
    const definition = this.operation.variableDefinitions!.find(({ variable }) => variable.name.value === name)!;
    return definition.defaultValue?.kind === Kind.BOOLEAN && definition.defaultValue.value;
  }
}
