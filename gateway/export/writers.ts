import { stringify } from 'csv-stringify/sync';
import type { Table } from './table';

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** What an export says about itself before its rows. */
export interface Banner {
  readonly question: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** When the export began. */
  readonly asOf: string;
  /** Strictest sensitivity class of the fields, and the agencies that own them. Undefined if the graph has no classes. */
  readonly handling: { readonly class: string; readonly agencies: readonly string[] } | undefined;
  /** Rules that take something away from this caller, by coordinate; empty if the caller sees everything. */
  readonly withheld: readonly string[];
}

/** Text of an export, piece by piece. */
export interface Writer {
  /** The text before the rows. @param banner null to leave it out */
  start(banner: Banner | null): string;
  /** The text of objects, and their number of rows. */
  add(objects: readonly unknown[]): { readonly text: string; readonly rows: number };
}

/**
 * CSV by RFC 4180, in UTF-8, one line for each row of the table. Lines of the banner begin with `#`. A text that a spreadsheet would execute
 * as a formula gets an apostrophe before it.
 */
export class CsvWriter implements Writer {
  constructor(private readonly table: Table) {}

  start(banner: Banner | null): string {
    const lines = banner ? bannerLines(banner).map((line) => `# ${line}\r\n`) : [];
    return `${lines.join('')}${csv([this.table.columns])}`;
  }

  add(objects: readonly unknown[]): { text: string; rows: number } {
    const rows = objects.flatMap((object) => [...this.table.rows(object)]);
    return { text: csv(rows), rows: rows.length };
  }
}

/** Every cell as JSON would write it, so that `true` and numbers keep their form. */
const csv = (rows: readonly (readonly unknown[])[]): string =>
  stringify(rows as unknown[][], {
    record_delimiter: 'windows',
    // numbers are never formulas, although negative ones begin with a sign
    escape_formulas: true,
    cast: { boolean: String, number: (value) => ({ value: String(value), escape_formulas: false }) },
  });

function bannerLines({ question, variables, asOf, handling, withheld }: Banner): string[] {
  return [
    ...(handling ? [`Handling: ${handling.class} (${handling.agencies.join(', ')})`] : []),
    `As of: ${asOf}`,
    ...withheld.map((rule) => `Withheld: ${rule}`),
    `Variables: ${JSON.stringify(variables)}`,
    ...question
      .trim()
      .split('\n')
      .map((line) => `Question: ${line}`),
  ];
}

/** One JSON object a line, as the list has them. The first line is an object with the banner in `export`. */
export class JsonLinesWriter implements Writer {
  start(banner: Banner | null): string {
    return banner ? `${JSON.stringify({ export: banner })}\n` : '';
  }

  add(objects: readonly unknown[]): { text: string; rows: number } {
    return { text: objects.map((object) => `${JSON.stringify(object)}\n`).join(''), rows: objects.length };
  }
}
