import type { Logger } from 'pino';
import { causeOf, SubgraphError } from './errors';

/** Milliseconds without a failure after which a subgraph counts as recovered: one that fails now and then must not fill the log. */
const RECOVERED_AFTER_MS = 5_000;
const REMIND_EVERY_MS = 60_000;

/** A time in which calls of a subgraph fail. */
interface Episode {
  readonly since: number;
  /** Codes that have been logged. */
  readonly codes: Set<string>;
  failed: number;
  loggedAt: number;
  /** Of the first success after the last failure. */
  okSince: number | undefined;
}

/** Logs when calls of a subgraph begin to fail, with the cause, and when they succeed again; not each failure. */
export class SubgraphWatch {
  private readonly episodes = new Map<string, Episode>();

  constructor(private readonly log: Logger) {}

  /** Subgraphs whose calls fail at present. */
  get failing(): ReadonlyMap<string, unknown> {
    return this.episodes;
  }

  succeeded(subgraph: string): void {
    // most of the time
    if (this.episodes.size === 0) return;
    const episode = this.episodes.get(subgraph);
    if (!episode) return;
    const now = performance.now();
    episode.okSince ??= now;
    if (now - episode.okSince < RECOVERED_AFTER_MS) return;
    this.episodes.delete(subgraph);
    const { failed, since, okSince } = episode;
    this.log.info({ subgraph, failedCalls: failed, seconds: seconds(okSince - since) }, 'subgraph calls succeed again');
  }

  /** @param requestId of the client's request that the call was for */
  failed(subgraph: string, error: unknown, requestId: string | undefined): void {
    const code = error instanceof SubgraphError ? String(error.extensions.code) : 'ERROR';
    if (code === 'REQUEST_CANCELLED') return;
    const now = performance.now();
    const episode = this.episodes.get(subgraph) ?? this.begin(subgraph, now);
    episode.failed += 1;
    episode.okSince = undefined;
    const isNews = !episode.codes.has(code);
    if (!isNews && now - episode.loggedAt < REMIND_EVERY_MS) return;
    episode.codes.add(code);
    episode.loggedAt = now;
    this.log.warn(
      {
        subgraph,
        code,
        cause: causeOf(error),
        requestId,
        failedCalls: episode.failed,
        seconds: seconds(now - episode.since),
      },
      isNews ? 'subgraph call failed' : 'subgraph calls still fail',
    );
  }

  private begin(subgraph: string, now: number): Episode {
    const episode = { since: now, codes: new Set<string>(), failed: 0, loggedAt: now, okSince: undefined };
    this.episodes.set(subgraph, episode);
    return episode;
  }
}

const seconds = (ms: number): number => Math.round(ms / 100) / 10;
