import type { Logger } from 'pino';
import { causeOf, SubgraphError } from './errors';

/** Milliseconds without a failure before a subgraph counts as recovered, so that occasional failures do not fill the log. */
const RECOVERED_AFTER_MS = 5_000;
const REMIND_EVERY_MS = 60_000;

/** A period of failing calls. */
interface Episode {
  readonly since: number;
  /** Codes already logged. */
  readonly codes: Set<string>;
  failed: number;
  loggedAt: number;
  /** Time of the first success after the last failure. */
  okSince: number | undefined;
}

/** Logs when subgraph calls start to fail, with the cause, and when they succeed again; not every failure. */
export class SubgraphWatch {
  private readonly episodes = new Map<string, Episode>();

  constructor(private readonly log: Logger) {}

  /** Subgraphs whose calls currently fail. */
  get failing(): ReadonlyMap<string, unknown> {
    return this.episodes;
  }

  succeeded(subgraph: string): void {
    // the usual case
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

  /** @param requestId id of the client request that made the call */
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
