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

/** Whether a document works with a schema. */
export const worksWith = (document: ClientDocument, schema: GraphQLSchema): boolean =>
  brokenDocuments([document], schema).length === 0;

/** Documents that do not work with a schema, with the reason. */
export function brokenDocuments(documents: readonly ClientDocument[], schema: GraphQLSchema): BrokenDocument[] {
  return documents.flatMap(({ client, name, text }) => {
    const document = parsed(text);
    const errors = document ? errorsOf(document, schema) : ['it is not a GraphQL document'];
    return errors.length > 0 ? [{ client, name, errors }] : [];
  });
}

/** Undefined for a text that is no GraphQL document. */
export function parsed(text: string): DocumentNode | undefined {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof GraphQLError) return undefined;
    throw error;
  }
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
  for (const { client, name, text } of documents) {
    const document = parsed(text);
    for (const coordinate of document ? usedCoordinates(document, schema, { insideVariables: true }) : []) {
      const names = users.get(coordinate) ?? new Set();
      users.set(coordinate, names.add(`${client}: ${name}`));
    }
  }
  return users;
}
