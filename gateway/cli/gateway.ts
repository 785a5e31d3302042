import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import { TlsFiles } from '#base/http/tls-files';
import { readPublicKeys, signerOf } from '#base/identity/keys';
import { declareRoles } from '#base/identity/roles';
import type { IdentitySigner } from '#base/identity/signed-identity';
import { describeSettings, withoutSecrets } from '#base/settings';
import { NO_EVENT_KEYS } from '#kit/events/event-keys';
import type { GatewayConfig } from '../config';
import type { GraphParts } from '../graph/graph';
import { requireServable } from '../graph/served-graph';
import { SupergraphRegistry } from '../graph/supergraph-registry';
import type { IdentityParts } from '../identity/caller';
import { plannerOf } from '../planning/planners';
import { describeCostMode } from '../policy/cost-mode';
import { effectiveRate } from '../policy/request-rate';
import { rolesOf } from '../policy/roles';
import { createGateway } from '../server';
import { SupergraphCopy } from '../supergraph/copy';
import { SupergraphFile } from '../supergraph/file';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { readSupergraph, type Supergraph } from '../supergraph/supergraph';
import { createLog } from '../telemetry/log';
import { HttpFileExchange } from '../transport/files';
import { type HttpOptions, HttpTransport, isSubgraphUrl } from '../transport/http';
import { ResilientTransport } from '../transport/resilient';
import type { Transport } from '../transport/transport';
import { remoteBus } from './background';
import { requireFolder } from './folders';
import { authenticationOf } from './identity';
import { defaultUrl, FILES_SUBGRAPH } from './programs';
import { exchangeSeals } from './seals';
import type { GatewaySettings } from './settings';
import { closeOnSignal } from './shutdown';
import { releaseStartupMemory } from './startup-memory';

export interface GatewayOptions {
  config: GatewaySettings;
  /** Whether to print all settings first. */
  printSettings?: boolean;
}

/** @returns the configured URL of a subgraph; undefined without one. @throws OperatorError */
function configuredUrls(entries: readonly string[]): (name: string) => string | undefined {
  const urls = new Map(
    entries.map((entry) => {
      const [name = '', ...rest] = entry.split('=');
      const url = rest.join('=');
      if (name === '' || !isSubgraphUrl(url))
        throw new OperatorError(
          `"${withoutSecrets(entry)}" is not a subgraph URL`,
          'Use --subgraph-url name=http://host:port/graphql',
        );
      return [name.trim(), url.trim()] as const;
    }),
  );
  return (name) => urls.get(name) ?? urls.get('*')?.replaceAll('*', name);
}

/** @throws OperatorError when no authentication is configured */
async function identityOf(
  config: GatewaySettings,
  signer: IdentitySigner | undefined,
  log: Logger,
): Promise<IdentityParts | undefined> {
  const authentication = await authenticationOf(config, config.data, log, (text) => process.stdout.write(`${text}\n`));
  if (!authentication) return undefined;
  if (!signer) throw withoutKey();
  return { ...authentication, signer };
}

const withoutKey = (): OperatorError =>
  new OperatorError(
    'No identity signing key is configured',
    'Set --identity-key to a private key file; `ordergraph keys FOLDER` creates one',
  );

/** Certificates for connections to subgraphs; undefined where none are configured. @throws OperatorError */
function tlsOf(
  { subgraphCa: ca, subgraphCert: cert, subgraphKey: key }: GatewayConfig,
  log: Logger,
): HttpOptions['tls'] {
  return ca || cert || key ? new TlsFiles({ ca, cert, key }, log) : undefined;
}

/** Public keys that supergraphs must be signed with. The supergraph of the release came with the code. @throws OperatorError */
function publisherKeys(
  { supergraph, supergraphRegistry, supergraphKeys }: GatewaySettings,
  log: Logger,
): (() => JSONWebKeySet) | undefined {
  if ((supergraph === '' && supergraphRegistry === '') || supergraphKeys === '') return undefined;
  const keys = readPublicKeys(supergraphKeys, 'the public keys of --supergraph-keys, ORDERGRAPH_SUPERGRAPH_KEYS', log);
  return () => keys.current;
}

/** Where supergraphs come from: the registry, a file, or the release. @throws OperatorError */
function sourceOf(
  config: GatewaySettings,
  signer: IdentitySigner | undefined,
  { tls, transport, log }: { tls: HttpOptions['tls']; transport: GraphParts['transport']; log: Logger },
): SupergraphFile | SupergraphRegistry {
  const { supergraph, supergraphRegistry: url, supergraphCopy, supergraphPollMs: everyMs } = config;
  if (supergraph !== '' && url !== '')
    throw new OperatorError(
      '--supergraph and --supergraph-registry are both set',
      'Set one of them: the gateway follows either a file or the registry',
    );
  const keys = publisherKeys(config, log);
  if (supergraphCopy !== '') requireFolder(dirname(supergraphCopy), 'The supergraph copy', '--supergraph-copy');
  const copy = supergraphCopy === '' ? undefined : new SupergraphCopy(supergraphCopy, log);
  if (url === '') return new SupergraphFile(supergraph || OWN_SUPERGRAPH_FILE, everyMs, log, keys, copy);
  if (!signer) throw withoutKey();
  return new SupergraphRegistry({
    ...{ url, everyMs, signer, replica: replicaOf(config), tls, keys, copy, log },
    requireServable: (supergraphSdl) =>
      requireServable({
        supergraphSdl,
        planner: plannerOf(config.planner, log),
        planLimits: { entries: 1, bytes: 1, timeoutMs: config.planTimeoutMs },
        transport,
        fetchTimeoutMs: config.subgraphTimeoutMs,
      }),
  });
}

/** Name of this replica in the registry. */
const replicaOf = ({ replicaName }: GatewaySettings): string =>
  replicaName || `${hostname()}-${process.pid}`.replace(/[^\w.-]/g, '-').slice(-100);

/** URL of the subgraph that keeps files; undefined for a supergraph of others. */
function filesUrlOf({ supergraph, supergraphRegistry }: GatewaySettings, { join }: Supergraph): string | undefined {
  if (supergraph !== '') return undefined;
  if (supergraphRegistry === '') return defaultUrl(FILES_SUBGRAPH);
  return join.subgraphs.find(({ name }) => name === FILES_SUBGRAPH)?.url;
}

/** Runs the gateway over HTTP subgraphs until a signal ends it. */
export async function startGateway({ config, printSettings }: GatewayOptions): Promise<void> {
  const log = createLog(config.logLevel, 'gateway');
  const urlOf = configuredUrls(config.subgraphUrl);
  const hasDefaultSupergraph = config.supergraph === '' && config.supergraphRegistry === '';
  const tls = tlsOf(config, log);
  const transport = ({ name, url }: { name: string; url: string }): Transport => {
    const address = urlOf(name) ?? url;
    if (!isSubgraphUrl(address))
      throw new OperatorError(
        `The supergraph has no valid URL for its subgraph "${name}"`,
        `Add --subgraph-url ${name}=http://host:port/graphql`,
      );
    const http = new HttpTransport(name, address, {
      maxResponseBytes: config.maxResponseBytes,
      connections: config.subgraphConcurrency,
      http2: config.subgraphHttp2,
      tls,
    });
    const resilience = {
      concurrency: config.subgraphConcurrency,
      queue: config.subgraphQueue,
      retries: config.subgraphRetries,
    };
    return new ResilientTransport(name, http, resilience, log);
  };
  const signer = config.identityKey === '' ? undefined : signerOf(config.identityKey, log);
  const source = sourceOf(config, signer, { tls, transport, log });
  if (printSettings) {
    const summary = describeSettings(config, {
      costs: describeCostMode(config, await source.read()),
      rateLimit: String(effectiveRate(config.rateLimit, !['off', 'development'].includes(config.auth))),
      supergraph: config.supergraph || (hasDefaultSupergraph ? 'the four programs' : ''),
    });
    process.stdout.write(`${summary}
`);
  }
  const supergraph = readSupergraph(await source.read());
  declareRoles(rolesOf(supergraph.document));
  const filesUrl = filesUrlOf(config, supergraph);
  const files =
    filesUrl === undefined ? undefined : new HttpFileExchange(FILES_SUBGRAPH, urlOf(FILES_SUBGRAPH) ?? filesUrl, tls);
  const identity = await identityOf(config, signer, log);
  const server = await createGateway({
    supergraph: source,
    config,
    log,
    transport,
    forwardHeaders: config.forwardHeader,
    awaitsSubgraphs: true,
    files: files && { subgraph: FILES_SUBGRAPH, exchange: files },
    identity,
    gatewayKey: !identity && signer ? () => signer.key : undefined,
    replica: replicaOf(config),
  });
  const bus = config.auditAnchor ? remoteBus(config, () => NO_EVENT_KEYS, log) : undefined;
  const seals = exchangeSeals(undefined, bus, config, log);
  closeOnSignal({
    log,
    server,
    close: async () => {
      await server.close();
      await files?.close();
      await seals?.close();
      await bus?.close();
    },
    drainMs: config.drainMs,
    shutdownMs: config.shutdownMs,
  });
  // before the first request, which would wait for it
  await releaseStartupMemory();
  const address = await listen(server, config.host, config.port);
  process.stdout.write(`The graph answers at ${address}/graphql\n`);
}
