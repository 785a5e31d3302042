import { BREAK, type DocumentNode, GraphQLError, type GraphQLFormattedError, visit } from 'graphql';

const asked = new WeakMap<DocumentNode, boolean>();

/** Whether a document asks for the schema itself; `__typename` is no secret. */
export function introspects(document: DocumentNode): boolean {
  let found = asked.get(document);
  if (found === undefined) {
    found = false;
    visit(document, {
      Field({ name }) {
        if (name.value !== '__schema' && name.value !== '__type') return undefined;
        found = true;
        return BREAK;
      },
    });
    asked.set(document, found);
  }
  return found;
}

/** Whoever asks is not shown the schema. */
export const introspectionRefused = (): GraphQLError =>
  new GraphQLError('The schema is shown to known callers; send "authorization: Bearer <token>"', {
    extensions: { code: 'INTROSPECTION_DISABLED', http: { status: 403 } },
  });

const VALIDATION = 'GRAPHQL_VALIDATION_FAILED';

/**
 * An error without what would tell the schema to somebody who guesses names: what is wrong with an operation, or with the shape of its
 * variables, is said to those only who may see the schema anyway.
 */
export function withoutSchemaDetails(error: GraphQLFormattedError): GraphQLFormattedError {
  const code = error.extensions?.code;
  if (code === VALIDATION)
    return { message: 'The operation does not fit the schema of this graph', extensions: { code } };
  if (code === 'BAD_USER_INPUT' && /^Variable "\$/.test(error.message) && !error.path)
    return { message: 'The variables do not fit the operation', extensions: { code } };
  return error;
}
