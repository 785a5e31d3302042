import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { FileExchange } from '#base/files/exchange';
import { addFileRoutes } from '#base/files/routes';
import { addressKey } from '#base/http/address';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { createServer } from '#base/http/server';
import type { SigningKey } from '#base/identity/signed-identity';
import { serveMetrics } from '#base/telemetry/server';
import type { GatewayConfig } from './config';
import { ServedGraph } from './graph/served-graph';
import { ApolloPipeline } from './http/apollo';
import { contextOf, type RequestRules, seesSchema, tellOrigin } from './http/context';
import { addCors } from './http/cors';
import type { DocumentSource } from './http/documents';
import { addGraphQLRoute } from './http/graphql-route';
import { PersistedQueries } from './http/persisted-query';
import { rolePicker } from './http/role-picker';
import { addIdentity, type Caller, type IdentityParts, payerOf } from './identity/caller';
import { PlanSeal } from './planning/cache/plan-seal';
import { RedisPlans } from './planning/cache/redis-plans';
import { plannerOf } from './planning/planners';
import { Budgets, budgetsOf, limitsClient } from './policy/budgets';
import { costModeOf } from './policy/cost-mode';
import { effectiveRate, RequestRate } from './policy/request-rate';
import { introspectionRefused } from './policy/schema-secrecy';
import { TrustedDocuments } from './policy/trusted-documents';
import type { SupergraphSource } from './supergraph/file';
import { gatewayMetrics } from './telemetry/metrics';
import { SubgraphWatch } from './transport/subgraph-watch';
import type { Transport } from './transport/transport';

export interface GatewayParts {
  /** The supergraph, or where it comes from and changes. */
  readonly supergraph: string | SupergraphSource;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: (subgraph: { name: string; url: string }) => Transport;
  /** Request headers handed on to subgraphs, lower case. */
  readonly forwardHeaders: readonly string[];
  /** Whether each subgraph answers, where that is known. */
  readonly subgraphsReady?: () => Promise<Record<string, boolean>>;
  /** Takes and gives files for the subgraph that has them. */
  readonly files?: { readonly subgraph: string; readonly exchange: FileExchange };
  /** How callers are known, and subgraphs told who asks; without it everyone may ask. */
  readonly identity?: IdentityParts;
  /** The key that gateways of a deployment share, where callers are not asked who they are; else that of the identities. */
  readonly gatewayKey?: () => SigningKey;
}

/** The key that vouches for shared plans. @throws OperatorError when there is no such key */
function keyForPlans(identity: IdentityParts | undefined): () => SigningKey {
  if (identity) return () => identity.signer.key;
  throw new OperatorError(
    'Plans are shared through Redis, but no key shows which gateway made them',
    'Name the key of the gateways by --identity-key; `ordergraph keys FOLDER` makes it',
  );
}

const OPERATORS_ONLY = {
  errors: [{ message: 'Metrics are read by the role operator', extensions: { code: 'FORBIDDEN' } }],
};

/** Whether somebody looks after this gateway; where nobody is asked who they are, everyone who reaches it does. */
function isForOperators({ principal }: Caller, identity: IdentityParts | undefined): boolean {
  return !identity || (principal?.roles.includes('operator') ?? false);
}

/** Counts the requests that browsers send before those of pages, for their address: nobody says who sends them, and CORS answers them at once. */
function countPreflights(server: FastifyInstance, rate: RequestRate): void {
  server.addHook('onRequest', (request, reply, next) => {
    if (request.method === 'OPTIONS') rate.check(addressKey(request.ip), reply, next);
    else next();
  });
}

/** Counts requests, and warns once where addresses are probably those of a proxy. */
function countRequests(
  server: FastifyInstance,
  rate: RequestRate,
  { trustsProxies, log }: { readonly trustsProxies: boolean; readonly log: Logger },
): void {
  let isTold = trustsProxies;
  server.addHook('onRequest', (request, reply, next) => {
    if (!isTold && request.headers['x-forwarded-for'] !== undefined) {
      isTold = true;
      log.warn(
        'requests carry X-Forwarded-For, but no proxy is trusted: set --trusted-proxy, or limits by address count all its clients as one',
      );
    }
    // a load balancer that asks for health is no caller
    if (request.url.startsWith('/health/') || request.method === 'OPTIONS') next();
    else rate.check(payerOf(request), reply, next);
  });
}

/** The gateway's HTTP server over one supergraph: /graphql, /health/live, /health/ready, /metrics, /schema.graphql, and Apollo Sandbox for browsers. */
export async function createGateway({
  supergraph,
  config,
  log,
  transport,
  forwardHeaders: toForward,
  subgraphsReady,
  files,
  identity,
  gatewayKey,
}: GatewayParts): Promise<FastifyInstance> {
  // the id of the request is sent and returned anyway; as a forwarded header it would keep requests from sharing calls
  const [forwardHeaders, returnHeaders] = [toForward, config.returnHeader].map((names) =>
    names.filter((name) => name !== REQUEST_ID_HEADER),
  ) as [string[], string[]];
  const offered = (supergraphSdl: string): void => {
    served.offer(supergraphSdl).catch((error) => log.error({ err: error }, 'a supergraph could not be taken'));
  };
  const { supergraphSdl, cleanup } =
    typeof supergraph === 'string'
      ? { supergraphSdl: supergraph, cleanup: undefined }
      : await supergraph.initialize({ update: offered });
  const overrides = { labels: config.overrideLabel, percentile: config.overridePercentile };
  const planBounds = { entries: config.planCacheEntries, bytes: config.planCacheBytes };
  const sharedPlans =
    config.plansUrl === ''
      ? undefined
      : new RedisPlans({
          url: config.plansUrl,
          prefix: config.redisPrefix,
          limits: planBounds,
          seal: new PlanSeal(gatewayKey ?? keyForPlans(identity)),
          log,
        });
  const served = new ServedGraph(
    {
      supergraphSdl,
      planner: plannerOf(config.planner, log, overrides),
      planLimits: { ...planBounds, timeoutMs: config.planTimeoutMs },
      sharedPlans:
        sharedPlans &&
        ((sdl, planner, subgraphs) => sharedPlans.of(sdl, `${planner} ${JSON.stringify(overrides)}`, subgraphs)),
      transport,
      fetchTimeoutMs: config.subgraphTimeoutMs,
      watch: new SubgraphWatch(log),
      unauthorizedFields: config.unauthorizedFields,
    },
    log,
  );
  const transfers = {
    perCaller: config.maxTransfers,
    bytesPerSecond: config.minTransferRate,
    windowMs: config.transferWindowMs,
  };
  const server = createServer({
    log,
    maxRequestBytes: config.maxRequestBytes,
    receiveTimeoutMs: config.receiveTimeoutMs,
    readRate: transfers,
    trustedProxies: config.trustedProxy,
    readiness: async (request) => {
      const parts = (await subgraphsReady?.()) ?? {};
      const ready = Object.values(parts).every(Boolean);
      // which subgraphs there are is nobody's business who only wants to know whether to send requests here
      return isForOperators(request.caller, identity)
        ? { ready, parts, details: { supergraph: served.status() } }
        : { ready };
    },
  });
  const limitsRedis = config.limitsUrl === '' ? undefined : limitsClient(config.limitsUrl, config.redisPrefix, log);
  const modeOf = () =>
    costModeOf(config.costs, { knowsCallers: identity !== undefined, statesCosts: served.graph.statesCosts });
  let costs = modeOf();
  served.onSchemaLoadOrUpdate(() => {
    const { mode } = costs;
    costs = modeOf();
    if (costs.mode !== mode)
      log.warn({ from: mode, to: costs.mode, reason: costs.reason }, 'changed handling of costs');
  });
  const budgets =
    costs.mode === 'off'
      ? undefined
      : new Budgets({
          isEnforced: () => costs.mode === 'enforce',
          mostOfOne: config.maxCost,
          perMinute: budgetsOf(config.budget),
          redis: limitsRedis,
        });
  const limit = effectiveRate(config.rateLimit, identity !== undefined && !identity.development);
  const rate = limit > 0 ? new RequestRate(limit, limitsRedis) : undefined;
  if (rate) countPreflights(server, rate);
  await addCors(server, {
    origins: config.corsOrigin,
    allowLocalhost: identity?.development !== undefined,
    requestHeaders: [...forwardHeaders, ...config.corsHeader],
    responseHeaders: returnHeaders,
  });
  addIdentity(server, identity, () => served.graph.subgraphs, rate);
  if (rate) countRequests(server, rate, { trustsProxies: config.trustedProxy.length > 0, log });
  // where there are manifests, nothing else is persisted: what one caller has registered is no trusted document of others
  const documents: DocumentSource =
    config.trustedDocuments.length > 0
      ? { trusted: TrustedDocuments.read(config.trustedDocuments, config.adHocRole) }
      : { registered: new PersistedQueries() };
  const apollo = await ApolloPipeline.start(served, documents.registered, log);
  server.addHook('onClose', async () => {
    await cleanup?.();
    await apollo.stop();
    sharedPlans?.close();
    limitsRedis?.disconnect();
  });
  const introspection = config.introspection || (identity && !identity.development ? 'known' : 'everyone');
  const rules: RequestRules = {
    forwardHeaders,
    returnHeaders,
    timeoutMs: config.requestTimeoutMs,
    introspection,
    budgets,
  };
  addGraphQLRoute(server, {
    apollo,
    served,
    contextOf: (request, reply, delivery) => contextOf(request, reply, rules, delivery),
    log,
    limits: config,
    budgets,
    page: identity?.development && rolePicker(identity.development),
    documents,
    responses: {
      compression: config.compression,
      varyBy: [...new Set([...(identity ? ['authorization'] : []), ...forwardHeaders])],
    },
  });
  if (files)
    await addFileRoutes(server, {
      exchange: files.exchange,
      limits: transfers,
      callerOf: ({ caller, ip }) => (identity ? caller.principal && caller.person : addressKey(ip)),
      headersOf: (request) => {
        const { identities } = request.caller;
        return {
          ...(identities && tellOrigin(identities, request).get(files.subgraph)),
          [REQUEST_ID_HEADER]: request.id,
        };
      },
    });
  const metrics = gatewayMetrics({ served, budgets, sharedPlans, traffic: server.traffic });
  if (config.metricsPort !== '') {
    const address = { host: config.metricsHost, port: config.metricsPort };
    const { url, close } = await serveMetrics(metrics, address, log);
    server.addHook('onClose', close);
    log.info({ url }, 'serving metrics');
  }
  server.get('/metrics', async ({ caller }, reply) =>
    isForOperators(caller, identity)
      ? reply.type(metrics.contentType).send(await metrics.metrics())
      : reply.code(403).send(OPERATORS_ONLY),
  );
  server.get('/schema.graphql', async ({ caller }, reply) => {
    if (!seesSchema(introspection, caller.principal))
      return reply.code(403).send({ errors: [introspectionRefused().toJSON()] });
    reply.header('cache-control', 'private, max-age=60').header('vary', 'authorization');
    return reply.type('text/plain; charset=utf-8').send(served.graph.printedApiSchema());
  });
  server.get('/', async (_request, reply) => reply.redirect('/graphql'));
  return server;
}
