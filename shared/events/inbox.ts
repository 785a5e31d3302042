import type { Logger } from 'pino';
import { ZodError } from 'zod';
import { type Clock, instant } from '../clock';
import type { EventEnvelope, EventType } from '../contracts/event';
import { eventTypes } from '../contracts/events';
import type { Database } from '../database/database';
import { RequestError } from '../errors';
import { systemWork, type Work } from '../mutation/work';
import { InboxCursor, RejectedEvent } from './tables';

/** What a subgraph does about an event: its effects, in the transaction that marks the event as acted on. */
export interface EventHandler {
  readonly type: EventType;
  readonly handle: (work: Work, subject: string, data: never, event: EventEnvelope) => Promise<void>;
}

export function on<Data>(
  type: EventType<Data>,
  handle: (work: Work, subject: string, data: Data, event: EventEnvelope) => Promise<void>,
): EventHandler {
  return { type: type as EventType, handle: handle as EventHandler['handle'] };
}

/** What an event is refused for, for good: coming again would not help. */
class UnreadableEvent extends Error {}

/**
 * Acts on an event once, however often it comes. One that cannot be read, or that the rules refuse, is kept for people to look
 * at and does not stop those behind it. @throws what the database throws: then the event is to come again.
 */
export async function receive(
  database: Database,
  clock: Clock,
  log: Logger,
  handlers: readonly EventHandler[],
  event: EventEnvelope,
): Promise<void> {
  const handler = handlers.find(({ type }) => type.name === event.type);
  const declared = eventTypes.get(event.type);
  // told to others
  if (!handler && declared) return;
  const id = `${event.source}/${event.subject}`;
  const act = async (work: Work, effects: (work: Work) => Promise<void>) => {
    const { database: inside } = work;
    const cursor = await inside.lock(InboxCursor, id);
    if (cursor && event.sequence <= cursor.sequence) return;
    await effects(work);
    const row = { id, sequence: event.sequence, receivedAt: instant(clock.now()) };
    if (cursor) await inside.update(InboxCursor, id, row);
    else await inside.insert(InboxCursor, [row]);
  };
  try {
    await systemWork(database, clock, (work) =>
      act(work, async () => {
        if (!handler) throw new UnreadableEvent(`There is no event type "${event.type}" in this release`);
        if (event.version !== handler.type.version)
          throw new UnreadableEvent(`Version ${event.version} of ${event.type} is not known to this release`);
        await handler.handle(work, event.subject, handler.type.data.parse(event.data) as never, event);
      }),
    );
  } catch (error) {
    const refused = error instanceof UnreadableEvent || error instanceof ZodError || error instanceof RequestError;
    if (!refused || (error instanceof RequestError && error.extensions.code === 'CONFLICT')) throw error;
    log.error({ err: error, event: event.id, type: event.type, subject: event.subject }, 'an event was refused');
    await systemWork(database, clock, (work) =>
      act(work, async () => {
        await work.database.upsert(RejectedEvent, [
          {
            id: event.id,
            receivedAt: work.now,
            reason: (error as Error).message,
            event: JSON.stringify(event),
          },
        ]);
      }),
    );
  }
}
