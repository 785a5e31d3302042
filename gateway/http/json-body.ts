import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { rememberExactly } from '../operation/exact-variables';

/** A body rejected before it is parsed as a GraphQL request. */
class BodyError extends Error {
  constructor(
    readonly statusCode: 400 | 415,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Parses JSON bodies: UTF-8 only, each top-level name once, so that a proxy in front of the gateway sees the same request.
 * @param received called with each body before it is parsed
 */
export function addJsonBodies(
  server: FastifyInstance,
  received: (request: FastifyRequest, bytes: number) => void,
): void {
  const parseJson = server.getDefaultJsonParser('error', 'error');
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    received(request, bytes.length);
    const error = textError(request, bytes);
    if (error) {
      done(error);
      return;
    }
    const text = bytes.toString();
    parseJson(request, text, (failure, body) => {
      const repeated = failure ? undefined : repeatedName(body, text);
      if (repeated !== undefined) {
        done(new BodyError(400, `The body repeats ${JSON.stringify(repeated.slice(0, 50))}: send each name once`));
        return;
      }
      rememberExactly(body, text);
      done(failure, body);
    });
  });
}

function textError({ headers }: FastifyRequest, bytes: Buffer): BodyError | undefined {
  const charset = otherCharset(headers['content-type'] ?? '');
  if (charset !== undefined)
    return new BodyError(415, `The charset "${charset.slice(0, 50)}" is not supported: send UTF-8`);
  return isUtf8(bytes) ? undefined : new BodyError(400, 'The body is not valid UTF-8: encode it as UTF-8');
}

const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*("[^"]*"|[^; \t]*)/gi;

/** The charset of a media type, if it is not UTF-8. */
function otherCharset(contentType: string): string | undefined {
  if (!contentType.includes(';')) return undefined;
  for (const [, value = ''] of contentType.matchAll(CHARSET)) {
    const charset = value.replaceAll('"', '').toLowerCase();
    if (charset !== 'utf-8' && charset !== 'utf8') return charset;
  }
  return undefined;
}

/** Names that clients send, as they appear in a body without escapes. */
const PLAIN_NAMES: ReadonlySet<string> = new Set([
  'query',
  'operationName',
  'variables',
  'extensions',
  'documentId',
  'doc_id',
]);

/**
 * A name that occurs twice at the top level of an object. Deeper names do not matter: only this process reads the text, and subgraphs get
 * the parsed values.
 * @param text valid JSON @param body the result of `JSON.parse(text)`
 */
export function repeatedName(body: unknown, text: string): string | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  return isPlain(Object.keys(body), text) ? undefined : repeatedInScan(text);
}

/** Whether a text search proves that each name occurs once; much faster than a scan. */
function isPlain(names: readonly string[], text: string): boolean {
  // an escape can spell a name differently
  if (text.includes('\\u')) return false;
  return names.every((name) => {
    if (!PLAIN_NAMES.has(name)) return false;
    const quoted = `"${name}"`;
    return text.indexOf(quoted, text.indexOf(quoted) + quoted.length) < 0;
  });
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function repeatedInScan(text: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  let isName = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '{' || char === '[') {
      depth += 1;
      isName = depth === 1;
    } else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',') isName = depth === 1;
    else if (char === '"') {
      const end = endOfString(text, at);
      if (isName) {
        const name = JSON.parse(text.slice(at, end + 1)) as string;
        if (names.has(name)) return name;
        names.add(name);
      }
      isName = false;
      at = end;
    }
  }
  return undefined;
}

/** Index of the end of the string that starts at a quote. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at += 1;
    else if (code === QUOTE) return at;
  }
}
