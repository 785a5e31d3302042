import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#base/package-root';
import { Turns } from '#base/turns';
import { coded } from './driver-errors';
import type { Caller } from './mysql-connections';
import type { ReadReply, ReadTask } from './sqlite-reader-thread';

/** Threads run compiled code, never sources. */
const THREAD = join(packageRoot, 'dist', 'shared', 'kit', 'database', 'sqlite-reader-thread.js');

/** The heap holds the rows of one statement at a time; V8 would let it grow by 48 MB before it collects them. */
const HEAP_LIMITS = { maxYoungGenerationSizeMb: 8 };

interface Running {
  readonly resolve: (rows: unknown[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Reads a SQLite file in another thread, one statement at a time, so that one that reads many rows does not block the process. Callers take
 * turns. A statement whose caller has disconnected runs to its end, since node:sqlite cannot interrupt it.
 */
export class SqliteReader {
  private worker: Worker | undefined;
  private running: Running | undefined;
  private readonly turns = new Turns(1);
  private isClosed = false;

  /** @param pragmas settings of its connection */
  constructor(
    private readonly file: string,
    private readonly pragmas: readonly string[],
  ) {}

  /** @throws Error with SQLite's code */
  run(sql: string, parameters: readonly unknown[], { key = '', cancellation }: Caller): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      let isRunning = false;
      const read = () => {
        if (cancellation?.canceled) return;
        isRunning = true;
        this.send({ sql, parameters })
          .then(resolve, reject)
          .finally(() => {
            stay?.();
            leave();
          });
      };
      // later, since a free place is given at once
      const leave = this.turns.take(key, () => queueMicrotask(read));
      const stay = cancellation?.onCancel(() => {
        reject(coded('STATEMENT_CANCELLED', 'the caller disconnected'));
        if (!isRunning) leave();
      });
    });
  }

  private send(task: ReadTask): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) throw coded('POOL_CLOSED', 'the database is closed');
      this.worker ??= this.start();
      this.running = { resolve, reject };
      this.worker.ref();
      this.worker.postMessage(task);
    });
  }

  private start(): Worker {
    const worker = new Worker(THREAD, {
      workerData: { file: this.file, pragmas: this.pragmas },
      resourceLimits: HEAP_LIMITS,
    });
    worker.on('message', (reply: ReadReply) => {
      // from a thread that was lost: its statement has failed already
      if (this.worker !== worker) return;
      // an idle thread must not keep the process alive
      worker.unref();
      if ('rows' in reply) this.ended(({ resolve }) => resolve([...reply.rows]));
      else this.ended(({ reject }) => reject(coded(reply.failed.code, reply.failed.message)));
    });
    const lost = (error: Error) => {
      // an error and the exit after it are one loss
      if (this.worker !== worker) return;
      this.worker = undefined;
      this.ended(({ reject }) => reject(coded('SQLITE_IOERR', `the reading thread ended: ${error.message}`)));
    };
    worker.on('error', lost);
    worker.on('exit', (code) => lost(new Error(`exit code ${code}`)));
    return worker;
  }

  private ended(settle: (running: Running) => void): void {
    const { running } = this;
    this.running = undefined;
    if (running) settle(running);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.worker?.terminate();
  }
}
