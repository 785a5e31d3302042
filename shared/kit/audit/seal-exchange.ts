import type { Logger } from 'pino';
import { abortable, pause } from '../events/abortable';
import type { Anchor } from './anchor';
import type { Seal } from './entry';
import { isRecordOf } from './parts';
import { parseSeal, type SealKeys } from './seal';

/** Where processes show each other the newest seals of their records, each subgraph in a place of its own: the event bus carries them. */
export interface SealBoard {
  /** Subgraphs that show seals. */
  readonly sealers: readonly string[];
  /** Shows the newest seal of a record of a subgraph. @throws Error when the board cannot be reached */
  show(subgraph: string, record: string, seal: string): Promise<void>;
  /** The newest seals of the records of a subgraph, as they were shown: they prove nothing. @throws Error also for too many */
  shown(subgraph: string): Promise<readonly string[]>;
}

export interface SealExchangeParts {
  /** The record of this process; a gateway has none. */
  readonly audit?: SealedRecord;
  readonly board?: SealBoard;
  readonly anchor?: Anchor;
  /** Public keys by which a gateway takes seals; it takes all of them without. */
  readonly keys?: SealKeys;
  readonly log: Logger;
  /** Milliseconds between looks at the board. */
  readonly everyMs?: number;
}

/** What of a record the exchange needs. */
export interface SealedRecord {
  readonly name: string;
  readonly news: Seal | undefined;
  isGenuine(seal: Seal): boolean;
  recall(seal: Seal, holder: string): Promise<void>;
  append(who: null, origin: null, what: { readonly kind: 'head'; readonly head: Seal }): Promise<void>;
}

const EVERY_MS = 10_000;
/** How long the end of a process waits for the last seal to be kept. */
const LAST_MS = 2_000;

/**
 * Brings the newest seal of this process's record to the board and the anchor, and the seals of others into this record, so that each
 * vouches for the others. A gateway, which has no record, brings them to its anchor. Never in the way of a request.
 */
export class SealExchange {
  /** For operators. */
  readonly counts = { sent: 0, received: 0, refused: 0, failures: 0 };
  private readonly received = new Map<string, string>();
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

  /** Looks once at everything. */
  async round(): Promise<void> {
    const { board, anchor, audit } = this.parts;
    const { signal } = this.stopping;
    if (anchor) await this.attempt('anchor', () => abortable(this.bringToAnchor(anchor, signal), signal));
    if (board) await this.lookAt(board);
    // a part that says that the record was cut off is news
    if (audit && anchor) await this.attempt('anchor', () => abortable(this.bringToAnchor(anchor, signal), signal));
  }

  /** Each subgraph by itself: what stands in the place of one does not keep the seals of the others from being read, or shown. */
  private async lookAt(board: SealBoard): Promise<void> {
    const { signal } = this.stopping;
    for (const subgraph of board.sealers)
      await this.attempt(`event bus, seals of ${subgraph}`, () => abortable(this.look(board, subgraph), signal));
    await this.attempt('event bus', () => abortable(this.show(board), signal));
  }

  /** Fails without harm: seals are cumulative, and the next one vouches for all before it. */
  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    const { log } = this.parts;
    try {
      await work();
      if (this.failing.delete(what)) log.info({ what }, 'seals of the record are kept elsewhere again');
    } catch (error) {
      if (this.stopping.signal.aborted) return;
      this.counts.failures += 1;
      if (!this.failing.has(what))
        log.warn({ err: error, what }, 'could not keep seals of the record elsewhere; retrying');
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

  private async look(board: SealBoard, subgraph: string): Promise<void> {
    const { audit } = this.parts;
    const seals = (await board.shown(subgraph)).flatMap((text) => parseSeal(text) ?? []);
    const own = seals.find((seal) => seal.record === audit?.name && isOf(seal, subgraph));
    for (const seal of seals) if (seal !== own) await this.receive(seal, subgraph);
    if (!audit || !isRecordOf(audit.name, subgraph)) return;
    if (own && !this.isCompared.board) await audit.recall(own, 'the event bus');
    this.isCompared.board = true;
  }

  private async show(board: SealBoard): Promise<void> {
    const news = this.parts.audit?.news;
    if (!news || news.hash === this.shownHash) return;
    await board.show(news.subgraph, news.record, JSON.stringify(news));
    this.shownHash = news.hash;
  }

  /** @param shownBy in whose place on the board it stood: a subgraph that shows a seal of another one is refused */
  private async receive(seal: Seal, shownBy: string): Promise<void> {
    const { audit, anchor, keys, log } = this.parts;
    const { record, subgraph, keyId, hash } = seal;
    const place = `${shownBy} ${record}`;
    if (this.received.get(place) === hash) return;
    const isRefused = !isOf(seal, shownBy) || (audit ?? keys)?.isGenuine(seal) === false;
    if (isRefused)
      log.warn(
        { record, subgraph, keyId, shownBy },
        'ignored a seal of another record: no configured key of its subgraph signed it, or another subgraph showed it',
      );
    else if (audit) await audit.append(null, null, { kind: 'head', head: seal });
    else await anchor?.send(seal, this.stopping.signal);
    this.received.set(place, hash);
    this.counts[isRefused ? 'refused' : 'received'] += 1;
  }

  /** Takes in nothing more: the record is about to be closed. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.ended;
  }

  /** Shows the seal with which the record was closed, and ends. */
  async close(): Promise<void> {
    await this.stop();
    const { board, anchor } = this.parts;
    const until = AbortSignal.timeout(LAST_MS);
    const last = Promise.allSettled([board && this.show(board), anchor && this.bringToAnchor(anchor, until)]);
    await abortable(last, until).catch(() => {});
  }
}

const isOf = (seal: Seal, subgraph: string): boolean => seal.subgraph === subgraph && isRecordOf(seal.record, subgraph);
