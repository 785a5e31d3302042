import {
  type ArgumentNode,
  astFromValue,
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { firstRowOf } from './input-types';

/** Names of fields from the root to a field. */
export type FieldPath = readonly string[];

/** The operation of a text with the fields that it selects, to show them as checked. Fragments and aliases are not looked into. */
export interface Selected {
  at(path: FieldPath): FieldNode | undefined;
}

/** Undefined for a text that cannot be parsed. */
export function selectedIn(text: string): Selected | undefined {
  if (isEmpty(text)) return { at: () => undefined };
  const operation = operationIn(text);
  return operation && { at: (path) => fieldAt(operation, path) };
}

export function fieldAt({ selectionSet }: OperationDefinitionNode, path: FieldPath): FieldNode | undefined {
  let within: SelectionSetNode | undefined = selectionSet;
  let field: FieldNode | undefined;
  for (const name of path) {
    field = within && fieldNamed(within, name);
    if (!field) return undefined;
    within = field.selectionSet;
  }
  return field;
}

const isEmpty = (text: string): boolean => text.replaceAll(/#.*$/gm, '').trim() === '';

/** The first query of a text; undefined if it cannot be parsed or has none. */
export function operationIn(text: string): OperationDefinitionNode | undefined {
  try {
    return parse(text).definitions.find(
      (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION && node.operation === 'query',
    );
  } catch {
    return undefined;
  }
}

const fieldNamed = ({ selections }: SelectionSetNode, name: string): FieldNode | undefined =>
  selections.find((node): node is FieldNode => node.kind === Kind.FIELD && node.name.value === name && !node.alias);

/**
 * Adds a field to an operation, with the fields that lead to it, or removes it, with fields that become empty. Required arguments become
 * variables, lists of choices values. A field with subfields gets a first one.
 * @returns the new text; undefined if the text cannot be parsed
 */
export function toggled(text: string, path: FieldPath, schema: GraphQLSchema): string | undefined {
  const operation = isEmpty(text) ? { ...EMPTY, name: nameOf(path) } : operationIn(text);
  if (!operation) return undefined;
  const variables = new Map(
    (operation.variableDefinitions ?? []).map((node) => [node.variable.name.value, node] as const),
  );
  const isOn = fieldAt(operation, path) !== undefined;
  const selectionSet = isOn
    ? without(operation.selectionSet, path)
    : withField(operation.selectionSet, path, schema.getQueryType()!.name, { schema, variables });
  const changed = printed(text, {
    ...operation,
    variableDefinitions: used([...variables.values()], selectionSet),
    selectionSet: selectionSet.selections.length > 0 ? selectionSet : setOf([field('__typename')]),
  });
  return isOn || path.at(-1) !== 'groups' ? changed : withFirstDimension(changed, path, schema);
}

/** New groups begin with a dimension. */
function withFirstDimension(text: string, path: FieldPath, schema: GraphQLSchema): string {
  const by = fieldAt(operationIn(text)!, path)?.arguments?.find(({ name }) => name.value === 'by')?.value;
  return by?.kind === Kind.LIST
    ? withDimensions(text, path, { now: valueFromASTUntyped(by) as Rows, before: [] }, schema)
    : text;
}

const EMPTY: OperationDefinitionNode = {
  kind: Kind.OPERATION_DEFINITION,
  operation: 'query' as never,
  selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
};

/** A new operation is named after its first field. */
const nameOf = ([first]: FieldPath): NameNode => ({
  kind: Kind.NAME,
  value: first!.charAt(0).toUpperCase() + first!.slice(1),
});

/** The text with another operation in the place of its first query. */
function printed(text: string, operation: OperationDefinitionNode): string {
  const document: DocumentNode = isEmpty(text) ? { kind: Kind.DOCUMENT, definitions: [EMPTY] } : parse(text);
  const place = document.definitions.findIndex(
    (node) => node.kind === Kind.OPERATION_DEFINITION && node.operation === 'query',
  );
  const definitions = document.definitions.map((node, index) => (index === place ? operation : node));
  return `${isEmpty(text) ? '' : commentOf(text)}${print({ ...document, definitions })}\n`;
}

/** The text with another field at a path of its first query, which is `operation`, and without variables that nothing uses. */
export function changedOperation(
  text: string,
  operation: OperationDefinitionNode,
  path: FieldPath,
  changed: FieldNode,
): string {
  const selectionSet = withNode(operation.selectionSet, path, changed);
  return printed(text, {
    ...operation,
    variableDefinitions: used(operation.variableDefinitions ?? [], selectionSet),
    selectionSet,
  });
}

const withNode = (set: SelectionSetNode, [name, ...rest]: FieldPath, changed: FieldNode): SelectionSetNode =>
  setOf(
    set.selections.map((node) => {
      if (node.kind !== Kind.FIELD || node.name.value !== name || node.alias) return node;
      if (rest.length === 0) return changed;
      return node.selectionSet ? { ...node, selectionSet: withNode(node.selectionSet, rest, changed) } : node;
    }),
  );

/** Comments before the operation, which printing would lose. */
const commentOf = (text: string): string => /^(?:\s*#.*\n)*/.exec(text)![0].trimStart();

const setOf = (selections: readonly SelectionNode[]): SelectionSetNode => ({ kind: Kind.SELECTION_SET, selections });

const field = (name: string, parts: Partial<FieldNode> = {}): FieldNode => ({
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: name },
  ...parts,
});

function without(set: SelectionSetNode, [name, ...rest]: FieldPath): SelectionSetNode {
  return setOf(
    set.selections.flatMap((node): SelectionNode[] => {
      if (node.kind !== Kind.FIELD || node.name.value !== name || node.alias) return [node];
      if (rest.length === 0) return [];
      const below = node.selectionSet && without(node.selectionSet, rest);
      return below && below.selections.length > 0 ? [{ ...node, selectionSet: below }] : [];
    }),
  );
}

interface Adding {
  readonly schema: GraphQLSchema;
  /** By name; grows by those of required arguments. */
  readonly variables: Map<string, VariableDefinitionNode>;
}

function withField(set: SelectionSetNode, [name, ...rest]: FieldPath, type: string, adding: Adding): SelectionSetNode {
  if (name === undefined) return set.selections.length > 0 ? set : firstOf(type, adding);
  const parent = adding.schema.getType(type);
  const definition = isObjectType(parent) || isInterfaceType(parent) ? parent.getFields()[name] : undefined;
  if (!definition) return set;
  const known = fieldNamed(set, name);
  const named = getNamedType(definition.type);
  const selectionSet = isCompositeType(named)
    ? withField(known?.selectionSet ?? setOf([]), rest, named.name, adding)
    : undefined;
  const changed: FieldNode = known
    ? { ...known, selectionSet }
    : field(name, { arguments: requiredArguments(definition, adding), selectionSet });
  return setOf(known ? set.selections.map((node) => (node === known ? changed : node)) : [...set.selections, changed]);
}

/** Required arguments as variables; a list of choices begins with the first, which readers change in the tree. */
function requiredArguments(definition: GraphQLField<unknown, unknown>, { variables }: Adding): ArgumentNode[] {
  return definition.args.filter(isRequiredArgument).map((argument): ArgumentNode => {
    const row = firstRowOf(argument.type);
    const choice = row && astFromValue([row], argument.type);
    if (choice) return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argument.name }, value: choice };
    let name = argument.name;
    for (let number = 2; variables.has(name); number += 1) name = `${argument.name}${number}`;
    const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const;
    variables.set(name, { kind: Kind.VARIABLE_DEFINITION, variable, type: parseType(String(argument.type)) });
    return { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argument.name }, value: variable };
  });
}

/** Fields that say what an object is, the best first. */
const FIRST_FIELDS = ['name', 'title', 'key', 'number', 'id', 'count', 'value'];

/** A first selection of a type, so that the operation stays valid. */
function firstOf(type: string, adding: Adding): SelectionSetNode {
  const parent = adding.schema.getType(type);
  if (!isObjectType(parent) && !isInterfaceType(parent)) return setOf([field('__typename')]);
  const fields = parent.getFields();
  // of a group, what its objects have in common is added with the dimension
  if (type.endsWith('Group') && fields.aggregates)
    return setOf([field('aggregates', { selectionSet: setOf([field('count')]) })]);
  if (fields.nodes) {
    const node = getNamedType(fields.nodes.type).name;
    return setOf([
      ...(fields.totalCount ? [field('totalCount')] : []),
      field('nodes', { selectionSet: firstOf(node, adding) }),
    ]);
  }
  const isPlain = (one: GraphQLField<unknown, unknown> | undefined) =>
    one && isLeafType(getNamedType(one.type)) && !one.args.some(isRequiredArgument);
  const first =
    FIRST_FIELDS.find((name) => isPlain(fields[name])) ?? Object.keys(fields).find((name) => isPlain(fields[name]));
  return setOf([field(first ?? '__typename')]);
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/**
 * Adds the fields of a field's groups that its dimensions have in common, such as `leadAgency` for `LEAD_AGENCY`, and removes those of former
 * dimensions, which would be null.
 */
export function withDimensions(
  text: string,
  path: FieldPath,
  dimensions: { readonly now: Rows; readonly before: Rows },
  schema: GraphQLSchema,
): string {
  const namesOf = (rows: Rows) => new Set(rows.map(({ field: dimension }) => camelCase(String(dimension))));
  const [now, before] = [namesOf(dimensions.now), namesOf(dimensions.before)];
  return [...new Set([...now, ...before])].reduce((changed, name) => {
    const place = [...path, 'nodes', name];
    const operation = operationIn(changed);
    const isOn = operation && fieldAt(operation, place) !== undefined;
    if (isOn === now.has(name) || !isField(place, schema)) return changed;
    return toggled(changed, place, schema) ?? changed;
  }, text);
}

const camelCase = (name: string): string =>
  name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Whether the schema has a field at a path from the root. */
function isField(path: FieldPath, schema: GraphQLSchema): boolean {
  let type: GraphQLNamedType | null | undefined = schema.getQueryType();
  for (const name of path) {
    const below: GraphQLField<unknown, unknown> | undefined =
      isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (!below) return false;
    type = getNamedType(below.type);
  }
  return true;
}

/** The variables that a selection still uses. */
function used(definitions: readonly VariableDefinitionNode[], set: SelectionSetNode): VariableDefinitionNode[] {
  const text = print(set);
  return definitions.filter(({ variable }) => new RegExp(`\\$${variable.name.value}\\b`).test(text));
}
