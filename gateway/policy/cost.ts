import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  parse,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { FetchNode, PathStep } from '../planning/plan';
import { featuresOf } from '../supergraph/features';

/** What `@listSize` says of a list field. */
interface ListSize {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  /** Fields below that are lists of this size; the field itself when there are none. */
  readonly sizedFields: readonly string[];
}

/** How many objects a list has: as many as the greatest of the arguments says, else a number by assumption. */
interface Factor {
  readonly key: string;
  readonly assumed: number;
  readonly literals: readonly number[];
  readonly variables: readonly string[];
}

/** What of an operation costs a weight for each combination of objects. */
interface Term {
  readonly weight: number;
  readonly factors: readonly Factor[];
  /** Where the weight is that of a variable's value. */
  readonly input?: InputVariable;
}

/** A variable whose value is an argument, or stands in one. */
interface InputVariable {
  readonly name: string;
  /** Tells apart what the value is weighed as. */
  readonly key: string;
  readonly weigh: (value: unknown) => number;
}

/** A fetch, and how its response names are called in the answer where they differ. */
interface PlannedFetch {
  readonly node: FetchNode;
  readonly renamed: ReadonlyMap<string, string>;
}

/** Weights by the specification: of objects, of what has no objects in it, of the root fields of mutations. */
const COMPOSITE = 1;
const LEAF = 0;
const MUTATION = 10;
/** A part of an answer that delivers a deferred fragment of one object. */
const PART = 5;
/** A field of an input object that is not an object itself, unless `@cost` says otherwise, and a value in a list. */
const INPUT_VALUE = 1;
/** Objects of a list about whose size nothing is said. */
const ASSUMED_SIZE = 10;
/** Beyond this it does not matter any more. */
export const MOST_COST = Number.MAX_SAFE_INTEGER;

/** What an operation costs, by the values of its variables. */
export class Cost {
  private readonly constant: number;
  private readonly terms: readonly Term[];

  constructor(terms: Iterable<Term>) {
    const all = [...terms];
    const isConstant = ({ factors, input }: Term) => factors.length === 0 && !input;
    this.constant = sum(all.filter(isConstant).map(({ weight }) => weight));
    this.terms = all.filter((term) => !isConstant(term));
  }

  /** @param variables those of the operation, with their defaults, and of the plan */
  of(variables: Readonly<Record<string, unknown>>): number {
    let cost = this.constant;
    for (const { weight, factors, input } of this.terms) {
      let count = input ? weight * input.weigh(variables[input.name]) : weight;
      for (const factor of factors) count *= sizeOf(factor, variables);
      cost += count;
    }
    return Math.min(MOST_COST, Math.ceil(cost));
  }
}

function sizeOf({ assumed, literals, variables }: Factor, values: Readonly<Record<string, unknown>>): number {
  let size = Math.max(-1, ...literals);
  for (const name of variables) {
    const value = values[name];
    if (typeof value === 'number' && value > size) size = value;
  }
  // what is no number of objects is refused by the subgraph
  return size < 0 ? assumed : size;
}

/** What plans cost, by `@cost` and `@listSize` of the supergraph: the cost specification, as Federation composes it. */
export class Costs {
  private constructor(
    /** With what clients may not see: plans ask for that, too. */
    private readonly schema: GraphQLSchema,
    /** By `Type`, `Type.field`, `Type.field(argument)` and `Input.field`. */
    private readonly weights: ReadonlyMap<string, number>,
    private readonly sizes: ReadonlyMap<string, ListSize>,
  ) {}

  static of(supergraph: DocumentNode, schema: GraphQLSchema): Costs {
    const { weights, sizes } = stated(supergraph);
    return new Costs(schema, weights, sizes);
  }

  /** Whether the supergraph carries any `@cost` or `@listSize`; without them, every estimate is an assumption. */
  get areStated(): boolean {
    return this.weights.size > 0 || this.sizes.size > 0;
  }

  /**
   * @param fetches of a plan, in the order in which they run
   * @param deferred paths of the objects whose deferred fragments are delivered in parts of their own
   */
  ofPlan(fetches: readonly PlannedFetch[], deferred: readonly (readonly PathStep[])[] = []): Cost {
    return new Cost(new PlanCost(this.schema, this.weights, this.sizes).terms(fetches, deferred));
  }
}

/** The weights and list sizes that a supergraph states. */
function stated(supergraph: DocumentNode): { weights: Map<string, number>; sizes: Map<string, ListSize> } {
  const feature = featuresOf(supergraph).find(({ name }) => name === 'cost');
  const weights = new Map<string, number>();
  const sizes = new Map<string, ListSize>();
  const names = feature && {
    cost: feature.directiveNamed('cost'),
    listSize: feature.directiveNamed('listSize'),
  };
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      if (directive.name.value === names?.cost) weights.set(coordinate, Number(argumentsOf(directive).weight));
      if (directive.name.value === names?.listSize) sizes.set(coordinate, listSizeOf(argumentsOf(directive)));
    }
  };
  if (names)
    for (const definition of supergraph.definitions) {
      if (!('name' in definition) || !definition.name || !('directives' in definition)) continue;
      const type = definition.name.value;
      add(type, definition.directives as readonly ConstDirectiveNode[]);
      for (const field of 'fields' in definition ? (definition.fields ?? []) : []) {
        add(`${type}.${field.name.value}`, field.directives);
        for (const argument of 'arguments' in field ? (field.arguments ?? []) : [])
          add(`${type}.${field.name.value}(${argument.name.value})`, argument.directives);
      }
    }
  return { weights, sizes };
}

/** Whether the supergraph carries any `@cost` or `@listSize`. */
export function statesCosts(supergraph: DocumentNode): boolean {
  const { weights, sizes } = stated(supergraph);
  return weights.size > 0 || sizes.size > 0;
}

const argumentsOf = ({ arguments: given = [] }: ConstDirectiveNode): Readonly<Record<string, unknown>> =>
  Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));

const listSizeOf = ({ assumedSize, slicingArguments, sizedFields }: Readonly<Record<string, unknown>>): ListSize => ({
  assumedSize: typeof assumedSize === 'number' ? assumedSize : undefined,
  slicingArguments: (slicingArguments as string[] | null | undefined) ?? [],
  sizedFields: (sizedFields as string[] | null | undefined) ?? [],
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Where a selection set stands. */
interface Position {
  readonly type: GraphQLNamedType | undefined;
  /** The lists on the way there. */
  readonly within: readonly Factor[];
  /** Response names on the way there. */
  readonly place: string;
  /** Fields whose sizes the field above has said. */
  readonly sized: ReadonlyMap<string, Factor>;
}

const NONE: ReadonlyMap<string, Factor> = new Map();

/** Goes through the fetches of one plan. */
class PlanCost {
  /** By the sizes of the lists they stand in, what costs something. */
  private readonly found = new Map<string, Term>();
  /** By place in the answer, the lists that it stands in. */
  private readonly places = new Map<string, readonly Factor[]>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly weights: ReadonlyMap<string, number>,
    private readonly sizes: ReadonlyMap<string, ListSize>,
  ) {}

  terms(fetches: readonly PlannedFetch[], deferred: readonly (readonly PathStep[])[]): Iterable<Term> {
    for (const fetch of fetches) this.fetch(fetch);
    for (const path of deferred) this.add(PART, this.listsAt(placeOf(path)));
    return this.found.values();
  }

  private fetch({ node, renamed }: PlannedFetch): void {
    const { operation: text, operationKind, entities = [], at = [] } = node;
    const { definitions } = parse(text, { noLocation: true });
    const [operation] = definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) return;
    const fragments = new Map(
      definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one]] : [])),
    );
    const walk = ({ selections }: SelectionSetNode, at: Position): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.FIELD) {
          const name = (selection.alias ?? selection.name).value;
          const below = this.field(selection, `${at.place}\0${renamed.get(name) ?? name}`, at);
          if (below && selection.selectionSet) walk(selection.selectionSet, below);
          continue;
        }
        const { typeCondition, selectionSet } =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value)! : selection;
        walk(selectionSet, typeCondition ? { ...at, type: this.schema.getType(typeCondition.name.value) } : at);
      }
    };
    if (entities.length === 0) {
      const type = operationKind === 'mutation' ? this.schema.getMutationType() : this.schema.getQueryType();
      walk(operation.selectionSet, { type: type ?? undefined, within: [], place: placeOf(at), sized: NONE });
      return;
    }
    for (const { alias, paths } of entities) {
      const asked = operation.selectionSet.selections.find(
        (one): one is FieldNode => one.kind === Kind.FIELD && (one.alias ?? one.name).value === alias,
      );
      for (const path of asked?.selectionSet ? paths : []) {
        const place = placeOf(path);
        const within = this.listsAt(place);
        // each is looked up once more, by its key
        this.add(COMPOSITE, within);
        walk(asked!.selectionSet!, { type: undefined, within, place, sized: NONE });
      }
    }
  }

  /** The lists that a place stands in. */
  private listsAt(place: string): readonly Factor[] {
    for (let above = place; above !== ''; above = above.slice(0, above.lastIndexOf('\0'))) {
      const found = this.places.get(above);
      if (found) return found;
    }
    return [];
  }

  /** Counts a field, and says where what it selects stands. */
  private field(node: FieldNode, place: string, { type: parent, within, sized }: Position): Position | undefined {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || !parent) return undefined;
    const coordinate = `${parent.name}.${field.name}`;
    const own = this.sizes.get(coordinate);
    const factor = own && this.factorOf(coordinate, own, node, field);
    const isSizedBelow = own !== undefined && own.sizedFields.length > 0;
    const isList = isListType(getNullableType(field.type));
    const size =
      (isSizedBelow ? undefined : factor) ??
      sized.get(field.name) ??
      (isList ? { key: `${ASSUMED_SIZE}`, assumed: ASSUMED_SIZE, literals: [], variables: [] } : undefined);
    const inner = isList && size ? [...within, size] : within;
    this.add(this.weightOf(coordinate, parent, field), inner);
    for (const { name, value } of node.arguments ?? []) {
      const argument = field.args.find((one) => one.name === name.value);
      this.add(this.weights.get(`${coordinate}(${name.value})`) ?? 0, within);
      if (argument) this.input(argument.type, value);
    }
    if (!node.selectionSet) return undefined;
    this.places.set(place, inner);
    const sizes = isSizedBelow ? new Map(own.sizedFields.map((name) => [name, factor!])) : NONE;
    return { type: getNamedType(field.type), within: inner, place, sized: sizes };
  }

  private weightOf(coordinate: string, parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): number {
    const type = getNamedType(field.type);
    const given = this.weights.get(coordinate) ?? this.weights.get(type.name);
    if (given !== undefined) return given;
    if (parent === this.schema.getMutationType()) return MUTATION;
    return isCompositeType(type) ? COMPOSITE : LEAF;
  }

  /** Counts what is in the value of an argument, once for all objects that the field is asked of: subgraphs read lists in one statement. */
  private input(type: GraphQLInputType, value: ValueNode): void {
    if (value.kind === Kind.VARIABLE) {
      const weigh = (given: unknown): number => weightOfInput(type, given, this.weights);
      this.add(1, [], { name: value.name.value, key: String(type), weigh });
    } else if (value.kind === Kind.LIST) {
      for (const item of value.values) {
        this.add(INPUT_VALUE, []);
        this.input(type, item);
      }
    } else if (value.kind === Kind.OBJECT) {
      const named = getNamedType(type);
      const fields = isInputObjectType(named) ? named.getFields() : {};
      for (const { name, value: inner } of value.fields) {
        const field = fields[name.value];
        if (!field) continue;
        const weight = weightOfInputField(named.name, field, this.weights);
        // a variable may have no value
        if (inner.kind === Kind.VARIABLE)
          this.add(weight, [], { name: inner.name.value, key: 'given', weigh: (given) => (given == null ? 0 : 1) });
        else if (inner.kind !== Kind.NULL) this.add(weight, []);
        this.input(field.type, inner);
      }
    }
  }

  private factorOf(
    coordinate: string,
    { assumedSize = ASSUMED_SIZE, slicingArguments }: ListSize,
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
  ): Factor {
    const literals: number[] = [];
    const variables: string[] = [];
    for (const name of slicingArguments) {
      const given = node.arguments?.find((one) => one.name.value === name)?.value;
      if (given?.kind === Kind.VARIABLE) variables.push(given.name.value);
      else if (given?.kind === Kind.INT) literals.push(Number(given.value));
      else if (!given) {
        const { defaultValue } = field.args.find((one) => one.name === name) ?? {};
        if (typeof defaultValue === 'number') literals.push(defaultValue);
      }
    }
    const key = `${coordinate}(${[...literals, ...variables].join()})${assumedSize}`;
    return { key, assumed: assumedSize, literals, variables };
  }

  /** A list of a fixed size is a number; of the others, those of the same sizes are one term. */
  private add(weight: number, within: readonly Factor[], input?: InputVariable): void {
    if (weight === 0) return;
    let count = weight;
    const factors: Factor[] = [];
    for (const factor of within) {
      if (factor.variables.length > 0) factors.push(factor);
      else count *= sizeOf(factor, {});
    }
    const key = [...factors, ...(input ? [{ key: `${input.name} ${input.key}` }] : [])]
      .map((one) => one.key)
      .join('\n');
    const before = this.found.get(key)?.weight ?? 0;
    this.found.set(key, { weight: before + count, factors, input });
  }
}

const hasFields = (type: GraphQLInputType): boolean => isInputObjectType(getNamedType(type));

/** What an input field costs that has a value. */
const weightOfInputField = (
  type: string,
  { name, type: of }: GraphQLInputField,
  weights: ReadonlyMap<string, number>,
) => weights.get(`${type}.${name}`) ?? (hasFields(of) ? 0 : INPUT_VALUE);

/** What is in a coerced value of an argument costs. */
function weightOfInput(type: GraphQLInputType, value: unknown, weights: ReadonlyMap<string, number>): number {
  if (Array.isArray(value)) return sum(value.map((item) => INPUT_VALUE + weightOfInput(type, item, weights)));
  const named = getNamedType(type);
  if (!isInputObjectType(named) || typeof value !== 'object' || value === null) return 0;
  let weight = 0;
  const fields = named.getFields();
  for (const [name, inner] of Object.entries(value)) {
    const field = fields[name];
    if (!field || inner === null || inner === undefined) continue;
    weight += weightOfInputField(named.name, field, weights) + weightOfInput(field.type, inner, weights);
  }
  return weight;
}

const placeOf = (path: readonly PathStep[]): string =>
  path.map((step) => (step.kind === 'Field' ? `\0${step.name}` : '')).join('');
