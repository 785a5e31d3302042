import { type Principal, personKey } from '#base/identity/principal';
import { type Role, roleSpec } from '#base/identity/roles';
import type { Condition } from '../collection/where';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
import type { Link } from '../model/links';
import { type ModelClass, modelOf, snakeCase } from '../model/model';

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

/** Objects that a rule grants to callers of some roles. */
export interface Grant {
  /** Names of roles, or groups of roles: {@link EVERYONE}, `@government`, `@oversight`. */
  readonly to: readonly string[];
  /** The objects in words that follow "objects"; undefined for all of them. */
  readonly objects?: string;
}

/** Determines which rows, or fields of a class, a principal may see; null is the public. */
export interface Rule {
  (who: Principal | null): Reach;
  /** What the rule grants, in words. */
  readonly grants: () => readonly Grant[];
}

/** A rule that decides by code, with words for what it grants. */
export const rule = (grants: Rule['grants'], decide: (who: Principal | null) => Reach): Rule =>
  Object.assign((who: Principal | null) => decide(who), { grants });

/** Group of all callers. */
export const EVERYONE = '@everyone';

const ofAll =
  (...to: readonly string[]): Rule['grants'] =>
  () => [{ to }];

export const everyone: Rule = rule(ofAll(EVERYONE), () => true);

/** Admits no one. */
export const noOne: Rule = rule(
  () => [],
  () => false,
);

/** Principals with one of the roles. */
export const having = (...roles: readonly Role[]): Rule =>
  rule(ofAll(...roles), (who) => who?.roles.some((role) => roles.includes(role)) ?? false);

/** Principals with a government role. For internal data that concerns no company, person, or vulnerability. */
export const government: Rule = rule(ofAll('@government'), (who) => (who?.governmentRoles.length ?? 0) > 0);

/** Principals who inspect objects for a named case. */
export const oversight: Rule = rule(
  ofAll('@oversight'),
  (who) => who?.roles.some((role) => roleSpec(role)?.isOversight) ?? false,
);

/** Words of a property or class: `lead agency` of `leadAgencyKey`. */
const named = (name: string): string => snakeCase(name.replace(/(Key|Id)s?$/, '')).replaceAll('_', ' ');

/** Pattern of a JSON list that contains a text. */
const listed = (value: string): string => `%${JSON.stringify(value).replace(/[!%_]/g, '!$&')}%`;

/** `whose lead agency is theirs`, `opened by them`. */
const isTheirs = (property: string): string =>
  /By(Key|Id)?$/.test(property) ? `${named(property)} them` : `whose ${named(property)} is theirs`;

const withArticle = (words: string): string => `${/^[aeio]/.test(words) ? 'an' : 'a'} ${words}`;

/** Rows of the principal's agency, for principals with one of the roles. */
export const ofAgency = (property: string, ...roles: readonly Role[]): Rule =>
  rule(
    () => [{ to: roles, objects: isTheirs(property) }],
    (who) => (who?.agency != null && having(...roles)(who) === true ? equals(property, who.agency) : false),
  );

/** Rows of the principal's organization, for principals with one of the roles. */
export const ofOrganization = (property: string, ...roles: readonly Role[]): Rule =>
  rule(
    () => [{ to: roles, objects: isTheirs(property) }],
    (who) => (who?.organization != null && having(...roles)(who) === true ? equals(property, who.organization) : false),
  );

/** Rows that a link table links to the principal's agency, for principals with one of the roles. */
export const linkedToAgency = (table: () => ModelClass<Link>, ...roles: readonly Role[]): Rule =>
  rule(
    () => [{ to: roles, objects: 'linked to their agency' }],
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
        : false,
  );

/** Rows whose JSON list column contains the principal's agency, for principals with one of the roles. */
export const listingAgency = (property: string, ...roles: readonly Role[]): Rule =>
  rule(
    () => [{ to: roles, objects: `whose ${named(property)} list has theirs` }],
    (who) =>
      who?.agency != null && having(...roles)(who) === true
        ? ({ database, target, alias }) => ({
            sql: `${alias}.${database.column(target, property)} LIKE ? ESCAPE '!'`,
            parameters: [listed(who.agency!)],
          })
        : false,
  );

/**
 * Rows of the caller as a person, whatever its roles. The property holds the key of a person.
 * @param words of these rows, to follow "objects"
 */
export const ofPerson = (property: string, words: string): Rule =>
  rule(
    () => [{ to: [EVERYONE], objects: words }],
    (who) => (who === null ? false : equals(property, personKey(who))),
  );

/**
 * Rows whose JSON list column contains one of the principal's roles.
 * @param words of these rows, to follow "objects"
 */
export const listingRole = (property: string, words: string): Rule =>
  rule(
    () => [{ to: [EVERYONE], objects: words }],
    (who) =>
      who === null || who.roles.length === 0
        ? false
        : ({ database, target, alias }) => ({
            sql: `(${who.roles.map(() => `${alias}.${database.column(target, property)} LIKE ? ESCAPE '!'`).join(' OR ')})`,
            parameters: who.roles.map((role) => listed(role)),
          }),
  );

/**
 * Limits a rule to rows whose property has one of the values.
 * @param words of these rows, to follow "objects"; names the values by default
 */
export const where = (
  property: string,
  values: readonly string[],
  limited: Rule,
  words = `whose ${named(property)} is ${alternatives(values)}`,
): Rule =>
  rule(
    () => limited.grants().map((grant) => limitedTo(words, grant)),
    (who) =>
      both(
        ({ database, target, alias }) => ({
          sql: `${alias}.${database.column(target, property)} IN (${marks(values)})`,
          parameters: values,
        }),
        limited(who),
      ),
  );

/** Limits a rule to rows whose property is null. */
export const without = (property: string, limited: Rule): Rule =>
  rule(
    () => limited.grants().map((grant) => limitedTo(`without ${withArticle(named(property))}`, grant)),
    (who) =>
      both(
        ({ database, target, alias }) => ({
          sql: `${alias}.${database.column(target, property)} IS NULL`,
          parameters: [],
        }),
        limited(who),
      ),
  );

/**
 * Limits a rule to rows whose property is not null.
 * @param words of these rows, to follow "objects"
 */
export const present = (property: string, limited: Rule, words: string): Rule =>
  rule(
    () => limited.grants().map((grant) => limitedTo(words, grant)),
    (who) =>
      both(
        ({ database, target, alias }) => ({
          sql: `${alias}.${database.column(target, property)} IS NOT NULL`,
          parameters: [],
        }),
        limited(who),
      ),
  );

/** Rows with a related row of another table that the rule admits. */
export const through = (property: string, other: () => ModelClass, ofOther: Rule, otherProperty?: string): Rule =>
  rule(
    () =>
      ofOther.grants().map(({ to, objects }) => {
        if (objects === undefined) return { to };
        const related = named(modelOf(other()).name);
        if (otherProperty) return { to, objects: `with ${withArticle(related)} ${objects}` };
        return { to, objects: `whose ${/(Key|Id)$/.test(property) ? named(property) : related} is one ${objects}` };
      }),
    (who) => {
      const reach = ofOther(who);
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
    },
  );

/** Union of the rules. */
export const any = (...rules: readonly Rule[]): Rule =>
  rule(
    () => rules.flatMap(({ grants }) => grants()),
    (who) => {
      const reaches = rules.map((part) => part(who)).filter((reach) => reach !== false);
      if (reaches.length === 0) return false;
      if (reaches.includes(true)) return true;
      return (rows) => {
        const conditions = (reaches as ((rows: Rows) => Condition)[]).map((reach) => reach(rows));
        return {
          sql: `(${conditions.map(({ sql }) => sql).join(' OR ')})`,
          parameters: conditions.flatMap(({ parameters }) => parameters),
        };
      };
    },
  );

const limitedTo = (condition: string, { to, objects }: Grant): Grant => ({
  to,
  objects: objects === undefined ? condition : `${condition} and ${objects}`,
});

function alternatives(values: readonly string[]): string {
  return values.length > 1 ? `${values.slice(0, -1).join(', ')} or ${values.at(-1)}` : values.join('');
}

/** Words of a group of roles. */
const GROUPS: Readonly<Record<string, string>> = {
  [EVERYONE]: 'everyone',
  '@government': 'government roles',
  '@casework': 'government roles that work with single objects',
  '@oversight': 'oversight',
};

/** A rule as callers read it. */
export interface RuleText {
  /** `Granted to oversight; agency-reviewer: objects whose agency is theirs`. */
  readonly why: string;
  /** Roles and groups of roles, sorted. */
  readonly grantedTo: readonly string[];
}

const texts = new WeakMap<Rule, RuleText>();

/** A rule in words, with the roles that it names. */
export function textOf(of: Rule): RuleText {
  let text = texts.get(of);
  if (!text) {
    text = ruleText(of.grants());
    texts.set(of, text);
  }
  return text;
}

function ruleText(grants: readonly Grant[]): RuleText {
  const toByObjects = new Map<string, Set<string>>();
  for (const { to, objects = '' } of grants)
    for (const role of to) toByObjects.set(objects, (toByObjects.get(objects) ?? new Set()).add(role));
  const parts = [...toByObjects]
    .sort(([a], [b]) => Number(a !== '') - Number(b !== ''))
    .map(([objects, to]) => {
      const roles = alternatives([...to].map((role) => GROUPS[role] ?? role));
      return objects === '' ? roles : `${roles}: objects ${objects}`;
    });
  return {
    why: parts.length === 0 ? 'Granted to no role' : `Granted to ${parts.join('; ')}`,
    grantedTo: [...new Set(grants.flatMap(({ to }) => to))].filter((role) => role !== EVERYONE).sort(),
  };
}

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
