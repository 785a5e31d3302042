import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { OperatorError } from '#base/errors';

/** UTF-16 begins with this byte-order mark; some spreadsheets write it. */
const UTF16_MARK = Buffer.from([0xff, 0xfe]);

type Encoding = 'UTF-8' | 'UTF-16LE';

const encodingOf = (bytes: Buffer): Encoding => (bytes.subarray(0, 2).equals(UTF16_MARK) ? 'UTF-16LE' : 'UTF-8');

/** @param piece the invalid bytes @param line of the file, at which they begin */
function notText(file: string, encoding: Encoding, piece: Buffer, line: number): OperatorError {
  const where = encoding === 'UTF-8' ? ` at line ${line + firstInvalidLine(piece)}` : '';
  return new OperatorError(
    `"${file}" is not ${encoding}${where}`,
    'Nothing was imported or sent. Save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")',
  );
}

/** A decoder that rejects invalid bytes, which would silently become U+FFFD. Skips a byte-order mark. */
const decoderOf = (encoding: Encoding) => new TextDecoder(encoding, { fatal: true });

/** Text of a file. @throws OperatorError if it is neither UTF-8 nor, with a byte-order mark, UTF-16 */
export const decodedText = async (file: string): Promise<string> => decodedBytes(file, await readFile(file));

/** Text of the bytes of a file. @throws OperatorError as {@link decodedText} */
export function decodedBytes(file: string, bytes: Buffer): string {
  const encoding = encodingOf(bytes);
  try {
    return decoderOf(encoding).decode(bytes);
  } catch {
    throw notText(file, encoding, bytes, 1);
  }
}

/** Reads a whole file. @throws OperatorError as {@link decodedText} */
export async function requireText(file: string): Promise<void> {
  for await (const _piece of textPieces(file));
}

/** Same as {@link decodedText}, in pieces. Pieces before an invalid one are used: undo their effects, or call {@link requireText} first. */
export async function* textPieces(file: string): AsyncGenerator<string> {
  let encoding: Encoding = 'UTF-8';
  let decoder: ReturnType<typeof decoderOf> | undefined;
  let line = 1;
  for await (const piece of createReadStream(file) as AsyncIterable<Buffer>) {
    if (!decoder) {
      encoding = encodingOf(piece);
      decoder = decoderOf(encoding);
    }
    let text: string;
    try {
      text = decoder.decode(piece, { stream: true });
    } catch {
      throw notText(file, encoding, piece, line);
    }
    line += text.split('\n').length - 1;
    yield text;
  }
  try {
    decoder?.decode();
  } catch {
    throw notText(file, encoding, Buffer.alloc(0), line);
  }
}

/** Bytes of a character after its first one. */
const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
const MAX_CONTINUATION = 3;

/** Line of a piece with the first invalid byte, from 0. The piece may begin within a character. */
function firstInvalidLine(piece: Buffer): number {
  let start = 0;
  while (start < MAX_CONTINUATION && isContinuation(piece[start])) start += 1;
  let line = 0;
  for (;;) {
    const end = piece.indexOf(0x0a, start);
    if (end < 0 || !isUtf8(piece.subarray(start, end))) return line;
    start = end + 1;
    line += 1;
  }
}
