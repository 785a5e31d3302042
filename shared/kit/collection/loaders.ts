import DataLoader from 'dataloader';
import type { Clock } from '#base/clock';
import { RequestError } from '#base/errors';
import type { Sensitivity } from '#base/sensitivity';
import type { HowUsed, Reads } from '../audit/reads';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
import type { Link } from '../model/links';
import { type ModelClass, modelOf } from '../model/model';
import { type Protected, Reader } from '../policy/policy';
import type { ProtectedTypes } from '../policy/protected-types';
import type { Withholdings } from '../policy/withholdings';
import { childSource, namingField, type ParentReference } from './children';
import type { Cursors } from './cursor';
import { MAX_KEYS } from './max-keys';
import {
  type Counts,
  countAlias,
  countsIn,
  cursorConditions,
  cursorsOf,
  orderedBy,
  orderedValue,
  orderTerms,
  type PageArguments,
  type PagePlan,
  planPage,
} from './page';
import { type Condition, ConditionCount, type FieldUse, type FilterValue, WhereBuilder } from './where';

const ALWAYS: Condition = { sql: '1 = 1', parameters: [] };

/** Maximum keys in one statement, below SQLite's limit of 32,766 parameters. */
const MAX_BATCH = 10_000;

/** The objects of a list as an SQL source, under the alias `t`. */
export interface ListScope {
  readonly target: ModelClass;
  readonly database: Database;
  readonly source: string;
  /** Column with the key of the parent, for children of other objects. */
  readonly parentKey?: string;
  readonly conditions: readonly Condition[];
  /** Builds conditions on the fields that are aggregated, and records their use. */
  readonly where: WhereBuilder;
}

/** One page of one list. */
export interface Page<T extends object = object> {
  readonly rows: readonly T[];
  readonly plan: PagePlan;
  /** Whether rows follow in the direction the page was counted. */
  readonly more: boolean;
  readonly cursor: (row: object) => string;
}

/**
 * Batched reads of one request. One statement serves all loads of the same kind in one turn of the event loop.
 */
export class Loaders {
  private readonly loaders = new Map<unknown, Map<string, DataLoader<string, unknown>>>();
  /** Short names of arguments, by object and by text. */
  private readonly names = new WeakMap<object, string>();
  private readonly namesByText = new Map<string, string>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly reader: Reader,
    private readonly cursors: Cursors,
    /** Notes protected objects, and the fields that lists are filtered, ordered and counted by; undefined when the result is not returned. */
    private readonly reads?: Reads,
    /** Types whose objects are recorded whenever they are returned. */
    private readonly protectedTypes?: ProtectedTypes,
    /** Notes the rules that limit lists, and the fields by which they are filtered. */
    private readonly withheld?: Withholdings,
  ) {}

  private everything: Loaders | undefined;
  /** Objects from statements that already checked whether the reader may see them. */
  private readonly admitted = new WeakSet<object>();
  private readonly conditions = new ConditionCount();
  /** Whether the reader sees objects that the public does not, by protected type. */
  private readonly seeingMore = new Map<ModelClass, boolean>();

  /** Loaders without access checks, for computing results. Never return what they read. */
  get facts(): Loaders {
    this.everything ??= new Loaders(this.database, this.clock, Reader.everything, this.cursors);
    return this.everything;
  }

  /** A loader for the lifetime of the request, created on first use. `batch` returns values in the order of the keys. */
  batched<Value>(
    owner: unknown,
    name: string,
    batch: (keys: readonly string[]) => Promise<readonly Value[]>,
  ): DataLoader<string, Value> {
    const byName = this.loaders.get(owner) ?? new Map<string, DataLoader<string, unknown>>();
    this.loaders.set(owner, byName);
    const loader = byName.get(name) ?? new DataLoader<string, unknown>(batch, { maxBatchSize: MAX_BATCH });
    byName.set(name, loader);
    return loader as DataLoader<string, Value>;
  }

  /**
   * A short name of arguments; equal arguments have the same name. Their text is written once for each object: it can have a megabyte,
   * and many parents share it.
   */
  nameOf(args: object): string {
    let name = this.names.get(args);
    if (name === undefined) {
      const text = JSON.stringify(args);
      name = this.namesByText.get(text) ?? String(this.namesByText.size);
      this.namesByText.set(text, name);
      this.names.set(args, name);
    }
    return name;
  }

  /** Result of `compute`, computed once per request. */
  once<Value>(owner: unknown, name: string, compute: () => Promise<Value>): Promise<Value> {
    return this.batched<Value>(owner, name, async () => [await compute()]).load('');
  }

  /** Clears the cache, after a change in the same request. */
  forget(): void {
    this.loaders.clear();
    this.everything = undefined;
  }

  /** Objects by key; null for a missing or invisible object. */
  byKey<T extends object>(target: ModelClass<T>): DataLoader<string, T | null> {
    return this.batched(target, 'by key', async (keys) => {
      const { key } = modelOf(target);
      const { database } = this;
      const visible = this.visible(target);
      const rows =
        visible === undefined
          ? await database.findBy(target, key, keys)
          : (
              await database.query(
                `SELECT ${database.selection(target, 't')} FROM ${database.table(target)} t
                 WHERE t.${database.column(target, key)} IN (${marks(keys)}) AND ${visible.sql}`,
                [...keys, ...visible.parameters],
              )
            ).map((row) => this.admit(target, row));
      const byKey = new Map(rows.map((row) => [String((row as Record<string, unknown>)[key]), row]));
      return keys.map((value) => byKey.get(value) ?? null);
    });
  }

  /** Condition for objects that the reader may see; undefined if the reader may see all. */
  private visible(target: ModelClass): Condition | undefined {
    const reach = this.reader.rows(target);
    return reach === true ? undefined : this.where().reached(target, reach, 't');
  }

  /** Condition for visible rows of a table under the alias `t`. For custom statements; pass their rows to {@link admit}. */
  seen(target: ModelClass): Condition {
    return this.visible(target) ?? ALWAYS;
  }

  /** Creates an object from a row of a statement that includes the {@link seen} condition. */
  admit<T extends object>(target: ModelClass<T>, row: Record<string, unknown>): T {
    const object = this.database.hydrate(target, row);
    this.admitted.add(object);
    return object;
  }

  /** The object if the reader may see it, else null. For objects that these loaders did not read. */
  async ifSeen<T extends object>(target: ModelClass<T>, object: T): Promise<T | null> {
    if (this.admitted.has(object) || this.reader.rows(target) === true) return object;
    const visible = await this.byKey(target).load((object as Record<string, string>)[modelOf(target).key]!);
    return visible && object;
  }

  /** @param how how the record describes the use of filtered fields */
  private where(how: HowUsed = 'filter'): WhereBuilder {
    const { database, clock, reader, reads } = this;
    const used = reads && ((use: FieldUse) => reads.use({ ...use, how }));
    return new WhereBuilder(
      database,
      clock,
      reader,
      used,
      this.conditions,
      (target) => this.protectedClass(target),
      this.withheld,
    );
  }

  /** Counts of children by which a page is ordered: terms to select, joins, and the parameters of the joins. */
  private counts(target: ModelClass, { order }: PagePlan): { terms: string; joins: string; parameters: unknown[] } {
    const { database } = this;
    const counts = { terms: '', joins: '', parameters: [] as unknown[] };
    const where = this.where('order');
    const key = `t.${database.column(target, modelOf(target).key)}`;
    order.forEach(({ property, list }, place) => {
      if (!list) return;
      const { sql, parameters } = where.counts({ target, name: property, list });
      counts.terms += `, ${orderedValue(database, target, order, place, 't')} AS ${database.dialect.quote(property)}`;
      counts.joins += ` LEFT JOIN (${sql}) ${countAlias(place)} ON ${countAlias(place)}.parent_key = ${key}`;
      counts.parameters.push(...parameters);
    });
    return counts;
  }

  private plan(target: ModelClass, pageArgs: PageArguments): PagePlan {
    const plan = planPage(target, pageArgs, this.reader, this.cursors);
    // the order of a list without visible objects reveals nothing
    if (this.reader.rows(target) !== false)
      for (const use of orderedBy(target, plan)) this.reads?.use({ ...use, how: 'order' });
    return plan;
  }

  /** Records a list of a protected type, even an empty one. */
  noteList(target: ModelClass): void {
    this.useObjects(target, 'list');
  }

  /** Records returned objects of a protected type, from lists and references alike. */
  noteObjects(target: ModelClass, objects: readonly object[]): void {
    if (objects.length === 0 || !this.protectedClass(target)) return;
    const { key } = modelOf(target);
    this.noteKeys(
      target,
      objects.map((object) => (object as Record<string, string>)[key]!),
    );
  }

  private noteKeys(target: ModelClass, keys: readonly string[]): void {
    const sensitivity = this.protectedClass(target);
    if (sensitivity && keys.length > 0) this.reads?.show(modelOf(target).name, sensitivity, keys);
  }

  private useObjects(target: ModelClass, how: HowUsed): void {
    const sensitivity = this.protectedClass(target);
    if (sensitivity) this.reads?.use({ type: modelOf(target).name, sensitivity, how });
  }

  /** Class under which objects of a type are recorded; undefined if the type, or the part of it that the reader sees, is public. */
  private protectedClass(target: ModelClass): Protected | undefined {
    const sensitivity = this.protectedTypes?.get(target);
    if (!sensitivity) return undefined;
    let seesMore = this.seeingMore.get(target);
    if (seesMore === undefined) {
      seesMore = this.seesMoreThanPublic(target);
      this.seeingMore.set(target, seesMore);
    }
    return seesMore ? sensitivity : undefined;
  }

  /** Some types mix public and restricted objects. A reader with the same condition as the public sees only the public ones. */
  private seesMoreThanPublic(target: ModelClass): boolean {
    const [reach, publicReach] = [this.reader.rows(target), this.reader.publicRows(target)];
    if (typeof reach === 'boolean' || typeof publicReach === 'boolean') return reach !== false;
    const [readerSql, publicSql] = [reach, publicReach].map((side) => this.where().reached(target, side, 't'));
    return JSON.stringify(readerSql) !== JSON.stringify(publicSql);
  }

  /** Condition of a count. Records it, since the number of protected objects is as sensitive as the objects. */
  private counted(target: ModelClass, pageArgs: PageArguments): Condition {
    this.useObjects(target, 'count');
    return this.where('count').visible(target, pageArgs.filter ?? undefined, 't');
  }

  /** Whether the reader may read a field of a class, by key of visible objects. */
  mayRead(target: ModelClass, sensitivity: Sensitivity, field?: string): DataLoader<string, boolean> {
    return this.batched(target, `may read ${sensitivity} ${field}`, async (keys) => {
      const { database } = this;
      const key = `t.${database.column(target, modelOf(target).key)}`;
      const { sql, parameters } = this.where().reached(target, this.reader.fields(target, sensitivity, field), 't');
      const rows = await database.query<{ readable: string }>(
        `SELECT ${key} AS readable FROM ${database.table(target)} t WHERE ${key} IN (${marks(keys)}) AND ${sql}`,
        [...keys, ...parameters],
      );
      const readable = new Set(rows.map((row) => String(row.readable)));
      return keys.map((value) => readable.has(value));
    });
  }

  /** All visible objects by the value of a property, in the model's default order. For short lists without pages. */
  allBy<T extends object>(target: ModelClass<T>, property: string): DataLoader<string, T[]> {
    return this.batched(target, `all by ${property}`, async (keys) => {
      const { defaultOrder, key } = modelOf(target);
      const order = [...defaultOrder, { property: key, direction: 'ASC' as const }];
      const visible = this.visible(target) ?? ALWAYS;
      const terms = orderTerms(this.database, target, { size: 0, backward: false, order }, 't');
      const rows = await this.database.query(
        `SELECT ${this.database.selection(target, 't')} FROM ${this.database.table(target)} t
         WHERE t.${this.database.column(target, property)} IN (${marks(keys)}) AND ${visible.sql} ORDER BY ${terms}`,
        [...keys, ...visible.parameters],
      );
      const groups = Map.groupBy(
        rows.map((row) => this.admit(target, row)),
        (row) => String((row as Record<string, unknown>)[property]),
      );
      return keys.map((value) => groups.get(value) ?? []);
    });
  }

  /** The rows of a link table by owner. */
  links(table: ModelClass<Link>): DataLoader<string, Link[]> {
    return this.batched(table, 'links', async (owners) => {
      const rows = await this.database.findBy(table, 'ownerKey', owners);
      const byOwner = Map.groupBy(
        rows.sort((a, b) => (a.targetKey < b.targetKey ? -1 : 1)),
        (row) => row.ownerKey,
      );
      return owners.map((owner) => byOwner.get(owner) ?? []);
    });
  }

  /** A page of all visible objects. */
  async list<T extends object>(target: ModelClass<T>, pageArgs: PageArguments): Promise<Page<T>> {
    const plan = this.plan(target, pageArgs);
    const { database } = this;
    const counts = this.counts(target, plan);
    const conditions = [
      this.where().visible(target, pageArgs.filter ?? undefined, 't'),
      ...cursorConditions(database, target, plan, 't'),
    ];
    const rows = await database.query(
      `SELECT ${database.selection(target, 't')}${counts.terms} FROM ${database.table(target)} t ${counts.joins}
       WHERE ${conditions.map(({ sql }) => sql).join(' AND ')}
       ORDER BY ${orderTerms(database, target, plan, 't')} LIMIT ${plan.size + 1}`,
      [...counts.parameters, ...conditions.flatMap(({ parameters }) => parameters)],
    );
    return this.page(target, plan, rows);
  }

  /**
   * Keys of all visible objects that match a filter, sorted: the order of the database follows the index that it reads, and so reveals
   * values and numbers of rows. Recorded as a list. @throws RequestError TOO_MANY_KEYS
   */
  async keys(target: ModelClass, filter: FilterValue | undefined): Promise<readonly string[]> {
    const { database } = this;
    const { sql, parameters } = this.where().visible(target, filter, 't');
    const key = `t.${database.column(target, modelOf(target).key)}`;
    const rows = await database.query<{ object_key: string }>(
      `SELECT ${key} AS object_key FROM ${database.table(target)} t WHERE ${sql} LIMIT ${MAX_KEYS + 1}`,
      parameters,
    );
    this.noteList(target);
    if (rows.length > MAX_KEYS) {
      const most = MAX_KEYS.toLocaleString('en-US');
      const message = `The filter matches more than ${most} ${modelOf(target).name} objects, and the limit is ${most}: narrow the filter`;
      throw new RequestError('TOO_MANY_KEYS', message, ['filter']);
    }
    const keys = rows.map((row) => String(row.object_key)).sort();
    this.noteKeys(target, keys);
    return keys;
  }

  /** A list of which only figures over all pages are requested. Rejects invalid arguments like {@link list}. */
  withoutPage<T extends object>(target: ModelClass<T>, pageArgs: PageArguments): Page<T> {
    return this.page(target, this.plan(target, pageArgs), []);
  }

  /** Pages of children, for all requested parents in one statement. */
  listBy<T extends object>(
    target: ModelClass<T>,
    parent: ParentReference,
    pageArgs: PageArguments,
  ): DataLoader<string, Page<T>> {
    const { name, source, column } = this.parentOf(target, parent);
    return this.batched(target, `list by ${name} ${this.nameOf(pageArgs)}`, async (parents) => {
      const plan = this.plan(target, pageArgs);
      const { database } = this;
      const counts = this.counts(target, plan);
      const conditions = [
        this.where().visible(target, pageArgs.filter ?? undefined, 't'),
        ...cursorConditions(database, target, plan, 't'),
        ...this.naming(target, parent),
      ];
      const [ranked, parentKey] = [database.dialect.quote('row_rank'), database.dialect.quote('parent_key')];
      const rows = await database.query<Record<string, unknown>>(
        `SELECT * FROM (
           SELECT ${database.selection(target, 't')}${counts.terms}, ${column} AS ${parentKey},
                  ROW_NUMBER() OVER (PARTITION BY ${column} ORDER BY ${orderTerms(database, target, plan, 't')}) AS ${ranked}
           FROM ${source} ${counts.joins}
           WHERE ${column} IN (${marks(parents)}) AND ${conditions.map(({ sql }) => sql).join(' AND ')}
         ) page WHERE ${ranked} <= ${plan.size + 1} ORDER BY ${ranked}`,
        [...counts.parameters, ...parents, ...conditions.flatMap(({ parameters }) => parameters)],
      );
      const byParent = Map.groupBy(rows, (row) => String(row.parent_key));
      return parents.map((key) => this.page(target, plan, byParent.get(key) ?? []));
    });
  }

  /** SQL source of the children, under the alias `t`, and the column with the key of their parent. */
  private parentOf(target: ModelClass, parent: ParentReference): { name: string; source: string; column: string } {
    const name = typeof parent === 'string' ? parent : `${modelOf(parent.links).name}.${parent.from}`;
    return { name, ...childSource(this.database, target, parent, 't', 'l') };
  }

  /** Notes that a list omits children whose reference to the parent the reader may not read. */
  noteNaming(target: ModelClass, parent: ParentReference, coordinate: string): void {
    const use = namingField(target, parent);
    if (!use || this.reader.rows(target) === false) return;
    const rule = this.reader.limitOfField(target, use.sensitivity, use.field);
    if (!rule) return;
    const readable = this.reader.fields(target, use.sensitivity, use.field) === false ? 'NONE' : 'SOME';
    this.withheld?.note({ coordinate, kind: 'ROWS', class: use.sensitivity, readable, rule });
  }

  /** Limits children to those whose reference to the parent the reader may read: such a list is a filter on the reference. */
  private naming(target: ModelClass, parent: ParentReference): Condition[] {
    const use = namingField(target, parent);
    if (!use) return [];
    const reach = this.reader.fields(target, use.sensitivity, use.field);
    if (reach !== false) this.reads?.use({ ...use, how: 'filter' });
    return reach === true ? [] : [this.where().reached(target, reach, 't')];
  }

  private page<T extends object>(
    target: ModelClass<T>,
    plan: PagePlan,
    rows: readonly Record<string, unknown>[],
  ): Page<T> {
    const more = rows.length > plan.size;
    const listed = rows.slice(0, plan.size);
    const objects = listed.map((row) => this.admit(target, row));
    const cursorOf = cursorsOf(target, plan.order, this.cursors);
    const counts = new Map<object, Counts>();
    // the objects lack the counts that their order has computed
    if (plan.order.some(({ list }) => list))
      for (const [place, object] of objects.entries()) counts.set(object, countsIn(plan, listed[place]!));
    if (plan.backward) objects.reverse();
    return { rows: objects, plan, more, cursor: (row) => cursorOf(row, counts.get(row)) };
  }

  /**
   * The visible objects of a list, for statements that aggregate them. Records a count.
   * @param parent limits them to children of the objects whose keys the statement lists
   */
  scope(target: ModelClass, filter: FilterValue | null | undefined, parent?: ParentReference): ListScope {
    this.useObjects(target, 'count');
    const { database } = this;
    const { source, column } = parent ? this.parentOf(target, parent) : { source: `${database.table(target)} t` };
    const listed = this.where('count').visible(target, filter ?? undefined, 't');
    return {
      target,
      database,
      source,
      parentKey: column,
      conditions: [listed, ...(parent ? this.naming(target, parent) : [])],
      where: this.where('aggregate'),
    };
  }

  /** Number of visible objects that match a filter. */
  async count(target: ModelClass, pageArgs: PageArguments): Promise<number> {
    const { sql, parameters } = this.counted(target, pageArgs);
    const [row] = await this.database.summarize<{ n: number }>(
      `SELECT COUNT(*) AS n FROM ${this.database.table(target)} t WHERE ${sql}`,
      parameters,
    );
    return Number(row!.n);
  }

  /** Number of visible children that match a filter, by parent. */
  countBy(target: ModelClass, parent: ParentReference, pageArgs: PageArguments): DataLoader<string, number> {
    const { name, source, column } = this.parentOf(target, parent);
    return this.batched(
      target,
      `count by ${name} ${pageArgs.filter ? this.nameOf(pageArgs.filter) : ''}`,
      async (parents) => {
        const conditions = [this.counted(target, pageArgs), ...this.naming(target, parent)];
        const rows = await this.database.summarize<{ parent: string; n: number }>(
          `SELECT ${column} AS parent, COUNT(*) AS n FROM ${source}
         WHERE ${column} IN (${marks(parents)}) AND ${conditions.map(({ sql }) => sql).join(' AND ')} GROUP BY ${column}`,
          [...parents, ...conditions.flatMap(({ parameters }) => parameters)],
        );
        const counts = new Map(rows.map((row) => [String(row.parent), Number(row.n)]));
        return parents.map((key) => counts.get(key) ?? 0);
      },
    );
  }
}
