import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

type Encoding = 'br' | 'gzip';

/** Bytes or characters from which compressing an answer is worth its time. */
export const MIN_LENGTH = 1_024;

const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

// measured in docs/performance.md: higher levels cost several times as much and save little
const BROTLI_QUALITY = 3;
const GZIP_LEVEL = 5;

// clients send few different ones
const negotiated = new LRUCache<string, Encoding | 'identity'>({ max: 200 });

/** The encoding that a client prefers by its `Accept-Encoding`; undefined for none of ours. */
export function encodingOf(acceptEncoding: string | undefined): Encoding | undefined {
  if (!acceptEncoding) return undefined;
  let encoding = negotiated.get(acceptEncoding);
  if (!encoding) {
    encoding = negotiate(acceptEncoding);
    if (acceptEncoding.length < 500) negotiated.set(acceptEncoding, encoding);
  }
  return encoding === 'identity' ? undefined : encoding;
}

/** As the library is; its types lack the second argument. */
type Encodings = {
  encoding(available: readonly string[], options: { preferred: readonly string[] }): string | undefined;
};

function negotiate(acceptEncoding: string): Encoding | 'identity' {
  const negotiator: Encodings = new Negotiator({ headers: { 'accept-encoding': acceptEncoding } }) as never;
  // clients that give no weights leave the choice to us
  const encoding = negotiator.encoding(['br', 'gzip', 'identity'], { preferred: ['br', 'gzip'] });
  return (encoding ?? 'identity') as Encoding | 'identity';
}

/** Bodies that several requests share, such as the schema, by encoding. */
const compressed = new WeakMap<Buffer, Map<Encoding, Promise<Buffer>>>();

/** Compresses a text, or its UTF-8, in another thread; a buffer once, for as long as it is kept. */
export function compress(body: string | Buffer, encoding: Encoding): Promise<Buffer> {
  if (typeof body === 'string') return compressOnce(body, encoding);
  const known = compressed.get(body) ?? new Map<Encoding, Promise<Buffer>>();
  compressed.set(body, known);
  let result = known.get(encoding);
  if (!result) {
    result = compressOnce(body, encoding);
    known.set(encoding, result);
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
