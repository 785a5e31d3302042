import {
  type FieldNode,
  type GraphQLNamedType,
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { noPlan } from '../errors';
import type { SubgraphSchema } from '../model/subgraph-schema';
import type { SupergraphModel } from '../model/supergraph-model';
import { NO_OVERRIDES, type Overrides, overrideConditions } from '../overrides';
import type { PathStep, PlanNode, QueryPlan, RequiredSelection, Rewrite } from '../plan';
import { serial } from '../repairs/serial';
import { definitionOf, fragmentOn, nameOf, TYPENAME } from '../selected';
import { type FetchedFields, type FetchedObjects, meaningOf } from '../verification/fetched-fields';
import { PlanFlaw, RULES_WITHOUT_CONFLICTS, Trial } from '../verification/verifier';
import { type Ask, writeFetches } from './fetches';

/** Maximum sequential rounds of fetches. */
const MAX_ROUNDS = 40;

/** Maximum steps of planning one operation. */
const MAX_STEPS = 300_000;

/**
 * Plans without search: in each round, at every place, it selects missing fields from the subgraphs reachable by known keys,
 * and adds the keys and requirements of unreachable ones to the wanted fields. Its plans have more fetches than those of the other
 * planners, but its time grows with the operation, not with the number of alternatives. It is their fallback; it does not use
 * `@provides` or support context arguments.
 */
export class DirectPlanner {
  private readonly left: ReadonlySet<string>;

  constructor(
    private readonly model: SupergraphModel,
    supergraphSdl: string,
    overrides: Overrides = NO_OVERRIDES,
  ) {
    this.left = fieldsLeft(model, overrideConditions(supergraphSdl, overrides));
  }

  /** @throws PlanningError */
  plan(operation: string): QueryPlan {
    const planning = new Planning(this.model, this.left, definitionOf(operation));
    try {
      return serial({ root: planning.plan() }, operation);
    } catch (error) {
      if (error instanceof PlanFlaw) throw noPlan(error);
      throw error;
    }
  }
}

/** Fields, as `subgraph Type.field`, that a progressive `@override` has moved away from a subgraph, or not yet to it. */
function fieldsLeft({ whole, subgraphs }: SupergraphModel, inForce: ReadonlyMap<string, boolean>): Set<string> {
  const left = new Set<string>();
  if (inForce.size === 0) return left;
  const names = new Map([...subgraphs.keys()].map((name) => [name.toUpperCase().replace(/[^A-Z0-9]/g, '_'), name]));
  for (const type of Object.values(whole.getTypeMap()))
    if (isObjectType(type) || isInterfaceType(type))
      for (const field of Object.values(type.getFields()))
        for (const directive of field.astNode?.directives ?? []) {
          const texts = new Map(
            directive.arguments?.map(({ name, value }) => [name.value, 'value' in value ? String(value.value) : '']),
          );
          const label = texts.get('overrideLabel');
          if (label === undefined) continue;
          const graph = names.get(texts.get('graph') ?? '') ?? '';
          const loser = inForce.get(label) ? texts.get('override') : graph;
          left.add(`${loser} ${type.name}.${field.name}`);
        }
  return left;
}

interface Place {
  readonly path: readonly PathStep[];
  readonly objects: FetchedObjects;
}

/** The wanted fields that a subgraph can return. */
interface Selected {
  readonly selections: readonly SelectionNode[];
  readonly rewrites: readonly Rewrite[];
  /** Response names of the wanted fields with new data. */
  readonly names: ReadonlySet<string>;
  /** Number of new fields. */
  readonly gain: number;
  /** Whether it returns all wanted fields. */
  readonly isAll: boolean;
}

class Planning {
  private readonly trial: Trial;
  private readonly rootType: string;
  private readonly queryType: string | undefined;
  /** Wanted keys and requirements, in addition to the client's fields, by object. */
  private readonly wants = new Map<FetchedFields, Map<string, FieldNode>>();
  /** By meaning, the response names of required fields with arguments. */
  private readonly aliases = new Map<string, string>();
  /** For fields requested again for more fields of their entities: the subgraphs that returned them; others may lack them there. */
  private readonly givers = new WeakMap<FieldNode, ReadonlySet<string>>();
  private asks: Ask[] = [];
  private hasNewWants = false;
  private steps = 0;

  constructor(
    private readonly model: SupergraphModel,
    private readonly left: ReadonlySet<string>,
    private readonly operation: OperationDefinitionNode,
  ) {
    // names with several types become unique
    this.trial = new Trial(model, operation.operation, RULES_WITHOUT_CONFLICTS);
    this.rootType = model.whole.getRootType(operation.operation)!.name;
    this.queryType = model.whole.getQueryType()?.name;
  }

  /** @throws PlanFlaw */
  plan(): PlanNode {
    const nodes: PlanNode[] = [];
    for (let round = 0; round < MAX_ROUNDS; round++) {
      this.asks = [];
      this.hasNewWants = false;
      const root = { path: [], objects: this.trial.root };
      const rest = this.visit(root, this.rootType, this.trial.root.of(this.rootType), [this.operation.selectionSet]);
      if (this.asks.length === 0 && !this.hasNewWants) {
        this.trial.requireAll(this.operation.selectionSet);
        if (rest.length > 0) throw new PlanFlaw(`no subgraph can return ${rest.map(nameOf).join(', ')}`);
        return nodes.length === 1 ? nodes[0]! : { kind: 'Sequence', nodes };
      }
      const fetches = writeFetches(this.asks, this.operation);
      for (const fetch of fetches) this.trial.fetch(fetch);
      if (fetches.length > 0) nodes.push(fetches.length === 1 ? fetches[0]! : { kind: 'Parallel', nodes: fetches });
    }
    throw new PlanFlaw(`more than ${MAX_ROUNDS} rounds of fetches`);
  }

  /**
   * Selects the missing fields of the objects of one type at a place and below.
   * @returns fields that cannot be selected here, but possibly by the fetch that returned the objects
   */
  private visit(
    place: Place,
    type: string,
    fetchedFields: FetchedFields,
    selectionSets: readonly SelectionSetNode[],
  ): FieldNode[] {
    this.step();
    const wants = [...(this.wants.get(fetchedFields)?.values() ?? [])];
    const all = [...selectionSets, { kind: Kind.SELECTION_SET, selections: wants } satisfies SelectionSetNode];
    const wanted = this.collect(type, all);
    const isOneOfSeveral = place.objects.byType.size > 1;
    const missing: FieldNode[] = [];
    for (const field of wanted) {
      const response = nameOf(field);
      const there = fetchedFields.get(response);
      if (field.name.value === '__typename') {
        const isWanted =
          isOneOfSeveral || this.model.isAbstract(type) || this.wants.get(fetchedFields)?.has('__typename');
        if (isWanted && (!there || this.model.isAbstract(type))) missing.push(field);
      } else if (!there) missing.push(field);
      else if (field.selectionSet && there.objects) {
        const types: PathStep[] = isOneOfSeveral ? [{ kind: 'Types', names: [type] }] : [];
        const inner = {
          path: [...place.path, ...types, { kind: 'Field', name: response } satisfies PathStep],
          objects: there.objects,
        };
        let isOfGivers = false;
        const rest = [...there.objects.byType].flatMap(([innerType, below]) => {
          const left = this.visit(inner, innerType, below, [field.selectionSet!]);
          if (left.length === 0) return [];
          isOfGivers ||= this.isEntity(innerType) || left.some((leftField) => this.givers.has(leftField));
          return [fragmentOn(innerType, left)];
        });
        if (rest.length === 0) continue;
        const again: FieldNode = { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: rest } };
        if (isOfGivers) this.givers.set(again, there.givers);
        missing.push(again);
      }
    }
    return missing.length === 0 ? [] : this.ask(place, type, fetchedFields, missing, all);
  }

  /** Whether any subgraph resolves the type by keys. */
  private isEntity(type: string): boolean {
    return [...this.model.subgraphs.values()].some((subgraph) => subgraph.keysOf(type).length > 0);
  }

  /** The distinct wanted fields of objects of a type. */
  private collect(type: string, selectionSets: readonly SelectionSetNode[]): FieldNode[] {
    const fields = new Map<string, FieldNode>();
    const gather = (selections: readonly SelectionNode[]): void => {
      for (const selection of selections) {
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const condition = selection.typeCondition?.name.value ?? type;
          if (this.model.includes(condition, type)) gather(selection.selectionSet.selections);
          // the type of the objects must be known first
          else if (this.model.mayInclude(condition, type)) gather([TYPENAME]);
        }
        if (selection.kind !== Kind.FIELD) continue;
        const response = nameOf(selection);
        const before = fields.get(response);
        const selections = [...(before?.selectionSet?.selections ?? []), ...(selection.selectionSet?.selections ?? [])];
        fields.set(response, {
          ...selection,
          directives: [],
          selectionSet: selection.selectionSet && { kind: Kind.SELECTION_SET, selections },
        });
      }
    };
    for (const { selections } of selectionSets) gather(selections);
    return [...fields.values()];
  }

  /** Selects from reachable subgraphs, the one with most fields first. @returns fields that no subgraph returns */
  private ask(
    place: Place,
    type: string,
    fetchedFields: FetchedFields,
    missing: readonly FieldNode[],
    selectionSets: readonly SelectionSetNode[],
  ): FieldNode[] {
    let rest = [...missing];
    const isRoot = place.path.length === 0;
    const candidates = this.candidates(type, isRoot).map((candidate) => ({
      ...candidate,
      requires: candidate.keys && this.requiresOf(candidate.keys, type, fetchedFields),
    }));
    const reached = candidates.filter(({ keys, requires }) => !keys || requires);
    while (rest.length > 0) {
      let best: { ask: Ask; names: ReadonlySet<string>; gain: number } | undefined;
      for (const { subgraph, subgraphType, requires } of reached) {
        const selected = this.selectTop(subgraph, subgraphType, type, fetchedFields, rest, selectionSets);
        if (selected.names.size === 0 || (best && selected.gain <= best.gain)) continue;
        const required = requires && [...requires, ...this.requirementsIn(subgraph, subgraphType, selected, rest)];
        const { selections, rewrites, names, gain } = selected;
        best = {
          names,
          gain,
          ask: { subgraph, subgraphType, type, path: place.path, requires: required, selections, rewrites },
        };
      }
      if (!best) break;
      const { names } = best;
      this.asks.push(best.ask);
      rest = rest.filter((field) => !names.has(nameOf(field)));
    }
    if (rest.length === 0) return [];
    return this.want(type, fetchedFields, rest, candidates) ? [] : rest;
  }

  /** The subgraphs that can return objects of a type, with the type and keys that each uses. */
  private candidates(
    type: string,
    isRoot: boolean,
  ): { subgraph: SubgraphSchema; subgraphType: string; keys: readonly SelectionSetNode[] | undefined }[] {
    const kind = isRoot ? this.operation.operation : 'query';
    const all = [...this.model.subgraphs.values()];
    if (isRoot || type === this.queryType)
      return all.flatMap((subgraph) => {
        const subgraphType = subgraph.schema.getRootType(kind as never)?.name;
        return subgraphType === undefined ? [] : [{ subgraph, subgraphType, keys: undefined }];
      });
    const definition = this.model.whole.getType(type);
    const interfaces =
      isObjectType(definition) || isInterfaceType(definition) ? definition.getInterfaces().map(({ name }) => name) : [];
    return all.flatMap((subgraph) =>
      [type, ...interfaces.filter((name) => subgraph.isInterfaceObject(name))].flatMap((subgraphType) => {
        const keys = subgraph.keysOf(subgraphType);
        return keys.length === 0 ? [] : [{ subgraph, subgraphType, keys }];
      }),
    );
  }

  /** Fields that represent an object by the first key with fetched fields; undefined without such a key. */
  private requiresOf(
    keys: readonly SelectionSetNode[],
    type: string,
    fetchedFields: FetchedFields,
  ): readonly RequiredSelection[] | undefined {
    if (!fetchedFields.has('__typename')) return undefined;
    const key = keys.find((fieldSet) => this.isKnown(fieldSet, type, fetchedFields));
    return key && this.required(key, true);
  }

  /** Whether every field of a field set is fetched with its meaning. */
  private isKnown({ selections }: SelectionSetNode, type: string, fetchedFields: FetchedFields): boolean {
    return selections.every((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type;
        return !this.model.includes(condition, type) || this.isKnown(selection.selectionSet, type, fetchedFields);
      }
      if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return true;
      const field = fetchedFields.get(this.responseOf(selection));
      if (field?.meaning !== meaningOf(selection)) return false;
      const { selectionSet } = selection;
      return (
        !selectionSet ||
        [...(field.objects?.byType ?? [])].every(([innerType, below]) => this.isKnown(selectionSet, innerType, below))
      );
    });
  }

  /** Response name of a field of a key or requirement: the field's name, which no client field with arguments has. */
  private responseOf(field: FieldNode): string {
    if (!field.arguments?.length) return field.name.value;
    const meaning = meaningOf(field);
    let alias = this.aliases.get(meaning);
    if (alias === undefined) {
      alias = `_r${this.aliases.size}_${field.name.value}`;
      this.aliases.set(meaning, alias);
    }
    return alias;
  }

  private required({ selections }: SelectionSetNode, isTop: boolean): RequiredSelection[] {
    const inner = selections.flatMap((selection): RequiredSelection[] => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const nested = this.required(selection.selectionSet, false);
        return selection.typeCondition
          ? [{ kind: 'Fragment', type: selection.typeCondition.name.value, selections: nested }]
          : nested;
      }
      if (selection.kind !== Kind.FIELD) return [];
      return [
        {
          kind: 'Field',
          from: this.responseOf(selection),
          name: selection.name.value,
          selections: selection.selectionSet && this.required(selection.selectionSet, false),
        },
      ];
    });
    return isTop ? [{ kind: 'Field', from: '__typename', name: '__typename' }, ...inner] : inner;
  }

  /** The requirements of the fields that a subgraph returns. */
  private requirementsIn(
    subgraph: SubgraphSchema,
    subgraphType: string,
    { names }: Selected,
    wanted: readonly FieldNode[],
  ): RequiredSelection[] {
    return wanted.flatMap((field) => {
      if (!names.has(nameOf(field))) return [];
      return subgraph.possibleTypes(subgraphType).flatMap((type) => {
        const { requires } = subgraph.fieldOf(type, field.name.value) ?? {};
        return requires ? this.required(requires, false) : [];
      });
    });
  }

  /**
   * Adds the keys and requirements of subgraphs that have the missing fields to the wanted fields.
   * @returns whether any of them is new
   */
  private want(
    type: string,
    fetchedFields: FetchedFields,
    missing: readonly FieldNode[],
    candidates: ReturnType<Planning['candidates']>,
  ): boolean {
    let isNew = false;
    const add = (field: FieldNode): void => {
      let wants = this.wants.get(fetchedFields);
      if (!wants) {
        wants = new Map();
        this.wants.set(fetchedFields, wants);
      }
      const name = nameOf(field);
      const text = print(field);
      if (wants.has(text) || (fetchedFields.has(name) && !field.selectionSet)) return;
      wants.set(text, field);
      isNew = true;
    };
    for (const { subgraph, subgraphType, keys } of candidates) {
      const fields = missing.flatMap((field) =>
        subgraph.possibleTypes(subgraphType).flatMap((possible) => {
          const definition = this.resolvable(subgraph, possible, field);
          return definition ? [definition] : field.name.value === '__typename' ? [undefined] : [];
        }),
      );
      if (fields.length === 0) continue;
      const sets = [...(keys ?? []), ...fields.flatMap((field) => (field?.requires ? [field.requires] : []))];
      for (const set of sets) for (const field of this.wantedOf(set, type)) add(field);
      if (keys && !fetchedFields.has('__typename') && !this.wants.get(fetchedFields)?.has('__typename')) {
        const wants = this.wants.get(fetchedFields) ?? new Map<string, FieldNode>();
        this.wants.set(fetchedFields, wants.set('__typename', TYPENAME));
        isNew = true;
      }
    }
    if (isNew) this.hasNewWants = true;
    return isNew;
  }

  /** The fields of a key or requirement, as fetched. */
  private wantedOf({ selections }: SelectionSetNode, type: string): FieldNode[] {
    return selections.flatMap((selection): FieldNode[] => {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value ?? type;
        return this.model.includes(condition, type) ? this.wantedOf(selection.selectionSet, type) : [];
      }
      return selection.kind === Kind.FIELD ? [this.asFetched(selection)] : [];
    });
  }

  private asFetched(field: FieldNode): FieldNode {
    const response = this.responseOf(field);
    return {
      ...field,
      alias: response === field.name.value ? undefined : { kind: Kind.NAME, value: response },
      selectionSet: field.selectionSet && {
        kind: Kind.SELECTION_SET,
        selections: field.selectionSet.selections.map((child): SelectionNode => {
          if (child.kind === Kind.FIELD) return this.asFetched(child);
          if (child.kind !== Kind.INLINE_FRAGMENT) return child;
          const inner = child.selectionSet.selections.map((deep) =>
            deep.kind === Kind.FIELD ? this.asFetched(deep) : deep,
          );
          return { ...child, selectionSet: { kind: Kind.SELECTION_SET, selections: inner } };
        }),
      },
    };
  }

  private resolvable(subgraph: SubgraphSchema, subgraphType: string, field: FieldNode) {
    const name = field.name.value;
    const definition = subgraph.fieldOf(subgraphType, name);
    return definition && !definition.isExternal && !this.left.has(`${subgraph.name} ${subgraphType}.${name}`)
      ? definition
      : undefined;
  }

  /** The fields that a subgraph returns for the objects at a place. */
  private selectTop(
    subgraph: SubgraphSchema,
    subgraphType: string,
    type: string,
    fetchedFields: FetchedFields,
    missing: readonly FieldNode[],
    selectionSets: readonly SelectionSetNode[],
  ): Selected {
    // one representation cannot serve fields that require one field with different arguments
    const sent = new Map<string, string>();
    const isKnown = (requires: SelectionSetNode) =>
      this.isKnown(requires, type, fetchedFields) && this.canSend(requires, sent);
    // the fetch reveals the type of an object known only by its interface
    const learns =
      this.model.isAbstract(type) && !subgraph.isInterfaceObject(subgraphType) && !isRootType(subgraph, subgraphType);
    if (!learns) return this.select(subgraph, subgraphType, missing, fetchedFields, isKnown);
    const all = this.selectEach(subgraph, subgraphType, (possible) => {
      const wanted = this.collect(possible, selectionSets).filter((field) => !fetchedFields.has(nameOf(field)));
      return this.select(subgraph, possible, [TYPENAME, ...wanted], fetchedFields, isKnown);
    });
    return { ...all, names: new Set(missing.map(nameOf).filter((name) => all.names.has(name))) };
  }

  /** Whether a representation can include a field set beside its other fields; adds it if so. */
  private canSend({ selections }: SelectionSetNode, sent: Map<string, string>): boolean {
    const fields = new Map<string, string>();
    const gather = (all: readonly SelectionNode[], at: string): void => {
      for (const selection of all) {
        if (selection.kind === Kind.INLINE_FRAGMENT) gather(selection.selectionSet.selections, at);
        if (selection.kind !== Kind.FIELD) continue;
        const place = `${at}.${selection.name.value}`;
        fields.set(place, this.responseOf(selection));
        if (selection.selectionSet) gather(selection.selectionSet.selections, place);
      }
    };
    gather(selections, '');
    for (const [place, response] of fields) if ((sent.get(place) ?? response) !== response) return false;
    for (const [place, response] of fields) sent.set(place, response);
    return true;
  }

  /** Selections for each possible type, with separate names where one name would have several types. */
  private selectEach(subgraph: SubgraphSchema, declared: string, select: (type: string) => Selected): Selected {
    const parts = subgraph.possibleTypes(declared).map((type) => ({ type, selected: select(type) }));
    const [first] = parts;
    if (parts.length === 1 && first) return first.selected;
    const isAll = parts.every(({ selected }) => selected.isAll);
    const gain = parts.reduce((sum, { selected }) => sum + selected.gain, 0);
    const names = new Set(parts.flatMap(({ selected }) => [...selected.names]));
    if (first && isSameForAll(subgraph, declared, parts))
      return { selections: withTypename(first.selected.selections), rewrites: [], names, gain, isAll };
    const returned = new Map<string, Set<string>>();
    for (const { type, selected } of parts)
      for (const field of selected.selections)
        if (field.kind === Kind.FIELD) {
          const what = `${meaningOf(field)} ${subgraph.fieldOf(type, field.name.value)?.type}`;
          returned.set(nameOf(field), (returned.get(nameOf(field)) ?? new Set()).add(what));
        }
    const rewrites: Rewrite[] = [];
    const selections = parts.map(({ type, selected }): SelectionNode => {
      const renamed = new Map<string, string>();
      const fields = selected.selections.map((field): SelectionNode => {
        const name = field.kind === Kind.FIELD ? nameOf(field) : '';
        if (field.kind !== Kind.FIELD || (returned.get(name)?.size ?? 0) <= 1) return field;
        const alias = `_t_${type}_${name}`;
        renamed.set(name, alias);
        return { ...field, alias: { kind: Kind.NAME, value: alias } };
      });
      const at = { kind: 'Types', names: [type] } as const;
      for (const rewrite of selected.rewrites) {
        const [first, ...rest] = rewrite.path;
        const start = first?.kind === 'Field' ? { ...first, name: renamed.get(first.name) ?? first.name } : first!;
        rewrites.push({ ...rewrite, path: [at, start, ...rest] });
      }
      // after the renamings below, whose paths contain it
      for (const [name, alias] of renamed)
        rewrites.push({ kind: 'Rename', path: [at, { kind: 'Field', name: alias }], to: name });
      return fragmentOn(type, fields);
    });
    return {
      selections: [TYPENAME, ...selections],
      rewrites,
      names,
      gain,
      isAll,
    };
  }

  /**
   * The fields that a subgraph returns for an object of one of its types.
   * @param fetchedFields already known fields of the object; undefined if it has not been fetched
   * @param isKnown whether a field's requirements can be sent
   */
  private select(
    subgraph: SubgraphSchema,
    subgraphType: string,
    wanted: readonly FieldNode[],
    fetchedFields: FetchedFields | undefined,
    isKnown: (requires: SelectionSetNode) => boolean,
  ): Selected {
    const selections: SelectionNode[] = [];
    const rewrites: Rewrite[] = [];
    const names = new Set<string>();
    let [gain, isAll] = [0, true];
    for (const field of wanted) {
      this.step();
      const response = nameOf(field);
      if (field.name.value === '__typename') {
        selections.push(field);
        if (subgraph.isInterfaceObject(subgraphType)) isAll = false;
        else names.add(response);
        continue;
      }
      const definition = this.resolvable(subgraph, subgraphType, field);
      const mayGive = this.givers.get(field)?.has(subgraph.name) ?? true;
      if (!definition || !mayGive || (definition.requires && !isKnown(definition.requires))) {
        isAll = false;
        continue;
      }
      const there = fetchedFields?.get(response);
      let fieldGain = there ? 0 : 1;
      if (field.selectionSet) {
        const type = (getNamedType(definition.type) as GraphQLNamedType).name;
        const inner = this.selectEach(subgraph, type, (possible) =>
          this.selectBelow(subgraph, possible, field.selectionSet!, there?.objects?.byType.get(possible)),
        );
        fieldGain += inner.gain;
        isAll &&= inner.isAll;
        if (fieldGain === 0) continue;
        selections.push({ ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: inner.selections } });
        for (const rewrite of inner.rewrites)
          rewrites.push({ ...rewrite, path: [{ kind: 'Field', name: response }, ...rewrite.path] });
      } else selections.push(field);
      gain += fieldGain;
      names.add(response);
    }
    return { selections, rewrites, names, gain, isAll };
  }

  /** The fields that a subgraph returns for objects below the requested ones, with their keys if other subgraphs have the rest. */
  private selectBelow(
    subgraph: SubgraphSchema,
    subgraphType: string,
    selectionSet: SelectionSetNode,
    fetchedFields: FetchedFields | undefined,
  ): Selected {
    const wanted = this.collect(subgraphType, [selectionSet]);
    const selected = this.select(subgraph, subgraphType, wanted, fetchedFields, () => false);
    if (selected.isAll) return { ...selected, selections: withTypename(selected.selections) };
    const keys = this.returnedKeys(subgraph, subgraphType).filter(
      (key) => !selected.names.has(nameOf(key)) || key.selectionSet,
    );
    const { selections, rewrites } = this.select(subgraph, subgraphType, keys, undefined, () => false);
    return {
      ...selected,
      selections: withTypename([...selected.selections, ...selections]),
      rewrites: [...selected.rewrites, ...rewrites],
    };
  }

  /** Key fields of other subgraphs for objects of a type, as far as this subgraph returns them. */
  private returnedKeys(subgraph: SubgraphSchema, subgraphType: string): FieldNode[] {
    const type = this.model.whole.getType(subgraphType);
    const interfaces = isObjectType(type) || isInterfaceType(type) ? type.getInterfaces().map(({ name }) => name) : [];
    const keys = [...this.model.subgraphs.values()].flatMap((other) =>
      [subgraphType, ...interfaces].flatMap((name) => other.keysOf(name)),
    );
    const wanted = keys.flatMap((key) => this.wantedOf(key, subgraphType));
    return this.collect(subgraphType, [{ kind: Kind.SELECTION_SET, selections: wanted }]).filter((field) =>
      this.resolvable(subgraph, subgraphType, field),
    );
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > MAX_STEPS) throw new PlanFlaw('the operation is too large for the direct planner');
  }
}

/** Whether the selections of several types are equal, so that one selection on their interface suffices. */
function isSameForAll(
  subgraph: SubgraphSchema,
  declared: string,
  parts: readonly { readonly type: string; readonly selected: Selected }[],
): boolean {
  const [first, ...others] = parts.map(({ selected }) => selected);
  if (!first || parts.some(({ selected }) => selected.rewrites.length > 0)) return false;
  const text = first.selections.map(print).join();
  if (others.some(({ selections }) => selections.map(print).join() !== text)) return false;
  return first.selections.every((field) => {
    if (field.kind !== Kind.FIELD || field.name.value === '__typename') return field.kind === Kind.FIELD;
    const ofInterface = subgraph.fieldOf(declared, field.name.value);
    return (
      ofInterface !== undefined &&
      parts.every(({ type }) => String(subgraph.fieldOf(type, field.name.value)?.type) === String(ofInterface.type))
    );
  });
}

const withTypename = (selections: readonly SelectionNode[]): readonly SelectionNode[] =>
  selections.some(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === '__typename' && !selection.alias,
  )
    ? selections
    : [TYPENAME, ...selections];

const isRootType = ({ schema }: SubgraphSchema, type: string): boolean =>
  schema.getQueryType()?.name === type || schema.getMutationType()?.name === type;
