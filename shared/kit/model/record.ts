import { Column, type ColumnOptions, Entity, Index } from 'typeorm';
import { draftOf, type ModelClass, snakeCase } from './model';

/** Declares a table that is not a type of the schema, for internal state of a subgraph. */
export function record(
  table: string,
  options: { key?: string; unique?: readonly string[][]; index?: readonly string[][] } = {},
) {
  return (target: ModelClass): void => {
    const draft = draftOf(target);
    draft.name = table;
    draft.key = options.key ?? 'id';
    draft.stored = true;
    Entity({ name: table })(target);
    for (const columns of options.unique ?? []) Index([...columns], { unique: true })(target);
    for (const columns of options.index ?? []) Index([...columns])(target);
  };
}

/** A column of a {@link record}; `varchar` by default. */
export function kept(options: ColumnOptions = {}) {
  return (prototype: object, property: string): void => {
    Column({ name: snakeCase(property), type: 'varchar', ...options } as ColumnOptions)(prototype, property);
  };
}
