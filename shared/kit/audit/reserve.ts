import { randomBytes } from 'node:crypto';
import { open, rm, stat } from 'node:fs/promises';

/** Lines of a thousand changes and more: as many as can be between commit and record when the disk becomes full. */
const RESERVED_BYTES = 1024 * 1024;

/**
 * Disk space beside a record for the lines of changes that are committed: a file that is removed when the disk is full. Of bytes
 * that no file system compresses or leaves out.
 */
export class Reserve {
  private filled: boolean;
  private filling: Promise<void> | undefined;

  /** @param isNeeded false for a record that is not a file, such as a device. */
  constructor(
    private readonly path: string,
    private readonly isNeeded: boolean,
  ) {
    this.filled = !isNeeded;
  }

  get isFilled(): boolean {
    return this.filled;
  }

  /** Takes the space, unless it is taken. @throws the file system's error */
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
      // half of it would keep others from the space
      await rm(this.path, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** Gives the space back to the file system. */
  async spend(): Promise<void> {
    if (!this.isNeeded) return;
    this.filled = false;
    await rm(this.path, { force: true });
  }
}
