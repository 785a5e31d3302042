import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { create as contentDisposition } from 'content-disposition';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { ErrorCode } from '#base/error-codes';
import { OperatorError, RequestError } from '#base/errors';
import { Transfers } from '#base/files/transfers';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { type DocumentSource, type OwnDocuments, resolveDocument } from '../http/documents';
import { addApiHeaders } from '../http/headers';
import { payerOf } from '../identity/caller';
import { exactVariables } from '../operation/exact-variables';
import { LimitError, type Limits, readWithin } from '../policy/limits';
import { costOfAnswer, costOfDocument } from '../policy/work';
import { type Answer, type Ask, GraphError, secondsOf, UnansweredError } from './ask';
import { bannerOf } from './banner';
import { type PagedOperation, pagedOperation } from './paged-operation';
import { type Page, pageAfter, pagesOf } from './pages';
import { type Parameters, parametersOf } from './parameters';
import { type Content, MEDIA_TYPES, type Writer, writerOf } from './writers';

/** Objects on a page: the maximum of a list. */
const PAGE_SIZE = 500;
/** Maximum seconds of waiting for one page; a connection without any traffic ends after 120. */
const MAX_WAIT_SECONDS = 100;

export interface ExportRoutes {
  /** The schema that serves now. */
  readonly schema: () => GraphQLSchema;
  /** Whether a caller may see the schema. */
  readonly seesSchema: (request: FastifyRequest) => boolean;
  readonly documents: DocumentSource;
  readonly limits: Limits;
  /** The error of a caller without any budget left. */
  readonly exhausted: (request: FastifyRequest) => GraphQLError | undefined;
  /** Charges the caller for work. */
  readonly charge: (request: FastifyRequest, cost: number) => void;
  /** Counts bytes that a request keeps in memory, fewer if negative, while its client reads. */
  readonly keep: (request: FastifyRequest, bytes: number) => void;
  /** Maximum exports of one caller at once; 0 disables the limit. */
  readonly maxExports: number;
  /** Headers of the request that the graph sees. */
  readonly forwardHeaders: readonly string[];
}

/** An export that cannot begin. */
class ExportError extends Error {
  constructor(
    readonly status: number,
    readonly errors: readonly object[],
    readonly retryAfterSeconds?: number,
  ) {
    super('The export cannot begin');
  }

  static of(status: number, code: ErrorCode, message: string): ExportError {
    return new ExportError(status, [{ message, extensions: { code } }]);
  }
}

/** A question to export. */
interface Question {
  readonly text: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Name of the saved question. */
  readonly name?: string;
}

/**
 * Adds `GET /export/:question` for saved questions, and `POST /export`. Each page is a request of the caller to `/graphql`, with the same
 * authentication, limits, costs, and record.
 */
export function addExportRoutes(server: FastifyInstance, routes: ExportRoutes): void {
  const exports = new Transfers('exports', routes.maxExports);
  const pages = new PageRequests(server, routes.forwardHeaders, routes.documents.own);
  const handle = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    addApiHeaders(reply);
    reply
      .header('cache-control', 'private, no-store')
      .header('vary', ['authorization', ...routes.forwardHeaders].join(', '));
    try {
      reply.raw.once('close', exports.begin(payerOf(request)));
      const client = new AbortController();
      reply.raw.once('close', () => client.abort());
      return await new Export(request, reply, pages.askFor(request, client.signal), client.signal, routes).send();
    } catch (error) {
      return sendError(error, reply);
    }
  };
  // before the body is read
  const onRequest = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    const exhausted = routes.exhausted(request);
    if (!exhausted) {
      next();
      return;
    }
    addApiHeaders(reply);
    sendError(new ExportError(429, [withoutStatus(exhausted)], secondsIn(exhausted)), reply);
  };
  server.get('/export/:question', { exposeHeadRoute: false, onRequest }, handle);
  server.post('/export', { onRequest }, handle);
}

/** The answer of a process that closes. */
const STOPPING = {
  errors: [
    {
      message: 'This server is stopping; try again to reach another server',
      extensions: { code: 'SERVER_STOPPING' },
    },
  ],
  status: 503,
} as const satisfies Answer;

/** Sends requests for pages to `/graphql` within this process. */
class PageRequests {
  /** Pages in progress, by the id of the request. Ids are random, so that no other request has them. */
  private readonly inProgress = new Map<string, { readonly client: AbortSignal; end?: () => void }>();

  constructor(
    private readonly server: FastifyInstance,
    private readonly forwardHeaders: readonly string[],
    private readonly own: OwnDocuments,
  ) {
    server.addHook('onRequest', (request, reply, next) => {
      const page = this.inProgress.get(request.id);
      if (page) {
        page.end = () => reply.raw.destroy();
        page.client.addEventListener('abort', page.end, { once: true });
      }
      next();
    });
  }

  /** Asks as the caller of a request. @param client ends pages in progress */
  askFor({ headers, ip, id }: FastifyRequest, client: AbortSignal): Ask {
    const sent: Record<string, string> = {
      accept: 'application/graphql-response+json',
      'content-type': 'application/json',
    };
    for (const name of ['authorization', ...this.forwardHeaders]) {
      const value = headers[name];
      if (value !== undefined) sent[name] = String(value);
    }
    return async (payload) => {
      client.throwIfAborted();
      const pageId = `${id.slice(0, 60)}-${randomUUID()}`;
      const page: { readonly client: AbortSignal; end?: () => void } = { client };
      this.inProgress.set(pageId, page);
      this.own.allow(pageId, payload.query);
      try {
        const response = await this.server.inject({
          ...{ method: 'POST', url: '/graphql', remoteAddress: ip },
          headers: { ...sent, [REQUEST_ID_HEADER]: pageId },
          payload: JSON.stringify(payload),
        });
        const { statusCode: status } = response;
        const answer = response.json() as Answer;
        // this process does not come back: the client should try another one
        if (answer.errors?.[0]?.extensions?.code === STOPPING.errors[0].extensions.code) return STOPPING;
        return {
          ...answer,
          status,
          retryAfterSeconds: secondsOf(response.headers['retry-after']),
          bytes: response.rawPayload.length,
        };
      } catch (error) {
        if ((error as { code?: string }).code === 'FST_ERR_REOPENED_CLOSE_SERVER') return STOPPING;
        throw error;
      } finally {
        // it would keep the page in memory until the export ends
        if (page.end) client.removeEventListener('abort', page.end);
        this.inProgress.delete(pageId);
        this.own.end(pageId);
      }
    };
  }
}

/** One export, from its request to the end of its content. */
class Export {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
    private readonly ask: Ask,
    private readonly client: AbortSignal,
    private readonly routes: ExportRoutes,
  ) {}

  /** Asks for a page, which stays in memory until it is written. */
  private readonly askForPage: Ask = async (payload) => {
    const answer = await this.ask(payload);
    if (!answer.errors) this.routes.keep(this.request, answer.bytes ?? 0);
    return answer;
  };

  /** @throws ExportError, OperatorError, GraphError before the first byte */
  async send(): Promise<FastifyReply> {
    const { reply, request } = this;
    const parameters = parametersOf(request);
    if ('error' in parameters) throw new ExportError(parameters.status, [parameters.error]);
    const { format, list, unfold } = parameters;
    const question = parameters.question === undefined ? questionIn(parameters) : await this.saved(parameters);
    const document = resolveDocument(request, { query: question.text }, this.routes.documents);
    if ('error' in document) throw new ExportError(document.status, [document.error]);
    this.requireSmall(question.text);
    const operation = pagedOperation(question.text, {
      ...{ list, pageSize: PAGE_SIZE, operationName: question.operationName },
      choices: { operation: 'operationName', list: 'list=' },
    });
    // types of columns say what the schema says
    const schema = this.routes.seesSchema(request) ? this.routes.schema() : undefined;
    const writer = await writerOf(format, operation, { unfold, schema });
    // an error of the first page is the answer: nothing is lost if the client tries again
    const first = await pageAfter(operation, question.variables, {
      ...{ ask: this.askForPage, cursor: null, maxSeconds: 0 },
    });
    reply.type(MEDIA_TYPES[format]);
    reply.header('content-disposition', contentDisposition(fileName(question, operation, format)));
    return reply.send(Readable.from(this.content(question, operation, writer, [first])));
  }

  private async *content(
    { text, variables }: Question,
    operation: PagedOperation,
    writer: Writer,
    /** The first page. It is taken out, since a generator keeps its arguments to its end. */
    pages: Page[],
  ): AsyncGenerator<Content> {
    const { extensions, next } = pages[0]!;
    try {
      yield* parts(writer.start(bannerOf(text, variables, extensions)));
      yield* this.written(writer, pages.pop()!);
      if (next !== null)
        for await (const page of this.pagesFrom(operation, variables, next)) yield* this.written(writer, page);
      yield* parts(writer.finish());
    } catch (error) {
      if (this.client.aborted) throw error;
      const { code, message } = failureOf(error);
      this.request.log.warn({ requestId: this.request.id, code, message }, 'ended an export before its end');
      yield* parts(writer.fail({ code, message }));
      await flushed(this.reply);
      // without the end of the body, so that no client takes the content for complete
      throw error;
    }
  }

  /** Before its fragments are expanded: the gateway's limits of operations. @throws ExportError */
  private requireSmall(text: string): void {
    const { limits, charge } = this.routes;
    try {
      const size = readWithin(text, limits);
      if (size) charge(this.request, costOfDocument(size));
    } catch (error) {
      if (!(error instanceof LimitError)) throw error;
      throw new ExportError(400, [withoutStatus(error)]);
    }
  }

  /**
   * Objects as the format has them. Other requests have their turn between the pieces, and the caller pays for all of them: unfolding can make
   * gigabytes of one page, so that they wait for the budget as pages do.
   */
  private async *written(writer: Writer, { objects, bytes }: Page): AsyncGenerator<Content> {
    const { charge, exhausted, keep } = this.routes;
    for (const { content } of writer.add(objects)) {
      charge(this.request, costOfAnswer(content.length, 0));
      yield* parts(content);
      await setImmediate();
      for (let error = exhausted(this.request); error; error = exhausted(this.request))
        await sleep((secondsIn(error) ?? 1) * 1_000, undefined, { signal: this.client });
    }
    keep(this.request, -bytes);
  }

  private pagesFrom(operation: PagedOperation, variables: Question['variables'], cursor: string): AsyncGenerator<Page> {
    const { client: signal } = this;
    return pagesOf(operation, variables, {
      ...{ ask: this.askForPage, cursor, maxSeconds: MAX_WAIT_SECONDS, signal },
    });
  }

  /** The saved question that the request names, as the caller may read it. @throws ExportError */
  private async saved({ question: id, version, variables, operationName }: Parameters): Promise<Question> {
    if (!this.routes.schema().getQueryType()?.getFields().savedQuestion)
      throw ExportError.of(404, 'NOT_FOUND', 'This graph has no saved questions');
    const query = version === undefined ? CURRENT : NUMBERED;
    const answer = await this.ask({ query, operationName: undefined, variables: { id, version } });
    if (answer.errors) throw refused(answer);
    const { savedQuestion } = answer.data as { savedQuestion: SavedQuestion | null };
    if (!savedQuestion) throw ExportError.of(404, 'NOT_FOUND', `No saved question has the key "${id}"`);
    const content = savedQuestion.current ?? savedQuestion.versions?.nodes[0];
    if (!content) throw ExportError.of(404, 'NOT_FOUND', `The saved question "${id}" has no version ${version}`);
    const defaults = JSON.parse(content.variables) as Record<string, unknown>;
    return {
      ...{ text: content.operation, name: savedQuestion.name, operationName },
      variables: { ...defaults, ...variables },
    };
  }
}

interface SavedQuestion {
  readonly name: string;
  readonly current?: { readonly operation: string; readonly variables: string };
  readonly versions?: { readonly nodes: readonly { readonly operation: string; readonly variables: string }[] };
}

const CURRENT = 'query QuestionToExport($id: ID!) { savedQuestion(id: $id) { name current { operation variables } } }';
const NUMBERED = `query QuestionVersionToExport($id: ID!, $version: Int!) {
  savedQuestion(id: $id) { name versions(first: 1, filter: { number: { eq: $version } }) { nodes { operation variables } } }
}`;

function questionIn({ query, operationName, variables = {} }: Parameters): Question {
  if (query === undefined)
    throw ExportError.of(400, 'BAD_REQUEST', 'The request has no question: send "query" or "question"');
  return { text: query, operationName, variables: exactVariables(variables) };
}

/** Name of the file, by the saved question, the operation, or the list. */
function fileName({ name }: Question, { operationName, path }: PagedOperation, format: string): string {
  const title = (name ?? operationName ?? path.join('-')).replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '');
  return `${title.slice(0, 100) || 'export'}-${new Date().toISOString().slice(0, 10)}.${format}`;
}

/** An empty piece would end the stream early. */
function* parts(content: Content): Generator<Content> {
  if (content.length > 0) yield content;
}

/** Milliseconds between checks whether the connection has taken what was written: not every write ends in an event. */
const FLUSH_POLL_MS = 5;

/** Waits until the connection has taken everything that was written. */
async function flushed({ raw }: FastifyReply): Promise<void> {
  while (raw.writableLength > 0 && !raw.destroyed) await sleep(FLUSH_POLL_MS);
}

interface Failure {
  readonly code: string;
  readonly message: string;
}

function failureOf(error: unknown): Failure {
  const [first] = error instanceof GraphError ? (error.answer?.errors ?? []) : [];
  if (first) return { code: first.extensions?.code ?? 'INTERNAL_SERVER_ERROR', message: first.message };
  if (error instanceof UnansweredError) return { code: 'SUBGRAPH_UNREACHABLE', message: error.what };
  if (error instanceof OperatorError) return { code: 'INTERNAL_SERVER_ERROR', message: error.what };
  return {
    code: 'INTERNAL_SERVER_ERROR',
    message: 'An unexpected error ended the export; the log of the gateway has it',
  };
}

/** Statuses of errors that `/graphql` returns with data, by code; others mean that a subgraph failed. */
const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  INVALID_FILTER: 400,
  INVALID_ORDER: 400,
  INVALID_PAGE: 400,
};

/** Seconds until a budget resets, as its error has them. */
const secondsIn = ({ extensions }: GraphQLError): number | undefined =>
  (extensions.cost as { resetSeconds?: number } | undefined)?.resetSeconds;

/** An error without the status that it would have in another place. */
function withoutStatus({ message, extensions }: GraphQLError): object {
  const { http: _http, ...rest } = extensions;
  return { message, extensions: rest };
}

/** The refusal of an export whose first request has errors. */
function refused({ errors = [], status = 200, retryAfterSeconds }: Answer): ExportError {
  const [first] = errors;
  const implied = first?.extensions?.retryable ? 503 : (STATUS[first?.extensions?.code ?? ''] ?? 502);
  return new ExportError(status >= 400 ? status : implied, errors, retryAfterSeconds);
}

function sendError(error: unknown, reply: FastifyReply): FastifyReply {
  const { status, errors, retryAfterSeconds } = refusalOf(error);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', retryAfterSeconds);
  if (status === 401) reply.header('www-authenticate', 'Bearer error="invalid_token"');
  return reply.code(status).type('application/json; charset=utf-8').send({ errors });
}

function refusalOf(error: unknown): ExportError {
  if (error instanceof ExportError) return error;
  if (error instanceof GraphError && error.answer?.errors) return refused(error.answer);
  if (error instanceof UnansweredError) return ExportError.of(503, 'SUBGRAPH_UNREACHABLE', error.what);
  if (error instanceof GraphError) return ExportError.of(404, 'NOT_FOUND', `${error.what}: ${error.fix}`);
  if (error instanceof RequestError && error.extensions.code === 'TOO_MANY_TRANSFERS')
    return new ExportError(429, [error.toJSON()], 5);
  if (error instanceof OperatorError) return ExportError.of(400, 'BAD_REQUEST', `${error.what}: ${error.fix}`);
  throw error;
}
