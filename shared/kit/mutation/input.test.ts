import fc from 'fast-check';
import { idInput, listInput, longTextInput, optional, readFields, textInput, unchanged, urlInput } from './input';

const fields = {
  title: textInput('Title.', { max: 20 }),
  detail: optional(longTextInput('Detail.')),
  names: unchanged(listInput(idInput('A key.'), 'Keys.', { max: 3 })),
  link: optional(urlInput('A link.')),
};
const read = (values: Record<string, unknown>) => readFields(fields, { title: 'x', ...values }, ['input']);

test.each([
  ['NUL', { title: 'a\u0000b' }, /"title" contains the invisible character U\+0000 at position 2/],
  ['another control character', { detail: 'a\u0007' }, /U\+0007 at position 2/],
  ['an unpaired surrogate', { title: 'a\ud83d' }, /"title" contains an unpaired surrogate/],
  ['a mark that changes the text direction', { title: 'abc\u202etxt' }, /U\+202E at position 4/],
  ['an isolate', { detail: '\u2066x\u2069' }, /U\+2066 at position 1/],
  ['only white space', { title: '  \u00a0 ' }, /"title" is empty/],
  ['a line too long', { title: 'x'.repeat(21) }, /"title" has 21 characters; the maximum is 20/],
  ['a text too long', { detail: 'é'.repeat(10_001) }, /10001 characters; the maximum is 10000/],
  ['two lines in a single-line field', { title: 'a\nb' }, /"title" must be a single line/],
  ['an invalid key', { names: ['a b'] }, /"0" is not a valid key/],
  ['a duplicate key', { names: ['a', 'b', 'a'] }, /"names" contains "a" twice/],
  ['too many list entries', { names: ['a', 'b', 'c', 'd'] }, /"names" has 4 entries; the maximum is 3/],
  ['a URL that is not http or https', { link: 'javascript:alert(1)' }, /must be a URL that begins with https/],
])('rejects %s and explains why', (_what, values, message) => {
  expect(() => read(values)).toThrow(message);
});

test('reports the path of the invalid value', () => {
  try {
    read({ names: ['fine', 'not fine'] });
  } catch (error) {
    expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', inputPath: ['input', 'names', 1] } });
    return;
  }
  throw new Error('The input was accepted');
});

test('reads an omitted value as null if optional, and as undefined if unchanged', () => {
  expect(read({})).toEqual({ title: 'x', detail: null, names: undefined, link: null });
});

test('counts a character outside the basic plane as one, and normalizes text to form C', () => {
  expect(read({ title: '😀'.repeat(20) }).title).toBe('😀'.repeat(20));
  expect(read({ title: 'e\u0301' }).title).toBe('\u00e9');
});

test('rejects a text or normalizes it so that reading it again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      let normalized: string;
      try {
        normalized = read({ detail: text }).detail!;
      } catch {
        return;
      }
      expect(read({ detail: normalized }).detail).toBe(normalized);
      expect(normalized.isWellFormed()).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
