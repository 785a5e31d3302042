import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

type Encoding = 'br' | 'gzip';

/** Minimum length, in bytes or characters, at which compression pays off. */
export const MIN_LENGTH = 1_024;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

// measured in docs/performance.md: higher levels cost several times as much and save little
const BROTLI_QUALITY = 3;
const GZIP_LEVEL = 6;

// clients send few distinct headers
const negotiated = new LRUCache<string, Encoding | 'identity'>({ max: 200 });

/** The supported encoding that the client's `Accept-Encoding` prefers; undefined if it accepts none. */
export function encodingOf(acceptEncoding: string | undefined): Encoding | undefined {
  if (!acceptEncoding) return undefined;
  let encoding = negotiated.get(acceptEncoding);
  if (!encoding) {
    encoding = negotiate(acceptEncoding);
    if (acceptEncoding.length < 500) negotiated.set(acceptEncoding, encoding);
  }
  return encoding === 'identity' ? undefined : encoding;
}

/** Corrects the library's types, which lack the second argument. */
type Encodings = {
  encoding(available: readonly string[], options: { preferred: readonly string[] }): string | undefined;
};

function negotiate(acceptEncoding: string): Encoding | 'identity' {
  const negotiator: Encodings = new Negotiator({ headers: { 'accept-encoding': acceptEncoding } }) as never;
  // without weights, the order of this list decides
  const encoding = negotiator.encoding(['br', 'gzip', 'identity'], { preferred: ['br', 'gzip'] });
  return (encoding ?? 'identity') as Encoding | 'identity';
}

/** Compressed bodies that several requests share, such as the schema, by encoding. */
const compressed = new WeakMap<Buffer, Map<Encoding, Promise<Buffer>>>();

/** Compresses a body in another thread. The result for a buffer is cached for the buffer's lifetime. */
export function compress(body: string | Buffer, encoding: Encoding): Promise<Buffer> {
  if (typeof body === 'string') return compressOnce(body, encoding);
  const byEncoding = compressed.get(body) ?? new Map<Encoding, Promise<Buffer>>();
  compressed.set(body, byEncoding);
  let result = byEncoding.get(encoding);
  if (!result) {
    result = compressOnce(body, encoding);
    byEncoding.set(encoding, result);
  }
  return result;
}

function compressOnce(text: string | Buffer, encoding: Encoding): Promise<Buffer> {
  if (encoding === 'gzip') return compressGzip(text, { level: GZIP_LEVEL });
  return compressBrotli(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
    },
  });
}
