import type { SealBoard } from '../audit/seal-exchange';
import { BusUnavailableError, type Consumer, type EventBus, type ReplayAnswer, type ReplayRequest } from './bus';
import type { EventEnvelope, LogPosition } from './event';

/** A reader or writer is not running; the events wait in the outbox. */
export class NotListeningError extends BusUnavailableError {
  constructor(name: string) {
    super(`The "${name}" subgraph is not listening to events`);
  }
}

type Answer = (request: ReplayRequest) => Promise<ReplayAnswer>;

/**
 * Carries events between subgraphs of one process. `publish` resolves when every reader has handled the events. Stores nothing:
 * undelivered events wait in the writer's outbox.
 */
export class InProcessBus implements EventBus, SealBoard {
  private readonly consumers = new Map<string, Consumer>();
  private readonly writers = new Map<string, Answer>();
  private readonly heads = new Map<string, LogPosition>();
  private readonly seals = new Map<string, Map<string, string>>();

  /** @param readers all readers; events wait until all of them listen */
  constructor(private readonly readers: readonly string[]) {}

  async head(source: string): Promise<LogPosition | undefined> {
    return this.heads.get(source);
  }

  async publish(source: string, events: readonly EventEnvelope[], head: LogPosition): Promise<void> {
    const missing = this.readers.find((name) => !this.consumers.has(name));
    if (missing) throw new NotListeningError(missing);
    const others = [...this.consumers].filter(([reader]) => reader !== source).map(([, consumer]) => consumer);
    for (const event of events) for (const consumer of others) await consumer.act(event);
    for (const consumer of others) await consumer.compare(new Map([[source, head]]));
    this.heads.set(source, head);
  }

  read(reader: string, consumer: Consumer, until: AbortSignal): Promise<void> {
    this.consumers.set(reader, consumer);
    // a new reader has not compared its position with any writer
    this.heads.clear();
    return new Promise((resolve) => {
      until.addEventListener('abort', () => {
        this.consumers.delete(reader);
        resolve();
      });
    });
  }

  /** @throws NotListeningError if the writer is not running */
  async replay(source: string, request: ReplayRequest): Promise<ReplayAnswer> {
    const answer = this.writers.get(source);
    if (!answer) throw new NotListeningError(source);
    return answer(request);
  }

  async serve(source: string, answer: Answer): Promise<number> {
    this.writers.set(source, answer);
    return 0;
  }

  get sealers(): readonly string[] {
    return [...this.seals.keys()];
  }

  async show(subgraph: string, record: string, seal: string): Promise<void> {
    this.seals.set(subgraph, (this.seals.get(subgraph) ?? new Map()).set(record, seal));
  }

  async shown(subgraph: string): Promise<readonly string[]> {
    return [...(this.seals.get(subgraph)?.values() ?? [])];
  }

  async close(): Promise<void> {
    this.consumers.clear();
    this.writers.clear();
  }
}
