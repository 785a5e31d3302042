import type { Logger } from 'pino';
import { abortable, pause } from '../events/abortable';
import type { Anchor } from './anchor';
import type { Seal } from './entry';
import { isRecordOf } from './parts';
import { parseSeal, type SealKeys } from './seal';

/** A board on the event bus where processes publish the newest seals of their records, separately for each subgraph. */
export interface SealBoard {
  /** Subgraphs that publish seals. */
  readonly sealers: readonly string[];
  /** Publishes the newest seal of a record. @throws Error when the board is unreachable */
  show(subgraph: string, record: string, seal: string): Promise<void>;
  /** Newest published seals of a subgraph's records, unverified. @throws Error when the board is unreachable or has too many */
  shown(subgraph: string): Promise<readonly string[]>;
}

export interface SealExchangeParts {
  /** Record of this process; undefined in a gateway. */
  readonly audit?: SealedRecord;
  readonly board?: SealBoard;
  readonly anchor?: Anchor;
  /** Public keys with which a gateway verifies seals; without them it accepts every seal. */
  readonly keys?: SealKeys;
  readonly log: Logger;
  /** Milliseconds between rounds. */
  readonly everyMs?: number;
}

/** The part of an audit log that the exchange uses. */
export interface SealedRecord {
  readonly name: string;
  readonly news: Seal | undefined;
  isGenuine(seal: Seal): boolean;
  recall(seal: Seal, holder: string): Promise<void>;
  append(who: null, origin: null, what: { readonly kind: 'head'; readonly head: Seal }): Promise<void>;
}

const EVERY_MS = 10_000;
/** Maximum milliseconds that shutdown waits until the last seal is stored. */
const LAST_MS = 2_000;

/**
 * Copies the newest seal of this process's record to the board and the anchor, and the seals of other records into this one, so that the
 * records vouch for each other. A gateway has no record and copies them to its anchor. Never delays a request.
 */
export class SealExchange {
  /** For metrics. */
  readonly counts = { sent: 0, received: 0, refused: 0, failures: 0 };
  /** By the subgraph that publishes them, the hashes of its records' newest seals. */
  private readonly received = new Map<string, Map<string, string>>();
  private readonly failing = new Set<string>();
  private readonly stopping = new AbortController();
  private shownHash = '';
  private sentHash = '';
  private isCompared = { board: false, anchor: false };
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SealExchangeParts) {}

  start(): void {
    this.ended = this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.round();
      await pause(this.parts.everyMs ?? EVERY_MS, signal);
    }
  }

  /** Exchanges seals once. */
  async round(): Promise<void> {
    const { board, anchor, audit } = this.parts;
    const { signal } = this.stopping;
    if (anchor) await this.attempt('anchor', () => abortable(this.bringToAnchor(anchor, signal), signal));
    if (board) await this.exchangeWith(board);
    // the round may have begun a new part because the record was truncated
    if (audit && anchor) await this.attempt('anchor', () => abortable(this.bringToAnchor(anchor, signal), signal));
  }

  /** Handles each subgraph separately, so that a bad entry of one does not block the others. */
  private async exchangeWith(board: SealBoard): Promise<void> {
    const { signal } = this.stopping;
    for (const subgraph of board.sealers)
      await this.attempt(`event bus, seals of ${subgraph}`, () => abortable(this.readFrom(board, subgraph), signal));
    await this.attempt('event bus', () => abortable(this.show(board), signal));
  }

  /** Logs a failure and continues: seals are cumulative, so the next one covers all earlier ones. */
  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    const { log } = this.parts;
    try {
      await work();
      if (this.failing.delete(what)) log.info({ what }, 'storing seals of the record elsewhere again');
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failures += 1;
      if (!this.failing.has(what))
        log.warn({ err: error, what }, 'could not store seals of the record elsewhere; retrying');
      this.failing.add(what);
    }
  }

  private async bringToAnchor(anchor: Anchor, until: AbortSignal): Promise<void> {
    const { audit } = this.parts;
    if (!audit) return;
    if (!this.isCompared.anchor) {
      const last = await anchor.last(audit.name);
      if (last) await audit.recall(last, `the anchor ${anchor.name}`);
      this.isCompared.anchor = true;
    }
    const { news } = audit;
    if (!news || news.hash === this.sentHash) return;
    await anchor.send(news, until);
    this.sentHash = news.hash;
    this.counts.sent += 1;
  }

  private async readFrom(board: SealBoard, subgraph: string): Promise<void> {
    const { audit } = this.parts;
    const seals = (await board.shown(subgraph)).flatMap((text) => parseSeal(text) ?? []);
    const lastSeal = seals.find((seal) => seal.record === audit?.name && isOf(seal, subgraph));
    for (const seal of seals) if (seal !== lastSeal) await this.receive(seal, subgraph);
    this.forget(subgraph, seals);
    if (!audit || !isRecordOf(audit.name, subgraph)) return;
    if (lastSeal && !this.isCompared.board) await audit.recall(lastSeal, 'the event bus');
    this.isCompared.board = true;
  }

  private async show(board: SealBoard): Promise<void> {
    const news = this.parts.audit?.news;
    if (!news || news.hash === this.shownHash) return;
    await board.show(news.subgraph, news.record, JSON.stringify(news));
    this.shownHash = news.hash;
  }

  private receivedFrom(subgraph: string): Map<string, string> {
    const existing = this.received.get(subgraph);
    if (existing) return existing;
    const received = new Map<string, string>();
    this.received.set(subgraph, received);
    return received;
  }

  /** Forgets seals that are no longer published, since anyone on the bus can publish any number one after the other. */
  private forget(subgraph: string, seals: readonly Seal[]): void {
    const received = this.receivedFrom(subgraph);
    const names = new Set(seals.map(({ record }) => record));
    for (const name of received.keys()) if (!names.has(name)) received.delete(name);
  }

  /** @param shownBy subgraph that published it; rejected if the seal is of another subgraph */
  private async receive(seal: Seal, shownBy: string): Promise<void> {
    const { audit, anchor, keys, log } = this.parts;
    const { record, subgraph, keyId, hash } = seal;
    const received = this.receivedFrom(shownBy);
    if (received.get(record) === hash) return;
    const isRefused = !isOf(seal, shownBy) || (audit ?? keys)?.isGenuine(seal) === false;
    if (isRefused)
      log.warn(
        { record, subgraph, keyId, shownBy },
        'ignored a seal of another record: not signed by a configured key of its subgraph, or published by another subgraph',
      );
    else if (audit) await audit.append(null, null, { kind: 'head', head: seal });
    else await anchor?.send(seal, this.stopping.signal);
    received.set(record, hash);
    this.counts[isRefused ? 'refused' : 'received'] += 1;
  }

  /** Stops receiving seals, before the record is closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  /** Publishes the seal that closed the record. */
  async close(): Promise<void> {
    await this.stop();
    const { board, anchor } = this.parts;
    const until = AbortSignal.timeout(LAST_MS);
    const last = Promise.allSettled([board && this.show(board), anchor && this.bringToAnchor(anchor, until)]);
    await abortable(last, until).catch(() => {});
  }
}

const isOf = (seal: Seal, subgraph: string): boolean => seal.subgraph === subgraph && isRecordOf(seal.record, subgraph);
