import { OperatorError } from '#base/errors';
import { nearest } from '#base/nearest';
import type { BulkMutation, ItemField } from './item-type';

/** Between the values of a list in one cell. */
const SEPARATOR = ';';

/** An item of a bulk mutation. */
export type Item = Readonly<Record<string, unknown>>;

/** A cell that is not a value of its field. */
export class CellError extends Error {
  constructor(
    readonly column: string,
    message: string,
  ) {
    super(message);
  }
}

/**
 * How the rows of a table become items: a column for each field of the item. An empty cell leaves the field out, a list has its values
 * separated by semicolons, and an object is JSON.
 * @throws OperatorError for unknown, duplicate, and missing columns
 */
export function itemsOf({ name, fields }: BulkMutation, columns: readonly string[]): (row: Item) => Item {
  const known = fields.map((field) => field.name);
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined)
    throw new OperatorError(
      `Items of ${name} have no field "${unknown}"${nearest(unknown, known)}`,
      `Name the columns as the fields: ${known.join(', ')}`,
    );
  const duplicate = columns.find((column, place) => columns.indexOf(column) !== place);
  if (duplicate !== undefined)
    throw new OperatorError(`The file has the column "${duplicate}" twice`, 'Remove or rename one of them');
  const missing = fields.filter((field) => field.isRequired && !columns.includes(field.name));
  if (missing.length > 0)
    throw new OperatorError(
      `The file has no column ${missing.map((field) => `"${field.name}"`).join(', ')}`,
      `Items of ${name} require: ${fields.flatMap((field) => (field.isRequired ? [field.name] : [])).join(', ')}`,
    );
  const used = fields.filter((field) => columns.includes(field.name));
  return (row) =>
    Object.fromEntries(
      used.flatMap((field) => {
        const text = String(row[field.name] ?? '').trim();
        if (text !== '') return [[field.name, cellValue(field, text)]];
        if (field.isRequired) throw new CellError(field.name, 'is empty');
        return [];
      }),
    );
}

function cellValue(field: ItemField, text: string): unknown {
  if (field.kind === 'object') return objectOf(field, text);
  if (!field.isList) return scalarOf(field, text);
  return text
    .split(SEPARATOR)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => scalarOf(field, part));
}

function objectOf({ name, isList }: ItemField, text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (isList ? Array.isArray(value) : typeof value === 'object' && value !== null && !Array.isArray(value))
      return value;
  } catch {
    // as for a value of another type
  }
  throw new CellError(name, `is not a JSON ${isList ? 'array' : 'object'}`);
}

function scalarOf({ name, kind, values }: ItemField, text: string): unknown {
  if (values && !values.includes(text))
    throw new CellError(name, `is "${text.slice(0, 40)}": use one of ${values.join(', ')}`);
  if (kind === 'text') return text;
  if (kind === 'boolean') {
    if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
    throw new CellError(name, `is "${text.slice(0, 40)}": use true or false`);
  }
  const number = Number(text);
  const isInRange = kind === 'number' || (Number.isInteger(number) && Math.abs(number) < 2 ** 31);
  if (Number.isFinite(number) && isInRange) return number;
  throw new CellError(name, `is "${text.slice(0, 40)}", which is not ${kind === 'number' ? 'a' : 'a whole'} number`);
}
