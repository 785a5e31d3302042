import {
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { isRendered, responseName, type Withheld, withheldOf } from '../planning/normalize';

/** A field of the answer, for objects of one type. */
export interface OutputField {
  /** Its name in what subgraphs give. */
  readonly key: string;
  /** Its name in the answer. */
  readonly name: string;
  readonly parent: string;
  readonly field: string;
  /** Undefined for `__typename` and introspection. */
  readonly type: GraphQLOutputType | undefined;
  /** The shapes of the objects in it, when it has any. */
  readonly objects: Shapes | undefined;
  /** Why it is not given to whoever asks. */
  readonly withheld: Withheld | undefined;
}

/** Which fields objects of one type have in the answer. */
export interface Shape {
  readonly typename: string;
  /** Whether objects can be of this very type. */
  readonly isObjectType: boolean;
  /** Whether objects of the types of this interface or union have fields that it has not: of which type it is must be known. */
  readonly isAmbiguous: boolean;
  readonly fields: readonly OutputField[];
}

/** Values of the operation's condition variables. */
export type Conditions = Readonly<Record<string, boolean>>;

/** Whether conditions leave a selection in. */
export function isIncluded({ directives }: SelectionSetNode['selections'][number], conditions: Conditions): boolean {
  for (const { name, arguments: given } of directives ?? []) {
    const value = given?.[0]?.value;
    if (value?.kind !== Kind.VARIABLE) continue;
    const isTrue = conditions[value.name.value] === true;
    if (name.value === 'skip' && isTrue) return false;
    if (name.value === 'include' && !isTrue) return false;
  }
  return true;
}

/** What the objects of one position have in the answer, by their type; found out when the first one is met. */
export class Shapes {
  private readonly byType = new Map<string, Shape | undefined>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly conditions: Conditions,
    readonly declared: string,
    private readonly selectionSets: readonly SelectionSetNode[],
    /** Response names on the way here. */
    private readonly place = '',
    /** Places where objects that are the same entity are one object. */
    private readonly sharedPlaces: ReadonlySet<string> = new Set(),
  ) {}

  /** Whether one object may stand here several times. */
  get isShared(): boolean {
    return this.sharedPlaces.has(this.place);
  }

  /** The shape of an object that says of itself to be of a type; undefined when clients may not know such a type. */
  of(typename: unknown): Shape | undefined {
    const declared = this.schema.getType(this.declared);
    const name = typeof typename === 'string' && isAbstractType(declared) ? typename : this.declared;
    if (!this.byType.has(name)) this.byType.set(name, this.shape(name));
    return this.byType.get(name);
  }

  /** Whether conditions leave anything of a selection set in the answer. */
  private shows({ selections }: SelectionSetNode): boolean {
    return selections.some(
      (one) =>
        isIncluded(one, this.conditions) &&
        (one.kind === Kind.FIELD ? isRendered(one) : one.kind === Kind.INLINE_FRAGMENT && this.shows(one.selectionSet)),
    );
  }

  private shape(typename: string): Shape | undefined {
    const type = this.schema.getType(typename);
    if (!isCompositeType(type)) return undefined;
    const gathered = new Map<string, { key: string; field: string; sets: SelectionSetNode[]; withheld?: Withheld }>();
    let isAmbiguous = false;
    const gather = ({ selections }: SelectionSetNode): void => {
      for (const selection of selections) {
        if (!isIncluded(selection, this.conditions)) continue;
        if (selection.kind === Kind.FIELD) {
          if (!isRendered(selection)) continue;
          const key = selection.alias?.value ?? selection.name.value;
          let entry = gathered.get(key);
          if (!entry) {
            entry = { key, field: selection.name.value, sets: [] };
            gathered.set(key, entry);
          }
          entry.withheld ??= withheldOf(selection);
          if (selection.selectionSet) entry.sets.push(selection.selectionSet);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition && this.schema.getType(selection.typeCondition.name.value);
          if (
            !condition ||
            condition === type ||
            (isAbstractType(condition) &&
              (isObjectType(type) || isInterfaceType(type)) &&
              this.schema.isSubType(condition, type))
          )
            gather(selection.selectionSet);
          else if (isAbstractType(type) && this.shows(selection.selectionSet)) isAmbiguous = true;
        }
      }
    };
    for (const set of this.selectionSets) gather(set);
    const definitions = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
    return {
      typename,
      isObjectType: isObjectType(type),
      isAmbiguous,
      fields: [...gathered.values()].map(({ key, field, sets, withheld }) => {
        const output = field.startsWith('__') ? undefined : definitions[field]!.type;
        const named = output && getNamedType(output);
        return {
          key,
          name: responseName(key),
          parent: typename,
          field,
          withheld,
          type: output,
          objects:
            named && isCompositeType(named)
              ? new Shapes(
                  this.schema,
                  this.conditions,
                  named.name,
                  sets,
                  this.place === '' ? key : `${this.place}\0${key}`,
                  this.sharedPlaces,
                )
              : undefined,
        };
      }),
    };
  }
}
