import type { Readable } from 'node:stream';
import { RequestError } from '../errors';

export type Headers = Readonly<Record<string, string | undefined>>;

/** A file to download. */
export interface SentFile {
  readonly content: Readable;
  readonly bytes: number;
  readonly fileName: string;
}

/** Stores and returns file contents, by the id of the file's object in the graph. */
export interface FileExchange {
  /** Stores a file atomically. @throws RequestError */
  put(id: string, content: Readable, headers: Headers): Promise<void>;
  /** @throws RequestError */
  get(id: string, headers: Headers): Promise<SentFile>;
}

/** Error for the public, which has no access to files. */
export const unauthenticated = (): RequestError =>
  new RequestError('UNAUTHENTICATED', 'Files require authentication: send "authorization: Bearer <token>"');
