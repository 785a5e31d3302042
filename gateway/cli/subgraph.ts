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
import { backgroundTimes, eventKeysFrom, fileStore, remoteBus, shutdownTimes, transferLimits } from './background';
import { loadSubgraph } from './load-subgraph';
import { databaseUrl, defaultPort, EVENT_READERS } from './programs';
import { exchangeSeals } from './seals';
import { closeOnSignal } from './shutdown';

export interface SubgraphOptions {
  name: string;
  host: string;
  port?: number;
  database?: string;
  dataFolder: string;
  /** File of the public keys of gateways. */
  identityKeys?: string;
  /** Instead: take everyone for this principal. */
  openTo?: string;
  /** PEM files of its certificate, of that one's key, and of the authority of gateways' certificates. */
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  metricsHost: string;
  /** Serves metrics there when set. */
  metricsPort?: string;
}

/** @throws OperatorError when only half of it is given, or a file cannot be read */
function tlsOf({ tlsCert, tlsKey, tlsCa }: SubgraphOptions, log: Logger): TlsFiles | undefined {
  if (!tlsCert && !tlsKey && !tlsCa) return undefined;
  if (!tlsCert || !tlsKey)
    throw new OperatorError(
      'TLS needs a certificate and its key',
      'Give both --tls-cert and --tls-key; --tls-ca besides, to let only gateways with a certificate in',
    );
  return new TlsFiles({ cert: tlsCert, key: tlsKey, ca: tlsCa }, log);
}

/** @throws OperatorError unless it is said whom to let in */
function doorOf({ name, host, identityKeys, openTo }: SubgraphOptions, log: Logger): Door {
  if (identityKeys) return new SignedDoor(readIdentityKeys(identityKeys, log), name, log);
  if (openTo === undefined)
    throw new OperatorError(
      'It is not said whose word is taken for who asks',
      'Name the file of the gateways’ public keys by --identity-keys; `ordergraph keys FOLDER` makes it',
    );
  requireDevelopment(host);
  const principal = parsePrincipal(openTo);
  log.warn({ principal }, 'everyone who reaches this subgraph is taken for one principal: for development only');
  return openDoor(principal);
}

/** Runs one subgraph until a signal ends it. */
export async function startSubgraph(options: SubgraphOptions): Promise<void> {
  const { name, host, port, database, dataFolder } = options;
  const subgraph = await loadSubgraph(name);
  const log = createLog(process.env.ORDERGRAPH_LOG_LEVEL ?? 'info', name);
  const tls = tlsOf(options, log);
  const [shutdown, background, transfers] = [shutdownTimes(), backgroundTimes(), transferLimits()];
  const metricsAt = metricsAddress(options.metricsHost, options.metricsPort);
  const store = subgraph.parts.files && fileStore(dataFolder);
  const door = doorOf(options, log);
  const audit = await auditLog(name, dataFolder, log);
  const cursors = await cursorsOf(name, dataFolder);
  const url = database ?? databaseUrl(name, dataFolder);
  const open = await subgraph.open({ databaseUrl: url, log, store, door, audit, cursors });
  const hasEvents = EVENT_READERS.includes(name);
  const bus = remoteBus(log, hasEvents ? eventKeysFrom([name], log) : () => NO_EVENT_KEYS);
  if (hasEvents && !bus) log.warn('EVENTS_URL is not set: events to other subgraphs wait in the database until it is');
  const server = await createSubgraphServer(open, log, { tls, transfers });
  const seals = exchangeSeals(audit, bus, log);
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
    ...shutdown,
  });
  open.startBackground({ bus, ...background });
  const address = await listen(server, host, port ?? defaultPort(name));
  if (metrics) process.stdout.write(`Metrics of ${name} at ${metrics.url}\n`);
  process.stdout.write(`${name} answers at ${address}/graphql\n`);
}
