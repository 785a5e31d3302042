import { setTimeout as sleep } from 'node:timers/promises';
import type { Cancellation } from '#base/cancellation';
import { Turns } from '#base/turns';

/** Maximum bulk mutations that this process works on at once, and of one caller. */
const MAX_AT_ONCE = 4;
const MAX_OF_CALLER = 1;

/** Maximum milliseconds between two of one caller: requests of others take less. */
const MAX_PAUSE_MS = 100;

/** One queue for all subgraphs of this process, which share its event loop. */
const turns = new Turns(MAX_AT_ONCE, MAX_OF_CALLER);

/**
 * Does the work of a bulk mutation in the caller's turn. It occupies the event loop for most of its time, and so the caller's next one waits as
 * long as this one took, or a tenth of a second: requests of others are answered in between.
 * @throws RequestError if the caller leaves before
 */
export async function inTurn<T>(
  caller: string,
  cancellation: Cancellation | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const leave = await turns.wait(caller, cancellation);
  const begun = performance.now();
  try {
    return await work();
  } finally {
    void sleep(Math.min(MAX_PAUSE_MS, performance.now() - begun)).then(leave);
  }
}
