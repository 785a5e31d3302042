import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { ErrorList } from '#base/error-list';
import { publicError } from '#base/http/errors';
import { stringifyResult } from '../execution/result';
import type { AnswerExtensions } from '../graph/graph';
import type { GraphAnswer, GraphContext } from '../graph/served-graph';
import { costHeaders, retryAfter } from '../policy/budgets';
import { withoutSchemaDetails } from '../policy/schema-secrecy';
import { isOnlyFor, PRIVATE } from '../policy/sharing';
import { cacheControlText, cacheHintOf } from '../transport/cache-control';
import { answerTypeOf, incrementalFormatOf, statusOf } from './media-type';
import { CONTENT_TYPES, onePart, type PublicErrors, partsOf } from './parts';
import type { Refusal } from './unsupported';

/** Writes every `/graphql` response. Nothing else sets its status, headers, or body. */
export class AnswerWriter {
  constructor(private readonly log: Logger) {}

  /** Writes the response to a rejected request. */
  refuse({ status, error }: Refusal, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { http: _http, ...extensions } = error.extensions ?? {};
    addErrorHeaders(reply, status, extensions);
    return reply
      .code(statusOf(headers.accept, status, extensions.code))
      .send({ errors: [{ message: error.message, extensions }] });
  }

  /** Writes the answer to an operation, incrementally if it has deferred parts. */
  write(answer: GraphAnswer, context: GraphContext, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { extensions } = answer;
    const { accept } = request.headers;
    if (extensions?.cost) reply.headers(costHeaders(extensions.cost));
    const type = answerTypeOf(accept);
    if (answer.parts || !type) return this.writeParts(answer, context, request, reply);
    reply.header('content-type', type);
    if (!answer.errors) return this.writeData(answer, context, reply);
    const { errors, status } = this.shown(answer.errors, context, request);
    const [first] = errors;
    addErrorHeaders(reply, status, first?.extensions);
    const { data } = answer;
    reply.code(data ? status : statusOf(accept, status, first?.extensions?.code));
    const beside = extensions ? { errors, extensions: { ...extensions } } : { errors };
    return reply.send(stringifyResult(data ? { ...beside, data: data as never } : beside));
  }

  private writeData(
    { data, answered, extensions }: GraphAnswer,
    { principal, trace }: GraphContext,
    reply: FastifyReply,
  ): FastifyReply {
    const isPrivate = trace !== undefined || isOnlyFor(principal, extensions);
    reply.header('cache-control', isPrivate ? PRIVATE : cacheControlText(cacheHintOf(answered)));
    if (extensions) return reply.send(data!.bodyWith(`"extensions":${extensionsJson(extensions)}`));
    return reply.send(data!.body ?? stringifyResult({ data: data as never }));
  }

  private writeParts(
    answer: GraphAnswer,
    context: GraphContext,
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply {
    const format = incrementalFormatOf(request.headers.accept) ?? 'no version';
    reply.header('cache-control', isOnlyFor(context.principal, answer.extensions) ? PRIVATE : 'no-store');
    reply.header('content-type', CONTENT_TYPES[format]);
    const ofParts: PublicErrors = (errors = []) =>
      errors.length > 0 ? { errors: this.shown(errors, context, request).errors } : {};
    if (answer.parts) return reply.send(Readable.from(partsOf(answer, format, ofParts, context.chargeBytes)));
    const { errors, status } = this.shown(answer.errors ?? [], context, request);
    if (!answer.data) reply.code(status);
    return reply.send(onePart(answer, errors));
  }

  /** Errors as clients see them, and the HTTP status they imply. Charges the caller for them. */
  private shown(
    internalErrors: readonly GraphQLFormattedError[],
    context: GraphContext,
    { id }: FastifyRequest,
  ): { readonly errors: readonly GraphQLFormattedError[]; readonly status: number } {
    context.chargeErrors?.(internalErrors as never);
    let status = 200;
    const errors = new ErrorList(internalErrors).toArray().map((error): GraphQLFormattedError => {
      const { http, ...extensions } = (error.extensions ?? {}) as { http?: { status?: number } };
      status = http?.status ?? status;
      const { message, path, locations } = error;
      const formatted = { message, ...(locations ? { locations } : {}), ...(path ? { path } : {}), extensions };
      const shown = publicError(formatted, error, this.log, id);
      return context.seesSchema ? shown : withoutSchemaDetails(shown);
    });
    return { errors, status };
  }
}

/** Errors are not cached, and some tell clients how to succeed. @param extensions of the first error */
function addErrorHeaders(reply: FastifyReply, status: number, extensions: GraphQLFormattedError['extensions']): void {
  reply.header('cache-control', 'no-store');
  const seconds = retryAfter(extensions);
  if (seconds !== undefined) reply.header('retry-after', seconds);
  if (status === 405 && !reply.hasHeader('allow')) reply.header('allow', 'POST');
}

/** JSON of members of extensions. Each operation has one handling object, and equal headers one list, so their text is built once. */
const texts = new WeakMap<object, string>();

function textOf(name: string, value: object): string {
  let text = texts.get(value);
  if (text === undefined) {
    text = `"${name}":${JSON.stringify(value)}`;
    texts.set(value, text);
  }
  return text;
}

function extensionsJson({ sensitivity, withheld, trace, cost }: AnswerExtensions): string {
  let text = sensitivity ? textOf('sensitivity', sensitivity) : '';
  if (withheld) text += `${text === '' ? '' : ','}${textOf('withheld', withheld)}`;
  if (trace) text += `${text === '' ? '' : ','}"trace":${JSON.stringify(trace)}`;
  if (!cost) return `{${text}}`;
  const { estimated, actual, budget, remaining, resetSeconds } = cost;
  const measured = actual === undefined ? '' : `,"actual":${actual}`;
  const costs = `"cost":{"estimated":${estimated}${measured},"budget":${budget},"remaining":${remaining},"resetSeconds":${resetSeconds}}`;
  return text === '' ? `{${costs}}` : `{${text},${costs}}`;
}
