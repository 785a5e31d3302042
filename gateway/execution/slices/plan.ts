import type { GraphQLSchema } from 'graphql';
import { nameOf, selectionOf } from '../../planning/selected';
import type { CompiledNode } from '../compile/compile';
import type { OutputField, Shapes } from '../compile/shape';
import type { CompiledFetch } from '../general/fetch';
import { AnswerLayout, below, type FieldLayout, Kept, type LayoutContext, NotSliceable, type Position } from './layout';
import type { RootLayout } from './scan';

/** A fetch whose responses are kept as slices. */
export interface SliceFetch {
  readonly index: number;
  readonly fetch: CompiledFetch;
  readonly layout: RootLayout;
  readonly entities: readonly SliceEntities[];
}

/** One `_entities` field: its objects and representations. */
export interface SliceEntities {
  readonly variable: string;
  /** The variable's name as the start of a JSON member. */
  readonly member: Buffer;
  readonly position: Position;
  readonly asked: readonly {
    readonly place: Place;
    /** Where the numbers of the entities are kept, by the place's records. */
    readonly link: number;
    readonly parts: readonly RepresentationPart[];
  }[];
}

/** Text of a representation and the value that follows it. */
export interface RepresentationPart {
  readonly head: Buffer;
  readonly source: Source;
  readonly field: FieldLayout;
}

/** A position of a response whose records are objects of a place. */
export interface Source {
  readonly fetch: number;
  readonly position: Position;
  /** Which list of numbers leads from the place's records to this position's; -1 for the records of the place itself. */
  readonly link: number;
}

/** The objects at one place of the answer: the records of its first source and of entity fetches. */
export class Place {
  readonly sources: Source[] = [];
  readonly children = new Map<string, Place>();

  constructor(
    readonly path: string,
    readonly typename: string,
  ) {}
}

export enum Write {
  /** The bytes between two slots of a record. */
  Run,
  /** The last non-null value of several. */
  Choice,
  Object,
  List,
}

/** One step in writing an object: constant text, then a value. */
export interface WriteStep {
  readonly write: Write;
  readonly head: Buffer;
  readonly source: number;
  readonly slot: number;
  readonly endSlot: number;
  readonly objects: WritePlace | undefined;
  readonly choices: readonly { readonly source: number; readonly slot: number }[];
}

/** How the objects of a place are written. */
export interface WritePlace {
  readonly index: number;
  readonly sources: readonly Source[];
  readonly steps: readonly WriteStep[];
  readonly tail: Buffer;
  /** Whether several paths may lead to one record. */
  readonly isRepeated: boolean;
}

export type SliceNode =
  | { readonly kind: 'Fetch'; readonly fetch: SliceFetch }
  | { readonly kind: 'Sequence' | 'Parallel'; readonly nodes: readonly SliceNode[] };

/** An operation whose answer is written from slices of subgraph responses. */
export interface SlicePlan {
  readonly root: SliceNode;
  readonly fetches: readonly SliceFetch[];
  readonly links: number;
  readonly answer: WritePlace;
  readonly places: readonly WritePlace[];
}

/**
 * Undefined if the operation does not support slices: abstract types, rewrites, requirements of objects, mutations. The general
 * execution then runs it, as it does for any unexpected response.
 */
export function planSlices(
  root: CompiledNode,
  shapes: Shapes,
  schema: GraphQLSchema,
  apiSchema: GraphQLSchema,
): SlicePlan | undefined {
  try {
    return new Planning(root, shapes, schema, apiSchema).plan();
  } catch (error) {
    if (error instanceof NotSliceable) return undefined;
    throw error;
  }
}

class Planning {
  private readonly fetches: SliceFetch[] = [];
  private readonly places: WritePlace[] = [];
  private readonly rootPlace: Place;
  private readonly context: LayoutContext;
  private links = 0;

  constructor(
    private readonly root: CompiledNode,
    private readonly shapes: Shapes,
    schema: GraphQLSchema,
    apiSchema: GraphQLSchema,
  ) {
    this.rootPlace = new Place('', shapes.declared);
    this.context = { schema, apiSchema, visited: new Set(placesVisited(root)) };
  }

  plan(): SlicePlan {
    const root = this.node(this.root, new Set());
    const answer = this.writePlace(this.rootPlace, this.shapes, false);
    return { root, fetches: this.fetches, links: this.links, answer, places: this.places };
  }

  /** @param completed completed fetches when the node runs; adds the node's fetches */
  private node(node: CompiledNode, completed: Set<number>): SliceNode {
    switch (node.kind) {
      case 'Fetch': {
        const fetch = node.entities ? this.entityFetch(node, completed) : this.rootFetch(node);
        completed.add(fetch.index);
        return { kind: 'Fetch', fetch };
      }
      case 'Sequence':
        return { kind: 'Sequence', nodes: node.nodes.map((child) => this.node(child, completed)) };
      case 'Parallel': {
        const before = [...completed];
        const nodes = node.nodes.map((child) => {
          const branchCompleted = new Set(before);
          const planned = this.node(child, branchCompleted);
          for (const index of branchCompleted) completed.add(index);
          return planned;
        });
        return { kind: 'Parallel', nodes };
      }
    }
  }

  private rootFetch(fetch: CompiledFetch): SliceFetch {
    if (fetch.at) throw new NotSliceable('a root type below the root');
    if (fetch.operation.kind !== 'query' || fetch.rewrites.length > 0) throw new NotSliceable('a mutation or rewrite');
    const layout = new AnswerLayout(this.context);
    const position = layout.position(this.rootPlace.typename, selectionOf(fetch.operation.text), [
      { place: '', shapes: this.shapes },
    ]);
    const index = this.fetches.length;
    const sliceFetch = { index, fetch, layout: { positions: layout.positions, root: position }, entities: [] };
    this.fetches.push(sliceFetch);
    // every root fetch has one record, of the one root object
    this.rootPlace.sources.push({ fetch: index, position, link: -1 });
    return sliceFetch;
  }

  private entityFetch(fetch: CompiledFetch, completed: ReadonlySet<number>): SliceFetch {
    if (fetch.node.context) throw new NotSliceable('an argument from the context');
    const layout = new AnswerLayout(this.context);
    const selectionSet = selectionOf(fetch.operation.text);
    const index = this.fetches.length;
    const sources: [Place, Source][] = [];
    const entities = selectionSet.selections.map((selection): SliceEntities & { key: Buffer } => {
      const entity =
        selection.kind === 'Field' ? fetch.entities!.find(({ alias }) => alias === nameOf(selection)) : undefined;
      if (selection.kind !== 'Field' || !entity || selection.directives?.length) throw new NotSliceable('a root field');
      if (entity.rewrites.length > 0 || entity.source.inputRewrites.length > 0) throw new NotSliceable('a rewrite');
      const places = entity.source.paths.map((path) => this.placeAt(path, completed));
      const [first] = places;
      if (!first || places.some(({ typename }) => typename !== first.typename)) throw new NotSliceable('several types');
      const position = layout.position(
        first.typename,
        selection.selectionSet!,
        places.map(({ path }) => ({ place: path, shapes: this.shapesAt(path) })),
      );
      const asked = places.map((place) => {
        const parts = this.representation(entity.source.requires, place, completed);
        const link = this.links++;
        sources.push([place, { fetch: index, position, link }]);
        return { place, link, parts };
      });
      const { variable } = entity;
      return { variable, member: memberOf(variable), position, asked, key: memberOf(entity.alias) };
    });
    const fetched = { index, fetch, layout: { positions: layout.positions, entities }, entities };
    this.fetches.push(fetched);
    for (const [place, source] of sources) place.sources.push(source);
    return fetched;
  }

  private placeAt(path: CompiledFetchPath, completed: ReadonlySet<number>): Place {
    let place = this.rootPlace;
    for (const step of path) {
      if (step.kind === 'List') continue;
      if (step.kind !== 'Field') throw new NotSliceable('a type condition');
      place = this.child(place, step.name, completed);
    }
    return place;
  }

  /** The place of the objects in a field. */
  private child(place: Place, name: string, completed?: ReadonlySet<number>): Place {
    const existing = place.children.get(name);
    if (existing) return existing;
    const from = place.sources.filter(({ fetch, position }) => {
      const field = position.fields.find((candidate) => candidate.name === name);
      return (!completed || completed.has(fetch)) && field !== undefined && field.position !== undefined;
    });
    if (from.length !== 1) throw new NotSliceable(`${from.length} sources of "${name}"`);
    const { fetch, position } = from[0]!;
    const inner = position.fields.find((candidate) => candidate.name === name)!.position!;
    const child = new Place(below(place.path, name), inner.typename);
    child.sources.push({ fetch, position: inner, link: -1 });
    place.children.set(name, child);
    return child;
  }

  private shapesAt(path: string): Shapes | undefined {
    let shapes: Shapes | undefined = this.shapes;
    for (const name of path === '' ? [] : path.split('\0'))
      shapes = shapes?.of(shapes.declared)?.fields.find(({ key }) => key === name)?.objects;
    return shapes;
  }

  /** Parts of a representation such as `{"__typename":"T","key":`; the closing text is constant. */
  private representation(
    requires: CompiledRequirements,
    place: Place,
    completed: ReadonlySet<number>,
  ): RepresentationPart[] {
    const names = new Map<string, string>();
    for (const fragment of requires) {
      if (fragment.kind !== 'Fragment') throw new NotSliceable('a requirement without a type');
      if (fragment.type !== place.typename) throw new NotSliceable('a requirement of another type');
      for (const field of fragment.selections) {
        if (field.kind !== 'Field' || field.selections) throw new NotSliceable('a requirement of an object');
        if (field.name !== '__typename') names.set(field.name, field.from);
      }
    }
    let head = `{"__typename":${JSON.stringify(place.typename)}`;
    const parts = [...names].map(([name, from]) => {
      const text = `${head},${JSON.stringify(name)}:`;
      head = '';
      return { head: Buffer.from(text), ...this.latest(place, from, completed) };
    });
    if (parts.length === 0) throw new NotSliceable('a representation without keys');
    return parts;
  }

  /** The source of a value: the last of several, as in the general execution. */
  private latest(place: Place, name: string, completed: ReadonlySet<number>): { source: Source; field: FieldLayout } {
    const matches = place.sources.flatMap((source) => {
      const field = source.position.fields.find((candidate) => candidate.name === name);
      return field && completed.has(source.fetch) ? [{ source, field }] : [];
    });
    const [only] = matches;
    if (matches.length !== 1 || only!.field.kept !== Kept.Whole) throw new NotSliceable(`"${name}" is not found once`);
    return only!;
  }

  private writePlace(place: Place, shapes: Shapes, isRepeated: boolean): WritePlace {
    const shape = shapes.of(place.typename);
    if (!shape || shape.isAmbiguous || !shape.isObjectType || shape.typename !== place.typename)
      throw new NotSliceable('an abstract type');
    const steps: WriteStep[] = [];
    let pending = '{';
    /** The source of the field before, where its name is that of the answer. */
    let last: FieldSource | undefined;
    for (const [at, field] of shape.fields.entries()) {
      const comma = at > 0 ? ',' : '';
      const key = `${comma}${JSON.stringify(field.name)}:`;
      const previous = last;
      last = undefined;
      if (field.field === '__typename') {
        pending += key + JSON.stringify(place.typename);
        continue;
      }
      const [only, ...others] = sourcesOf(place, field);
      if (others.length > 0) steps.push(choiceStep([only, ...others], field, pending + key));
      else if (only.field.kept === Kept.Whole) {
        const isSame = field.key === field.name;
        if (isSame && previous?.source === only.source && follows(place, only, previous.field))
          steps[steps.length - 1] = { ...steps.at(-1)!, endSlot: only.field.slot + 2 };
        else steps.push(runStep(only, isSame, pending + (isSame ? comma : key)));
        if (isSame) last = only;
      } else steps.push(this.objectsStep(place, field, only, pending + key));
      pending = '';
    }
    const writePlace = {
      index: this.places.length,
      sources: place.sources,
      steps,
      tail: Buffer.from(`${pending}}`),
      isRepeated,
    };
    this.places.push(writePlace);
    return writePlace;
  }

  private objectsStep(
    place: Place,
    { key, objects }: OutputField,
    { source, field }: { source: number; field: FieldLayout },
    head: string,
  ): WriteStep {
    const child = this.child(place, key);
    const isRepeated = place.sources[source]!.link >= 0;
    return step(field.kept === Kept.List ? Write.List : Write.Object, head, {
      source,
      slot: field.slot,
      objects: this.writePlace(child, objects!, isRepeated),
    });
  }
}

type CompiledFetchPath = NonNullable<CompiledFetch['entities']>[number]['source']['paths'][number];
type CompiledRequirements = NonNullable<CompiledFetch['entities']>[number]['source']['requires'];

/** Whether a field directly follows another in the subgraph response. */
function follows(
  place: Place,
  { source, field }: { source: number; field: FieldLayout },
  before: FieldLayout,
): boolean {
  const { fields } = place.sources[source]!.position;
  return fields.indexOf(field) === fields.indexOf(before) + 1;
}

const step = (write: Write, head: string, rest: Partial<WriteStep>): WriteStep => ({
  write,
  head: Buffer.from(head),
  source: 0,
  slot: 0,
  endSlot: 0,
  objects: undefined,
  choices: [],
  ...rest,
});

function* placesVisited(node: CompiledNode | undefined): Generator<string> {
  if (!node) return;
  if (node.kind !== 'Fetch') {
    for (const child of node.nodes) yield* placesVisited(child);
    return;
  }
  for (const { source } of node.entities ?? [])
    for (const path of source.paths) {
      let place = '';
      for (const pathStep of path) {
        if (pathStep.kind === 'Field') place = below(place, pathStep.name);
        yield place;
      }
    }
}

const memberOf = (name: string): Buffer => Buffer.from(`${JSON.stringify(name)}:`);

/** A field of a position, and the place's source that has it. */
interface FieldSource {
  readonly source: number;
  readonly field: FieldLayout;
}

/** Where a field of the answer comes from; several for one that several fetches return. @throws NotSliceable for none */
function sourcesOf(place: Place, { key, name, field }: OutputField): [FieldSource, ...FieldSource[]] {
  if (field === '__schema' || field === '__type') throw new NotSliceable('introspection');
  const [first, ...others] = place.sources.flatMap(({ position }, source) => {
    const layout = position.fields.find((candidate) => candidate.name === key);
    return layout ? [{ source, field: layout }] : [];
  });
  if (!first) throw new NotSliceable(`no source of "${name}"`);
  return [first, ...others];
}

/** Writes a value from the last of several sources that has it. */
function choiceStep(sources: readonly FieldSource[], { objects }: OutputField, head: string): WriteStep {
  if (objects || sources.some(({ field }) => field.kept !== Kept.Whole)) throw new NotSliceable('two sources');
  const choices = sources.toReversed().map(({ source, field }) => ({ source, slot: field.slot }));
  return step(Write.Choice, head, { choices });
}

/** Writes a value, with its name where that is the same in the answer. */
function runStep({ source, field: { slot } }: FieldSource, withName: boolean, head: string): WriteStep {
  return step(Write.Run, head, { source, slot: withName ? slot : slot + 1, endSlot: slot + 2 });
}
