import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RequestError } from '#base/errors';
import { syncFolder } from '../audit/files';

/** Digest and size of a file, announced before the upload. */
export interface Announced {
  readonly sha256: string;
  readonly bytes: number;
}

/** A received file, apart from the stored ones until it is kept. */
export interface Received {
  /**
   * Stores the file atomically; repeatable. Callers must prevent a {@link ContentStore.remove} of its digest until they have committed that
   * they use it.
   * @throws RequestError STORAGE_FULL
   */
  keep(): Promise<void>;
  /** Removes the file, unless it was kept. */
  discard(): Promise<void>;
}

/** File contents by SHA-256 digest. Stores identical contents once and verifies the digest of every upload. */
export interface ContentStore {
  /**
   * Receives a file from a stream, in constant memory, and verifies it.
   * @throws RequestError CONTENT_TOO_LONG, CONTENT_TRUNCATED, DIGEST_MISMATCH or STORAGE_FULL
   */
  receive(content: Readable, announced: Announced): Promise<Received>;
  get(sha256: string): Promise<Readable>;
  /** Removes a stored file, if it exists. */
  remove(sha256: string): Promise<void>;
  /** Removes unfinished uploads that are older than a day. @returns their number */
  sweep(now: Date): Promise<number>;
}

const UNFINISHED = 'unfinished';

/** A folder of files named by digest. */
export class FolderStore implements ContentStore {
  constructor(private readonly folder: string) {}

  private path(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`"${sha256}" is not a SHA-256 digest`);
    return join(this.folder, sha256.slice(0, 2), sha256);
  }

  async receive(content: Readable, announced: Announced): Promise<Received> {
    const path = this.path(announced.sha256);
    const unfinished = join(this.folder, UNFINISHED, randomUUID());
    const discard = () => rm(unfinished, { force: true });
    const check = new ContentCheck(announced);
    try {
      await mkdir(dirname(unfinished), { recursive: true });
      await pipeline(content, check, createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }));
      check.complete();
      await synced(unfinished);
    } catch (error) {
      await discard();
      if (codeOf(error) === 'ERR_STREAM_PREMATURE_CLOSE') throw check.truncated();
      throw storageError(error);
    }
    const keep = async () => {
      try {
        await mkdir(dirname(path), { recursive: true });
        await rename(unfinished, path);
        await syncFolder(dirname(path));
      } catch (error) {
        // kept before, by a transaction that was tried again
        if (codeOf(error) === 'ENOENT' && (await exists(path))) return;
        throw storageError(error);
      }
    };
    return { keep, discard };
  }

  async get(sha256: string): Promise<Readable> {
    const path = this.path(sha256);
    await stat(path);
    return createReadStream(path);
  }

  async remove(sha256: string): Promise<void> {
    const path = this.path(sha256);
    await rm(path, { force: true });
    // without the folder, the file did not exist
    if (await exists(dirname(path))) await syncFolder(dirname(path));
  }

  async sweep(now: Date): Promise<number> {
    const folder = join(this.folder, UNFINISHED);
    let swept = 0;
    for (const name of await readdir(folder).catch(() => [])) {
      const { mtimeMs } = await stat(join(folder, name));
      if (now.getTime() - mtimeMs < 86_400_000) continue;
      await rm(join(folder, name), { force: true });
      swept += 1;
    }
    return swept;
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

const storageError = (error: unknown): unknown =>
  ['ENOSPC', 'EDQUOT'].includes(codeOf(error) ?? '')
    ? new RequestError('STORAGE_FULL', 'No space left for files; the upload was discarded')
    : error;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Passes a file through and checks its length and digest. */
class ContentCheck extends Transform {
  private readonly hash = createHash('sha256');
  private bytes = 0;

  constructor(private readonly announced: Announced) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk?: Buffer) => void): void {
    this.bytes += chunk.length;
    if (this.bytes > this.announced.bytes) {
      const why = `The upload is longer than the announced ${this.announced.bytes} bytes and was discarded`;
      done(new RequestError('CONTENT_TOO_LONG', why));
      return;
    }
    this.hash.update(chunk);
    done(null, chunk);
  }

  truncated(): RequestError {
    return new RequestError(
      'CONTENT_TRUNCATED',
      `The upload ended after ${this.bytes} of ${this.announced.bytes} bytes and was discarded; upload the file again`,
    );
  }

  /** @throws RequestError unless length and digest match the announcement */
  complete(): void {
    if (this.bytes < this.announced.bytes) throw this.truncated();
    const digest = this.hash.digest('hex');
    if (digest !== this.announced.sha256)
      throw new RequestError(
        'DIGEST_MISMATCH',
        `The upload has the digest ${digest}, not the announced ${this.announced.sha256}; the upload was discarded`,
      );
  }
}
