import { readFileSync, statSync } from 'node:fs';
import type { Logger } from 'pino';
import { OperatorError } from '../../shared/errors';
import { stampOf } from '../../shared/files/stamp';

/** Milliseconds between two looks at the file. */
const LOOK_EVERY_MS = 1_000;

/** Tokens that are no longer taken although they have not expired: a file with a token id (`jti`) or `sub:<subject>` a line. */
export class Revocations {
  private entries: ReadonlySet<string>;
  private lookedAt: number;
  private stamp: string;

  /** @throws OperatorError */
  constructor(
    private readonly file: string,
    private readonly log: Logger,
  ) {
    try {
      this.stamp = this.stampNow();
      this.entries = this.read();
    } catch (error) {
      throw new OperatorError(
        `The file of revoked tokens "${file}" cannot be read: ${(error as Error).message}`,
        'Make it, or leave --revoked-tokens out; one token id, or sub:<subject>, a line',
      );
    }
    this.lookedAt = performance.now();
  }

  has(tokenId: string | undefined, subject: string): boolean {
    this.look();
    return this.entries.has(`sub:${subject}`) || (tokenId !== undefined && this.entries.has(tokenId));
  }

  private look(): void {
    const now = performance.now();
    if (now - this.lookedAt < LOOK_EVERY_MS) return;
    this.lookedAt = now;
    try {
      const stamp = this.stampNow();
      if (stamp === this.stamp) return;
      this.entries = this.read();
      this.stamp = stamp;
    } catch (error) {
      this.log.error({ err: error }, 'the file of revoked tokens cannot be read; what it said before goes on');
    }
  }

  private stampNow(): string {
    return stampOf(statSync(this.file));
  }

  private read(): Set<string> {
    const lines = readFileSync(this.file, 'utf8').split('\n');
    return new Set(lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#')));
  }
}
