import { effect, signal } from '@preact/signals';
import { type Answer, ask } from '../graph/ask';
import { caller } from '../graph/session';

/** A saved question in its current version: docs/saved-questions.md. */
export interface SavedQuestion {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly program: string;
  readonly sharedWithRoles: readonly string[];
  readonly trusted: boolean;
  readonly revision: number;
  readonly current: { readonly number: number; readonly operation: string; readonly variables: string | null };
}

/** Saved questions that the caller may read, and why they could not be loaded. */
export const savedQuestions = signal<{ readonly list: readonly SavedQuestion[]; readonly error?: string }>({
  list: [],
});

const SELECTION = `id name description program sharedWithRoles trusted revision current { number operation variables }`;

const LIST = `query SavedQuestions {
  savedQuestions(first: 200, filter: { retiredAt: { isNull: true } }) { nodes { ${SELECTION} } }
}`;

/** Loads the list again. */
export async function loadSaved(): Promise<void> {
  const who = caller.peek();
  if (who.token === undefined) {
    savedQuestions.value = { list: [] };
    return;
  }
  try {
    const { data, errors } = await ask<{ savedQuestions: { nodes: SavedQuestion[] } | null }>({ query: LIST });
    if (caller.peek() !== who) return;
    const list = data?.savedQuestions?.nodes ?? [];
    savedQuestions.value = errors ? { list, error: `Saved questions: ${errors[0]!.message}` } : { list };
  } catch (error) {
    savedQuestions.value = { list: [], error: `Saved questions: ${(error as Error).message}` };
  }
}

effect(() => {
  caller.value;
  loadSaved();
});

/** The saved question with this id. @throws Error in words if the caller may not read it, or it does not exist */
export async function savedQuestion(id: string): Promise<SavedQuestion> {
  const query = `query SavedQuestion($id: ID!) { savedQuestion(id: $id) { ${SELECTION} } }`;
  const { data, errors } = await ask<{ savedQuestion: SavedQuestion | null }>({ query, variables: { id } });
  if (errors) throw new Error(errors[0]!.message);
  if (!data?.savedQuestion) throw new Error(`There is no saved question ${id} that you may read`);
  return data.savedQuestion;
}

/** What a reader enters to save an operation. */
export interface Saving {
  readonly name: string;
  readonly description: string;
  readonly program: string;
  readonly sharedWithRoles: readonly string[];
  readonly operation: string;
  /** JSON text. */
  readonly variables: string;
}

/** Saves an operation as a new question. @throws Error in words */
export async function saveQuestion(saving: Saving): Promise<SavedQuestion> {
  const query = `mutation SaveQuestion($input: SaveQuestionInput!) { saveQuestion(input: $input) { question { ${SELECTION} } } }`;
  const input = { ...saving, description: saving.description || undefined, idempotencyKey: crypto.randomUUID() };
  return changed(await ask({ query, variables: { input } }), 'saveQuestion');
}

/** Saves an operation as the next version of a question. @throws Error in words, also if it has changed meanwhile */
export async function saveVersion(
  { id, revision }: SavedQuestion,
  { operation, variables }: Pick<Saving, 'operation' | 'variables'>,
): Promise<SavedQuestion> {
  const query = `mutation SaveQuestionVersion($input: SaveQuestionVersionInput!) {
  saveQuestionVersion(input: $input) { question { ${SELECTION} } }
}`;
  const input = { id, expectedRevision: revision, operation, variables, idempotencyKey: crypto.randomUUID() };
  return changed(await ask({ query, variables: { input } }), 'saveQuestionVersion');
}

function changed({ data, errors }: Answer, mutation: string): SavedQuestion {
  if (errors) throw new Error(errors[0]!.message);
  const { question } = data![mutation] as { question: SavedQuestion };
  loadSaved();
  return question;
}
