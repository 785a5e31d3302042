import {
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isInterfaceType,
  isListType,
  isObjectType,
} from 'graphql';
import type { PagedOperation } from './paged-operation';
import type { Column, Table } from './table';

/** Type of the values of a column. */
export type ColumnType = 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'TIMESTAMP' | 'STRING';

const BY_SCALAR: Readonly<Record<string, ColumnType>> = {
  Int: 'INT32',
  Float: 'DOUBLE',
  Boolean: 'BOOLEAN',
  DateTime: 'TIMESTAMP',
};

/**
 * Types of the columns of a table, in their order, by the schema. Text where the schema does not say, for other scalars, and for joined
 * lists.
 * @param schema undefined where the caller may not read it
 */
export function columnTypesOf(
  table: Table,
  { fields, shape }: Pick<PagedOperation, 'fields' | 'shape'>,
  schema: GraphQLSchema | undefined,
): ColumnType[] {
  const list =
    schema && fields.reduce<Step>((type, { name }) => type && step(schema, type, name.value), rootOf(schema));
  const nodes = schema && list && step(schema, list, shape);
  const element = shape === 'edges' ? schema && nodes && step(schema, nodes, 'node') : nodes;
  return table.parts.map((column) =>
    schema && element ? typeOf(schema, getNamedType(element), column, table.unfolded) : 'STRING',
  );
}

/** Type of a field; undefined if the schema has no such field. */
type Step = GraphQLOutputType | undefined;

const rootOf = (schema: GraphQLSchema): Step => schema.getQueryType() ?? undefined;

function typeOf(
  schema: GraphQLSchema,
  element: GraphQLNamedType,
  { path, fields }: Column,
  unfolded: readonly string[],
): ColumnType {
  const isUnfolded = unfolded.length > 0 && unfolded.every((name, place) => path[place] === name);
  let type: Step = element as GraphQLOutputType;
  for (const [place, { name }] of fields.entries()) {
    type = step(schema, type, name.value);
    if (!type) return 'STRING';
    const isJoined = isListType(getNullableType(type)) && !(isUnfolded && place < unfolded.length);
    if (isJoined) return 'STRING';
  }
  return BY_SCALAR[getNamedType(type).name] ?? 'STRING';
}

/** Type of a field of an object, an interface, or a member of a union. */
function step(schema: GraphQLSchema, of: GraphQLOutputType, name: string): Step {
  const type = getNamedType(of);
  if (isObjectType(type) || isInterfaceType(type)) {
    const field = type.getFields()[name];
    if (field) return field.type;
  }
  if (!isAbstractType(type)) return undefined;
  const member = schema.getPossibleTypes(type).find((candidate) => candidate.getFields()[name]);
  return member?.getFields()[name]?.type;
}
