import { parentPort, workerData } from 'node:worker_threads';
import { lint } from './lint';

// runs in a thread of its own, beside a check: see lint.ts

const [schemas, before] = workerData as Parameters<typeof lint>;
void lint(schemas, before).then((findings) => parentPort!.postMessage(findings));
