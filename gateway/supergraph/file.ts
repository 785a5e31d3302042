import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { stampOf } from '#base/files/stamp';

/**
 * Where a supergraph comes from and how it changes: the part of Apollo's `SupergraphManager` that concerns the supergraph itself, so
 * that one of theirs which asks for nothing else fits too.
 */
export interface SupergraphSource {
  initialize(options: {
    update: (supergraphSdl: string) => void;
  }): Promise<{ supergraphSdl: string; cleanup?: () => Promise<void> }>;
}

/** A supergraph in a file, looked at again and again: what is written there is offered to the gateway. */
export class SupergraphFile implements SupergraphSource {
  private last = '';
  private stamp = '';
  private timer: NodeJS.Timeout | undefined;

  /** @param everyMs how often the file is looked at; 0 only once. */
  constructor(
    private readonly file: string,
    private readonly everyMs: number,
    private readonly log: Logger,
  ) {}

  /** @returns the supergraph as it is served first. @throws OperatorError when the file cannot be read. */
  async read(): Promise<string> {
    if (this.last !== '') return this.last;
    try {
      this.last = await readFile(this.file, 'utf8');
    } catch (error) {
      throw new OperatorError(
        `The supergraph cannot be read from "${this.file}": ${(error as Error).message}`,
        'Name a file by --supergraph; `npm run compose` writes one',
        { cause: error },
      );
    }
    return this.last;
  }

  /** @throws OperatorError when the file cannot be read. */
  async initialize({ update }: Parameters<SupergraphSource['initialize']>[0]) {
    const supergraphSdl = await this.read();
    this.lookLater(update);
    return {
      supergraphSdl,
      cleanup: async () => clearTimeout(this.timer),
    };
  }

  private lookLater(update: (supergraphSdl: string) => void): void {
    if (this.everyMs === 0) return;
    this.timer = setTimeout(() => this.look(update).finally(() => this.lookLater(update)), this.everyMs);
    this.timer.unref();
  }

  private async look(update: (supergraphSdl: string) => void): Promise<void> {
    try {
      const stamp = stampOf(await stat(this.file));
      if (stamp === this.stamp) return;
      const now = await readFile(this.file, 'utf8');
      this.stamp = stamp;
      // a file that is just being written is looked at next time
      if (now === this.last || now.trim() === '') return;
      this.last = now;
      update(now);
    } catch (error) {
      this.log.warn({ err: error }, 'the supergraph file cannot be read; the supergraph before goes on');
    }
  }
}
