import { Entity, Index, JoinColumn, ManyToOne, PrimaryColumn } from 'typeorm';
import { draftOf, type ModelClass, modelOf, type Selectable, snakeCase } from '../model/model';

/** A word in a searched field of an object. */
export interface Word {
  ownerKey: string;
  /** Name of the field. */
  field: string;
  word: string;
}

/** Fields of a model that a search examines. */
export const searchedFields = (target: ModelClass): readonly Selectable[] =>
  [...modelOf(target).selectable.values()].filter(({ search }) => search);

const tables = new WeakMap<ModelClass, ModelClass<Word>>();

/**
 * Entity class of the table with the words of a model's searched fields, `<model>_word`; undefined for a model without any. The foreign key
 * deletes the words of a deleted object.
 */
export function wordTableOf(target: ModelClass): ModelClass<Word> | undefined {
  const declared = tables.get(target);
  if (declared) return declared;
  if (searchedFields(target).length === 0) return undefined;
  class WordTable {}
  const { name, keyLength } = modelOf(target);
  const tableName = `${snakeCase(name)}_word`;
  Object.defineProperty(WordTable, 'name', { value: tableName });
  const { prototype } = WordTable;
  // the key first, for the words of an object and for the foreign key
  PrimaryColumn({ name: 'owner_key', type: 'varchar', length: keyLength })(prototype, 'ownerKey');
  PrimaryColumn({ name: 'field', type: 'varchar', length: 40 })(prototype, 'field');
  PrimaryColumn({ name: 'word', type: 'varchar', length: 40 })(prototype, 'word');
  ManyToOne(() => target, { onDelete: 'CASCADE' })(prototype, 'ownerKeyRelation');
  JoinColumn({ name: 'owner_key' })(prototype, 'ownerKeyRelation');
  Entity({ name: tableName })(WordTable);
  // serves a search alone
  Index(['word', 'field', 'ownerKey'])(WordTable);
  const draft = draftOf(WordTable);
  draft.name = tableName;
  draft.key = 'ownerKey';
  draft.stored = true;
  const table = WordTable as unknown as ModelClass<Word>;
  tables.set(target, table);
  return table;
}

/** Word tables of models. */
export const wordTablesOf = (targets: readonly ModelClass[]): readonly ModelClass[] =>
  targets.flatMap((target) => wordTableOf(target) ?? []);
