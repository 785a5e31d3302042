import { randomBytes } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import type { Logger } from 'pino';

/** A file with the supergraph that a gateway serves, for its next start. */
export class SupergraphCopy {
  private written: string | undefined;
  private hasFailed = false;

  constructor(
    readonly file: string,
    private readonly log: Logger,
  ) {}

  /** @returns the text with its signature; undefined without a copy @throws Error if it cannot be read */
  async read(): Promise<string | undefined> {
    try {
      this.written = await readFile(this.file, 'utf8');
      return this.written;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Replaces the copy, unless it has this text. Logs the first failure, and never rejects. */
  async keep(text: string): Promise<void> {
    if (text === this.written) return;
    try {
      await replaceFile(this.file, text);
      this.written = text;
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed)
        this.log.error({ err: error, file: this.file }, 'could not write the supergraph copy; trying again');
      this.hasFailed = true;
    }
  }
}

/** A reader sees the old or the new text, also after a loss of power. Only the owner may read it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    const handle = await open(temporary, 'wx', 0o600);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
