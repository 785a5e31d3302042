import { MAX_ENTRIES, MAX_HEADER_BYTES, readWithheld, type WithheldEntry, writeWithheld } from './withheld';

const entry = (coordinate: string, more: Partial<WithheldEntry> = {}): WithheldEntry => ({
  coordinate,
  kind: 'FIELD',
  class: 'PROPIN',
  readable: 'SOME',
  why: 'Only for oversight',
  grantedTo: ['@oversight'],
  ...more,
});
const anywhere = () => true;

test('reads the entries that it writes, sorted by kind and coordinate', () => {
  const entries = [entry('B.c'), entry('A', { kind: 'ROWS', class: undefined, why: 'Só “yes”' }), entry('A.b')];
  const text = writeWithheld(entries);
  expect(text).toMatch(/^[\x20-\x7e]+$/);
  const [of, b, c] = readWithheld(text, anywhere)!.entries;
  expect([of, b, c]).toEqual([{ ...entries[1], class: undefined }, entries[2], entries[0]]);
});

test('counts the entries beyond its limits', () => {
  const many = Array.from({ length: 80 }, (_, i) => entry(`Type.f${i}`));
  expect(readWithheld(writeWithheld(many), anywhere)).toMatchObject({ omitted: 80 - MAX_ENTRIES });
  const long = many.map((one, i) => ({ ...one, why: `${i} ${'é'.repeat(900)}` }));
  const text = writeWithheld(long);
  expect(text.length).toBeLessThanOrEqual(MAX_HEADER_BYTES);
  const { entries, omitted } = readWithheld(text, anywhere)!;
  expect([entries.length > 0, entries.length + omitted]).toEqual([true, 80]);
});

test.each([
  '',
  '{',
  'null',
  '1',
  '[]',
  '{"rules":1,"entries":[]}',
  `{"rules":[],"entries":[],"x":"${'x'.repeat(9_000)}"}`,
])('rejects a malformed header: %.40s', (text) => {
  expect(readWithheld(text, anywhere)).toBeUndefined();
});

test('drops entries that no subgraph should send', () => {
  const rule = '["Only for oversight","@oversight"]';
  const read = (one: string, rules = rule) =>
    readWithheld(`{"rules":[${rules}],"entries":[${one}]}`, anywhere)!.entries;
  expect(read('["A.b","FIELD","GOV","SOME",0]')).toHaveLength(1);
  for (const one of [
    'null',
    '[]',
    '["A.b","OTHER","GOV","SOME",0]',
    '["A.b","FIELD","SECRET","SOME",0]',
    '["A.b","FIELD","GOV","ALL",0]',
    '["A.b","FIELD","GOV","SOME",1]',
    '["A.b","FIELD","GOV","SOME","__proto__"]',
    '["A.b.c","FIELD","GOV","SOME",0]',
    '["<b>","FIELD","GOV","SOME",0]',
    `["${'A'.repeat(300)}","FIELD","GOV","SOME",0]`,
  ])
    expect([one, read(one)]).toEqual([one, []]);
  for (const rules of ['[]', 'null', '["a\\nb"]', '["x","<role>"]', '[1]', `["${'x'.repeat(801)}"]`])
    expect([rules, read('["A.b","FIELD","GOV","SOME",0]', rules)]).toEqual([rules, []]);
  expect(readWithheld(writeWithheld([entry('A.b'), entry('C.d')]), (at) => at === 'C.d')!.entries).toHaveLength(1);
});
