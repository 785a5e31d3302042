import type { Readable } from 'node:stream';
import { RequestError } from '../errors';

export type Headers = Readonly<Record<string, string | undefined>>;

/** A file on its way out. */
export interface SentFile {
  readonly content: Readable;
  readonly bytes: number;
  readonly fileName: string;
}

/** Takes and gives the contents of files, by the id of the object that stands for the file in the graph. */
export interface FileExchange {
  /** @throws RequestError; nothing is kept then. */
  put(id: string, content: Readable, headers: Headers): Promise<void>;
  /** @throws RequestError */
  get(id: string, headers: Headers): Promise<SentFile>;
}

/** The public has no files. */
export const unauthenticated = (): RequestError =>
  new RequestError('UNAUTHENTICATED', 'Files require a caller: send "authorization: Bearer <token>"');
