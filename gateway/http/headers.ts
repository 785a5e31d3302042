import type { FastifyReply } from 'fastify';

/** Of everything that is no page: it is what it says it is, and is shown in no frame. */
export function addApiHeaders(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
}

/** Of the explorer's page, which itself says where its scripts may come from: what a page cannot say of itself. */
export function addPageHeaders(reply: FastifyReply): void {
  // pages of other origins may call the API, and not read the tokens of this page
  reply.removeHeader('access-control-allow-origin');
  reply.header('x-content-type-options', 'nosniff');
  reply.header(
    'content-security-policy',
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
  reply.header('referrer-policy', 'no-referrer');
  reply.header('cross-origin-opener-policy', 'same-origin');
}
