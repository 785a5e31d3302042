import type { Database } from '../database/database';
import type { Link } from '../model/links';
import { type Comparison, type ModelClass, modelOf, type Selectable } from '../model/model';
import type { FieldUse } from './where';

/** How children reference their parent: a property, or a link table with the parent's key in `from`. */
export type ParentReference = string | { readonly links: ModelClass<Link>; readonly from: keyof Link };

/** A list of stored objects under each object of a model. */
export interface ChildList {
  readonly child: () => ModelClass;
  readonly parent: () => ParentReference;
}

/** The list that a field compares; undefined for a field without one, or a list of entities that this subgraph does not store. */
export function childListOf(comparison: Comparison): ChildList | undefined {
  if (comparison.kind === 'list') return comparison;
  if (comparison.kind !== 'link' || !modelOf(comparison.target()).stored) return undefined;
  const { table, target } = comparison;
  return { child: target, parent: () => ({ links: table() as ModelClass<Link>, from: 'ownerKey' }) };
}

/** SQL source of children under an alias, and the column with the key of their parent. */
export function childSource(
  database: Database,
  child: ModelClass,
  parent: ParentReference,
  alias: string,
  linkAlias: string,
): { source: string; column: string } {
  const table = `${database.table(child)} ${alias}`;
  if (typeof parent === 'string') return { source: table, column: `${alias}.${database.column(child, parent)}` };
  const { links, from } = parent;
  const end = (property: keyof Link) => `${linkAlias}.${database.column(links, property)}`;
  const key = `${alias}.${database.column(child, modelOf(child).key)}`;
  const childEnd = end(from === 'ownerKey' ? 'targetKey' : 'ownerKey');
  return { source: `${database.table(links)} ${linkAlias} JOIN ${table} ON ${key} = ${childEnd}`, column: end(from) };
}

/** Field of a model that a link table stores; undefined for a link table of another model. */
const linkOf = (target: ModelClass, table: ModelClass<Link>): Selectable | undefined =>
  [...modelOf(target).selectable.values()].find(
    ({ comparison }) => comparison.kind === 'link' && comparison.table() === table,
  );

/** Field of a child that names its parent; undefined if the schema does not publish it. A list of children is a filter on this field. */
export function namingField(child: ModelClass, parent: ParentReference): Required<FieldUse> | undefined {
  const { name, published, selectable, sensitivity } = modelOf(child);
  if (!published) return undefined;
  const isNaming = ({ property, comparison }: Selectable) =>
    property === parent && comparison.kind !== 'link' && comparison.kind !== 'list';
  const field = typeof parent === 'string' ? [...selectable.values()].find(isNaming) : linkOf(child, parent.links);
  return field && { type: name, field: field.name, sensitivity: field.sensitivity ?? sensitivity };
}
