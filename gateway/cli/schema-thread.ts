import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#base/package-root';
import type { SchemaWork } from '../check/schema-work-thread';

/** Threads run compiled code, never sources. */
const FILE = join(packageRoot, 'dist', 'gateway', 'check', 'schema-work-thread.js');
/** Maximum memory of one work, in megabytes. */
const MAX_MEGABYTES = 1_024;
/** Milliseconds after which an idle thread ends, and its memory is free. */
const IDLE_MS = 30_000;

/**
 * The thread that checks and describes schemas, for one work at a time. It stays for the next work: one that has just started takes twice
 * as long. Work that fails, or takes too long, ends it.
 */
export class SchemaThread {
  private worker: Worker | undefined;
  private idle: NodeJS.Timeout | undefined;

  /** @throws Error if the work fails, its thread runs out of memory, or the signal aborts it */
  async answer<Answer>(work: SchemaWork, signal: AbortSignal): Promise<Answer> {
    clearTimeout(this.idle);
    this.worker ??= this.start();
    const { worker } = this;
    const settled = new AbortController();
    const either = AbortSignal.any([signal, settled.signal]);
    worker.ref();
    try {
      const ended = once(worker, 'exit', { signal: either }).then(() => {
        throw new Error('its thread ended');
      });
      worker.postMessage(work);
      const [answer] = await Promise.race([once(worker, 'message', { signal: either }), ended]);
      // an idle thread must not keep the process alive
      worker.unref();
      this.idle = setTimeout(() => void this.end(), IDLE_MS).unref();
      return answer as Answer;
    } catch (error) {
      await this.end();
      throw error;
    } finally {
      settled.abort();
    }
  }

  private start(): Worker {
    const worker = new Worker(FILE, { resourceLimits: { maxOldGenerationSizeMb: MAX_MEGABYTES } });
    const forget = () => {
      if (this.worker === worker) this.worker = undefined;
    };
    // a thread can also fail after its answer: that must not end the process
    return worker.on('error', forget).on('exit', forget);
  }

  private async end(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }
}
