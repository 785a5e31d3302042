import type { IncomingMessage } from 'node:http';
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
import { addressKey } from './address';
import { answerClientError } from './client-errors';
import { newReference } from './errors';
import { REQUEST_ID_HEADER, requestIdOf } from './request-id';
import { endSlowReaders, type MinRate } from './slow-readers';
import type { TlsSource } from './tls-files';
import { Traffic } from './traffic';
import { NO_UNREAD_LIMITS, type UnreadLimits, UnreadResponses } from './unread';

declare module 'fastify' {
  interface FastifyInstance {
    traffic: Traffic;
    unread: UnreadResponses;
    /** Exempts a request from the time limit; its handler enforces a minimum rate instead. */
    allowLongBody(request: IncomingMessage): void;
    /** Makes the server not ready, and closes each connection after its next response. The server still answers requests. */
    drain(): void;
  }
}

/** Milliseconds between checks for new certificates. */
const TLS_EVERY_MS = 5_000;

/** Determines whether a process is ready, by part if there are several, with additional details. */
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
/** Milliseconds between checks for idle connections while the server closes. */
const IDLE_MS = 50;
/** Response to a request that failed before routing. */
const badRequest = (message: string) => ({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });

const STOPPING = {
  errors: [
    {
      message: 'This server is stopping; try again to reach another server',
      extensions: { code: 'SERVER_STOPPING', retryable: true },
    },
  ],
};

export interface ServerOptions {
  log: Logger;
  maxRequestBytes: number;
  readiness: Readiness;
  /** Milliseconds in which a request must arrive, headers and body. */
  receiveTimeoutMs?: number;
  /** Minimum rate at which clients must read. */
  readRate?: MinRate;
  /** Limits on the bytes that wait for slow clients, by caller; by address by default. */
  unread?: UnreadLimits & { readonly callerOf?: (request: FastifyRequest) => string };
  /** Addresses or ranges of proxies whose forwarded client addresses are trusted. */
  trustedProxies?: readonly string[];
  /** Enables TLS. With a `ca`, requires client certificates signed by it. */
  tls?: TlsSource;
}

/**
 * Creates a Fastify server with the common features of our servers, such as health checks. Rejects compressed bodies, so that
 * unauthenticated clients cannot make it decompress data.
 */
export function createServer(options: ServerOptions): FastifyInstance {
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
    // a logger per request costs more than most requests log
    childLoggerFactory: (logger) => logger,
    genReqId: ({ headers }) => requestIdOf(headers),
    frameworkErrors: ({ message, statusCode = 400 }, request, reply: FastifyReply) => {
      reply.header(REQUEST_ID_HEADER, request.id).code(statusCode).send(badRequest(message));
    },
    forceCloseConnections: 'idle',
    // the hook below sends our own message
    return503OnClosing: false,
    requestTimeout: receiveTimeoutMs,
    clientErrorHandler: (error, socket) => {
      const isUpload = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && longBodies.has(socket);
      if (!isUpload) answerClientError(error, socket, receiveTimeoutMs);
    },
    // for connections without any traffic
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
  const traffic = new Traffic();
  server.decorate('traffic', traffic);
  // over TLS, the handle of the connection counts different bytes
  if (options.readRate && !tls) endSlowReaders(server.server, options.readRate, traffic, options.log);
  const unread = unreadOf(options, traffic);
  server.decorate('unread', unread);
  server.server.once('close', unread.watch());
  server.decorate('allowLongBody', (request) => {
    const { socket } = request;
    longBodies.add(socket);
    request.once('close', () => longBodies.delete(socket));
  });
  // before all other hooks, so that rejections also have the id
  server.addHook('onRequest', (request, reply, next) => {
    traffic.count(reply.raw);
    unread.begin(request, reply);
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
    // connections whose request was in progress are kept alive and must be closed when idle
    const idle = setInterval(() => server.server.closeIdleConnections(), IDLE_MS).unref();
    server.server.once('close', () => clearInterval(idle));
  });
  // uses a callback for speed, since every request passes here
  server.addHook('onRequest', (request, reply, next) => {
    if (isDraining) reply.header('connection', 'close');
    if (isClosing) {
      reply.code(503).header('retry-after', '1').send(STOPPING);
      return;
    }
    const repeated = repeatedHeader(request.raw);
    if (repeated !== undefined) {
      reply.code(400).send(badRequest(`The header "${repeated}" is repeated: send it once`));
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
    reply.code(404).send({ errors: [{ message: 'Not found', extensions: { code: 'NOT_FOUND' } }] }),
  );
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async (request, reply) => {
    if (isDraining) return reply.code(503).send({ status: 'stopping' });
    const { ready, ...rest } = await options.readiness(request);
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'not ready', ...rest });
  });
  return server;
}

function unreadOf({ unread, log }: ServerOptions, traffic: Traffic): UnreadResponses {
  const callerOf = unread?.callerOf ?? (({ ip }: FastifyRequest) => addressKey(ip));
  return new UnreadResponses(unread ?? NO_UNREAD_LIMITS, callerOf, traffic, log);
}

/** Headers of which Node keeps only the first, while a proxy or a log may use the last. */
const SINGLE_HEADERS = ['authorization', 'content-type', 'host'];

/** One of these headers that a request repeats. */
function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  // checks lengths first for speed, since every request passes here
  const names = rawHeaders.filter(
    (text, place) => place % 2 === 0 && (text.length === 4 || text.length === 12 || text.length === 13),
  );
  const lower = names.map((name) => name.toLowerCase());
  return SINGLE_HEADERS.find((name) => lower.indexOf(name) !== lower.lastIndexOf(name));
}

const contextOf = ({ current }: TlsSource) => ({ ...current, minVersion: 'TLSv1.2' as const });

/** Uses new certificates for new connections. */
function renewCertificates(server: FastifyInstance, tls: TlsSource): void {
  let used = tls.current;
  const timer = setInterval(() => {
    if (tls.current === used) return;
    used = tls.current;
    (server.server as unknown as TlsServer).setSecureContext(contextOf(tls));
  }, TLS_EVERY_MS).unref();
  server.addHook('onClose', async () => clearInterval(timer));
}
