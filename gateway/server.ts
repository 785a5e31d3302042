import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import type { FileExchange } from '#base/files/exchange';
import { addFileRoutes } from '#base/files/routes';
import { addressKey } from '#base/http/address';
import { REQUEST_ID_HEADER } from '#base/http/request-id';
import { createServer } from '#base/http/server';
import type { SigningKey } from '#base/identity/signed-identity';
import { serveMetrics } from '#base/telemetry/server';
import { WITHHELD_HEADER } from '#base/withheld';
import { WORK_HEADER } from '#base/work';
import { type GatewayConfig, MARKINGS } from './config';
import { addExportRoutes } from './export/route';
import { FirstAnswers } from './graph/first-answers';
import type { GraphParts } from './graph/graph';
import { openGraph } from './graph/open';
import { QuestionWatch } from './graph/question-watch';
import { SchemaWatch } from './graph/schema-watch';
import { Usage } from './graph/usage';
import { UsageReport } from './graph/usage-report';
import { contextOf, originHeaders, type RequestRules, seesSchema } from './http/context';
import { addCors } from './http/cors';
import { countPreflights, countRequests, warnOfProxies } from './http/counting';
import { type DocumentSource, OwnDocuments } from './http/documents';
import { addGraphQLRoute, type GraphQLRoute } from './http/graphql-route';
import { addOperatorRoutes } from './http/operator-routes';
import { PageDocuments } from './http/page-documents';
import { addPages, PAGES_FOLDER, type SignIn } from './http/pages';
import { PersistedQueries } from './http/persisted-query';
import { Pipelines } from './http/pipelines';
import { rolePicker } from './http/role-picker';
import { addIdentity, type Caller, type IdentityParts, payerOf } from './identity/caller';
import { callerLimits } from './policy/caller-limits';
import { TrustedDocuments } from './policy/trusted-documents';
import { TrustedQuestions } from './policy/trusted-questions';
import { unreadLimits } from './policy/unread-limits';
import type { SupergraphSource } from './supergraph/source';
import { gatewayMetrics } from './telemetry/metrics';
import type { Transport } from './transport/transport';

export interface GatewayParts {
  /** The supergraph, or where it comes from and changes. */
  readonly supergraph: string | SupergraphSource;
  readonly config: GatewayConfig;
  readonly log: Logger;
  /** How a subgraph of the supergraph is reached. */
  readonly transport: (subgraph: { name: string; url: string }) => Transport;
  /** Plans the operations on a supergraph; by default as the configuration says. */
  readonly planner?: GraphParts['planner'];
  /** Request headers forwarded to subgraphs, in lower case. */
  readonly forwardHeaders: readonly string[];
  /** Whether each subgraph answers, where that is known. */
  readonly subgraphsReady?: () => Promise<Record<string, boolean>>;
  /** Whether this gateway is ready only once its subgraphs have answered. */
  readonly awaitsSubgraphs?: boolean;
  /** Takes and gives files for the subgraph that has them. */
  readonly files?: { readonly subgraph: string; readonly exchange: FileExchange };
  /** How callers are authenticated and their identity is signed for subgraphs; without it everyone may ask. */
  readonly identity?: IdentityParts;
  /** Name of this replica in the registry; "gateway" by default. */
  readonly replica?: string;
  /** The key that gateways of a deployment share, where callers are not authenticated; else that of the identities. */
  readonly gatewayKey?: () => SigningKey;
}

/** The gateway's HTTP server over one supergraph: /graphql, /contracts/…, /health/live, /health/ready, /metrics, /schema.graphql, and pages for browsers. */
export async function createGateway(parts: GatewayParts): Promise<FastifyInstance> {
  const { config, log, identity } = parts;
  const trust = !identity ? 'everyone' : identity.development ? 'development' : 'issuers';
  const [forwardHeaders, returnHeaders] = [parts.forwardHeaders, config.returnHeader].map(withoutOwnHeaders) as [
    string[],
    string[],
  ];
  const planKey = parts.gatewayKey ?? (identity && (() => identity.signer.key));
  const graph = await openGraph({ ...parts, planKey });
  const { served } = graph;
  const source = typeof parts.supergraph === 'string' ? undefined : parts.supergraph;
  const limits = callerLimits(config, trust, served, log);
  const { budgets, rate } = limits;
  const questions = new TrustedQuestions();
  const documents = documentsOf(config, questions);
  const pipelines = await Pipelines.start(served, documents.registered, log);
  const isOperator = ({ principal }: Caller) => !identity || (principal?.roles.includes('operator') ?? false);
  const transfers = {
    perCaller: config.maxTransfers,
    bytesPerSecond: config.minTransferRate,
    windowMs: config.transferWindowMs,
  };
  const firstAnswers = parts.awaitsSubgraphs
    ? new FirstAnswers({ graph: () => served.graph, signer: identity?.signer, log, graceMs: config.readyAfterMs })
    : undefined;
  const server = createServer({
    log,
    maxRequestBytes: config.maxRequestBytes,
    receiveTimeoutMs: config.receiveTimeoutMs,
    readRate: transfers,
    unread: {
      ...unreadLimits(config, trust === 'issuers'),
      // early rejections have no caller
      callerOf: (request) => (request.caller ? payerOf(request) : addressKey(request.ip)),
    },
    trustedProxies: config.trustedProxy,
    readiness: async ({ caller }) => {
      const first = await firstAnswers?.check();
      const ofSubgraphs = first?.parts ?? (await parts.subgraphsReady?.()) ?? {};
      const ready = first?.ready ?? Object.values(ofSubgraphs).every(Boolean);
      // a load balancer needs no list of subgraphs
      const supergraph = { ...source?.status?.(), ...served.status() };
      return isOperator(caller) ? { ready, parts: ofSubgraphs, details: { supergraph } } : { ready };
    },
  });
  const watch =
    identity && config.trustedQuestionsPollMs > 0
      ? new QuestionWatch({
          ...{ graph: () => served.graph, signer: identity.signer, questions, log },
          everyMs: config.trustedQuestionsPollMs,
        })
      : undefined;
  const usage = identity && config.usageReportMs > 0 ? new Usage() : undefined;
  const usageReport =
    identity && usage
      ? new UsageReport({
          ...{ graph: () => served.graph, signer: identity.signer, usage, log, replica: parts.replica ?? 'gateway' },
          everyMs: config.usageReportMs,
        })
      : undefined;
  const schemaWatch =
    identity && config.schemaWatchMs > 0
      ? new SchemaWatch({
          ...{ graph: () => served.graph, signer: identity.signer, log, replica: parts.replica ?? 'gateway' },
          everyMs: config.schemaWatchMs,
        })
      : undefined;
  server.addHook('onClose', async () => {
    await schemaWatch?.close();
    await usageReport?.close();
    await watch?.close();
    await graph.close();
    await pipelines.stop();
    limits.close();
  });

  if (rate) countPreflights(server, rate);
  await addCors(server, {
    origins: config.corsOrigin,
    allowLocalhost: trust === 'development',
    requestHeaders: [...forwardHeaders, ...config.corsHeader],
    responseHeaders: returnHeaders,
  });
  addIdentity(server, identity, () => served.graph.subgraphs, rate);
  if (config.trustedProxy.length === 0) warnOfProxies(server, log);
  if (rate) countRequests(server, rate);

  const introspection = config.introspection || (trust === 'issuers' ? 'known' : 'everyone');
  const rules: RequestRules = {
    forwardHeaders,
    returnHeaders,
    timeoutMs: config.requestTimeoutMs,
    introspection,
    budgets,
    usage,
  };
  addGraphQLRoute(server, {
    pipelines,
    served,
    contextOf: (request, reply, delivery, asksForTrace) => contextOf(request, reply, rules, delivery, asksForTrace),
    log,
    limits: config,
    budgets,
    page: browserPage(parts),
    contractPage: identity?.development && rolePicker(identity.development),
    documents,
    responses: {
      compression: config.compression,
      varyBy: [...new Set([...(identity ? ['authorization'] : []), ...forwardHeaders])],
    },
  });
  const payer = (request: FastifyRequest) => ({ key: payerOf(request), principal: request.caller.principal });
  addExportRoutes(server, {
    schema: () => served.graph.apiSchema,
    seesSchema: ({ caller }) => seesSchema(introspection, caller.principal),
    documents,
    limits: config,
    exhausted: (request) => budgets?.exhausted(payer(request)),
    charge: (request, cost) => budgets?.charge(cost, payer(request)),
    maxExports: config.maxTransfers,
    keep: ({ raw }, bytes) => server.unread.keep(raw, bytes),
    forwardHeaders,
  });
  const { files } = parts;
  if (files)
    await addFileRoutes(server, {
      exchange: files.exchange,
      limits: transfers,
      callerOf: ({ caller, ip }) => (identity ? caller.principal && caller.person : addressKey(ip)),
      headersOf: (request) => {
        const { identities } = request.caller;
        return {
          ...(identities && originHeaders(identities, request).get(files.subgraph)),
          [REQUEST_ID_HEADER]: request.id,
        };
      },
      requireCaller: ({ caller: { principal }, headers: { authorization } }) => {
        if (principal && authorization !== undefined)
          identity?.authenticator.requireUnrevoked(authorization, principal);
      },
    });

  const { sharedPlans } = graph;
  const metrics = gatewayMetrics({
    ...{ served, source, budgets, usage, sharedPlans, traffic: server.traffic },
    schemaWatch,
  });
  if (config.pages === 'on')
    await addPages(server, {
      folder: PAGES_FOLDER,
      development: identity?.development,
      signIn: signInOf(config),
      markings: { ...MARKINGS, ...Object.fromEntries(config.marking.map((pair) => pair.split('='))) },
    });
  addOperatorRoutes(server, {
    home: config.pages === 'on' ? '/dashboard' : '/graphql',
    metrics,
    served,
    introspection,
    isOperator,
    compression: config.compression,
  });
  if (config.metricsPort !== '') {
    const address = { host: config.metricsHost, port: config.metricsPort };
    const { url, close } = await serveMetrics(metrics, address, log);
    server.addHook('onClose', close);
    log.info({ url }, 'serving metrics');
  }
  return server;
}

/** What browsers get at `/graphql`: Apollo Sandbox with the identities of the development issuer, else the explorer. */
function browserPage({ config, identity }: GatewayParts): GraphQLRoute['page'] {
  if (identity?.development) return rolePicker(identity.development);
  return config.pages === 'on' ? async (_request, reply) => reply.redirect('/explorer') : undefined;
}

/** @throws OperatorError if the settings are incomplete */
function signInOf({ signInIssuer, signInClient, signInScope }: GatewayConfig): SignIn | undefined {
  if ((signInIssuer === '') !== (signInClient === ''))
    throw new OperatorError(
      'Signing in needs both an issuer and a client id',
      'Set --sign-in-issuer and --sign-in-client',
    );
  return signInIssuer === '' ? undefined : { issuer: signInIssuer, clientId: signInClient, scope: signInScope };
}

/**
 * The id of a request is sent and returned anyway; as a forwarded header it would keep requests from sharing calls. Rules that limit a caller
 * are in the body, and so is the cost.
 */
const withoutOwnHeaders = (names: readonly string[]): string[] =>
  names.filter((name) => name !== REQUEST_ID_HEADER && name !== WITHHELD_HEADER && name !== WORK_HEADER);

/** Where there are manifests, nothing else is persisted: a document that one caller has registered is not trusted by others. */
function documentsOf(
  { trustedDocuments, adHocRole, pages }: GatewayConfig,
  questions: TrustedQuestions,
): DocumentSource {
  const ofPages = pages === 'on' ? { pages: new PageDocuments(PAGES_FOLDER) } : {};
  const shared = { ...ofPages, questions, own: new OwnDocuments() };
  return trustedDocuments.length > 0
    ? { ...shared, trusted: TrustedDocuments.read(trustedDocuments, adHocRole) }
    : { ...shared, registered: new PersistedQueries() };
}
