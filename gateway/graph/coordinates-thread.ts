import { parentPort, workerData } from 'node:worker_threads';
import { coordinatesIn } from './coordinates';

// runs in a thread of its own: it takes too long for the event loop

parentPort!.postMessage(coordinatesIn(workerData as string));
