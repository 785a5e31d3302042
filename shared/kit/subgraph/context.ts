import type { Cancellation } from '#base/cancellation';
import type { Clock } from '#base/clock';
import type { Principal } from '#base/identity/principal';
import type { Happening } from '../audit/entry';
import type { Reads } from '../audit/reads';
import type { SearchCriteria, SearchHit, Span } from '../audit/search';
import type { Undecided } from '../audit/undecided';
import type { Cursors } from '../collection/cursor';
import type { Loaders } from '../collection/loaders';
import type { Database } from '../database/database';
import type { Reader } from '../policy/policy';
import type { Withholdings } from '../policy/withholdings';
import type { Services } from './services';
import type { Work } from './work';

/** Shared by the resolvers of one request to one subgraph. */
export interface Context {
  readonly database: Database;
  readonly loaders: Loaders;
  /** Seals and opens cursors. */
  readonly cursors: Cursors;
  readonly clock: Clock;
  /** What the process lends to its subgraphs. */
  readonly services: Services;
  /** Cancels the work when the caller disconnects; undefined where that is not known. */
  readonly cancellation: Cancellation | undefined;
  /** Id of the client's request; null without one. */
  readonly requestId: string | null;
  /** The caller; null for the public. */
  readonly principal: Principal | null;
  /** Access rights of the caller. */
  readonly reader: Reader;
  /** Rules that limit the caller in what the request executes. */
  readonly withheld: Withholdings;
  /** Work of the request so far. */
  readonly work: Work;
  /** Reads of the request that must be recorded. */
  readonly reads: Reads;
  /** Records actions of the caller, in one write, before they take effect. @throws RecordUnavailableError */
  readonly record: (...what: readonly Happening[]) => Promise<void>;
  /** Reports a change with an unknown commit; it is recorded once the database shows that it was committed. */
  readonly undecided: (change: Omit<Undecided, 'who' | 'origin'>) => void;
  /** Searches the record, newest first. @throws RequestError without a record */
  readonly accessLog: (criteria: SearchCriteria, span: Span) => Promise<SearchHit[]>;
  /** Reports a change, which wakes the background work to publish its events. */
  readonly changed: () => void;
}
