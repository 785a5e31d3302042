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
  /** Undefined where nothing is deferred. */
  readonly deferred?: DeferredFields;
}

/** What is delivered after the other fields of an object. */
export interface DeferredFields {
  /** The fragments deferred on this object, each after the one that contains it. */
  readonly fragments: readonly DeferredFragment[];
  /** Its fields by the set of fragments that wait for them: an "execution group" each. */
  readonly groups: readonly { readonly fragments: ReadonlySet<DeferredFragment>; readonly shape: Shape }[];
}

/** How the fragments of an operation are deferred. */
export interface Defers {
  readonly fragments: ReadonlyMap<SelectionNode, DeferredFragment>;
  /** Whether each fragment delivers all its fields, also those that something else delivers; otherwise each field is delivered once. */
  readonly repeatsFields: boolean;
}

/** Where in the deferred fragments of an operation the objects of a position are. */
interface Delivery {
  readonly defers: Defers;
  /** The fragments that wait for these objects; empty for those of the initial result. */
  readonly within: ReadonlySet<DeferredFragment>;
  /** For each selection set of the position, the innermost deferred fragment that it is in. */
  readonly innermost: readonly (DeferredFragment | undefined)[];
}

/** A field as it is selected in one place. */
interface FieldDetails {
  readonly node: FieldNode;
  readonly fragment: DeferredFragment | undefined;
}

/** By internal response name. */
type GroupedFields = Map<string, FieldDetails[]>;

/** What the objects of one position have in the answer, by their type; found out when the first one is met. */
export class Shapes {
  private readonly byType = new Map<string, Shape | undefined>();

  constructor(
    private readonly schema: GraphQLSchema,
    readonly declared: string,
    private readonly selectionSets: readonly SelectionSetNode[],
    /** Response names on the way here. */
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

  /** Whether anything of a selection set is in the answer. */
  private shows({ selections }: SelectionSetNode): boolean {
    return selections.some((one) =>
      one.kind === Kind.FIELD ? isRendered(one) : one.kind === Kind.INLINE_FRAGMENT && this.shows(one.selectionSet),
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
    const { own, groups } = executionGroups(gathered, within, defers);
    if (fragments.length === 0 && groups.length === 0) return shape(own, within);
    return {
      ...shape(own, within),
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

/** The named fragments that an object has had: "CollectFields" of the incremental delivery specification takes each once. */
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

/** The fields of an object by who waits for them: "BuildExecutionPlan" of the incremental delivery specification. */
function executionGroups(
  gathered: GroupedFields,
  within: ReadonlySet<DeferredFragment>,
  { repeatsFields }: Defers,
): { own: GroupedFields; groups: { fragments: ReadonlySet<DeferredFragment>; fields: GroupedFields }[] } {
  const own: GroupedFields = new Map();
  const groups: { fragments: ReadonlySet<DeferredFragment>; fields: GroupedFields }[] = [];
  const fieldsFor = (fragments: ReadonlySet<DeferredFragment>): GroupedFields => {
    if (isSameSet(fragments, within)) return own;
    const group = groups.find((one) => isSameSet(one.fragments, fragments));
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
    for (const one of details) {
      const fields = fieldsFor(new Set(one.fragment ? [one.fragment] : []));
      const others = fields.get(key);
      if (others) others.push(one);
      else fields.set(key, [one]);
    }
  }
  return { own, groups };
}

/** The fragments that wait for a field, without those that contain each other; none when the initial result has it. */
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

/** A field of an object wherever it is selected: several times where deferred fragments repeat it. */
export const fieldsOf = (
  { __typename: typename }: AnswerObject,
  shapes: readonly Shapes[],
  isIt: (field: OutputField) => boolean,
): OutputField[] =>
  shapes.flatMap((one) => {
    const shape = one.of(typename);
    return shape ? [shape, ...laterShapes(shape)].flatMap(({ fields }) => fields.find(isIt) ?? []) : [];
  });

/** The shapes of what is delivered after the other fields of an object. */
export const laterShapes = ({ deferred }: Shape): Shape[] => (deferred?.groups ?? []).map(({ shape }) => shape);
