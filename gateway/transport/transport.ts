import type { GraphQLFormattedError } from 'graphql';
import type { Cancellation } from '#base/cancellation';
import type { Breaker } from './breaker';
import type { JsonText } from './json-text';

/** One request to a subgraph. */
export interface SubgraphRequest {
  readonly operation: SubgraphOperation;
  /** The variables as the text of a JSON object. */
  readonly variables: JsonText;
  /** Forwarded headers, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers for another subgraph, for transports that call several. */
  readonly headersOf?: (subgraph: string) => Readonly<Record<string, string>>;
  /** Deadline, by `performance.now()`. */
  readonly deadline: number;
  /** Who waits for a place among others; undefined for the gateway itself. */
  readonly caller?: string | undefined;
  /** Cancels the request when no reader is left. */
  readonly cancellation?: Cancellation;
}

/** The constant part of a fetch's requests. */
export interface SubgraphOperation {
  readonly kind: 'query' | 'mutation';
  readonly text: string;
  /** `text` as the text of a JSON string. */
  readonly json: string;
}

export const subgraphOperation = (kind: SubgraphOperation['kind'], text: string): SubgraphOperation => ({
  kind,
  text,
  json: JSON.stringify(text),
});

/** A GraphQL response; transports reject anything else. */
export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface SubgraphAnswer {
  /**
   * Parses the response. Readers of a shareable transport's answer do not see each other's changes.
   * @param hasAnySize whether its data have custom scalars, whose numbers may exceed doubles
   * @throws SubgraphError if it is not a GraphQL response
   */
  read(hasAnySize?: boolean): SubgraphResponse;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The original bytes, if the transport returns bytes. */
  readonly bytes?: Buffer;
  /** Scan result of one reader, for the other readers of a shared answer. */
  scanned?: { readonly by: object; readonly result: unknown };
}

/** Sends requests to one subgraph. */
export interface Transport {
  /** Whether several readers may share one answer. */
  readonly shareable: boolean;
  /** @throws SubgraphError */
  request(request: SubgraphRequest): Promise<SubgraphAnswer>;
  /** Opens new connections for further requests: the old ones may be dead. */
  reconnect?(): void;
  /** The circuit breaker, if the transport has one. */
  readonly breaker?: Breaker;
  close(): Promise<void>;
}
