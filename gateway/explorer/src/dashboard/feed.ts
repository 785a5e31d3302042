import { effect, type Signal, signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Answer, ask, type GraphError } from '../graph/ask';
import { caller } from '../graph/session';
import { hasExerciseData, noteHandling } from '../ui/frame';
import { momentsAt } from './calendar';
import { EMPTY, type FeedState, hasExercise, isAway, received } from './feed-state';
import type { Operation } from './operations';

/** An operation whose answer is on the page, or was. */
interface Feed {
  readonly operation: Operation;
  readonly state: Signal<FeedState>;
  /** Components that show it. */
  users: number;
  dueAt: number;
  isAsking: boolean;
}

const feeds = new Map<string, Feed>();

/** Requests at a time until a page has its first answers; afterwards there is one. */
const FIRST_REQUESTS = 2;

/** Whether the page keeps what it shows: refreshing stops until the reader wants it again. */
export const isPaused = signal(false);

export function togglePause(): void {
  isPaused.value = !isPaused.value;
  pump();
}

/** When each subgraph that does not answer was first seen not to; in milliseconds. */
export const awaySince = signal<ReadonlyMap<string, number>>(new Map());

/** When the caller last changed: answers to earlier callers are dropped. */
let epoch = 0;

effect(() => {
  caller.value;
  epoch++;
  for (const [key, feed] of feeds) {
    noteHandling(key, undefined);
    feed.state.value = EMPTY;
    feed.dueAt = firstDue(feed.operation);
    feed.isAsking = false;
  }
  awaySince.value = new Map();
  hasExerciseData.value = false;
  queueMicrotask(pump);
});

/** The answer to an operation, kept up to date while the page is visible. */
export function useFeed<Data>(operation: Operation): FeedState<Data> {
  const feed = feedOf(operation);
  useEffect(() => {
    feed.users++;
    if (feed.state.value.handling) noteHandling(operation.key, feed.state.value.handling);
    pump();
    return () => {
      feed.users--;
      if (feed.users === 0) noteHandling(operation.key, undefined);
    };
  }, [operation.key]);
  return feed.state.value as FeedState<Data>;
}

function feedOf(operation: Operation): Feed {
  const known = feeds.get(operation.key);
  if (known) return known;
  const feed: Feed = {
    operation,
    state: signal<FeedState>(EMPTY),
    users: 0,
    dueAt: firstDue(operation),
    isAsking: false,
  };
  feeds.set(operation.key, feed);
  return feed;
}

/** All are due at once; late ones come last. */
const firstDue = ({ isLate }: Operation): number => (isLate ? 1 : 0);

/** Asks what is due. */
function pump(): void {
  if (document.hidden) return;
  const shown = [...feeds.values()].filter(({ users }) => users > 0);
  const asking = shown.filter(({ isAsking }) => isAsking).length;
  const isWanted = ({ state }: Feed) => !isPaused.value || state.value.arrivedAt === undefined;
  const due = shown.filter((feed) => !feed.isAsking && feed.dueAt <= Date.now() && isWanted(feed));
  const [next] = due.sort((a, b) => a.dueAt - b.dueAt);
  if (!next) return;
  const limit = next.state.value.arrivedAt === undefined ? FIRST_REQUESTS : 1;
  if (asking >= limit) return;
  void refresh(next).then(pump);
  pump();
}

const PUMP_MS = 1_000;
setInterval(pump, PUMP_MS);
document.addEventListener('visibilitychange', pump);

async function refresh(feed: Feed): Promise<void> {
  const { operation, state } = feed;
  const asked = epoch;
  const before = state.value;
  feed.isAsking = true;
  const show = (answer: Answer, arrivedAt?: number) => {
    if (asked !== epoch) return;
    state.value = received(before, answer, arrivedAt);
    if (feed.users > 0) noteHandling(operation.key, state.value.handling);
    if (hasExercise(answer.data)) hasExerciseData.value = true;
  };
  try {
    const variables = operation.variables(momentsAt(Date.now()));
    const question = { documentId: operation.document.id, variables };
    // parts replace what is on the page only before there is something
    const onPart = before.arrivedAt === undefined ? (answer: Answer) => show(answer) : undefined;
    const answer = await ask(question, { onPart });
    show(answer, Date.now());
    if (asked === epoch) noteSources(operation, answer.errors ?? []);
  } catch (error) {
    if (asked === epoch) state.value = { ...state.value, failure: (error as Error).message };
  }
  if (asked !== epoch) return;
  feed.isAsking = false;
  feed.dueAt = Date.now() + operation.refreshMs;
  // what failed is asked again soon
  if (state.value.errors.some(isAway) || state.value.failure !== undefined) feed.dueAt = Date.now() + RETRY_MS;
}

export const RETRY_MS = 30_000;

function noteSources({ subgraphs }: Operation, errors: readonly GraphError[]): void {
  const away = new Set(errors.filter(isAway).map(({ extensions }) => String(extensions?.subgraph)));
  const next = new Map(awaySince.peek());
  for (const subgraph of subgraphs) {
    if (!away.has(subgraph)) next.delete(subgraph);
    else if (!next.has(subgraph)) next.set(subgraph, Date.now());
  }
  awaySince.value = next;
}
