import { type ConstDirectiveNode, type DocumentNode, Kind, valueFromASTUntyped } from 'graphql';
import { OperatorError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import { featuresOf } from '../supergraph/features';

/** A disjunction of conjunctions: the caller needs every name in at least one list. */
type AnyOf = readonly (readonly string[])[];

/** The requirement that one use of `@authenticated`, `@requiresScopes`, or `@policy` states. */
export type Rule =
  | { readonly kind: 'authenticated' }
  | { readonly kind: 'scopes'; readonly anyOf: AnyOf }
  /** A caller satisfies a policy with a role or scope of the same name. */
  | { readonly kind: 'policies'; readonly anyOf: AnyOf };

const DIRECTIVES: Record<string, (directive: ConstDirectiveNode) => Rule> = {
  authenticated: () => ({ kind: 'authenticated' }),
  requiresScopes: (directive) => ({ kind: 'scopes', anyOf: listsOf(directive) }),
  policy: (directive) => ({ kind: 'policies', anyOf: listsOf(directive) }),
};

/** The lists of names of a directive. A name alone stands for a list of it, as everywhere in GraphQL. */
function listsOf({ arguments: values = [] }: ConstDirectiveNode): AnyOf {
  const lists = values[0] ? [valueFromASTUntyped(values[0].value) as string | (string | string[])[]].flat() : [];
  return lists.map((list) => [list].flat());
}

const SPECS = 'https://specs.apollo.dev/';
/** Security features handled elsewhere: the API schema has nothing inaccessible, and contexts belong to the planner. */
const HANDLED_ELSEWHERE = new Set(['inaccessible', 'context']);

/** Maximum conjunctions that {@link conjunction} may produce. */
const MAX_CONJUNCTIONS = 10_000;

/** A supergraph's access rules, by the object type they apply to. See docs/decisions/0015. */
export class AccessRules {
  private constructor(
    /** By `Type` or `Type.field`. */
    private readonly byCoordinate: ReadonlyMap<string, readonly Rule[]>,
  ) {}

  /** @returns undefined when the supergraph has no rules. @throws OperatorError for an unknown security feature */
  static of(supergraph: DocumentNode): AccessRules | undefined {
    const names = directiveNames(supergraph);
    if (names.size === 0) return undefined;
    const stated = statedRules(supergraph, names);
    return stated.size === 0 ? undefined : new AccessRules(withInterfaceRules(stated, implementersOf(supergraph)));
  }

  /** The rules of a type. An object type also has those of the interfaces it implements; an interface has only its own. */
  ofType(type: string): readonly Rule[] {
    return this.byCoordinate.get(type) ?? [];
  }

  ofField(type: string, field: string): readonly Rule[] {
    return this.byCoordinate.get(`${type}.${field}`) ?? [];
  }
}

/** Whether a caller satisfies a rule. */
export function holds(rule: Rule, principal: Principal | null): boolean {
  if (!principal) return false;
  if (rule.kind === 'authenticated') return true;
  const { scopes, roles } = principal;
  const has =
    rule.kind === 'scopes'
      ? (name: string) => scopes.includes(name)
      : (name: string) => scopes.includes(name) || (roles as readonly string[]).includes(name);
  return rule.anyOf.some((all) => all.every(has));
}

/** Federation directive names by their name in the supergraph. @throws OperatorError */
function directiveNames(supergraph: DocumentNode): Map<string, string> {
  const names = new Map<string, string>();
  for (const { url, name, isForSecurity, directiveNamed } of featuresOf(supergraph)) {
    const isFederation = url.startsWith(SPECS);
    if (isFederation && Object.hasOwn(DIRECTIVES, name)) names.set(directiveNamed(name), name);
    else if (isForSecurity && !(isFederation && HANDLED_ELSEWHERE.has(name)))
      throw new OperatorError(
        `The supergraph requires an unknown security feature: ${url}`,
        'Remove it or use a release that supports it: without it, this gateway would serve data the feature protects',
      );
  }
  return names;
}

/** The rules that the supergraph states; equal rules share one object. */
function statedRules(supergraph: DocumentNode, names: ReadonlyMap<string, string>): Map<string, Rule[]> {
  const stated = new Map<string, Rule[]>();
  const interned = new Map<string, Rule>();
  const add = (coordinate: string, directives: readonly ConstDirectiveNode[] = []) => {
    for (const directive of directives) {
      const name = names.get(directive.name.value);
      if (!name) continue;
      const rule = DIRECTIVES[name]!(directive);
      const key = JSON.stringify(rule);
      if (!interned.has(key)) interned.set(key, rule);
      stated.set(coordinate, [...(stated.get(coordinate) ?? []), interned.get(key)!]);
    }
  };
  for (const definition of supergraph.definitions) {
    if (!('name' in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION) continue;
    const type = definition.name.value;
    add(type, definition.directives as readonly ConstDirectiveNode[]);
    if ('fields' in definition)
      for (const field of definition.fields ?? []) add(`${type}.${field.name.value}`, field.directives);
  }
  return stated;
}

/** Implementing object types by interface, including inaccessible types: composition lifts their rules, too. */
function implementersOf(supergraph: DocumentNode): Map<string, string[]> {
  const implementers = new Map<string, string[]>();
  for (const definition of supergraph.definitions) {
    const { kind } = definition;
    if (kind === Kind.INTERFACE_TYPE_DEFINITION || kind === Kind.INTERFACE_TYPE_EXTENSION) {
      const { value } = definition.name;
      if (!implementers.has(value)) implementers.set(value, []);
    }
    if (kind !== Kind.OBJECT_TYPE_DEFINITION && kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    for (const { name } of definition.interfaces ?? [])
      implementers.set(name.value, [...(implementers.get(name.value) ?? []), definition.name.value]);
  }
  return implementers;
}

/**
 * Composition lifts the rules of object types and their fields to the interfaces they implement, where they look like rules that the
 * interface states itself. This drops lifted rules. The remaining rules of an interface apply to every type that implements it.
 */
function withInterfaceRules(
  stated: ReadonlyMap<string, readonly Rule[]>,
  implementers: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly Rule[]> {
  const effective = new Map(stated);
  const isLifting = liftsRules(stated, implementers);
  for (const [coordinate, rules] of stated) {
    const [type, field] = coordinate.split('.') as [string, string?];
    const below = implementers.get(type)?.map((name) => (field === undefined ? name : `${name}.${field}`));
    if (!below) continue;
    const candidates = isLifting ? below.flatMap((name) => stated.get(name) ?? []) : [];
    const standing = rules.filter((rule) => !isLifted(rule, candidates));
    effective.set(coordinate, standing);
    if (standing.length === 0) continue;
    for (const name of below) effective.set(name, [...new Set([...standing, ...(effective.get(name) ?? [])])]);
  }
  return effective;
}

/** Whether the supergraph's composition may lift rules; older versions do not. */
function liftsRules(
  stated: ReadonlyMap<string, readonly Rule[]>,
  implementers: ReadonlyMap<string, readonly string[]>,
): boolean {
  const kindsOf = (type: string) => new Set((stated.get(type) ?? []).map(({ kind }) => kind));
  return [...implementers].every(([name, types]) => {
    const kinds = kindsOf(name);
    return types.every((type) => [...kindsOf(type)].every((kind) => kinds.has(kind)));
  });
}

/** Whether an interface's rule equals a conjunction of rules of its implementers. */
function isLifted(rule: Rule, implementers: readonly Rule[]): boolean {
  if (implementers.includes(rule)) return true;
  if (rule.kind === 'authenticated') return false;
  const parts = implementers.flatMap((candidate) =>
    candidate.kind === rule.kind && implies(setsOf(rule.anyOf), setsOf(liftable(candidate.anyOf)))
      ? [candidate.anyOf]
      : [],
  );
  const together = conjunction(new Set(parts));
  return together !== undefined && implies(together, setsOf(rule.anyOf));
}

/** Composition lifts a rule without lists as one without requirements. */
const liftable = (anyOf: AnyOf): AnyOf => (anyOf.length === 0 ? [[]] : anyOf);

type Sets = readonly ReadonlySet<string>[];

const setsOf = (anyOf: AnyOf): Sets => anyOf.map((names) => new Set(names));

const implies = (stronger: Sets, weaker: Sets): boolean =>
  stronger.every((names) => weaker.some((needed) => [...needed].every((name) => names.has(name))));

/** The conjunction of all rules; undefined for no rules or too many combinations. */
function conjunction(rules: ReadonlySet<AnyOf>): Sets | undefined {
  if (rules.size === 0) return undefined;
  let all: Sets = [new Set()];
  for (const anyOf of rules) {
    const lists = liftable(anyOf);
    if (all.length * lists.length > MAX_CONJUNCTIONS) return undefined;
    const combined = all.flatMap((names) => lists.map((list) => new Set([...names, ...list])));
    all = [...new Map(combined.map((names) => [JSON.stringify([...names].sort()), names])).values()];
  }
  return all;
}
