import type { Principal } from '#base/identity/principal';
import { type Role, roleSpec } from '#base/identity/roles';
import type { Condition } from '../collection/where';
import type { Database } from '../database/database';
import type { Link } from '../model/links';
import { type ModelClass, modelOf } from '../model/model';

/** Scope of a condition: database, model, and table alias. */
export interface Rows {
  readonly database: Database;
  readonly target: ModelClass;
  readonly alias: string;
  /** Returns an alias that is unique within the statement. */
  readonly fresh: () => string;
}

/** Rows that a principal may see: all (true), none (false), or those that match a condition. */
export type Reach = boolean | ((rows: Rows) => Condition);

/** Determines which rows, or fields of a class, a principal may see; null is the public. */
export type Rule = (who: Principal | null) => Reach;

export const everyone: Rule = () => true;

/** Principals with one of the roles. */
export const having =
  (...roles: readonly Role[]): Rule =>
  (who) =>
    who?.roles.some((role) => roles.includes(role)) ?? false;

/** Principals with a government role. For internal data that concerns no company, person, or vulnerability. */
export const government: Rule = (who) => (who?.governmentRoles.length ?? 0) > 0;

/** Principals who inspect objects for a named case. */
export const oversight: Rule = (who) => who?.roles.some((role) => roleSpec(role)?.isOversight) ?? false;

/** Rows of the principal's agency, for principals with one of the roles. */
export const ofAgency =
  (property: string, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true ? equals(property, who.agency) : false;

/** Rows of the principal's organization, for principals with one of the roles. */
export const ofOrganization =
  (property: string, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.organization != null && having(...roles)(who) === true ? equals(property, who.organization) : false;

/** Rows that a link table links to the principal's agency, for principals with one of the roles. */
export const linkedToAgency =
  (table: () => ModelClass<Link>, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true
      ? ({ database, target, alias, fresh }) => {
          const [link, inner] = [table(), fresh()];
          const column = (property: string) => `${inner}.${database.column(link, property)}`;
          const ownerKey = `${alias}.${database.column(target, modelOf(target).key)}`;
          return {
            sql: `EXISTS (SELECT 1 FROM ${database.table(link)} ${inner} WHERE ${column('ownerKey')} = ${ownerKey} AND ${column('targetKey')} = ?)`,
            parameters: [who.agency],
          };
        }
      : false;

/** Rows whose JSON list column contains the principal's agency, for principals with one of the roles. */
export const listingAgency =
  (property: string, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true
      ? ({ database, target, alias }) => ({
          sql: `${alias}.${database.column(target, property)} LIKE ? ESCAPE '!'`,
          parameters: [`%${JSON.stringify(who.agency).replace(/[!%_]/g, '!$&')}%`],
        })
      : false;

/** Limits a rule to rows whose property has one of the values. */
export const where =
  (property: string, values: readonly string[], rule: Rule): Rule =>
  (who) =>
    both(
      ({ database, target, alias }) => ({
        sql: `${alias}.${database.column(target, property)} IN (${values.map(() => '?').join(', ')})`,
        parameters: values,
      }),
      rule(who),
    );

/** Limits a rule to rows whose property is null. */
export const without =
  (property: string, rule: Rule): Rule =>
  (who) =>
    both(
      ({ database, target, alias }) => ({
        sql: `${alias}.${database.column(target, property)} IS NULL`,
        parameters: [],
      }),
      rule(who),
    );

/** Rows with a related row of another table that the rule admits. */
export const through =
  (property: string, other: () => ModelClass, rule: Rule, otherProperty?: string): Rule =>
  (who) => {
    const reach = rule(who);
    // a principal who sees all related rows sees all rows
    if (typeof reach === 'boolean') return reach;
    return ({ database, target, alias, fresh }) => {
      const [of, inner] = [other(), fresh()];
      const { sql, parameters } = reach({ database, target: of, alias: inner, fresh });
      const key = `${inner}.${database.column(of, otherProperty ?? modelOf(of).key)}`;
      return {
        sql: `EXISTS (SELECT 1 FROM ${database.table(of)} ${inner} WHERE ${key} = ${alias}.${database.column(target, property)} AND ${sql})`,
        parameters,
      };
    };
  };

/** Union of the rules. */
export const any =
  (...rules: readonly Rule[]): Rule =>
  (who) => {
    const reaches = rules.map((rule) => rule(who)).filter((reach) => reach !== false);
    if (reaches.length === 0) return false;
    if (reaches.includes(true)) return true;
    return (rows) => {
      const conditions = (reaches as ((rows: Rows) => Condition)[]).map((reach) => reach(rows));
      return {
        sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
        parameters: conditions.flatMap(({ parameters }) => parameters),
      };
    };
  };

function both(condition: (rows: Rows) => Condition, reach: Reach): Reach {
  if (reach === false) return false;
  if (reach === true) return condition;
  return (rows) => {
    const [a, b] = [condition(rows), reach(rows)];
    return { sql: `(${a.sql} AND ${b.sql})`, parameters: [...a.parameters, ...b.parameters] };
  };
}

const equals =
  (property: string, value: string) =>
  ({ database, target, alias }: Rows): Condition => ({
    sql: `${alias}.${database.column(target, property)} = ?`,
    parameters: [value],
  });
