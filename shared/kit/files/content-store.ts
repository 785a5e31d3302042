import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RequestError } from '#base/errors';

/** Digest and size of a file, announced before the upload. */
export interface Announced {
  readonly sha256: string;
  readonly bytes: number;
}

/** File contents by SHA-256 digest. Stores identical contents once and verifies the digest of every upload. */
export interface ContentStore {
  /**
   * Stores a file from a stream, atomically and in constant memory.
   * @throws RequestError CONTENT_TOO_LONG, CONTENT_TRUNCATED, DIGEST_MISMATCH or STORAGE_FULL
   */
  put(content: Readable, announced: Announced): Promise<void>;
  get(sha256: string): Promise<Readable>;
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

  async put(content: Readable, announced: Announced): Promise<void> {
    const unfinished = join(this.folder, UNFINISHED, randomUUID());
    await mkdir(dirname(unfinished), { recursive: true });
    const check = new ContentCheck(announced);
    try {
      await pipeline(content, check, createWriteStream(unfinished, { flags: 'wx', mode: 0o600 }));
      check.complete();
      await synced(unfinished);
      const path = this.path(announced.sha256);
      await mkdir(dirname(path), { recursive: true });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ERR_STREAM_PREMATURE_CLOSE') throw check.truncated();
      if (code === 'ENOSPC' || code === 'EDQUOT')
        throw new RequestError('STORAGE_FULL', 'No space left for files; the upload was discarded');
      throw error;
    }
  }

  async get(sha256: string): Promise<Readable> {
    const path = this.path(sha256);
    await stat(path);
    return createReadStream(path);
  }

  async remove(sha256: string): Promise<void> {
    await rm(this.path(sha256), { force: true });
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
