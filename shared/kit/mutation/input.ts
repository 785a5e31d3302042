import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { InputError } from '#base/errors';
import type { GraphQLTypeReference, ModelClass } from '../model/model';
import { GraphQLBigNumber, GraphQLCivilDate, GraphQLInstant, GraphQLSha256, GraphQLUrl } from '../model/scalars';

/** Path of a value in the input: argument name, then field names and list indexes. */
export type InputPath = readonly (string | number)[];

/** A field of an input: its GraphQL type, its description, and its validation beyond the type. */
export interface InputField<Value> {
  readonly description: string;
  readonly graphql: () => GraphQLTypeReference;
  readonly nullable: boolean;
  /** Validates and normalizes a value. @throws InputError */
  readonly read: (value: unknown, path: InputPath) => Value;
}

// biome-ignore lint/suspicious/noExplicitAny: the values' types are inferred from the fields
export type InputFields = Readonly<Record<string, InputField<any>>>;

/** Values of an input, by field. */
export type InputOf<Fields extends InputFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends InputField<infer Value> ? Value : never;
};

function inputField<Value>(
  graphql: () => GraphQLTypeReference,
  description: string,
  read: (value: never, path: InputPath) => Value,
): InputField<Value> {
  return { graphql, description, nullable: false, read: read as InputField<Value>['read'] };
}

/** Makes a field optional; an omitted value is null. */
export function optional<Value>(of: InputField<Value>): InputField<Value | null> {
  return { ...of, nullable: true, read: (value, path) => (value == null ? null : of.read(value, path)) };
}

/** Makes a field optional; an omitted value is undefined, which leaves the stored value unchanged. */
export function unchanged<Value>(of: InputField<Value>): InputField<Value | undefined> {
  return { ...of, nullable: true, read: (value, path) => (value == null ? undefined : of.read(value, path)) };
}

// C0 and C1 without tab, line feed, and carriage return
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern matches control characters on purpose
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
/** Marks that change the text direction, so that text displays differently than stored. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

function code(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Normalizes a text: normal form C, trimmed. @throws InputError */
function readText(value: string, path: InputPath, max: number): string {
  const name = path.at(-1);
  if (!value.isWellFormed()) throw new InputError(`"${name}" contains an unpaired surrogate: send valid Unicode`, path);
  const bad = CONTROL.exec(value) ?? DIRECTION.exec(value);
  if (bad)
    throw new InputError(
      `"${name}" contains the invisible character ${code(bad[0])} at position ${bad.index + 1}: remove it`,
      path,
    );
  const text = value.normalize('NFC').trim();
  if (text === '') throw new InputError(`"${name}" is empty: send some text`, path);
  const length = [...text].length;
  if (length > max) throw new InputError(`"${name}" has ${length} characters; the maximum is ${max}`, path);
  return text;
}

/** A single line of text. */
export function textInput(description: string, { max = 255, pattern }: { max?: number; pattern?: RegExp } = {}) {
  return inputField<string>(
    () => String,
    description,
    (value: string, path) => {
      const text = readText(value, path, max);
      if (/[\n\r\t]/.test(text)) throw new InputError(`"${path.at(-1)}" must be a single line without tabs`, path);
      if (pattern && !pattern.test(text))
        throw new InputError(`"${path.at(-1)}" must match the pattern ${pattern.source}`, path);
      return text;
    },
  );
}

/** Maximum characters of a long text. At four bytes each, an event that carries it still fits into a column of 65,535 bytes. */
const MAX_LONG_TEXT = 10_000;

export function longTextInput(description: string, { max = MAX_LONG_TEXT }: { max?: number } = {}) {
  return inputField<string>(
    () => String,
    description,
    (value: string, path) => readText(value, path, max),
  );
}

/** A text in a language of its own, such as a schema, which is kept as it is. @param maxBytes in UTF-8 */
export function documentInput(description: string, { maxBytes }: { maxBytes: number }) {
  return inputField<string>(
    () => String,
    description,
    (value: string, path) => {
      const name = path.at(-1);
      if (!value.isWellFormed())
        throw new InputError(`"${name}" contains an unpaired surrogate: send valid Unicode`, path);
      const bytes = Buffer.byteLength(value);
      if (bytes > maxBytes) throw new InputError(`"${name}" has ${bytes} bytes; the maximum is ${maxBytes}`, path);
      if (value.trim() === '') throw new InputError(`"${name}" is empty: send some text`, path);
      return value;
    },
  );
}

/** The key of an object. The mutation checks whether the object exists. */
export function idInput(description: string) {
  return inputField<string>(
    () => ID,
    description,
    (value: string | number, path) => {
      const text = readText(String(value), path, 100);
      if (!/^[\w.:-]+$/.test(text))
        throw new InputError(`"${path.at(-1)}" is not a valid key: use letters, digits, and . : _ -`, path);
      return text;
    },
  );
}

/** The revision of the object that the change is based on. */
export function expectedRevisionInput() {
  return intInput(
    'Revision of the object that the change is based on. The change fails if the object has changed since.',
    {
      min: 1,
    },
  );
}

export function intInput(description: string, { min = 0, max = 2 ** 31 - 1 }: { min?: number; max?: number } = {}) {
  return inputField<number>(
    () => Int,
    description,
    (value: number, path) => {
      if (value < min || value > max)
        throw new InputError(`"${path.at(-1)}" is ${value}: it must be between ${min} and ${max}`, path);
      return value;
    },
  );
}

export function floatInput(description: string, { min, max }: { min: number; max: number }) {
  return inputField<number>(
    () => Float,
    description,
    (value: number, path) => {
      if (!(value >= min && value <= max))
        throw new InputError(`"${path.at(-1)}" is ${value}: it must be between ${min} and ${max}`, path);
      return value;
    },
  );
}

const asIs = <Value>(value: Value): Value => value;

export const booleanInput = (description: string) => inputField<boolean>(() => Boolean, description, asIs);
export const dateInput = (description: string) => inputField<string>(() => GraphQLCivilDate, description, asIs);
export const dateTimeInput = (description: string) => inputField<string>(() => GraphQLInstant, description, asIs);
export const sha256Input = (description: string) => inputField<string>(() => GraphQLSha256, description, asIs);
export const bigNumberInput = (description: string) =>
  inputField<string>(
    () => GraphQLBigNumber,
    description,
    (value: string, path) => {
      if (value.length > 60)
        throw new InputError(`"${path.at(-1)}" is longer than 60 characters: send at most 60`, path);
      return value;
    },
  );

export function urlInput(description: string) {
  return inputField<string>(
    () => GraphQLUrl,
    description,
    (value: string, path) => {
      const text = readText(value, path, 1000);
      if (!/^https?:\/\//i.test(text))
        throw new InputError(`"${path.at(-1)}" must be a URL that begins with https:// or http://`, path);
      return text;
    },
  );
}

export function enumInput<Values extends Record<string, string>>(values: () => Values, description: string) {
  return inputField<Values[keyof Values]>(values as () => GraphQLTypeReference, description, asIs);
}

/** A list. Keys in it must be distinct. */
export function listInput<Value>(of: InputField<Value>, description: string, { max = 100 }: { max?: number } = {}) {
  return inputField<Value[]>(
    () => [of.graphql()],
    description,
    (values: unknown[], path) => {
      if (values.length > max)
        throw new InputError(`"${path.at(-1)}" has ${values.length} entries; the maximum is ${max}`, path);
      const read = values.map((value, place) => of.read(value, [...path, place]));
      const twice = read.findIndex((value, place) => typeof value === 'string' && read.indexOf(value) !== place);
      if (twice >= 0)
        throw new InputError(`"${path.at(-1)}" contains "${read[twice]}" twice: list each value once`, [
          ...path,
          twice,
        ]);
      return read;
    },
  );
}

/** A nested input type. */
export function objectInput<Fields extends InputFields>(name: string, description: string, fields: Fields) {
  const type = inputType(name, description, fields);
  return inputField<InputOf<Fields>>(
    () => type,
    description,
    (value: Record<string, unknown>, path) => readFields(fields, value, path),
  );
}

/** Validates and normalizes all fields of an input. @throws InputError for the first invalid value */
export function readFields<Fields extends InputFields>(
  fields: Fields,
  values: Readonly<Record<string, unknown>>,
  path: InputPath,
): InputOf<Fields> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.read(values[name], [...path, name])]),
  ) as InputOf<Fields>;
}

/** Creates the GraphQL input type of the fields. */
export function inputType(name: string, description: string, fields: InputFields): ModelClass {
  class Input {}
  for (const [field, { graphql, description: text, nullable }] of Object.entries(fields))
    Field(graphql as never, { nullable, description: text })(Input.prototype, field);
  InputType(name, { description })(Input);
  return Input;
}
