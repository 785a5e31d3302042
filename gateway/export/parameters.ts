import type { FastifyRequest } from 'fastify';
import { type Refusal, refusal } from '../http/unsupported';
import { FORMATS, type Format } from './writers';

/** What a request for an export says. */
export interface Parameters {
  /** Id of a saved question. */
  readonly question?: string;
  /** Number of a version of the saved question; the current one by default. */
  readonly version?: number;
  readonly query?: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  readonly format: Format;
  readonly list?: string;
  readonly unfold?: string;
}

type Values = Readonly<Record<string, unknown>>;

const OF_URL = ['format', 'variables', 'unfold', 'list', 'version', 'operationName'];
const OF_BODY = [...OF_URL, 'query', 'question'];

/** Reads the parameters from the URL of a saved question, or from a POST body. */
export function parametersOf({ method, query, params, body }: FastifyRequest): Parameters | Refusal {
  if (method === 'POST') return isObject(body) ? checked(body, OF_BODY) : badRequest('The body is not a JSON object');
  const values = query as Values;
  const repeated = Object.keys(values).find((name) => Array.isArray(values[name]));
  if (repeated !== undefined) return badRequest(`The URL repeats "${repeated}": send each name once`);
  const { question } = params as { question: string };
  const variables = values.variables === undefined ? {} : { variables: parsed(values.variables as string) };
  const version = values.version === undefined ? {} : { version: numberOf(values.version as string) };
  return checked({ ...values, ...variables, ...version, question }, [...OF_URL, 'question']);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The value of a JSON text; the text itself if it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const numberOf = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);

/** Checks types. Null counts as absent. */
function checked(all: Values, names: readonly string[]): Parameters | Refusal {
  const values = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null && value !== undefined));
  const unknown = Object.keys(values).find((name) => !names.includes(name));
  if (unknown !== undefined) return badRequest(`Unknown parameter "${unknown.slice(0, 50)}": use ${names.join(', ')}`);
  const { format = 'csv', variables, version, query, question } = values;
  if (!FORMATS.includes(format as Format)) return badRequest(`format must be one of ${FORMATS.join(', ')}`);
  if (variables !== undefined && !isObject(variables)) return badRequest('variables must be a JSON object');
  if (version !== undefined && !(Number.isInteger(version) && (version as number) > 0))
    return badRequest('version must be the number of a version, from 1');
  if (query !== undefined && question !== undefined) return badRequest('Send "query" or "question", and not both');
  if (version !== undefined && question === undefined) return badRequest('version is for saved questions');
  const text = ['query', 'question', 'operationName', 'list', 'unfold'].find(
    (name) => values[name] !== undefined && typeof values[name] !== 'string',
  );
  if (text !== undefined) return badRequest(`${text} must be a string`);
  return { ...values, format } as unknown as Parameters;
}

const badRequest = (message: string): Refusal => refusal(400, 'BAD_REQUEST', message);
