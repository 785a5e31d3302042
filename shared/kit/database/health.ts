import type { Logger } from 'pino';
import { driverErrorOf, type Failure } from './driver-errors';

const LOG_TIMEOUTS_EVERY_MS = 10_000;

/** Last observed state of the database. Logs each change of state once, not per request. */
export class DatabaseHealth {
  private down: Failure | undefined;
  private unwritable: Failure | undefined;
  private timeouts = 0;
  private timeoutsLoggedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly name: string,
    private readonly log: Logger | undefined,
  ) {}

  /** Why the database rejected the last write; undefined if it accepted it. */
  get refusesWrites(): 'full' | 'read-only' | undefined {
    return this.unwritable as 'full' | 'read-only' | undefined;
  }

  failed(failure: Failure | undefined, error: unknown): void {
    if (failure === 'timeout') this.timedOut();
    const { code, errno } = driverErrorOf(error) ?? {};
    const fields = { database: this.name, failure, code, errno };
    if (failure === 'unavailable' && this.down === undefined) {
      this.down = failure;
      this.log?.error(fields, 'database unavailable');
    }
    if ((failure === 'full' || failure === 'read-only') && this.unwritable !== failure) {
      this.unwritable = failure;
      this.log?.error(fields, 'database accepts no writes');
    }
  }

  /** A statement succeeded. */
  answered(): void {
    if (this.down === undefined) return;
    this.down = undefined;
    this.log?.info({ database: this.name }, 'database available again');
  }

  /** A transaction that wrote was committed. */
  committed(): void {
    if (this.unwritable === undefined) return;
    this.unwritable = undefined;
    this.log?.info({ database: this.name }, 'database accepts writes again');
  }

  private timedOut(): void {
    this.timeouts += 1;
    if (performance.now() - this.timeoutsLoggedAt < LOG_TIMEOUTS_EVERY_MS) return;
    this.timeoutsLoggedAt = performance.now();
    this.log?.warn({ database: this.name, total: this.timeouts }, 'database statement timed out');
  }
}
