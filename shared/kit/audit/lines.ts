import { createReadStream } from 'node:fs';

/**
 * Lines of a file. Only a line feed ends a line: `readline` also breaks at carriage returns and at U+2028, so readers could disagree about
 * the lines.
 * @param end offset of the last byte to read; the whole file by default
 */
export async function* linesOf(file: string, end?: number): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', end })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  if (rest !== '') yield rest;
}
