import type { FastifyReply } from 'fastify';

/** Headers of API responses: no content sniffing, no framing. */
export function addApiHeaders(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

/** Headers of the explorer's page that its own content security policy does not cover. */
export function addPageHeaders(reply: FastifyReply): void {
  // pages of other origins may call the API but not read this page's tokens
  reply.removeHeader('access-control-allow-origin');
  reply.header('x-content-type-options', 'nosniff');
  reply.header(
    'content-security-policy',
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  reply.header('referrer-policy', 'no-referrer');
  reply.header('cross-origin-opener-policy', 'same-origin');
}
