import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '#base/package-root';

/** Threads run compiled code, never sources. */
const FOLDER = join(packageRoot, 'dist', 'gateway');

/** Megabytes for new objects. V8 would fill 64 with garbage before it looks at them: 316 MB at most for a comparison of schemas, instead of 188. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

/** The answer of `<name>-thread.ts`, whose work takes too long for the event loop, or runs beside other work. @param name in the folder `gateway` */
export async function inThread<Answer>(name: string, workerData: unknown): Promise<Answer> {
  const worker = new Worker(join(FOLDER, `${name}-thread.js`), { workerData, resourceLimits });
  const [answer] = await once(worker, 'message');
  return answer as Answer;
}
