import fc from 'fast-check';
import { isSameText, type JsonText, joined, keyOfText } from './json-text';

/** The same text, short or as if it were long. */
const text = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.boolean())
  .map(([value, isLong]): JsonText => (isLong ? Buffer.from(value) : value));

test('texts are joined as they stand, whatever form they have', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), text, (texts, other) => {
      expect(String(joined(texts))).toBe(texts.map(String).join(''));
      expect(String(joined(['{"é":', other, '}']))).toBe(`{"é":${other}}`);
    }),
  );
});

test('texts are the same when they say the same; their keys, when they have the same form too', () => {
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(isSameText(a, b)).toBe(String(a) === String(b));
      if (typeof a === typeof b) expect(keyOfText(a) === keyOfText(b)).toBe(String(a) === String(b));
    }),
  );
});
