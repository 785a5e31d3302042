/** A rejected supergraph. */
export interface Refusal {
  readonly at: string;
  readonly reason: string;
}

/** What operators see of a source. */
export interface SourceStatus {
  /** File, or URL of the registry, that the supergraph came from. */
  readonly source: string;
  /** Version of the supergraph in the registry. */
  readonly etag?: string;
  /** A supergraph that was not offered, since its signature was not accepted. */
  readonly refused?: Refusal;
  /** Since when, and why, the source cannot be read. */
  readonly outage?: { readonly since: string; readonly reason: string };
}

/** Polls of a registry. */
export interface RegistryPolls {
  /** Number of polls by result. */
  readonly counts: Readonly<Record<'changed' | 'unchanged' | 'refused' | 'failed', number>>;
  /** When the registry last answered, in seconds since 1970. */
  readonly answeredAt: number | undefined;
  /** Number of the served activation; undefined while the copy is served. */
  readonly activation: number | undefined;
}

/** The version to start with. */
export interface FirstSupergraph {
  readonly supergraphSdl: string;
  /** Called once this version is served. */
  readonly serving?: () => void;
  readonly cleanup?: () => Promise<void>;
}

/**
 * A source of supergraph versions: the part of Apollo's `SupergraphManager` that concerns the supergraph itself, so that Apollo's
 * managers that need nothing else fit, too.
 */
export interface SupergraphSource {
  /** @param options `update` offers a version, and resolves with whether it is served now */
  initialize(options: { update: (supergraphSdl: string) => Promise<boolean> }): Promise<FirstSupergraph>;
  status?(): SourceStatus;
  /** Undefined where there is no registry. */
  readonly polls?: RegistryPolls;
}
