import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { stampOf } from './stamp';

/** Milliseconds between two looks at the file. */
const LOOK_EVERY_MS = 1_000;
/** Milliseconds after which the content is compared even where nothing shows a change: some file systems keep times by the second or worse. */
const READ_EVERY_MS = 60_000;
/** Milliseconds in which a file may change again without its times showing it. */
const SETTLED_AFTER_MS = 3_000;

/** Keys, certificates and lists of tokens are far smaller; a larger file would stop the process while it is read. */
const MAX_BYTES = 64 * 1024 * 1024;

/** @throws Error for what is not a file: reading a pipe would stop the process until something writes to it */
function textOf(file: string, stats: Stats): string {
  if (!stats.isFile()) throw new Error('it is not a file');
  if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes; at most ${MAX_BYTES} are read`);
  return readFileSync(file, 'utf8');
}

export interface WatchedFileOptions<T> {
  /** What the file holds, for the log. */
  readonly what: string;
  /** @throws Error when the text is not valid; the previous value stays. */
  readonly parse: (text: string) => T;
  readonly log?: Logger;
}

/**
 * A value from a file that is replaced while the process runs. The file is looked at when the value is used, at most once a second; a
 * process that was idle sees the change at its next use. What cannot be read or parsed is logged once, and the previous value stays.
 */
export class WatchedFile<T> {
  private value: T;
  private text: string;
  private stamp: string;
  private lookedAt = performance.now();
  private readAt = this.lookedAt;
  private isSettled = false;
  private isInvalid = false;

  /** @throws Error when the file cannot be read, or what `parse` throws */
  constructor(
    private readonly file: string,
    private readonly options: WatchedFileOptions<T>,
  ) {
    this.stamp = stampOf(statSync(file));
    // at the start anything that can be read, such as a pipe of the shell
    this.text = readFileSync(file, 'utf8');
    this.value = options.parse(this.text);
  }

  /** The same object until the content changes. */
  get current(): T {
    if (performance.now() - this.lookedAt >= LOOK_EVERY_MS) this.look();
    return this.value;
  }

  /** Looks at the file now. */
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
