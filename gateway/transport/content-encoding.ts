import zlib, { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import type { SubgraphErrorCode } from './errors';

type Decode = (bytes: Buffer, options: ZlibOptions, done: (error: Error | null, decoded: Buffer) => void) => void;

/** `deflate` means zlib's format (RFC 9110, section 8.4.1.2); many servers send it without zlib's header. */
const inflateEither: Decode = (bytes, options, done) =>
  ((bytes[0]! & 0x0f) === 8 ? inflate : inflateRaw)(bytes, options, done);

// requires Node 22.15
const { zstdDecompress } = zlib as { zstdDecompress?: Decode };

const DECODERS: ReadonlyMap<string, Decode> = new Map<string, Decode>([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflateEither],
  ['br', brotliDecompress],
  ...(zstdDecompress ? [['zstd', zstdDecompress] as const] : []),
]);
/** Maximum nested encodings. */
const MAX_ENCODINGS = 4;

/** A body that cannot be decoded. */
export interface Unreadable {
  readonly code: SubgraphErrorCode;
  readonly what: string;
}

/** Encodings by the `content-encoding` header, in the order in which they were applied. */
export function encodingsOf(header: string | string[] | undefined): string[] {
  if (header === undefined) return [];
  return String(header)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
}

/** Decodes a body and calls back with it or with an error. @param maxBytes limit of the decoded body */
export function decode(
  bytes: Buffer,
  encodings: readonly string[],
  maxBytes: number,
  done: (decoded: Buffer | Unreadable) => void,
): void {
  const encoding = encodings.at(-1);
  const decoder = encoding === undefined ? undefined : DECODERS.get(encoding);
  if (encoding === undefined) done(bytes);
  else if (!decoder || encodings.length > MAX_ENCODINGS) done(unsupported(encodings));
  else
    decoder(bytes, { maxOutputLength: maxBytes }, (error, decoded) => {
      if (!error) decode(decoded, encodings.slice(0, -1), maxBytes, done);
      else
        done((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(maxBytes) : invalid(encoding));
    });
}

function unsupported(encodings: readonly string[]): Unreadable {
  const named = JSON.stringify(encodings.join(', ').slice(0, 100));
  return {
    code: 'SUBGRAPH_BAD_RESPONSE',
    what: `returned a body with the unsupported content-encoding ${named}; supported are ${[...DECODERS.keys()].join(', ')}`,
  };
}

const invalid = (encoding: string): Unreadable => ({
  code: 'SUBGRAPH_BAD_RESPONSE',
  what: `returned a body that is not valid ${encoding}, though its content-encoding says so`,
});

export const tooLarge = (maxBytes: number): Unreadable => ({
  code: 'SUBGRAPH_RESPONSE_TOO_LARGE',
  what: `returned a response larger than ${maxBytes} bytes`,
});
