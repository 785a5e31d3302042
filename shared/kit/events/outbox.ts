import type { EventBus } from './bus';
import type { LogPosition } from './event';
import { type EventLog, isSamePosition } from './event-log';

const BATCH = 200;

/**
 * Publishes the events that the bus lacks, oldest first, and the end of the log. A bus restored to an older state receives the later events
 * again; if it lost everything, readers request what they miss.
 * @returns number of events published for the first time
 */
export async function relay(log: EventLog, bus: EventBus): Promise<number> {
  await log.append();
  const busHead = await bus.head(log.source);
  let head = await log.head();
  const isCurrent = busHead && isSamePosition(busHead, head) && busHead.epoch === head.epoch;
  if (isCurrent && head.unpublished === 0) return 0;
  const isInLog = busHead && (isCurrent || (await log.recognize(busHead, 'the event bus')));
  // a position that the log does not contain may have started a new epoch
  if (busHead && !isInLog) head = await log.head();
  const begin = isInLog ? busHead.offset : await log.publishedOffset();
  await publishFrom(log, bus, begin, head);
  if (head.unpublished > 0) await log.markPublished(head.offset);
  return head.unpublished;
}

/** Publishes the events after an offset up to the head. */
async function publishFrom(log: EventLog, bus: EventBus, begin: number, head: LogPosition): Promise<void> {
  const { epoch, offset, digest } = head;
  for (let at = begin; ; ) {
    const events = await log.after(at, epoch, BATCH);
    const last = events.at(-1)?.log;
    const isLast = !last || events.length < BATCH;
    await bus.publish(log.source, events, isLast && !last ? { epoch, offset, digest } : last!);
    if (isLast) return;
    at = last.offset;
  }
}
