import type { KeyObject } from 'node:crypto';
import { DataUnreadableError } from '#base/errors';
import type { Database } from '../database/database';
import { type ModelClass, modelOf } from '../model/model';
import { decrypted, type EncryptedField, encryptedFields, placeOf } from './field';
import { createPersonKeys, dataKeyOf, personKeysOf } from './person-key';
import { Encrypted, encryptValue, Plain } from './value';

type Values = Record<string, unknown>;

/** Whether the class is the person, and not something about a person. */
export const isPerson = (target: ModelClass): boolean =>
  encryptedFields(target).some(({ person }) => person === modelOf(target).key);

/**
 * Encrypts the {@link Plain} values of objects before they are written. Persons without a data key get one. Takes two statements for any
 * number of objects, and none if there are no such values.
 * @param createsKeys whether the objects may bring the data keys of their persons: by default, if they are the persons
 * @throws DataUnreadableError if a data key cannot be read
 */
export async function encryptRows<T extends object>(
  database: Database,
  target: ModelClass<T>,
  objects: readonly Partial<T>[],
  createsKeys = isPerson(target),
): Promise<readonly Partial<T>[]> {
  const fields = encryptedFields(target);
  const holdsPlain = (object: object) => fields.some(({ property }) => (object as Values)[property] instanceof Plain);
  const affected = fields.length === 0 ? [] : objects.filter(holdsPlain);
  if (affected.length === 0) return objects;
  const keys = await keysFor(database, affected, fields[0]!, createsKeys);
  return objects.map((object) => (holdsPlain(object) ? encryptedRow(target, object, fields, keys) : object));
}

async function keysFor(
  database: Database,
  objects: readonly object[],
  { person }: EncryptedField,
  createsKeys: boolean,
): Promise<Map<string, KeyObject>> {
  const exercise = new Map(
    (objects as readonly Values[]).map((object) => [object[person] as string, object.exercise === true]),
  );
  const rows = await personKeysOf(database, [...exercise.keys()]);
  const missing = [...exercise.keys()].filter((id) => !rows.has(id));
  if (missing.length > 0 && !createsKeys)
    throw new DataUnreadableError(`Nothing can be stored about the person "${missing[0]}": the data key was destroyed`);
  const persons = missing.map((id) => ({ id, exercise: exercise.get(id)! }));
  for (const row of await createPersonKeys(database, persons)) rows.set(row.personId, row);
  return new Map([...rows].map(([id, row]) => [id, dataKeyOf(row, database.wrappingKeys)]));
}

function encryptedRow<T extends object>(
  target: ModelClass<T>,
  object: Partial<T>,
  fields: readonly EncryptedField[],
  keys: ReadonlyMap<string, KeyObject>,
): Partial<T> {
  const row: Values = { ...object };
  const key = row[modelOf(target).key] as string;
  for (const field of fields) {
    const value = row[field.property];
    if (value instanceof Plain)
      row[field.property] = encryptValue(keys.get(row[field.person] as string)!, placeOf(target, field, key), value);
  }
  return row as Partial<T>;
}

/** Copies of objects with their encrypted values as {@link Plain}, to be written elsewhere. @throws DataUnreadableError */
export async function decryptRows<T extends object>(
  database: Database,
  target: ModelClass<T>,
  objects: readonly T[],
): Promise<T[]> {
  const fields = encryptedFields(target);
  const rows = await personKeysOf(
    database,
    objects.flatMap((object) => fields.map(({ person }) => (object as Values)[person] as string)),
  );
  return objects.map((object) => {
    const copy = { ...object } as Values;
    for (const field of fields) {
      const row = rows.get(copy[field.person] as string);
      if (copy[field.property] instanceof Encrypted)
        copy[field.property] = decrypted(
          target,
          field,
          object,
          row ? () => dataKeyOf(row, database.wrappingKeys) : null,
        );
    }
    return copy as T;
  });
}
