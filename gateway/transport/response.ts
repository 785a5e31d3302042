import type { GraphQLFormattedError } from 'graphql';
import { ErrorList, MAX_ERRORS } from '#base/error-list';
import { SubgraphError } from './errors';
import { exactly } from './exact-json';
import type { SubgraphResponse } from './transport';

export interface ReadOptions {
  /** Whether it answers a mutation that may have run. */
  readonly mayHaveRun?: boolean;
  /** Whether its numbers may exceed doubles. */
  readonly hasAnySize?: boolean;
}

type JsonObject = Record<string, unknown>;

/**
 * Parses a body as a GraphQL response: an object of data, errors, or both. Tolerates additional members and malformed errors:
 * docs/subgraph-responses.md lists the rules.
 * @throws SubgraphError
 */
export function readResponse(
  subgraph: string,
  status: number,
  text: string,
  { mayHaveRun = false, hasAnySize = false }: ReadOptions = {},
): SubgraphResponse {
  const bad = (what: string) => SubgraphError.badResponse(subgraph, what, mayHaveRun);
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    const what = text.trim() === '' ? 'an empty body' : 'a body that is not JSON';
    throw bad(`returned HTTP ${status} with ${what}`);
  }
  if (!isObject(answer)) throw bad(`returned HTTP ${status} with ${kindOf(answer)} instead of a GraphQL response`);
  const { data } = answer;
  const errors = errorsOf(subgraph, answer.errors);
  if (isObject(data)) {
    const exact = exactData(answer, text, hasAnySize, bad);
    return errors.length > 0 ? { data: exact, errors } : { data: exact };
  }
  if (data !== undefined && data !== null) {
    const wrongData = bad(`returned ${kindOf(data)} as data instead of an object`);
    if (errors.length === 0) throw wrongData;
    return { data: null, errors: [...errors, wrongData.toJSON()] };
  }
  if (errors.length === 0) throw bad(`returned HTTP ${status} with neither data nor errors`);
  return { data: null, errors };
}

/** The data, with numbers beyond doubles kept exact. */
function exactData(
  answer: JsonObject,
  text: string,
  hasAnySize: boolean,
  bad: (what: string) => SubgraphError,
): JsonObject {
  try {
    return (exactly(answer, text, hasAnySize) as { data: JsonObject }).data;
  } catch (error) {
    if (error instanceof RangeError) throw bad(NESTED_TOO_DEEPLY);
    throw error;
  }
}

/** The errors of a response. Some servers send null for none, or one error instead of a list. */
function errorsOf(subgraph: string, errors: unknown): GraphQLFormattedError[] {
  if (errors === undefined || errors === null) return [];
  const list = new ErrorList();
  const all = Array.isArray(errors) ? errors : [errors];
  for (const error of all.slice(0, MAX_ERRORS)) list.add(errorOf(subgraph, error));
  list.omit(all.length - Math.min(all.length, MAX_ERRORS));
  return list.toArray();
}

/** Sanitizes an error: removes extensions that would act on the gateway's response. */
function errorOf(subgraph: string, error: unknown): GraphQLFormattedError {
  const { message, path, extensions } = isObject(error) ? error : { message: error };
  const hasMessage = typeof message === 'string' && message.trim() !== '';
  const { code, http: _http, ...others } = isObject(extensions) && isWritable(extensions) ? extensions : {};
  const codeText = typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;
  return {
    message: hasMessage ? message : `The "${subgraph}" subgraph returned an error without a message`,
    path: isPath(path) ? path : undefined,
    extensions: { ...others, code: codeText ?? (hasMessage ? undefined : 'SUBGRAPH_BAD_RESPONSE') },
  };
}

/** Maximum steps of an error path; longer paths are dropped. */
const MAX_PATH = 1_000;

const isPath = (path: unknown): path is (string | number)[] =>
  Array.isArray(path) &&
  path.length <= MAX_PATH &&
  path.every((step) => typeof step === 'string' || (Number.isSafeInteger(step) && step >= 0));

/** Whether a value can be serialized: JSON can be nested too deeply for that. */
function isWritable(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

/** Maximum levels of objects and lists in data. Only deeper data can exhaust the stack during execution. */
const MAX_NESTING = 1_000;
export const NESTED_TOO_DEEPLY = `returned data nested deeper than ${MAX_NESTING} levels`;

/** Whether data exceed the nesting limit. Expensive: call it only after a stack overflow. */
export function isNestedTooDeeply(data: unknown): boolean {
  let level: unknown[] = [data];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_NESTING) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null
        ? Object.values(value).filter((inner) => typeof inner === 'object' && inner !== null)
        : [],
    );
  }
  return false;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value === null) return 'null';
  return typeof value === 'string' ? 'text' : `a ${typeof value}`;
}
