import type { Logger } from 'pino';

/** Maximum age in seconds of an identity when the gateway first sends it, because of its cache and late fetches of a request. */
const MAX_AGE_WHEN_SENT = 110;
/** Seconds in the future above which an identity shows that the gateway's clock is ahead. */
const MAX_AHEAD = 5;
/** Age in seconds of the youngest of several identities above which the gateway's clock counts as behind. */
const MIN_BEHIND = 30;
/** Number of identities of which the youngest is assumed to be freshly signed. */
const MIN_SAMPLES = 6;
const MAX_SAMPLES = 16;
const SAMPLES_KEPT_MS = 120_000;
/** Change of the skew in seconds that is logged again. */
const LOGGED_CHANGE_SECONDS = 30;

interface Sample {
  readonly at: number;
  readonly age: number;
}

/**
 * Estimates the difference between this process's clock and the gateway's from the ages of identities when first seen. An age is the skew
 * plus the time since the signature. An identity from the future proves a skew; an old one proves it only if all others are old, too.
 */
export class ClockSkew {
  private samples: Sample[] = [];
  private logged = 0;

  constructor(
    private readonly subgraph: string,
    private readonly log?: Logger,
  ) {}

  /** Seconds by which this process's clock is ahead of the gateway's; negative if the gateway's is ahead, 0 while unknown. */
  get seconds(): number {
    const since = performance.now() - SAMPLES_KEPT_MS;
    const ages = this.samples.flatMap(({ at, age }) => (at >= since ? [age] : []));
    const certain = ages.filter((age) => age < -MAX_AHEAD || age > MAX_AGE_WHEN_SENT);
    if (certain.length > 0) return certain.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    return ages.length >= MIN_SAMPLES ? Math.min(...ages) : 0;
  }

  /** @param age in seconds, by this process's clock, of a new identity with a valid signature */
  observe(age: number): void {
    this.samples.push({ at: performance.now(), age });
    if (this.samples.length > MAX_SAMPLES) this.samples.shift();
    this.report(Math.round(this.seconds));
  }

  private report(skew: number): void {
    const { subgraph, log } = this;
    if (skew < -MAX_AHEAD || skew > MIN_BEHIND) {
      if (this.logged !== 0 && Math.abs(skew - this.logged) < LOGGED_CHANGE_SECONDS) return;
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
