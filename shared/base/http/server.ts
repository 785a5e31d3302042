import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { ErrorCode } from '../error-codes';
import { newReference } from './errors';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id';
import { endSlowReaders, type MinRate } from './slow-readers';
import type { TlsSource } from './tls-files';
import { Traffic } from './traffic';

declare module 'fastify' {
  interface FastifyInstance {
    traffic: Traffic;
    /** Exempts a request from the time limit; its handler enforces a minimum rate instead. */
    allowLongBody(request: IncomingMessage): void;
    /** From now on the server is not ready, and closes each connection after its next response. It still answers. */
    drain(): void;
  }
}

/** Milliseconds between two looks at the certificates of a server. */
const TLS_EVERY_MS = 5_000;

/** Says whether a process can do its work, and if not, which part cannot; in the details, what else there is to know. */
export type Readiness = (
  request: FastifyRequest,
) => Promise<{ ready: boolean; parts?: Record<string, boolean>; details?: object }>;

const CODES: Record<number, string> = {
  413: 'CONTENT_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
};
const codeOf = (status: number): string => (status >= 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_REQUEST');

/** Default milliseconds in which a request must arrive. */
const RECEIVE_TIMEOUT_MS = 20_000;
/** Milliseconds between looks for connections that have become idle while the server closes. */
const IDLE_MS = 50;
/** The error of a request that failed before any route was found. */
const badRequest = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });

const STOPPING = {
  errors: [
    {
      message: 'This server is stopping; try again, and another will answer',
      extensions: { code: 'SERVER_STOPPING', retryable: true },
    },
  ],
};

/**
 * A Fastify server with what all our servers share: health checks, and refusal of compressed bodies, which nobody who is not
 * yet known should make us inflate.
 */
export function createServer(options: {
  log: Logger;
  maxRequestBytes: number;
  readiness: Readiness;
  /** Milliseconds in which a request must arrive, headers and body. */
  receiveTimeoutMs?: number;
  /** Minimum rate at which clients must read. */
  readRate?: MinRate;
  /** Addresses, or ranges, of proxies that are believed when they say for whom they ask. */
  trustedProxies?: readonly string[];
  /** Speaks TLS with these; with a `ca`, only to clients that have a certificate of it. */
  tls?: TlsSource;
}): FastifyInstance {
  const { receiveTimeoutMs = RECEIVE_TIMEOUT_MS } = options;
  const receiving = {
    headersTimeout: receiveTimeoutMs,
    requestTimeout: receiveTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(receiveTimeoutMs / 4)),
  };
  /** Connections whose current request is exempt from the time limit. */
  const longBodies = new WeakSet<Socket>();
  const fastifyOptions: FastifyServerOptions = {
    loggerInstance: options.log as never,
    bodyLimit: options.maxRequestBytes,
    trustProxy: options.trustedProxies?.length ? [...options.trustedProxies] : false,
    logController: new LogController({ disableRequestLogging: true }),
    // a logger for each request costs more than most requests log
    childLoggerFactory: (logger) => logger,
    genReqId: ({ headers }) => requestIdOf(headers),
    frameworkErrors: ({ message, statusCode = 400 }, request, reply: FastifyReply) => {
      reply.header(REQUEST_ID_HEADER, request.id).code(statusCode).send(badRequest(message));
    },
    forceCloseConnections: 'idle',
    // in words of our own: see below
    return503OnClosing: false,
    requestTimeout: receiveTimeoutMs,
    clientErrorHandler: (error, socket) => {
      const isUpload = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && longBodies.has(socket);
      if (!isUpload) answerClientError(error, socket, receiveTimeoutMs);
    },
    // a connection on which nothing moves
    connectionTimeout: 120_000,
  };
  const { tls } = options;
  const https = tls && {
    ...receiving,
    ...contextOf(tls),
    requestCert: tls.current.ca !== undefined,
    rejectUnauthorized: true,
  };
  const server = Fastify({
    ...fastifyOptions,
    ...(https ? { https } : { http: receiving }),
  } as FastifyServerOptions) as FastifyInstance;
  if (tls) renewCertificates(server, tls);
  // over TLS the handle of the connection counts other bytes
  if (options.readRate && !tls) endSlowReaders(server.server, options.readRate, options.log);
  server.decorate('allowLongBody', (request) => {
    const { socket } = request;
    longBodies.add(socket);
    request.once('close', () => longBodies.delete(socket));
  });
  const traffic = new Traffic();
  server.decorate('traffic', traffic);
  // first of all hooks, so that refusals carry the id as well
  server.addHook('onRequest', (request, reply, next) => {
    traffic.count(reply.raw);
    reply.header(REQUEST_ID_HEADER, request.id);
    next();
  });
  let isDraining = false;
  let isClosing = false;
  server.decorate('drain', () => {
    isDraining = true;
  });
  server.addHook('preClose', async () => {
    isDraining = true;
    isClosing = true;
    // a connection whose request was in progress is kept alive, and nothing else closes it
    const idle = setInterval(() => server.server.closeIdleConnections(), IDLE_MS).unref();
    server.server.once('close', () => clearInterval(idle));
  });
  // without a promise: every request passes here
  server.addHook('onRequest', (request, reply, next) => {
    if (isDraining) reply.header('connection', 'close');
    if (isClosing) {
      reply.code(503).header('retry-after', '1').send(STOPPING);
      return;
    }
    const repeated = repeatedHeader(request.raw);
    if (repeated !== undefined) {
      reply.code(400).send(badRequest(`The header "${repeated}" is there twice: send it once`));
      return;
    }
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding === 'identity') next();
    else
      reply.code(415).send({
        errors: [
          {
            message: 'Compressed request bodies are not accepted; send plain JSON',
            extensions: { code: 'UNSUPPORTED_ENCODING' },
          },
        ],
      });
  });
  server.setErrorHandler((error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    const code = CODES[status] ?? codeOf(status);
    if (status < 500) return reply.code(status).send({ errors: [{ message: error.message, extensions: { code } }] });
    const reference = newReference();
    request.log.error({ err: error, requestId: request.id, reference }, 'request failed');
    return reply.code(status).send({ errors: [{ message: 'Internal error', extensions: { code, reference } }] });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ errors: [{ message: 'There is nothing here', extensions: { code: 'NOT_FOUND' } }] }),
  );
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async (request, reply) => {
    if (isDraining) return reply.code(503).send({ status: 'stopping' });
    const { ready, ...rest } = await options.readiness(request);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...rest });
  });
  return server;
}

/** Headers of which Node keeps the first and drops the others: a proxy or a log in front may go by the last. */
const SINGLE_HEADERS = ['authorization', 'content-type', 'host'];

/** A header of these that a request has more than once. */
function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  // lengths first: every request passes here
  const names = rawHeaders.filter(
    (text, place) => place % 2 === 0 && (text.length === 4 || text.length === 12 || text.length === 13),
  );
  const lower = names.map((name) => name.toLowerCase());
  return SINGLE_HEADERS.find((name) => lower.indexOf(name) !== lower.lastIndexOf(name));
}

/** Answers to requests that did not arrive, by Node's error code; `#` stands for the time limit in seconds. */
const CLIENT_ERRORS: Readonly<Record<string, { status: string; message: string; code: ErrorCode }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: {
    status: '408 Request Timeout',
    message: 'The request did not arrive within # s: send it faster',
    code: 'REQUEST_TIMEOUT',
  },
  HPE_HEADER_OVERFLOW: {
    status: '431 Request Header Fields Too Large',
    message: 'The headers are too large: send less than 16 KB',
    code: 'BAD_REQUEST',
  },
};
const NOT_HTTP = {
  status: '400 Bad Request',
  message: 'The request is not HTTP/1.1: check its syntax',
  code: 'BAD_REQUEST',
};

/** Answers a client whose request did not arrive or is not HTTP, for which there is no reply object. */
function answerClientError({ code }: { code: string }, socket: Socket, timeoutMs: number): void {
  // an answer under way would be broken by another
  const { _httpMessage: answer } = socket as { _httpMessage?: ServerResponse | null };
  if (code === 'ECONNRESET' || !socket.writable || answer?.headersSent) {
    socket.destroy();
    return;
  }
  const { status, message, ...extensions } = CLIENT_ERRORS[code] ?? NOT_HTTP;
  const body = JSON.stringify({ errors: [{ message: message.replace('#', String(timeoutMs / 1_000)), extensions }] });
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

const contextOf = ({ current }: TlsSource) => ({ ...current, minVersion: 'TLSv1.2' as const });

/** Shows new connections the current certificates. */
function renewCertificates(server: FastifyInstance, tls: TlsSource): void {
  let shown = tls.current;
  const timer = setInterval(() => {
    if (tls.current === shown) return;
    shown = tls.current;
    (server.server as unknown as TlsServer).setSecureContext(contextOf(tls));
  }, TLS_EVERY_MS).unref();
  server.addHook('onClose', async () => clearInterval(timer));
}
