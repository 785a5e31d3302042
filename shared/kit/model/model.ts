import 'reflect-metadata';
import { Directive, Field, ID, ObjectType } from 'type-graphql';
import { Entity, Index } from 'typeorm';
import type { Sensitivity } from '#base/sensitivity';
import type { ChildList } from '../collection/children';

/** A class that the decorators of this folder describe. */
// biome-ignore lint/suspicious/noExplicitAny: a model may be constructed with anything; only its prototype is used here
export type ModelClass<T extends object = object> = new (...parameters: any[]) => T;

/** How values of a field are compared, which determines its filter input. */
export type Comparison =
  | { kind: 'text' | 'integer' | 'float' | 'boolean' | 'date' | 'dateTime' | 'bigNumber' }
  // a reference to an entity has a target; the key of the model itself has none
  | { kind: 'key'; target?: () => ModelClass }
  | {
      kind: 'enum';
      values: () => object;
      toStored?: (value: string) => string;
      fromStored?: (stored: string) => string;
    }
  | { kind: 'model'; target: () => ModelClass }
  | { kind: 'link'; table: () => ModelClass; target: () => ModelClass }
  | ({ kind: 'list' } & ChildList)
  | { kind: 'derived'; values: (() => object) | null; conditions: DerivedConditions };

/**
 * SQL condition for each value of a derived field. `column` returns the SQL of a property; `now` is the SQL literal of the current
 * instant.
 */
export type DerivedConditions = Readonly<Record<string, (column: (property: string) => string, now: string) => string>>;

/** A field whose values can be compared. Lists can be filtered, ordered, or aggregated by it. */
export interface Selectable {
  /** Name in filter and order inputs. */
  readonly name: string;
  /** Class property, and so the column, with the value; the list for children. */
  readonly property: string;
  readonly comparison: Comparison;
  readonly filter: boolean;
  readonly order: boolean;
  /** Whether lists can be grouped by it, or its values aggregated. */
  readonly aggregate: boolean;
  /** Whether a search examines its words. */
  readonly search?: boolean;
  /** Sensitivity class of the field; defaults to that of the model. */
  readonly sensitivity?: Sensitivity;
}

export interface Order {
  /** Property with the value; of a list, that of its length. */
  readonly property: string;
  readonly direction: 'ASC' | 'DESC';
  /** Orders by the number of children in a list. */
  readonly list?: ChildList;
}

/** Metadata of a class from the decorators of this folder. */
export interface Model {
  name: string;
  description: string;
  /** The property that identifies an object. */
  key: string;
  /** GraphQL field of the key, used in the federation @key. */
  keyField: string;
  /** Maximum length of the key in characters. */
  keyLength: number;
  /** Prefix of global ids, for an entity whose objects this subgraph can resolve by global id. */
  nodePrefix?: string;
  /** Fields with texts of up to 65,535 bytes, or more. */
  longTexts: Set<string>;
  /** Whether it is a federation entity. */
  entity: boolean;
  /** Whether this subgraph resolves the global id of an entity. False where it has the entity by key only. */
  identified: boolean;
  /** Root field with the keys of its objects that match a filter, in the subgraph that stores it. */
  keysField?: string;
  /** Whether this subgraph stores it; false for a stub of another subgraph's entity. */
  stored: boolean;
  /** Whether it is a type of the schema; false for link tables. */
  published: boolean;
  sensitivity: Sensitivity;
  /** Tags of its types, by which contracts select parts of the graph. */
  tags: readonly string[];
  defaultOrder: readonly Order[];
  selectable: Map<string, Selectable>;
  /** Work that property decorators postpone until the class decorator has run. */
  pending: ((model: Model) => void)[];
  /** Owner class of a link table. */
  linkOwner?: ModelClass;
}

const models = new WeakMap<object, Model>();

/** Metadata of a class, created on first use, since property decorators run before class decorators. */
export function draftOf(target: object): Model {
  let model = models.get(target);
  if (!model) {
    const parent = models.get(Object.getPrototypeOf(target));
    model = {
      name: '',
      description: '',
      key: parent?.key ?? 'id',
      keyField: parent?.keyField ?? 'id',
      keyLength: parent?.keyLength ?? 30,
      entity: false,
      identified: true,
      stored: false,
      published: false,
      sensitivity: 'PUBLIC',
      tags: [],
      defaultOrder: [],
      longTexts: new Set(parent?.longTexts),
      selectable: new Map(parent?.selectable),
      pending: [],
    };
    models.set(target, model);
  }
  return model;
}

/** Runs `work` once the class decorator of a prototype has run. */
export function whenDeclared(prototype: object, work: (model: Model) => void): void {
  const model = draftOf(prototype.constructor);
  if (model.published) work(model);
  else model.pending.push(work);
}

function declared(model: Model): void {
  for (const work of model.pending.splice(0)) work(model);
}

export function modelOf(target: object): Model {
  const model = models.get(target);
  if (!model?.name)
    throw new Error(`${(target as { name?: string }).name ?? 'This class'} is not declared with @model or @stub`);
  return model;
}

/** `VulnerabilityFinding` → `vulnerability_finding`, `AIModel` → `ai_model`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}

/** Name of a field as an enum value: FILED_AT for `filedAt`. */
export const upperSnakeCase = (name: string): string => snakeCase(name).toUpperCase();

interface ModelOptions {
  /** GraphQL type name; the class name by default. */
  name?: string;
  /** Key property; `id` by default. */
  key?: string;
  /** Sensitivity class of fields without one; PUBLIC by default. */
  sensitivity?: Sensitivity;
  /** Tags of the type, and of those of its lists and figures. Contracts select parts of the graph by tags. */
  tags?: readonly string[];
  /** Default order of lists: properties, with a leading `-` for descending. The key breaks ties. */
  order?: readonly string[];
  /** False for types that are reachable only through other objects, and so are not federation entities. */
  entity?: boolean;
}

/** Declares a type that this subgraph stores in a table; a federation entity by default. */
export function model(description: string, options: ModelOptions = {}) {
  return (target: ModelClass): void => {
    const name = options.name ?? target.name;
    const draft = draftOf(target);
    draft.name = name;
    draft.description = description;
    draft.key = options.key ?? 'id';
    draft.entity = options.entity !== false;
    draft.stored = true;
    draft.published = true;
    draft.sensitivity = options.sensitivity ?? 'PUBLIC';
    draft.tags = options.tags ?? [];
    draft.defaultOrder = (options.order ?? []).map((term) =>
      term.startsWith('-') ? { property: term.slice(1), direction: 'DESC' } : { property: term, direction: 'ASC' },
    );
    Entity({ name: snakeCase(name) })(target);
    // default order of lists, so it needs an index
    const ordered = draft.defaultOrder.map(({ property }) => property).filter((property) => property !== draft.key);
    if (ordered.length > 0) Index([...ordered, draft.key])(target);
    ObjectType(name, { description })(target);
    if (draft.entity) Directive(`@key(fields: "${draft.keyField}")`)(target);
    if (draft.entity) draft.nodePrefix ??= publishGlobalId(target, draft);
    declared(draft);
  };
}

interface StubOptions {
  name?: string;
  key?: string;
  /** False if this subgraph only references the entity and adds no fields to it. */
  resolvable?: boolean;
  /** Root field of its subgraph with the keys of matching objects: lists can be filtered by what this subgraph does not store. */
  matchedBy?: string;
  /** True if this subgraph can tell which objects exist, although it does not store them. */
  findable?: boolean;
  /** True to declare the key and the fields of this subgraph only, and no global id, which the owner of the entity resolves. */
  keyOnly?: boolean;
}

/**
 * Declares an entity of another subgraph or of the shared reference data, which this subgraph references or extends. Added fields are
 * always nullable, so that the rest of the entity remains available when this subgraph is down.
 */
export function stub(description: string, options: StubOptions = {}) {
  return (target: ModelClass): void => {
    const name = options.name ?? target.name;
    const key = options.key ?? 'id';
    const draft = draftOf(target);
    draft.name = name;
    draft.description = description;
    draft.key = key;
    draft.keyField = key;
    draft.entity = true;
    draft.published = true;
    draft.keysField = options.matchedBy;
    ObjectType(name, { description })(target);
    draft.identified = options.keyOnly !== true;
    const prefix = key === 'id' || options.keyOnly ? undefined : publishGlobalId(target, draft);
    if (options.findable) draft.nodePrefix = prefix;
    Directive(options.resolvable === false ? `@key(fields: "${key}", resolvable: false)` : `@key(fields: "${key}")`)(
      target,
    );
    declared(draft);
  };
}

/**
 * Publishes the global id of an entity with a natural key: its type and key, so that every subgraph with the key can compute it.
 * @returns the prefix of the ids
 */
function publishGlobalId(target: ModelClass, { name, key, keyField }: Model): string {
  if (keyField === 'id')
    throw new Error(
      `${name} publishes its key as "id", which must be globally unique: use @generatedId, or give @key another name with "as"`,
    );
  const prefix = `${name}:`;
  const { prototype } = target as { prototype: object };
  Object.defineProperty(prototype, 'globalId', {
    get(this: Record<string, string>) {
      return `${prefix}${this[key]}`;
    },
  });
  Field(() => ID, { name: 'id', description: `Globally unique id: "${prefix}" followed by the ${keyField}.` })(
    prototype,
    'globalId',
  );
  for (const directive of ['@shareable', '@sensitivity(class: PUBLIC)']) Directive(directive)(prototype, 'globalId');
  return prefix;
}

/** The key of a {@link stub}. */
export function stubKey(description = 'Key of the entity.') {
  return (prototype: object, property: string): void => {
    Field(() => ID, { description })(prototype, property);
    Directive('@sensitivity(class: PUBLIC)')(prototype, property);
  };
}

/** An instance with only the key. A class with a static `of` can override this and return null for unknown keys. */
export function stubOf<T extends object>(target: ModelClass<T>, key: string): T | null {
  const maker = target as { of?: (key: string) => T | null };
  if (maker.of) return maker.of(key);
  return Object.assign(Object.create(target.prototype) as T, { [modelOf(target).key]: key });
}

/** A type as TypeGraphQL accepts it: a class, an enumeration, a scalar, or a list of one of these. */
// biome-ignore lint/suspicious/noExplicitAny: TypeGraphQL does not export the type
export type GraphQLTypeReference = any;
