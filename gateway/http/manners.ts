import type { ApolloServerPlugin } from '@apollo/server';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { ErrorList } from '#base/error-list';
import { rememberRequest } from '#base/http/errors';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import type { AnswerExtensions } from '../graph/graph';
import type { GraphContext } from '../graph/served-graph';
import { costHeaders, retryAfter } from '../policy/budgets';
import { withoutSchemaDetails } from '../policy/schema-secrecy';
import { isOnlyFor, PRIVATE } from '../policy/sharing';
import { statusOf } from './media-type';

/** An operation name that the document does not have is the client's mistake; Apollo's gateway makes it a failure of ours. */
export const requireOperation: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation, request, schema }) {
        if (operation && schema.getRootType(operation.operation)) return;
        const message = operation ? `This graph has no ${operation.operation}s` : unresolved(request.operationName);
        throw new GraphQLError(message, {
          extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } },
        });
      },
    };
  },
};

/** Why a valid document has no operation of a name. */
function unresolved(operationName: string | null | undefined): string {
  if (operationName === '')
    return 'operationName is empty: name an operation of the document or leave operationName out';
  return typeof operationName === 'string'
    ? `The document has no operation named "${operationName}"`
    : 'The document has several operations: choose one with operationName';
}

/**
 * Keeps the schema from those who are not shown it, and answers of known callers from caches; says in headers what an operation cost; and
 * holds the statuses to the specification.
 */
export const manners: ApolloServerPlugin<GraphContext> = {
  async requestDidStart() {
    return {
      async didEncounterErrors({ errors, contextValue }) {
        rememberRequest(errors, contextValue.headers[REQUEST_ID_HEADER]);
      },
      async willSendResponse({ request, response, contextValue }) {
        const { body, http } = response;
        const { extensions, errors } = body.kind === 'single' ? body.singleResult : body.initialResult;
        const told = extensions as AnswerExtensions | undefined;
        if (isOnlyFor(contextValue.principal, told)) http.headers.set('cache-control', PRIVATE);
        for (const [name, value] of Object.entries(told?.cost ? costHeaders(told.cost) : {}))
          http.headers.set(name, String(value));
        const seconds = retryAfter(errors?.[0]?.extensions);
        if (seconds !== undefined) http.headers.set('retry-after', String(seconds));
        if (errors) contextValue.chargeErrors?.(errors);
        if (body.kind !== 'single' || !body.singleResult.errors) return;
        body.singleResult.errors = new ErrorList(body.singleResult.errors).toArray();
        const [first] = body.singleResult.errors as [GraphQLFormattedError];
        if (!('data' in body.singleResult))
          http.status = statusOf(request.http?.headers.get('accept'), http.status ?? 200, first.extensions?.code);
        if (contextValue.seesSchema) return;
        body.singleResult.errors = body.singleResult.errors.map(withoutSchemaDetails);
      },
    };
  },
};
