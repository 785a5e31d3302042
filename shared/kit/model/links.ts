import { Directive } from 'type-graphql';
import { Entity, Index, PrimaryColumn } from 'typeorm';
import type { Sensitivity } from '#base/sensitivity';
import { pagedField } from '../collection/connection';
import { type Derivation, declareDerivation } from './derivation';
import { isOwnClass, method } from './fields';
import { type Comparison, draftOf, type ModelClass, modelOf, snakeCase, stubOf } from './model';

/** A row of a link table. */
export interface Link {
  ownerKey: string;
  targetKey: string;
}

interface LinksOptions extends Derivation {
  description: string;
  filter?: boolean;
  /** The entities belong to another subgraph, so list items are nullable in case one is unavailable. */
  remote?: boolean;
  /** Makes the list a connection, since it can grow without bound. Only for entities of the same database. */
  paged?: boolean;
  sensitivity?: Sensitivity;
}

/**
 * A list of linked entities, returned whole unless paged. Stored in a link table `<owner>_<field>` (owner_key, target_key) and read in
 * batches from either end.
 * @returns the entity class of the table; add it to the entities of the subgraph
 */
export function links(
  owner: () => ModelClass,
  field: string,
  target: () => ModelClass,
  options: LinksOptions,
): ModelClass<Link> {
  class LinkTable {}
  const ownerClass = owner();
  const tableName = `${snakeCase(ownerClass.name)}_${snakeCase(field)}`;
  Object.defineProperty(LinkTable, 'name', { value: tableName });
  PrimaryColumn({ name: 'owner_key', type: 'varchar', length: 60 })(LinkTable.prototype, 'ownerKey');
  PrimaryColumn({ name: 'target_key', type: 'varchar', length: 60 })(LinkTable.prototype, 'targetKey');
  Index()(LinkTable.prototype, 'targetKey');
  Entity({ name: tableName })(LinkTable);
  const draft = draftOf(LinkTable);
  draft.name = tableName;
  draft.key = 'ownerKey';
  draft.stored = true;
  draft.linkOwner = ownerClass;

  const table = LinkTable as unknown as ModelClass<Link>;
  const comparison: Comparison = { kind: 'link', table: () => table, target };
  draftOf(ownerClass).selectable.set(field, {
    name: field,
    property: modelOf(ownerClass).key,
    comparison,
    filter: options.filter ?? true,
    order: options.paged ?? false,
    aggregate: true,
    sensitivity: options.sensitivity,
  });
  if (options.paged)
    pagedField(
      ownerClass.prototype,
      field,
      target,
      () => ({ links: table, from: 'ownerKey' }),
      options.description,
      isOwnClass(options.sensitivity),
    );
  else wholeList(ownerClass, field, target, table, options);
  Directive(`@sensitivity(class: ${options.sensitivity ?? draftOf(ownerClass).sensitivity})`)(
    ownerClass.prototype,
    field,
  );
  declareDerivation(ownerClass.prototype, field, options);
  return table;
}

/** Adds a field with all linked entities. For lists that a reference table or an input limit bounds. */
function wholeList(
  owner: ModelClass,
  field: string,
  target: () => ModelClass,
  table: ModelClass<Link>,
  { description, remote, sensitivity }: LinksOptions,
): void {
  // whoever may not read the class gets no list
  const isOwn = isOwnClass(sensitivity);
  const nullable = remote && isOwn ? 'itemsAndList' : remote ? 'items' : isOwn;
  method(
    owner.prototype,
    field,
    () => [target()] as never,
    { description, nullable },
    async (parent, context) => {
      const type = target();
      const rows = await context.loaders.links(table).load(parent[modelOf(owner).key] as string);
      const keys = rows.map((row) => row.targetKey);
      const objects = modelOf(type).stored
        ? await context.loaders.byKey(type).loadMany(keys)
        : keys.map((keyValue) => stubOf(type, keyValue));
      return objects.filter((object) => object !== null);
    },
  );
}
