import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';

/** Space for the lines of over a thousand changes, the most that can be between commit and record when the disk fills up. */
const RESERVED_BYTES = 1024 * 1024;

/**
 * Reserved disk space for the lines of committed changes: a file beside the record, removed when the disk is full. It contains random bytes,
 * which no file system compresses.
 */
export class Reserve {
  private filled: boolean;
  private filling: Promise<void> | undefined;

  /** @param isNeeded false for a record that is not a file, such as a device */
  constructor(
    private readonly path: string,
    private readonly isNeeded: boolean,
  ) {
    this.filled = !isNeeded;
  }

  get isFilled(): boolean {
    return this.filled;
  }

  /** Reserves the space, if not yet reserved. @throws the file system's error */
  async fill(): Promise<void> {
    if (this.filled) return;
    this.filling ??= this.take().finally(() => {
      this.filling = undefined;
    });
    await this.filling;
  }

  private async take(): Promise<void> {
    const present = await stat(this.path).catch(() => undefined);
    if (present?.size !== RESERVED_BYTES) await this.write();
    this.filled = true;
  }

  private async write(): Promise<void> {
    try {
      const file = await open(this.path, 'w', 0o600);
      try {
        await file.writeFile(randomBytes(RESERVED_BYTES));
        await file.sync();
      } finally {
        await file.close();
      }
    } catch (error) {
      // a partial file would only waste space
      await rm(this.path, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Frees the space. */
  async spend(): Promise<void> {
    if (!this.isNeeded) return;
    this.filled = false;
    await rm(this.path, { force: true });
  }
}
