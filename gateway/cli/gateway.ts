import { parse } from 'graphql';
import type { JSONWebKeySet } from 'jose';
import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import { TlsFiles } from '#base/http/tls-files';
import { identityKeyIn, readPublicKeys, signerOf } from '#base/identity/keys';
import { declareRoles } from '#base/identity/roles';
import { describeSettings, withoutSecrets } from '#base/settings';
import { NO_EVENT_KEYS } from '#kit/events/event-keys';
import type { GatewayConfig } from '../config';
import type { IdentityParts } from '../identity/caller';
import { describeCostMode } from '../policy/cost-mode';
import { effectiveRate } from '../policy/request-rate';
import { rolesOf } from '../policy/roles';
import { createGateway } from '../server';
import { SupergraphFile } from '../supergraph/file';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { createLog } from '../telemetry/log';
import { HttpFileExchange } from '../transport/files';
import { type HttpOptions, HttpTransport, isSubgraphUrl } from '../transport/http';
import { ResilientTransport } from '../transport/resilient';
import type { Transport } from '../transport/transport';
import { remoteBus } from './background';
import { authenticationOf } from './identity';
import { defaultUrl, FILES_SUBGRAPH } from './programs';
import { exchangeSeals } from './seals';
import type { GatewaySettings } from './settings';
import { closeOnSignal } from './shutdown';

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
async function identityOf(config: GatewaySettings, log: Logger): Promise<IdentityParts | undefined> {
  const authentication = await authenticationOf(config, config.data, log, (text) => process.stdout.write(`${text}\n`));
  if (!authentication) return undefined;
  if (config.identityKey === '')
    throw new OperatorError(
      'No identity signing key is configured',
      'Set --identity-key to a private key file; `ordergraph keys FOLDER` creates one',
    );
  return { ...authentication, signer: signerOf(config.identityKey, log) };
}

/** Certificates for connections to subgraphs; undefined where none are configured. @throws OperatorError */
function tlsOf(
  { subgraphCa: ca, subgraphCert: cert, subgraphKey: key }: GatewayConfig,
  log: Logger,
): HttpOptions['tls'] {
  return ca || cert || key ? new TlsFiles({ ca, cert, key }, log) : undefined;
}

/** Public keys that supergraphs must be signed with. The supergraph of the release came with the code. @throws OperatorError */
function publisherKeys(
  { supergraph, supergraphKeys }: GatewaySettings,
  log: Logger,
): (() => JSONWebKeySet) | undefined {
  if (supergraph === '' || supergraphKeys === '') return undefined;
  const keys = readPublicKeys(supergraphKeys, 'the public keys of --supergraph-keys, ORDERGRAPH_SUPERGRAPH_KEYS', log);
  return () => keys.current;
}

/** Runs the gateway over HTTP subgraphs until a signal ends it. */
export async function startGateway({ config, printSettings }: GatewayOptions): Promise<void> {
  const log = createLog(config.logLevel, 'gateway');
  const urlOf = configuredUrls(config.subgraphUrl);
  const hasDefaultSupergraph = config.supergraph === '';
  const tls = tlsOf(config, log);
  const files = hasDefaultSupergraph
    ? new HttpFileExchange(FILES_SUBGRAPH, urlOf(FILES_SUBGRAPH) ?? defaultUrl(FILES_SUBGRAPH), tls)
    : undefined;
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
  const file = config.supergraph || OWN_SUPERGRAPH_FILE;
  const source = new SupergraphFile(file, config.supergraphPollMs, log, publisherKeys(config, log));
  if (printSettings) {
    const summary = describeSettings(config, {
      costs: describeCostMode(config, await source.read()),
      rateLimit: String(effectiveRate(config.rateLimit, !['off', 'development'].includes(config.auth))),
      supergraph: config.supergraph || 'the four programs',
    });
    process.stdout.write(`${summary}
`);
  }
  declareRoles(rolesOf(parse(await source.read(), { noLocation: true })));
  const identity = await identityOf(config, log);
  const server = await createGateway({
    supergraph: source,
    config,
    log,
    transport,
    forwardHeaders: config.forwardHeader,
    awaitsSubgraphs: true,
    files: files && { subgraph: FILES_SUBGRAPH, exchange: files },
    identity,
    gatewayKey: !identity && config.identityKey ? identityKeyIn(config.identityKey, log) : undefined,
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
  const address = await listen(server, config.host, config.port);
  process.stdout.write(`The graph answers at ${address}/graphql\n`);
}
