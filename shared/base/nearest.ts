import { suggestionList } from 'graphql/jsutils/suggestionList';

const MAX_NAMES = 5;

/** `; did you mean "a", "b"?` with the names most similar to a mistyped one; empty without any. */
export function nearest(name: string, names: readonly string[]): string {
  const near = suggestionList(name.toLowerCase(), names).slice(0, MAX_NAMES);
  return near.length === 0 ? '' : `; did you mean ${near.map((suggestion) => `"${suggestion}"`).join(', ')}?`;
}
