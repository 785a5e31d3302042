import { Column, type ColumnOptions, Entity, Index } from 'typeorm';
import { draftOf, type ModelClass, snakeCase } from './model';

/** A table that is no type of the schema: what a subgraph keeps for itself. */
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

/** A column of a {@link record}. Text of at most `length` characters unless its type says otherwise. */
export function kept(options: ColumnOptions = {}) {
  return (prototype: object, property: string): void => {
    Column({ name: snakeCase(property), type: 'varchar', ...options } as ColumnOptions)(prototype, property);
  };
}
