import { Directive } from 'type-graphql';
import { Entity, Index, PrimaryColumn } from 'typeorm';
import { method } from './fields';
import { type Comparison, draftOf, type ModelClass, modelOf, type Sensitivity, snakeCase, stubOf } from './model';

/** A row of a link table. */
export interface Link {
  ownerKey: string;
  targetKey: string;
}

interface LinksOptions {
  description: string;
  filter?: boolean;
  /** The entities are another subgraph's: one that cannot be had is null in the list, and costs nothing else. */
  remote?: boolean;
  sensitivity?: Sensitivity;
}

/**
 * A list of entities that an object names: a link table `<owner>_<field>` (owner_key, target_key), read in batches from
 * either end. Returned class is the table's entity; list it among the subgraph's entities.
 */
export function links(
  owner: () => ModelClass,
  field: string,
  target: () => ModelClass,
  options: LinksOptions,
): ModelClass<Link> {
  class LinkTable {}
  const ownerClass = owner();
  const table = `${snakeCase(ownerClass.name)}_${snakeCase(field)}`;
  Object.defineProperty(LinkTable, 'name', { value: table });
  PrimaryColumn({ name: 'owner_key', type: 'varchar', length: 60 })(LinkTable.prototype, 'ownerKey');
  PrimaryColumn({ name: 'target_key', type: 'varchar', length: 60 })(LinkTable.prototype, 'targetKey');
  Index()(LinkTable.prototype, 'targetKey');
  Entity({ name: table })(LinkTable);
  const draft = draftOf(LinkTable);
  draft.name = table;
  draft.key = 'ownerKey';
  draft.stored = true;
  draft.linkOwner = ownerClass;

  const comparison: Comparison = { kind: 'link', table: () => LinkTable as ModelClass };
  if (options.filter ?? true)
    draftOf(ownerClass).selectable.set(field, {
      name: field,
      property: modelOf(ownerClass).key,
      comparison,
      filter: true,
      order: false,
      sensitivity: options.sensitivity,
    });
  method(
    ownerClass.prototype,
    field,
    () => [target()] as never,
    { description: options.description, nullable: options.remote ? 'items' : false },
    async (parent, context) => {
      const type = target();
      const rows = await context.loaders
        .links(LinkTable as ModelClass<Link>)
        .load(parent[modelOf(ownerClass).key] as string);
      const keys = rows.map((row) => row.targetKey);
      const found = modelOf(type).stored
        ? await context.loaders.byKey(type).loadMany(keys)
        : keys.map((keyValue) => stubOf(type, keyValue));
      return found.filter((object) => object !== null);
    },
  );
  Directive(`@sensitivity(class: ${options.sensitivity ?? draftOf(ownerClass).sensitivity})`)(
    ownerClass.prototype,
    field,
  );
  return LinkTable as unknown as ModelClass<Link>;
}
