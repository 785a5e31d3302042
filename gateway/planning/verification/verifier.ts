import {
  type GraphQLNamedType,
  getNamedType,
  Kind,
  KnownDirectivesRule,
  NoUnusedFragmentsRule,
  NoUnusedVariablesRule,
  OverlappingFieldsCanBeMergedRule,
  parse,
  type SelectionSetNode,
  specifiedRules,
  validate,
} from 'graphql';
import type { SubgraphSchema } from '../model/subgraph-schema';
import type { SupergraphModel } from '../model/supergraph-model';
import {
  type EntityFetch,
  type FetchNode,
  fetchesOf,
  type PathStep,
  type PlanNode,
  type QueryPlan,
  type RequiredSelection,
  type Rewrite,
} from '../plan';
import { requiredOf } from '../required';
import { definitionOf, fieldsOf, nameOf, pathsOf } from '../selected';
import { copyFields, type FetchedField, type FetchedFields, FetchedObjects, meaningOf } from './fetched-fields';

/** Why a plan does not compute its operation. */
export class PlanFlaw extends Error {}

/** Maximum steps of a verification; plans that need more are accepted unverified. */
const MAX_STEPS = 500_000;

/** Validation rules for fetches; unused variables and custom directives are harmless. */
const RULES = specifiedRules.filter(
  (rule) => rule !== KnownDirectivesRule && rule !== NoUnusedVariablesRule && rule !== NoUnusedFragmentsRule,
);

/**
 * Verifies plans by running them on types instead of data: each fetch must select fields from a subgraph that
 * can resolve them there, with representations that satisfy its keys and requirements; and in the end each field of the operation
 * must be fetched with its meaning. Both planners have produced invalid plans: see docs/decisions/0009-planning.md.
 */
export class PlanVerifier {
  constructor(private readonly model: SupergraphModel) {}

  /**
   * Why a plan does not compute its operation; undefined for a valid plan.
   * @param operation the planner's input
   */
  flawOf({ root }: QueryPlan, operation: string): string | undefined {
    const flaw = this.flawIn(root, operation, RULES);
    if (flaw !== undefined || !readsInParallel(root)) return flaw;
    const reversed = this.flawIn(inReverse(root), operation, []);
    return reversed && `parallel steps need each other: ${reversed}`;
  }

  private flawIn(root: PlanNode | undefined, operation: string, rules: typeof RULES): string | undefined {
    const { operation: kind, selectionSet } = definitionOf(operation);
    const trial = new Trial(this.model, kind, rules);
    try {
      trial.run(root);
      trial.requireAll(selectionSet);
      return undefined;
    } catch (error) {
      if (error instanceof TooManySteps) return undefined;
      if (error instanceof PlanFlaw) return error.message;
      throw error;
    }
  }
}

/** Whether a parallel step reads the answer, which a step beside it may not have written yet. */
function readsInParallel(node: PlanNode | undefined): boolean {
  if (!node || node.kind === 'Fetch') return false;
  const isParallel = node.kind === 'Parallel' && node.nodes.length > 1;
  if (isParallel && [...fetchesOf(node)].some((fetch) => pathsOf(fetch).length > 0)) return true;
  return node.nodes.some(readsInParallel);
}

/** The plan with parallel steps in reverse: in one of both orders, a step that needs one beside it runs first. */
function inReverse(node: PlanNode | undefined): PlanNode | undefined {
  if (!node || node.kind === 'Fetch') return node;
  const nodes = node.nodes.map((child) => inReverse(child)!);
  return { ...node, nodes: node.kind === 'Parallel' ? nodes.reverse() : nodes };
}

/** Message of graphql-js when it stops comparing fields without having found an error. */
const ABORTED = 'Validation aborted.';

/** Rules for operations that cannot select conflicting fields; that check is most of the work. */
export const RULES_WITHOUT_CONFLICTS = RULES.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);

class TooManySteps extends Error {}

/** Context that allows selecting fields that the subgraph does not resolve itself. */
interface Scope {
  /** Selections of `@provides` that apply here. */
  readonly provided: readonly SelectionSetNode[];
  /** Whether only provided fields exist: inside an external value object. */
  readonly isOnlyProvided: boolean;
  /** The representation of an entity. */
  readonly representation?: Representation;
}

type Representation = ReadonlyMap<string, Represented>;

interface Represented {
  readonly field: FetchedField;
  readonly selections: readonly RequiredSelection[] | undefined;
}

/** A rename that applies to a field further down. */
interface Renaming {
  readonly rewrite: Extract<Rewrite, { kind: 'Rename' }>;
  readonly at: number;
}

interface Spot {
  readonly objects: FetchedObjects;
  readonly type: string;
  readonly fetchedFields: FetchedFields;
}

const NOTHING_PROVIDED: Scope = { provided: [], isOnlyProvided: false };

/** One run of a plan on types. */
export class Trial {
  readonly root = new FetchedObjects();
  private readonly rootType: string;
  private steps = 0;

  constructor(
    private readonly model: SupergraphModel,
    kind: 'query' | 'mutation' | 'subscription',
    private readonly rules = RULES,
  ) {
    this.rootType = model.whole.getRootType(kind as never)!.name;
    this.root.of(this.rootType);
  }

  /** @throws PlanFlaw */
  run(node: PlanNode | undefined): void {
    if (!node) return;
    if (node.kind === 'Fetch') this.fetch(node);
    else for (const child of node.nodes) this.run(child);
  }

  /** @throws PlanFlaw if a field of the operation is missing or has another meaning */
  requireAll(selectionSet: SelectionSetNode): void {
    this.require(this.root, selectionSet, '');
  }

  fetch(fetch: FetchNode): void {
    const subgraph = this.model.subgraphs.get(fetch.subgraph);
    if (!subgraph) throw new PlanFlaw(`the plan requests "${fetch.subgraph}", which is not a subgraph`);
    const [invalid] = validate(subgraph.schema, parse(fetch.operation), this.rules, { maxErrors: 1 });
    if (invalid && invalid.message !== ABORTED)
      throw new PlanFlaw(`invalid fetch from "${subgraph.name}": ${invalid.message}`);
    const { selectionSet } = definitionOf(fetch.operation);
    if (fetch.entities) for (const entity of fetch.entities) this.entities(fetch, entity, selectionSet, subgraph);
    else {
      const type = subgraph.schema.getRootType(fetch.operationKind as never)!.name;
      const renamings = renamingsOf(fetch.outputRewrites);
      for (const { fetchedFields } of fetch.at ? this.spotsAt(fetch.at) : this.spotsAt([]))
        this.give(subgraph, type, fetchedFields, selectionSet, NOTHING_PROVIDED, renamings, fetch);
    }
  }

  /** The spots at the end of a path, by type. */
  private spotsAt(path: readonly PathStep[]): Spot[] {
    let spots: Spot[] = [{ objects: this.root, type: this.rootType, fetchedFields: this.root.of(this.rootType) }];
    for (const step of path) {
      if (step.kind === 'Field')
        spots = spots.flatMap(({ fetchedFields }) => {
          const objects = fetchedFields.get(step.name)?.objects;
          return objects ? [...objects.byType].map(([type, inner]) => ({ objects, type, fetchedFields: inner })) : [];
        });
      else if (step.kind === 'Types')
        spots = spots.filter(
          // an object without `__typename` has the type that the plan assumes
          ({ type, fetchedFields }) =>
            !fetchedFields.has('__typename') || step.names.some((name) => this.isOf(name, type)),
        );
    }
    return spots;
  }

  /** Whether execution includes a type in a type condition. */
  private isOf(condition: string, type: string): boolean {
    return condition === type || this.model.possibleTypes(condition).includes(type);
  }

  private entities(fetch: FetchNode, entity: EntityFetch, selected: SelectionSetNode, subgraph: SubgraphSchema): void {
    const selectionSet = fieldsOf(selected).find((field) => nameOf(field) === entity.alias)?.selectionSet;
    if (!selectionSet) throw new PlanFlaw(`the plan does not select "${entity.alias}", whose entities it needs`);
    const renamings = renamingsOf(entity.outputRewrites);
    const spots = new Map(entity.paths.flatMap((path) => this.spotsAt(path)).map((spot) => [spot.fetchedFields, spot]));
    for (const { objects, type, fetchedFields } of spots.values()) {
      // objects without the requirements are not fetched
      const representation =
        fetchedFields.has('__typename') && this.representationOf(entity.requires, type, fetchedFields);
      if (!representation) continue;
      const sentType = this.typeSent(entity, type);
      if (!subgraph.keysOf(sentType).some((key) => this.hasAll(representation, key)))
        throw new PlanFlaw(
          `the plan requests entities of "${sentType}" from "${subgraph.name}" without a key that it resolves`,
        );
      const scope: Scope = { ...NOTHING_PROVIDED, representation };
      const possible = subgraph.possibleTypes(sentType);
      const isConcrete = !this.model.isAbstract(type);
      const learnsType = !isConcrete && !subgraph.isInterfaceObject(sentType) && selectsTypename(selectionSet);
      for (const possibleType of possible) {
        if (learnsType) {
          const learned = objects.of(possibleType);
          copyFields(learned, fetchedFields);
          this.give(subgraph, possibleType, learned, selectionSet, scope, renamings, fetch);
        } else if (!isConcrete || subgraph.isInterfaceObject(possibleType) || possibleType === type)
          this.give(subgraph, possibleType, fetchedFields, selectionSet, scope, renamings, fetch);
      }
      if (learnsType) objects.byType.delete(type);
    }
  }

  /** The `__typename` of an object's representation: a subgraph may know only its interface. */
  private typeSent({ inputRewrites }: EntityFetch, type: string): string {
    for (const { kind, path, ...rest } of inputRewrites) {
      const isOfIt = path.every((step) => step.kind === 'Field' || step.names.some((name) => this.isOf(name, type)));
      if (kind === 'Set' && isOfIt && 'value' in rest) return String(rest.value);
    }
    return type;
  }

  /** Adds the fields that a subgraph returns. @param subgraphType the object’s type in the subgraph */
  private give(
    subgraph: SubgraphSchema,
    subgraphType: string,
    fetchedFields: FetchedFields,
    { selections }: SelectionSetNode,
    scope: Scope,
    renamings: readonly Renaming[],
    fetch: FetchNode,
  ): void {
    const here = ofType(renamings, (names) => names.some((name) => this.isOf(name, subgraphType)));
    for (const selection of selections) {
      this.step();
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? subgraphType;
        if (subgraph.includes(condition, subgraphType))
          this.give(subgraph, subgraphType, fetchedFields, selection.selectionSet, scope, renamings, fetch);
      }
      if (selection.kind !== Kind.FIELD) continue;
      const response = nameOf(selection);
      const { renamed, below } = renamedBy(here, response);
      const name = selection.name.value;
      if (name === '__typename') {
        this.recordField(fetchedFields, renamed, '__typename()', false, subgraph);
        continue;
      }
      const field = subgraph.fieldOf(subgraphType, name);
      if (!field)
        throw new PlanFlaw(
          `the plan requests "${subgraphType}.${name}" from "${subgraph.name}", which does not have it`,
        );
      const allowed = scope.provided.flatMap((set) => this.named(set, name, subgraphType, subgraph));
      if ((field.isExternal || scope.isOnlyProvided) && allowed.length === 0)
        throw new PlanFlaw(
          `the plan requests "${subgraphType}.${name}" from "${subgraph.name}", which does not resolve it there`,
        );
      if (
        field.requires &&
        !(scope.representation && this.hasAll(scope.representation, field.requires)) &&
        !field.requires.selections.every((requirement) => scope.provided.some((set) => isIn(set, requirement)))
      )
        throw new PlanFlaw(
          `the plan requests "${subgraphType}.${name}" from "${subgraph.name}" without its requirements`,
        );
      const meaning = meaningOf(withoutContext(selection, fetch));
      const inner = this.recordField(fetchedFields, renamed, meaning, selection.selectionSet !== undefined, subgraph);
      if (!inner || !selection.selectionSet) continue;
      const provided = [...(field.provides ? [field.provides] : []), ...allowed];
      const isValueOfAnother = field.isExternal || scope.isOnlyProvided;
      for (const type of subgraph.possibleTypes(namedType(field.type))) {
        const isOnlyProvided = isValueOfAnother && subgraph.keysOf(type).length === 0;
        this.give(subgraph, type, inner.of(type), selection.selectionSet, { provided, isOnlyProvided }, below, fetch);
      }
    }
  }

  /** Records a fetched field. @throws PlanFlaw if its name already has another meaning */
  private recordField(
    fetchedFields: FetchedFields,
    name: string,
    meaning: string,
    hasObjects: boolean,
    giver: SubgraphSchema,
  ): FetchedObjects | undefined {
    const there = fetchedFields.get(name);
    if (there && there.meaning !== meaning)
      throw new PlanFlaw(`the plan calls two fields, or one with two sets of arguments, "${name}"`);
    if (there) {
      there.givers.add(giver.name);
      return there.objects;
    }
    const objects = hasObjects ? new FetchedObjects() : undefined;
    fetchedFields.set(name, { meaning, objects, givers: new Set([giver.name]) });
    return objects;
  }

  /** The subselections of a field in a field set, for one parent type; empty if the set lacks the field. */
  private named(set: SelectionSetNode, name: string, parentType: string, subgraph: SubgraphSchema): SelectionSetNode[] {
    return set.selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD)
        return selection.name.value === name ? [selection.selectionSet ?? NO_SELECTIONS] : [];
      if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
      const condition = selection.typeCondition?.name.value ?? parentType;
      return subgraph.includes(condition, parentType)
        ? this.named(selection.selectionSet, name, parentType, subgraph)
        : [];
    });
  }

  /** The representation of an object; undefined if required fields are missing. */
  private representationOf(
    requires: readonly RequiredSelection[],
    type: string,
    fetchedFields: FetchedFields,
  ): Representation | undefined {
    const required = requiredOf(requires, type, (condition, objectType) => this.isOf(condition, objectType));
    const isComplete = required?.every(({ selections }) => this.isComplete(selections, type, fetchedFields));
    return required && isComplete ? this.contentOf(required, type, fetchedFields) : undefined;
  }

  private contentOf(
    selections: readonly RequiredSelection[],
    type: string,
    fetchedFields: FetchedFields,
  ): Representation {
    const content = new Map<string, Represented>();
    for (const { name, from, selections: inner } of this.requiredOf(selections, type)) {
      const field = fetchedFields.get(from);
      const before = content.get(name)?.selections ?? [];
      if (field) content.set(name, { field, selections: inner && [...before, ...inner] });
    }
    return content;
  }

  private isComplete(selections: readonly RequiredSelection[], type: string, fetchedFields: FetchedFields): boolean {
    return this.requiredOf(selections, type).every(({ from, selections: inner }) => {
      const field = fetchedFields.get(from);
      if (!field) return from === '__typename' && !this.model.isAbstract(type);
      return (
        !inner ||
        [...(field.objects?.byType ?? [])].every(([innerType, below]) => this.isComplete(inner, innerType, below))
      );
    });
  }

  /** The required fields of an object of a type. */
  private requiredOf(
    selections: readonly RequiredSelection[],
    type: string,
  ): Extract<RequiredSelection, { kind: 'Field' }>[] {
    return selections.flatMap((selection) => {
      if (selection.kind === 'Field') return [selection];
      return this.isOf(selection.type, type) ? this.requiredOf(selection.selections, type) : [];
    });
  }

  /** Whether a representation has every field of a field set with its meaning. */
  private hasAll(representation: Representation, { selections }: SelectionSetNode, type?: string): boolean {
    return selections.every((wanted) => {
      if (wanted.kind === Kind.INLINE_FRAGMENT) {
        const condition = wanted.typeCondition?.name.value;
        const applies = condition === undefined || type === undefined || this.isOf(condition, type);
        return !applies || this.hasAll(representation, wanted.selectionSet, type);
      }
      if (wanted.kind !== Kind.FIELD || wanted.name.value === '__typename') return true;
      const represented = representation.get(wanted.name.value);
      if (represented?.field.meaning !== meaningOf(wanted)) return false;
      const { selectionSet } = wanted;
      if (!selectionSet) return true;
      return [...(represented.field.objects?.byType ?? [])].every(([innerType, innerFields]) =>
        this.hasAll(this.contentOf(represented.selections ?? [], innerType, innerFields), selectionSet, innerType),
      );
    });
  }

  private require(objects: FetchedObjects, selectionSet: SelectionSetNode, place: string): void {
    for (const [type, fetchedFields] of objects.byType)
      this.requireOf(type, fetchedFields, selectionSet, place, objects.byType.size > 1);
  }

  private requireOf(
    type: string,
    fetchedFields: FetchedFields,
    { selections }: SelectionSetNode,
    place: string,
    isOneOfSeveral: boolean,
  ): void {
    for (const selection of selections) {
      this.step();
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type;
        if (this.model.includes(condition, type))
          this.requireOf(type, fetchedFields, selection.selectionSet, place, isOneOfSeveral);
        else if (this.model.mayInclude(condition, type))
          throw new PlanFlaw(`the plan does not fetch the type of the objects at "${place}"`);
      }
      if (selection.kind !== Kind.FIELD) continue;
      const field = fetchedFields.get(nameOf(selection));
      if (selection.name.value === '__typename') {
        if (this.model.isAbstract(type) || (isOneOfSeveral && !fetchedFields.has('__typename')))
          throw new PlanFlaw(`the plan does not fetch the type of the objects at "${place}"`);
        continue;
      }
      const what = `"${type}.${selection.name.value}" at "${place}"`;
      if (!field) throw new PlanFlaw(`the plan does not fetch ${what}`);
      if (field.meaning !== meaningOf(selection))
        throw new PlanFlaw(`the plan fetches another field, or other arguments, for ${what}`);
      if (selection.selectionSet && field.objects)
        this.require(
          field.objects,
          selection.selectionSet,
          place === '' ? nameOf(selection) : `${place}.${nameOf(selection)}`,
        );
    }
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new TooManySteps();
  }
}

const NO_SELECTIONS: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [] };

const namedType = (type: Parameters<typeof getNamedType>[0]): string => (getNamedType(type) as GraphQLNamedType).name;

const selectsTypename = (selectionSet: SelectionSetNode): boolean =>
  fieldsOf(selectionSet).some((field) => nameOf(field) === '__typename');

/** Whether a field set includes a field and its subselections. */
function isIn(set: SelectionSetNode, wanted: SelectionSetNode['selections'][number]): boolean {
  if (wanted.kind !== Kind.FIELD) return false;
  return fieldsOf(set).some(
    (field) =>
      meaningOf(field) === meaningOf(wanted) &&
      (wanted.selectionSet?.selections.every((inner) => field.selectionSet && isIn(field.selectionSet, inner)) ?? true),
  );
}

const renamingsOf = (rewrites: readonly Rewrite[]): Renaming[] =>
  rewrites.flatMap((rewrite) => (rewrite.kind === 'Rename' ? [{ rewrite, at: 0 }] : []));

/** Renamings that apply below an object of a type. */
function ofType(renamings: readonly Renaming[], matches: (names: readonly string[]) => boolean): Renaming[] {
  return renamings.flatMap(({ rewrite, at }) => {
    let next = at;
    for (let step = rewrite.path[next]; step?.kind === 'Types'; step = rewrite.path[++next])
      if (!matches(step.names)) return [];
    return [{ rewrite, at: next }];
  });
}

/** The name of a field after renaming, and the renamings below it. */
function renamedBy(renamings: readonly Renaming[], response: string): { renamed: string; below: Renaming[] } {
  let renamed = response;
  const below: Renaming[] = [];
  for (const { rewrite, at } of renamings) {
    const step = rewrite.path[at];
    if (step?.kind !== 'Field' || step.name !== response) continue;
    if (at === rewrite.path.length - 1) renamed = rewrite.to;
    else below.push({ rewrite, at: at + 1 });
  }
  return { renamed, below };
}

/** A field without its context arguments. */
function withoutContext<T extends { readonly arguments?: readonly { readonly value: { readonly kind: string } }[] }>(
  field: T,
  { context = [] }: FetchNode,
): T {
  if (context.length === 0) return field;
  const variables = new Set(context.map(({ variable }) => variable));
  return {
    ...field,
    arguments: field.arguments?.filter(
      ({ value }) =>
        !(value.kind === Kind.VARIABLE && variables.has((value as never as { name: { value: string } }).name.value)),
    ),
  };
}
