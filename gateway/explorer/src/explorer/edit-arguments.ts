import {
  type ArgumentNode,
  astFromValue,
  type FieldNode,
  type GraphQLInputType,
  getNullableType,
  Kind,
  type ObjectFieldNode,
  type OperationDefinitionNode,
  parseType,
  type ValueNode,
  type VariableDefinitionNode,
  valueFromASTUntyped,
} from 'graphql';
import { changedOperation, type FieldPath, fieldAt, operationIn } from './edit-query';
import { kindOf, type ValuePath } from './input-types';

/** An operation and its variables, both as text. */
export interface Asking {
  readonly text: string;
  readonly variables: string;
}

/** A value of an argument, outside of lists. */
export interface ArgumentValue {
  readonly path: ValuePath;
  /** As JSON; undefined for a variable without a value. */
  readonly value: unknown;
  /** The variable that has the value. */
  readonly variable: string | undefined;
}

/** The values of a selected field's arguments. */
export function valuesOf(field: FieldNode, variables: Readonly<Record<string, unknown>>): ArgumentValue[] {
  const visit = (path: ValuePath, node: ValueNode): ArgumentValue[] => {
    if (node.kind === Kind.OBJECT) return node.fields.flatMap(({ name, value }) => visit([...path, name.value], value));
    const variable = node.kind === Kind.VARIABLE ? node.name.value : undefined;
    return [
      { path, variable, value: variable === undefined ? valueFromASTUntyped(node, variables) : variables[variable] },
    ];
  };
  return (field.arguments ?? []).flatMap(({ name, value }) => visit([name.value], value));
}

/**
 * Sets a value of a selected field's argument. A new value becomes a variable, unless it is a list or a page size, which readers change in the
 * tree. One that the operation has already stays what it is.
 * @returns undefined if the operation has no such field
 */
export function withValue(
  asking: Asking,
  place: { readonly field: FieldPath; readonly path: ValuePath; readonly type: GraphQLInputType },
  value: unknown,
): Asking | undefined {
  const operation = operationIn(asking.text);
  const field = operation && fieldAt(operation, place.field);
  if (!field) return undefined;
  const known = nodeAt(field, place.path);
  if (known?.kind === Kind.VARIABLE)
    return { ...asking, variables: withVariable(asking.variables, known.name.value, value) };
  const isLiteral = known !== undefined || kindOf(place.type) !== 'value' || PAGE_SIZES.has(place.path[0]!);
  if (isLiteral) {
    const node = astFromValue(value, place.type);
    return node ? changed(asking, operation, place.field, withNode(field, place.path, node)) : undefined;
  }
  const definitions = operation.variableDefinitions ?? [];
  const name = variableName(place.path, definitions);
  const type = parseType(String(getNullableType(place.type)));
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name } } as const;
  const declared: OperationDefinitionNode = {
    ...operation,
    variableDefinitions: [...definitions, { kind: Kind.VARIABLE_DEFINITION, variable, type }],
  };
  const next = changed(asking, declared, place.field, withNode(field, place.path, variable));
  return { ...next, variables: withVariable(asking.variables, name, value) };
}

/** Removes a value of a selected field's argument, with objects that become empty and variables that nothing else uses. */
export function withoutValue(asking: Asking, field: FieldPath, path: ValuePath): Asking | undefined {
  const operation = operationIn(asking.text);
  const node = operation && fieldAt(operation, field);
  return node && changed(asking, operation, field, withNode(node, path, undefined));
}

const PAGE_SIZES: ReadonlySet<string> = new Set(['first', 'last']);

function changed(asking: Asking, operation: OperationDefinitionNode, path: FieldPath, field: FieldNode): Asking {
  const text = changedOperation(asking.text, operation, path, field);
  return { text, variables: withoutUnused(asking.variables, operation, operationIn(text)!) };
}

/** Without values of variables that the operation no longer declares. Values of others stay: they may be for another operation of the text. */
function withoutUnused(variables: string, before: OperationDefinitionNode, after: OperationDefinitionNode): string {
  const names = new Set(namesIn(after.variableDefinitions));
  return namesIn(before.variableDefinitions)
    .filter((name) => !names.has(name))
    .reduce((text, name) => withVariable(text, name, undefined), variables);
}

const namesIn = (definitions: readonly VariableDefinitionNode[] = []): string[] =>
  definitions.map(({ variable }) => variable.name.value);

/** The variables with another value of one of them; undefined removes it. Text that is not a JSON object stays as it is. */
export function withVariable(text: string, name: string, value: unknown): string {
  const values = variablesIn(text);
  if (!values) return text;
  const { [name]: _former, ...rest } = values;
  return JSON.stringify(value === undefined ? rest : { ...values, [name]: value }, null, 2);
}

/** The variables of a JSON text; undefined if it is not an object. */
export function variablesIn(text: string): Record<string, unknown> | undefined {
  try {
    const values = text.trim() === '' ? {} : JSON.parse(text);
    return typeof values === 'object' && values !== null && !Array.isArray(values) ? values : undefined;
  } catch {
    return undefined;
  }
}

/** Operators that say nothing about a variable's meaning. */
const PLAIN: ReadonlySet<string> = new Set(['eq', 'in', 'any', 'contains', 'startsWith']);

function variableName(path: ValuePath, definitions: readonly VariableDefinitionNode[]): string {
  const names = new Set(namesIn(definitions));
  const within = path.length > 1 ? path.slice(1) : path;
  const meaning = PLAIN.has(within.at(-1)!) && within.length > 1 ? within.slice(0, -1) : within;
  const [first, ...rest] = meaning.slice(-2);
  const name = [first!, ...rest.map((part) => part.charAt(0).toUpperCase() + part.slice(1))].join('');
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}${number}`;
    if (!names.has(candidate)) return candidate;
  }
}

function nodeAt(field: FieldNode, [name, ...rest]: ValuePath): ValueNode | undefined {
  let node = field.arguments?.find((one) => one.name.value === name)?.value;
  for (const below of rest)
    node = node?.kind === Kind.OBJECT ? node.fields.find((one) => one.name.value === below)?.value : undefined;
  return node;
}

/** The field with another value at a path; undefined removes it. */
function withNode(field: FieldNode, [name, ...rest]: ValuePath, node: ValueNode | undefined): FieldNode {
  const args: readonly ArgumentNode[] = field.arguments ?? [];
  const known = args.find((one) => one.name.value === name);
  const value = within(known?.value, rest, node);
  return { ...field, arguments: replaced(args, known, value && argumentOf(name!, value)) };
}

const argumentOf = (name: string, value: ValueNode): ArgumentNode => ({
  kind: Kind.ARGUMENT,
  name: { kind: Kind.NAME, value: name },
  value,
});

function within(
  value: ValueNode | undefined,
  [name, ...rest]: ValuePath,
  node: ValueNode | undefined,
): ValueNode | undefined {
  if (name === undefined) return node;
  const fields: readonly ObjectFieldNode[] = value?.kind === Kind.OBJECT ? value.fields : [];
  const known = fields.find((one) => one.name.value === name);
  const below = within(known?.value, rest, node);
  const next = replaced(
    fields,
    known,
    below && { kind: Kind.OBJECT_FIELD, name: { kind: Kind.NAME, value: name }, value: below },
  );
  return next.length > 0 ? { kind: Kind.OBJECT, fields: next } : undefined;
}

function replaced<Item>(items: readonly Item[], known: Item | undefined, next: Item | undefined): Item[] {
  if (known === undefined) return next === undefined ? [...items] : [...items, next];
  return items.flatMap((item) => (item === known ? (next === undefined ? [] : [next]) : [item]));
}
