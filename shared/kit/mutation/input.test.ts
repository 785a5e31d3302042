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
  ['NUL', { title: 'a\u0000b' }, /"title" holds the character U\+0000 at place 2/],
  ['another control character', { detail: 'a\u0007' }, /U\+0007 at place 2/],
  ['half a surrogate pair', { title: 'a\ud83d' }, /"title" holds half a surrogate pair/],
  ['a mark that turns the direction', { title: 'abc\u202etxt' }, /U\+202E at place 4/],
  ['an isolate', { detail: '\u2066x\u2069' }, /U\+2066 at place 1/],
  ['nothing but space', { title: '  \u00a0 ' }, /"title" is empty/],
  ['a line too long', { title: 'x'.repeat(21) }, /"title" has 21 characters; at most 20/],
  ['a text too long', { detail: 'é'.repeat(10_001) }, /10001 characters; at most 10000/],
  ['two lines where one is meant', { title: 'a\nb' }, /"title" must be one line/],
  ['a key that is none', { names: ['a b'] }, /"0" is no key/],
  ['a key twice', { names: ['a', 'b', 'a'] }, /"names" names "a" twice/],
  ['too many', { names: ['a', 'b', 'c', 'd'] }, /"names" has 4 entries; at most 3/],
  ['an address that is none of the web', { link: 'javascript:alert(1)' }, /must be an address that begins with https/],
])('%s is refused in words', (_what, values, said) => {
  expect(() => read(values)).toThrow(said);
});

test('the path says where', () => {
  try {
    read({ names: ['fine', 'not fine'] });
  } catch (error) {
    expect(error).toMatchObject({ extensions: { code: 'BAD_USER_INPUT', inputPath: ['input', 'names', 1] } });
    return;
  }
  throw new Error('It was accepted');
});

test('what is left out is null where it is optional, and undefined where it stays', () => {
  expect(read({})).toEqual({ title: 'x', detail: null, names: undefined, link: null });
});

test('characters outside the first plane count as one, and texts are kept in normal form C', () => {
  expect(read({ title: '😀'.repeat(20) }).title).toBe('😀'.repeat(20));
  expect(read({ title: 'e\u0301' }).title).toBe('\u00e9');
});

test('any text is either refused or kept such that reading it again changes nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      let kept: string;
      try {
        kept = read({ detail: text }).detail!;
      } catch {
        return;
      }
      expect(read({ detail: kept }).detail).toBe(kept);
      expect(kept.isWellFormed()).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
