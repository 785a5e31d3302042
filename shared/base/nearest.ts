import { suggestionList } from 'graphql/jsutils/suggestionList';

const MAX_NAMES = 5;

/** `; did you mean "a", "b"?`, of the names that a mistyped one comes nearest to; empty where there are none. */
export function nearest(name: string, names: readonly string[]): string {
  const near = suggestionList(name.toLowerCase(), names).slice(0, MAX_NAMES);
  return near.length === 0 ? '' : `; did you mean ${near.map((one) => `"${one}"`).join(', ')}?`;
}
