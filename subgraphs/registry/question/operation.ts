import { createHash } from 'node:crypto';
import { type DocumentNode, GraphQLError, Kind, OperationTypeNode, parse } from 'graphql';
import { InputError } from '#base/errors';

/** Maximum bytes of a query. */
export const MAX_OPERATION_BYTES = 32 * 1024;
/** Maximum bytes of the values of its variables. */
export const MAX_VARIABLES_BYTES = 16 * 1024;
/** Maximum tokens of a query; the gateway accepts fewer by default. */
const MAX_TOKENS = 16_000;

/**
 * Checks the text of a query: one operation, which reads. Only the gateway knows the schema that it must match.
 * @throws InputError
 */
export function requireQuery(operation: string): void {
  const path = ['input', 'operation'];
  requireBytes(operation, MAX_OPERATION_BYTES, path);
  const operations = parsed(operation, path).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const [first, ...others] = operations as readonly { readonly operation: OperationTypeNode }[];
  if (!first || others.length > 0)
    throw new InputError(`"operation" has ${operations.length} operations: save one query`, path);
  if (first.operation !== OperationTypeNode.QUERY)
    throw new InputError(`"operation" is a ${first.operation}: save a query`, path);
}

/**
 * The name of the operation of a document, which may also be a mutation.
 * @param path of the document in the input @throws InputError unless it has exactly one operation, with a name
 */
export function operationNameOf(operation: string, path: readonly (string | number)[]): string {
  const operations = parsed(operation, path).definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  const [first, ...others] = operations;
  if (!first || others.length > 0)
    throw new InputError(`The document has ${operations.length} operations: each document has one`, path);
  if (!first.name) throw new InputError('The operation has no name: name it, so that reports can', path);
  return first.name.value;
}

function parsed(operation: string, path: readonly (string | number)[]): DocumentNode {
  try {
    return parse(operation, { noLocation: true, maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof RangeError) throw new InputError('"operation" is nested too deeply', path);
    if (!(error instanceof GraphQLError)) throw error;
    const [{ line, column } = { line: 1, column: 1 }] = error.locations ?? [];
    throw new InputError(`"operation" is not GraphQL: ${error.message} (line ${line}, column ${column})`, path);
  }
}

/** Checks the default values of variables: a JSON object. @throws InputError */
export function requireVariables(variables: string): void {
  const path = ['input', 'variables'];
  requireBytes(variables, MAX_VARIABLES_BYTES, path);
  let value: unknown;
  try {
    value = JSON.parse(variables);
  } catch (error) {
    throw new InputError(`"variables" is not JSON: ${(error as Error).message}`, path);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new InputError('"variables" is not a JSON object, such as {"agency":"nsa"}', path);
}

function requireBytes(text: string, max: number, path: readonly string[]): void {
  const bytes = Buffer.byteLength(text);
  if (bytes > max) throw new InputError(`"${path.at(-1)}" has ${bytes} bytes; the maximum is ${max}`, path);
}

/** Bytes that a version takes besides its texts. */
export const BYTES_OF_VERSION = 500;

/** Bytes that a version takes, for the limit of its owner. */
export const bytesOf = ({ operation, variables, note }: SavedTexts): number =>
  BYTES_OF_VERSION + Buffer.byteLength(operation) + Buffer.byteLength(variables) + Buffer.byteLength(note ?? '');

/** Bytes that a description takes, for the same limit. */
export const bytesOfDescription = (description: string | null): number => Buffer.byteLength(description ?? '');

interface SavedTexts {
  readonly operation: string;
  readonly variables: string;
  readonly note: string | null;
}

/** The id by which clients send a document, as GraphQL over HTTP defines it. */
export const documentIdOf = (operation: string): string =>
  `sha256:${createHash('sha256').update(operation).digest('hex')}`;
