import { PassThrough } from 'node:stream';
import { progressOn } from './progress';

function screen(isTTY: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream;
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  // terminal functions that the progress bar calls
  Object.assign(stream, { isTTY, columns: 80, cursorTo: () => true, clearLine: () => true, moveCursor: () => true });
  return { stream, text: () => text };
}

function importRows(stream: NodeJS.WriteStream, rows: number): void {
  const progress = progressOn(stream, 'kev');
  for (let row = 1; row <= rows; row += 1) progress.advance(row);
  progress.finish(rows);
}

test('without a terminal, writes a plain line every 25,000 rows, and nothing for a short file', () => {
  const { stream, text } = screen(false);
  importRows(stream, 60_000);
  expect(text()).toBe('kev: 25000 rows\nkev: 50000 rows\n');
  const short = screen(false);
  importRows(short.stream, 500);
  expect(short.text()).toBe('');
});

test('on a terminal, shows a bar and clears it at the end', () => {
  const { stream, text } = screen(true);
  importRows(stream, 1_000);
  expect(text()).toContain('kev ');
  expect(text()).not.toContain('\n');
});
