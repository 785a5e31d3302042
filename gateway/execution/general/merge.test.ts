import fc from 'fast-check';
import { parseExactly } from '../../transport/exact-json';
import { copy } from './merge';

test('copies any JSON value and shares no object', () => {
  const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'toString', 'constructor'));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      fc.constantFrom('null', 'true', '1', '"text"', '9007199254740993'),
      fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join()}]`),
      fc
        .uniqueArray(fc.tuple(key, tie('value')), { maxLength: 3, selector: ([name]) => name })
        .map((members) => `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`),
    ),
  }));
  fc.assert(
    fc.property(value, (text) => {
      const original = parseExactly(String(text));
      const copied = copy(original);
      expect(JSON.stringify(copied)).toBe(JSON.stringify(original));
      if (typeof copied === 'object' && copied !== null && text !== '9007199254740993')
        expect(copied).not.toBe(original);
    }),
  );
});
