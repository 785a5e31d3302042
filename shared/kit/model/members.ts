import { getMetadataStorage } from 'type-graphql';
import { getMetadataArgsStorage } from 'typeorm';

/**
 * Rejects classes in which two members share a name: two schema fields, or a stored column and a resolved field. Otherwise the second
 * member would silently replace the first. @throws Error that lists all such members
 */
export function requireDistinctMembers(): void {
  const clashes = [...fieldClashes(), ...columnClashes()];
  if (clashes.length > 0)
    throw new Error(
      `Two members have the same name, so one would replace the other: ${clashes.join(', ')}. Rename one`,
    );
}

/** `Class.field` of every schema field that a class declares twice. */
function fieldClashes(): string[] {
  const seen = new Map<unknown, Set<string>>();
  const clashes: string[] = [];
  for (const { target, schemaName } of getMetadataStorage().fields) {
    const names = seen.get(target) ?? new Set();
    if (names.has(schemaName)) clashes.push(`${(target as { name: string }).name}.${schemaName}`);
    seen.set(target, names.add(schemaName));
  }
  return clashes;
}

/** `Class.field` of every column whose property is also a method of the class: the row's value would hide the method. */
function columnClashes(): string[] {
  return getMetadataArgsStorage()
    .columns.filter(
      ({ target, propertyName }) => typeof target === 'function' && Object.hasOwn(target.prototype, propertyName),
    )
    .map(({ target, propertyName }) => `${(target as { name: string }).name}.${propertyName}`);
}
