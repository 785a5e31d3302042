import { type Clock, instant } from '../clock';
import type { EventEnvelope } from '../contracts/event';
import type { Database } from '../database/database';
import type { EventBus } from './bus';
import { KnownBus, OutboxEvent } from './tables';

const BATCH = 200;

/**
 * Hands the bus what the outbox holds, oldest first, and notes it as published when the bus has it: whatever happens in
 * between, an event is published at least once. @returns how many were published.
 */
export async function relay(database: Database, source: string, bus: EventBus, clock: Clock): Promise<number> {
  await renew(database, bus);
  let published = 0;
  for (;;) {
    const rows = await database.query(
      `SELECT ${database.selection(OutboxEvent, 't')} FROM outbox t WHERE t.published_at IS NULL ORDER BY t.position LIMIT ${BATCH}`,
    );
    if (rows.length === 0) return published;
    const events = rows.map((row) => database.hydrate(OutboxEvent, row));
    await bus.publish(events.map((event) => envelope(event, source)));
    const positions = events.map(({ position }) => position);
    await database.transaction((inside) =>
      inside.updateWhere(
        OutboxEvent,
        { publishedAt: instant(clock.now()) },
        `position IN (${positions.map(() => '?').join(', ')})`,
        positions,
      ),
    );
    published += events.length;
  }
}

/** A bus that has lost its memory gets everything again; readers know what they have acted on. */
async function renew(database: Database, bus: EventBus): Promise<void> {
  const life = await bus.life();
  const [known] = await database.findBy(KnownBus, 'name', ['bus']);
  if (known?.life === life) return;
  await database.transaction(async (inside) => {
    if (known && life !== 'in-process')
      await inside.updateWhere(OutboxEvent, { publishedAt: null }, 'published_at IS NOT NULL', []);
    await inside.upsert(KnownBus, [{ name: 'bus', life }]);
  });
}

function envelope(event: OutboxEvent, source: string): EventEnvelope {
  const { id, type, version, subject, sequence, occurredAt, data } = event;
  return { id, type, version, source, subject, sequence, occurredAt, data: JSON.parse(data) };
}
