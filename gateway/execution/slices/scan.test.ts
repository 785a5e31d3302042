import fc from 'fast-check';
import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { Shapes } from '../compile/shape';
import { AnswerLayout } from './layout';
import { Scan } from './scan';

const schema = buildSchema(`
  scalar Any
  enum Color { RED GREEN }
  type Query { thing: Thing things: [Thing!]! maybe: [Thing] }
  type Thing { id: ID! text: String size: Int! weight: Float isOld: Boolean color: Color tags: [String!] any: Any inner: Thing }
`);
const QUERY =
  '{ thing { id text } things { id size weight isOld color tags any inner { id text } } maybe { __typename text } }';

/** A layout with separate records for `things`, and verbatim slices for other objects. */
function layoutOf(visited: string[]) {
  const layout = new AnswerLayout({ schema, apiSchema: schema, visited: new Set(visited) });
  const [operation] = parse(QUERY).definitions as OperationDefinitionNode[];
  const shapes = new Shapes(schema, 'Query', [operation!.selectionSet]);
  const root = layout.position('Query', operation!.selectionSet, [{ place: '', shapes }]);
  return { positions: layout.positions, root };
}
const layout = layoutOf(['thing', 'things', 'things\0inner', 'maybe']);
const scan = (text: string | Buffer) => Scan.of(Buffer.from(text as string), layout);

const text = fc.string({ unit: 'grapheme' });
const id = text;
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
      color: nullable(fc.constantFrom('RED', 'GREEN')),
      tags: nullable(fc.array(text)),
      // the value as JSON returns it: JSON has no -0
      any: fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value))),
      inner: nullable(small),
    }),
  ),
  maybe: nullable(fc.array(nullable(fc.record({ __typename: fc.constant('Thing'), text: nullable(text) })))),
});

/** Reads the values of a scan by record numbers. */
function read(values: Scan) {
  const [query, ...others] = layout.positions;
  const slice = (position: number, record: number, slot: number) => {
    const base = record * layout.positions[position]!.stride + slot;
    const records = values.records[position]!;
    return JSON.parse(values.bytes.toString('utf8', records[base + 1]!, records[base + 2]!));
  };
  return { query, others, slice };
}

test('locates every value, whatever its type and however the JSON is spaced', () => {
  fc.assert(
    fc.property(data, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const values = scan(JSON.stringify({ data: value, extensions: { took: [1, { a: null }] } }, null, space));
      expect(values).toBeDefined();
      const things = layout.positions.findIndex((position) => position.fields.length === 8);
      expect(values!.counts[things]).toBe(value.things.length);
      const { slice } = read(values!);
      value.things.forEach((thing, index) => {
        for (const field of layout.positions[things]!.fields)
          if (!field.position)
            expect(slice(things, index, field.slot)).toEqual(thing[field.name as keyof typeof thing]);
      });
    }),
  );
});

test('rejects what JSON.parse rejects: any byte changed, removed, or inserted', () => {
  fc.assert(
    fc.property(
      data,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom('change', 'leave', 'put'),
      (value, at, byte, how) => {
        const bytes = [...Buffer.from(JSON.stringify({ data: value }))];
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

test('scans a large answer like a small one', () => {
  fc.assert(
    fc.property(fc.array(id, { minLength: 3_000, maxLength: 3_000 }), (ids) => {
      const things = ids.map((itemId, i) => ({ ...thing, id: itemId, size: i }));
      const values = scan(JSON.stringify({ data: { ...good, things } }));
      const position = layout.positions.findIndex((candidate) => candidate.fields.length === 8);
      const { slice } = read(values!);
      expect(values!.counts[position]).toBe(ids.length);
      const [idField, sizeField] = layout.positions[position]!.fields;
      expect(ids.map((_, i) => slice(position, i, idField!.slot))).toEqual(ids);
      expect(ids.map((_, i) => slice(position, i, sizeField!.slot))).toEqual(ids.map((_, i) => i));
    }),
    { numRuns: 10 },
  );
});

/** Mostly the same value to `JSON.parse`, written differently: escapes, white space, extra members, other forms of numbers. */
function rewritten(json: string, choices: readonly number[]): string {
  let at = 0;
  return json.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*|[{}[\],:]/g, (token) => {
    switch (choices[at++ % choices.length]) {
      case 0:
        return `${token} `;
      case 1:
        return `\n\t${token}`;
      case 2:
        return /^"[a-z]/.test(token) ? `"\\u00${token.charCodeAt(1).toString(16)}${token.slice(2)}` : token;
      case 3:
        return /^-?\d+$/.test(token) ? `${token}.0` : token;
      case 4:
        return /^-?[1-9]\d*$/.test(token) ? `${token}e0` : token;
      case 5:
        return token === '{' ? '{"more":[{"a":null}],' : token;
      case 6:
        return /^-?\d+$/.test(token) ? `${token}0000000000000001` : token;
      default:
        return token;
    }
  });
}

const BESIDE = [
  '',
  ',"errors":null',
  ',"errors":[]',
  ',"more":{}',
  ',"\\u0065rrors":[1]',
  ',"data":{}',
  ',"errors":[{}]',
];

test('rejects every text or reads it as JSON.parse does', () => {
  let understood = 0;
  fc.assert(
    fc.property(
      data,
      fc.constantFrom(...BESIDE),
      fc.array(fc.nat(200), { minLength: 1, maxLength: 40 }),
      (value, beside, choices) => {
        const text = rewritten(`{"data":${JSON.stringify(value)}${beside}}`, choices);
        const values = scan(text);
        if (!values) return;
        understood += 1;
        const response = JSON.parse(text) as { data: typeof value; errors?: unknown[] | null };
        expect(response.errors ?? []).toEqual([]);
        const things = layout.positions.findIndex((position) => position.fields.length === 8);
        expect(values.counts[things]).toBe(response.data.things.length);
        const { slice } = read(values);
        response.data.things.forEach((thing, index) => {
          for (const field of layout.positions[things]!.fields)
            if (!field.position)
              expect(slice(things, index, field.slot)).toEqual(thing[field.name as keyof typeof thing]);
        });
      },
    ),
    { numRuns: 2_000 },
  );
  expect(understood).toBeGreaterThan(100);
});

test('rejects random bytes that are not JSON', () => {
  const piece = fc.constantFrom(...'{}[]",:\\ue0-1.5 \n'.split(''), 'null', 'true', '"data":', '"thing":', '"errors":');
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((list) => Buffer.from(list)),
    fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join(''))),
  );
  const [head, tail] = [`{"data":${JSON.stringify({ thing: null, things: [], maybe: null })},"more":`, '}'];
  fc.assert(
    fc.property(bytes, (body) => {
      if (scan(body)) expect(JSON.parse(body.toString('utf8'))).toHaveProperty('data');
      const whole = Buffer.concat([Buffer.from(head), body, Buffer.from(tail)]);
      if (scan(whole)) expect(JSON.parse(whole.toString('utf8'))).toHaveProperty('more');
    }),
    { numRuns: 5_000 },
  );
});

const good = { thing: null, things: [], maybe: null };
const thing = { id: '1', size: 1, weight: 1, isOld: true, color: 'RED', tags: [], any: 1, inner: null };
test.each<[string, string]>([
  ['errors', JSON.stringify({ data: good, errors: [{ message: 'x' }] })],
  ['no data', '{"extensions":{}}'],
  ['null for data', '{"data":null}'],
  ['a field missing', '{"data":{"thing":null,"things":[]}}'],
  ['fields in another order', '{"data":{"things":[],"thing":null,"maybe":null}}'],
  ['a field too many', '{"data":{"thing":null,"things":[],"maybe":null,"more":1}}'],
  ['null where none may be', JSON.stringify({ data: { ...good, things: [null] } })],
  ['an object for a list', JSON.stringify({ data: { ...good, things: {} } })],
  ['an ID that is a number', JSON.stringify({ data: { ...good, thing: { id: 1, text: null } } })],
  ['errors written with an escape', '{"data":{"thing":null,"things":[],"maybe":null},"\\u0065rrors":[{}]}'],
  ['another type', JSON.stringify({ data: { ...good, maybe: [{ __typename: 'Other', text: null }] } })],
  ['a byte-order mark', `\ufeff${JSON.stringify({ data: good })}`],
  ['something after the end', `${JSON.stringify({ data: good })} 1`],
])('leaves an answer with %s to the general execution', (_what, answer) => {
  expect(scan(JSON.stringify({ data: { ...good, things: [thing] } }))).toBeDefined();
  expect(scan(answer)).toBeUndefined();
});

test('leaves bytes that are not UTF-8 to the general execution', () => {
  const bytes = Buffer.from('{"data":{"thing":{"id":"x","text":"?"},"things":[],"maybe":null}}');
  expect(scan(bytes)).toBeDefined();
  bytes[bytes.indexOf('?')] = 0xff;
  expect(scan(bytes)).toBeUndefined();
});
