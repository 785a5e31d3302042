import {
  type DocumentNode,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isEnumType,
  isInterfaceType,
  isObjectType,
  Kind,
} from 'graphql';
import { expanded, fragmentsOf, responseName } from '../../../../export/paged-operation';
import { Table } from '../../../../export/table';

/** What the values of a column are. */
export type ColumnKind = 'number' | 'time' | 'date' | 'category' | 'text' | 'boolean';

export interface ColumnInfo {
  /** Path from the object, such as `agency.key`. */
  readonly name: string;
  /** `Type.field`; undefined without a schema. */
  readonly coordinate: string | undefined;
  /** Coordinates of the fields that lead to it from the root. */
  readonly above: readonly string[];
  readonly kind: ColumnKind;
}

/** A list in an answer, or all its values outside of lists. */
export interface AnswerPart {
  /** Path of the list in the answer, such as `submissions.nodes`; empty for values outside of lists. */
  readonly name: string;
  readonly selection: readonly FieldNode[];
  readonly objects: readonly unknown[];
  /** Nested lists, by their path from an object. */
  readonly nested: readonly string[];
  /** Whether more pages exist; `perhaps` if the operation does not ask. */
  readonly hasMore: boolean | 'perhaps';
}

const KINDS: Readonly<Record<string, ColumnKind>> = {
  Int: 'number',
  Float: 'number',
  BigInt: 'number',
  Decimal: 'number',
  DateTime: 'time',
  Date: 'date',
  Boolean: 'boolean',
};

/**
 * The tables of an answer: one for each list that is not within another list, and one with the values outside of lists. A table has the columns
 * of the answer, in its order.
 */
export function partsOf(document: DocumentNode, operationName: string | undefined, data: unknown): AnswerPart[] {
  const operation = document.definitions.find(
    (node) =>
      node.kind === Kind.OPERATION_DEFINITION && (operationName === undefined || node.name?.value === operationName),
  );
  if (operation?.kind !== Kind.OPERATION_DEFINITION || !isRecord(data)) return [];
  const fields = expanded(operation.selectionSet, fragmentsOf(document));
  const lists: AnswerPart[] = [];
  const outside = withoutLists(fields, data, [], lists);
  const figures: AnswerPart[] =
    outside.length > 0 ? [{ name: '', selection: outside, objects: [data], nested: [], hasMore: false }] : [];
  return [...lists, ...figures];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The fields without those of lists, which are added to `lists`. */
function withoutLists(
  fields: readonly FieldNode[],
  value: Record<string, unknown>,
  path: readonly string[],
  lists: AnswerPart[],
  parent?: FieldNode,
): FieldNode[] {
  return fields.flatMap((field): FieldNode[] => {
    const name = responseName(field);
    const below = value[name];
    const here = [...path, name];
    if (!field.selectionSet) return name === 'pageInfo' ? [] : [field];
    const selection = field.selectionSet.selections as readonly FieldNode[];
    if (Array.isArray(below)) {
      lists.push({
        name: here.join('.'),
        selection,
        objects: below,
        nested: nestedLists(selection, below),
        hasMore: hasMore(name, below.length, value, parent),
      });
      return [];
    }
    if (field.name.value === 'pageInfo') return [];
    // null: one value, whatever it would have had
    if (!isRecord(below)) return [{ ...field, selectionSet: undefined }];
    const kept = withoutLists(selection, below, here, lists, field);
    return kept.length > 0 ? [{ ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: kept } }] : [];
  });
}

/** Objects on a page, unless an operation asks for more or fewer. */
const DEFAULT_PAGE = 25;

function hasMore(
  name: string,
  length: number,
  connection: Record<string, unknown>,
  parent: FieldNode | undefined,
): AnswerPart['hasMore'] {
  const { hasNextPage } = (connection.pageInfo ?? {}) as { hasNextPage?: boolean };
  if (hasNextPage !== undefined) return hasNextPage;
  if (name !== 'nodes' && name !== 'edges') return false;
  const first = parent?.arguments?.find(
    (argument) => argument.name.value === 'first' || argument.name.value === 'last',
  );
  const size = first ? (first.value.kind === Kind.INT ? Number(first.value.value) : length) : DEFAULT_PAGE;
  return length > 0 && length === size ? 'perhaps' : false;
}

/** Paths of the lists within objects, the outer ones only: lists in lists are joined in a cell. */
function nestedLists(
  selection: readonly FieldNode[],
  objects: readonly unknown[],
  path: readonly string[] = [],
): string[] {
  return selection.flatMap((field): string[] => {
    if (!field.selectionSet) return [];
    const name = responseName(field);
    const values = objects.flatMap((object) => (isRecord(object) && object[name] != null ? [object[name]] : []));
    const here = [...path, name];
    if (values.some(Array.isArray)) return [here.join('.')];
    return nestedLists(field.selectionSet.selections as readonly FieldNode[], values, here);
  });
}

/** What the columns of a part are, in the order of its table. */
export function columnsOf(
  part: AnswerPart,
  document: DocumentNode,
  schema: GraphQLSchema | undefined,
): readonly ColumnInfo[] {
  const { columns } = new Table(part.selection);
  const types = schema ? typesAt(part, document, schema) : new Map<string, Omit<ColumnInfo, 'name'>>();
  return columns.map((name) => ({ name, coordinate: undefined, above: [], kind: 'text', ...types.get(name) }));
}

/** Coordinates and kinds by path from an object of the part. */
function typesAt(
  part: AnswerPart,
  document: DocumentNode,
  schema: GraphQLSchema,
): Map<string, Omit<ColumnInfo, 'name'>> {
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  const types = new Map<string, Omit<ColumnInfo, 'name'>>();
  const query = schema.getQueryType();
  if (operation?.kind !== Kind.OPERATION_DEFINITION || !query) return types;
  const prefix = part.name === '' ? '' : `${part.name}.`;
  const visit = (
    typeName: string,
    fields: readonly FieldNode[],
    path: readonly string[],
    above: readonly string[],
  ): void => {
    const type = schema.getType(typeName);
    if (!isObjectType(type) && !isInterfaceType(type)) return;
    for (const field of fields) {
      const definition = type.getFields()[field.name.value];
      if (!definition) continue;
      const here = [...path, responseName(field)];
      const named = getNamedType(definition.type);
      if (isCompositeType(named)) {
        if (field.selectionSet)
          visit(named.name, field.selectionSet.selections as readonly FieldNode[], here, [
            ...above,
            `${typeName}.${field.name.value}`,
          ]);
        continue;
      }
      const name = here.join('.');
      if (name.startsWith(prefix))
        types.set(name.slice(prefix.length), {
          coordinate: `${typeName}.${field.name.value}`,
          above,
          kind: kindOf(definition.type),
        });
    }
  };
  visit(query.name, expanded(operation.selectionSet, fragmentsOf(document)), [], []);
  return types;
}

function kindOf(type: GraphQLOutputType): ColumnKind {
  const named = getNamedType(type);
  return isEnumType(named) ? 'category' : (KINDS[named.name] ?? 'text');
}

/** What a view says about rows that it does not have. */
export function moreOf({ hasMore, nested }: AnswerPart): string {
  const pages =
    hasMore &&
    `${hasMore === 'perhaps' ? 'perhaps more' : 'more'} pages exist: this is of the rows loaded, and Download has all pages`;
  const within = nested.length > 0 && 'lists within objects have their first page only';
  const notes = [pages, within].filter(Boolean);
  return notes.length > 0 ? `; ${notes.join('; ')}.` : '';
}
