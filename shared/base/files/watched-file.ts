import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { stampOf } from './stamp';

/** Milliseconds between checks of the file. */
const LOOK_EVERY_MS = 1_000;
/** Milliseconds after which the content is compared even if the stamp did not change, since some file systems have coarse timestamps. */
const READ_EVERY_MS = 60_000;
/** Milliseconds after a change within which another change may not affect the timestamps. */
const SETTLED_AFTER_MS = 3_000;

/** Far above the size of keys, certificates, and lists of tokens. Reading a larger file would block the process. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws Error for anything but a regular file, since reading a pipe would block the process */
function textOf(file: string, stats: Stats): string {
  if (!stats.isFile()) throw new Error('not a regular file');
  if (stats.size > MAX_BYTES) throw new Error(`the file has ${stats.size} bytes; the maximum is ${MAX_BYTES}`);
  return readFileSync(file, 'utf8');
}

export interface WatchedFileOptions<T> {
  /** Content of the file, for the log. */
  readonly what: string;
  /** @throws Error for an invalid text, which keeps the previous value */
  readonly parse: (text: string) => T;
  readonly log?: Logger;
}

/**
 * A value from a file that may be replaced at runtime. Checks the file when the value is used, at most once a second. Logs a file that is
 * unreadable or invalid once, and keeps the previous value.
 */
export class WatchedFile<T> {
  private value: T;
  private text: string;
  private stamp: string;
  private lookedAt = performance.now();
  private readAt = this.lookedAt;
  private isSettled = false;
  private isInvalid = false;

  /** @throws Error if the file cannot be read, or the error of `parse` */
  constructor(
    private readonly file: string,
    private readonly options: WatchedFileOptions<T>,
  ) {
    this.stamp = stampOf(statSync(file));
    // at startup, anything readable is allowed, such as a pipe of the shell
    this.text = readFileSync(file, 'utf8');
    this.value = options.parse(this.text);
  }

  /** The same object until the content changes. */
  get current(): T {
    if (performance.now() - this.lookedAt >= LOOK_EVERY_MS) this.look();
    return this.value;
  }

  /** Checks the file now. */
  look(): void {
    const { file, options } = this;
    const { what, log, parse } = options;
    const now = performance.now();
    this.lookedAt = now;
    try {
      const stats = statSync(file);
      const stamp = stampOf(stats);
      if (stamp === this.stamp && this.isSettled && now - this.readAt < READ_EVERY_MS) return;
      const text = textOf(file, stats);
      this.isSettled = Date.now() - stats.mtimeMs > SETTLED_AFTER_MS;
      this.stamp = stamp;
      this.readAt = now;
      if (text !== this.text) {
        this.value = parse(text);
        this.text = text;
        log?.info({ file }, `reloaded ${what}`);
      }
      this.isInvalid = false;
    } catch (error) {
      if (!this.isInvalid)
        log?.error({ err: error, file }, `could not reload ${what}; still using the previous version`);
      this.isInvalid = true;
    }
  }
}
