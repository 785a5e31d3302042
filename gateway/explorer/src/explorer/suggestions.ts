import { effect, signal } from '@preact/signals';
import { ask } from '../graph/ask';
import { caller } from '../graph/session';

export interface Suggestion {
  readonly value: string;
  readonly label: string;
}

interface Keys {
  readonly agencies: readonly Suggestion[];
  readonly sectors: readonly Suggestion[];
}

const NONE: Keys = { agencies: [], sectors: [] };

/** Keys that readers rarely know by heart, as the graph lists them. */
const keys = signal<Keys>(NONE);

const KEYS = '{ agencies { key name } sectors(first: 50) { nodes { key name } } }';

interface KeysAnswer {
  readonly agencies?: readonly Keyed[] | null;
  readonly sectors?: { readonly nodes: readonly Keyed[] } | null;
}

interface Keyed {
  readonly key: string;
  readonly name: string;
}

const suggestionsOf = (objects: readonly Keyed[] = []): Suggestion[] =>
  objects.map(({ key, name }) => ({ value: key, label: name }));

effect(() => {
  const who = caller.value;
  ask<KeysAnswer>({ query: KEYS }).then(
    ({ data }) => {
      if (caller.peek() !== who) return;
      keys.value = { agencies: suggestionsOf(data?.agencies ?? []), sectors: suggestionsOf(data?.sectors?.nodes) };
    },
    // typing works without them
    () => {},
  );
});

const isOf = (names: readonly string[], kind: string): boolean =>
  names.some((name) => name.toLowerCase().endsWith(kind));

/** Values to suggest for an input, by the names that lead to it, such as `['filter', 'agency', 'eq']`. */
export function suggestionsFor(names: readonly string[]): readonly Suggestion[] {
  if (isOf(names, 'agency') || isOf(names, 'agencies')) return keys.value.agencies;
  return isOf(names, 'sector') || isOf(names, 'sectors') ? keys.value.sectors : [];
}
