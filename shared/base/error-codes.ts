/** A code of `extensions.code`. */
export interface CodeMeaning {
  /** HTTP status of a response that has no data because of it; 200 where other fields still have data. */
  readonly status?: string;
  /** Whether a repetition may succeed, as `extensions.retryable` says. */
  readonly retryable?: true;
  readonly meaning: string;
}

/** Error codes of one concern. */
export interface Concern {
  readonly title: string;
  /** What holds for all of them. */
  readonly note?: string;
  readonly codes: Readonly<Record<string, CodeMeaning>>;
}

const request = {
  title: 'The request',
  codes: {
    BAD_REQUEST: {
      status: '400, 405',
      meaning: 'The HTTP request is not a GraphQL request; 405 for a mutation sent by GET.',
    },
    GRAPHQL_PARSE_FAILED: { status: '400', meaning: 'The document has a syntax error.' },
    GRAPHQL_VALIDATION_FAILED: { status: '400', meaning: 'The document does not match the schema.' },
    BAD_USER_INPUT: {
      status: '400',
      meaning:
        'The variables do not match the operation. With a `path` and status 200: an argument has an invalid value.',
    },
    OPERATION_RESOLUTION_FAILURE: {
      status: '400',
      meaning: '`operationName` is missing, or the document has no operation of that name.',
    },
    OPERATION_TOO_LARGE: {
      status: '400',
      meaning: 'The document or its variables exceed a limit; `limit` and `most` name it.',
    },
    PERSISTED_QUERY_NOT_FOUND: {
      status: '200',
      meaning: 'The server does not have this hash: send the document with it.',
    },
    PERSISTED_QUERY_MISMATCH: { status: '400', meaning: 'The hash does not match the document.' },
    DOCUMENT_NOT_FOUND: { status: '400', meaning: 'No trusted document has this id.' },
    DOCUMENT_NOT_TRUSTED: {
      status: '403',
      meaning: 'Only trusted documents are allowed, and the caller has no role that may send others.',
    },
    CONTRACT_NOT_FOUND: { status: '404', meaning: 'No contract has the name in the path.' },
    INTROSPECTION_DISABLED: { status: '403', meaning: 'The caller may not read the schema.' },
    NOT_ACCEPTABLE: {
      status: '406',
      meaning: 'No media type of `Accept` is supported; the message lists those that are.',
    },
    BATCHING_NOT_SUPPORTED: { status: '400', meaning: 'The body is a list of operations; send one request for each.' },
    WEBSOCKET_NOT_SUPPORTED: {
      status: '400',
      meaning: 'The graph has no subscriptions, so it does not accept WebSocket connections.',
    },
    UNSUPPORTED_MEDIA_TYPE: {
      status: '415',
      meaning: 'The content type is not `application/json`, or its charset is not UTF-8.',
    },
    REQUEST_TIMEOUT: { status: '408', meaning: 'The request did not arrive in time; the connection closes.' },
  },
} as const satisfies Concern;

const caller = {
  title: 'The caller',
  codes: {
    UNAUTHENTICATED: {
      status: '401',
      meaning:
        'The token is invalid, or claims what its issuer may not grant (`reference` finds the reason in the log). On a mutation, with status 200: it requires a token.',
    },
    FORBIDDEN: {
      status: '200',
      meaning:
        'The caller’s roles do not allow this change, or this field, which cannot be null. Nullable fields are null with an entry in `extensions.withheld`.',
    },
    AUTHENTICATION_UNAVAILABLE: { status: '503', meaning: 'The keys of the token’s issuer cannot be loaded.' },
    TOO_MANY_REQUESTS: {
      status: '429',
      meaning: 'The caller, or its address, exceeded its limit of requests or of invalid tokens.',
    },
    INVALID_PRINCIPAL: { meaning: 'A subgraph received an invalid identity.' },
    IDENTITY_REQUIRED: { meaning: 'A subgraph received a request that no gateway signed.' },
    IDENTITY_CLOCK_SKEW: { meaning: 'The clocks of the gateway and a subgraph differ by more than a minute.' },
  },
} as const satisfies Concern;

const cost = {
  title: 'Cost',
  codes: {
    OPERATION_TOO_COSTLY: { status: '400', meaning: 'The operation costs more than one operation may.' },
    BUDGET_EXHAUSTED: {
      status: '429',
      meaning:
        'The caller’s budget of this minute is spent. Once nothing is left, the gateway rejects requests unread.',
    },
  },
} as const satisfies Concern;

const lists = {
  title: 'Lists',
  codes: {
    INVALID_PAGE: { meaning: 'A page size is out of range, or paging arguments contradict each other.' },
    INVALID_CURSOR: {
      meaning:
        'The cursor belongs to another list or order, was altered, or is older than the cursor key. Start the list again.',
    },
    TOO_MANY_KEYS: {
      meaning: 'More objects match a filter than a list of keys, or `matches`, can have. Narrow the filter.',
    },
    INVALID_FILTER: { meaning: 'The filter is contradictory or too large.' },
    INVALID_AGGREGATE: { meaning: 'The caller cannot group the list, or aggregate its values, like this.' },
    INVALID_ORDER: { meaning: 'The caller cannot order the list by this.' },
  },
} as const satisfies Concern;

const changes = {
  title: 'Changes',
  codes: {
    NOT_FOUND: { meaning: 'The object does not exist, or the caller may not know of it.' },
    UNKNOWN_REFERENCE: { meaning: 'The input names an object that does not exist.' },
    ALREADY_EXISTS: { meaning: 'Such an object exists already.' },
    ALREADY_FILED: { meaning: 'This version has been filed.' },
    ALREADY_ATTESTED: { meaning: 'Destruction has been attested.' },
    ALREADY_STORED: { meaning: 'The file has been uploaded.' },
    REVISION_CONFLICT: { meaning: 'The object has changed since the revision that the change is based on.' },
    CONFLICT: { meaning: 'Another request changed the same objects at the same time; try again.' },
    ILLEGAL_TRANSITION: { meaning: 'The object’s state does not allow this; `possibleFrom` lists the states that do.' },
    PRECONDITION_FAILED: { meaning: 'A rule is not met; `guard` names it.' },
    IDEMPOTENCY_KEY_REUSED: { meaning: 'The key was used with a different input.' },
  },
} as const satisfies Concern;

const files = {
  title: 'Files',
  codes: {
    DIGEST_MISMATCH: { status: '422', meaning: 'The content does not have the announced SHA-256.' },
    CONTENT_TRUNCATED: { status: '422', meaning: 'The content has fewer bytes than announced.' },
    CONTENT_TOO_LONG: { status: '413', meaning: 'The content has more bytes than announced.' },
    TRANSFER_TOO_SLOW: {
      status: '408',
      meaning: 'The upload was slower than `--min-transfer-rate`; nothing was stored.',
    },
    TOO_MANY_TRANSFERS: {
      status: '429',
      meaning: 'The caller has the maximum of uploads or downloads in progress; try again when one has ended.',
    },
    STORAGE_FULL: { status: '507', meaning: 'No space is left for files.' },
  },
} as const satisfies Concern;

const databases = {
  title: 'Databases',
  note: `A subgraph reports these about its own database. A query that gets no data because of the first two is answered with HTTP 503, which the
gateway retries. The gateway never retries mutations. A mutation can also make its change, and get one of the first three while it reads the object of
its payload: repeat it with the same idempotency key, which returns the object and changes nothing again.`,
  codes: {
    DATABASE_UNAVAILABLE: { retryable: true, meaning: 'The database is unreachable. Nothing was changed.' },
    DATABASE_BUSY: {
      retryable: true,
      meaning: 'A lock or a connection was not available in time. Nothing was changed.',
    },
    DATABASE_TIMEOUT: {
      retryable: true,
      meaning:
        'A statement took longer than `ORDERGRAPH_DATABASE_TIMEOUT_MS`, or an operator ended it. Nothing was changed.',
    },
    DATABASE_FULL: { meaning: 'The database has no space left. Nothing was changed.' },
    DATABASE_READ_ONLY: {
      retryable: true,
      meaning: 'The database accepts no changes at the moment, as during a failover. Nothing was changed.',
    },
    DATA_UNREADABLE: {
      meaning:
        'A stored value cannot be decrypted: its key is missing (`keyId`), was destroyed, or the value was altered. Other fields are not affected.',
    },
    DATABASE_COMMIT_UNKNOWN: {
      retryable: true,
      meaning:
        'The connection was lost during the commit, so the change may have been made. Send it again with the **same** `idempotencyKey`.',
    },
  },
} as const satisfies Concern;

const gateway = {
  title: 'The gateway and its subgraphs',
  codes: {
    SUBGRAPH_UNREACHABLE: { meaning: 'The gateway cannot connect to the subgraph.' },
    SUBGRAPH_TIMEOUT: { meaning: 'The subgraph did not respond in time.' },
    SUBGRAPH_UNAVAILABLE: { meaning: 'The subgraph reports that it is unavailable, or failed too often lately.' },
    SUBGRAPH_OVERLOADED: {
      meaning: 'The subgraph asks for fewer requests, or too many requests are waiting for it.',
    },
    SUBGRAPH_BAD_RESPONSE: {
      meaning: 'The subgraph’s response is not a GraphQL response, or has a value that does not match its type.',
    },
    SUBGRAPH_RESPONSE_TOO_LARGE: { meaning: 'The subgraph’s response is larger than `--max-response-bytes`.' },
    UNSUPPORTED_ENCODING: {
      status: '415',
      meaning: 'The compression of the request, or of a subgraph’s response, is not supported.',
    },
    ENTITY_NOT_FOUND: { meaning: 'The subgraph does not have the object of a field that is never null.' },
    INVALID_REFERENCE: { meaning: 'A subgraph received a reference to an object without its key.' },
    DOWNSTREAM_SERVICE_ERROR: { meaning: 'A subgraph returned an error without a code.' },
    ERRORS_OMITTED: { meaning: 'There are more errors than the response lists; the message has their number.' },
    PLANNER_BUSY: {
      retryable: true,
      meaning: 'The query planner stopped planning the operation, because others waited.',
    },
    PLANNING_TIMEOUT: { meaning: 'The query planner did not finish in time.' },
    PLANNING_FAILED: { meaning: 'The query planner found no plan for the operation.' },
    PLAN_NOT_SUPPORTED: { meaning: 'The operation uses something in a place where it is not supported.' },
    RECORD_UNAVAILABLE: {
      meaning: 'The audit record cannot be written or read, so the subgraph returns nothing that must be recorded.',
    },
    REQUEST_CANCELLED: { meaning: 'The client closed the connection.' },
    SERVER_STOPPING: { status: '503', meaning: 'The server is stopping: send the request again to reach another one.' },
    INTERNAL_SERVER_ERROR: { meaning: 'An unexpected error; the log has the details.' },
  },
} as const satisfies Concern;

/** Every error code of the API, by concern; docs/errors.md lists them. */
export const CONCERNS: readonly Concern[] = [request, caller, cost, lists, changes, files, databases, gateway];

type CodesOf<One extends Concern> = keyof One['codes'] & string;
export type ErrorCode =
  | CodesOf<typeof request>
  | CodesOf<typeof caller>
  | CodesOf<typeof cost>
  | CodesOf<typeof lists>
  | CodesOf<typeof changes>
  | CodesOf<typeof files>
  | CodesOf<typeof databases>
  | CodesOf<typeof gateway>;
