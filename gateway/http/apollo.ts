import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { stringifyResult } from '../execution/result';
import type { GraphAnswer, GraphContext } from '../graph/served-graph';
import type { PersistedQueries } from './persisted-query';
import { MUTATION_BY_GET } from './unsupported';

/** An operation that has not been parsed and validated yet. */
export interface NewOperation {
  readonly query: string;
  readonly operationName?: string;
  readonly variables?: Record<string, unknown>;
  /** `persistedQuery` registers the document once it is valid. */
  readonly extensions?: Readonly<Record<string, unknown>>;
  /** Whether mutations are rejected. */
  readonly isReadOnly: boolean;
}

/** Apollo Server over a graph: parses and validates new operations, registers persisted queries, and serves Apollo Sandbox. */
export class ApolloPipeline {
  private constructor(
    private readonly server: ApolloServer<GraphContext>,
    /** Execution records of GET requests. */
    private readonly readOnly: WeakSet<object>,
  ) {}

  /** @param documentStore null to remember no documents */
  static async start(
    gateway: GatewayInterface,
    registered: PersistedQueries | undefined,
    log: Logger,
    documentStore?: null,
  ): Promise<ApolloPipeline> {
    const readOnly = new WeakSet<object>();
    const operations: ApolloServerPlugin<GraphContext> = {
      requestDidStart: async ({ contextValue: { trace } }) => ({
        ...(trace && {
          parsingDidStart: async () => ending(trace.begin('PARSE')),
          validationDidStart: async () => ending(trace.begin('VALIDATE')),
        }),
        didResolveOperation: async ({ operation, request, schema, contextValue }) => {
          if (!operation || !schema.getRootType(operation.operation))
            throw rejected(
              operation ? `This graph does not support ${operation.operation}s` : unresolved(request.operationName),
            );
          if (operation.operation !== 'query' && contextValue.executed && readOnly.has(contextValue.executed))
            throw new GraphQLError(MUTATION_BY_GET.error.message, {
              extensions: { ...MUTATION_BY_GET.error.extensions, http: { status: MUTATION_BY_GET.status } },
            });
        },
      }),
    };
    const server = new ApolloServer<GraphContext>({
      gateway,
      documentStore,
      stringifyResult,
      introspection: true,
      // for the log; `publicError` removes them
      includeStacktraceInErrorResponses: true,
      plugins: [
        ApolloServerPluginLandingPageLocalDefault({ embed: true }),
        ApolloServerPluginCacheControlDisabled(),
        operations,
      ],
      // GET reads need no protection: browsers attach no credentials on their own, and mutations require POST
      csrfPrevention: false,
      persistedQueries: registered ? { cache: registered } : false,
      logger: log,
      // the process exits after the HTTP server has closed
      stopOnTerminationSignals: false,
    } as never);
    await server.start();
    return new ApolloPipeline(server, readOnly);
  }

  /** Executes a valid operation, or returns its validation errors. */
  async answer({ isReadOnly, ...operation }: NewOperation, context: GraphContext): Promise<GraphAnswer> {
    const executed: { answer?: GraphAnswer } = {};
    if (isReadOnly) this.readOnly.add(executed);
    const { body, http } = await this.server.executeOperation(operation, { contextValue: { ...context, executed } });
    if (executed.answer) return executed.answer;
    if (body.kind !== 'single' || !body.singleResult.errors)
      throw new Error('Apollo Server neither executed the operation nor returned errors');
    const status = http.status ?? 500;
    return { errors: body.singleResult.errors.map((error) => withStatus(error, status)), answered: [] };
  }

  /** HTML of Apollo Sandbox. */
  async page(context: GraphContext): Promise<string> {
    const headers = new HeaderMap([['accept', 'text/html']]);
    const { body } = await this.server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'GET', headers, search: '', body: undefined },
      context: async () => context,
    });
    return body.kind === 'complete' ? body.string : '';
  }

  stop(): Promise<void> {
    return this.server.stop();
  }
}

/** The hook at the end of a phase. */
const ending = (end: () => void) => async () => end();

const withStatus = (error: GraphQLFormattedError, status: number): GraphQLFormattedError => ({
  ...error,
  extensions: { ...error.extensions, http: { status } },
});

const rejected = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: 'OPERATION_RESOLUTION_FAILURE', http: { status: 400 } } });

/** Error message for a valid document from which `operationName` selects nothing. */
function unresolved(operationName: string | null | undefined): string {
  if (operationName === '')
    return 'operationName is empty: name an operation of the document or leave operationName out';
  return typeof operationName === 'string'
    ? `The document has no operation named "${operationName}"`
    : 'The document has several operations: choose one with operationName';
}
