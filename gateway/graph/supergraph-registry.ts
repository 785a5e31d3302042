import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { SupergraphCopy } from '../supergraph/copy';
import { supergraphHash, type VerifiedSupergraph, verifySupergraph } from '../supergraph/signature';
import type { FirstSupergraph, Refusal, RegistryPolls, SourceStatus, SupergraphSource } from '../supergraph/source';
import { type ActiveSupergraph, RegistryClient, type RegistryClientOptions } from './registry-client';

/** Maximum milliseconds between polls while the registry does not answer. */
const MAX_BACKOFF_MS = 30_000;

export interface SupergraphRegistryOptions extends RegistryClientOptions {
  /** Polling interval in milliseconds; 0 asks only at the start. */
  readonly everyMs: number;
  /** Public keys, one of which must have signed the supergraph; undefined to take it without a signature. */
  readonly keys?: () => JSONWebKeySet;
  /** Keeps the supergraph that is served, for a start without the registry. */
  readonly copy?: SupergraphCopy;
  /** Tries a supergraph at the start, where the copy could serve instead. Required with a copy. @throws OperatorError if it cannot be served */
  readonly requireServable?: (supergraphSdl: string) => Promise<void>;
  readonly log: Logger;
}

interface Served extends VerifiedSupergraph {
  readonly hash: string;
  /** File or URL that it came from. */
  readonly source: string;
  /** Its version in the registry; undefined for the copy. */
  readonly version: Pick<ActiveSupergraph, 'etag' | 'activation'> | undefined;
}

/** Follows the active supergraph of the registry. While the registry does not answer, the last supergraph stays. */
export class SupergraphRegistry implements SupergraphSource {
  private readonly client: RegistryClient;
  private first: Promise<Served> | undefined;
  private served!: Served;
  /** Entity tag of the supergraph that was last taken, whether it is served or not. */
  private etag: string | undefined;
  /** A supergraph whose signature was not accepted. It is verified again, since keys and clocks change. */
  private unverified: ActiveSupergraph | undefined;
  private refused: Refusal | undefined;
  /** Why the copy cannot be used; undefined for a copy that can be, and without one. */
  private copyFlaw: Error | undefined;
  private outage: SourceStatus['outage'];
  /** Failures since the registry last answered. */
  private failures = 0;
  private answeredAt: number | undefined;
  private readonly counts = { changed: 0, unchanged: 0, refused: 0, failed: 0 };
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;

  /** @throws OperatorError for an invalid URL */
  constructor(private readonly options: SupergraphRegistryOptions) {
    this.client = new RegistryClient(options);
  }

  /** @returns the first version, without its signature @throws OperatorError if neither the registry nor the copy has a valid one */
  async read(): Promise<string> {
    this.first ??= this.start();
    const { content } = await this.first;
    return content;
  }

  /** @throws OperatorError if neither the registry nor the copy has a valid supergraph */
  async initialize({ update }: Parameters<SupergraphSource['initialize']>[0]): Promise<FirstSupergraph> {
    const supergraphSdl = await this.read();
    return {
      supergraphSdl,
      serving: () => {
        this.keepCopy().finally(() => this.pollLater(update));
      },
      cleanup: async () => {
        this.isClosed = true;
        clearTimeout(this.timer);
        await this.client.close();
      },
    };
  }

  status(): SourceStatus {
    const { source, version } = this.served;
    return {
      source,
      ...(version ? { etag: version.etag } : {}),
      ...(this.refused ? { refused: this.refused } : {}),
      ...(this.outage ? { outage: this.outage } : {}),
    };
  }

  get polls(): RegistryPolls {
    return { counts: this.counts, answeredAt: this.answeredAt, activation: this.served.version?.activation };
  }

  private async start(): Promise<Served> {
    const copy = await this.readCopy();
    try {
      this.served = await this.firstOf(copy);
      return this.served;
    } catch (error) {
      await this.client.close();
      throw error;
    }
  }

  /** The active supergraph, or the copy if the active one cannot be served. */
  private async firstOf(copy: Served | undefined): Promise<Served> {
    let active: ActiveSupergraph;
    try {
      active = (await this.client.active({}))!;
    } catch (error) {
      if (!copy) throw this.withoutCopy(error as OperatorError);
      this.failed(error as Error, 'the supergraph registry does not answer; serving the copy');
      return copy;
    }
    this.answered(active);
    try {
      const verified = await this.verify(active, copy?.signedAt);
      if (copy && copy.content !== verified.content) await this.options.requireServable?.(verified.content);
      this.counts.changed += 1;
      return verified;
    } catch (error) {
      if (!copy) throw error;
      this.refuse(active, error as Error, 'rejected the supergraph of the registry; serving the copy');
      return copy;
    }
  }

  /** The copy; undefined without one that may be served. */
  private async readCopy(): Promise<Served | undefined> {
    const { copy, keys, log } = this.options;
    if (!copy) return undefined;
    const source = copy.file;
    try {
      const text = await copy.read();
      if (text === undefined) return undefined;
      const verified = await verifySupergraph(text, keys?.(), source);
      return { ...verified, source, hash: supergraphHash(text), version: undefined };
    } catch (error) {
      this.copyFlaw = error as Error;
      log.error({ err: error, copy: source }, 'cannot use the supergraph copy');
      return undefined;
    }
  }

  private withoutCopy(error: OperatorError): OperatorError {
    const { copy } = this.options;
    const { copyFlaw: flaw } = this;
    if (copy && flaw) {
      const why = flaw instanceof OperatorError ? flaw.what : flaw.message;
      return new OperatorError(
        `${error.what}; the copy "${copy.file}" cannot be used: ${why}`,
        `${error.fix}. The copy is replaced once a supergraph of the registry is served; --supergraph-keys must have the key that signed it`,
        { cause: error },
      );
    }
    return new OperatorError(
      `${error.what}; there is no copy of a supergraph to serve`,
      copy
        ? `${error.fix}. The copy "${copy.file}" is written once a supergraph is served`
        : `${error.fix}. With --supergraph-copy FILE, a gateway that has served before starts without the registry`,
      { cause: error },
    );
  }

  private async verify({ text, etag, activation }: ActiveSupergraph, servedSince?: number): Promise<Served> {
    const { source } = this.client;
    const verified = await verifySupergraph(text, this.options.keys?.(), source, servedSince);
    return { ...verified, source, hash: supergraphHash(text), version: { etag, activation } };
  }

  private pollLater(update: (supergraphSdl: string) => Promise<boolean>): void {
    const { everyMs } = this.options;
    if (everyMs === 0 || this.isClosed) return;
    const backoff = Math.max(everyMs, Math.min(MAX_BACKOFF_MS, everyMs * 2 ** this.failures));
    // replicas that start together must not ask together
    const delay = backoff * (0.8 + 0.2 * Math.random());
    this.timer = setTimeout(() => this.poll(update).finally(() => this.pollLater(update)), delay).unref();
  }

  /** Never rejects. */
  private async poll(update: (supergraphSdl: string) => Promise<boolean>): Promise<void> {
    try {
      const active = await this.client.active({ etag: this.etag, hash: this.served.hash });
      this.answered(active);
      const candidate = active ?? this.unverified;
      if (candidate) await this.offer(candidate, update);
    } catch (error) {
      if (this.isClosed) return;
      this.failed(error as Error, 'the supergraph registry does not answer; still serving the previous supergraph');
    }
    await this.keepCopy();
  }

  private async offer(candidate: ActiveSupergraph, update: (supergraphSdl: string) => Promise<boolean>): Promise<void> {
    let verified: Served;
    try {
      verified = await this.verify(candidate, this.served.signedAt);
    } catch (error) {
      this.refuse(candidate, error as Error, 'rejected the supergraph of the registry; still serving the previous one');
      return;
    }
    this.counts.changed += 1;
    this.unverified = undefined;
    this.refused = undefined;
    if (await update(verified.content)) this.served = verified;
  }

  private async keepCopy(): Promise<void> {
    await this.options.copy?.keep(this.served.text);
  }

  /** @param active undefined if nothing has changed */
  private answered(active: ActiveSupergraph | undefined): void {
    if (!active) this.counts.unchanged += 1;
    this.answeredAt = Math.floor(Date.now() / 1_000);
    if (active) this.etag = active.etag;
    if (this.outage) this.options.log.info({ since: this.outage.since }, 'the supergraph registry answers again');
    this.outage = undefined;
    this.failures = 0;
  }

  private failed(error: Error, message: string): void {
    this.counts.failed += 1;
    this.failures += 1;
    if (!this.outage) this.options.log.warn({ err: error }, message);
    this.outage = { since: this.outage?.since ?? new Date().toISOString(), reason: error.message };
  }

  /** Remembers a supergraph that was not accepted. Logs it once. */
  private refuse(candidate: ActiveSupergraph, error: Error, message: string): void {
    const isKnown = candidate === this.unverified && this.refused?.reason === error.message;
    this.unverified = candidate;
    if (isKnown) return;
    this.counts.refused += 1;
    this.refused = { at: new Date().toISOString(), reason: error.message };
    this.options.log.error({ err: error, etag: candidate.etag }, message);
  }
}
