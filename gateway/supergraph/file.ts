import { readFile, stat } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { stampOf } from '#base/files/stamp';
import { requireSignature } from './signature';

/**
 * A source of supergraph versions: the part of Apollo's `SupergraphManager` that concerns the supergraph itself, so that Apollo's
 * managers that need nothing else fit, too.
 */
export interface SupergraphSource {
  initialize(options: {
    update: (supergraphSdl: string) => void;
  }): Promise<{ supergraphSdl: string; cleanup?: () => Promise<void> }>;
}

/** Polls a supergraph file and offers each new version to the gateway. */
export class SupergraphFile implements SupergraphSource {
  private last = '';
  /** When the last supergraph was signed, in seconds since 1970. */
  private signedAt = 0;
  private stamp = '';
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param everyMs polling interval in milliseconds; 0 reads the file only once
   * @param keys public keys, one of which must have signed the supergraph; undefined to take it without a signature
   */
  constructor(
    private readonly file: string,
    private readonly everyMs: number,
    private readonly log: Logger,
    private readonly keys?: () => JSONWebKeySet,
  ) {}

  /** @returns the first version @throws OperatorError if the file cannot be read, or its signature is invalid */
  async read(): Promise<string> {
    if (this.last !== '') return this.last;
    let text: string;
    try {
      text = await readFile(this.file, 'utf8');
    } catch (error) {
      throw new OperatorError(
        `Cannot read the supergraph file "${this.file}": ${(error as Error).message}`,
        'Set --supergraph to a supergraph file; `npm run compose` writes one',
        { cause: error },
      );
    }
    await this.requireSignature(text);
    this.last = text;
    return text;
  }

  private async requireSignature(text: string): Promise<void> {
    if (!this.keys) return;
    const signedAt = await requireSignature(text, this.keys(), this.file);
    if (signedAt < this.signedAt)
      throw new OperatorError(
        `The supergraph "${this.file}" was signed before the one that is served`,
        'To return to it, sign it again: it may allow what its owners no longer consent to',
      );
    this.signedAt = signedAt;
  }

  /** @throws OperatorError if the file cannot be read, or its signature is invalid */
  async initialize({ update }: Parameters<SupergraphSource['initialize']>[0]) {
    const supergraphSdl = await this.read();
    this.pollLater(update);
    return {
      supergraphSdl,
      cleanup: async () => clearTimeout(this.timer),
    };
  }

  private pollLater(update: (supergraphSdl: string) => void): void {
    if (this.everyMs === 0) return;
    this.timer = setTimeout(() => this.poll(update).finally(() => this.pollLater(update)), this.everyMs);
    this.timer.unref();
  }

  private async poll(update: (supergraphSdl: string) => void): Promise<void> {
    try {
      const stamp = stampOf(await stat(this.file));
      if (stamp === this.stamp) return;
      const now = await readFile(this.file, 'utf8');
      this.stamp = stamp;
      // an empty file is probably being written; the next poll reads it
      if (now === this.last || now.trim() === '') return;
      await this.requireSignature(now);
      this.last = now;
      update(now);
    } catch (error) {
      this.log.warn({ err: error }, 'cannot use the supergraph file; still serving the previous supergraph');
    }
  }
}
