import { getMetadataStorage } from 'type-graphql';
import { getMetadataArgsStorage } from 'typeorm';

/**
 * Refuses classes in which two members share a name: two fields of the schema, or a stored column and a field that something else
 * resolves. Decorators would let the second member silently replace the first. @throws Error that names every class and member
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

/** `Class.field` of every column whose property a method of the class has too: the row's value would hide the method. */
function columnClashes(): string[] {
  return getMetadataArgsStorage()
    .columns.filter(
      ({ target, propertyName }) => typeof target === 'function' && Object.hasOwn(target.prototype, propertyName),
    )
    .map(({ target, propertyName }) => `${(target as { name: string }).name}.${propertyName}`);
}
