import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { type CsvError, parse as parseCsv } from 'csv-parse';
import { parseDocument } from 'yaml';
import { OperatorError } from '#base/errors';
import { Row } from './row';
import { decodedBytes, decodedText, textPieces } from './text';

/** Limit for JSON and YAML, which are read whole. Published files are far smaller. */
const MAX_DOCUMENT_BYTES = 256 * 1024 * 1024;

/** @throws OperatorError unless the path is a readable file */
export async function requireReadable(file: string): Promise<void> {
  try {
    const stats = await stat(file);
    if (!stats.isFile())
      throw new OperatorError(`"${file}" is not a file`, 'Name the file itself, or use `import -- all <folder>`');
    await access(file, constants.R_OK);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new OperatorError(
      missing ? `File "${file}" does not exist` : `"${file}" cannot be read: ${(error as Error).message}`,
      missing ? 'Check the path, which is relative to the current folder' : 'Check the permissions of the file',
    );
  }
}

/** Maximum bytes of a row. A quote that is never closed would put the rest of the file into one. */
const MAX_ROW_BYTES = 1024 * 1024;

/** A row of a CSV file, by column. */
export interface CsvRow {
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/**
 * Streams the rows of a CSV file with a header line.
 * @param columnsOf names of the columns, by the header
 * @param fix what to do about a file that is not CSV
 * @throws OperatorError with the line
 */
export async function* csvRows(
  file: string,
  columnsOf: (header: readonly string[]) => string[],
  fix: string,
): AsyncGenerator<CsvRow> {
  const parser = parseCsv({
    ...{ bom: true, info: true, relax_column_count: false, skip_empty_lines: true, max_record_size: MAX_ROW_BYTES },
    columns: (header: string[]) => columnsOf(header.map((name) => name.trim())),
  });
  // an error of the text ends the parser, too
  pipeline(textPieces(file), parser, () => {});
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>)
      yield { line: info.lines, values: record };
  } catch (error) {
    const { code, message, lines } = error as Partial<CsvError> & { message: string; lines?: number };
    if (!code?.startsWith('CSV_')) throw error;
    throw new OperatorError(`"${file}" is not valid CSV${lines ? ` at line ${lines}` : ''}: ${message}`, fix);
  }
}

/** Rows of a CSV file that has these columns. */
export async function* readCsv(file: string, columns: readonly string[]): AsyncGenerator<Row> {
  const fix = 'Nothing was imported. Download the file again, or correct the line';
  for await (const { line, values } of csvRows(file, (header) => checkHeader(file, header, columns), fix))
    yield new Row(line, values);
}

function checkHeader(file: string, present: readonly string[], columns: readonly string[]): string[] {
  const missing = columns.filter((name) => !present.includes(name));
  if (missing.length > 0)
    throw new OperatorError(
      `"${file}" has no column${missing.length > 1 ? 's' : ''} ${missing.map((name) => `"${name}"`).join(', ')}; it has ${present
        .slice(0, 8)
        .map((name) => `"${name}"`)
        .join(', ')}${present.length > 8 ? ', …' : ''}`,
      'Check that the file belongs to this source (`import -- --help` lists them) and that its first line names the columns',
    );
  return [...present];
}

async function readDocument(file: string): Promise<string> {
  requireSize(file, (await stat(file)).size);
  return decodedText(file);
}

function requireSize(file: string, size: number): void {
  if (size > MAX_DOCUMENT_BYTES)
    throw new OperatorError(
      `"${file}" is ${Math.round(size / 1024 / 1024)} MB; the maximum is 256 MB`,
      'Check that it is the correct file',
    );
}

/** Line and column of an offset, starting at 1. */
function position(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${before.at(-1)!.length + 1}`;
}

/** @throws OperatorError with line and column if the file is not valid JSON */
export const readJson = async (file: string): Promise<unknown> => parsedJson(file, await readDocument(file));

/** JSON of the bytes of a file, for a reader that needs the bytes, too. @throws OperatorError as {@link readJson} */
export function jsonOf(file: string, bytes: Buffer): unknown {
  requireSize(file, bytes.length);
  return parsedJson(file, decodedBytes(file, bytes));
}

function parsedJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = (error as Error).message;
    const offset = /position (\d+)/.exec(message)?.[1];
    const where = offset
      ? position(text, Number(offset))
      : text.trim() === ''
        ? 'it is empty'
        : position(text, text.length);
    throw new OperatorError(
      `"${file}" is not valid JSON (${where}): ${message.slice(0, 160)}`,
      'Nothing was imported. Download the file again',
    );
  }
}

/** @throws OperatorError with line and column if the file is not valid YAML */
export async function readYaml(file: string): Promise<unknown> {
  const document = parseDocument(await readDocument(file), { prettyErrors: true });
  const error = document.errors[0];
  if (error) {
    const [start] = error.linePos ?? [];
    throw new OperatorError(
      `"${file}" is not valid YAML${start ? ` (line ${start.line}, column ${start.col})` : ''}: ${error.message.split('\n')[0]}`,
      'Nothing was imported. Download the file again',
    );
  }
  try {
    return document.toJS();
  } catch (failure) {
    throw new OperatorError(
      `"${file}" cannot be read: ${(failure as Error).message}`,
      'Nothing was imported. Download the file again',
    );
  }
}

/** Rows of the list at a path of a document, numbered from 1: `rowsAt(file, kev, 'vulnerabilities')`. */
export function rowsAt(file: string, document: unknown, ...path: readonly string[]): Row[] {
  let value = document;
  for (const step of path) value = (value as Record<string, unknown> | null)?.[step];
  const where = path.length > 0 ? `"${path.join('.')}"` : 'the document';
  if (!Array.isArray(value))
    throw new OperatorError(
      `"${file}" has no list at ${where}`,
      'Check that the file belongs to this source (`import -- --help` lists them)',
    );
  return value.map(
    (fields, index) => new Row(index + 1, typeof fields === 'object' && fields !== null ? fields : { value: fields }),
  );
}
