import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '#base/errors';

/** An answer of the graph. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Status of the HTTP response. */
  readonly status?: number;
  /** Length of the HTTP response. */
  readonly bytes?: number;
  /** Seconds after which to try again, as the HTTP response says. */
  readonly retryAfterSeconds?: number;
}

export interface AnswerError {
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

/** Waiting before a request is sent again. */
export interface Pause {
  readonly seconds: number;
  readonly why: string;
}

/** Times that a request is sent in all, if the graph is away or has no time. Waiting for a budget does not count. */
const MAX_ATTEMPTS = 6;
/** Seconds before the second attempt; each further one waits twice as long. */
const FIRST_PAUSE_SECONDS = 0.5;
/** Longest that a budget is waited for at once: budgets are per minute. */
const MAX_BUDGET_SECONDS = 120;

/** The graph does not answer, or does not answer the question. */
export class GraphError extends OperatorError {
  /** @param answer what it answered instead */
  constructor(
    what: string,
    fix: string,
    readonly answer?: Answer,
  ) {
    super(what, fix);
  }
}

/** The graph does not answer at all. */
export class UnansweredError extends GraphError {}

export interface Patience {
  readonly onPause?: (pause: Pause) => void;
  /** Maximum seconds of all pauses for one answer; without a limit by default. */
  readonly maxSeconds?: number;
  /** Ends a pause. */
  readonly signal?: AbortSignal;
}

/**
 * Sends a request until it is answered: waits for a budget, and for a graph that is away for a short time.
 * @throws GraphError if it does not answer @throws Error if the signal ends a pause
 */
export async function patiently(
  ask: () => Promise<Answer>,
  { onPause, maxSeconds = Number.POSITIVE_INFINITY, signal }: Patience = {},
): Promise<Answer> {
  let waited = 0;
  for (let attempt = 1; ; ) {
    const { answer, failure } = await ask().then(
      (answer) => ({ answer, failure: undefined }),
      (error: Error) => ({ answer: undefined, failure: reasonOf(error) }),
    );
    signal?.throwIfAborted();
    const error = answer?.errors?.find((candidate) => isTemporary(candidate, answer));
    if (answer && !error) return answer;
    const code = error?.extensions?.code ?? '';
    const isBudget = BUDGETS.has(code);
    const after =
      error?.extensions?.retryAfterSeconds ?? answer?.retryAfterSeconds ?? FIRST_PAUSE_SECONDS * 2 ** (attempt - 1);
    const seconds = Math.min(after, MAX_BUDGET_SECONDS);
    if ((!isBudget && attempt === MAX_ATTEMPTS) || waited + seconds > maxSeconds) {
      if (answer) return answer;
      throw new UnansweredError(
        `The graph does not answer: ${failure}`,
        'Try again later: the same command continues where it stopped',
      );
    }
    onPause?.({ seconds, why: error?.message ?? failure! });
    await sleep(seconds * 1_000, undefined, { signal });
    waited += seconds;
    if (!isBudget) attempt += 1;
  }
}

/** `fetch` says why in the cause: its message is "fetch failed". */
const reasonOf = ({ message, cause }: Error): string =>
  cause instanceof Error && cause.message !== '' ? cause.message : message;

/** Errors of limits per minute, which end by themselves. */
const BUDGETS = new Set(['BUDGET_EXHAUSTED', 'TOO_MANY_REQUESTS']);

const isTemporary = ({ extensions }: AnswerError, { retryAfterSeconds }: Answer): boolean =>
  extensions?.retryable === true ||
  extensions?.retryAfterSeconds !== undefined ||
  (retryAfterSeconds !== undefined && BUDGETS.has(extensions?.code ?? ''));

/** Seconds of a `Retry-After` header, if it has seconds. */
export const secondsOf = (header: unknown): number | undefined =>
  typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined;
