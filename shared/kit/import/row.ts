import { parseDate } from '../model/scalars';
import { RowError } from './reject';

/** Reads and validates the fields of one row of a source. */
export class Row {
  constructor(
    readonly line: number,
    private readonly fields: Readonly<Record<string, unknown>>,
  ) {}

  /** The same row with another number, for files with several lists. */
  renumbered(line: number): Row {
    return new Row(line, this.fields);
  }

  /** The same row with added fields that a reader computed. */
  with(fields: Readonly<Record<string, unknown>>): Row {
    return new Row(this.line, { ...this.fields, ...fields });
  }

  /** Names of the fields. */
  columns(): string[] {
    return Object.keys(this.fields);
  }

  /** The field as published. */
  raw(column: string): unknown {
    return this.fields[column];
  }

  /** Trimmed text; null if missing or empty. @throws RowError if it is longer than `max` characters */
  optional(column: string, max = 255): string | null {
    const value = this.fields[column];
    if (value === undefined || value === null) return null;
    if (typeof value === 'object')
      throw new RowError(column, `is ${JSON.stringify(value).slice(0, 60)}; expected text`);
    const text = String(value).trim();
    if (text.length > max) throw new RowError(column, `is ${text.length} characters long; the maximum is ${max}`);
    return text === '' ? null : text;
  }

  /** Trimmed text. @throws RowError if missing, empty, or too long */
  text(column: string, max = 255): string {
    const value = this.optional(column, max);
    if (value === null) throw new RowError(column, 'is missing');
    return value;
  }

  /** Text truncated to `max` characters, with an ellipsis. For free text. */
  excerpt(column: string, max: number): string | null {
    const text = this.optional(column, Number.POSITIVE_INFINITY);
    return text !== null && text.length > max ? `${text.slice(0, max - 1)}…` : text;
  }

  /** A civil day from YYYY-MM-DD (a time after it is ignored), MM/DD/YYYY, or MM/YYYY (first day of the month). */
  optionalDate(column: string): string | null {
    const text = this.optional(column, 80);
    if (text === null) return null;
    const american = /^(?:(\d{1,2})\/)?(\d{1,2})\/(\d{4})$/.exec(text);
    const iso = /^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$/.exec(text);
    const [, first, second, year] = american ?? [];
    const month = first ?? second;
    const day = american && first ? second! : '1';
    const candidate = american ? `${year}-${month!.padStart(2, '0')}-${day.padStart(2, '0')}` : iso?.[1];
    try {
      if (candidate === undefined) throw new Error('unknown form');
      return parseDate(candidate);
    } catch {
      throw new RowError(column, `is "${text.slice(0, 40)}", which is not a date (YYYY-MM-DD or MM/DD/YYYY)`);
    }
  }

  date(column: string): string {
    const value = this.optionalDate(column);
    if (value === null) throw new RowError(column, 'is missing');
    return value;
  }

  optionalInteger(column: string): number | null {
    const text = this.optional(column, 40);
    if (text === null) return null;
    const value = Number(text.replace(/,/g, ''));
    if (!Number.isInteger(value) || Math.abs(value) > 2_147_483_647)
      throw new RowError(column, `is "${text}", which is not an integer`);
    return value;
  }

  /** Converts an amount in dollars to cents. */
  optionalCents(column: string): number | null {
    const text = this.optional(column, 40);
    if (text === null) return null;
    const value = Math.round(Number(text.replace(/[$,]/g, '')) * 100);
    if (!Number.isFinite(value) || Math.abs(value) > 2_147_483_647)
      throw new RowError(column, `is "${text}", which is not an amount in dollars`);
    return value;
  }

  /** A list of texts; empty if missing. */
  list(column: string): string[] {
    const value = this.fields[column];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new RowError(column, 'is not a list');
    return value.map(String);
  }
}
