import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { addressKey } from '#base/http/address';
import { payerOf } from '../identity/caller';
import type { RequestRate } from '../policy/request-rate';

/** Counts CORS preflights by client address: browsers send them without credentials. Register it before CORS, which answers them. */
export function countPreflights(server: FastifyInstance, rate: RequestRate): void {
  server.addHook('onRequest', (request, reply, next) => {
    if (request.method === 'OPTIONS') rate.check(addressKey(request.ip), reply, next);
    else next();
  });
}

/** Counts requests by caller; health checks are free. Register it after authentication. */
export function countRequests(server: FastifyInstance, rate: RequestRate): void {
  server.addHook('onRequest', (request, reply, next) => {
    if (request.url.startsWith('/health/') || request.method === 'OPTIONS') next();
    else rate.check(payerOf(request), reply, next);
  });
}

/** Warns once if client addresses are probably a proxy's. */
export function warnOfProxies(server: FastifyInstance, log: Logger): void {
  let hasWarned = false;
  server.addHook('onRequest', (request, _reply, next) => {
    if (!hasWarned && request.headers['x-forwarded-for'] !== undefined) {
      hasWarned = true;
      log.warn(
        'received X-Forwarded-For from an untrusted proxy: set --trusted-proxy, or all its clients share one limit',
      );
    }
    next();
  });
}
