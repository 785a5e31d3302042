import { BREAK, type DocumentNode, GraphQLError, type GraphQLFormattedError, visit } from 'graphql';

const cache = new WeakMap<DocumentNode, boolean>();

/** Whether a document queries the schema. `__typename` does not count. */
export function introspects(document: DocumentNode): boolean {
  let result = cache.get(document);
  if (result === undefined) {
    result = false;
    visit(document, {
      Field({ name }) {
        if (name.value !== '__schema' && name.value !== '__type') return undefined;
        result = true;
        return BREAK;
      },
    });
    cache.set(document, result);
  }
  return result;
}

/** The error for callers who may not see the schema. */
export const introspectionRefused = (): GraphQLError =>
  new GraphQLError('Introspection requires authentication: send "authorization: Bearer <token>"', {
    extensions: { code: 'INTROSPECTION_DISABLED', http: { status: 403 } },
  });

const VALIDATION = 'GRAPHQL_VALIDATION_FAILED';

/**
 * Removes schema details from an error, which would help a caller guess names. Only callers who may see the schema get the details of
 * invalid operations and variables.
 */
export function withoutSchemaDetails(error: GraphQLFormattedError): GraphQLFormattedError {
  const code = error.extensions?.code;
  if (code === VALIDATION)
    return { message: 'The operation is not valid for the schema of this graph', extensions: { code } };
  if (code === 'BAD_USER_INPUT' && /^Variable "\$/.test(error.message) && !error.path)
    return { message: 'The variables are not valid for the operation', extensions: { code } };
  return error;
}
