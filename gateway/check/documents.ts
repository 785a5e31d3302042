import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, specifiedRules, validate } from 'graphql';
import { usedCoordinates } from '../operation/used-coordinates';

/** A document that a released client sends. */
export interface ClientDocument {
  /** Client and version, such as "dashboard@1.4". */
  readonly client: string;
  /** Name of the operation, or its id in the manifest. */
  readonly name: string;
  readonly text: string;
}

/** A document that does not work with a schema. */
export interface BrokenDocument {
  readonly client: string;
  readonly name: string;
  readonly errors: readonly string[];
}

/** Maximum errors of one document in a report. */
const MAX_ERRORS = 5;

const known = new WeakMap<ClientDocument, DocumentNode | null>();

/** The parsed text, once for each document; null for a text that is no GraphQL document. */
export function parsedDocument(document: ClientDocument): DocumentNode | null {
  const parsed = known.get(document);
  if (parsed !== undefined) return parsed;
  const first = parsedText(document.text);
  known.set(document, first);
  return first;
}

function parsedText(text: string): DocumentNode | null {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

/** Documents by whether they work with a schema. */
export interface TriedDocuments {
  readonly working: readonly ClientDocument[];
  /** Those that do not, with the reason. */
  readonly broken: readonly BrokenDocument[];
}

/** Validates documents against a schema. */
export function tryDocuments(documents: readonly ClientDocument[], schema: GraphQLSchema): TriedDocuments {
  const working: ClientDocument[] = [];
  const broken: BrokenDocument[] = [];
  for (const document of documents) {
    const { client, name } = document;
    const node = parsedDocument(document);
    const errors = node ? errorsOf(node, schema) : ['it is not a GraphQL document'];
    if (errors.length > 0) broken.push({ client, name, errors });
    else working.push(document);
  }
  return { working, broken };
}

function errorsOf(document: DocumentNode, schema: GraphQLSchema): string[] {
  // validation skips operations without a root type
  const missing = document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION && !schema.getRootType(definition.operation)
      ? [`The graph has no ${definition.operation} type.`]
      : [],
  );
  return [
    ...missing,
    ...validate(schema, document, specifiedRules, { maxErrors: MAX_ERRORS }).map(({ message }) => message),
  ];
}

/**
 * Finds the documents that use a part of the schema.
 * @returns from a coordinate, with dots before arguments too, to names as "client: operation"
 */
export function usersOf(documents: readonly ClientDocument[], schema: GraphQLSchema): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  for (const document of documents) {
    const node = parsedDocument(document);
    for (const coordinate of node ? usedCoordinates(node, schema, { insideVariables: true }) : []) {
      const names = users.get(coordinate) ?? new Set();
      users.set(coordinate, names.add(`${document.client}: ${document.name}`));
    }
  }
  return users;
}
