import { Field, Float, ID, InputType, Int } from 'type-graphql';
import { InputError } from '#base/errors';
import type { GraphQLTypeReference, ModelClass } from '../model/model';
import { GraphQLBigNumber, GraphQLCivilDate, GraphQLInstant, GraphQLSha256, GraphQLUrl } from '../model/scalars';

/** Where in the input: argument name first, then fields and places in lists. */
export type InputPath = readonly (string | number)[];

/** A field of an input: its GraphQL type, its description, and what its values must be beyond the type. */
export interface Given<Value> {
  readonly description: string;
  readonly graphql: () => GraphQLTypeReference;
  readonly nullable: boolean;
  /** The value as it is kept. @throws InputError */
  readonly read: (value: unknown, path: InputPath) => Value;
}

// biome-ignore lint/suspicious/noExplicitAny: the values' types are inferred from the fields
export type InputFields = Readonly<Record<string, Given<any>>>;

/** The values that the fields of an input give. */
export type InputOf<Fields extends InputFields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends Given<infer Value> ? Value : never;
};

function given<Value>(
  graphql: () => GraphQLTypeReference,
  description: string,
  read: (value: never, path: InputPath) => Value,
): Given<Value> {
  return { graphql, description, nullable: false, read: read as Given<Value>['read'] };
}

/** May be left out, or null: then it is null. */
export function optional<Value>(of: Given<Value>): Given<Value | null> {
  return { ...of, nullable: true, read: (value, path) => (value == null ? null : of.read(value, path)) };
}

/** May be left out: then what it would change stays as it is. */
export function unchanged<Value>(of: Given<Value>): Given<Value | undefined> {
  return { ...of, nullable: true, read: (value, path) => (value == null ? undefined : of.read(value, path)) };
}

// C0 and C1 without tab, line feed and carriage return
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;
/** Marks that turn the direction of writing: a text that reads otherwise than it is stored. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

function code(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A text as it is kept: in normal form C, without space around. @throws InputError */
function readText(value: string, path: InputPath, most: number): string {
  const name = path.at(-1);
  if (!value.isWellFormed())
    throw new InputError(`"${name}" holds half a surrogate pair, which is no character; send valid Unicode`, path);
  const bad = CONTROL.exec(value) ?? DIRECTION.exec(value);
  if (bad)
    throw new InputError(
      `"${name}" holds the character ${code(bad[0])} at place ${bad.index + 1}, which controls and does not show; leave it out`,
      path,
    );
  const text = value.normalize('NFC').trim();
  if (text === '') throw new InputError(`"${name}" is empty`, path);
  const length = [...text].length;
  if (length > most) throw new InputError(`"${name}" has ${length} characters; at most ${most} are kept`, path);
  return text;
}

/** A line of text. */
export function textInput(description: string, { max = 255, pattern }: { max?: number; pattern?: RegExp } = {}) {
  return given<string>(
    () => String,
    description,
    (value: string, path) => {
      const text = readText(value, path, max);
      if (/[\n\r\t]/.test(text)) throw new InputError(`"${path.at(-1)}" must be one line without tabs`, path);
      if (pattern && !pattern.test(text))
        throw new InputError(`"${path.at(-1)}" must be of the form ${pattern.source}`, path);
      return text;
    },
  );
}

/** Most characters of a long text: with four bytes each, also an event that carries it fits into a column of 65,535 bytes. */
const MOST_LONG = 10_000;

export function longTextInput(description: string) {
  return given<string>(
    () => String,
    description,
    (value: string, path) => readText(value, path, MOST_LONG),
  );
}

/** The key of an object. Whether there is one is looked up where the mutation is done. */
export function idInput(description: string) {
  return given<string>(
    () => ID,
    description,
    (value: string | number, path) => {
      const text = readText(String(value), path, 100);
      if (!/^[\w.:-]+$/.test(text))
        throw new InputError(`"${path.at(-1)}" is no key: letters, digits and . : _ - make one`, path);
      return text;
    },
  );
}

/** The revision of the object that the change is based on. */
export function expectedRevisionInput() {
  return intInput(
    'Revision of the object that the change is based on. Another change since then makes this one fail.',
    {
      min: 1,
    },
  );
}

export function intInput(description: string, { min = 0, max = 2 ** 31 - 1 }: { min?: number; max?: number } = {}) {
  return given<number>(
    () => Int,
    description,
    (value: number, path) => {
      if (value < min || value > max)
        throw new InputError(`"${path.at(-1)}" is ${value}; it must lie between ${min} and ${max}`, path);
      return value;
    },
  );
}

export function floatInput(description: string, { min, max }: { min: number; max: number }) {
  return given<number>(
    () => Float,
    description,
    (value: number, path) => {
      if (!(value >= min && value <= max))
        throw new InputError(`"${path.at(-1)}" is ${value}; it must lie between ${min} and ${max}`, path);
      return value;
    },
  );
}

const asIs = <Value>(value: Value): Value => value;

export const booleanInput = (description: string) => given<boolean>(() => Boolean, description, asIs);
export const dateInput = (description: string) => given<string>(() => GraphQLCivilDate, description, asIs);
export const dateTimeInput = (description: string) => given<string>(() => GraphQLInstant, description, asIs);
export const sha256Input = (description: string) => given<string>(() => GraphQLSha256, description, asIs);
export const bigNumberInput = (description: string) =>
  given<string>(
    () => GraphQLBigNumber,
    description,
    (value: string, path) => {
      if (value.length > 60) throw new InputError(`"${path.at(-1)}" has more than 60 digits`, path);
      return value;
    },
  );

export function urlInput(description: string) {
  return given<string>(
    () => GraphQLUrl,
    description,
    (value: string, path) => {
      const text = readText(value, path, 1000);
      if (!/^https?:\/\//i.test(text))
        throw new InputError(`"${path.at(-1)}" must be an address that begins with https:// or http://`, path);
      return text;
    },
  );
}

export function enumInput<Values extends Record<string, string>>(values: () => Values, description: string) {
  return given<Values[keyof Values]>(values as () => GraphQLTypeReference, description, asIs);
}

/** A list. Keys in it may come once only. */
export function listInput<Value>(of: Given<Value>, description: string, { max = 100 }: { max?: number } = {}) {
  return given<Value[]>(
    () => [of.graphql()],
    description,
    (values: unknown[], path) => {
      if (values.length > max)
        throw new InputError(`"${path.at(-1)}" has ${values.length} entries; at most ${max} are taken`, path);
      const read = values.map((value, place) => of.read(value, [...path, place]));
      const twice = read.findIndex((value, place) => typeof value === 'string' && read.indexOf(value) !== place);
      if (twice >= 0) throw new InputError(`"${path.at(-1)}" names "${read[twice]}" twice`, [...path, twice]);
      return read;
    },
  );
}

/** A group of fields: an input type of its own. */
export function objectInput<Fields extends InputFields>(name: string, description: string, fields: Fields) {
  const type = inputType(name, description, fields);
  return given<InputOf<Fields>>(
    () => type,
    description,
    (value: Record<string, unknown>, path) => readFields(fields, value, path),
  );
}

/** All fields of an input as they are kept. @throws InputError at the first that is not what it must be. */
export function readFields<Fields extends InputFields>(
  fields: Fields,
  values: Readonly<Record<string, unknown>>,
  path: InputPath,
): InputOf<Fields> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => [name, field.read(values[name], [...path, name])]),
  ) as InputOf<Fields>;
}

/** The GraphQL input type with these fields. */
export function inputType(name: string, description: string, fields: InputFields): ModelClass {
  class Input {}
  for (const [field, { graphql, description: text, nullable }] of Object.entries(fields))
    Field(graphql as never, { nullable, description: text })(Input.prototype, field);
  InputType(name, { description })(Input);
  return Input;
}
