import fc from 'fast-check';
import { Representations } from './representations';

test('each text is in the list once, and is given its number', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(20).map(String), fc.string({ maxLength: 30 }))), (texts) => {
      const representations = new Representations();
      const numbers = texts.map((one) => {
        const json = Buffer.from(JSON.stringify(one));
        representations.begin().copy(json, 0, json.length);
        return representations.end();
      });
      const distinct = [...new Set(texts)];
      expect(representations.count).toBe(distinct.length);
      expect(numbers).toEqual(texts.map((one) => distinct.indexOf(one)));
      expect(JSON.parse(representations.text())).toEqual(distinct);
    }),
  );
});
