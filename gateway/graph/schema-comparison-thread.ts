import { parentPort, workerData } from 'node:worker_threads';
import { type Comparison, compareSchemas } from './schema-comparison';

// runs in a thread of its own: it takes too long for the event loop

parentPort!.postMessage(compareSchemas(workerData as Comparison));
