import { LRUCache } from 'lru-cache';
import { AuthenticationError } from './issuers';

/** Signature checks per second that an address keeps after a flood, for other callers behind the same address. */
export const RESERVED_PER_SECOND = 50;
/** Maximum addresses remembered; the least recently seen one starts over. */
const MAX_ADDRESSES = 10_000;
const WINDOW_MS = 60_000;

interface Account {
  /** Checks of this minute that found no valid signature or have not finished. */
  spent: number;
  /** When the minute ends, by `performance.now()`. */
  readonly until: number;
  /** Checks left in the reserve. */
  reserve: number;
  /** When the reserve was last refilled, by `performance.now()`. */
  filledAt: number;
}

/**
 * Limits the signature checks that invalid tokens cost. An address that has used up its minute is not locked out: it continues at a
 * reserved rate, so that a new valid token gets through during a flood, after a few attempts at worst.
 */
export class VerificationBudget {
  private readonly accounts = new LRUCache<string, Account>({ max: MAX_ADDRESSES });

  /** @param perMinute failed checks per address per minute before the reserved rate applies; 0 disables the limit */
  constructor(private readonly perMinute: number) {}

  /** Pays for a check. @returns a function that refunds it, for a valid signature @throws AuthenticationError when the reserve is empty */
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
        'Too many invalid tokens from this address: try again in 1 s',
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
    const current = this.accounts.get(address);
    if (current && current.until > now) return current;
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
