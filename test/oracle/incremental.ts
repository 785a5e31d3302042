import { type GraphQLFormattedError, type GraphQLSchema, printSchema } from 'graphql';
import { buildSchema, experimentalExecuteIncrementally, legacyExecuteIncrementally, parse } from 'graphql-17';
import { meros } from 'meros/browser';
import type { IncrementalFormat } from '../../gateway/http/media-type';
import type { Contest } from './compare';
import type { Generated } from './operations';

export type Path = readonly (string | number)[];
type Json = Record<string | number, unknown>;

export interface Payload {
  readonly data?: unknown;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: unknown;
  readonly pending?: readonly { readonly id: string; readonly path: Path; readonly label?: string }[];
  readonly incremental?: readonly {
    readonly id?: string;
    readonly subPath?: Path;
    readonly path?: Path;
    readonly label?: string;
    readonly data: Json | null;
    readonly errors?: readonly GraphQLFormattedError[];
  }[];
  readonly completed?: readonly { readonly id: string; readonly errors?: readonly GraphQLFormattedError[] }[];
  readonly hasNext?: boolean;
}

/** A deferred fragment of an object. */
export interface Fragment {
  readonly label: string | undefined;
  readonly path: Path;
  readonly hasFailed: boolean;
}

/** The state of a client after the last part. */
export interface Assembled {
  readonly data: unknown;
  readonly errors: readonly GraphQLFormattedError[];
  /** Fragments that were delivered or failed. */
  readonly fragments: readonly Fragment[];
  readonly parts: number;
}

/** The payloads of an HTTP response. @throws when a multipart body is not well-formed, or ends without its closing boundary. */
export async function payloadsOf(headers: Headers, bytes: Uint8Array): Promise<Payload[]> {
  if (!headers.get('content-type')?.startsWith('multipart/mixed'))
    return [JSON.parse(Buffer.from(bytes).toString('utf8'))];
  const parts = await meros<Payload>(new Response(Buffer.from(bytes), { headers }));
  if (parts instanceof Response) throw new Error('meros does not accept the response as a multipart body');
  const payloads: Payload[] = [];
  for await (const part of parts) {
    if (!part.json) throw new Error(`a part is not JSON: ${part.body}`);
    payloads.push(part.body);
  }
  // meros reads on after a body that breaks off, and ignores what follows the closing boundary
  const delimiters = Buffer.from(bytes).toString('utf8').split('\r\n---');
  if (delimiters.length !== payloads.length + 2 || delimiters.at(-1) !== '--\r\n')
    throw new Error('the body is not closed by its boundary');
  return payloads;
}

/**
 * Merges a response like a client.
 * @param isLenient whether parts may refer to objects that are null by now
 * @throws when the parts break a rule of their format.
 */
export function assemble(payloads: readonly Payload[], { isLenient = false } = {}): Assembled {
  const [first, ...later] = payloads;
  const fail = (problem: string): never => {
    throw new Error(`${problem}: ${JSON.stringify(payloads)}`);
  };
  payloads.forEach(({ hasNext = false }, index) => {
    if (hasNext !== index < payloads.length - 1) fail(`part ${index} has hasNext: ${hasNext}`);
  });
  const data = structuredClone(first!.data ?? null);
  const errors = [...(first!.errors ?? [])];
  const pending = new Map<string, { path: Path; label: string | undefined }>();
  const ids = new Set<string>();
  const fragments: Fragment[] = [];
  const objectAt = (path: Path): Json => {
    let value: unknown = data;
    for (const step of path)
      value = value !== null && typeof value === 'object' && Object.hasOwn(value, step) ? (value as Json)[step] : null;
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Json)
      : fail(`no object at ${JSON.stringify(path)}`);
  };
  const announce = (payload: Payload): void => {
    for (const { id, path, label } of payload.pending ?? []) {
      if (ids.has(id)) fail(`${id} is announced twice`);
      ids.add(id);
      pending.set(id, { path, label });
    }
  };
  const checkPlaces = ({ pending: announced = [] }: Payload): void => {
    for (const { path } of announced) objectAt(path);
  };
  announce(first!);
  checkPlaces(first!);
  for (const payload of later) {
    announce(payload);
    for (const item of payload.incremental ?? []) {
      errors.push(...(item.errors ?? []));
      if (item.id === undefined) {
        const { label, path = fail('a part has neither id nor path') } = item;
        if (isLenient && isNullAt(data, path)) continue;
        const object = objectAt(path);
        const hasFailed = item.data === null;
        fragments.push({ label, path, hasFailed });
        if (item.data) mergeInto(object, structuredClone(item.data));
        else if (!item.errors?.length) fail(`${label} fails without a reason`);
        continue;
      }
      const group = pending.get(item.id) ?? fail(`${item.id} is not pending`);
      mergeInto(objectAt([...group.path, ...(item.subPath ?? [])]), item.data ?? fail(`${item.id} delivers null`));
    }
    for (const { id, errors: why } of payload.completed ?? []) {
      const { label, path } = pending.get(id) ?? fail(`${id} is completed and not pending`);
      pending.delete(id);
      fragments.push({ label, path, hasFailed: why !== undefined });
      if (why?.length === 0) fail(`${id} fails without a reason`);
      errors.push(...(why ?? []));
    }
    checkPlaces(payload);
  }
  if (pending.size > 0) fail(`${[...pending.keys()]} are still pending at the end`);
  return { data, errors, fragments, parts: payloads.length };
}

export function isNullAt(data: unknown, path: Path): boolean {
  let value = data;
  for (const step of path) {
    if (value === null) return true;
    value = (value as Json | undefined)?.[step];
  }
  return value === null;
}

function mergeInto(target: Json, patch: Json): void {
  for (const key of Object.keys(patch)) {
    const [existing, value] = [Object.hasOwn(target, key) ? target[key] : undefined, patch[key]];
    if (typeof existing === 'object' && existing !== null && typeof value === 'object' && value !== null)
      mergeInto(existing as Json, value as Json);
    // null stays: in the format that repeats fields, a value may be null in only one part
    else if (Object.hasOwn(target, key) && existing === null) continue;
    // JSON has names such as __proto__
    else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

/** The response of graphql-js 17 if the graph were one service. */
export async function specifiedPayloads(
  { world, schema, whole }: Pick<Contest, 'world' | 'schema' | 'whole'>,
  { query, variables }: Generated,
  format: IncrementalFormat,
): Promise<Payload[]> {
  const execute = format === 'deferSpec=20220824' ? legacyExecuteIncrementally : experimentalExecuteIncrementally;
  const { fieldResolver, typeResolver } = world.resolvers(whole);
  const result = await execute({
    schema: schemaOf(schema),
    document: parse(query),
    variableValues: variables,
    fieldResolver,
    typeResolver,
  });
  if (!('initialResult' in result)) return [overWire(result)];
  const payloads = [overWire(result.initialResult)];
  for await (const payload of result.subsequentResults) payloads.push(overWire(payload));
  return payloads;
}

const overWire = (payload: unknown): Payload => JSON.parse(JSON.stringify(payload));

const schemas = new WeakMap<GraphQLSchema, ReturnType<typeof buildSchema>>();

function schemaOf(schema: GraphQLSchema): ReturnType<typeof buildSchema> {
  let built = schemas.get(schema);
  if (!built) {
    built = buildSchema(printSchema(schema), { assumeValid: true });
    schemas.set(schema, built);
  }
  return built;
}
