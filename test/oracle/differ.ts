import { isDeepStrictEqual } from 'node:util';
import {
  type GraphQLError,
  type GraphQLFormattedError,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  visit,
} from 'graphql';
import { type Answer, boomsOf, type Contest, ENGINES, type Engine, type Specified } from './compare';
import { type Generated, generateOperation } from './operations';

export interface Difference {
  readonly exhibit: string;
  readonly planner: Engine;
  readonly seed: string;
  readonly operation: Generated;
  readonly what: string;
  readonly ours: Answer;
  /** Undefined where it is left aside. */
  readonly reference: Answer | undefined;
  /** The data had the graph been one service. */
  readonly monolith: unknown;
}

/** Errors that subgraphs raised, which must be the same; each side has its own words for what it finds wrong itself. */
function raised({ errors }: Answer): string[] {
  return [...new Set(boomsOf(errors).map(({ message }) => message))].sort();
}

/**
 * How two answers differ; undefined when data are equal and errors equivalent.
 * @param mayMiss whether owners do not know some entities: then the way that a plan takes decides which errors are met.
 */
export function difference(ours: Answer, reference: Answer, mayMiss: boolean): string | undefined {
  if (!isDeepStrictEqual(ours.data, reference.data)) return 'data';
  if (mayMiss) return undefined;
  // any one error explains that there are no data
  if (ours.data === null && ours.errors.length > 0 && reference.errors.length > 0) return undefined;
  const [own, theirs] = [raised(ours), raised(reference)];
  // of several errors under a null that each explains, a subgraph that is asked for less at once tells fewer
  const isPart = (some: string[], all: string[]) => some.length > 0 && some.every((message) => all.includes(message));
  const areEquivalent =
    own.length === theirs.length ? isDeepStrictEqual(own, theirs) : isPart(own, theirs) || isPart(theirs, own);
  return areEquivalent || (excuses(reference, ours) && excuses(ours, reference)) ? undefined : 'errors';
}

/** Whether one answer has every error of the other, but for those under a null that it has another error for. */
function excuses(one: Answer, other: Answer): boolean {
  const told = new Set(raised(one));
  const explained = new Set(one.errors.map(({ path }) => nullAbove(one.data, path)));
  return boomsOf(other.errors)
    .filter(({ message }) => !told.has(message))
    .every(({ path }) => nullAbove(other.data, path) !== undefined && explained.has(nullAbove(other.data, path)));
}

/** The object or list above a field that is null since the field, or one beside it, could not be; undefined if there is none. */
function nullAbove(data: unknown, path: readonly (string | number)[] = []): string | undefined {
  let value = data;
  for (const [depth, step] of path.entries()) {
    if (value === null) return JSON.stringify(path.slice(0, depth));
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return undefined;
}

export interface Count {
  operations: number;
  /** Answers in which the reference, and not we, differs from the GraphQL specification. */
  referenceWrong: number;
}

/** Asks one generated operation of the reference and of our engine over both planners. */
export async function contest(one: Contest, seed: number, count: Count): Promise<Difference | undefined> {
  const operation = generateOperation(one.schema, seed, { introspects: true });
  if (!one.isValid(operation)) return undefined;
  count.operations += 1;
  return differenceOf(one, operation, String(seed), count);
}

async function differenceOf(
  one: Contest,
  operation: Generated,
  seed: string,
  count?: Count,
): Promise<Difference | undefined> {
  const reference = await one
    .reference(operation)
    // it does not know all of introspection
    .catch(() => undefined);
  const specified = await one.specified(operation);
  for (const planner of ENGINES) {
    const ours = await one.ours(planner, operation).catch(
      (error: GraphQLError): Answer => ({
        data: `failed: ${error.message}`,
        errors: [{ message: error.message, extensions: error.extensions }],
      }),
    );
    // which calls fail depends on the plan
    const isComparable = !one.world.oddities.failures;
    let what = isComparable && reference ? difference(ours, reference, one.world.oddities.unknown > 0) : undefined;
    if (what && reference && (await isReferenceWrong(one, operation, ours, reference, specified))) {
      if (count) count.referenceWrong += 1;
      what = undefined;
    }
    // both may be wrong
    if (!what && !isBySpecification(one, ours, specified)) what = 'data than by the specification';
    if (!what && !areInPlace(one, ours, specified)) what = 'places of errors than by the specification';
    if (!what) what = unexplained(ours, specified, one.world.oddities.unknown > 0);
    if (what)
      return {
        exhibit: one.exhibit.name,
        planner,
        seed,
        operation,
        what,
        ours,
        reference,
        monolith: specified.data,
      };
  }
  return undefined;
}

/**
 * Whether the reference is the one that is wrong: it sent a subgraph what that could not understand, or our data are those of the
 * specification, and its are not.
 */
async function isReferenceWrong(
  one: Contest,
  operation: Generated,
  ours: Answer,
  reference: Answer,
  { data: right, asked, required }: Specified,
): Promise<boolean> {
  const misunderstood = (answer: Answer) =>
    answer.errors.some(({ message }) => /have differing arguments|are different fields/.test(message));
  if (misunderstood(reference) && !misunderstood(ours)) return true;
  // the same data, and just the errors that the fields asked for and what they require raise: the reference asked for more, or less
  if (isDeepStrictEqual(ours.data, reference.data)) {
    const own = raised(ours);
    const messages = asked.map(({ message }) => message);
    return (
      messages.every((message) => own.includes(message)) &&
      own.every((message) => messages.includes(message) || required.includes(message))
    );
  }
  // a plan that asks for more at once loses more with it
  if (isPartOf(ours.data, right) && isPartOf(reference.data, ours.data)) return true;
  // both lose something to errors, each in its own way: every null of ours has an error
  if (
    ours.errors.length > 0 &&
    isPartOf(ours.data, right) &&
    !unexplained(ours, { data: right, asked, required }, false)
  )
    return true;
  // which of several ways to an entity a plan takes decides whether it meets an owner that does not know it
  if (one.world.oddities.unknown > 0 && isPartOf(ours.data, right)) return true;
  return (
    isDeepStrictEqual(ours.data, right) ||
    isDeepStrictEqual(ours.data, await one.referenceNormalized(operation).catch(() => undefined))
  );
}

/** Whether data are those of the specification, but for nulls where subgraphs tell of errors or do not know entities. */
function isBySpecification(one: Contest, { data, errors }: Answer, { data: right }: Specified): boolean {
  const hasFailed =
    boomsOf(errors).length > 0 ||
    errors.some(({ message }) => message.startsWith('Cannot return null for non-nullable'));
  // a subgraph that is away does not say of which type an object is, and so whether its field may be null
  if (one.world.oddities.failures) return isPartOf(nulledAs(right, data, errors), right);
  // in the order of the selections, too
  return hasFailed || one.world.oddities.unknown > 0
    ? isPartOf(data, right)
    : JSON.stringify(data) === JSON.stringify(right);
}

/** Data with a null where other data have one above the place of an error. */
function nulledAs(right: unknown, data: unknown, errors: readonly GraphQLFormattedError[]): unknown {
  const copy = structuredClone({ data });
  for (const { path = [] } of errors) {
    let [parent, key, other]: [object, string | number, unknown] = [copy, 'data', right];
    for (const step of path) {
      const value: unknown = (parent as Record<string | number, unknown>)[key];
      if (value === null || typeof value !== 'object' || other === null || typeof other !== 'object') break;
      [parent, key, other] = [value, step, (other as Record<string | number, unknown>)[step]];
    }
    if (other === null) (parent as Record<string | number, unknown>)[key] = null;
  }
  return copy.data;
}

/**
 * Whether each field that raises an error is told where it is null, unless there is no object that it would be of; and no error of such a
 * field where there is a value. Errors of what is required are told where it is missed.
 */
function areInPlace(one: Contest, { data, errors }: Answer, { asked, required }: Specified): boolean {
  if (one.world.oddities.unknown > 0 || one.world.oddities.failures) return true;
  const isTold = ({ message, path }: GraphQLFormattedError) =>
    errors.some(
      (error) =>
        isDeepStrictEqual(error.path, path) &&
        // a field whose requirement has failed is not asked for: the error of that stands in its place
        (error.message === message || required.includes(error.message)),
    );
  return (
    asked.every((error) => placeOf(data, error) !== Place.Null || isTold(error)) &&
    boomsOf(errors).every((error) => required.includes(error.message) || placeOf(data, error) !== Place.Value)
  );
}

/**
 * A null of the answer that no error explains, or an error at a value; undefined when there is none.
 * @param mayMiss whether owners do not know some entities, whose nullable fields are null without an error.
 */
function unexplained(
  { data, errors }: Answer,
  { data: right, asked, required }: Specified,
  mayMiss: boolean,
): string | undefined {
  const paths = errors.flatMap(({ path }) => (path ? [path] : []));
  const explained = new Set(
    paths.flatMap((path) => path.map((_step, index) => JSON.stringify(path.slice(0, index + 1)))),
  );
  const hasPathless = errors.some(({ path }) => path === undefined);
  const look = (own: unknown, theirs: unknown, path: readonly (string | number)[]): string | undefined => {
    if (own === null) {
      return theirs === null || hasPathless || path.length === 0 || explained.has(JSON.stringify(path))
        ? undefined
        : `null without an error at ${path.join('.')}`;
    }
    if (typeof own !== 'object' || typeof theirs !== 'object' || theirs === null) return undefined;
    for (const [key, inner] of Object.entries(own)) {
      const found = look(inner, (theirs as Record<string, unknown>)[key], [
        ...path,
        Array.isArray(own) ? Number(key) : key,
      ]);
      if (found) return found;
    }
    return undefined;
  };
  const idle = errors.find(
    (error) =>
      error.path &&
      !asked.some((one) => isDeepStrictEqual(one.path, error.path)) &&
      !required.includes(error.message) &&
      // of a required field that no client asked for
      !error.message.startsWith('Cannot return null for non-nullable') &&
      placeOf(data, error) === Place.Value,
  );
  if (idle) return `an error at a value: ${idle.message} at ${idle.path?.join('.')}`;
  return mayMiss ? undefined : look(data, right, []);
}

export enum Place {
  Null,
  /** An object or list above it is null. */
  None,
  Value,
}

/** Where the path of an error leads. */
export function placeOf(data: unknown, { path }: GraphQLFormattedError): Place {
  if (nullAbove(data, path) !== undefined) return Place.None;
  let value = data;
  for (const step of path ?? []) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value === null ? Place.Null : Place.Value;
}

/** Whether data are others with some values null. */
function isPartOf(some: unknown, all: unknown): boolean {
  if (some === null) return true;
  if (typeof some !== 'object' || typeof all !== 'object' || all === null) return some === all;
  if (Array.isArray(some))
    return Array.isArray(all) && some.length === all.length && some.every((item, index) => isPartOf(item, all[index]));
  const [own, whole] = [Object.entries(some), new Map(Object.entries(all))];
  return own.length === whole.size && own.every(([name, value]) => whole.has(name) && isPartOf(value, whole.get(name)));
}

/** The smallest part of the operation that still shows the difference, found by leaving out what can be left out. */
export async function shrink(one: Contest, found: Difference): Promise<Difference> {
  let best = found;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerOperations(best.operation)) {
      if (!one.isValid(smaller)) continue;
      const still = await differenceOf(one, smaller, found.seed);
      if (still?.planner === found.planner && still.what === found.what) {
        best = still;
        isSmaller = true;
        break;
      }
    }
  }
  return best;
}

function* smallerOperations({ query, variables }: Generated): Generator<Generated> {
  const document = parse(query, { noLocation: true });
  let nodes = 0;
  const removable = (kind: string) =>
    kind === Kind.FIELD ||
    kind === Kind.INLINE_FRAGMENT ||
    kind === Kind.FRAGMENT_SPREAD ||
    kind === Kind.DIRECTIVE ||
    kind === Kind.ARGUMENT;
  visit(document, {
    enter(node) {
      if (removable(node.kind)) nodes += 1;
    },
  });
  for (let target = 0; target < nodes; target++) {
    let at = 0;
    const without = visit(document, {
      enter(node) {
        if (!removable(node.kind)) return undefined;
        const isTarget = at === target;
        at += 1;
        return isTarget ? null : undefined;
      },
    });
    // what is no longer used is left out too
    const text = print(without);
    const used = (name: string) => text.split(`...${name}`).length > 1;
    const trimmed = visit(without, {
      FragmentDefinition: (node) => (used(node.name.value) ? undefined : null),
      VariableDefinition: (node) => (text.split(`$${node.variable.name.value}`).length > 2 ? false : null),
    });
    if (trimmed.definitions.every((definition) => (definition as OperationDefinitionNode).selectionSet))
      yield { query: print(trimmed), variables };
  }
}
