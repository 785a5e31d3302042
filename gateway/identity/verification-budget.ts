import { LRUCache } from 'lru-cache';
import { AuthenticationError } from './issuers';

/** Signatures of one address that are checked each second whatever it has sent before: for those who share it with a flooder. */
export const RESERVED_PER_SECOND = 50;
/** Addresses that are remembered: those that have not been seen for longest begin anew. */
const MAX_ADDRESSES = 10_000;
const WINDOW_MS = 60_000;

interface Account {
  /** Checks of this minute that found no valid signature, and those under way. */
  spent: number;
  /** When the minute ends, by `performance.now()`. */
  readonly until: number;
  /** Checks of the reserve that may be made at once. */
  reserve: number;
  /** Until when the reserve has been filled up. */
  filledAt: number;
}

/**
 * Bounds the signature checks that tokens without a valid signature cost. An address that has used up its minute is not locked out: it
 * goes on at a reserved rate, so that a new, valid token still gets through beside a flood, after a few attempts at worst.
 */
export class VerificationBudget {
  private readonly accounts = new LRUCache<string, Account>({ max: MAX_ADDRESSES });

  /** @param perMinute checks in vain of one address a minute before the reserved rate applies; 0 for no limit */
  constructor(private readonly perMinute: number) {}

  /** Pays for a check. @returns what gives it back when the signature was valid @throws AuthenticationError when none is to be had now */
  spend(address: string): () => void {
    if (this.perMinute === 0) return () => {};
    const account = this.accountOf(address);
    if (account.spent < this.perMinute) {
      account.spent += 1;
      return () => {
        account.spent -= 1;
      };
    }
    fill(account);
    if (account.reserve < 1)
      throw new AuthenticationError(
        'TOO_MANY_REQUESTS',
        'Too many tokens of this address were invalid, and this one has not been seen before; try again in 1 s',
        429,
        1,
      );
    account.reserve -= 1;
    return () => {
      account.reserve += 1;
    };
  }

  private accountOf(address: string): Account {
    const now = performance.now();
    const known = this.accounts.get(address);
    if (known && known.until > now) return known;
    const account = { spent: 0, until: now + WINDOW_MS, reserve: RESERVED_PER_SECOND, filledAt: now };
    this.accounts.set(address, account);
    return account;
  }
}

function fill(account: Account): void {
  const now = performance.now();
  const more = ((now - account.filledAt) / 1_000) * RESERVED_PER_SECOND;
  account.reserve = Math.min(RESERVED_PER_SECOND, account.reserve + more);
  account.filledAt = now;
}
