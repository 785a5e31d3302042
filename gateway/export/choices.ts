/** Maximum names that an error lists. */
const MAX_NAMES = 5;

/** Names for an error: the first few, and how many more there are. */
export function someOf(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${names.slice(0, MAX_NAMES).join(', ')}, and ${more} more` : names.join(', ');
}
