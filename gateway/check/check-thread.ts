import { parentPort, workerData } from 'node:worker_threads';
import { type CheckInput, check } from './check';

// runs in a thread of its own: composition takes seconds

void check(workerData as CheckInput).then((report) => parentPort!.postMessage(report));
