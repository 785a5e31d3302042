import fc from 'fast-check';
import { Representations } from './representations';

test('lists each text once and returns its number', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(20).map(String), fc.string({ maxLength: 30 }))),
      fc.nat(6_000),
      (some, more) => {
        const texts = [...some, ...Array.from({ length: more }, (_, i) => `${i % 2_500}`), ...some];
        const representations = new Representations(texts.length, 0x7b, Buffer.from('"head":'));
        const numbers = texts.map((text) => {
          const json = Buffer.from(JSON.stringify(text));
          representations.begin().copy(json, 0, json.length);
          return representations.end();
        });
        const distinct = [...new Set(texts)];
        const places = new Map(distinct.map((text, i) => [text, i]));
        expect(representations.count).toBe(distinct.length);
        expect(numbers).toEqual(texts.map((text) => places.get(text)));
        expect(JSON.parse(String(representations.text(Buffer.from(',"tail":1}'))))).toEqual({
          head: distinct,
          tail: 1,
        });
      },
    ),
  );
});
