import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '#base/errors';
import type { PagedOperation } from './paged-operation';

/** An answer of the graph. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
}

interface AnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: { readonly code?: string; readonly retryable?: boolean; readonly retryAfterSeconds?: number };
}

/** Sends an operation to the graph. @throws Error if the graph cannot be reached or does not answer in GraphQL */
export type Ask = (request: {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
}) => Promise<Answer>;

export interface Page {
  readonly objects: readonly unknown[];
  /** Cursor of the next page; null after the last one. */
  readonly next: string | null;
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** Waiting before a page is asked again. */
export interface Pause {
  readonly seconds: number;
  readonly why: string;
}

/** Times that a page is asked in all, if the graph is away or has no time. Waiting for a budget does not count. */
const MAX_ATTEMPTS = 6;
/** Seconds before the second attempt; each further one waits twice as long. */
const FIRST_PAUSE_SECONDS = 0.5;
/** Longest that a budget is waited for at once: budgets are per minute. */
const MAX_BUDGET_SECONDS = 120;

/** The question cannot be answered. Pages before are complete. */
export class ExportError extends OperatorError {}

/**
 * The pages of an operation's list, from `cursor` on. Objects are neither skipped nor repeated while others come and go: a cursor is a place in
 * the order of the list. Waits for a budget, and for a graph that is away for a short time.
 * @param onPause called before each wait
 * @throws ExportError if a page has errors: a table that lacks values would not show it
 */
export async function* pagesOf(
  operation: PagedOperation,
  variables: Readonly<Record<string, unknown>>,
  { ask, cursor, onPause }: { ask: Ask; cursor: string | null; onPause: (pause: Pause) => void },
): AsyncGenerator<Page> {
  const { query, operationName, cursorVariable } = operation;
  for (let after = cursor; ; ) {
    const answer = await patiently(
      () => ask({ query, operationName, variables: { ...variables, [cursorVariable]: after } }),
      onPause,
    );
    const page = pageIn(answer, operation);
    yield page;
    if (page.next === null) return;
    if (page.next === after)
      throw new ExportError('The list has the same cursor twice', 'Report this to the agency that owns the list');
    after = page.next;
  }
}

async function patiently(ask: () => Promise<Answer>, onPause: (pause: Pause) => void): Promise<Answer> {
  for (let attempt = 1; ; ) {
    const { answer, failure } = await ask().then(
      (answer) => ({ answer, failure: undefined }),
      (error: Error) => ({ answer: undefined, failure: error.message }),
    );
    const error = answer?.errors?.find(isTemporary);
    if (answer && !error) return answer;
    const isBudget = error?.extensions?.code === 'BUDGET_EXHAUSTED';
    if (!isBudget && attempt === MAX_ATTEMPTS) {
      if (answer) return answer;
      throw new ExportError(
        `The graph does not answer: ${failure}`,
        'Try again later; the export continues where it stopped',
      );
    }
    const after = error?.extensions?.retryAfterSeconds ?? FIRST_PAUSE_SECONDS * 2 ** (attempt - 1);
    const seconds = Math.min(after, MAX_BUDGET_SECONDS);
    onPause({ seconds, why: error?.message ?? failure! });
    await sleep(seconds * 1_000);
    if (!isBudget) attempt += 1;
  }
}

const isTemporary = ({ extensions }: AnswerError): boolean =>
  extensions?.retryable === true || extensions?.retryAfterSeconds !== undefined;

function pageIn({ data, errors = [], extensions = {} }: Answer, { path, shape }: PagedOperation): Page {
  const [error] = errors;
  if (error) {
    const code = error.extensions?.code;
    const more = errors.length > 1 ? `, and ${errors.length - 1} more errors` : '';
    throw new ExportError(
      `${code ?? 'The graph failed'}${error.path ? ` at ${error.path.join('.')}` : ''}: ${error.message}${more}`,
      code === 'UNAUTHENTICATED'
        ? 'Sign in again; the export continues where it stopped'
        : 'Correct the question, or leave out what it may not read',
    );
  }
  const list = path.reduce<unknown>((value, name) => (value as Record<string, unknown> | null)?.[name], data);
  if (list === null || list === undefined)
    throw new ExportError(
      `The answer has no list at ${path.join('.')}`,
      'Check the variables of the question, and your rights',
    );
  const { nodes, edges, pageInfo } = list as {
    nodes?: readonly unknown[];
    edges?: readonly { readonly node: unknown }[];
    pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
  const objects = shape === 'nodes' ? nodes! : edges!.map(({ node }) => node);
  return { objects, next: pageInfo.hasNextPage ? pageInfo.endCursor : null, extensions };
}
