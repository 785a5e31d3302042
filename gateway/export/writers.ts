import { stringify } from 'csv-stringify/sync';
import type { GraphQLSchema } from 'graphql';
import { OperatorError } from '#base/errors';
import { type Banner, csvBanner, csvComment } from './banner';
import { columnTypesOf } from './column-types';
import { withoutFormulas } from './formulas';
import type { PagedOperation } from './paged-operation';
import { type Cell, charactersOf, PIECE_CHARACTERS, Table } from './table';

export const FORMATS = ['csv', 'jsonl', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

/** Media types of the formats. */
export const MEDIA_TYPES: Readonly<Record<Format, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  jsonl: 'application/x-ndjson; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

export type Content = string | Uint8Array;

/** A piece of an export, and the rows that were added to it. */
export interface Piece {
  readonly content: Content;
  readonly rows: number;
}

/** Content of an export, piece by piece. */
export interface Writer {
  /** Whether an unfinished file can be continued by another writer. */
  readonly isResumable: boolean;
  /** The content before the rows. @param banner null to leave it out */
  start(banner: Banner | null): Content;
  /** Objects in pieces, which are small: unfolding can make an object large. It may keep rows for a later piece. */
  add(objects: readonly unknown[]): Iterable<Piece>;
  /** The rest, after the last objects. */
  finish(): Content;
  /** The last line of an export that failed; empty where the format has no place for it. */
  fail(error: { readonly code: string; readonly message: string }): string;
}

/** The writer of a format. @throws OperatorError if the question has no list to unfold */
export async function writerOf(
  format: Format,
  operation: PagedOperation,
  { unfold, schema }: { readonly unfold?: string; readonly schema?: GraphQLSchema },
): Promise<Writer> {
  if (format === 'jsonl') {
    if (unfold !== undefined)
      throw new OperatorError('A list is unfolded in tables only: JSON Lines keep the objects', 'Use CSV or Parquet');
    return new JsonLinesWriter();
  }
  const table = new Table(operation.selection, unfold);
  if (format === 'csv') return new CsvWriter(table);
  // most processes export no Parquet
  const { ParquetFile } = await import('./parquet');
  return new ParquetFile(table, columnTypesOf(table, operation, schema));
}

/**
 * CSV by RFC 4180, in UTF-8, one line for each row of the table. Lines of the banner begin with `#`. A text that a spreadsheet would execute
 * as a formula gets an apostrophe before it.
 */
class CsvWriter implements Writer {
  readonly isResumable = true;

  constructor(private readonly table: Table) {}

  start(banner: Banner | null): string {
    return `${banner ? csvBanner(banner) : ''}${csv([this.table.columns])}`;
  }

  *add(objects: readonly unknown[]): Generator<Piece> {
    let rows: Cell[][] = [];
    let characters = 0;
    for (const object of objects)
      for (const row of this.table.rows(object)) {
        rows.push(row);
        characters += charactersOf(row);
        if (characters < PIECE_CHARACTERS) continue;
        yield { content: csv(rows), rows: rows.length };
        rows = [];
        characters = 0;
      }
    if (rows.length > 0) yield { content: csv(rows), rows: rows.length };
  }

  finish(): string {
    return '';
  }

  fail({ code, message }: { readonly code: string; readonly message: string }): string {
    return csvComment(`Incomplete: ${code}: ${message.replaceAll(/\s+/g, ' ')}`);
  }
}

/** Every cell as JSON would write it, so that `true` and numbers keep their form. */
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(rows as unknown[][], {
    record_delimiter: 'windows',
    // for programs that take the rest of a line after # for a comment
    quoted_match: /#/,
    cast: { boolean: String, number: String, string: (value) => withoutFormulas(value) },
  });

/** One JSON object a line, as the list has them. The first line is an object with the banner in `export`. */
class JsonLinesWriter implements Writer {
  readonly isResumable = true;

  start(banner: Banner | null): string {
    return banner ? `${JSON.stringify({ export: banner })}\n` : '';
  }

  *add(objects: readonly unknown[]): Generator<Piece> {
    let content = '';
    let rows = 0;
    for (const object of objects) {
      content += `${JSON.stringify(object)}\n`;
      rows += 1;
      if (content.length < PIECE_CHARACTERS) continue;
      yield { content, rows };
      [content, rows] = ['', 0];
    }
    if (rows > 0) yield { content, rows };
  }

  finish(): string {
    return '';
  }

  fail(error: { readonly code: string; readonly message: string }): string {
    return `${JSON.stringify({ error })}\n`;
  }
}
