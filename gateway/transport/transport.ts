import type { GraphQLFormattedError } from 'graphql';
import type { Cancellation } from '#base/cancellation';
import type { Breaker } from './breaker';
import type { JsonText } from './json-text';

/** One request to a subgraph. */
export interface SubgraphRequest {
  readonly operation: SubgraphOperation;
  /** The variables as the text of a JSON object. */
  readonly variables: JsonText;
  /** Headers handed on, by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  /** The headers for another subgraph, for a transport that asks others. */
  readonly headersOf?: (subgraph: string) => Readonly<Record<string, string>>;
  /** When it is given up, in milliseconds of `performance.now()`. */
  readonly deadline: number;
  /** Ends it early, when nobody waits for it any more. */
  readonly cancellation?: Cancellation;
}

/** What is the same for every request of a fetch. */
export interface SubgraphOperation {
  readonly kind: 'query' | 'mutation';
  readonly text: string;
  /** `text` as the text of a JSON string. */
  readonly json: string;
}

/** A GraphQL response; anything else is refused by the transport. */
export interface SubgraphResponse {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface SubgraphAnswer {
  /**
   * Reads the response; of a shareable transport's answer, what one reader changes no other sees.
   * @param hasAnySize whether its data have custom scalars, whose numbers may be of any size.
   * @throws SubgraphError when it is no GraphQL response.
   */
  read(hasAnySize?: boolean): SubgraphResponse;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The response as it came, where it came as bytes. */
  readonly bytes?: Buffer;
  /** What a reader of the bytes has found in them, for the other readers of a shared answer. */
  looked?: { readonly by: object; readonly found: unknown };
}

/** How a subgraph is reached. */
export interface Transport {
  /** Whether several may read one answer. */
  readonly shareable: boolean;
  /** @throws SubgraphError */
  request(request: SubgraphRequest): Promise<SubgraphAnswer>;
  /** Sends further requests over new connections: the old ones may lead nowhere. */
  reconnect?(): void;
  /** Stops calls of a subgraph in trouble, where the transport has one. */
  readonly breaker?: Breaker;
  close(): Promise<void>;
}
