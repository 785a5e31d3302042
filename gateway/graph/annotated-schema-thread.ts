import { parentPort, workerData } from 'node:worker_threads';
import { printAnnotatedSchema } from './annotated-schema';

// runs in a thread of its own: see schema-text.ts

parentPort!.postMessage(printAnnotatedSchema(workerData as string));
