import type { Principal, Role } from '#base/identity/principal';
import type { Condition } from '../collection/where';
import type { Database } from '../database/database';
import type { Link } from '../model/links';
import { type ModelClass, modelOf } from '../model/model';

/** Where a condition stands: over which rows, under which alias, in which database. */
export interface Rows {
  readonly database: Database;
  readonly target: ModelClass;
  readonly alias: string;
  /** An alias that no other condition of the statement has. */
  readonly fresh: () => string;
}

/** Which rows somebody may see: all, none, or those for which a condition holds. */
export type Reach = boolean | ((rows: Rows) => Condition);

/** Who may see which rows, or a class of their fields. Says it for one principal at a time; null is the public. */
export type Rule = (who: Principal | null) => Reach;

export const everyone: Rule = () => true;

/** Whoever has one of the roles. */
export const having =
  (...roles: readonly Role[]): Rule =>
  (who) =>
    who?.roles.some((role) => roles.includes(role)) ?? false;

/** All roles of the government. */
export const GOVERNMENT: readonly Role[] = [
  'intake-officer',
  'agency-reviewer',
  'hiring-manager',
  'hr-specialist',
  'infrastructure-officer',
  'coordinator',
  'analyst',
  'inspector',
];

/** Any of them: for what is internal, and about no company, person or weakness. */
export const government: Rule = having(...GOVERNMENT);

export const oversight: Rule = having('inspector');

/** Rows that name the agency of somebody who has one of the roles. */
export const ofAgency =
  (property: string, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true ? equals(property, who.agency) : false;

/** Rows that name the organization of a developer. */
export const ofOrganization =
  (property: string): Rule =>
  (who) =>
    who?.organization != null && having('developer-submitter')(who) === true
      ? equals(property, who.organization)
      : false;

/** Rows of an owner whose link table names the agency of somebody who has one of the roles. */
export const linkedToAgency =
  (table: () => ModelClass<Link>, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true
      ? ({ database, target, alias, fresh }) => {
          const [link, inner] = [table(), fresh()];
          const column = (property: string) => `${inner}.${database.column(link, property)}`;
          const own = `${alias}.${database.column(target, modelOf(target).key)}`;
          return {
            sql: `EXISTS (SELECT 1 FROM ${database.table(link)} ${inner} WHERE ${column('ownerKey')} = ${own} AND ${column('targetKey')} = ?)`,
            parameters: [who.agency],
          };
        }
      : false;

/** Rows whose short list, kept as JSON in one column, has the agency of somebody who has one of the roles. */
export const listingAgency =
  (property: string, ...roles: readonly Role[]): Rule =>
  (who) =>
    who?.agency != null && having(...roles)(who) === true
      ? ({ database, target, alias }) => ({
          sql: `${alias}.${database.column(target, property)} LIKE ? ESCAPE '!'`,
          parameters: [`%${JSON.stringify(who.agency).replace(/[!%_]/g, '!$&')}%`],
        })
      : false;

/** Rows whose property has one of the values, as far as a rule goes. */
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

/** Rows whose property is null, as far as a rule goes. */
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

/** Rows beside which there is one of another table that a rule lets somebody see. */
export const through =
  (property: string, other: () => ModelClass, rule: Rule, otherProperty?: string): Rule =>
  (who) => {
    const reach = rule(who);
    // whoever sees all of the others sees all of these
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

/** What any of the rules lets somebody see. */
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
