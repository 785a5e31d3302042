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
} from 'graphql';
import { responseName } from '../operation/normalize';
import type { FetchNode, PathStep } from '../planning/plan';
import { argumentsOf } from '../supergraph/ast';
import { featuresOf } from '../supergraph/features';

/** The `@listSize` of a field. */
interface ListSize {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  /** Child fields that are lists of this size; the field itself if empty. */
  readonly sizedFields: readonly string[];
}

/** The size of a list: the largest slicing argument, or an assumed size without one. */
interface Factor {
  readonly key: string;
  /** Response names of the path to the list. */
  readonly place: string;
  readonly assumed: number;
  /** Whether arguments determine the size. */
  readonly isPaged: boolean;
  readonly literals: readonly number[];
  readonly variables: readonly string[];
}

/** A list in an operation, with the estimated cost of the objects in it. */
export interface DearList {
  /** Response names. */
  readonly path: readonly string[];
  /** Estimated number of objects in one list. */
  readonly size: number;
  /** Whether an argument determines the size. */
  readonly isPaged: boolean;
  readonly cost: number;
}

/** A weight multiplied by list sizes. */
interface Term {
  readonly weight: number;
  readonly factors: readonly Factor[];
  /** Set if a variable's value determines the weight. */
  readonly input?: InputVariable;
  /** Whether it is the weight of an argument, which does not depend on the data. */
  readonly isArgument: boolean;
}

/** A variable used as an argument or inside one. */
interface InputVariable {
  readonly name: string;
  /** Distinguishes uses of the variable with different weights. */
  readonly key: string;
  readonly weigh: (value: unknown) => number;
}

/** A fetch, with its response names that differ in the answer. */
interface PlannedFetch {
  readonly node: Pick<FetchNode, 'operation' | 'operationKind' | 'entities' | 'at'>;
  readonly renamed: ReadonlyMap<string, string>;
}

/** URL of the cost specification, without its version. */
export const COST_URL = 'https://specs.apollo.dev/cost/';

/** Default weights of the cost specification: objects, leaves, and root fields of mutations. */
const COMPOSITE = 1;
const LEAF = 0;
const MUTATION = 10;
/** Delivering the deferred fragment of one object. */
const PART = 5;
/** An input field without subfields, unless it has `@cost`, and each value in an input list. */
const INPUT_VALUE = 1;
/** Assumed size of a list without `@listSize`. */
const ASSUMED_SIZE = 10;
/** Cap that keeps sums exact. */
export const MAX_COST = Number.MAX_SAFE_INTEGER;

/** An operation's cost as a function of its variables. */
export class Cost {
  /** Cost of the arguments alone: the part that subgraphs do not measure. */
  readonly ofArguments: Cost | undefined;
  private readonly constant: number;
  private readonly terms: readonly Term[];

  constructor(terms: Iterable<Term>) {
    const all = [...terms];
    const ofArguments = all.filter(({ isArgument }) => isArgument);
    this.ofArguments = ofArguments.length < all.length ? new Cost(ofArguments) : undefined;
    const isConstant = ({ factors, input }: Term) => factors.length === 0 && !input;
    this.constant = sum(all.filter(isConstant).map(({ weight }) => weight));
    this.terms = all.filter((term) => !isConstant(term));
  }

  /** @param variables of the operation, with defaults, and of the plan */
  of(variables: Readonly<Record<string, unknown>>): number {
    let cost = this.constant;
    for (const { weight, factors, input } of this.terms) {
      let count = input ? weight * input.weigh(variables[input.name]) : weight;
      for (const factor of factors) count *= sizeOf(factor, variables);
      cost += count;
    }
    return Math.min(MAX_COST, Math.ceil(cost));
  }
}

function sizeOf({ assumed, literals, variables }: Factor, values: Readonly<Record<string, unknown>>): number {
  let size = Math.max(-1, ...literals);
  for (const name of variables) {
    const value = values[name];
    if (typeof value === 'number' && value > size) size = value;
  }
  // the subgraph rejects negative sizes
  return size < 0 ? assumed : size;
}

/** Estimates the cost of plans from the supergraph's `@cost` and `@listSize`, by the cost specification. */
export class Costs {
  private constructor(
    /** Includes inaccessible elements: plans select those, too. */
    private readonly schema: GraphQLSchema,
    /** By `Type`, `Type.field`, `Type.field(argument)`, and `Input.field`. */
    private readonly weights: ReadonlyMap<string, number>,
    private readonly sizes: ReadonlyMap<string, ListSize>,
  ) {}

  static of(supergraph: DocumentNode, schema: GraphQLSchema): Costs {
    const { weights, sizes } = stated(supergraph);
    return new Costs(schema, weights, sizes);
  }

  /** Whether the supergraph has any `@cost` or `@listSize`; without them, every estimate is an assumption. */
  get areStated(): boolean {
    return this.weights.size > 0 || this.sizes.size > 0;
  }

  /**
   * @param fetches the plan's fetches, in execution order
   * @param deferred paths of objects with separately delivered fragments
   */
  ofPlan(fetches: readonly PlannedFetch[], deferred: readonly (readonly PathStep[])[] = []): Cost {
    return new Cost(new PlanCost(this.schema, this.weights, this.sizes).terms(fetches, deferred));
  }

  /**
   * The list whose objects cost most, without those of the lists in it. For errors only, since it estimates the plan again.
   * @returns undefined for a plan without lists
   */
  dearestList(fetches: readonly PlannedFetch[], variables: Readonly<Record<string, unknown>>): DearList | undefined {
    const byPlace = new Map<string, DearList>();
    const add = ({ weight, factors, input }: Term): void => {
      const list = factors.at(-1);
      if (!list) return;
      const count = input ? weight * input.weigh(variables[input.name]) : weight;
      const cost = factors.reduce((total, factor) => total * sizeOf(factor, variables), count);
      const before = byPlace.get(list.place)?.cost ?? 0;
      const path = list.place
        .split('\0')
        .filter((name) => name !== '')
        .map(responseName);
      byPlace.set(list.place, { path, size: sizeOf(list, variables), isPaged: list.isPaged, cost: before + cost });
    };
    // the terms matter, not their sum
    for (const _ of new PlanCost(this.schema, this.weights, this.sizes, add).terms(fetches, []));
    return [...byPlace.values()].reduce<DearList | undefined>(
      (dearest, list) => (dearest && dearest.cost >= list.cost ? dearest : list),
      undefined,
    );
  }
}

/** The weights and list sizes stated in a supergraph. Negative ones count as 0: they would pay for other fields. */
function stated(supergraph: DocumentNode): { weights: Map<string, number>; sizes: Map<string, ListSize> } {
  const feature = featuresOf(supergraph).find(({ url }) => url.startsWith(COST_URL));
  const weights = new Map<string, number>();
  const sizes = new Map<string, ListSize>();
  const names = feature && {
    cost: feature.directiveNamed('cost'),
    listSize: feature.directiveNamed('listSize'),
  };
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] = []): void => {
    for (const directive of directives) {
      if (directive.name.value === names?.cost) weights.set(coordinate, atLeastZero(argumentsOf(directive).weight));
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

/** Whether the supergraph has any `@cost` or `@listSize`. */
export function statesCosts(supergraph: DocumentNode): boolean {
  const { weights, sizes } = stated(supergraph);
  return weights.size > 0 || sizes.size > 0;
}

const atLeastZero = (value: unknown): number => Math.max(0, Number(value));

const listSizeOf = ({ assumedSize, slicingArguments, sizedFields }: Readonly<Record<string, unknown>>): ListSize => ({
  assumedSize: typeof assumedSize === 'number' ? atLeastZero(assumedSize) : undefined,
  slicingArguments: (slicingArguments as string[] | null | undefined) ?? [],
  sizedFields: (sizedFields as string[] | null | undefined) ?? [],
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

/** Context of a selection set. */
interface Position {
  readonly type: GraphQLNamedType | undefined;
  /** Enclosing lists. */
  readonly within: readonly Factor[];
  /** Response names of the path. */
  readonly place: string;
  /** Fields whose sizes the parent field determines. */
  readonly sized: ReadonlyMap<string, Factor>;
}

const NONE: ReadonlyMap<string, Factor> = new Map();

/** A list of unknown size. */
const UNSIZED = { key: `${ASSUMED_SIZE}`, assumed: ASSUMED_SIZE, isPaged: false, literals: [], variables: [] } as const;

/** Collects the cost terms of one plan. */
class PlanCost {
  /** Terms by the sizes of their enclosing lists. */
  private readonly termsByKey = new Map<string, Term>();
  /** Enclosing lists by place in the answer. */
  private readonly places = new Map<string, readonly Factor[]>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly weights: ReadonlyMap<string, number>,
    private readonly sizes: ReadonlyMap<string, ListSize>,
    /** Called with each term before it is merged with others. */
    private readonly onTerm?: (term: Term) => void,
  ) {}

  terms(fetches: readonly PlannedFetch[], deferred: readonly (readonly PathStep[])[]): Iterable<Term> {
    for (const fetch of fetches) this.fetch(fetch);
    for (const path of deferred) this.add(PART, this.listsAt(placeOf(path)));
    return this.termsByKey.values();
  }

  private fetch({ node, renamed }: PlannedFetch): void {
    const { operation: text, operationKind, entities = [], at = [] } = node;
    const { definitions } = parse(text, { noLocation: true });
    const [operation] = definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) return;
    const fragments = new Map(
      definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
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
      const entityField = operation.selectionSet.selections.find(
        (node): node is FieldNode => node.kind === Kind.FIELD && (node.alias ?? node.name).value === alias,
      );
      for (const path of entityField?.selectionSet ? paths : []) {
        const place = placeOf(path);
        const within = this.listsAt(place);
        // the subgraph looks each entity up again, by its key
        this.add(COMPOSITE, within);
        walk(entityField!.selectionSet!, { type: undefined, within, place, sized: NONE });
      }
    }
  }

  /** The lists that enclose a place. */
  private listsAt(place: string): readonly Factor[] {
    for (let above = place; above !== ''; above = above.slice(0, above.lastIndexOf('\0'))) {
      const lists = this.places.get(above);
      if (lists) return lists;
    }
    return [];
  }

  /** Counts a field. @returns the context of its selection set */
  private field(node: FieldNode, place: string, { type: parent, within, sized }: Position): Position | undefined {
    const field = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[node.name.value] : undefined;
    if (!field || !parent) return undefined;
    const coordinate = `${parent.name}.${field.name}`;
    const listSize = this.sizes.get(coordinate);
    const factor = listSize && this.factorOf(coordinate, listSize, node, field, place);
    const isSizedBelow = listSize !== undefined && listSize.sizedFields.length > 0;
    const isList = isListType(getNullableType(field.type));
    const size =
      (isSizedBelow ? undefined : factor) ?? sized.get(field.name) ?? (isList ? { ...UNSIZED, place } : undefined);
    const inner = isList && size ? [...within, size] : within;
    this.add(this.weightOf(coordinate, parent, field), inner);
    for (const { name, value } of node.arguments ?? []) {
      const argument = field.args.find((arg) => arg.name === name.value);
      const stated = this.weights.get(`${coordinate}(${name.value})`);
      this.addArgument(stated ?? 0, within);
      if (!argument) continue;
      if (stated === undefined) this.leaf(argument.type, value);
      this.input(argument.type, value);
    }
    if (!node.selectionSet) return undefined;
    this.places.set(place, inner);
    const sizes = isSizedBelow ? new Map(listSize.sizedFields.map((name) => [name, factor!])) : NONE;
    return { type: getNamedType(field.type), within: inner, place, sized: sizes };
  }

  private weightOf(coordinate: string, parent: GraphQLNamedType, field: GraphQLField<unknown, unknown>): number {
    const type = getNamedType(field.type);
    const stated = this.weights.get(coordinate) ?? this.weights.get(type.name);
    if (stated !== undefined) return stated;
    if (parent === this.schema.getMutationType()) return MUTATION;
    return isCompositeType(type) ? COMPOSITE : LEAF;
  }

  /** Counts an argument by the weight of its type, once for all parent objects. Items of a list are counted by {@link input}. */
  private leaf(type: GraphQLInputType, value: ValueNode): void {
    const weight = isListType(getNullableType(type)) ? 0 : (this.weights.get(getNamedType(type).name) ?? 0);
    this.addInput(weight, value);
  }

  /** Counts a value that may be absent. */
  private addInput(weight: number, value: ValueNode): void {
    if (value.kind === Kind.NULL) return;
    const isPresent = (input: unknown): number => (input == null ? 0 : 1);
    if (value.kind === Kind.VARIABLE)
      this.addArgument(weight, [], { name: value.name.value, key: 'present', weigh: isPresent });
    else this.addArgument(weight, []);
  }

  /** Counts the value of an argument, once for all parent objects: subgraphs read lists in one statement. */
  private input(type: GraphQLInputType, value: ValueNode): void {
    if (value.kind === Kind.VARIABLE) {
      const weigh = (input: unknown): number => weightOfInput(type, input, this.weights);
      this.addArgument(1, [], { name: value.name.value, key: String(type), weigh });
    } else if (value.kind === Kind.LIST) {
      for (const item of value.values) {
        this.addArgument(weightOfItem(type, this.weights), []);
        this.input(type, item);
      }
    } else if (value.kind === Kind.OBJECT) {
      const named = getNamedType(type);
      const fields = isInputObjectType(named) ? named.getFields() : {};
      for (const { name, value: inner } of value.fields) {
        const field = fields[name.value];
        if (!field) continue;
        this.addInput(weightOfInputField(named.name, field, this.weights), inner);
        this.input(field.type, inner);
      }
    }
  }

  private factorOf(
    coordinate: string,
    { assumedSize = ASSUMED_SIZE, slicingArguments }: ListSize,
    node: FieldNode,
    field: GraphQLField<unknown, unknown>,
    place: string,
  ): Factor {
    const literals: number[] = [];
    const variables: string[] = [];
    for (const name of slicingArguments) {
      const argument = node.arguments?.find((node) => node.name.value === name)?.value;
      if (argument?.kind === Kind.VARIABLE) variables.push(argument.name.value);
      else if (argument?.kind === Kind.INT) literals.push(Number(argument.value));
      else if (!argument) {
        const { defaultValue } = field.args.find((arg) => arg.name === name) ?? {};
        if (typeof defaultValue === 'number') literals.push(defaultValue);
      }
    }
    const key = `${coordinate}(${[...literals, ...variables].join()})${assumedSize}`;
    return { key, place, assumed: assumedSize, isPaged: slicingArguments.length > 0, literals, variables };
  }

  private addArgument(weight: number, within: readonly Factor[], input?: InputVariable): void {
    this.add(weight, within, { input, isArgument: true });
  }

  /** Multiplies by fixed list sizes, and merges terms with the same variable sizes. */
  private add(
    weight: number,
    within: readonly Factor[],
    { input, isArgument }: Pick<Term, 'input' | 'isArgument'> = { isArgument: false },
  ): void {
    if (weight === 0) return;
    this.onTerm?.({ weight, factors: within, input, isArgument });
    let count = weight;
    const factors: Factor[] = [];
    for (const factor of within) {
      if (factor.variables.length > 0) factors.push(factor);
      else count *= sizeOf(factor, {});
    }
    const key = [...factors, ...(input ? [{ key: `${input.name} ${input.key}` }] : [])]
      .map((part) => part.key)
      .concat(isArgument ? 'argument' : [])
      .join('\n');
    const before = this.termsByKey.get(key)?.weight ?? 0;
    this.termsByKey.set(key, { weight: before + count, factors, input, isArgument });
  }
}

const hasFields = (type: GraphQLInputType): boolean => isInputObjectType(getNamedType(type));

/** Weight of an input field that has a value: its own, else that of its type. */
const weightOfInputField = (
  type: string,
  { name, type: of }: GraphQLInputField,
  weights: ReadonlyMap<string, number>,
) =>
  weights.get(`${type}.${name}`) ??
  (isListType(getNullableType(of)) ? undefined : weights.get(getNamedType(of).name)) ??
  (hasFields(of) ? 0 : INPUT_VALUE);

/** Weight of an item of an input list, without what is in it. */
const weightOfItem = (type: GraphQLInputType, weights: ReadonlyMap<string, number>): number =>
  weights.get(getNamedType(type).name) ?? INPUT_VALUE;

/** Weight of the contents of a coerced input value. */
function weightOfInput(type: GraphQLInputType, value: unknown, weights: ReadonlyMap<string, number>): number {
  if (Array.isArray(value))
    return sum(value.map((item) => weightOfItem(type, weights) + weightOfInput(type, item, weights)));
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
