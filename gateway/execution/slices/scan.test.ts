import fc from 'fast-check';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { AnswerLayout } from './layout';
import { Scan } from './scan';

const schema = buildSchema(`
  scalar Any
  enum Colour { RED GREEN }
  type Query { thing: Thing things: [Thing!]! maybe: [Thing] }
  type Thing { id: ID! text: String size: Int! weight: Float isOld: Boolean colour: Colour tags: [String!] any: Any inner: Thing }
`);
const QUERY =
  '{ thing { id text } things { id size weight isOld colour tags any inner { id text } } maybe { __typename text } }';

/** Of the things, those of `things` are kept one by one; the others as they are written. */
function layoutOf(visited: string[]) {
  const layout = new AnswerLayout({ schema, apiSchema: schema, visited: new Set(visited) });
  const [operation] = parse(QUERY).definitions as OperationDefinitionNode[];
  const root = layout.position('Query', operation!.selectionSet, [{ place: '', shapes: undefined }]);
  return { positions: layout.positions, root };
}
const layout = layoutOf(['thing', 'things', 'things\0inner', 'maybe']);
const scan = (text: string | Buffer) => Scan.of(Buffer.from(text as string), layout);

const text = fc.string({ unit: 'grapheme' });
const id = fc.oneof(text, fc.integer());
const nullable = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 5 });
const small = fc.record({ id, text: nullable(text) });
const data = fc.record({
  thing: nullable(small),
  things: fc.array(
    fc.record({
      id,
      size: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      weight: nullable(fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => Math.round(value * 8) / 8 || 0)),
      isOld: nullable(fc.boolean()),
      colour: nullable(fc.constantFrom('RED', 'GREEN')),
      tags: nullable(fc.array(text)),
      // as JSON gives it back: it has no -0
      any: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
      inner: nullable(small),
    }),
  ),
  maybe: nullable(fc.array(nullable(fc.record({ __typename: fc.constant('Thing'), text: nullable(text) })))),
});

/** What a scan found, by the numbers of its records. */
function read(found: Scan) {
  const [query, ...others] = layout.positions;
  const slice = (position: number, record: number, slot: number) => {
    const base = record * layout.positions[position]!.stride + slot;
    const records = found.records[position]!;
    return JSON.parse(found.bytes.toString('utf8', records[base + 1]!, records[base + 2]!));
  };
  return { query, others, slice };
}

test('every value is found where it is, whatever it is and however the JSON is spaced', () => {
  fc.assert(
    fc.property(data, fc.constantFrom(undefined, 1, '\t'), (given, space) => {
      const found = scan(JSON.stringify({ data: given, extensions: { took: [1, { a: null }] } }, null, space));
      expect(found).toBeDefined();
      const things = layout.positions.findIndex((one) => one.fields.length === 8);
      expect(found!.counts[things]).toBe(given.things.length);
      const { slice } = read(found!);
      given.things.forEach((thing, index) => {
        for (const field of layout.positions[things]!.fields)
          if (!field.position)
            expect(slice(things, index, field.slot)).toEqual(thing[field.name as keyof typeof thing]);
      });
    }),
  );
});

test('what JSON.parse refuses is refused: any byte changed, left out or put in', () => {
  fc.assert(
    fc.property(
      data,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom('change', 'leave', 'put'),
      (given, at, byte, how) => {
        const bytes = [...Buffer.from(JSON.stringify({ data: given }))];
        const place = at % bytes.length;
        if (how === 'change') bytes[place] = byte;
        else if (how === 'leave') bytes.splice(place, 1);
        else bytes.splice(place, 0, byte);
        const broken = Buffer.from(bytes);
        let isJson = broken.equals(Buffer.from(broken.toString('utf8')));
        try {
          JSON.parse(broken.toString('utf8'));
        } catch {
          isJson = false;
        }
        if (!isJson) expect(scan(broken)).toBeUndefined();
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a large answer is looked through as a small one is', () => {
  fc.assert(
    fc.property(fc.array(id, { minLength: 3_000, maxLength: 3_000 }), (ids) => {
      const things = ids.map((one, i) => ({ ...thing, id: one, size: i }));
      const found = scan(JSON.stringify({ data: { ...good, things } }));
      const position = layout.positions.findIndex((one) => one.fields.length === 8);
      const { slice } = read(found!);
      expect(found!.counts[position]).toBe(ids.length);
      const [idField, sizeField] = layout.positions[position]!.fields;
      expect(ids.map((_, i) => slice(position, i, idField!.slot))).toEqual(ids);
      expect(ids.map((_, i) => slice(position, i, sizeField!.slot))).toEqual(ids.map((_, i) => i));
    }),
    { numRuns: 10 },
  );
});

const good = { thing: null, things: [], maybe: null };
const thing = { id: '1', size: 1, weight: 1, isOld: true, colour: 'RED', tags: [], any: 1, inner: null };
test.each<[string, string]>([
  ['errors', JSON.stringify({ data: good, errors: [{ message: 'x' }] })],
  ['no data', '{"extensions":{}}'],
  ['null for data', '{"data":null}'],
  ['a field missing', '{"data":{"thing":null,"things":[]}}'],
  ['fields in another order', '{"data":{"things":[],"thing":null,"maybe":null}}'],
  ['a field too many', '{"data":{"thing":null,"things":[],"maybe":null,"more":1}}'],
  ['null where none may be', JSON.stringify({ data: { ...good, things: [null] } })],
  ['no list', JSON.stringify({ data: { ...good, things: {} } })],
  ['another type', JSON.stringify({ data: { ...good, maybe: [{ __typename: 'Other', text: null }] } })],
  ['a byte-order mark', `\ufeff${JSON.stringify({ data: good })}`],
  ['something after the end', `${JSON.stringify({ data: good })} 1`],
])('an answer with %s is looked at closely', (_what, answer) => {
  expect(scan(JSON.stringify({ data: { ...good, things: [thing] } }))).toBeDefined();
  expect(scan(answer)).toBeUndefined();
});

test('bytes that are no UTF-8 are looked at closely', () => {
  const bytes = Buffer.from('{"data":{"thing":{"id":"x","text":"?"},"things":[],"maybe":null}}');
  expect(scan(bytes)).toBeDefined();
  bytes[bytes.indexOf('?')] = 0xff;
  expect(scan(bytes)).toBeUndefined();
});
