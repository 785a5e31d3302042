import { parse } from 'graphql';
import { parsePrincipal } from '#base/identity/principal';
import { clientNameOf, PUBLIC, partyOf, UNNAMED, Usage, withoutValues } from './usage';

const NAMED = { client: 'dashboard', version: '1.4', party: 'agency:nsa' };

describe('an operation without values', () => {
  test.each([
    [
      '{ a(text: "secret", n: 5, x: 1.5, b: true, e: OPEN, z: null) }',
      '{\n  a(text: "", n: 0, x: 0, b: true, e: OPEN, z: null)\n}',
    ],
    [
      '{ a(in: ["x", "y"], or: [{ id: 1 }, { id: 2 }, { key: "k" }]) }',
      '{\n  a(in: [""], or: [{id: 0}, {key: ""}])\n}',
    ],
    ['{ secretPlan: a, more: a }', '{\n  alias1: a\n  alias2: a\n}'],
    [
      'query Q($v: String = "secret") { a(text: $v) @include(if: true) }',
      'query Q($variable1: String = "") {\n  a(text: $variable1) @include(if: true)\n}',
    ],
    ['{ a(text: """\nblock\n""") }', '{\n  a(text: "")\n}'],
  ])('%s', (text, expected) => {
    expect(withoutValues(parse(text), undefined)).toBe(expected);
  });

  test('has only the operation that was sent, with its fragments', () => {
    const document = parse('query A { a } query B { ...F } fragment F on Query { b }');
    expect(withoutValues(document, 'B')).toBe('query B {\n  ...Fragment1\n}\n\nfragment Fragment1 on Query {\n  b\n}');
  });
});

describe('counting', () => {
  test('adds up requests of the same operation with other values', () => {
    const usage = new Usage();
    const [one, two] = [parse('{ a(id: 1) }'), parse('{ a(id: 2) }')];
    usage.count(one, undefined, NAMED);
    usage.count(one, undefined, NAMED);
    usage.count(two, undefined, NAMED);
    usage.count(two, undefined, { ...NAMED, client: UNNAMED, version: UNNAMED });
    expect(usage.take()).toEqual([
      expect.objectContaining({ ...NAMED, name: UNNAMED, operation: '{\n  a(id: 0)\n}', requests: 3 }),
      expect.objectContaining({ client: UNNAMED, requests: 1 }),
    ]);
    expect(usage.take()).toEqual([]);
  });

  test('keeps its memory within bounds, and says how much it did not count', () => {
    const usage = new Usage();
    for (let index = 0; index < 2_100; index += 1) usage.count(parse(`{ a${index} }`), undefined, NAMED);
    expect(usage.uncounted).toBe(100);
    expect(usage.take()).toHaveLength(2_000);
    const document = parse('{ a }');
    for (let index = 0; index < 60; index += 1)
      usage.count(document, undefined, { ...NAMED, client: `client-${index}`, version: '1' });
    expect(usage.take()).toHaveLength(50);
    expect(usage.uncounted).toBe(110);
    usage.count(parse(`{ ${'long '.repeat(20_000)} }`), undefined, NAMED);
    expect(usage.take()).toEqual([]);
    expect(usage.uncounted).toBe(111);
    const long = (index: number) => parse(`{ a${index} ${'b '.repeat(8_000)} }`);
    for (let index = 0; index < 100; index += 1) usage.count(long(index), undefined, NAMED);
    expect(usage.take().reduce((sum, { operation }) => sum + operation.length, 0)).toBeLessThan(2 * 1024 * 1024);
  });

  test('gives each party its share, whatever another one makes up', () => {
    const usage = new Usage();
    for (let index = 0; index < 5_000; index += 1)
      usage.count(parse(`{ a${index % 2_500} }`), undefined, { ...NAMED, client: `client-${index}` });
    for (let index = 0; index < 200; index += 1) {
      const other = { client: 'map', version: '1', party: 'agency:doe' };
      usage.count(parse(`{ a${index} }`), undefined, other);
    }
    expect(usage.take().filter(({ party }) => party === 'agency:doe')).toHaveLength(200);
  });

  test('counts few operations of the public, who can make up any number', () => {
    const usage = new Usage();
    for (let index = 0; index < 150; index += 1) usage.count(parse(`{ a${index} }`), undefined, PUBLIC);
    usage.count(parse('{ b }'), undefined, NAMED);
    expect(usage.uncounted).toBe(50);
    expect(usage.take()).toHaveLength(101);
  });

  test.each([
    ['role=agency-reviewer; agency=nsa; subject=a', 'agency:nsa'],
    ['role=developer-submitter; organization=alder; subject=a', 'organization:alder'],
    ['role=analyst,operator; subject=a', 'role:analyst'],
  ])('counts %s for %s', (principal, party) => {
    expect(partyOf(parsePrincipal(principal))).toBe(party);
  });

  test.each([
    ['dashboard', 'dashboard'],
    ['public', UNNAMED],
    ['Agency map 2', 'Agency map 2'],
    [undefined, UNNAMED],
    ['', UNNAMED],
    ['x'.repeat(61), UNNAMED],
    ['a\tb', UNNAMED],
    [['a', 'b'], UNNAMED],
  ])('reads the name %j of a client as %s', (header, name) => {
    expect(clientNameOf(header)).toBe(name);
  });
});
