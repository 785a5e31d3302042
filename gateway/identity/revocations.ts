import type { Logger } from 'pino';
import { z } from 'zod';
import { OperatorError } from '#base/errors';
import { WatchedFile } from '#base/files/watched-file';
import type { Principal } from '#base/identity/principal';
import type { TokenName } from './issuers';

/**
 * Tokens that are rejected before they expire: a file with one entry per line, a token id (`jti`) or `sub:<subject>`. An issuer and a space
 * before it limit the entry to that issuer's tokens. A line may be a JSON object instead, {@link entrySchema}, which can name every id and
 * subject, including those with white space or with the beginning of a comment.
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
        'Create it or remove --revoked-tokens; each line is a token id or sub:<subject>, optionally after an issuer, or {"issuer": "…", "jti": "…"}',
      );
    }
  }

  /** Whether a token is revoked. An entry for a subject may name the issuer of the token, or the one that its subjects are of. */
  has(token: TokenName, principal: Principal): boolean {
    const { current } = this.entries;
    const names = (issuer: string, plain: string, named: NamedEntry): boolean =>
      [plain, `${issuer} ${plain}`, namedKey(named), namedKey({ issuer, ...named })].some((key) => current.has(key));
    const { subject } = principal;
    return (
      [token.issuer, principal.issuer].some((issuer) => names(issuer, `sub:${subject}`, { sub: subject })) ||
      (token.id !== undefined && names(token.issuer, token.id, { jti: token.id }))
    );
  }
}

/** A line of JSON: ids and subjects in quotes, with any characters. */
const entrySchema = z.union([
  z.strictObject({ issuer: z.string().optional(), jti: z.string() }),
  z.strictObject({ issuer: z.string().optional(), sub: z.string() }),
]);

type NamedEntry = { readonly issuer?: string; readonly jti?: string; readonly sub?: string };

const namedKey = ({ issuer, jti, sub }: NamedEntry): string =>
  JSON.stringify([issuer ?? null, jti ?? null, sub ?? null]);

/** @throws Error for a line that begins as JSON and is no entry: a revocation must not be lost to a typing error */
function entriesOf(text: string): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const [place, line] of text.split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    keys.add(entry.startsWith('{') ? namedKey(entryOf(entry, place + 1)) : entry.replace(/\s+/, ' '));
  }
  return keys;
}

function entryOf(line: string, number: number): NamedEntry {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    throw new Error(
      `line ${number} is not a revocation: write {"issuer": "…", "jti": "…"} or {"issuer": "…", "sub": "…"}`,
    );
  }
}
