import type { EventEnvelope } from '../contracts/event';
import type { EventBus, EventReader } from './bus';

/** A reader is not there yet, or not any more: what is told waits. */
export class NotListeningError extends Error {
  constructor(reader: string) {
    super(`The "${reader}" subgraph does not listen to events now`);
  }
}

/**
 * Carries events between subgraphs of one process: published is what every reader has acted on. What cannot be delivered
 * stays in the writer's outbox and is tried again.
 */
export class InProcessBus implements EventBus {
  private readonly readers = new Map<string, EventReader>();

  /** @param expected the readers there are: what is told before all of them listen waits until they do. */
  constructor(private readonly expected: readonly string[]) {}

  /** It has no memory that could be lost. */
  async life(): Promise<string> {
    return 'in-process';
  }

  async publish(events: readonly EventEnvelope[]): Promise<void> {
    const missing = this.expected.find((name) => !this.readers.has(name));
    if (missing) throw new NotListeningError(missing);
    for (const event of events) for (const [reader, act] of this.readers) if (reader !== event.source) await act(event);
  }

  read(reader: string, act: EventReader, until: AbortSignal): Promise<void> {
    this.readers.set(reader, act);
    return new Promise((resolve) => {
      until.addEventListener('abort', () => {
        this.readers.delete(reader);
        resolve();
      });
    });
  }

  async close(): Promise<void> {
    this.readers.clear();
  }
}
