import type { EventBus } from './bus';
import type { LogPosition } from './event';
import { type EventLog, isSamePosition } from './event-log';

const BATCH = 200;

/**
 * Publishes the events that the bus does not have, oldest first, and tells it where the log ends. A bus that was restored to an
 * older memory gets the events since then again; of one that lost its memory, readers ask for what they miss.
 * @returns how many events the bus had not had before
 */
export async function relay(log: EventLog, bus: EventBus): Promise<number> {
  await log.append();
  const carried = await bus.head(log.source);
  let head = await log.head();
  const isCurrent = carried && isSamePosition(carried, head) && carried.epoch === head.epoch;
  if (isCurrent && head.unpublished === 0) return 0;
  const isKnown = carried && (isCurrent || (await log.recognize(carried, 'the event bus')));
  // a position that the log does not contain may have begun a new epoch
  if (carried && !isKnown) head = await log.head();
  const begin = isKnown ? carried.offset : await log.publishedOffset();
  await publishFrom(log, bus, begin, head);
  if (head.unpublished > 0) await log.markPublished(head.offset);
  return head.unpublished;
}

/** Publishes the events after an offset, up to the head. */
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
