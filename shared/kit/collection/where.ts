import type { Clock } from '#base/clock';
import { InvalidFilterError } from '#base/errors';
import type { Sensitivity } from '#base/sensitivity';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
import { type Comparison, type DerivedConditions, type ModelClass, modelOf, type Selectable } from '../model/model';
import { sortableBigNumber } from '../model/scalars';
import type { Reader } from '../policy/policy';
import type { Reach } from '../policy/rule';
import { fieldWithheld, rowsWithheld, type Withholdings } from '../policy/withholdings';
import { searchedFields, wordTableOf } from '../search/word-table';
import { type ChildList, childListOf, childSource, namingField, type ParentReference } from './children';
import { MAX_KEYS } from './max-keys';
import { SEARCH, searchWords } from './search';

/** A condition in SQL with its parameters, in order. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** A field that a list is filtered, ordered or counted by. */
export interface FieldUse {
  readonly type: string;
  readonly field?: string;
  readonly sensitivity: Sensitivity;
}

export type FilterValue = { readonly [field: string]: unknown };

const MAX_DEPTH = 8;
/** Maximum conditions in all filters of one request. The database evaluates them for every row. */
const MAX_CONDITIONS = 5_000;
/** Maximum list values in all filters of one request. SQLite allows 32,766 parameters in one statement. */
const MAX_VALUES = 20_000;
const MAX_LIST = 1_000;
/** Maximum keys that the statements of one request take from long lists. */
const MAX_USED = 100_000;
/** Maximum keys in one condition on references whose targets can be matched: as many as their subgraph returns at once. */
const MAX_MATCHED = MAX_KEYS;
/** Keys in one condition from which they are one parameter: a statement may repeat the condition, and SQLite allows 32,766 parameters. */
const MANY_KEYS = 1_000;
/** Maximum characters that a text may be searched for. SQLite allows 50,000 bytes in a pattern, most characters of which may be escaped. */
const MAX_SEARCHED = 10_000;
const COMPARE: Record<string, string> = { eq: '=', lt: '<', lte: '<=', gt: '>', gte: '>=' };

const condition = (sql: string, ...parameters: unknown[]): Condition => ({ sql, parameters });

/** Conditions joined in a row. Each is a level of the expression, and SQLite allows 1,000: more are joined by halves. */
const MAX_JOINED = 50;

function join(conditions: readonly Condition[], word: 'AND' | 'OR', whenEmpty: string): Condition {
  if (conditions.length === 0) return condition(whenEmpty);
  if (conditions.length > MAX_JOINED) {
    const half = Math.ceil(conditions.length / 2);
    const halves = [conditions.slice(0, half), conditions.slice(half)];
    return join(
      halves.map((part) => join(part, word, whenEmpty)),
      word,
      whenEmpty,
    );
  }
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(` ${word} `)})`,
    parameters: conditions.flatMap(({ parameters }) => parameters),
  };
}

/** SQL evaluates a condition on a missing value to NULL; its negation must hold. */
const negated = ({ sql, parameters }: Condition): Condition => ({ sql: `NOT COALESCE(${sql}, 0)`, parameters });

/** Whether a number meets the conditions of an `IntFilter`. */
function meets(number: number, conditions: FilterValue): boolean {
  const {
    eq,
    in: list,
    lt,
    lte,
    gt,
    gte,
    isNull,
  } = conditions as Record<string, number | null | undefined> & {
    in?: readonly number[] | null;
    isNull?: boolean | null;
  };
  return (
    (eq == null || number === eq) &&
    (list == null || list.includes(number)) &&
    (lt == null || number < lt) &&
    (lte == null || number <= lte) &&
    (gt == null || number > gt) &&
    (gte == null || number >= gte) &&
    isNull !== true
  );
}

/** Counts the conditions of all filters of one request. */
export class ConditionCount {
  private count = 0;
  private values = 0;
  /** Keys in long lists, counted wherever a statement uses them. */
  private used = 0;
  /** Long lists of keys that are counted: page, count, and groups of a list share its filter. */
  private readonly counted = new WeakSet<readonly unknown[]>();

  /** @throws InvalidFilterError above the limit */
  addValues(values: readonly unknown[], path: readonly (string | number)[]): void {
    if (values.length > MANY_KEYS) {
      this.used += values.length;
      if (this.used > MAX_USED)
        throw new InvalidFilterError(
          `The filters of this request use lists of more than ${MAX_USED} keys together: split it into several requests`,
          path,
        );
      if (this.counted.has(values)) return;
      this.counted.add(values);
    }
    this.values += values.length;
    if (this.values > MAX_VALUES)
      throw new InvalidFilterError(
        `The filters of this request list more than ${MAX_VALUES} values: split it into several requests`,
        path,
      );
  }

  /** @throws InvalidFilterError above the limit */
  add(path: readonly (string | number)[]): void {
    this.count += 1;
    if (this.count > MAX_CONDITIONS)
      throw new InvalidFilterError(
        `The filters of this request have more than ${MAX_CONDITIONS} conditions: split it into several requests, or combine values with "in"`,
        path,
      );
  }
}

/** A list of a model, with the name of its field. */
interface OwnedList {
  readonly target: ModelClass;
  readonly name: string;
  readonly list: ChildList;
}

/** Converts filter inputs to SQL conditions. */
export class WhereBuilder {
  private aliases = 0;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly reader: Reader,
    /** Called with each field that a filter compares. */
    private readonly used?: (use: FieldUse) => void,
    private readonly count = new ConditionCount(),
    /** Class under which the existence of objects is recorded; undefined if it is not. */
    private readonly recordedClass: (target: ModelClass) => Sensitivity | undefined = () => undefined,
    /** Notes the rules that limit what filters compare. */
    private readonly withheld?: Withholdings,
  ) {}

  /** Notes the rule that limits the objects of a reference or list of a model. */
  noteRows(of: ModelClass, field: string, target: ModelClass): void {
    if (!this.withheld) return;
    const coordinate = `${modelOf(of).name}.${field}`;
    for (const withholding of rowsWithheld(this.reader, target, coordinate)) this.withheld.note(withholding);
  }

  private noteField(target: ModelClass, name: string, sensitivity: Sensitivity): void {
    for (const withholding of fieldWithheld(this.reader, target, { name, sensitivity }))
      this.withheld?.note(withholding);
  }

  /** Same as {@link build}, limited to objects that the reader may see. */
  visible(target: ModelClass, filter: FilterValue | undefined, alias: string): Condition {
    const built = this.build(target, filter, alias);
    const reach = this.reader.rows(target);
    return reach === true ? built : join([built, this.reached(target, reach, alias)], 'AND', '1 = 1');
  }

  /** Converts a reach to a condition. */
  reached(target: ModelClass, reach: Reach, alias: string): Condition {
    if (typeof reach === 'boolean') return condition(reach ? '1 = 1' : '1 = 0');
    return reach({ database: this.database, target, alias, fresh: this.fresh });
  }

  /** @throws InvalidFilterError for a filter that is nested too deep or has a list that is too long */
  build(
    target: ModelClass,
    filter: FilterValue | undefined,
    alias: string,
    path: readonly (string | number)[] = [],
  ): Condition {
    if (path.length > MAX_DEPTH * 2)
      throw new InvalidFilterError(`The filter is nested deeper than ${MAX_DEPTH} levels: flatten it`, path);
    this.count.add(path);
    const conditions: Condition[] = [];
    for (const [name, value] of Object.entries(filter ?? {})) {
      if (value === undefined || value === null) continue;
      const here = [...path, name];
      if (name === 'and' || name === 'or') {
        const parts = this.list(value, here) as FilterValue[];
        const built = parts.map((part, index) => this.build(target, part, alias, [...here, index]));
        conditions.push(name === 'and' ? join(built, 'AND', '1 = 1') : join(built, 'OR', '1 = 0'));
      } else if (name === 'not') {
        const inner = this.build(target, value as FilterValue, alias, here);
        conditions.push(negated(inner));
      } else if (name === SEARCH && searchedFields(target).length > 0) {
        conditions.push(this.search(target, String(value), alias, here));
      } else {
        const field = modelOf(target).selectable.get(name);
        if (!field?.filter) throw new InvalidFilterError(`${modelOf(target).name} has no filter field "${name}"`, here);
        const comparison = this.field(target, field, value as FilterValue, alias, here);
        conditions.push(this.permitted(target, field, comparison, alias, here));
      }
    }
    return join(conditions, 'AND', '1 = 1');
  }

  /** Limits a comparison to objects whose field the reader may read, since it would reveal the value. */
  private permitted(
    target: ModelClass,
    field: Selectable,
    comparison: Condition,
    alias: string,
    path: readonly (string | number)[],
  ): Condition {
    const readable = this.readable(target, field, alias);
    if (readable === false)
      throw new InvalidFilterError(
        `You don't have access to ${modelOf(target).name}.${field.name}, so you cannot filter by it`,
        path,
      );
    return readable === true ? comparison : join([readable, comparison], 'AND', '1 = 1');
  }

  /** Condition for objects whose field the reader may read, or whether the reader may read it on every object. Records the use. */
  readable(target: ModelClass, { name, sensitivity: fieldClass }: Selectable, alias: string): Condition | boolean {
    const model = modelOf(target);
    const sensitivity = fieldClass ?? model.sensitivity;
    const reach = this.reader.fields(target, sensitivity, name);
    if (reach !== true) this.noteField(target, name, sensitivity);
    if (reach === false) return false;
    this.used?.({ type: model.name, field: name, sensitivity });
    return reach === true || this.reached(target, reach, alias);
  }

  /** Same as {@link noteRows}, for links to objects that another subgraph may store. */
  noteLinked(of: ModelClass, field: string, target: ModelClass): void {
    if (!this.sees(target)) this.noteRows(of, field, target);
  }

  /** Whether the reader sees all objects of a model. */
  sees(target: ModelClass): boolean {
    return !modelOf(target).stored || this.reader.rows(target) === true;
  }

  /** Whether a column has the key of an object that the reader may see. */
  isSeen(target: ModelClass, column: string): Condition {
    const alias = this.fresh();
    const { sql, parameters } = this.visible(target, undefined, alias);
    const key = `${alias}.${this.database.column(target, modelOf(target).key)}`;
    return {
      sql: `${column} IN (SELECT ${key} FROM ${this.database.table(target)} ${alias} WHERE ${sql})`,
      parameters,
    };
  }

  /** A table alias that is unique within the statement. */
  readonly fresh = (): string => `f${++this.aliases}`;

  /** SQL of a derived field's value. */
  derivedValue(target: ModelClass, conditions: DerivedConditions, alias: string): string {
    const holds = this.derivation(target, conditions, alias);
    return `CASE ${Object.keys(conditions)
      .map((value) => `WHEN ${holds(value)} THEN '${value}'`)
      .join(' ')} END`;
  }

  /** Returns the SQL condition for each value of a derived field. */
  private derivation(target: ModelClass, conditions: DerivedConditions, alias: string): (value: string) => string {
    const columnOf = (property: string) => `${alias}.${this.database.column(target, property)}`;
    const now = `'${this.clock.now().toISOString()}'`;
    return (value) => `(${conditions[value]!(columnOf, now)})`;
  }

  private list(value: unknown, path: readonly (string | number)[], most = MAX_LIST): readonly unknown[] {
    const values = value as readonly unknown[];
    if (values.length > most)
      throw new InvalidFilterError(`${path.join('.')} lists ${values.length} values; the maximum is ${most}`, path);
    this.count.addValues(values, path);
    return values;
  }

  /**
   * Every word of a text must begin a word of a searched field. Fields that the reader may read on no object do not count; others count on
   * the objects where the reader may read them.
   */
  private search(target: ModelClass, text: string, alias: string, path: readonly (string | number)[]): Condition {
    const fields = searchedFields(target);
    const words = searchWords(text, path);
    const readable = fields
      .map(({ name }, place) => ({ name, reach: this.readable(target, fields[place]!, alias) }))
      .filter(({ reach }) => reach !== false);
    if (readable.length === 0) {
      const names = fields.map(({ name }) => `${modelOf(target).name}.${name}`).join(' or ');
      throw new InvalidFilterError(`You don't have access to ${names}, so you cannot search`, path);
    }
    const everywhere = readable.filter(({ reach }) => reach === true).map(({ name }) => name);
    const begins = (word: string): Condition => {
      this.count.add(path);
      const somewhere = readable.flatMap(({ name, reach }) =>
        typeof reach === 'boolean' ? [] : [join([reach, this.hasWord(target, word, [name], alias)], 'AND', '1 = 1')],
      );
      const anywhere = everywhere.length > 0 ? [this.hasWord(target, word, everywhere, alias)] : [];
      return join([...anywhere, ...somewhere], 'OR', '1 = 0');
    };
    return join(words.map(begins), 'AND', '1 = 1');
  }

  /** Whether one of the searched fields of an object has a word with a prefix. */
  private hasWord(target: ModelClass, prefix: string, fields: readonly string[], alias: string): Condition {
    const [inner, table] = [this.fresh(), wordTableOf(target)!];
    const isAll = fields.length === searchedFields(target).length;
    const { sql, parameters } = join(
      [
        beginsWith(`${inner}.${this.database.column(table, 'word')}`, prefix),
        ...(isAll ? [] : [this.isIn(`${inner}.${this.database.column(table, 'field')}`, fields)]),
      ],
      'AND',
      '1 = 1',
    );
    const key = `${alias}.${this.database.column(target, modelOf(target).key)}`;
    const owner = `${inner}.${this.database.column(table, 'ownerKey')}`;
    return { sql: `${key} IN (SELECT ${owner} FROM ${this.database.table(table)} ${inner} WHERE ${sql})`, parameters };
  }

  /** Condition of one field of a filter, by the kind of its values. */
  private field(
    target: ModelClass,
    field: Selectable,
    value: FilterValue,
    alias: string,
    path: readonly (string | number)[],
  ): Condition {
    const { comparison } = field;
    if (comparison.kind === 'list')
      return this.children({ target, name: field.name, list: comparison }, value, alias, path);
    if (comparison.kind === 'derived') return this.derived(target, comparison.conditions, value, alias, path);
    const column = `${alias}.${this.database.column(target, field.property)}`;
    if (comparison.kind === 'model') {
      this.noteRows(target, field.name, comparison.target());
      return this.reference(comparison.target(), column, value, path);
    }
    if (comparison.kind === 'link') {
      this.noteLinked(target, field.name, comparison.target());
      const keys = this.linked(comparison, column, value, path);
      const list = childListOf(comparison);
      if (!list) return keys;
      // "none" lists keys here
      const children = this.children({ target, name: field.name, list }, { ...value, none: null }, alias, path);
      return join([keys, children], 'AND', '1 = 1');
    }
    return this.stored(comparison, column, value, path);
  }

  private derived(
    target: ModelClass,
    conditions: DerivedConditions,
    { eq, in: list }: FilterValue,
    alias: string,
    path: readonly (string | number)[],
  ): Condition {
    const sqlOf = this.derivation(target, conditions, alias);
    const holds = (wanted: unknown) => condition(sqlOf(String(wanted)));
    const isOneOf = (values: readonly unknown[]) => join([...new Set(values)].map(holds), 'OR', '1 = 0');
    return join(
      [
        ...(eq === undefined || eq === null ? [] : [holds(eq)]),
        ...(list ? [isOneOf(this.list(list, [...path, 'in']))] : []),
      ],
      'AND',
      '1 = 1',
    );
  }

  /** Condition on an object of the same database, limited to objects that the reader may see. */
  private reference(
    type: ModelClass,
    column: string,
    value: FilterValue,
    path: readonly (string | number)[],
  ): Condition {
    const inner = this.fresh();
    const reach = this.reader.rows(type);
    const { sql, parameters } = join(
      [this.build(type, value, inner, path), ...(reach === true ? [] : [this.reached(type, reach, inner)])],
      'AND',
      '1 = 1',
    );
    // IN, since SQLite evaluates EXISTS for each row
    const innerKey = `${inner}.${this.database.column(type, modelOf(type).key)}`;
    return {
      sql: `${column} IN (SELECT ${innerKey} FROM ${this.database.table(type)} ${inner} WHERE ${sql})`,
      parameters,
    };
  }

  /** Condition on the keys of linked objects, limited to objects that the reader may see. */
  private linked(
    links: { table: () => ModelClass; target: () => ModelClass },
    column: string,
    { any, none }: FilterValue,
    path: readonly (string | number)[],
  ): Condition {
    const [inner, table, target] = [this.fresh(), links.table(), links.target()];
    const linksTo = (keys: readonly unknown[]): Condition => {
      const linked = `${inner}.${this.database.column(table, 'targetKey')}`;
      const { sql, parameters } = join(
        [this.isIn(linked, keys), ...(this.sees(target) ? [] : [this.isSeen(target, linked)])],
        'AND',
        '1 = 1',
      );
      const owner = `${inner}.${this.database.column(table, 'ownerKey')}`;
      return {
        sql: `${column} IN (SELECT ${owner} FROM ${this.database.table(table)} ${inner} WHERE ${sql})`,
        parameters,
      };
    };
    const parts: Condition[] = [];
    const most = maxKeysOf(target);
    if (any) parts.push(linksTo(this.list(any, [...path, 'any'], most)));
    if (none) {
      const { sql, parameters } = linksTo(this.list(none, [...path, 'none'], most));
      parts.push({ sql: `NOT ${sql}`, parameters });
    }
    return join(parts, 'AND', '1 = 1');
  }

  /** Conditions on the visible children in a list of an object. */
  private children(owned: OwnedList, value: FilterValue, alias: string, path: readonly (string | number)[]): Condition {
    const { some, none, every, count, where } = value as {
      readonly [operator: string]: FilterValue | null | undefined;
    };
    const { target, list } = owned;
    const key = `${alias}.${this.database.column(target, modelOf(target).key)}`;
    const select = (operator: string, filter: FilterValue, isNegated = false, having?: Condition): Condition => {
      const inner = this.fresh();
      const built = this.build(list.child(), filter, inner, [...path, operator]);
      return this.parents(owned, { alias: inner, where: isNegated ? negated(built) : built, having }, path);
    };
    const isIn = ({ sql, parameters }: Condition) => ({ sql: `${key} IN (${sql})`, parameters });
    const isNotIn = ({ sql, parameters }: Condition) => ({ sql: `${key} NOT IN (${sql})`, parameters });
    const parts: Condition[] = [];
    if (some) parts.push(isIn(select('some', some)));
    if (none) parts.push(isNotIn(select('none', none)));
    if (every) parts.push(isNotIn(select('every', every, true)));
    if (count) {
      const having = this.stored({ kind: 'integer' }, 'COUNT(*)', count, [...path, 'count']);
      // the subquery lists no object without children
      const isMetByNone = meets(0, count);
      const parents = select('where', where ?? {}, false, isMetByNone ? negated(having) : having);
      parts.push(isMetByNone ? isNotIn(parents) : isIn(parents));
    } else if (where)
      throw new InvalidFilterError('"where" says which objects "count" counts: add "count"', [...path, 'where']);
    return join(parts, 'AND', '1 = 1');
  }

  /** Numbers of visible children in a list, by key of their parent: a SELECT of `parent_key` and `n`. */
  counts(owned: OwnedList): Condition {
    this.count.add([]);
    const alias = this.fresh();
    return this.parents(owned, { alias, where: condition('1 = 1'), terms: ', COUNT(*) AS n' }, []);
  }

  /**
   * SELECT of the keys of parents with visible children that match a condition. Only children whose reference to the parent the reader may
   * read: otherwise it would reveal which parent they name.
   */
  private parents(
    { target, name, list }: OwnedList,
    { alias, where, having, terms = '' }: { alias: string; where: Condition; having?: Condition; terms?: string },
    path: readonly (string | number)[],
  ): Condition {
    const [child, parent] = [list.child(), list.parent()];
    const { source, column } = childSource(this.database, child, parent, alias, this.fresh());
    this.noteRows(target, name, child);
    const reaches = [this.reader.rows(child), this.naming(child, parent, path)];
    const recordedClass = this.recordedClass(child);
    if (recordedClass) this.used?.({ type: modelOf(target).name, field: name, sensitivity: recordedClass });
    const isNullable = typeof parent === 'string' && this.database.isNullable(child, parent);
    const { sql, parameters } = join(
      [
        // NOT IN never holds beside a missing key
        ...(isNullable ? [condition(`${column} IS NOT NULL`)] : []),
        where,
        ...reaches.flatMap((reach) => (reach === true ? [] : [this.reached(child, reach, alias)])),
      ],
      'AND',
      '1 = 1',
    );
    const grouped = having || terms ? ` GROUP BY ${column}${having ? ` HAVING ${having.sql}` : ''}` : '';
    return {
      sql: `SELECT ${column} AS parent_key${terms} FROM ${source} WHERE ${sql}${grouped}`,
      parameters: [...parameters, ...(having?.parameters ?? [])],
    };
  }

  /** Children whose reference to their parent the reader may read. @throws InvalidFilterError if there are none */
  private naming(child: ModelClass, parent: ParentReference, path: readonly (string | number)[]): Reach {
    const use = namingField(child, parent);
    if (!use) return true;
    const reach = this.reader.fields(child, use.sensitivity, use.field);
    if (reach === false)
      throw new InvalidFilterError(
        `You don't have access to ${use.type}.${use.field}, so you cannot filter by the list`,
        path,
      );
    if (reach !== true) this.noteField(child, use.field, use.sensitivity);
    // a list without visible children reveals nothing
    if (this.reader.rows(child) !== false) this.used?.(use);
    return reach;
  }

  /** Conditions on the value of a column, one for each operator. */
  private stored(
    comparison: Comparison,
    column: string,
    value: FilterValue,
    path: readonly (string | number)[],
  ): Condition {
    const parts: Condition[] = [];
    for (const [operator, operand] of Object.entries(value)) {
      if (operand === undefined || operand === null) continue;
      const here = [...path, operator];
      this.count.add(here);
      parts.push(this.compare(comparison, column, operator, operand, here));
    }
    return join(parts, 'AND', '1 = 1');
  }

  private compare(
    comparison: Comparison,
    column: string,
    operator: string,
    operand: unknown,
    path: readonly (string | number)[],
  ): Condition {
    const toStored = (operandValue: unknown) => storedValue(comparison, operandValue);
    if (operator === 'isNull') return condition(`${column} IS ${operand ? '' : 'NOT '}NULL`);
    if (operator === 'in') {
      const most = comparison.kind === 'key' && comparison.target ? maxKeysOf(comparison.target()) : MAX_LIST;
      return this.isIn(column, this.list(operand, path, most).map(toStored));
    }
    if (operator === 'notIn') {
      const { sql, parameters } = this.isIn(column, this.list(operand, path).map(toStored));
      return { sql: `NOT COALESCE(${sql}, 0)`, parameters };
    }
    if (operator === 'contains') {
      const searched = String(operand);
      if (searched.length > MAX_SEARCHED)
        throw new InvalidFilterError(
          `${path.join('.')} has ${searched.length} characters; the maximum is ${MAX_SEARCHED}`,
          path,
        );
      return condition(`LOWER(${column}) LIKE LOWER(?) ESCAPE '!'`, `%${escapeLike(searched)}%`);
    }
    if (operator === 'startsWith') return beginsWith(column, String(operand));
    const single = comparison.kind === 'boolean' ? (operand ? 1 : 0) : toStored(operand);
    return condition(`${column} ${COMPARE[operator]} ?`, single);
  }

  private isIn(column: string, values: readonly unknown[]): Condition {
    if (values.length === 0) return condition('1 = 0');
    if (values.length > MANY_KEYS)
      return condition(`${column} IN (${this.database.dialect.textsOfJson})`, JSON.stringify(values));
    return { sql: `${column} IN (${marks(values)})`, parameters: values };
  }
}

/** Maximum keys of a type in one list of a filter. */
function maxKeysOf(target: ModelClass): number {
  const { stored, keysField } = modelOf(target);
  return stored || keysField === undefined ? MAX_LIST : MAX_MATCHED;
}

/** A range, so that an index on the column serves. U+10FFFF sorts after every character. */
const beginsWith = (column: string, prefix: string): Condition =>
  condition(`(${column} >= ? AND ${column} < ?)`, prefix, `${prefix}\u{10ffff}`);

function escapeLike(text: string): string {
  return text.replace(/[!%_]/g, (character) => `!${character}`);
}

/** An operand as its column stores it. */
function storedValue(comparison: Comparison, operand: unknown): unknown {
  if (comparison.kind === 'bigNumber') return sortableBigNumber(String(operand));
  return comparison.kind === 'enum' && comparison.toStored ? comparison.toStored(String(operand)) : operand;
}
