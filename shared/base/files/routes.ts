import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GraphQLError } from 'graphql';
import type { MinRate } from '../http/slow-readers';
import { type FileExchange, type Headers, unauthenticated } from './exchange';
import { requireRate, type TransferLimits, Transfers, watchRate } from './transfers';

/** Path of files: PUT uploads, GET downloads. */
export const FILES_PATH = '/artifacts';

const STATUS: Record<string, number> = {
  UNAUTHENTICATED: 401,
  IDENTITY_REQUIRED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  ILLEGAL_TRANSITION: 409,
  ALREADY_STORED: 409,
  CONTENT_TOO_LONG: 413,
  CONTENT_TRUNCATED: 422,
  TRANSFER_TOO_SLOW: 408,
  TOO_MANY_TRANSFERS: 429,
  DIGEST_MISMATCH: 422,
  STORAGE_FULL: 507,
  RECORD_UNAVAILABLE: 503,
  DATABASE_UNAVAILABLE: 503,
  DATABASE_BUSY: 503,
  DATABASE_READ_ONLY: 503,
  DATABASE_COMMIT_UNKNOWN: 503,
  DATABASE_TIMEOUT: 504,
  DATABASE_FULL: 507,
  SUBGRAPH_UNREACHABLE: 503,
  SUBGRAPH_TIMEOUT: 504,
};

/** Seconds after which a caller with too many transfers may try again. */
const RETRY_SECONDS = 5;

export interface FileRoutes {
  readonly exchange: FileExchange;
  readonly limits: TransferLimits;
  /** Key of the caller; null for the public, which has no files. */
  readonly callerOf: (request: FastifyRequest) => string | null;
  /** Headers for the exchange; those of the request by default. */
  readonly headersOf?: (request: FastifyRequest) => Headers;
  /** Called every second of a transfer, which may take days. @throws GraphQLError UNAUTHENTICATED to end it */
  readonly requireCaller?: (request: FastifyRequest) => void;
}

/** Milliseconds between checks of the callers of transfers in progress. */
const CHECK_CALLER_MS = 1_000;

/** Adds the file routes to a server. Streams contents in constant memory. */
export async function addFileRoutes(
  server: FastifyInstance,
  { exchange, limits, callerOf, headersOf = ({ headers }) => headers as Headers, requireCaller }: FileRoutes,
): Promise<void> {
  const [uploads, downloads] = [
    new Transfers('uploads', limits.perCaller),
    new Transfers('downloads', limits.perCaller),
  ];
  const begin = (transfers: Transfers, request: FastifyRequest): (() => void) => {
    const caller = callerOf(request);
    if (caller === null) throw unauthenticated();
    return transfers.begin(caller);
  };
  /** @returns a function that ends the checks of a caller */
  const watchCaller = (request: FastifyRequest, onRefused: (error: Error) => void): (() => void) => {
    if (!requireCaller) return () => {};
    const timer = setInterval(() => {
      try {
        requireCaller(request);
      } catch (error) {
        clearInterval(timer);
        onRefused(error as Error);
      }
    }, CHECK_CALLER_MS).unref();
    return () => clearInterval(timer);
  };
  await server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // treats an upload of any type as a stream of bytes
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
    scope.put<{ Params: { id: string } }>(`${FILES_PATH}/:id`, async (request, reply) => {
      server.allowLongBody(request.raw);
      const content = contentOf(request.raw);
      requireRate(request.raw, content, limits);
      let end = () => {};
      const unwatch = watchCaller(request, (error) => content.destroy(error));
      try {
        end = begin(uploads, request);
        await exchange.put(request.params.id, content, headersOf(request));
        return await reply.code(204).send();
      } catch (error) {
        // the consumer only reports a broken stream; the stream has the cause
        const cause = content.errored ?? error;
        content.destroy();
        discard(request.raw, limits);
        return sendError(reply, cause);
      } finally {
        unwatch();
        end();
      }
    });
    const send = async (request: FastifyRequest<{ Params: { id: string } }>, reply: FastifyReply) => {
      try {
        reply.raw.once('close', begin(downloads, request));
        const { content, bytes, fileName } = await exchange.get(request.params.id, headersOf(request));
        reply
          .header('content-type', 'application/octet-stream')
          .header('content-length', bytes)
          .header('content-disposition', `attachment; filename*=UTF-8''${encodeURIComponent(fileName)}`)
          .header('x-content-type-options', 'nosniff')
          .header('cache-control', 'private, no-store');
        if (request.method !== 'HEAD') {
          // an answer in progress cannot report an error
          reply.raw.once(
            'close',
            watchCaller(request, () => reply.raw.destroy()),
          );
          return await reply.send(content);
        }
        content.destroy();
        return await reply.send();
      } catch (error) {
        return sendError(reply, error);
      }
    };
    // Fastify's own HEAD route reads the whole content, after the transfer has ended for the caller's limit
    scope.get(`${FILES_PATH}/:id`, { exposeHeadRoute: false }, send);
    scope.head(`${FILES_PATH}/:id`, send);
  });
}

/** Body of a request as a separate stream, so that destroying it does not close the connection. */
function contentOf(request: IncomingMessage): PassThrough {
  const content = new PassThrough();
  const breakOff = () => {
    if (!request.complete) content.destroy();
  };
  request.on('close', breakOff).on('error', breakOff);
  return request.pipe(content);
}

/** Limits on reading the rest of a rejected body, so that the client receives the error before its write fails. */
const MAX_DISCARDED_BYTES = 256 * 1024 * 1024;
const MAX_DISCARDING_MS = 30_000;

function discard(request: IncomingMessage, rate: MinRate): void {
  let left = MAX_DISCARDED_BYTES;
  const stop = setTimeout(() => request.destroy(), MAX_DISCARDING_MS).unref();
  request.on('close', () => clearTimeout(stop));
  watchRate(
    request,
    rate,
    () => false,
    () => request.destroy(),
  );
  request.unpipe();
  request.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}

function sendError(reply: FastifyReply, error: unknown): FastifyReply {
  const code = error instanceof GraphQLError ? String(error.extensions.code) : '';
  if (!(code in STATUS)) throw error;
  const { message, extensions } = error as GraphQLError;
  if (code === 'TOO_MANY_TRANSFERS') reply.header('retry-after', RETRY_SECONDS);
  if (code === 'TRANSFER_TOO_SLOW') reply.header('connection', 'close');
  return reply.code(STATUS[code]!).send({ errors: [{ message, extensions }] });
}
