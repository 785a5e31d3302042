import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { WatchedFile } from '#base/files/watched-file';
import type { Principal } from '#base/identity/principal';

/**
 * Tokens that are rejected before they expire: a file with one entry per line, a token id (`jti`) or `sub:<subject>`. An issuer and
 * a space before it limit the entry to that issuer's tokens; otherwise it applies to all issuers.
 */
export class Revocations {
  private readonly entries: WatchedFile<ReadonlySet<string>>;

  /** @throws OperatorError */
  constructor(file: string, log: Logger) {
    try {
      this.entries = new WatchedFile(file, { what: 'the revoked tokens', parse: entriesOf, log });
    } catch (error) {
      throw new OperatorError(
        `Cannot read the revoked tokens file "${file}": ${(error as Error).message}`,
        'Create it or remove --revoked-tokens; each line is a token id or sub:<subject>, optionally after an issuer',
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
