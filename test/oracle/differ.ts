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
  /** Undefined for exhibits that the reference cannot plan. */
  readonly reference: Answer | undefined;
  /** The data if the graph were one service. */
  readonly monolith: unknown;
}

/** Errors raised by subgraphs, which must be the same; each side words its own errors differently. */
function raised({ errors }: Answer): string[] {
  return [...new Set(boomsOf(errors).map(({ message }) => message))].sort();
}

/**
 * How two responses differ; undefined when data are equal and errors equivalent.
 * @param mayMiss whether owners do not know some entities: then the path of a plan decides which errors occur.
 */
export function difference(ours: Answer, reference: Answer, mayMiss: boolean): string | undefined {
  if (!isDeepStrictEqual(ours.data, reference.data)) return 'data';
  if (mayMiss) return undefined;
  // any error explains missing data
  if (ours.data === null && ours.errors.length > 0 && reference.errors.length > 0) return undefined;
  const [ownMessages, otherMessages] = [raised(ours), raised(reference)];
  // of several errors that each explain a null, a subgraph reports fewer when a call selects less
  const isPart = (part: string[], all: string[]) => part.length > 0 && part.every((message) => all.includes(message));
  const areEquivalent =
    ownMessages.length === otherMessages.length
      ? isDeepStrictEqual(ownMessages, otherMessages)
      : isPart(ownMessages, otherMessages) || isPart(otherMessages, ownMessages);
  return areEquivalent || (excuses(reference, ours) && excuses(ours, reference)) ? undefined : 'errors';
}

/** Whether one response has every error of the other, except those under a null with another error. */
function excuses(answer: Answer, reference: Answer): boolean {
  const messages = new Set(raised(answer));
  const explained = new Set(answer.errors.map(({ path }) => nullAbove(answer.data, path)));
  return boomsOf(reference.errors)
    .filter(({ message }) => !messages.has(message))
    .every(
      ({ path }) => nullAbove(reference.data, path) !== undefined && explained.has(nullAbove(reference.data, path)),
    );
}

/**
 * The nearest object or list above a field that is null because of the field or a sibling; undefined if there is none.
 */
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
  /** Responses in which the reference, and not our engine, deviates from the GraphQL specification. */
  referenceWrong: number;
}

/** Sends one generated operation to the reference and to our engine with both planners. */
export async function contest(contestants: Contest, seed: number, count: Count): Promise<Difference | undefined> {
  const operation = generateOperation(contestants.schema, seed, { introspects: true });
  if (!contestants.isValid(operation)) return undefined;
  count.operations += 1;
  return differenceOf(contestants, operation, String(seed), count);
}

async function differenceOf(
  contestants: Contest,
  operation: Generated,
  seed: string,
  count?: Count,
): Promise<Difference | undefined> {
  const reference = await contestants
    .reference(operation)
    // the reference supports introspection only in part
    .catch(() => undefined);
  const specified = await contestants.specified(operation);
  for (const planner of ENGINES) {
    const ours = await contestants.ours(planner, operation).catch(
      (error: GraphQLError): Answer => ({
        data: `failed: ${error.message}`,
        errors: [{ message: error.message, extensions: error.extensions }],
      }),
    );
    // the plan determines which calls fail
    const isComparable = !contestants.world.oddities.failures;
    let mismatch =
      isComparable && reference ? difference(ours, reference, contestants.world.oddities.unknown > 0) : undefined;
    if (mismatch && reference && (await isReferenceWrong(contestants, operation, ours, reference, specified))) {
      if (count) count.referenceWrong += 1;
      mismatch = undefined;
    }
    // both may be wrong
    if (!mismatch && !isBySpecification(contestants, ours, specified)) mismatch = 'data than by the specification';
    if (!mismatch && !areInPlace(contestants, ours, specified)) mismatch = 'places of errors than by the specification';
    if (!mismatch) mismatch = unexplained(ours, specified, contestants.world.oddities.unknown > 0);
    if (mismatch)
      return {
        exhibit: contestants.exhibit.name,
        planner,
        seed,
        operation,
        what: mismatch,
        ours,
        reference,
        monolith: specified.data,
      };
  }
  return undefined;
}

/**
 * Whether the reference is wrong: it sent a subgraph an invalid request, or our data match the specification and its data do not.
 */
async function isReferenceWrong(
  contestants: Contest,
  operation: Generated,
  ours: Answer,
  reference: Answer,
  { data: right, asked, required }: Specified,
): Promise<boolean> {
  const misunderstood = (answer: Answer) =>
    answer.errors.some(({ message }) => /have differing arguments|are different fields/.test(message));
  if (misunderstood(reference) && !misunderstood(ours)) return true;
  // the same data, and exactly the errors of selected and required fields: the reference fetched more, or less
  if (isDeepStrictEqual(ours.data, reference.data)) {
    const ownMessages = raised(ours);
    const messages = asked.map(({ message }) => message);
    return (
      messages.every((message) => ownMessages.includes(message)) &&
      ownMessages.every((message) => messages.includes(message) || required.includes(message))
    );
  }
  // a plan that fetches more in one call loses more with it
  if (isPartOf(ours.data, right) && isPartOf(reference.data, ours.data)) return true;
  // both lose data to errors, each in its own way: every null of ours has an error
  if (
    ours.errors.length > 0 &&
    isPartOf(ours.data, right) &&
    !unexplained(ours, { data: right, asked, required }, false)
  )
    return true;
  // the path of a plan decides whether it calls an owner that does not know the entity
  if (contestants.world.oddities.unknown > 0 && isPartOf(ours.data, right)) return true;
  return (
    isDeepStrictEqual(ours.data, right) ||
    isDeepStrictEqual(ours.data, await contestants.referenceNormalized(operation).catch(() => undefined))
  );
}

/** Whether data match the specification, except nulls where subgraphs report errors or do not know entities. */
function isBySpecification(contestants: Contest, { data, errors }: Answer, { data: right }: Specified): boolean {
  const hasFailed =
    boomsOf(errors).length > 0 ||
    errors.some(({ message }) => message.startsWith('Cannot return null for non-nullable'));
  // a subgraph that is away does not say of which type an object is, and so whether its field may be null
  if (contestants.world.oddities.failures) return isPartOf(nulledAs(right, data, errors), right);
  // in the order of the selections, too
  return hasFailed || contestants.world.oddities.unknown > 0
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
 * Whether each failed field is reported where it is null, unless its object does not exist, and no field with a value has an
 * error. Errors of required fields are reported at the fields that need them.
 */
function areInPlace(contestants: Contest, { data, errors }: Answer, { asked, required }: Specified): boolean {
  if (contestants.world.oddities.unknown > 0 || contestants.world.oddities.failures) return true;
  const isTold = ({ message, path }: GraphQLFormattedError) =>
    errors.some(
      (error) =>
        isDeepStrictEqual(error.path, path) &&
        // a field whose requirement failed is not fetched: the error of the requirement is reported instead
        (error.message === message || required.includes(error.message)),
    );
  return (
    asked.every((error) => placeOf(data, error) !== Place.Null || isTold(error)) &&
    boomsOf(errors).every((error) => required.includes(error.message) || placeOf(data, error) !== Place.Value)
  );
}

/**
 * A null without an error, or an error at a value; undefined when there is none.
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
  const look = (value: unknown, theirs: unknown, path: readonly (string | number)[]): string | undefined => {
    if (value === null) {
      return theirs === null || hasPathless || path.length === 0 || explained.has(JSON.stringify(path))
        ? undefined
        : `null without an error at ${path.join('.')}`;
    }
    if (typeof value !== 'object' || typeof theirs !== 'object' || theirs === null) return undefined;
    for (const [key, inner] of Object.entries(value)) {
      const mismatch = look(inner, (theirs as Record<string, unknown>)[key], [
        ...path,
        Array.isArray(value) ? Number(key) : key,
      ]);
      if (mismatch) return mismatch;
    }
    return undefined;
  };
  const idle = errors.find(
    (error) =>
      error.path &&
      !asked.some((place) => isDeepStrictEqual(place.path, error.path)) &&
      !required.includes(error.message) &&
      // of a required field that no client selected
      !error.message.startsWith('Cannot return null for non-nullable') &&
      placeOf(data, error) === Place.Value,
  );
  if (idle) return `an error at a value: ${idle.message} at ${idle.path?.join('.')}`;
  return mayMiss ? undefined : look(data, right, []);
}

export enum Place {
  Null,
  /** Whether an object or list above it is null. */
  None,
  Value,
}

/** The value at the path of an error. */
export function placeOf(data: unknown, { path }: GraphQLFormattedError): Place {
  if (nullAbove(data, path) !== undefined) return Place.None;
  let value = data;
  for (const step of path ?? []) value = (value as Record<string | number, unknown> | undefined)?.[step];
  return value === null ? Place.Null : Place.Value;
}

/** Whether data equal other data except for some nulls. */
function isPartOf(part: unknown, all: unknown): boolean {
  if (part === null) return true;
  if (typeof part !== 'object' || typeof all !== 'object' || all === null) return part === all;
  if (Array.isArray(part))
    return Array.isArray(all) && part.length === all.length && part.every((item, index) => isPartOf(item, all[index]));
  const [entries, whole] = [Object.entries(part), new Map(Object.entries(all))];
  return (
    entries.length === whole.size &&
    entries.every(([name, value]) => whole.has(name) && isPartOf(value, whole.get(name)))
  );
}

/** The smallest part of the operation that still shows the difference, found by removing parts. */
export async function shrink(contestants: Contest, initial: Difference): Promise<Difference> {
  let best = initial;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerOperations(best.operation)) {
      if (!contestants.isValid(smaller)) continue;
      const still = await differenceOf(contestants, smaller, initial.seed);
      if (still?.planner === initial.planner && still.what === initial.what) {
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
    // removes unused definitions, too
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
