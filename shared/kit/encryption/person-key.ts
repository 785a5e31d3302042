import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { DataUnreadableError } from '#base/errors';
import type { Database } from '../database/database';
import { marks } from '../database/marks';
import type { ModelClass } from '../model/model';
import { kept, record } from '../model/record';
import { decryptBytes, encryptBytes } from './value';
import type { WrappingKey, WrappingKeys } from './wrapping-keys';

const KEY_BYTES = 32;

/** Data key of a person, which encrypts what the database stores about the person. Without it, that can never be read again. */
@record('person_key', { key: 'personId', index: [['keyId', 'personId']] })
export class PersonKey {
  @kept({ primary: true, length: 30 }) personId!: string;
  /** Id of the wrapping key. */
  @kept({ length: 60 }) keyId!: string;
  /** The data key, encrypted by the wrapping key. */
  @kept({ length: 120 }) wrapped!: string;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

/** Tables of a subgraph with encrypted fields. */
export const personKeyTables: readonly ModelClass[] = [PersonKey];

/** The place of a wrapped key. It includes the wrapping key, so that no row can claim another one. */
const placeOf = (personId: string, keyId: string): string => `data key\0${personId}\0${keyId}`;

function wrap(bytes: Buffer, personId: string, { id: keyId, secret }: WrappingKey) {
  return { personId, keyId, wrapped: encryptBytes(secret, placeOf(personId, keyId), bytes) };
}

/** @throws DataUnreadableError if the wrapping key is missing or the row was altered */
function unwrap({ personId, keyId, wrapped }: PersonKey, keys: WrappingKeys): Buffer {
  const key = keys.find(keyId);
  if (!key)
    throw new DataUnreadableError(
      `The data of this person are encrypted under the key "${keyId}", which the server does not have: ask an operator to restore it in the file of person keys`,
      { keyId },
    );
  try {
    return decryptBytes(key.secret, placeOf(personId, keyId), wrapped);
  } catch {
    throw new DataUnreadableError(
      `The data key of this person cannot be decrypted by the key "${keyId}": it was altered, or the file of person keys has another key of that name`,
      { keyId },
    );
  }
}

/** The data key of a row. @throws DataUnreadableError */
export const dataKeyOf = (row: PersonKey, keys: WrappingKeys): KeyObject => createSecretKey(unwrap(row, keys));

/** The same data key under the current wrapping key. @throws DataUnreadableError if it is wrapped by a missing one */
export const rewrapped = (row: PersonKey, keys: WrappingKeys): PersonKey => ({
  ...wrap(unwrap(row, keys), row.personId, keys.current),
  exercise: row.exercise,
});

/** Rows of persons, by id. */
export async function personKeysOf(database: Database, ids: readonly string[]): Promise<Map<string, PersonKey>> {
  const rows = await database.findBy(PersonKey, 'personId', [...new Set(ids)]);
  return new Map(rows.map((row) => [row.personId, row]));
}

/** Persons who get a data key. */
export interface NewPerson {
  readonly id: string;
  readonly exercise: boolean;
}

/** Creates the data keys of persons who have none. */
export async function createPersonKeys(database: Database, persons: readonly NewPerson[]): Promise<PersonKey[]> {
  const { current } = database.wrappingKeys;
  const rows = persons.map(({ id, exercise }) => ({ ...wrap(randomBytes(KEY_BYTES), id, current), exercise }));
  await database.insert(PersonKey, rows);
  return rows;
}

/** Destroys the data keys of persons for good: what they encrypted can never be read again. */
export async function destroyPersonKeys(database: Database, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await database.query(`DELETE FROM person_key WHERE person_id IN (${marks(ids)})`, ids);
}
