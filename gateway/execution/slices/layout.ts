import {
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLNamedOutputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { nameOf } from '../../planning/selected';
import type { OutputField, Shapes } from '../compile/shape';

/** The operation does not support slices; the general execution runs it. */
export class NotSliceable extends Error {}

export enum Leaf {
  /** Any JSON value. */
  Any,
  String,
  Int,
  Float,
  Boolean,
  /** One of `texts`. */
  OneOf,
  List,
  Object,
}

/** A value that is validated and kept as one slice. */
export interface ValueLayout {
  readonly leaf: Leaf;
  readonly isNonNull: boolean;
  /** Allowed JSON texts. */
  readonly texts: readonly Buffer[];
  readonly item: ValueLayout | undefined;
  readonly keys: readonly Buffer[];
  readonly values: readonly ValueLayout[];
}

export enum Kept {
  /** The value as a slice: start of its key, start, and end. */
  Whole,
  /** An object with separate fields: the number of its record, -1 for null. */
  Object,
  /** A list of such objects: the number of the first record and the length, -1 for null. */
  List,
}

export interface FieldLayout {
  readonly name: string;
  /** `"name":` */
  readonly key: Buffer;
  readonly kept: Kept;
  /** Its position in the record. */
  readonly slot: number;
  readonly value: ValueLayout | undefined;
  readonly position: Position | undefined;
  readonly isNonNull: boolean;
  readonly isItemNonNull: boolean;
}

/**
 * The objects at one place of a subgraph response. Each is a record of numbers: start (-1 for null) and end of its text, then
 * the slots of its fields.
 */
export interface Position {
  readonly index: number;
  readonly typename: string;
  readonly fields: readonly FieldLayout[];
  readonly stride: number;
}

/** The destination of a position's objects: their place in the answer, and their shown fields, if any. */
export interface Destination {
  readonly place: string;
  readonly shapes: Shapes | undefined;
}

/** Context for the layout of a plan's responses. */
export interface LayoutContext {
  /** The schema, including inaccessible elements. */
  readonly schema: GraphQLSchema;
  readonly apiSchema: GraphQLSchema;
  /** Places that entity paths traverse. */
  readonly visited: ReadonlySet<string>;
}

/** The positions of one subgraph response. */
export class AnswerLayout {
  readonly positions: Position[] = [];

  constructor(private readonly context: LayoutContext) {}

  /** @throws NotSliceable */
  position(typename: string, selectionSet: SelectionSetNode, destinations: readonly Destination[]): Position {
    const type = this.objectType(typename);
    const index = this.positions.length;
    const position = { index, typename, fields: [] as FieldLayout[], stride: 2 };
    this.positions.push(position);
    const shown = destinations.map(({ shapes }) => fieldsShown(shapes, typename));
    for (const node of fieldsOn(selectionSet, typename)) {
      const name = nameOf(node);
      if (position.fields.some((field) => field.name === name)) throw new NotSliceable(`"${name}" is selected twice`);
      const inAnswer = shown.map((fields) => fields.get(name));
      const field = this.field(node, type, destinations, inAnswer, position.stride);
      position.fields.push(field);
      position.stride += field.kept === Kept.Whole ? 3 : field.kept === Kept.List ? 2 : 1;
    }
    return position;
  }

  private field(
    node: FieldNode,
    parent: GraphQLCompositeType,
    destinations: readonly Destination[],
    shown: readonly (OutputField | undefined)[],
    slot: number,
  ): FieldLayout {
    const name = nameOf(node);
    const key = Buffer.from(`${JSON.stringify(name)}:`);
    const whole = (value: ValueLayout): FieldLayout => ({
      name,
      key,
      kept: Kept.Whole,
      slot,
      value,
      position: undefined,
      isNonNull: false,
      isItemNonNull: false,
    });
    if (node.name.value === '__typename') return whole(oneOf([parent.name], true));
    const type = this.typeOf(node, parent);
    const isShown = shown.some((field) => field !== undefined);
    if (!node.selectionSet) return whole(isShown ? this.leaf(type) : anything);
    const places = destinations.map(({ place }) => below(place, name));
    if (!places.some((place) => this.context.visited.has(place))) {
      if (!isShown) return whole(anything);
      if (shown.every((field) => field !== undefined && isVerbatim(field.objects, node.selectionSet!)))
        return whole(this.verbatim(type, node.selectionSet));
    }
    const nullable = getNullableType(type);
    const position = this.position(
      getNamedType(type).name,
      node.selectionSet,
      places.map((place, index) => ({ place, shapes: shown[index]?.objects })),
    );
    if (isListType(nullable) && isListType(getNullableType(nullable.ofType)))
      throw new NotSliceable('a list of lists of objects');
    return {
      name,
      key,
      kept: isListType(nullable) ? Kept.List : Kept.Object,
      slot,
      value: undefined,
      position,
      isNonNull: isNonNullType(type),
      isItemNonNull: isListType(nullable) && isNonNullType(nullable.ofType),
    };
  }

  private typeOf(node: FieldNode, parent: GraphQLCompositeType): GraphQLOutputType {
    const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field) throw new NotSliceable(`"${parent.name}.${node.name.value}" is not of an object type`);
    return field.type;
  }

  private objectType(name: string): GraphQLCompositeType {
    const type = this.context.schema.getType(name);
    if (!isObjectType(type)) throw new NotSliceable(`"${name}" is an interface or union`);
    return type;
  }

  private verbatim(type: GraphQLOutputType, selectionSet: SelectionSetNode): ValueLayout {
    return this.wrapped(type, (named, isNonNull) => {
      const parent = this.objectType(named.name);
      const nodes = fieldsOn(selectionSet, named.name);
      return {
        leaf: Leaf.Object,
        isNonNull,
        texts: [],
        item: undefined,
        keys: nodes.map((node) => Buffer.from(`${JSON.stringify(nameOf(node))}:`)),
        values: nodes.map((node) => {
          if (node.name.value === '__typename') return oneOf([named.name], true);
          const inner = this.typeOf(node, parent);
          return node.selectionSet ? this.verbatim(inner, node.selectionSet) : this.leaf(inner);
        }),
      };
    });
  }

  private leaf(type: GraphQLOutputType): ValueLayout {
    return this.wrapped(type, (named, isNonNull) => {
      if (!isLeafType(named)) throw new NotSliceable('an object without selections');
      if (isEnumType(named)) {
        const visible = this.context.apiSchema.getType(named.name);
        return oneOf(isEnumType(visible) ? visible.getValues().map(({ name }) => name) : [], isNonNull);
      }
      const leaf = BUILT_IN[named.name] ?? Leaf.Any;
      return { leaf, isNonNull, texts: [], item: undefined, keys: [], values: [] };
    });
  }

  private wrapped(
    type: GraphQLOutputType,
    inner: (named: GraphQLNamedOutputType, isNonNull: boolean) => ValueLayout,
  ): ValueLayout {
    const nullable = getNullableType(type);
    if (!isListType(nullable)) return inner(getNamedType(type), isNonNullType(type));
    return {
      leaf: Leaf.List,
      isNonNull: isNonNullType(type),
      texts: [],
      item: this.wrapped(nullable.ofType, inner),
      keys: [],
      values: [],
    };
  }
}

const BUILT_IN: Readonly<Record<string, Leaf>> = {
  String: Leaf.String,
  Int: Leaf.Int,
  Float: Leaf.Float,
  Boolean: Leaf.Boolean,
  // numeric IDs must be written as strings, so the general execution handles them
  ID: Leaf.String,
};

const anything: ValueLayout = { leaf: Leaf.Any, isNonNull: false, texts: [], item: undefined, keys: [], values: [] };

const oneOf = (names: readonly string[], isNonNull: boolean): ValueLayout => ({
  ...anything,
  leaf: Leaf.OneOf,
  isNonNull,
  texts: names.map((name) => Buffer.from(JSON.stringify(name))),
});

/** The place below another, by response names. */
export const below = (place: string, name: string): string => (place === '' ? name : `${place}\0${name}`);

/** The fields of a selection set on objects of a type. @throws NotSliceable if they depend on more than the type */
export function fieldsOn({ selections }: SelectionSetNode, typename: string): FieldNode[] {
  return selections.flatMap((selection) => {
    if (selection.directives?.length) throw new NotSliceable('a directive');
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind !== Kind.INLINE_FRAGMENT) throw new NotSliceable('a fragment');
    const condition = selection.typeCondition?.name.value ?? typename;
    if (condition !== typename) throw new NotSliceable('a type condition');
    return fieldsOn(selection.selectionSet, typename);
  });
}

function fieldsShown(shapes: Shapes | undefined, typename: string): ReadonlyMap<string, OutputField> {
  const shape = shapes?.of(typename);
  if (shapes && (shape?.typename !== typename || shape.isAmbiguous))
    throw new NotSliceable(`the shown fields of "${typename}" depend on more than its type`);
  return new Map(shape?.fields.map((field) => [field.key, field]));
}

/** Whether objects are copied exactly as the subgraph wrote them. */
function isVerbatim(shapes: Shapes | undefined, selectionSet: SelectionSetNode): boolean {
  if (!shapes) return false;
  const nodes = fieldsOn(selectionSet, shapes.declared);
  const shape = shapes.of(shapes.declared);
  return (
    shape?.isObjectType === true &&
    shape.fields.length === nodes.length &&
    shape.fields.every(
      ({ key, name, objects }, index) =>
        key === name &&
        key === nameOf(nodes[index]!) &&
        (!nodes[index]!.selectionSet || isVerbatim(objects, nodes[index]!.selectionSet!)),
    )
  );
}
