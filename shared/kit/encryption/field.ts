import { Column } from 'typeorm';
import { DataUnreadableError } from '#base/errors';
import { declareSensitivity, method } from '../model/fields';
import { type GraphQLTypeReference, type ModelClass, modelOf, snakeCase } from '../model/model';
import type { Context } from '../subgraph/context';
import { dataKeyOf, PersonKey, personKeysOf } from './person-key';
import { decryptValue, Encrypted, type EncryptedColumn, Plain, type PlainValue } from './value';

/** A field that is stored encrypted. */
export interface EncryptedField {
  /** Property with the {@link EncryptedColumn}. */
  readonly property: string;
  /** Name of the GraphQL field, which is a part of the place of its values. */
  readonly as: string;
  /** Property with the id of the person. */
  readonly person: string;
  /** The value of an earlier release, which stored it as text. */
  readonly parse: (stored: string) => PlainValue;
}

const fields = new WeakMap<object, EncryptedField[]>();

/** The encrypted fields of a class. */
export const encryptedFields = (target: ModelClass): readonly EncryptedField[] => fields.get(target) ?? [];

/** Where a value is stored: type, field, and object. */
export const placeOf = (target: ModelClass, { as }: EncryptedField, key: string): string =>
  `${modelOf(target).name}.${as}\0${key}`;

interface EncryptedOptions {
  /** Name of the GraphQL field. */
  as: string;
  /** Property with the id of the person whose data key encrypts it; the key of the class if it is the person. */
  person: string;
  /** Reads a value that an earlier release stored as text; the text by default. */
  parse?: (stored: string) => PlainValue;
}

/**
 * A field whose values are encrypted in the database by the data key of a person. Always nullable. Lists can neither be filtered nor ordered by
 * it, nor aggregate it: docs/decisions/0036-encrypted-fields.md.
 */
export function encrypted(type: () => GraphQLTypeReference, description: string, options: EncryptedOptions) {
  const { as, person, parse = (stored: string) => stored } = options;
  return (prototype: object, property: string): void => {
    Column({ name: snakeCase(as), type: 'text', nullable: true, transformer })(prototype, property);
    const field = { property, as, person, parse };
    const target = prototype.constructor as ModelClass;
    fields.set(target, [...(fields.get(target) ?? []), field]);
    method(prototype, as, type, { nullable: true, description }, (parent, context) =>
      read(context, target, field, parent),
    );
    declareSensitivity(prototype, as, undefined);
  };
}

/** Refuses values that were not encrypted, whatever writes them. */
const transformer = {
  to(value?: EncryptedColumn) {
    if (value == null) return value;
    if (value instanceof Encrypted) return value.text;
    throw new Error('A value of an encrypted field was not encrypted: write it as plain(value) with insert or upsert');
  },
  from: (stored?: string | null) => (stored == null ? stored : new Encrypted(stored)),
};

async function read(
  { loaders, database }: Context,
  target: ModelClass,
  field: EncryptedField,
  object: Record<string, unknown>,
): Promise<PlainValue | null> {
  const value = object[field.property] as EncryptedColumn;
  if (value === null) return null;
  const keys = loaders.batched(PersonKey, 'data keys', async (ids) => {
    const rows = await personKeysOf(database, ids);
    return ids.map((id) => rows.get(id) ?? null);
  });
  const row = await keys.load(object[field.person] as string);
  return decrypted(target, field, object, row && (() => dataKeyOf(row, database.wrappingKeys))).value;
}

type DataKey = () => ReturnType<typeof dataKeyOf>;

/** @throws DataUnreadableError */
export function decrypted<T extends object>(
  target: ModelClass<T>,
  field: EncryptedField,
  object: T,
  dataKey: DataKey | null,
): Plain {
  const values = object as Record<string, unknown>;
  const value = values[field.property] as Encrypted | Plain;
  if (value instanceof Plain) return value;
  const key = values[modelOf(target).key] as string;
  const what = `"${field.as}" of ${modelOf(target).name} ${key}`;
  if (!dataKey) throw new DataUnreadableError(`${what} cannot be read: the data key of the person was destroyed`);
  const secret = dataKey();
  try {
    return decryptValue(secret, placeOf(target, field, key), value);
  } catch {
    throw new DataUnreadableError(`${what} cannot be read: the stored value was altered, or belongs elsewhere`);
  }
}
