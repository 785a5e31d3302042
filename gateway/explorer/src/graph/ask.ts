import { meros } from 'meros/browser';
import type { Sensitivity } from '#base/sensitivity';
import { expire, headers } from './session';

export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly extensions?: Readonly<Record<string, unknown>> & { readonly code?: string };
}

/** A rule that limits what the caller reads: docs/http.md. */
export interface Withheld {
  readonly coordinate?: string;
  readonly kind: 'ROWS' | 'FIELD' | 'SMALL_COUNTS' | 'OMITTED';
  readonly class?: Sensitivity;
  readonly readable?: 'SOME' | 'NONE';
  readonly why?: string;
  readonly grantedTo?: readonly string[];
  readonly count?: number;
}

export interface Extensions {
  readonly sensitivity?: { readonly class: Sensitivity; readonly agencies: readonly string[] };
  readonly cost?: {
    readonly estimated: number;
    readonly actual?: number;
    readonly budget: number;
    readonly remaining: number;
    readonly resetSeconds: number;
  };
  readonly withheld?: readonly Withheld[];
  readonly trace?: Trace;
}

/** How an answer came about, for those who may see the schema: docs/http.md. Times are milliseconds since the request arrived. */
export interface Trace {
  readonly plan: {
    readonly cached: boolean;
    readonly fetches: readonly TracedFetch[];
    readonly joins: readonly { readonly id: number; readonly field: string; readonly cached: boolean }[];
    readonly omitted?: { readonly fetches?: number; readonly operations?: number };
  };
  readonly timing: {
    readonly phases: readonly { readonly name: string; readonly start: number; readonly end: number }[];
    readonly calls: readonly TracedCall[];
    readonly total: number;
  };
}

export interface TracedFetch {
  readonly id: number;
  readonly subgraph: string;
  readonly kind: 'ROOT' | 'ENTITIES';
  readonly waitsFor: readonly number[];
  readonly deferred: boolean;
  readonly types?: readonly string[];
  readonly operation?: string;
}

export interface TracedCall {
  readonly subgraph: string;
  readonly start: number;
  readonly end?: number;
  readonly shared: boolean;
  readonly entities?: number;
}

export interface Answer<Data = Record<string, unknown>> {
  readonly data?: Data | null;
  readonly errors?: readonly GraphError[];
  readonly extensions?: Extensions;
  /** Milliseconds from sending the request to the last byte, as this browser saw it. */
  readonly milliseconds: number;
  readonly bytes: number;
}

export interface Question {
  readonly query?: string;
  /** Id of a trusted document, instead of its text. */
  readonly documentId?: string;
  readonly operationName?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
}

interface AskOptions {
  readonly signal?: AbortSignal;
  /** Whether to ask for the plan and its timing. */
  readonly trace?: boolean;
  /** Called with what has arrived of a deferred answer. */
  readonly onPart?: (answer: Answer) => void;
}

/** The graph could not be reached, or does not speak GraphQL. */
export class UnreachableError extends Error {}

/** Sends an operation to the graph. @throws UnreachableError; DOMException if aborted */
export async function ask<Data = Record<string, unknown>>(
  question: Question,
  { signal, trace, onPart }: AskOptions = {},
): Promise<Answer<Data>> {
  const started = performance.now();
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'multipart/mixed;deferSpec=20220824, application/graphql-response+json, application/json',
      ...headers.value,
    },
    body: JSON.stringify({ ...question, ...(trace ? { extensions: { trace: true } } : {}) }),
    signal,
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new UnreachableError('The graph cannot be reached: check the connection, and try again');
  });
  const merged = { data: undefined as unknown, errors: [] as GraphError[], extensions: {} as Extensions, bytes: 0 };
  const current = (): Answer<Data> => ({
    data: merged.data as Data,
    ...(merged.errors.length > 0 ? { errors: merged.errors } : {}),
    extensions: merged.extensions,
    milliseconds: performance.now() - started,
    bytes: merged.bytes,
  });
  if (/^multipart\//.test(response.headers.get('content-type') ?? '')) {
    const parts = (await meros<Part>(response)) as AsyncGenerator<{ readonly json: boolean; readonly body: Part }>;
    for await (const { json, body } of parts) {
      if (!json) throw new UnreachableError('The graph sent a part that is not JSON');
      apply(merged, body);
      onPart?.(current() as Answer);
    }
  } else {
    const text = await response.text();
    merged.bytes = text.length;
    apply(merged, parsed(text, response.status));
  }
  if (merged.errors.some(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')) expire();
  return current();
}

/** A part of a deferred answer, or a whole one. */
interface Part {
  readonly data?: unknown;
  readonly errors?: readonly GraphError[];
  readonly extensions?: Extensions;
  readonly incremental?: readonly {
    readonly data?: Record<string, unknown> | null;
    readonly path?: readonly (string | number)[];
    readonly errors?: readonly GraphError[];
  }[];
}

function parsed(text: string, status: number): Part {
  try {
    return JSON.parse(text) as Part;
  } catch {
    throw new UnreachableError(`The graph answered with status ${status} and no GraphQL`);
  }
}

function apply(merged: { data: unknown; errors: GraphError[]; extensions: Extensions }, part: Part): void {
  if (part.data !== undefined) merged.data = part.data;
  merged.errors.push(...(part.errors ?? []));
  // later parts have only the entries that they add
  const withheld = [...(merged.extensions.withheld ?? []), ...(part.extensions?.withheld ?? [])];
  Object.assign(merged.extensions, part.extensions, withheld.length > 0 ? { withheld } : {});
  for (const { data, path = [], errors = [] } of part.incremental ?? []) {
    merged.errors.push(...errors);
    if (data) merged.data = placed(merged.data, path, data);
  }
}

/** A copy of `target` with the fields of `data` at a path. */
function placed(target: unknown, path: readonly (string | number)[], data: Record<string, unknown>): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return mergedObject(target, data);
  const copy: unknown[] | Record<string, unknown> = Array.isArray(target)
    ? [...target]
    : { ...(target as Record<string, unknown>) };
  (copy as Record<string | number, unknown>)[name] = placed(
    (copy as Record<string | number, unknown>)[name],
    rest,
    data,
  );
  return copy;
}

function mergedObject(target: unknown, data: Record<string, unknown>): unknown {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  const copy = { ...(target as Record<string, unknown>) };
  for (const [name, value] of Object.entries(data))
    copy[name] =
      isObject(value) && isObject(copy[name]) ? mergedObject(copy[name], value as Record<string, unknown>) : value;
  return copy;
}
