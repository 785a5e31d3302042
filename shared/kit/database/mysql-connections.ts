import { type Connection, type ConnectionOptions, createConnection, type Pool, type PoolConnection } from 'mysql2';
import { QueryFailedError } from 'typeorm';
import type { Cancellation } from '#base/cancellation';
import { Turns } from '#base/turns';
import { coded, failureOf } from './driver-errors';

/** Milliseconds until an unanswered connection attempt fails. Below {@link ACQUIRE_MS}, so that the cause is reported. */
export const CONNECT_MS = 3_000;
/** Milliseconds that a statement waits for a connection. */
const ACQUIRE_MS = 5_000;
/** Maximum statements that wait for a connection, in total and per caller. Further statements fail at once. */
const MAX_WAITING = 1_000;
const MAX_WAITING_PER_CALLER = 200;
/** Milliseconds of idleness after which a connection is pinged before use, and timeout of the ping. */
const TRUSTED_MS = 5_000;
const PING_MS = 1_000;
/** Milliseconds after which an idle connection is closed. */
export const IDLE_MS = 60_000;
/** Seconds of idleness after which the server closes a connection, and so frees its locks. */
const SERVER_IDLE_SECONDS = 300;
/**
 * Size up to which MariaDB keeps a temporary table in memory, in place of 16 MB. A percentile of 100,000 rows with keys needs 30 MB: from a
 * table on disk it took 60 % more CPU.
 */
const TEMPORARY_BYTES = 64 * 2 ** 20;
/** Timeout in milliseconds for a kill, a readiness check, or closing a pool. */
const SIDE_MS = 2_000;

/** State of a pool of connections, for metrics. */
export interface PoolState {
  /** Maximum number of connections. */
  readonly size: number;
  /** Idle open connections. */
  readonly idle: number;
  /** Statements waiting for a connection. */
  readonly waiting: number;
  /** Statements that got no connection, or no result, in time. */
  readonly timeouts: number;
}

/** Caller on whose behalf statements run. */
export interface Caller {
  /** Identifies the caller; undefined for the process itself. */
  readonly key?: string;
  /** Ends the statements when the caller disconnects. */
  readonly cancellation?: Cancellation;
}

/** Runs a statement and returns the driver's result. */
export type Run = (sql: string, parameters: readonly unknown[]) => Promise<unknown[]>;

/** Internals of mysql2's pool and connections that its types omit. */
type Internals = { readonly stream?: { destroy(): void }; readonly _freeConnections?: { readonly length: number } };

/**
 * Adds limits that mysql2's pool lacks: how long and how many statements wait for a connection, how long a statement runs, and whether
 * an idle connection still responds. A statement that times out, or whose caller disconnects, is killed on the server, and its connection
 * is closed, since a late kill could hit the connection's next statement.
 */
export class MysqlConnections {
  private waiting = 0;
  private timeouts = 0;
  private readonly usedAt = new WeakMap<PoolConnection, number>();
  private readonly openedAt = new WeakMap<PoolConnection, number>();
  /** Connections last used before `suspectBefore` are pinged before use; those opened before `deadBefore` are closed. */
  private suspectBefore = 0;
  private deadBefore = 0;
  private readonly killer: Killer;
  private readonly turns: Turns;
  private probing: Promise<void> | undefined;
  private probeConnection: Connection | undefined;

  /** @param timeoutMs milliseconds a statement may take; 0 for no limit */
  constructor(
    private readonly pool: Pool,
    private readonly address: ConnectionOptions,
    private readonly size: number,
    private readonly timeoutMs: number,
  ) {
    this.killer = new Killer(address);
    this.turns = new Turns(size);
  }

  /** Sets limits that the server enforces itself, in case this process cannot reach it. */
  get sessionSql(): string {
    const seconds = this.timeoutMs / 1_000;
    // a lock not granted in half the time is a conflict, after which the transaction is retried
    const lockSeconds = this.timeoutMs === 0 ? 50 : Math.max(1, Math.ceil(seconds / 2));
    // the first comment is executed by MariaDB only, the second by MySQL only
    return `SET SESSION wait_timeout = ${SERVER_IDLE_SECONDS}, innodb_lock_wait_timeout = ${lockSeconds}
      /*M!100101 , max_statement_time = ${seconds}, tmp_table_size = ${TEMPORARY_BYTES}, max_heap_table_size = ${TEMPORARY_BYTES} */ /*!50708 , max_execution_time = ${this.timeoutMs} */`;
  }

  state(): PoolState {
    const idle = (this.pool as unknown as Internals)._freeConnections?.length ?? 0;
    return { size: this.size, idle, waiting: this.waiting, timeouts: this.timeouts };
  }

  /** Runs a statement on a separate connection. Repeats a read once if its connection was lost. */
  async run(sql: string, parameters: readonly unknown[], caller: Caller = {}): Promise<unknown[]> {
    for (let attempt = 1; ; attempt += 1) {
      const session = await this.acquire(sql, caller);
      try {
        return await session.run(sql, parameters);
      } catch (error) {
        if (attempt > 1 || failureOf(error) !== 'unavailable' || !/^\s*SELECT\b/i.test(sql)) throw error;
      } finally {
        session.release();
      }
    }
  }

  /** Acquires a connection, which the caller must release. @throws QueryFailedError */
  async acquire(sql: string, caller: Caller = {}): Promise<MysqlSession> {
    for (;;) {
      const { connection, leave } = await this.connection(sql, caller);
      if (!this.openedAt.has(connection)) {
        const now = performance.now();
        this.openedAt.set(connection, now);
        this.usedAt.set(connection, now);
        // statements of a connection run in order, so the limits apply to all later ones
        connection.query(this.sessionSql, () => {});
      } else if (!(await this.isAlive(connection))) {
        close(connection);
        leave();
        continue;
      }
      return new MysqlSession(connection, caller.cancellation, this.timeoutMs, {
        release: () => {
          this.usedAt.set(connection, performance.now());
          connection.release();
          leave();
        },
        discard: (failure) => {
          if (failure === 'timeout') this.timeouts += 1;
          this.suspectBefore = performance.now();
          const { threadId } = connection;
          close(connection);
          leave();
          if (failure !== 'unavailable' && threadId) this.killer.kill(threadId);
        },
      });
    }
  }

  /** Waits for the caller's turn, then acquires a connection. After releasing it, call `leave`. */
  private connection(
    sql: string,
    { key = '', cancellation }: Caller,
  ): Promise<{ connection: PoolConnection; leave: () => void }> {
    const isFull = this.waiting >= MAX_WAITING;
    if (isFull || this.turns.waitingOf(key) >= MAX_WAITING_PER_CALLER) {
      this.timeouts += 1;
      const what = isFull ? `${MAX_WAITING} statements` : `${MAX_WAITING_PER_CALLER} statements of this caller`;
      return Promise.reject(failed(sql, 'POOL_BUSY', `${what} are already waiting for a connection`));
    }
    this.waiting += 1;
    return new Promise((resolve, reject) => {
      let isOver = false;
      let isTurn = false;
      const settle = (): boolean => {
        if (isOver) return false;
        isOver = true;
        this.waiting -= 1;
        clearTimeout(timer);
        stay?.();
        return true;
      };
      const timer = setTimeout(() => {
        if (!settle()) return;
        this.timeouts += 1;
        // once the turn has come, the callback below ends it
        if (!isTurn) leave();
        reject(failed(sql, 'POOL_BUSY', `no connection became free within ${ACQUIRE_MS} ms`));
      }, ACQUIRE_MS);
      const take = () => {
        isTurn = true;
        this.pool.getConnection((error, connection) => {
          const isWanted = settle();
          if (!error && isWanted) return resolve({ connection, leave });
          connection?.release();
          leave();
          if (isWanted) reject(new QueryFailedError(sql, [], error!));
        });
      };
      const leave: () => void = this.turns.take(key, () => queueMicrotask(take));
      const stay = cancellation?.onCancel(() => {
        if (!settle()) return;
        if (!isTurn) leave();
        reject(failed(sql, 'STATEMENT_CANCELLED', 'the caller disconnected'));
      });
    });
  }

  /** Whether a connection still responds. Pings it if it was idle for long, or while others failed. */
  private async isAlive(connection: PoolConnection): Promise<boolean> {
    if ((this.openedAt.get(connection) ?? 0) < this.deadBefore) return false;
    const usedAt = this.usedAt.get(connection) ?? 0;
    if (usedAt >= this.suspectBefore && performance.now() - usedAt < TRUSTED_MS) return true;
    const answers = await within(PING_MS, (done) => connection.ping((error) => done(!error)), false);
    // older connections would each cost another timeout
    if (!answers) this.deadBefore = performance.now();
    return answers;
  }

  /** Resolves when the server responds on a connection that no request uses. @throws the driver's error */
  probe(): Promise<void> {
    this.probing ??= this.probeOnce().finally(() => {
      this.probing = undefined;
    });
    return this.probing;
  }

  private async probeOnce(): Promise<void> {
    this.probeConnection ??= connect(this.address, () => {
      this.probeConnection = undefined;
    });
    const connection = this.probeConnection;
    const error = await within<Error | undefined>(
      SIDE_MS,
      (done) => connection.query('SELECT 1', (failure) => done(failure ?? undefined)),
      coded('ETIMEDOUT', `the server did not answer within ${SIDE_MS} ms`),
    );
    if (!error) return;
    this.probeConnection = undefined;
    close(connection);
    throw error;
  }

  /** Closes the connections outside of the pool. */
  close(): void {
    this.killer.close();
    if (this.probeConnection) close(this.probeConnection);
    this.probeConnection = undefined;
  }
}

/** A pooled connection in use by a statement or a transaction. */
export class MysqlSession {
  private isOver = false;
  private readonly pending = new Set<(error: Error) => void>();

  constructor(
    private readonly connection: PoolConnection,
    private readonly cancellation: Cancellation | undefined,
    private readonly timeoutMs: number,
    private readonly ends: { release(): void; discard(failure: 'timeout' | 'canceled' | 'unavailable'): void },
  ) {}

  /**
   * @param always runs the statement even after the caller disconnected, as a commit must
   * @throws QueryFailedError
   */
  run(sql: string, parameters: readonly unknown[], always = false): Promise<unknown[]> {
    const cancellation = always ? undefined : this.cancellation;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      let stay: (() => void) | undefined;
      const fail = (error: Error) => {
        this.pending.delete(fail);
        clearTimeout(timer);
        stay?.();
        reject(new QueryFailedError(sql, [...parameters], error));
      };
      if (this.isOver) return fail(coded('PROTOCOL_CONNECTION_LOST', 'the connection was closed'));
      this.pending.add(fail);
      if (this.timeoutMs > 0)
        timer = setTimeout(
          () => this.discard('timeout', coded('STATEMENT_TIMEOUT', `no result within ${this.timeoutMs} ms`)),
          this.timeoutMs,
        );
      stay = cancellation?.onCancel(() =>
        this.discard('canceled', coded('STATEMENT_CANCELLED', 'the caller disconnected')),
      );
      if (this.isOver) return;
      this.connection.query(sql, parameters as unknown[], (error, result) => {
        if (!this.pending.delete(fail)) return;
        clearTimeout(timer);
        stay?.();
        if (!error) return resolve(result as unknown as unknown[]);
        const failure = new QueryFailedError(sql, [...parameters], error);
        if (failureOf(failure) === 'unavailable') this.discard('unavailable', error);
        reject(failure);
      });
    });
  }

  release(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.ends.release();
  }

  /** Closes the connection; statements on it fail. The server rolls back its transaction. */
  discard(failure: 'timeout' | 'canceled' | 'unavailable', error: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.ends.discard(failure);
    for (const fail of [...this.pending]) fail(error);
  }
}

/** Kills connections on the server over a separate connection, which is open only while needed. */
class Killer {
  private readonly queue: number[] = [];
  private connection: Connection | undefined;
  private isClosed = false;

  constructor(private readonly address: ConnectionOptions) {}

  /** Needs no privileges, since a user may kill its own connections. */
  kill(threadId: number): void {
    if (this.isClosed) return;
    this.queue.push(threadId);
    if (!this.connection) void this.work();
  }

  private async work(): Promise<void> {
    const connection = connect(this.address, () => {});
    this.connection = connection;
    for (let threadId = this.queue.shift(); threadId !== undefined; threadId = this.queue.shift()) {
      const sql = `KILL ${threadId}`;
      const isAnswered = await within(SIDE_MS, (done) => connection.query(sql, () => done(true)), false);
      // unreachable: rely on the server's limits
      if (!isAnswered) this.queue.length = 0;
    }
    close(connection);
    this.connection = undefined;
  }

  close(): void {
    this.isClosed = true;
    this.queue.length = 0;
  }
}

function connect(address: ConnectionOptions, onError: () => void): Connection {
  const connection = createConnection({ ...address, connectTimeout: SIDE_MS });
  // without a listener, losing an idle connection would end the process
  connection.on('error', onError);
  return connection;
}

/** Closes without a handshake, since an unresponsive peer would keep the socket open. */
function close(connection: Connection): void {
  connection.destroy();
  (connection as unknown as Internals).stream?.destroy();
}

/** Result of `work`, or `otherwise` after a timeout. */
function within<T>(milliseconds: number, work: (done: (result: T) => void) => void, otherwise: T): Promise<T> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(otherwise), milliseconds);
    work((result) => {
      clearTimeout(timer);
      resolve(result);
    });
  });
}

const failed = (sql: string, code: string, message: string) => new QueryFailedError(sql, [], coded(code, message));

/** Ends a pool, and destroys connections that do not end in time. @param end ends it gracefully */
export async function endPool(pool: Pool, end: () => Promise<void>): Promise<void> {
  const open = pool as unknown as { _allConnections?: { length: number; get(index: number): PoolConnection } };
  const all = open._allConnections;
  const connections = Array.from({ length: all?.length ?? 0 }, (_, index) => all!.get(index));
  const ended = end().then(
    () => true,
    () => true,
  );
  if (!(await within<boolean>(SIDE_MS, (done) => void ended.then(done), false)))
    for (const connection of connections) close(connection);
}
