import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';
import { OperatorError } from '#base/errors';
import { someOf } from './choices';

/** An operation with one list whose pages follow each other. */
export interface PagedOperation {
  /** Its text, with a cursor in the variable {@link cursorVariable}. */
  readonly query: string;
  readonly operationName: string | undefined;
  readonly cursorVariable: string;
  /** Response names from the root to the list, such as `['executiveOrder', 'provisions']`. */
  readonly path: readonly string[];
  /** Whether objects are in `nodes`, or in `node` of each of `edges`. */
  readonly shape: 'nodes' | 'edges';
  /** What it selects of each object, without fragments. */
  readonly selection: readonly FieldNode[];
  /** Fields from the root to the list. */
  readonly fields: readonly FieldNode[];
}

/** How callers choose an operation and a list, for errors. */
export interface Choices {
  readonly operation: string;
  readonly list: string;
}
const FLAGS: Choices = { operation: '--operation', list: '--list ' };

/** A list of an operation: a field that selects `nodes` or `edges`. */
interface List {
  readonly field: FieldNode;
  readonly path: readonly string[];
  readonly fields: readonly FieldNode[];
  /** Whether it belongs to another list, as its groups do. */
  readonly isWithin: boolean;
}

const CURSOR = 'exportAfter';

/**
 * Prepares an operation for paging: its list gets a page size, a cursor, and `pageInfo`. One that pages by a variable already, with
 * `pageInfo { hasNextPage endCursor }`, stays as it is, so that trusted documents keep their hash.
 * @param list response name of the list, or path with dots; needed if the operation has several lists
 * @param pageSize objects on a page; ignored if the operation stays as it is
 * @param choices how callers choose an operation and a list, for errors
 * @throws OperatorError if the text is no query, or the list is missing or ambiguous
 */
export function pagedOperation(
  text: string,
  {
    list,
    pageSize,
    operationName,
    choices = FLAGS,
  }: { list?: string; pageSize: number; operationName?: string; choices?: Choices },
): PagedOperation {
  const document = parsed(text);
  const operation = operationOf(document, operationName, choices);
  const fragments = fragmentsOf(document);
  requireExpandable(document, fragments);
  const { field, path, fields } = chosen(listsOf(operation.selectionSet, fragments), list, choices);
  const name = operation.name?.value;
  const { shape, selection } = objectsOf(field, fragments);
  const known = { operationName: name, path, fields, shape, selection };
  const ownCursor = cursorOf(field);
  if (ownCursor && hasPageInfo(field, fragments)) return { ...known, query: text, cursorVariable: ownCursor };
  const cursorVariable = ownCursor ?? CURSOR;
  return {
    ...known,
    query: print(withPaging(document, operation, field, { cursorVariable, pageSize })),
    cursorVariable,
  };
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text);
  } catch (error) {
    throw new OperatorError(`The question is not a GraphQL operation: ${(error as Error).message}`, 'Correct its text');
  }
}

function operationOf(document: DocumentNode, name: string | undefined, choices: Choices): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const names = someOf(operations.map((operation) => `"${operation.name?.value ?? ''}"`));
  const [operation, ...others] = operations.filter((node) => name === undefined || node.name?.value === name);
  if (!operation || others.length > 0)
    throw new OperatorError(
      operation ? `The question has several operations: ${names}` : `The question has no operation "${name ?? ''}"`,
      `Name one with ${choices.operation}`,
    );
  if (operation.operation !== 'query')
    throw new OperatorError(`The operation is a ${operation.operation}`, 'Export the result of a query');
  return operation;
}

export type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

/**
 * Expanding fragments that contain themselves would not end. Each fragment that is not defined would add no field, so that limits of fields
 * would not count the work of expanding those that spread it.
 * @throws OperatorError
 */
function requireExpandable(document: DocumentNode, fragments: Fragments): void {
  visit(document, {
    FragmentSpread: ({ name }) => {
      if (!fragments.has(name.value))
        throw new OperatorError(`The question has no fragment "${name.value}"`, 'Define it, or remove its spreads');
    },
  });
  const [within, done] = [new Set<string>(), new Set<string>()];
  const visitFragment = (name: string): void => {
    const fragment = fragments.get(name);
    if (!fragment || done.has(name)) return;
    if (within.has(name))
      throw new OperatorError(`The fragment "${name}" contains itself`, 'Remove one of its spreads');
    within.add(name);
    visit(fragment, {
      FragmentSpread: (spread) => {
        visitFragment(spread.name.value);
      },
    });
    within.delete(name);
    done.add(name);
  };
  for (const name of fragments.keys()) visitFragment(name);
}

export const fragmentsOf = (document: DocumentNode): Fragments =>
  new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );

/** The fields of a selection, those in fragments too. */
function fieldsIn({ selections }: SelectionSetNode, fragments: Fragments): FieldNode[] {
  return selections.flatMap((selection: SelectionNode): FieldNode[] => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) return fieldsIn(selection.selectionSet, fragments);
    const fragment = fragments.get(selection.name.value);
    return fragment ? fieldsIn(fragment.selectionSet, fragments) : [];
  });
}

export const responseName = ({ alias, name }: FieldNode): string => (alias ?? name).value;

const isPageOf = (field: FieldNode, fragments: Fragments): boolean =>
  !!field.selectionSet &&
  fieldsIn(field.selectionSet, fragments).some(
    (selected) => !selected.alias && (selected.name.value === 'nodes' || selected.name.value === 'edges'),
  );

/** Lists that are not within the objects of another list. */
function listsOf(
  selectionSet: SelectionSetNode,
  fragments: Fragments,
  above: readonly FieldNode[] = [],
  isWithin = false,
): List[] {
  return fieldsIn(selectionSet, fragments).flatMap((field): List[] => {
    const fields = [...above, field];
    if (!field.selectionSet || (isWithin && OBJECTS.has(field.name.value))) return [];
    const isPage = isPageOf(field, fragments);
    const list = { field, path: fields.map(responseName), fields, isWithin };
    return [...(isPage ? [list] : []), ...listsOf(field.selectionSet, fragments, fields, isWithin || isPage)];
  });
}

/** Fields with the objects of a list. */
const OBJECTS: ReadonlySet<string> = new Set(['nodes', 'edges']);

function chosen(lists: readonly List[], name: string | undefined, choices: Choices): List {
  const [list, ...others] = lists.filter(({ path, isWithin }) =>
    name === undefined ? !isWithin : path.join('.') === name,
  );
  if (list && others.length === 0) return list;
  const names = someOf(lists.map(({ path }) => path.join('.')));
  if (lists.length === 0)
    throw new OperatorError(
      'The question has no list: no field selects "nodes" or "edges"',
      'Ask for a list, such as { submissions { nodes { id } } }',
    );
  throw new OperatorError(
    name === undefined
      ? `The question has several lists: ${names}`
      : `The question has no list "${name}", but ${names}`,
    `Name the one to export, such as ${choices.list}${lists[0]!.path.join('.')}`,
  );
}

function objectsOf(list: FieldNode, fragments: Fragments): Pick<PagedOperation, 'shape' | 'selection'> {
  const fields = fieldsIn(list.selectionSet!, fragments);
  const below = (of: readonly FieldNode[], name: string) =>
    of
      .filter((field) => responseName(field) === name && field.selectionSet)
      .flatMap(({ selectionSet }) => fieldsIn(selectionSet!, fragments));
  const nodes = below(fields, 'nodes');
  if (nodes.length > 0) return { shape: 'nodes', selection: merged(nodes, fragments) };
  return { shape: 'edges', selection: merged(below(below(fields, 'edges'), 'node'), fragments) };
}

/** Fields by response name, with the selections of equal names joined and fragments replaced by their fields. */
function merged(fields: readonly FieldNode[], fragments: Fragments): FieldNode[] {
  const byName = Map.groupBy(fields, responseName);
  return [...byName.values()].map((same): FieldNode => {
    const selections = same.flatMap(({ selectionSet }) => (selectionSet ? fieldsIn(selectionSet, fragments) : []));
    const field = same[0]!;
    return field.selectionSet
      ? { ...field, selectionSet: { kind: Kind.SELECTION_SET, selections: merged(selections, fragments) } }
      : field;
  });
}

/** The fields of a selection by response name, with the selections of equal names joined and fragments replaced by their fields, at all levels. */
export const expanded = (selectionSet: SelectionSetNode, fragments: Fragments): FieldNode[] =>
  merged(fieldsIn(selectionSet, fragments), fragments);

/** The variable that a list takes its cursor from. */
function cursorOf({ arguments: given = [] }: FieldNode): string | undefined {
  const value = given.find(({ name }) => name.value === 'after')?.value;
  return value?.kind === Kind.VARIABLE ? value.name.value : undefined;
}

/** Whether it selects where the next page begins. Fields with aliases do not count: they may be others with these response names. */
function hasPageInfo({ selectionSet }: FieldNode, fragments: Fragments): boolean {
  const pageInfo = fieldsIn(selectionSet!, fragments).filter(({ alias, name }) => !alias && name.value === 'pageInfo');
  const selected = pageInfo.flatMap((field) => (field.selectionSet ? fieldsIn(field.selectionSet, fragments) : []));
  const names = selected.filter(({ alias }) => !alias).map(({ name }) => name.value);
  return names.includes('hasNextPage') && names.includes('endCursor');
}

function withPaging(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  list: FieldNode,
  { cursorVariable, pageSize }: { cursorVariable: string; pageSize: number },
): DocumentNode {
  const [added] = parse(
    `query ($${cursorVariable}: String) { list(first: ${pageSize}, after: $${cursorVariable}) { pageInfo { hasNextPage endCursor } } }`,
    { noLocation: true },
  ).definitions as [OperationDefinitionNode];
  const [paging] = added.selectionSet.selections as [FieldNode];
  const kept = (list.arguments ?? []).filter(({ name }) => name.value !== 'first' && name.value !== 'after');
  const paged: FieldNode = {
    ...list,
    arguments: [...kept, ...paging.arguments!],
    selectionSet: {
      ...list.selectionSet!,
      selections: [...list.selectionSet!.selections, ...paging.selectionSet!.selections],
    },
  };
  const variables = operation.variableDefinitions ?? [];
  const isDeclared = variables.some(({ variable }) => variable.name.value === cursorVariable);
  return visit(document, {
    Field: (node) => (node === list ? paged : undefined),
    OperationDefinition: {
      leave: (node) =>
        node.name === operation.name && !isDeclared
          ? { ...node, variableDefinitions: [...variables, ...added.variableDefinitions!] }
          : undefined,
    },
  });
}
