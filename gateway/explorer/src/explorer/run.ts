import { effect, signal } from '@preact/signals';
import { type DocumentNode, type GraphQLSchema, parse } from 'graphql';
import { type Answer, ask } from '../graph/ask';
import { caller } from '../graph/session';
import { hasExerciseData, noteHandling } from '../ui/frame';
import { currentTab } from './tabs';

/** The answer to an operation, and what was asked. */
export interface Asked {
  readonly text: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Name of the caller. */
  readonly as: string;
  readonly at: Date;
  readonly answer: Answer;
  /** Whether parts of the answer are still to come. */
  readonly isPartial: boolean;
}

export type Run =
  | { readonly state: 'idle' }
  | { readonly state: 'running'; readonly stop: () => void; readonly asked?: Asked }
  | { readonly state: 'answered'; readonly asked: Asked }
  | { readonly state: 'failed'; readonly message: string };

/** The last run of each tab, by its id. */
export const runs = signal<ReadonlyMap<number, Run>>(new Map());

export const IDLE: Run = { state: 'idle' };

function note(id: number, run: Run): void {
  runs.value = new Map(runs.peek()).set(id, run);
}

// answers belong to whoever asked
effect(() => {
  caller.value;
  for (const run of runs.peek().values()) if (run.state === 'running') run.stop();
  runs.value = new Map();
  noteHandling('answer', undefined);
});

/** Sends the operation of the current tab. */
export async function runCurrent(): Promise<void> {
  const { id, text, variables: variablesText } = currentTab();
  const running = runs.peek().get(id);
  if (running?.state === 'running') running.stop();
  let document: DocumentNode;
  let variables: Record<string, unknown>;
  try {
    document = parse(text);
  } catch (error) {
    note(id, { state: 'failed', message: (error as Error).message });
    return;
  }
  try {
    variables = variablesText.trim() === '' ? {} : JSON.parse(variablesText);
  } catch (error) {
    note(id, { state: 'failed', message: `The variables are not valid JSON: ${(error as Error).message}` });
    return;
  }
  const operationName = operationNameIn(document);
  const who = caller.peek();
  const abort = new AbortController();
  const stop = () => abort.abort();
  note(id, { state: 'running', stop });
  const asked = (answer: Answer, isPartial: boolean): Asked => ({
    text,
    document,
    operationName,
    variables,
    as: who.name,
    at: new Date(),
    answer,
    isPartial,
  });
  try {
    const answer = await ask(
      { query: text, operationName, variables },
      {
        signal: abort.signal,
        trace: true,
        onPart: (part) => {
          if (caller.peek() === who) note(id, { state: 'running', stop, asked: asked(part, true) });
        },
      },
    );
    if (abort.signal.aborted || caller.peek() !== who) return;
    note(id, { state: 'answered', asked: asked(answer, false) });
    noteHandling('answer', answer.extensions?.sensitivity);
    hasExerciseData.value = isOfExercise(answer.data);
  } catch (error) {
    if (caller.peek() !== who) return;
    if (abort.signal.aborted) note(id, { state: 'failed', message: 'Stopped.' });
    else note(id, { state: 'failed', message: (error as Error).message });
  }
}

/** The first operation's name: the editor runs one at a time. */
function operationNameIn(document: DocumentNode): string | undefined {
  for (const node of document.definitions) if (node.kind === 'OperationDefinition') return node.name?.value;
  return undefined;
}

/** Whether an answer shows that an object belongs to an exercise. */
function isOfExercise(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isOfExercise);
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(([name, below]) => (name === 'exercise' ? below === true : isOfExercise(below)));
}

/** The schema and what went wrong while it was loaded. */
export interface SchemaState {
  readonly schema?: GraphQLSchema;
  readonly error?: string;
}
