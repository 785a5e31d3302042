import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#base/package-root';

/** Threads run compiled code, never sources. */
const FOLDER = join(packageRoot, 'dist', 'gateway', 'graph');

/** The answer of `<name>-thread.ts`, whose work takes too long for the event loop. */
export async function inThread<Answer>(name: string, workerData: unknown): Promise<Answer> {
  const worker = new Worker(join(FOLDER, `${name}-thread.js`), { workerData });
  const [answer] = await once(worker, 'message');
  return answer as Answer;
}
