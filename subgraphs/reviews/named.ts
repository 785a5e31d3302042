import { UnknownReferenceError } from '#base/errors';
import { SECTOR_KEYS } from '#domain/sector/sector-keys';
import type { Link } from '#kit/model/links';
import type { ModelClass } from '#kit/model/model';
import { idInput, listInput } from '#kit/mutation/input';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { AtlasTechnique } from './atlas/atlas';

export const sectorsInput = listInput(
  idInput('Key of a sector, such as "energy".'),
  'Critical-infrastructure sectors affected.',
  { max: 30 },
);

export const techniquesInput = listInput(
  idInput('Id of an ATLAS technique, such as "AML.T0051".'),
  'MITRE ATLAS techniques involved.',
);

/** Replaces an object's sectors. @throws UnknownReferenceError */
export async function writeSectors(
  { database }: Work,
  table: ModelClass<Link>,
  ownerKey: string,
  keys: readonly string[],
): Promise<void> {
  keys.forEach((key, place) => {
    if (!SECTOR_KEYS.has(key)) throw new UnknownReferenceError('sector', key, ['input', 'sectors', place]);
  });
  await replaceLinks(database, table, ownerKey, keys);
}

/** Replaces an object's ATLAS techniques. @throws UnknownReferenceError */
export async function writeTechniques(
  { database }: Work,
  table: ModelClass<Link>,
  ownerKey: string,
  ids: readonly string[],
): Promise<void> {
  const present = new Set((await database.findBy(AtlasTechnique, 'id', ids)).map(({ id }) => id));
  ids.forEach((id, place) => {
    if (!present.has(id)) throw new UnknownReferenceError('ATLAS technique', id, ['input', 'techniques', place]);
  });
  await replaceLinks(database, table, ownerKey, ids);
}
