import type { FastifyRequest } from 'fastify';
import { type Refusal, refusal } from './unsupported';

/** What a GraphQL request consists of, by the names of GraphQL over HTTP. Clients may send values of any type. */
export interface Parameters {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
  /** The id of a persisted document: Appendix A of GraphQL over HTTP. */
  readonly documentId?: unknown;
  /** The same, as Relay names it. */
  readonly doc_id?: unknown;
}

const NAMES = ['query', 'operationName', 'variables', 'extensions', 'documentId', 'doc_id'] as const;

/** Parameters that have a JSON value in a URL. */
const JSON_NAMES: ReadonlySet<string> = new Set(['variables', 'extensions']);

/** The parameters of a POST's body or a GET's URL; undefined when the body is not a JSON object. */
export function parametersOf({ method, body, raw }: FastifyRequest): Parameters | undefined {
  if (method === 'GET') return fromSearch(searchOf(raw.url));
  return typeof body === 'object' && body !== null && !Array.isArray(body) ? body : undefined;
}

// not Fastify's own parser: Apollo Server reads URLs by this one, and what is checked here has to be what it executes
const searchOf = (url = ''): URLSearchParams => new URL(url, 'http://graph.invalid').searchParams;

/** Bytes beyond ASCII that stand together in a URL. */
const ESCAPED_BYTES = /(?:%[89a-f][0-9a-f])+/gi;

/** Why the URL of a GET is no request: a parameter that occurs twice, or bytes that are no UTF-8. */
export function urlError({ raw }: FastifyRequest): Refusal | undefined {
  const search = searchOf(raw.url);
  const repeated = NAMES.find((name) => search.getAll(name).length > 1);
  if (repeated) return refusal(400, 'BAD_REQUEST', `The URL has "${repeated}" more than once: send each name once`);
  const bytes = raw.url?.match(ESCAPED_BYTES) ?? [];
  return bytes.every(isText)
    ? undefined
    : refusal(400, 'BAD_REQUEST', 'The URL is not valid UTF-8: encode parameters as UTF-8 before escaping them');
}

function isText(escaped: string): boolean {
  try {
    decodeURIComponent(escaped);
    return true;
  } catch {
    return false;
  }
}

function fromSearch(search: URLSearchParams): Parameters {
  const parameters: Record<string, unknown> = {};
  for (const name of NAMES) {
    const value = search.get(name);
    if (value !== null) parameters[name] = JSON_NAMES.has(name) ? parsed(value) : value;
  }
  return parameters;
}

/** The value of a JSON text; a text that is not JSON as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Replaces the reference to a persisted document by its text, for all who read the request afterwards. @returns the new parameters */
export function withDocument(request: FastifyRequest, parameters: Parameters, query: string): Parameters {
  const { documentId: _documentId, doc_id: _docId, extensions, ...others } = parameters;
  const replaced: Parameters = { ...others, query, ...withoutReference(extensions) };
  if (request.method === 'GET') request.raw.url = `${request.url.split('?')[0]}?${searchFor(replaced)}`;
  else request.body = replaced;
  return replaced;
}

/** Extensions that are no object stay, for Apollo Server to reject. */
function withoutReference(extensions: unknown): Pick<Parameters, 'extensions'> {
  if (typeof extensions !== 'object' || extensions === null || Array.isArray(extensions))
    return extensions === undefined ? {} : { extensions };
  const { persistedQuery: _persistedQuery, ...others } = extensions as Record<string, unknown>;
  return Object.keys(others).length > 0 ? { extensions: others } : {};
}

function searchFor(parameters: Parameters): URLSearchParams {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters))
    for (const one of JSON_NAMES.has(name) ? [value] : [value].flat())
      search.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  return search;
}
