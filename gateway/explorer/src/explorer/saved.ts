import { effect, signal } from '@preact/signals';
import { ask } from '../graph/ask';
import { caller } from '../graph/session';

/** A saved question, in the version that its readers get. */
export interface SavedQuestion {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly text: string;
  /** JSON text. */
  readonly variables: string;
  readonly version: number;
  readonly revision: number;
  readonly isOwn: boolean;
}

/** Saved questions that the caller may read. */
export const savedQuestions = signal<{ readonly list: readonly SavedQuestion[]; readonly error?: string }>({
  list: [],
});

effect(() => {
  caller.value;
  savedQuestions.value = { list: [] };
});

export { ask };
