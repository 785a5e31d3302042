import fc from 'fast-check';
import { isSameText, type JsonText, joined, keyOfText } from './json-text';

/** A text as a string or, like long texts, as bytes. */
const text = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.boolean())
  .map(([value, isLong]): JsonText => (isLong ? Buffer.from(value) : value));

test('joins texts of any form unchanged', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), text, (texts, other) => {
      expect(String(joined(texts))).toBe(texts.map(String).join(''));
      expect(String(joined(['{"é":', other, '}']))).toBe(`{"é":${other}}`);
    }),
  );
});

test('compares texts by content, and keys by content and form', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(isSameText(a, b)).toBe(String(a) === String(b));
      if (typeof a === typeof b) expect(keyOfText(a) === keyOfText(b)).toBe(String(a) === String(b));
    }),
  );
});
