import { z } from 'zod';
import { OperatorError } from '#base/errors';
import { ROLES } from '#base/identity/principal';

const port = z.coerce.number().int().min(0).max(65_535);
const list = z
  .union([z.string(), z.array(z.string())])
  .transform((value) =>
    (typeof value === 'string' ? value.split(',') : value).map((name) => name.trim()).filter(Boolean),
  );
/** HTTP's names of headers have no case. */
const headerNames = list.transform((names) => names.map((name) => name.toLowerCase()));

/** Every setting of the gateway: what it is, its environment variable, its default. The one place they are declared. */
export const settings = {
  host: { env: 'ORDERGRAPH_HOST', schema: z.string().min(1), default: '127.0.0.1', help: 'Address to listen on.' },
  port: { env: 'ORDERGRAPH_PORT', schema: port, default: 4000, help: 'Port to listen on; 0 takes a free one.' },
  auth: {
    env: 'ORDERGRAPH_AUTH',
    schema: z.string(),
    default: '',
    help: 'Who is believed: a file of trusted issuers; "development" for tokens of `ordergraph token`, which `start` takes by default; "off" asks nobody who they are and tells subgraphs nothing.',
  },
  revokedTokens: {
    env: 'ORDERGRAPH_REVOKED_TOKENS',
    schema: z.string(),
    default: '',
    help: 'File of tokens that are no longer taken: a token id (jti), or sub:<subject>, a line.',
  },
  identityKey: {
    env: 'ORDERGRAPH_IDENTITY_KEY',
    schema: z.string(),
    default: '',
    help: 'File of the private key that subgraphs are told by who asks; `ordergraph keys` makes one.',
  },
  forwardHeader: {
    env: 'ORDERGRAPH_FORWARD_HEADERS',
    schema: headerNames,
    default: [] as string[],
    help: 'Request header handed on to subgraphs; repeatable.',
  },
  returnHeader: {
    env: 'ORDERGRAPH_RETURN_HEADERS',
    schema: headerNames,
    default: [] as string[],
    help: 'Response header of subgraphs handed back to clients; repeatable.',
  },
  subgraphTimeoutMs: {
    env: 'ORDERGRAPH_SUBGRAPH_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 30_000,
    help: 'Milliseconds until a fetch to a subgraph is given up.',
  },
  maxResponseBytes: {
    env: 'ORDERGRAPH_MAX_RESPONSE_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 64 * 1024 * 1024,
    help: 'Most bytes of a subgraph’s answer that are read.',
  },
  maxRequestBytes: {
    env: 'ORDERGRAPH_MAX_REQUEST_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 1024 * 1024,
    help: 'Most bytes of a request.',
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
  maxTokens: {
    env: 'ORDERGRAPH_MAX_TOKENS',
    schema: z.coerce.number().int().min(1),
    default: 8_000,
    help: 'Most tokens of a document.',
  },
  maxDepth: {
    env: 'ORDERGRAPH_MAX_DEPTH',
    schema: z.coerce.number().int().min(1),
    default: 20,
    help: 'Most levels of fields in an operation.',
  },
  maxAliases: {
    env: 'ORDERGRAPH_MAX_ALIASES',
    schema: z.coerce.number().int().min(1),
    default: 100,
    help: 'Most aliases in an operation.',
  },
  maxRootFields: {
    env: 'ORDERGRAPH_MAX_ROOT_FIELDS',
    schema: z.coerce.number().int().min(1),
    default: 40,
    help: 'Most root fields of an operation.',
  },
  maxDirectives: {
    env: 'ORDERGRAPH_MAX_DIRECTIVES',
    schema: z.coerce.number().int().min(1),
    default: 100,
    help: 'Most directives in an operation.',
  },
  maxFields: {
    env: 'ORDERGRAPH_MAX_FIELDS',
    schema: z.coerce.number().int().min(1),
    default: 5_000,
    help: 'Most fields of an operation, with its fragments written out.',
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
    default: 5_000,
    help: 'Maximum number of values in the variables of a request, lists and objects included.',
  },
  maxList: {
    env: 'ORDERGRAPH_MAX_LIST',
    schema: z.coerce.number().int().min(1),
    default: 1_000,
    help: 'Most values of a list in a document or in its variables.',
  },
  maxRefusedTokens: {
    env: 'ORDERGRAPH_MAX_REFUSED_TOKENS',
    schema: z.coerce.number().int().min(0),
    default: 60,
    help: 'Maximum tokens with an invalid signature per client address per minute; beyond, the address gets 50 signature checks per second. Tokens that were valid before always pass. 0 disables the limit.',
  },
  trustedProxy: {
    env: 'ORDERGRAPH_TRUSTED_PROXIES',
    schema: list,
    default: [] as string[],
    help: 'Address, or range such as 10.0.0.0/8, of a proxy in front of the gateway whose X-Forwarded-For is believed; repeatable. Without one, callers have the address of whoever connects.',
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
    schema: z.coerce.number().int().min(1),
    default: 250_000,
    help: 'Most that one operation may cost: about as many objects.',
  },
  budget: {
    env: 'ORDERGRAPH_BUDGETS',
    schema: list,
    default: ['public=1000000', ...ROLES.map((role) => `${role}=10000000`)] as string[],
    help: 'What the operations of one caller may cost a minute, by role, as analyst=10000000; "public" is for an address without a token; repeatable. Roles that are not named have what the public has.',
  },
  limitsUrl: {
    env: 'ORDERGRAPH_LIMITS_URL',
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    default: '',
    help: 'Redis in which several gateways count requests and costs together, as redis://host:port.',
  },
  introspection: {
    env: 'ORDERGRAPH_INTROSPECTION',
    schema: z.enum(['', 'everyone', 'known', 'nobody']),
    default: '' as const,
    help: 'Who is shown the schema, and what exactly is wrong with an operation: "everyone", "known" callers or "nobody"; by default known callers where issuers are trusted, else everyone.',
  },
  unauthorizedFields: {
    env: 'ORDERGRAPH_UNAUTHORIZED_FIELDS',
    schema: z.enum(['null', 'refuse']),
    default: 'null' as const,
    help: 'What becomes of an operation with fields that @authenticated, @requiresScopes or @policy keep from the caller: "null" for those fields, with an error at each, or "refuse" for the whole operation.',
  },
  trustedDocuments: {
    env: 'ORDERGRAPH_TRUSTED_DOCUMENTS',
    schema: list,
    default: [] as string[],
    help: 'Manifest of documents that callers may have executed, of Apollo’s or Relay’s tooling; repeatable. With one, others are refused but of the roles of --ad-hoc-role.',
  },
  adHocRole: {
    env: 'ORDERGRAPH_AD_HOC_ROLES',
    schema: list,
    default: ['analyst', 'inspector', 'coordinator'] as string[],
    help: 'Role that may send documents of its own where --trusted-documents are given; repeatable.',
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
    help: 'What plans queries: "native" (Hive Router’s), or "apollo", which is slower and runs on every platform.',
  },
  overrideLabel: {
    env: 'ORDERGRAPH_OVERRIDE_LABELS',
    schema: list,
    default: [] as string[],
    help: 'Label of a progressive @override that is in force; repeatable.',
  },
  overridePercentile: {
    env: 'ORDERGRAPH_OVERRIDE_PERCENTILE',
    schema: z.coerce.number().min(0).max(100),
    default: 100,
    help: 'Progressive @overrides labelled percent(x) are in force when this is below x: 100 for never, 0 for always.',
  },
  planTimeoutMs: {
    env: 'ORDERGRAPH_PLAN_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 10_000,
    help: 'Milliseconds until planning an operation is given up.',
  },
  planCacheEntries: {
    env: 'ORDERGRAPH_PLAN_CACHE_ENTRIES',
    schema: z.coerce.number().int().min(1),
    default: 10_000,
    help: 'Most plans that are kept.',
  },
  planCacheBytes: {
    env: 'ORDERGRAPH_PLAN_CACHE_BYTES',
    schema: z.coerce.number().int().min(1_024),
    default: 256 * 1024 * 1024,
    help: 'Most bytes of plans that are kept, by estimate.',
  },
  plansUrl: {
    env: 'ORDERGRAPH_PLANS_URL',
    schema: z.union([z.literal(''), z.url({ protocol: /^rediss?$/ })]),
    default: '',
    help: 'Redis in which several gateways share their plans, as redis://host:port; a cache, bounded by --plan-cache-entries and --plan-cache-bytes.',
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
    help: 'Milliseconds after which the supergraph file is looked at again; 0 for never.',
  },
  shutdownMs: {
    env: 'ORDERGRAPH_SHUTDOWN_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 15_000,
    help: 'Milliseconds in which the process ends after SIGTERM or SIGINT; requests in progress finish within them.',
  },
  drainMs: {
    env: 'ORDERGRAPH_DRAIN_MS',
    schema: z.coerce.number().int().min(0).max(600_000),
    default: 0,
    help: 'Milliseconds after SIGTERM in which /health/ready is 503 while requests are still answered: as long as a load balancer needs to notice, and part of --shutdown-ms. 0 stops at once.',
  },
  requestTimeoutMs: {
    env: 'ORDERGRAPH_REQUEST_TIMEOUT_MS',
    schema: z.coerce.number().int().min(1).max(600_000),
    default: 60_000,
    help: 'Milliseconds in which a request is answered, with what subgraphs have given until then.',
  },
  subgraphConcurrency: {
    env: 'ORDERGRAPH_SUBGRAPH_CONCURRENCY',
    schema: z.coerce.number().int().min(1),
    default: 128,
    help: 'Most requests to one subgraph at once.',
  },
  subgraphQueue: {
    env: 'ORDERGRAPH_SUBGRAPH_QUEUE',
    schema: z.coerce.number().int().min(0),
    default: 1_024,
    help: 'Most requests that wait for one subgraph; more are refused.',
  },
  subgraphRetries: {
    env: 'ORDERGRAPH_SUBGRAPH_RETRIES',
    schema: z.coerce.number().int().min(0).max(10),
    default: 2,
    help: 'How often a query to a subgraph that is unreachable or busy is tried again.',
  },
  subgraphHttp2: {
    env: 'ORDERGRAPH_SUBGRAPH_HTTP2',
    schema: z.union([z.boolean(), z.stringbool()]),
    default: false,
    help: 'Whether HTTP/2 is spoken with subgraphs that offer it over TLS.',
  },
  subgraphCa: {
    env: 'ORDERGRAPH_SUBGRAPH_CA',
    schema: z.string(),
    default: '',
    help: 'PEM file of the authorities that subgraphs’ certificates are trusted by.',
  },
  subgraphCert: {
    env: 'ORDERGRAPH_SUBGRAPH_CERT',
    schema: z.string(),
    default: '',
    help: 'PEM file of the certificate that subgraphs are shown.',
  },
  subgraphKey: {
    env: 'ORDERGRAPH_SUBGRAPH_KEY',
    schema: z.string(),
    default: '',
    help: 'PEM file of that certificate’s key.',
  },
  metricsPort: {
    env: 'ORDERGRAPH_METRICS_PORT',
    schema: z.union([z.literal(''), port]),
    default: '' as const,
    help: 'Port that serves /metrics to scrapers without a token; 0 takes a free one.',
  },
  metricsHost: {
    env: 'ORDERGRAPH_METRICS_HOST',
    schema: z.string().min(1),
    default: '127.0.0.1',
    help: 'Address of --metrics-port; reachable for scrapers only.',
  },
  logLevel: {
    env: 'ORDERGRAPH_LOG_LEVEL',
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    default: 'info',
    help: 'What is logged.',
  },
} as const;

type Settings = typeof settings;
export type GatewayConfig = { readonly [Name in keyof Settings]: z.output<Settings[Name]['schema']> };

export const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** What applies without the setting, in words. */
export const defaultOf = (setting: { readonly default: unknown; readonly defaultHelp?: string }): string =>
  setting.defaultHelp ?? (String(setting.default) || 'none');

/** Flags over environment over defaults. @throws OperatorError naming the setting, where it came from, and what it may be. */
export function readConfig(
  flags: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv = process.env,
): GatewayConfig {
  const config: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(settings)) {
    const fromEnvironment = environment[setting.env];
    const given = flags[name] ?? fromEnvironment;
    if (given === undefined) {
      config[name] = setting.default;
      continue;
    }
    const parsed = (setting.schema as z.ZodType).safeParse(given);
    if (!parsed.success) {
      const source = flags[name] === undefined ? setting.env : flagOf(name);
      throw new OperatorError(
        `${source} is "${given}": ${parsed.error.issues[0]!.message}`,
        `${setting.help} Default: ${defaultOf(setting)}`,
      );
    }
    config[name] = parsed.data;
  }
  return config as GatewayConfig;
}

/**
 * One line per setting, without passwords.
 * @param effective values that follow from other settings, by setting
 */
export function describeConfig(
  config: GatewayConfig,
  effective: Partial<Record<keyof GatewayConfig, string>> = {},
): string {
  return Object.entries({ ...config, ...effective })
    .map(([name, value]) => `  ${name} = ${Array.isArray(value) ? listed(value) : withoutPassword(value)}`)
    .join('\n');
}

const listed = (values: readonly unknown[]): string => values.map(withoutPassword).join(', ') || '(none)';

/** Hides the password of a URL: up to the last @, since one that is not escaped may contain the characters around it. */
function withoutPassword(value: unknown): string {
  return String(value)
    .replace(/^([a-z][\w+.-]*:\/\/[^:/?#]*:).*@/i, '$1…@')
    .replace(/([?&]password=)[^&#]*/gi, '$1…');
}
