import { InvalidAggregateError } from '#base/errors';
import type { ListScope } from '../collection/loaders';
import type { Condition, FilterValue } from '../collection/where';
import { civilDateSql } from '../database/civil-sql';
import { marks } from '../database/marks';
import { type ModelClass, modelOf, type Selectable } from '../model/model';
import type { AggregateField } from './aggregate-fields';
import { type Dimension, groupSql, type OperandSql } from './dimension';
import type { Operand } from './measure';

/** SQL of a value of each listed object, and the conditions under which the reader may read it. */
interface Term extends OperandSql {
  readonly readable: readonly Condition[];
}

interface Column extends Condition {
  readonly name: string;
}

/** Columns that identify a group. */
export interface GroupColumns {
  /** Value of each dimension. */
  readonly values: readonly string[];
  /** 1 for values that the reader may not read, which are null. Undefined if the reader may read all. */
  readonly withheld: string | undefined;
}

/** What aggregates an operand: to group by it, or to compute over it. */
type Purpose = 'group by' | 'aggregate';

/**
 * Builds the statement with one row for each listed object: its parent, the values that identify its group, and the values that figures
 * are computed over. A value is null where the reader may not read it.
 */
export class Terms {
  private readonly columns: Column[] = [];
  private readonly joins: Condition[] = [];
  private readonly aliases = new Map<string, string>();
  private readonly names = new Map<string, string>();

  constructor(private readonly scope: ListScope) {}

  /** Adds the dimensions. */
  groups(dimensions: readonly Dimension[]): GroupColumns {
    const terms = dimensions.map((dimension, index) => this.operand(dimension, 'group by', ['by', index, 'field']));
    const readable = terms.flatMap((term) => term.readable);
    const values = terms.map((term, index) =>
      this.add(limited(groupSql(this.scope.database, dimensions[index]!, term), readable)),
    );
    if (readable.length === 0) return { values, withheld: undefined };
    const { sql, parameters } = limited('0', readable);
    return { values, withheld: this.add({ sql: `COALESCE(${sql}, 1)`, parameters }) };
  }

  /** Adds the values of an operand. @returns the column */
  values(operand: Operand, path: readonly (string | number)[]): string {
    const key = `${operand.of.value} ${operand.since?.value ?? ''}`;
    let name = this.names.get(key);
    if (name === undefined) {
      const { sql, readable } = this.operand(operand, 'aggregate', path);
      name = this.add(limited(sql, readable));
      this.names.set(key, name);
    }
    return name;
  }

  /** Adds whether objects match a filter: 1 or 0. @returns the column */
  matches(filter: FilterValue | undefined): string {
    const { sql, parameters } = this.scope.where.build(this.scope.target, filter, 't');
    return this.add({ sql: `CASE WHEN ${sql} THEN 1 ELSE 0 END`, parameters });
  }

  /** @param parents keys of the parents, for a list of children */
  statement(parents: readonly string[]): Condition {
    const { source, parentKey, conditions } = this.scope;
    const columns = [...(parentKey ? [{ name: 'parent_key', sql: parentKey, parameters: [] }] : []), ...this.columns];
    const isChild = parentKey ? [{ sql: `${parentKey} IN (${marks(parents)})`, parameters: parents }] : [];
    const where = [...isChild, ...conditions];
    return {
      sql: `SELECT ${columns.length > 0 ? columns.map(({ name, sql }) => `${sql} AS ${name}`).join(', ') : '1 AS one'}
            FROM ${[source, ...this.joins.map(({ sql }) => sql)].join(' ')} WHERE ${where.map(({ sql }) => sql).join(' AND ')}`,
      parameters: [...columns, ...this.joins, ...where].flatMap(({ parameters }) => parameters),
    };
  }

  private add(value: Condition): string {
    const name = `v${this.columns.length}`;
    this.columns.push({ ...value, name });
    return name;
  }

  private operand({ of, since }: Operand, purpose: Purpose, path: readonly (string | number)[]): Term {
    const end = this.field(of, purpose, path);
    if (!since) return end;
    const begin = this.field(since, purpose, path);
    // an instant and a date are compared as days
    const asDays = [of, since].some(({ field }) => field.comparison.kind === 'date');
    const [from, until] = [this.dayOf(since, begin.sql, asDays), this.dayOf(of, end.sql, asDays)];
    return {
      sql: this.scope.database.dialect.daysBetween(from, until),
      dates: [from, until],
      readable: [...begin.readable, ...end.readable],
    };
  }

  /** SQL of a field, with instants as civil days if requested. */
  private dayOf({ field }: AggregateField, sql: string, asDays: boolean): string {
    const isInstant = field.comparison.kind === 'dateTime';
    return asDays && isInstant ? civilDateSql(this.scope.database.dialect, sql) : sql;
  }

  private field({ via, owner, field }: AggregateField, purpose: Purpose, path: readonly (string | number)[]): Term {
    const { target } = this.scope;
    if (!via) return this.own(owner, field, 't', purpose, path);
    const reference = this.own(target, via, 't', purpose, path);
    this.scope.where.noteRows(target, via.name, owner);
    const { alias, key } = this.referenced(owner, this.column(target, via.property, 't'));
    const { sql: value, readable } = this.own(owner, field, alias, purpose, path);
    // conditions of derived fields hold or fail for an object that is missing, too
    const sql = field.comparison.kind === 'derived' ? `CASE WHEN ${key} IS NOT NULL THEN ${value} END` : value;
    // an object without a visible reference has no value, which may be read
    const ofVisible = readable.map((part) => ({ ...part, sql: `(${key} IS NULL OR ${part.sql})` }));
    return { sql, readable: [...reference.readable, ...ofVisible] };
  }

  /** A field of the object under an alias. */
  private own(
    model: ModelClass,
    field: Selectable,
    alias: string,
    purpose: Purpose,
    path: readonly (string | number)[],
  ): Term {
    const { where } = this.scope;
    const reach = where.readable(model, field, alias);
    if (reach === false)
      throw new InvalidAggregateError(
        `You don't have access to ${modelOf(model).name}.${field.name}, so you cannot ${purpose} it`,
        path,
      );
    const readable = reach === true ? [] : [reach];
    const { comparison, property } = field;
    if (comparison.kind !== 'link') return { sql: this.valueOf(model, field, alias), readable };
    const owner = this.column(model, property, alias);
    where.noteLinked(model, field.name, comparison.target());
    return { sql: this.linked(comparison.table(), comparison.target(), owner, readable), readable };
  }

  /** SQL of a field's value. A reference to an object that the reader may not see is null, as in the object itself. */
  private valueOf(model: ModelClass, { name, comparison, property }: Selectable, alias: string): string {
    const { where } = this.scope;
    if (comparison.kind === 'derived') return where.derivedValue(model, comparison.conditions, alias);
    const column = this.column(model, property, alias);
    if (comparison.kind !== 'model' || where.sees(comparison.target())) return column;
    where.noteRows(model, name, comparison.target());
    return this.referenced(comparison.target(), column).key;
  }

  private column(model: ModelClass, property: string, alias: string): string {
    return `${alias}.${this.scope.database.column(model, property)}`;
  }

  /** Joins the visible object that a column references. @returns its alias and the column of its key */
  private referenced(target: ModelClass, reference: string): { alias: string; key: string } {
    const { where, database } = this.scope;
    const alias = this.aliases.get(reference) ?? where.fresh();
    const key = this.column(target, modelOf(target).key, alias);
    if (this.aliases.has(reference)) return { alias, key };
    this.aliases.set(reference, alias);
    const visible = where.visible(target, undefined, alias);
    this.joins.push({
      sql: `LEFT JOIN ${database.table(target)} ${alias} ON ${key} = ${reference} AND ${visible.sql}`,
      parameters: visible.parameters,
    });
    return { alias, key };
  }

  /**
   * Joins the visible linked objects of objects whose links may be read: one row for each, or one row without any.
   * @returns the column of their keys
   */
  private linked(links: ModelClass, target: ModelClass, owner: string, readable: readonly Condition[]): string {
    const { where, database } = this.scope;
    const alias = where.fresh();
    const linked = this.column(links, 'targetKey', alias);
    const conditions = [
      { sql: `${this.column(links, 'ownerKey', alias)} = ${owner}`, parameters: [] },
      ...(where.sees(target) ? [] : [where.isSeen(target, linked)]),
      ...readable,
    ];
    this.joins.push({
      sql: `LEFT JOIN ${database.table(links)} ${alias} ON ${conditions.map(({ sql }) => sql).join(' AND ')}`,
      parameters: conditions.flatMap(({ parameters }) => parameters),
    });
    return linked;
  }
}

/** The value where all conditions hold, else null. */
function limited(sql: string, readable: readonly Condition[]): Condition {
  if (readable.length === 0) return { sql, parameters: [] };
  return {
    sql: `CASE WHEN ${readable.map((condition) => condition.sql).join(' AND ')} THEN ${sql} END`,
    parameters: readable.flatMap(({ parameters }) => parameters),
  };
}
