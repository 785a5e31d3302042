import type { FastifyRequest } from 'fastify';
import { type Refusal, refusal } from './unsupported';

type JsonObject = Readonly<Record<string, unknown>>;

/** The parameters of a GraphQL request, as GraphQL over HTTP names them. */
export interface Parameters {
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly extensions?: JsonObject;
  /** The id of a persisted document: Appendix A of GraphQL over HTTP, or Relay's `doc_id`. */
  readonly documentId?: string;
}

const NAMES = ['query', 'operationName', 'variables', 'extensions', 'documentId', 'doc_id'] as const;
type Name = (typeof NAMES)[number];

/** Parameters whose value in a URL is JSON. */
const JSON_NAMES: ReadonlySet<Name> = new Set(['variables', 'extensions']);

/** Reads the parameters from a POST body or a GET URL, or rejects the request. */
export function parametersOf(request: FastifyRequest): Parameters | Refusal {
  return request.method === 'GET' ? ofUrl(request) : ofBody(request.body);
}

function ofBody(body: unknown): Parameters | Refusal {
  if (!isObject(body) || Object.keys(body).length === 0)
    return badRequest(
      'The body is not a GraphQL request: send a JSON object with "query" and the Content-Type application/json',
    );
  return checked(body);
}

function ofUrl({ raw, headers }: FastifyRequest): Parameters | Refusal {
  if (headers['content-type'] !== undefined && !/^application\/json[ \t]*(;|$)/i.test(headers['content-type']))
    return refusal(415, 'UNSUPPORTED_MEDIA_TYPE', 'GET requests must not have a body: remove the Content-Type header');
  const search = new URL(raw.url ?? '', 'http://graph.invalid').searchParams;
  const repeated = NAMES.find((name) => search.getAll(name).length > 1);
  if (repeated) return badRequest(`The URL repeats "${repeated}": send each name once`);
  if (!(raw.url?.match(ESCAPED_BYTES) ?? []).every(isText))
    return badRequest('The URL is not valid UTF-8: encode parameters as UTF-8 before escaping them');
  const parameters: Partial<Record<Name, unknown>> = {};
  for (const name of NAMES) {
    const text = search.get(name);
    if (text === null) continue;
    const value = JSON_NAMES.has(name) ? parsed(text) : text;
    if (JSON_NAMES.has(name) && !isObject(value)) return badRequest(`${name} in the URL must be a JSON object`);
    parameters[name] = value;
  }
  return checked(parameters);
}

/** A run of escaped non-ASCII bytes in a URL. */
const ESCAPED_BYTES = /(?:%[89a-f][0-9a-f])+/gi;

function isText(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

/** The value of a JSON text; undefined if the text is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Checks types. Null counts as absent: some clients send it for parameters they omit. */
function checked(values: Readonly<Partial<Record<Name, unknown>>>): Parameters | Refusal {
  const { query, operationName, variables, extensions } = values;
  if (isPresent(query) && typeof query !== 'string')
    return badRequest('query must be a string with a GraphQL document');
  if (isPresent(operationName) && typeof operationName !== 'string')
    return badRequest('operationName must be a string');
  for (const [name, value] of Object.entries({ variables, extensions }))
    if (isPresent(value) && !isObject(value)) return badRequest(`${name} must be a JSON object`);
  const documentId = [values.documentId, values.doc_id].find((id) => typeof id === 'string');
  return {
    ...(isPresent(query) ? { query: query as string } : {}),
    ...(isPresent(operationName) ? { operationName: operationName as string } : {}),
    ...(isPresent(variables) ? { variables: variables as Record<string, unknown> } : {}),
    ...(isPresent(extensions) ? { extensions: extensions as JsonObject } : {}),
    ...(documentId === undefined ? {} : { documentId: documentId as string }),
  };
}

const isPresent = (value: unknown): boolean => value !== undefined && value !== null;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const badRequest = (message: string): Refusal => refusal(400, 'BAD_REQUEST', message);
