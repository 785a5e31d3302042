import type { Logger } from 'pino';

/** Seconds after its signature that the gateway may send an identity for the first time: its caches, and a fetch late in a request. */
const MAX_AGE_WHEN_SENT = 110;
/** Seconds by which an identity may come from the future before the gateway's clock counts as ahead. */
const MAX_AHEAD = 5;
/** Seconds that even the youngest of several identities must be old before the gateway's clock counts as behind. */
const MIN_BEHIND = 30;
/** Identities after which the youngest is taken for one that was just signed. */
const ENOUGH_SAMPLES = 6;
const MOST_SAMPLES = 16;
const SAMPLES_KEPT_MS = 120_000;
/** Seconds by which the skew has to change to be logged again. */
const NEWS_SECONDS = 30;

interface Sample {
  readonly at: number;
  readonly age: number;
}

/**
 * Estimates by how much this process's clock differs from the gateway's, from the ages of identities when they are first seen. An age is
 * the skew plus the time since the signature, which is never negative: an identity from the future proves a skew, an old one only
 * with others as old.
 */
export class ClockSkew {
  private samples: Sample[] = [];
  private logged = 0;

  constructor(
    private readonly subgraph: string,
    private readonly log?: Logger,
  ) {}

  /** Seconds that this process's clock is ahead of the gateway's; negative when the gateway's is ahead, 0 while nothing is certain. */
  get seconds(): number {
    const since = performance.now() - SAMPLES_KEPT_MS;
    const ages = this.samples.flatMap(({ at, age }) => (at >= since ? [age] : []));
    const certain = ages.filter((age) => age < -MAX_AHEAD || age > MAX_AGE_WHEN_SENT);
    if (certain.length > 0) return certain.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    return ages.length >= ENOUGH_SAMPLES ? Math.min(...ages) : 0;
  }

  /** @param age of an identity with a valid signature that was not seen before, in seconds of this process's clock */
  observe(age: number): void {
    this.samples.push({ at: performance.now(), age });
    if (this.samples.length > MOST_SAMPLES) this.samples.shift();
    this.report(Math.round(this.seconds));
  }

  private report(skew: number): void {
    const { subgraph, log } = this;
    if (skew < -MAX_AHEAD || skew > MIN_BEHIND) {
      if (this.logged !== 0 && Math.abs(skew - this.logged) < NEWS_SECONDS) return;
      this.logged = skew;
      const which = skew < 0 ? 'ahead of' : 'behind';
      log?.warn(
        { subgraph, skewSeconds: skew },
        `the gateway's clock is about ${Math.abs(skew)} s ${which} this subgraph's; synchronize both`,
      );
    } else if (this.logged !== 0) {
      this.logged = 0;
      log?.info({ subgraph, skewSeconds: skew }, "the gateway's clock and this subgraph's agree again");
    }
  }
}
