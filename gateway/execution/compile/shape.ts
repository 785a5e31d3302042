import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { DeferredFragment } from '../../operation/defer';
import { isRendered, responseName, spreadOf, type Withheld, withheldOf } from '../../operation/normalize';
import type { AnswerObject } from '../types';

/** A field of the answer, for objects of one type. */
export interface OutputField {
  /** Its name in subgraph responses. */
  readonly key: string;
  /** Its name in the answer. */
  readonly name: string;
  readonly parent: string;
  readonly field: string;
  /** Undefined for `__typename` and introspection. */
  readonly type: GraphQLOutputType | undefined;
  /** Whether the field of an interface is nullable, and that of one of its object types is not. */
  readonly isStricter: boolean;
  /** The shapes of its objects, for composite types. */
  readonly objects: Shapes | undefined;
  /** Why it is withheld from the caller. */
  readonly withheld: Withheld | undefined;
}

/** The fields of one object type in the answer. */
export interface Shape {
  readonly typename: string;
  /** Whether this is a concrete object type. */
  readonly isObjectType: boolean;
  /** Whether the object types of this interface or union have additional fields, so that the concrete type is required. */
  readonly isAmbiguous: boolean;
  readonly fields: readonly OutputField[];
  /** Undefined if nothing is deferred. */
  readonly deferred?: DeferredFields;
}

/** Fields that are delivered after the other fields of an object. */
export interface DeferredFields {
  /** The fragments deferred on this object, outer before inner. */
  readonly fragments: readonly DeferredFragment[];
  /** Its fields by the set of fragments that wait for them: an "execution group" each. */
  readonly groups: readonly { readonly fragments: ReadonlySet<DeferredFragment>; readonly shape: Shape }[];
}

/** How the fragments of an operation are deferred. */
export interface Defers {
  readonly fragments: ReadonlyMap<SelectionNode, DeferredFragment>;
  /** Whether each fragment delivers all its fields, even those delivered elsewhere; otherwise each field is delivered once. */
  readonly repeatsFields: boolean;
}

/** Position of objects within deferred fragments. */
interface Delivery {
  readonly defers: Defers;
  /** The fragments that wait for these objects; empty for those of the initial result. */
  readonly within: ReadonlySet<DeferredFragment>;
  /** The innermost deferred fragment of each selection set of the position. */
  readonly innermost: readonly (DeferredFragment | undefined)[];
}

/** One selection of a field. */
interface FieldDetails {
  readonly node: FieldNode;
  readonly fragment: DeferredFragment | undefined;
}

/** By internal response name. */
type GroupedFields = Map<string, FieldDetails[]>;

/** The shapes of objects at one position, by type; computed on first use. */
export class Shapes {
  private readonly byType = new Map<string, Shape | undefined>();

  constructor(
    private readonly schema: GraphQLSchema,
    readonly declared: string,
    private readonly selectionSets: readonly SelectionSetNode[],
    /** Response names of the path. */
    private readonly place = '',
    /** Places where objects that are the same entity are one object. */
    private readonly sharedPlaces: ReadonlySet<string> = new Set(),
    private readonly delivery?: Delivery,
  ) {}

  /** The shapes of an operation's root whose deferred fragments are delivered later. */
  static deferring(schema: GraphQLSchema, root: string, selectionSet: SelectionSetNode, defers: Defers): Shapes {
    const delivery = { defers, within: new Set<DeferredFragment>(), innermost: [undefined] };
    return new Shapes(schema, root, [selectionSet], '', undefined, delivery);
  }

  /** Whether one object may occur here several times. */
  get isShared(): boolean {
    return this.sharedPlaces.has(this.place);
  }

  /** The shape for a `__typename`; undefined if the type is unknown or inaccessible. */
  of(typename: unknown): Shape | undefined {
    const declared = this.schema.getType(this.declared);
    const name = typeof typename === 'string' && isAbstractType(declared) ? typename : this.declared;
    if (!this.byType.has(name)) this.byType.set(name, this.shape(name));
    return this.byType.get(name);
  }

  /** Whether any field of a selection set is in the answer. */
  private shows({ selections }: SelectionSetNode): boolean {
    return selections.some((node) =>
      node.kind === Kind.FIELD ? isRendered(node) : node.kind === Kind.INLINE_FRAGMENT && this.shows(node.selectionSet),
    );
  }

  private shape(typename: string): Shape | undefined {
    const type = this.schema.getType(typename);
    if (!isCompositeType(type)) return undefined;
    const gathered: GroupedFields = new Map();
    const fragments: DeferredFragment[] = [];
    const visited = new VisitedSpreads();
    let isAmbiguous = false;
    const gather = ({ selections }: SelectionSetNode, fragment: DeferredFragment | undefined): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          if (!isRendered(selection)) continue;
          const key = selection.alias?.value ?? selection.name.value;
          const details = gathered.get(key);
          if (details) details.push({ node: selection, fragment });
          else gathered.set(key, [{ node: selection, fragment }]);
        } else if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition && this.schema.getType(selection.typeCondition.name.value);
          if (
            !condition ||
            condition === type ||
            (isAbstractType(condition) &&
              (isObjectType(type) || isInterfaceType(type)) &&
              this.schema.isSubType(condition, type))
          ) {
            const deferred = this.delivery?.defers.fragments.get(selection);
            if (this.delivery && visited.isAgain(selection, deferred ?? fragment)) continue;
            if (deferred) fragments.push(deferred);
            gather(selection.selectionSet, deferred ?? fragment);
          } else if (isAbstractType(type) && this.shows(selection.selectionSet)) isAmbiguous = true;
        }
      }
    };
    this.selectionSets.forEach((set, index) => {
      gather(set, this.delivery?.innermost[index]);
    });
    const shape = (fields: GroupedFields, within?: ReadonlySet<DeferredFragment>): Shape => ({
      typename,
      isObjectType: isObjectType(type),
      isAmbiguous,
      fields: [...fields].map(([key, details]) => this.field(typename, key, details, within)),
    });
    if (!this.delivery) return shape(gathered);
    const { within, defers } = this.delivery;
    const { immediate, groups } = executionGroups(gathered, within, defers);
    if (fragments.length === 0 && groups.length === 0) return shape(immediate, within);
    return {
      ...shape(immediate, within),
      deferred: {
        fragments,
        groups: groups.map((group) => ({ fragments: group.fragments, shape: shape(group.fields, group.fragments) })),
      },
    };
  }

  private field(
    typename: string,
    key: string,
    details: readonly FieldDetails[],
    within: ReadonlySet<DeferredFragment> | undefined,
  ): OutputField {
    const type = this.schema.getType(typename);
    const field = details[0]!.node.name.value;
    const definitions = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
    const output = field.startsWith('__') ? undefined : definitions[field]!.type;
    const named = output && getNamedType(output);
    const selected = details.filter(({ node }) => node.selectionSet);
    let withheld: Withheld | undefined;
    for (const { node } of details) withheld ??= withheldOf(node);
    return {
      key,
      name: responseName(key),
      parent: typename,
      field,
      withheld,
      type: output,
      isStricter:
        isInterfaceType(type) &&
        !isNonNullType(output) &&
        this.schema.getPossibleTypes(type).some((of) => isNonNullType(of.getFields()[field]?.type)),
      objects:
        named && isCompositeType(named)
          ? new Shapes(
              this.schema,
              named.name,
              selected.map(({ node }) => node.selectionSet!),
              this.place === '' ? key : `${this.place}\0${key}`,
              this.sharedPlaces,
              within && {
                defers: this.delivery!.defers,
                within,
                innermost: selected.map(({ fragment }) => fragment),
              },
            )
          : undefined,
    };
  }
}

/** Named fragments already visited for an object: "CollectFields" of the incremental delivery specification visits each once. */
class VisitedSpreads {
  private readonly byName = new Map<string, Set<DirectiveNode | undefined>>();

  isAgain(selection: InlineFragmentNode, fragment: DeferredFragment | undefined): boolean {
    const name = spreadOf(selection);
    if (name === undefined) return false;
    const visited = this.byName.get(name) ?? new Set();
    if (visited.has(undefined) || visited.has(fragment?.directive)) return true;
    this.byName.set(name, visited.add(fragment?.directive));
    return false;
  }
}

/** Groups an object's fields by their deferred fragments: "BuildExecutionPlan" of the incremental delivery specification. */
function executionGroups(
  gathered: GroupedFields,
  within: ReadonlySet<DeferredFragment>,
  { repeatsFields }: Defers,
): { immediate: GroupedFields; groups: { fragments: ReadonlySet<DeferredFragment>; fields: GroupedFields }[] } {
  const immediate: GroupedFields = new Map();
  const groups: { fragments: ReadonlySet<DeferredFragment>; fields: GroupedFields }[] = [];
  const fieldsFor = (fragments: ReadonlySet<DeferredFragment>): GroupedFields => {
    if (isSameSet(fragments, within)) return immediate;
    const group = groups.find((candidate) => isSameSet(candidate.fragments, fragments));
    if (group) return group.fields;
    const fields: GroupedFields = new Map();
    groups.push({ fragments, fields });
    return fields;
  };
  for (const [key, details] of gathered) {
    if (!repeatsFields) {
      fieldsFor(waitingFor(details)).set(key, details);
      continue;
    }
    for (const detail of details) {
      const fields = fieldsFor(new Set(detail.fragment ? [detail.fragment] : []));
      const others = fields.get(key);
      if (others) others.push(detail);
      else fields.set(key, [detail]);
    }
  }
  return { immediate, groups };
}

/** The outermost fragments that wait for a field; empty if the initial result has it. */
function waitingFor(details: readonly FieldDetails[]): ReadonlySet<DeferredFragment> {
  const fragments = new Set<DeferredFragment>();
  for (const { fragment } of details) {
    if (!fragment) return new Set();
    fragments.add(fragment);
  }
  for (const fragment of fragments)
    for (let outer = fragment.within; outer; outer = outer.within) if (fragments.has(outer)) fragments.delete(fragment);
  return fragments;
}

function isSameSet<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

/** All selections of a field of an object: several if deferred fragments repeat it. */
export const fieldsOf = (
  { __typename: typename }: AnswerObject,
  shapes: readonly Shapes[],
  isIt: (field: OutputField) => boolean,
): OutputField[] =>
  shapes.flatMap((typeShapes) => {
    const shape = typeShapes.of(typename);
    return shape ? [shape, ...laterShapes(shape)].flatMap(({ fields }) => fields.find(isIt) ?? []) : [];
  });

/** The shapes of an object's deferred fields. */
export const laterShapes = ({ deferred }: Shape): Shape[] => (deferred?.groups ?? []).map(({ shape }) => shape);
