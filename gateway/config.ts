import { isIP } from 'node:net';
import { z } from 'zod';
import { ORIGIN_HEADER } from '#base/http/origin';
import { IDENTITY_HEADER } from '#base/identity/signed-identity';
import { CLASSES, type Sensitivity } from '#base/sensitivity';
import { type Environment, readSettings, type SettingTable, type SettingValues } from '#base/settings';

const port = z.coerce.number().int().min(0).max(65_535);
export const list = z.union([z.string(), z.array(z.string())]).transform((value, context) => {
  const names = (typeof value === 'string' ? value.split(',') : value).map((name) => name.trim()).filter(Boolean);
  // a list that names nothing by mistake must not turn a protection off
  if (names.length === 0 && value.length > 0) context.addIssue({ code: 'custom', message: 'it names nothing' });
  return names;
});
export const redisUrl = z.union([
  z.literal(''),
  z.url({ protocol: /^rediss?$/, error: 'use a URL such as redis://host:6379' }),
]);
const HEADER_NAME = /^[-!#$%&'*+.^_`|~0-9a-z]+$/;
/** Header names are case-insensitive. */
const headerNames = list.transform((names, context) => {
  const lowerCase = names.map((name) => name.toLowerCase());
  for (const name of lowerCase)
    if (!HEADER_NAME.test(name)) context.addIssue({ code: 'custom', message: `"${name}" is not a header name` });
  return lowerCase;
});

/** Headers of one connection or one body (RFC 9110, 7.6.1 and 8.6), which have another meaning in the next message. */
const MESSAGE_HEADERS =
  `connection content-encoding content-length expect host keep-alive proxy-authenticate proxy-authorization
  proxy-connection te trailer transfer-encoding upgrade`.split(/\s+/);
/** Headers by which subgraphs learn who asks. Only the gateway may write them. */
const IDENTITY_HEADERS = [IDENTITY_HEADER, ORIGIN_HEADER];

/** Names of headers that may be copied from one message to another. */
const passedHeaders = headerNames.transform((names, context) => {
  for (const name of names) {
    if (MESSAGE_HEADERS.includes(name))
      context.addIssue({ code: 'custom', message: `"${name}" belongs to one message and cannot be passed on` });
    if (IDENTITY_HEADERS.includes(name))
      context.addIssue({ code: 'custom', message: `"${name}" is for messages from the gateway to subgraphs only` });
  }
  return names;
});

/** Names of address ranges that the HTTP server knows. */
const NAMED_RANGES = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, an address with a prefix length, or the name of a range. */
function isAddressRange(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return NAMED_RANGES.includes(text);
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

const addressRanges = list.transform((ranges, context) => {
  for (const range of ranges)
    if (!isAddressRange(range))
      context.addIssue({ code: 'custom', message: `"${range}" is not an address or a range such as 10.0.0.0/8` });
  return ranges;
});

/** Markings of controlled unclassified information, by sensitivity class. */
export const MARKINGS: Readonly<Record<Sensitivity, string>> = {
  PUBLIC: 'PUBLIC',
  GOV: 'CUI',
  GOV_DELIB: 'CUI',
  PROPIN: 'CUI//SP-PROPIN',
  PII: 'CUI//SP-PRVCY',
  ISVI: 'CUI//ISVI',
};

const markings = list.transform((pairs, context) => {
  for (const pair of pairs)
    if (!CLASSES.includes(pair.split('=')[0] as Sensitivity) || !/^\w+=[^=]+$/.test(pair))
      context.addIssue({
        code: 'custom',
        message: `"${pair}" is not CLASS=MARKING, with a class of ${CLASSES.join(', ')}`,
      });
  return pairs;
});

/** Settings of the gateway. */
export const settings = {
  host: { env: 'ORDERGRAPH_HOST', schema: z.string().min(1), default: '127.0.0.1', help: 'Address to listen on.' },
  port: { env: 'ORDERGRAPH_PORT', schema: port, default: 4000, help: 'Port to listen on; 0 takes a free one.' },
  auth: {
    env: 'ORDERGRAPH_AUTH',
    schema: z.string(),
    default: '',
    help: 'Trusted token issuers: a file; "development" for tokens of `ordergraph token`, the default of `start`; or "off", which ignores tokens and treats every caller as the public.',
  },
  revokedTokens: {
    env: 'ORDERGRAPH_REVOKED_TOKENS',
    value: 'file',
    schema: z.string(),
    default: '',
    help: 'File of revoked tokens, one per line: a token id (jti), or sub:<subject>.',
  },
  identityKey: {
    env: 'ORDERGRAPH_IDENTITY_KEY',
    value: 'file',
    schema: z.string(),
    default: '',
    help: 'Private key that signs the caller identity sent to subgraphs; `ordergraph keys` makes one.',
  },
  forwardHeader: {
    env: 'ORDERGRAPH_FORWARD_HEADERS',
    schema: passedHeaders,
    default: [] as string[],
    help: 'Request header that the gateway forwards to subgraphs; repeatable.',
  },
  returnHeader: {
    env: 'ORDERGRAPH_RETURN_HEADERS',
    schema: passedHeaders,
    default: [] as string[],
    help: 'Response header of subgraphs that the gateway returns to clients; repeatable.',
  },
  subgraphTimeoutMs: {
    env: 'ORDERGRAPH_SUBGRAPH_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 30_000,
    help: 'Maximum milliseconds of a request to a subgraph.',
  },
  maxResponseBytes: {
    env: 'ORDERGRAPH_MAX_RESPONSE_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 64 * 1024 * 1024,
    help: 'Maximum bytes of a subgraph’s response.',
  },
  maxRequestBytes: {
    env: 'ORDERGRAPH_MAX_REQUEST_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 1024 * 1024,
    help: 'Maximum bytes of a request.',
  },
  receiveTimeoutMs: {
    env: 'ORDERGRAPH_RECEIVE_TIMEOUT_MS',
    schema: z.coerce.number().int().min(10).max(600_000),
    default: 20_000,
    help: 'Milliseconds in which a request must arrive, headers and body. Uploads of files may take longer, at --min-transfer-rate.',
  },
  maxTransfers: {
    env: 'ORDERGRAPH_MAX_TRANSFERS',
    schema: z.coerce.number().int().min(0),
    default: 8,
    help: 'Maximum uploads, and maximum downloads, of files by one caller at once; 0 disables the limit.',
  },
  minTransferRate: {
    env: 'ORDERGRAPH_MIN_TRANSFER_RATE',
    schema: z.coerce.number().int().min(0),
    default: 4_096,
    help: 'Minimum bytes per second at which a client must send a file, and must read files and answers; slower ones are ended. 0 disables the limit.',
  },
  transferWindowMs: {
    env: 'ORDERGRAPH_TRANSFER_WINDOW_MS',
    schema: z.coerce.number().int().min(10).max(600_000),
    default: 30_000,
    help: 'Milliseconds over which --min-transfer-rate is measured.',
  },
  maxUnreadBytes: {
    env: 'ORDERGRAPH_MAX_UNREAD_BYTES',
    schema: z.union([z.literal(''), z.coerce.number().int().min(0)]),
    default: '' as const,
    defaultHelp: '536870912 (512 MiB), or a quarter of the heap limit or of the memory if that is less',
    help: 'Maximum bytes of responses that wait in this process for slow clients; beyond, the slowest connections of the caller with the most are ended. 0 disables the limit.',
  },
  maxUnreadBytesPerCaller: {
    env: 'ORDERGRAPH_MAX_UNREAD_BYTES_PER_CALLER',
    schema: z.union([z.literal(''), z.coerce.number().int().min(0)]),
    default: '' as const,
    defaultHelp: 'an eighth of --max-unread-bytes, usually 64 MiB; no limit with --auth off or the development issuer',
    help: 'The same for one caller, or for one address without a valid token: beyond, its slowest connections are ended, but never its only one. 0 disables the limit.',
  },
  maxTokens: {
    env: 'ORDERGRAPH_MAX_TOKENS',
    schema: z.coerce.number().int().min(1),
    default: 8_000,
    help: 'Maximum tokens of a document.',
  },
  maxDepth: {
    env: 'ORDERGRAPH_MAX_DEPTH',
    schema: z.coerce.number().int().min(1),
    default: 20,
    help: 'Maximum levels of fields in an operation.',
  },
  maxAliases: {
    env: 'ORDERGRAPH_MAX_ALIASES',
    schema: z.coerce.number().int().min(1),
    default: 100,
    help: 'Maximum aliases in an operation.',
  },
  maxRootFields: {
    env: 'ORDERGRAPH_MAX_ROOT_FIELDS',
    schema: z.coerce.number().int().min(1),
    default: 40,
    help: 'Maximum root fields of an operation.',
  },
  maxDirectives: {
    env: 'ORDERGRAPH_MAX_DIRECTIVES',
    schema: z.coerce.number().int().min(1),
    default: 100,
    help: 'Maximum directives in an operation.',
  },
  maxFields: {
    env: 'ORDERGRAPH_MAX_FIELDS',
    schema: z.coerce.number().int().min(1),
    default: 5_000,
    help: 'Maximum fields and fragments of an operation, with its fragments expanded.',
  },
  maxNesting: {
    env: 'ORDERGRAPH_MAX_NESTING',
    schema: z.coerce.number().int().min(1).max(500),
    default: 64,
    help: 'Maximum nesting of selections, lists, and objects in a document, and of lists and objects in variables.',
  },
  maxValues: {
    env: 'ORDERGRAPH_MAX_VALUES',
    schema: z.coerce.number().int().min(1),
    default: 20_000,
    help: 'Maximum number of values in the variables of a request, lists and objects included, a quarter of it for requests without a token; and in the arguments of an operation, with its fragments expanded.',
  },
  maxList: {
    env: 'ORDERGRAPH_MAX_LIST',
    schema: z.coerce.number().int().min(1),
    default: 1_000,
    help: 'Maximum values of a list in a document or its variables.',
  },
  maxRefusedTokens: {
    env: 'ORDERGRAPH_MAX_REFUSED_TOKENS',
    schema: z.coerce.number().int().min(0),
    default: 60,
    help: 'Maximum tokens with an invalid signature per client address per minute; beyond, the address gets 50 signature checks per second. Tokens that were valid before always pass. 0 disables the limit.',
  },
  trustedProxy: {
    env: 'ORDERGRAPH_TRUSTED_PROXIES',
    schema: addressRanges,
    default: [] as string[],
    help: 'Address or range, such as 10.0.0.0/8, of a proxy whose X-Forwarded-For the gateway trusts; repeatable. Without one, a caller’s address is the one that connects.',
  },
  rateLimit: {
    env: 'ORDERGRAPH_RATE_LIMIT',
    schema: z.union([z.literal(''), z.coerce.number().int().min(0)]),
    default: '' as const,
    defaultHelp: '6000; no limit with --auth off or the development issuer',
    help: 'Maximum requests per minute of one caller, or of one address for callers without a valid token; 0 disables the limit.',
  },
  costs: {
    env: 'ORDERGRAPH_COSTS',
    schema: z.enum(['', 'off', 'measure', 'enforce']),
    default: '' as const,
    defaultHelp: 'enforce; measure with --auth off, or where the supergraph carries no @cost or @listSize',
    help: 'Cost of operations, by @cost and @listSize of the supergraph: "enforce" rejects operations over --max-cost or --budget, "measure" only reports the cost, "off" ignores it.',
  },
  maxCost: {
    env: 'ORDERGRAPH_MAX_COST',
    schema: list,
    default: ['250000'] as string[],
    help: 'Maximum cost of one operation: about the number of its objects. For a role, as analyst=1000000; repeatable.',
  },
  budget: {
    env: 'ORDERGRAPH_BUDGETS',
    schema: list,
    default: ['public=1000000', '*=10000000'] as string[],
    help: 'Maximum cost per minute of one caller’s operations, by role, as analyst=10000000; repeatable. "public" is for an address without a token, "*" for roles without a budget; without "*", they have the public one.',
  },
  limitsUrl: {
    env: 'ORDERGRAPH_LIMITS_URL',
    value: 'url',
    schema: redisUrl,
    default: '',
    help: 'Redis in which several gateways count requests and costs together, as redis://host:port.',
  },
  introspection: {
    env: 'ORDERGRAPH_INTROSPECTION',
    schema: z.enum(['', 'everyone', 'known', 'nobody']),
    default: '' as const,
    defaultHelp: 'known with trusted issuers, else everyone',
    help: 'Who may read the schema and see details of invalid operations: "everyone", "known" callers, or "nobody".',
  },
  unauthorizedFields: {
    env: 'ORDERGRAPH_UNAUTHORIZED_FIELDS',
    schema: z.enum(['null', 'refuse']),
    default: 'null' as const,
    help: 'Result for fields that @authenticated, @requiresScopes, or @policy withhold from the caller: "null" with an error for each, or "refuse" to reject the operation.',
  },
  trustedDocuments: {
    env: 'ORDERGRAPH_TRUSTED_DOCUMENTS',
    value: 'file',
    schema: list,
    default: [] as string[],
    help: 'Manifest of the documents that callers may execute, from Apollo’s or Relay’s tooling; repeatable. With one, other documents require a role of --ad-hoc-role.',
  },
  adHocRole: {
    env: 'ORDERGRAPH_AD_HOC_ROLES',
    schema: list,
    default: ['analyst', 'inspector', 'coordinator'] as string[],
    help: 'Role that may send documents outside --trusted-documents; repeatable.',
  },
  trustedQuestionsPollMs: {
    env: 'ORDERGRAPH_TRUSTED_QUESTIONS_POLL_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000),
    default: 5_000,
    help: 'Milliseconds between requests for the trusted saved questions of the subgraph "registry", which callers may send like --trusted-documents; 0 disables them.',
  },
  usageReportMs: {
    env: 'ORDERGRAPH_USAGE_REPORT_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000),
    default: 60_000,
    help: 'Milliseconds between reports to the subgraph "registry" of which client sent which operation how often, without values; 0 disables them.',
  },
  schemaWatchMs: {
    env: 'ORDERGRAPH_SCHEMA_WATCH_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000),
    default: 30_000,
    help: 'Milliseconds between comparisons of the supergraph with what the subgraphs serve (`_service`), which go to the log, the metrics, and the subgraph "registry"; 0 disables them.',
  },
  readyAfterMs: {
    env: 'ORDERGRAPH_READY_AFTER_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000),
    default: 60_000,
    help: 'Milliseconds after the start until which /health/ready waits for the first answer of every subgraph; then one answer is enough. 0 always waits for all.',
  },
  corsOrigin: {
    env: 'ORDERGRAPH_CORS_ORIGINS',
    schema: list,
    default: [] as string[],
    defaultHelp: 'none; with tokens of the development issuer, localhost on any port is allowed as well',
    help: 'Origin whose pages may send requests, such as https://dashboard.example.gov; repeatable.',
  },
  corsHeader: {
    env: 'ORDERGRAPH_CORS_HEADERS',
    schema: headerNames,
    default: [] as string[],
    help: 'Request header that these pages may send, besides those of common GraphQL clients and of --forward-header; repeatable.',
  },
  compression: {
    env: 'ORDERGRAPH_COMPRESSION',
    schema: z.enum(['on', 'off']),
    default: 'on' as const,
    help: 'Compression of answers from 1 KB with Brotli or gzip, for clients that accept it; "off" where a proxy compresses.',
  },
  planner: {
    env: 'ORDERGRAPH_PLANNER',
    schema: z.enum(['native', 'apollo']),
    default: 'native',
    help: 'Query planner: "native", which is Hive Router’s, or "apollo", which is slower and runs on every platform.',
  },
  pages: {
    env: 'ORDERGRAPH_PAGES',
    schema: z.enum(['on', 'off']),
    default: 'on' as const,
    help: 'Dashboard and explorer for browsers, which `npm run build` builds.',
  },
  marking: {
    env: 'ORDERGRAPH_MARKINGS',
    schema: markings,
    default: [] as string[],
    defaultHelp: Object.entries(MARKINGS)
      .map(([name, marking]) => `${name}=${marking}`)
      .join(', '),
    help: 'Marking of pages and exports with data of a sensitivity class, as CLASS=MARKING; repeatable.',
  },
  signInIssuer: {
    env: 'ORDERGRAPH_SIGN_IN_ISSUER',
    value: 'url',
    schema: z.union([z.literal(''), z.url({ protocol: /^https?$/ })]),
    default: '',
    help: 'OpenID provider where people sign in on the pages; also name it in --auth.',
  },
  signInClient: {
    env: 'ORDERGRAPH_SIGN_IN_CLIENT',
    schema: z.string(),
    default: '',
    help: 'Client id of the pages at --sign-in-issuer: a public client, authorization code with PKCE, redirect URI <gateway>/signed-in.',
  },
  signInScope: {
    env: 'ORDERGRAPH_SIGN_IN_SCOPE',
    schema: z.string().min(1),
    default: 'openid profile',
    help: 'Scopes that the pages ask --sign-in-issuer for.',
  },
  overrideLabel: {
    env: 'ORDERGRAPH_OVERRIDE_LABELS',
    schema: list,
    default: [] as string[],
    help: 'Active label of progressive @override; repeatable.',
  },
  overridePercentile: {
    env: 'ORDERGRAPH_OVERRIDE_PERCENTILE',
    schema: z.coerce.number().min(0).max(100),
    default: 100,
    help: 'Progressive @overrides labeled percent(x) are active if this is below x: 100 for never, 0 for always.',
  },
  planTimeoutMs: {
    env: 'ORDERGRAPH_PLAN_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 10_000,
    help: 'Maximum milliseconds of planning an operation.',
  },
  planCacheEntries: {
    env: 'ORDERGRAPH_PLAN_CACHE_ENTRIES',
    schema: z.coerce.number().int().min(1),
    default: 10_000,
    help: 'Maximum number of cached plans.',
  },
  planCacheBytes: {
    env: 'ORDERGRAPH_PLAN_CACHE_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 256 * 1024 * 1024,
    help: 'Maximum estimated bytes of cached plans.',
  },
  plansUrl: {
    env: 'ORDERGRAPH_PLANS_URL',
    value: 'url',
    schema: redisUrl,
    default: '',
    help: 'Redis in which several gateways share their plans, as redis://host:port; a cache within --plan-cache-entries and --plan-cache-bytes.',
  },
  redisPrefix: {
    env: 'ORDERGRAPH_REDIS_PREFIX',
    schema: z.string().regex(/^[A-Za-z0-9._:-]{1,50}$/, 'use 1 to 50 letters, digits, and . _ : -'),
    default: 'ordergraph',
    help: 'Prefix of the keys in Redis: <prefix>:plans:… and <prefix>:limits:….',
  },
  supergraphPollMs: {
    env: 'ORDERGRAPH_SUPERGRAPH_POLL_MS',
    schema: z.coerce.number().int().min(0).max(86_400_000),
    default: 2_000,
    help: 'Milliseconds between checks of the supergraph, in its file or the registry, for changes; 0 disables them.',
  },
  shutdownMs: {
    env: 'ORDERGRAPH_SHUTDOWN_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 15_000,
    help: 'Maximum milliseconds from SIGTERM or SIGINT to the end of the process; requests in progress finish within them.',
  },
  drainMs: {
    env: 'ORDERGRAPH_DRAIN_MS',
    schema: z.coerce.number().int().min(0).max(600_000),
    default: 0,
    help: 'Milliseconds after SIGTERM in which /health/ready returns 503 and requests are still answered, so that a load balancer can notice; part of --shutdown-ms.',
  },
  requestTimeoutMs: {
    env: 'ORDERGRAPH_REQUEST_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 60_000,
    help: 'Maximum milliseconds of a request; the response has what the subgraphs returned by then.',
  },
  subgraphConcurrency: {
    env: 'ORDERGRAPH_SUBGRAPH_CONCURRENCY',
    schema: z.coerce.number().int().min(1),
    default: 128,
    help: 'Maximum concurrent requests to one subgraph.',
  },
  subgraphQueue: {
    env: 'ORDERGRAPH_SUBGRAPH_QUEUE',
    schema: z.coerce.number().int().min(0),
    default: 1_024,
    help: 'Maximum requests that wait for one subgraph; the gateway rejects more.',
  },
  subgraphRetries: {
    env: 'ORDERGRAPH_SUBGRAPH_RETRIES',
    schema: z.coerce.number().int().min(0).max(10),
    default: 2,
    help: 'Maximum retries of a query to a subgraph that is unreachable or busy.',
  },
  subgraphHttp2: {
    env: 'ORDERGRAPH_SUBGRAPH_HTTP2',
    schema: z.union([z.boolean(), z.stringbool()]),
    default: false,
    help: 'Whether to use HTTP/2 with subgraphs that offer it over TLS: true or false.',
  },
  subgraphCa: {
    env: 'ORDERGRAPH_SUBGRAPH_CA',
    value: 'file',
    schema: z.string(),
    default: '',
    help: 'Authority of the subgraphs’ certificates in PEM.',
  },
  subgraphCert: {
    env: 'ORDERGRAPH_SUBGRAPH_CERT',
    value: 'file',
    schema: z.string(),
    default: '',
    help: 'Client certificate for subgraphs in PEM.',
  },
  subgraphKey: {
    env: 'ORDERGRAPH_SUBGRAPH_KEY',
    value: 'file',
    schema: z.string(),
    default: '',
    help: 'Key of --subgraph-cert in PEM.',
  },
  metricsPort: {
    env: 'ORDERGRAPH_METRICS_PORT',
    schema: z.union([z.literal(''), port]),
    default: '' as const,
    help: 'Port that serves /metrics without a token; 0 takes a free one.',
  },
  metricsHost: {
    env: 'ORDERGRAPH_METRICS_HOST',
    schema: z.string().min(1),
    default: '127.0.0.1',
    help: 'Address of --metrics-port; keep it internal.',
  },
  logLevel: {
    env: 'ORDERGRAPH_LOG_LEVEL',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    help: 'Minimum level of log entries: fatal, error, warn, info, debug, trace, or silent.',
  },
  nodeEnv: {
    env: 'NODE_ENV',
    hasFlag: false,
    // whatever is not known to be harmless is production
    schema: z.string().transform((name) => (/^\s*(development|test)?\s*$/i.test(name) ? name.trim() : 'production')),
    default: '',
    help: 'Development, test, or unset; any other value means production, which rejects the development issuer, and keys that a process makes for itself.',
  },
} as const satisfies SettingTable;

export type GatewayConfig = SettingValues<typeof settings>;

/** The gateway's settings: flags over environment over defaults. @throws OperatorError for a value that is not valid */
export const readConfig = (flags: Readonly<Record<string, unknown>>, environment?: Environment): GatewayConfig =>
  readSettings(settings, flags, environment);
