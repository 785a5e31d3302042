import { InvalidFilterError } from '#base/errors';
import { wordsOf } from '../search/words';

/** Name of the filter field that searches names and titles. */
export const SEARCH = 'search';

const MAX_CHARACTERS = 200;
const MAX_WORDS = 10;

/** The words of a search, none of which begins another. @throws InvalidFilterError for one without words, or that is too long */
export function searchWords(text: string, path: readonly (string | number)[]): readonly string[] {
  const place = path.join('.');
  if (text.length > MAX_CHARACTERS)
    throw new InvalidFilterError(`${place} has ${text.length} characters; the maximum is ${MAX_CHARACTERS}`, path);
  const words = [...wordsOf(text)];
  if (words.length === 0) throw new InvalidFilterError(`${place} has no words: use letters or digits`, path);
  if (words.length > MAX_WORDS)
    throw new InvalidFilterError(`${place} has ${words.length} words; the maximum is ${MAX_WORDS}`, path);
  // whoever has the longer word has the shorter one; without it, no word is read twice
  return words.filter((word) => !words.some((other) => other !== word && other.startsWith(word)));
}
