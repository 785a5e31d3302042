import { readFile, stat } from 'node:fs/promises';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { stampOf } from '#base/files/stamp';
import type { SupergraphCopy } from './copy';
import { type VerifiedSupergraph, verifySupergraph } from './signature';
import type { FirstSupergraph, SourceStatus, SupergraphSource } from './source';

type Update = Parameters<SupergraphSource['initialize']>[0]['update'];

/** Polls a supergraph file and offers each new version to the gateway. */
export class SupergraphFile implements SupergraphSource {
  /** The text that was last read. */
  private last = '';
  private served: VerifiedSupergraph | undefined;
  private stamp = '';
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /**
   * @param everyMs polling interval in milliseconds; 0 reads the file only once
   * @param keys public keys, one of which must have signed the supergraph; undefined to take it without a signature
   * @param copy keeps the supergraph that is served, so that none that was signed before it is served after a restart
   */
  constructor(
    private readonly file: string,
    private readonly everyMs: number,
    private readonly log: Logger,
    private readonly keys?: () => JSONWebKeySet,
    private readonly copy?: SupergraphCopy,
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
    this.served = await verifySupergraph(text, this.keys?.(), this.file, await this.servedBefore());
    this.last = text;
    return text;
  }

  /** When the copy was signed, in seconds since 1970; undefined without a valid one. */
  private async servedBefore(): Promise<number | undefined> {
    if (!this.copy) return undefined;
    try {
      const text = await this.copy.read();
      return text === undefined ? undefined : (await verifySupergraph(text, this.keys?.(), this.copy.file)).signedAt;
    } catch (error) {
      this.log.error({ err: error, copy: this.copy.file }, 'cannot use the supergraph copy');
      return undefined;
    }
  }

  /** @throws OperatorError if the file cannot be read, or its signature is invalid */
  async initialize({ update }: { update: Update }): Promise<FirstSupergraph> {
    const supergraphSdl = await this.read();
    return {
      supergraphSdl,
      serving: () => {
        this.keepCopy().finally(() => this.pollLater(update));
      },
      cleanup: async () => {
        this.isClosed = true;
        clearTimeout(this.timer);
      },
    };
  }

  status(): SourceStatus {
    return { source: this.file };
  }

  private async keepCopy(): Promise<void> {
    if (this.served) await this.copy?.keep(this.served.text);
  }

  private pollLater(update: Update): void {
    if (this.everyMs === 0 || this.isClosed) return;
    this.timer = setTimeout(() => this.poll(update).finally(() => this.pollLater(update)), this.everyMs);
    this.timer.unref();
  }

  private async poll(update: Update): Promise<void> {
    try {
      const stamp = stampOf(await stat(this.file));
      if (stamp === this.stamp) return;
      const now = await readFile(this.file, 'utf8');
      this.stamp = stamp;
      // an empty file is probably being written; the next poll reads it
      if (now === this.last || now.trim() === '') return;
      const verified = await verifySupergraph(now, this.keys?.(), this.file, this.served?.signedAt);
      this.last = now;
      if (await update(now)) this.served = verified;
      await this.keepCopy();
    } catch (error) {
      this.log.warn({ err: error }, 'cannot use the supergraph file; still serving the previous supergraph');
    }
  }
}
