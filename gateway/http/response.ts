import type { FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import { compress, encodingOf, MIN_LENGTH } from './compression';
import { answerTypeOf, JSON_TYPE } from './media-type';

export interface ResponseRules {
  readonly compression: 'on' | 'off';
  /** Request headers that responses depend on. */
  readonly varyBy: readonly string[];
}

/**
 * Completes every `/graphql` response: sets the media type of errors, adds `Vary` for caches, and compresses large bodies.
 * Incremental responses are not compressed, so that each part is sent immediately.
 */
export function responseHook({ compression, varyBy }: ResponseRules): onSendHookHandler {
  const vary = [...varyBy, 'accept', ...(compression === 'on' ? ['accept-encoding'] : [])].join(', ');
  return (request, reply, payload, done) => {
    const others = reply.getHeader('vary');
    reply.header('vary', others ? `${others}, ${vary}` : vary);
    if (reply.statusCode >= 400) setErrorType(request, reply);
    const isLarge = (typeof payload === 'string' || Buffer.isBuffer(payload)) && payload.length >= MIN_LENGTH;
    const encoding = isLarge && compression === 'on' ? encodingOf(request.headers['accept-encoding']) : undefined;
    if (!isLarge || !encoding) {
      done(null, payload);
      return;
    }
    compress(payload, encoding).then((compressed) => {
      reply.header('content-encoding', encoding);
      done(null, compressed);
    }, done);
  };
}

function setErrorType({ headers }: FastifyRequest, reply: FastifyReply): void {
  if (String(reply.getHeader('content-type')).startsWith('application/json'))
    reply.header('content-type', answerTypeOf(headers.accept) ?? JSON_TYPE);
}
