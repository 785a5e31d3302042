import type { Logger } from 'pino';
import { OperatorError } from '../../shared/errors';
import { WatchedFile } from '../../shared/files/watched-file';

/** Tokens that are rejected although they have not expired: a file with a token id (`jti`) or `sub:<subject>` a line. */
export class Revocations {
  private readonly entries: WatchedFile<ReadonlySet<string>>;

  /** @throws OperatorError */
  constructor(file: string, log: Logger) {
    try {
      this.entries = new WatchedFile(file, { what: 'the revoked tokens', parse: entriesOf, log });
    } catch (error) {
      throw new OperatorError(
        `The file of revoked tokens "${file}" cannot be read: ${(error as Error).message}`,
        'Make it, or leave --revoked-tokens out; one token id, or sub:<subject>, a line',
      );
    }
  }

  has(tokenId: string | undefined, subject: string): boolean {
    const { current } = this.entries;
    return current.has(`sub:${subject}`) || (tokenId !== undefined && current.has(tokenId));
  }
}

function entriesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
}
