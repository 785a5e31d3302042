import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import { TlsFiles } from '#base/http/tls-files';
import { type Door, openDoor, SignedDoor } from '#base/identity/door';
import { readIdentityKeys } from '#base/identity/keys';
import { parsePrincipal } from '#base/identity/principal';
import { metricsAddress, serveMetrics } from '#base/telemetry/server';
import { NO_EVENT_KEYS } from '#kit/events/event-keys';
import { createSubgraphServer } from '#kit/subgraph/server';
import { subgraphMetrics } from '#kit/telemetry/subgraph-metrics';
import { requireDevelopment } from '../identity/development-issuer';
import { createLog } from '../telemetry/log';
import { auditLog, cursorsOf } from './audit';
import { backgroundTimes, eventKeysFrom, fileStore, remoteBus, transferLimits } from './background';
import { databaseLimits, databaseUrl } from './databases';
import { loadSubgraph } from './load-subgraph';
import { wrappingKeysOf } from './person-keys';
import { defaultPort, EVENT_READERS } from './programs';
import { declareOwnRoles } from './roles';
import { exchangeSeals } from './seals';
import { servicesOf } from './services';
import type { SettingsOf, SubgraphSettings } from './settings';
import { closeOnSignal } from './shutdown';
import { releaseStartupMemory } from './startup-memory';
import { limitYoungGeneration } from './young-generation';

export interface SubgraphOptions {
  /** Name of a subgraph of this repository, or the path of a compiled module. */
  name: string;
  /** Principal of every caller, instead of signed identities. */
  openTo?: string;
  settingsOf: SettingsOf<SubgraphSettings>;
}

interface DoorOptions {
  readonly name: string;
  readonly openTo?: string;
  readonly settings: SubgraphSettings;
}

/** @throws OperatorError for a certificate without its key, or a file that cannot be read */
function tlsOf({ tlsCert, tlsKey, tlsCa }: SubgraphSettings, log: Logger): TlsFiles | undefined {
  if (!tlsCert && !tlsKey && !tlsCa) return undefined;
  if (!tlsCert || !tlsKey)
    throw new OperatorError(
      'TLS needs a certificate and its key',
      'Set both --tls-cert and --tls-key, and --tls-ca to accept only gateways with a certificate',
    );
  return new TlsFiles({ cert: tlsCert, key: tlsKey, ca: tlsCa }, log);
}

/** @throws OperatorError when no gateways are configured */
function doorOf({ name, openTo, settings }: DoorOptions, log: Logger): Door {
  const { host, nodeEnv, identityKeys } = settings;
  if (identityKeys) return new SignedDoor(readIdentityKeys(identityKeys, log), name, log);
  if (openTo === undefined)
    throw new OperatorError(
      'No gateway public keys are configured; refusing to start',
      'Set --identity-keys to the file of the gateways’ public keys; `ordergraph keys FOLDER` creates it',
    );
  requireDevelopment(host, nodeEnv);
  const principal = parsePrincipal(openTo);
  log.warn({ principal }, 'every caller of this subgraph gets the same principal; for development only');
  return openDoor(principal);
}

/** Runs one subgraph until a signal ends it. */
export async function startSubgraph(options: SubgraphOptions): Promise<void> {
  const subgraph = await loadSubgraph(options.name);
  const { name } = subgraph;
  const settings = options.settingsOf(name);
  // callers have roles of other programs, too
  declareOwnRoles();
  const log = createLog(settings.logLevel, name);
  const tls = tlsOf(settings, log);
  const { drainMs, shutdownMs } = settings;
  const metricsAt = metricsAddress(settings.metricsHost, String(settings.metricsPort));
  const store = subgraph.parts.files && fileStore(settings);
  const door = doorOf({ name, openTo: options.openTo, settings }, log);
  const audit = await auditLog(name, settings, log);
  const cursors = await cursorsOf(name, settings);
  const url = databaseUrl(name, settings);
  const limits = databaseLimits(settings);
  const wrappingKeys = await wrappingKeysOf(subgraph, settings, log);
  const services = await servicesOf(subgraph.name, settings.supergraphKey);
  const open = await subgraph.open({
    ...{ databaseUrl: url, log, store, door, audit, cursors, limits, wrappingKeys, services },
  });
  const hasEvents = EVENT_READERS.includes(name);
  const bus = remoteBus(settings, () => (hasEvents ? eventKeysFrom([name], () => settings, log) : NO_EVENT_KEYS), log);
  if (hasEvents && !bus) log.warn('ORDERGRAPH_EVENTS_URL is not set; events to other subgraphs wait in the database');
  const server = await createSubgraphServer(open, log, {
    ...{ tls, transfers: transferLimits(settings), maxUnreadBytes: settings.maxUnreadBytes },
  });
  const seals = exchangeSeals(audit, bus, settings, log);
  const metrics = metricsAt && (await serveMetrics(subgraphMetrics(open, server.traffic, seals), metricsAt, log));
  closeOnSignal({
    log,
    server,
    close: async () => {
      await server.close();
      await seals?.stop();
      await open.close();
      await seals?.close();
      await metrics?.close();
      await bus?.close();
    },
    drainMs,
    shutdownMs,
  });
  open.startBackground({ bus: hasEvents ? bus : undefined, ...backgroundTimes(settings) });
  const address = await listen(server, settings.host, settings.port === '' ? defaultPort(name) : settings.port);
  await releaseStartupMemory();
  limitYoungGeneration();
  if (metrics) process.stdout.write(`Metrics of ${name} at ${metrics.url}\n`);
  process.stdout.write(`${name} answers at ${address}/graphql\n`);
}
