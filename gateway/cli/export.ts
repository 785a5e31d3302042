import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { OperatorError } from '#base/errors';
import { progressOn } from '#kit/import/progress';
import { bannerOf } from '../export/banner';
import { pagedOperation } from '../export/paged-operation';
import { pagesOf } from '../export/pages';
import { type Content, type Format, writerOf } from '../export/writers';
import { type CallerOptions, callerOf, clientOf, schemaOf, textOf } from './graph-client';

export interface ExportOptions extends CallerOptions {
  /** File with the operation. */
  readonly question: string;
  readonly format: Format;
  /** File to write; undefined for standard output. */
  readonly out?: string;
  /** JSON text, or a file with it. */
  readonly variables?: string;
  readonly operation?: string;
  readonly list?: string;
  readonly unfold?: string;
  readonly pageSize: number;
  readonly banner: boolean;
}

/** How far an unfinished export is. Its file ends at `bytes`; what follows is lost work of a process that ended. */
interface Position {
  /** Hash of everything that decides the content. */
  readonly of: string;
  readonly cursor: string;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes all objects of a question's list to a file or to standard output, page by page. An export to a file that stops continues where it
 * stopped, except as Parquet: until it is complete, the rows are in `<out>.part`, and the position in `<out>.position`.
 * @throws OperatorError
 */
export async function exportQuestion(options: ExportOptions): Promise<void> {
  const text = await textOf(options.question, 'question');
  const variables = await variablesOf(options.variables);
  const operation = pagedOperation(text, {
    list: options.list,
    pageSize: options.pageSize,
    operationName: options.operation,
  });
  if (options.unfold !== undefined && options.format === 'jsonl')
    throw new OperatorError('--unfold is for tables, and JSON Lines keep the objects', 'Omit --unfold, or use --csv');
  const writer = await writerOf(options.format, operation, {
    unfold: options.unfold,
    schema: options.format === 'parquet' ? await schemaOf(options) : undefined,
  });
  const of = createHash('sha256')
    .update(
      JSON.stringify([
        operation.query,
        variables,
        options.format,
        options.unfold,
        options.url,
        await callerOf(options),
      ]),
    )
    .digest('hex');
  const output = options.out === undefined ? new StandardOutput() : await OutputFile.open(options.out, of);
  const progress = progressOn(process.stderr, 'export');
  let rows = output.start?.rows ?? 0;
  try {
    const pages = pagesOf(operation, variables, {
      ask: await clientOf(options),
      cursor: output.start?.cursor ?? null,
      onPause: ({ seconds, why }) => process.stderr.write(`Waiting ${Math.ceil(seconds)} s: ${why}\n`),
    });
    let isFirst = output.start === undefined;
    for await (const { objects, next, extensions } of pages) {
      const banner = options.banner ? bannerOf(text, variables, extensions) : null;
      const content = isFirst ? [writer.start(banner)] : [];
      for (const piece of writer.add(objects)) {
        content.push(piece.content);
        rows += piece.rows;
      }
      if (next === null) content.push(writer.finish());
      await output.write(bytesOf(content), { cursor: writer.isResumable ? next : null, rows });
      isFirst = false;
      progress.advance(rows);
    }
    await output.finish();
  } finally {
    progress.finish(rows);
    await output.close();
  }
  process.stderr.write(`${rows} rows${options.out === undefined ? '' : ` in ${options.out}`}\n`);
}

async function variablesOf(given: string | undefined): Promise<Record<string, unknown>> {
  if (given === undefined) return {};
  const text = /^\s*[{[]/.test(given) ? given : await textOf(given, 'variables');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // as for another value than an object
  }
  throw new OperatorError('The variables are not a JSON object', 'Use a file, or a text such as \'{"agency":"nsa"}\'');
}

const bytesOf = (content: readonly Content[]): Buffer =>
  Buffer.concat(content.map((part) => Buffer.from(part as string)));

/** Where an export goes. */
interface Output {
  /** Where an earlier process stopped. */
  readonly start: Position | undefined;
  /** @param at where the next page begins; null at the end, and for files that cannot be continued */
  write(content: Buffer, at: { cursor: string | null; rows: number }): Promise<void>;
  finish(): Promise<void>;
  close(): Promise<void>;
}

class StandardOutput implements Output {
  readonly start = undefined;

  async write(content: Buffer): Promise<void> {
    if (!process.stdout.write(content)) await new Promise((resolve) => process.stdout.once('drain', resolve));
  }

  async finish(): Promise<void> {}
  async close(): Promise<void> {}
}

class OutputFile implements Output {
  private bytes: number;

  private constructor(
    private readonly path: string,
    private readonly of: string,
    private readonly file: FileHandle,
    readonly start: Position | undefined,
  ) {
    this.bytes = start?.bytes ?? 0;
  }

  static async open(path: string, of: string): Promise<OutputFile> {
    if (existsSync(path)) throw new OperatorError(`"${path}" exists`, 'Delete it, or name another file');
    const start = await positionIn(path, of);
    const file = await open(partOf(path), start ? 'a' : 'w', 0o600);
    if (start) await file.truncate(start.bytes);
    return new OutputFile(path, of, file, start);
  }

  async write(content: Buffer, { cursor, rows }: { cursor: string | null; rows: number }): Promise<void> {
    // not `write`, which may take only a part, such as on a disk that becomes full
    await this.file.appendFile(content);
    this.bytes += content.length;
    if (cursor === null) return;
    // the position must not name rows that a crash of the machine takes away
    await this.file.datasync();
    const position: Position = { of: this.of, cursor, rows, bytes: this.bytes };
    await writeFile(`${positionOf(this.path)}.new`, JSON.stringify(position), { mode: 0o600 });
    await rename(`${positionOf(this.path)}.new`, positionOf(this.path));
  }

  async finish(): Promise<void> {
    await this.file.datasync();
    await rename(partOf(this.path), this.path);
    await rm(positionOf(this.path), { force: true });
  }

  async close(): Promise<void> {
    await this.file.close();
  }
}

const partOf = (path: string): string => `${path}.part`;
const positionOf = (path: string): string => `${path}.position`;

async function positionIn(path: string, of: string): Promise<Position | undefined> {
  if (!existsSync(positionOf(path)) || !existsSync(partOf(path))) return undefined;
  const position = JSON.parse(await readFile(positionOf(path), 'utf8')) as Position;
  if (position.of === of) return position;
  throw new OperatorError(
    `"${partOf(path)}" is an unfinished export of another question, caller, or format`,
    `Delete it and "${positionOf(path)}", or name another file`,
  );
}
