/** Version of the rules below. Change it with them: databases then split all texts again. */
export const WORD_RULES = 1;

/** Maximum characters of a word. Longer words are the same if they begin with the same characters. */
export const MAX_WORD = 40;

const WORD = /[\p{L}\p{N}]+/gu;

/** Equal for characters that differ only in case: `ß` and `SS`, all forms of sigma. */
const folded = (character: string): string => character.toLowerCase().toUpperCase().toLowerCase();

/**
 * The distinct words of a text in lower case: runs of letters and digits. The databases compare case and accents differently, so words are
 * folded here. Compatible forms of a character, such as full-width letters, are equal.
 */
export function wordsOf(text: string): ReadonlySet<string> {
  const words = text.normalize('NFKC').match(WORD) ?? [];
  return new Set(
    words.map((word) => Array.from(Array.from(word, folded).join('').normalize('NFKC')).slice(0, MAX_WORD).join('')),
  );
}
