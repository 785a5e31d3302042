import type { BulkMutation } from './item-type';
import { CellError, itemsOf } from './items';

const field = (
  name: string,
  kind: 'integer' | 'number' | 'boolean' | 'object' | 'text',
  isRequired = false,
  isList = false,
) => ({
  ...{ name, kind, isRequired, isList },
});
const MUTATION: BulkMutation = {
  name: 'addBoxes',
  inputType: 'AddBoxesInput',
  fields: [
    field('id', 'text', true),
    field('size', 'integer'),
    field('weight', 'number'),
    field('isOpen', 'boolean'),
    field('tags', 'text', false, true),
    field('sizes', 'integer', false, true),
    field('parts', 'object', false, true),
    field('lid', 'object'),
    { ...field('color', 'text'), values: ['RED', 'BLUE'] },
  ],
};

test('converts cells by the type of their field, and leaves out empty ones', () => {
  const item = itemsOf(
    MUTATION,
    MUTATION.fields.map(({ name }) => name),
  );
  expect(
    item({
      id: ' x1 ',
      size: '3',
      weight: '-0.5',
      isOpen: 'TRUE',
      tags: 'a; b;',
      sizes: '1;2',
      parts: '[{"n":1}]',
      lid: '{"a":"b"}',
    }),
  ).toEqual({
    id: 'x1',
    size: 3,
    weight: -0.5,
    isOpen: true,
    tags: ['a', 'b'],
    sizes: [1, 2],
    parts: [{ n: 1 }],
    lid: { a: 'b' },
  });
  expect(item({ id: 'x', size: '', tags: ' ' })).toEqual({ id: 'x' });
});

test.each([
  ['id', '', 'is empty'],
  ['size', '1.5', 'is "1.5", which is not a whole number'],
  ['size', '3000000000', 'is "3000000000", which is not a whole number'],
  ['color', 'red', 'is "red": use one of RED, BLUE'],
  ['size', 'many', 'is "many", which is not a whole number'],
  ['weight', 'heavy', 'is "heavy", which is not a number'],
  ['isOpen', 'yes', 'is "yes": use true or false'],
  ['sizes', '1;x', 'is "x", which is not a whole number'],
  ['parts', '{}', 'is not a JSON array'],
  ['lid', '[1]', 'is not a JSON object'],
  ['lid', '{', 'is not a JSON object'],
])('rejects a row with %s = %j', (column, value, message) => {
  const item = itemsOf(MUTATION, [...new Set(['id', column])]);
  expect(() => item({ id: 'x', [column]: value })).toThrow(message);
  expect(() => item({ id: 'x', [column]: value })).toThrow(CellError);
});

test('rejects unknown, duplicate, and missing columns', () => {
  expect(() => itemsOf(MUTATION, ['id', 'size', 'id'])).toThrow('The file has the column "id" twice');
  expect(() => itemsOf(MUTATION, ['id', 'wieght'])).toThrow(
    /Items of addBoxes have no field "wieght"[^\n]*"weight"[^\n]*\n {2}Name the columns as the fields: id, size/,
  );
  expect(() => itemsOf(MUTATION, ['size'])).toThrow('The file has no column "id"\n  Items of addBoxes require: id');
});
