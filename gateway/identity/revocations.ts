import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { WatchedFile } from '#base/files/watched-file';
import type { Principal } from '#base/identity/principal';

/**
 * Tokens that are rejected although they have not expired: a file with an entry a line, a token id (`jti`) or `sub:<subject>`. An issuer and
 * a space before it limit the entry to tokens of that issuer; without one it holds for those of every issuer.
 */
export class Revocations {
  private readonly entries: WatchedFile<ReadonlySet<string>>;

  /** @throws OperatorError */
  constructor(file: string, log: Logger) {
    try {
      this.entries = new WatchedFile(file, { what: 'the revoked tokens', parse: entriesOf, log });
    } catch (error) {
      throw new OperatorError(
        `The file of revoked tokens "${file}" cannot be read: ${(error as Error).message}`,
        'Make it, or leave --revoked-tokens out; one token id, or sub:<subject>, a line, after its issuer',
      );
    }
  }

  has(tokenId: string | undefined, { issuer, subject }: Principal): boolean {
    const { current } = this.entries;
    const entries = [`sub:${subject}`, ...(tokenId === undefined ? [] : [tokenId])];
    return entries.some((entry) => current.has(entry) || current.has(`${issuer} ${entry}`));
  }
}

function entriesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim().replace(/\s+/, ' '));
  return new Set(lines.filter((line) => line !== '' && !line.startsWith('#')));
}
