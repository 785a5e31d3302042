import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '#base/errors';

/** An answer of the graph. */
export interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly AnswerError[];
  readonly extensions?: Readonly<Record<string, unknown>>;
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
export class GraphError extends OperatorError {}

/** Sends a request until it is answered: waits for a budget, and for a graph that is away for a short time. @throws GraphError */
export async function patiently(ask: () => Promise<Answer>, onPause: (pause: Pause) => void): Promise<Answer> {
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
      throw new GraphError(
        `The graph does not answer: ${failure}`,
        'Try again later: the same command continues where it stopped',
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
