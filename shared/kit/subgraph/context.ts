import type { Clock } from '#base/clock';
import type { Principal } from '#base/identity/principal';
import type { Happening } from '../audit/entry';
import type { Reads } from '../audit/reads';
import type { Found, Sought, Span } from '../audit/search';
import type { Undecided } from '../audit/undecided';
import type { Cursors } from '../collection/cursor';
import type { Loaders } from '../collection/loaders';
import type { Database } from '../database/database';
import type { Reader } from '../policy/policy';

/** What the resolvers of one request to one subgraph share. */
export interface Context {
  readonly database: Database;
  readonly loaders: Loaders;
  /** Seals and opens positions in lists. */
  readonly cursors: Cursors;
  readonly clock: Clock;
  /** The id of the client's request; null where it has none. */
  readonly requestId: string | null;
  /** Who asks; null for the public. */
  readonly principal: Principal | null;
  /** What they may see. */
  readonly reader: Reader;
  /** What it reads that has to be recorded. */
  readonly reads: Reads;
  /** Records what they do, before it is done. @throws RecordUnavailableError */
  readonly record: (what: Happening) => Promise<void>;
  /** Reports that only the database knows whether a change was committed: it is recorded once that turns out. */
  readonly undecided: (change: Omit<Undecided, 'who' | 'origin'>) => void;
  /** Looks into the record, newest first. @throws RequestError where none is kept */
  readonly accessLog: (sought: Sought, span: Span) => Promise<Found[]>;
  /** Says that something was changed, so that what follows from it is not waited for. */
  readonly changed: () => void;
}
