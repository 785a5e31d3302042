import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { OperatorError } from '#base/errors';
import { progressOn } from '#kit/import/progress';
import { csvRows, requireReadable } from '#kit/import/readers';
import { formatReject, type Reject } from '#kit/import/reject';
import { requireText } from '#kit/import/text';
import { type AnswerError, type Ask, GraphError, patiently } from '../export/ask';
import { type BulkMutation, bulkMutation } from '../load/item-type';
import { CellError, type Item, itemsOf } from '../load/items';
import { type CallerOptions, clientOf } from './graph-client';

export interface LoadOptions extends CallerOptions {
  /** A mutation for many objects, such as `recordApplications`. */
  readonly mutation: string;
  /** CSV file whose columns are the fields of an item. */
  readonly file: string;
  readonly dryRun?: boolean;
  /** File for the rejected rows. */
  readonly rejects?: string;
  /** File for the keys of the changed objects, by line. */
  readonly keys?: string;
}

/** Maximum items of one call, and of values in one request, with some to spare. */
const MAX_ITEMS = 1_000;
const MAX_VALUES = 18_000;
/** Bytes of items in one request, which may have a megabyte. */
const MAX_BYTES = 700_000;
const SHOWN_REJECTS = 20;

/** A row as an item. */
interface Line {
  readonly line: number;
  readonly item: Item;
}

/** Result of one item, as a bulk mutation returns it. */
interface Result {
  readonly index: number;
  readonly status: string;
  readonly key: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly inputPath: string | null;
}

/**
 * Sends the rows of a CSV file to a bulk mutation as its items, as one caller and through the public API. Rows that are refused are
 * reported, and all others are carried out. Loading the same file again changes nothing more: each call has an idempotency key made of the file.
 * @throws OperatorError
 */
export async function loadRows(options: LoadOptions): Promise<void> {
  const ask = await clientOf(options);
  const mutation = await bulkMutation(options.mutation, (query, variables) =>
    patiently(() => ask({ query, variables, operationName: undefined }), { onPause: report }),
  );
  const load = new Load(options, mutation, ask, await digestOf(options));
  const progress = progressOn(process.stderr, options.mutation);
  for await (const rows of load.chunks()) {
    await load.send(rows);
    progress.advance(load.read);
  }
  progress.finish(load.read);
  if (load.read === 0) throw new OperatorError(`"${options.file}" has no rows`, 'Check that the file is complete');
  await load.finish();
}

/**
 * Reads the whole file before its rows, since idempotency keys follow from all of it, and no row of a file that is not text is sent.
 * @throws OperatorError
 */
async function digestOf({ file, mutation }: LoadOptions): Promise<string> {
  await requireReadable(file);
  await requireText(file);
  const hash = createHash('sha256').update(`${mutation}\0`);
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex').slice(0, 32);
}

const report = ({ seconds, why }: { seconds: number; why: string }): void => {
  process.stderr.write(`Waiting ${Math.ceil(seconds)} s: ${why}\n`);
};

class Load {
  read = 0;
  private added = 0;
  private changed = 0;
  private readonly rejects: Reject[] = [];
  private readonly keys: string[] = [];

  constructor(
    private readonly options: LoadOptions,
    private readonly mutation: BulkMutation,
    private readonly ask: Ask,
    private readonly digest: string,
  ) {}

  /** Rows for one call each. */
  async *chunks(): AsyncGenerator<readonly Line[]> {
    const { file } = this.options;
    let itemOf: ((row: Item) => Item) | undefined;
    const columnsOf = (columns: readonly string[]) => {
      itemOf = itemsOf(this.mutation, columns);
      return [...columns];
    };
    let rows: Line[] = [];
    let [values, bytes] = [0, 0];
    for await (const { line, values: row } of csvRows(file, columnsOf, 'Correct the line and load the file again')) {
      this.read += 1;
      const item = this.converted(itemOf!, row, line);
      if (!item) continue;
      const size = Buffer.byteLength(JSON.stringify(item));
      const number = Object.keys(item).length + 1;
      if (rows.length === MAX_ITEMS || values + number > MAX_VALUES || bytes + size > MAX_BYTES) {
        yield rows;
        rows = [];
        [values, bytes] = [0, 0];
      }
      rows.push({ line, item });
      values += number;
      bytes += size;
    }
    if (rows.length > 0) yield rows;
  }

  private converted(itemOf: (row: Item) => Item, row: Item, line: number): Item | undefined {
    try {
      return itemOf(row);
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      this.reject(line, error.column, error.message);
      return undefined;
    }
  }

  private reject(line: number, column: string | null, reason: string): void {
    this.rejects.push({ file: basename(this.options.file), line, column, reason });
  }

  async send(rows: readonly Line[]): Promise<void> {
    const { name, inputType } = this.mutation;
    const input = {
      idempotencyKey: `load-${this.digest}-${rows[0]!.line}-${rows.at(-1)!.line}`,
      ...{ mode: 'EACH', dryRun: this.options.dryRun ?? false },
      items: rows.map(({ item }) => item),
    };
    const query = `mutation ($input: ${inputType}!) { ${name}(input: $input) {
      added changed results { index status key code message inputPath } } }`;
    const { data, errors } = await patiently(
      () => this.ask({ query, variables: { input }, operationName: undefined }),
      { onPause: report },
    );
    const payload = (data as Readonly<Record<string, { added: number; changed: number; results: Result[] } | null>>)?.[
      name
    ];
    if (!payload) return this.split(rows, errors?.[0]);
    this.added += payload.added;
    this.changed += payload.changed;
    for (const { index, status, key, code, message, inputPath } of payload.results) {
      const { line } = rows[index]!;
      if (status === 'REFUSED') this.reject(line, inputPath?.split('.').at(3) ?? null, `${code}: ${message}`);
      else if (key !== null) this.keys.push(`${line},${key}\r\n`);
    }
  }

  /** Nothing of a call was carried out. If a value is to blame, the rows are sent again in halves, down to the one with the value. */
  private async split(rows: readonly Line[], error: AnswerError | undefined): Promise<void> {
    const { code = 'The graph failed' } = error?.extensions ?? {};
    if (code !== 'BAD_USER_INPUT')
      throw new GraphError(
        `${code} for the rows from line ${rows[0]!.line} on: ${error?.message}`,
        `The ${this.added + this.changed} rows before are loaded. Load the same file again to continue`,
      );
    if (rows.length === 1) return this.reject(rows[0]!.line, null, `${code}: ${error!.message}`);
    const half = Math.ceil(rows.length / 2);
    await this.send(rows.slice(0, half));
    await this.send(rows.slice(half));
  }

  async finish(): Promise<void> {
    const { file, dryRun, rejects, keys } = this.options;
    this.rejects.sort((a, b) => a.line - b.line);
    if (rejects !== undefined)
      await writeFile(rejects, this.rejects.map((row) => `${formatReject(row)}\n`).join(''), { mode: 0o600 });
    if (keys !== undefined) await writeFile(keys, `line,key\r\n${this.keys.join('')}`, { mode: 0o600 });
    const counts = `${this.added} added, ${this.changed} changed, ${this.rejects.length} rejected`;
    process.stdout.write(
      `${this.mutation.name}: ${this.read} rows of ${basename(file)}: ${counts}${dryRun ? ' (dry run)' : ''}\n`,
    );
    for (const row of this.rejects.slice(0, SHOWN_REJECTS)) process.stdout.write(`  rejected ${formatReject(row)}\n`);
    const more = this.rejects.length - SHOWN_REJECTS;
    if (more > 0) process.stdout.write(`  … and ${more} more: write them to a file with --rejects\n`);
  }
}
