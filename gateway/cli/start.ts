import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import { SignedDoor } from '#base/identity/door';
import { newKey, privateKeyIn, publicKey } from '#base/identity/keys';
import { IdentitySigner, signingKeyOf } from '#base/identity/signed-identity';
import { readText } from '#base/read-text';
import { describeSettings } from '#base/settings';
import type { SealExchange } from '#kit/audit/seal-exchange';
import { eventKeysOf } from '#kit/events/event-keys';
import { InProcessBus } from '#kit/events/in-process-bus';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import type { GatewayConfig } from '../config';
import { describeCostMode } from '../policy/cost-mode';
import { effectiveRate } from '../policy/request-rate';
import { createGateway, type GatewayParts } from '../server';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { createLog } from '../telemetry/log';
import { InProcessTransport } from '../transport/in-process';
import { auditLog, cursorsOf, requireOwnKeys } from './audit';
import { backgroundTimes, fileStore, remoteBus } from './background';
import { lockDataFolder } from './data-folder';
import { databaseLimits, databaseUrl } from './databases';
import { fillWhenNew } from './exercise';
import { authenticationOf } from './identity';
import { followOwnRegistry, type OwnRegistry } from './own-registry';
import { wrappingKeysOf } from './person-keys';
import { EVENT_READERS, FILES_SUBGRAPH, REGISTRY_SUBGRAPH } from './programs';
import { exchangeSeals } from './seals';
import { servicesOf } from './services';
import type { OpenSettings, SettingsOf } from './settings';
import { closeOnSignal } from './shutdown';
import { subgraphs } from './subgraphs';

export interface StartOptions {
  config: GatewayConfig;
  settingsOf: SettingsOf<OpenSettings>;
  /** Whether to print all settings first. */
  printSettings?: boolean;
  /** Whether to serve what was published in the registry, instead of the supergraph of the code. */
  followsRegistry?: boolean;
  /** Scale of the exercise data for new databases; 0 creates none. */
  scale: number;
  /** Prints progress; to standard output by default. */
  print?: (text: string) => void;
}

/** Name of this process in the registry. */
const REPLICA = 'start';

const toOutput = (text: string) => process.stdout.write(`${text}\n`);

function filesOf(open: readonly OpenSubgraph[]): GatewayParts['files'] {
  const exchange = open.find(({ name }) => name === FILES_SUBGRAPH)?.files;
  return exchange && { subgraph: FILES_SUBGRAPH, exchange };
}

/** A running graph. */
export interface RunningGraph {
  readonly address: string;
  close(): Promise<void>;
}

/** Runs the subgraphs and the gateway in this process until a signal or `close` ends them. */
export async function startAll({
  config,
  settingsOf,
  printSettings,
  followsRegistry = false,
  scale,
  print = toOutput,
}: StartOptions): Promise<RunningGraph> {
  const log = createLog(config.logLevel, 'ordergraph');
  // settings that are the same for all subgraphs
  const common = settingsOf();
  const { data } = common;
  const supergraph = readText(OWN_SUPERGRAPH_FILE, 'The supergraph');
  if (printSettings)
    print(
      `${describeSettings(
        { ...config, ...common },
        {
          costs: describeCostMode(config, supergraph),
          rateLimit: String(effectiveRate(config.rateLimit, !['', 'off', 'development'].includes(config.auth))),
        },
      )}`,
    );
  const lock = lockDataFolder(data);
  // a new key for each process: its gateway and subgraphs run together
  const key = await newKey();
  const signingKey = signingKeyOf(key);
  const keys = { current: { keys: [publicKey(key)] } };
  const open: OpenSubgraph[] = [];
  const eventKey = common.eventsUrl ? await privateKeyIn(join(data, 'event-key.json'), 'the event key') : key;
  // one event key for all: subgraphs in one process cannot keep secrets from each other
  const eventKeys = eventKeysOf(new Map(EVENT_READERS.map((name) => [name, eventKey])));
  const bus = remoteBus(common, () => eventKeys, log) ?? new InProcessBus(EVENT_READERS);
  const seals: SealExchange[] = [];
  const store = fileStore(common);
  let server: FastifyInstance | undefined;
  let ownRegistry: OwnRegistry | undefined;
  const close = async () => {
    await server?.close();
    await ownRegistry?.close();
    await Promise.all(seals.map((exchange) => exchange.stop()));
    await Promise.all(open.map((subgraph) => subgraph.close()));
    await Promise.all(seals.map((exchange) => exchange.close()));
    await bus.close();
    lock.release();
  };
  try {
    print('Opening the databases …');
    const authentication = await authenticationOf({ ...config, auth: config.auth || 'development' }, data, log, print);
    await requireOwnKeys(
      subgraphs.map(({ name }) => name),
      settingsOf,
    );
    for (const subgraph of subgraphs) {
      const settings = settingsOf(subgraph.name);
      const door = new SignedDoor(keys, subgraph.name, log);
      const audit = await auditLog(subgraph.name, settings, log);
      const cursors = await cursorsOf(subgraph.name, settings);
      const url = databaseUrl(subgraph.name, settings);
      const limits = databaseLimits(settings);
      const wrappingKeys = await wrappingKeysOf(subgraph, settings, log);
      const services = await servicesOf(subgraph.name);
      open.push(
        await subgraph.open({
          ...{ databaseUrl: url, log, store, door, audit, cursors, limits, wrappingKeys, services },
        }),
      );
    }
    for (const { audit } of open)
      seals.push(...[audit && exchangeSeals(audit, bus, common, log)].filter((exchange) => exchange !== undefined));
    await fillWhenNew(open, scale, print);
    for (const subgraph of open) {
      const hasEvents = EVENT_READERS.includes(subgraph.name);
      subgraph.startBackground({ bus: hasEvents ? bus : undefined, ...backgroundTimes(common) });
    }
    const signer = await IdentitySigner.of(key);
    if (followsRegistry)
      ownRegistry = await followOwnRegistry({
        ...{ registry: open.find(({ name }) => name === REGISTRY_SUBGRAPH)!, signer, log, print },
        ...{ everyMs: config.supergraphPollMs, replica: REPLICA },
      });
    print('Starting the gateway …');
    server = await createGateway({
      supergraph: ownRegistry?.source ?? supergraph,
      config,
      log,
      transport: ({ name }) => {
        const subgraph = open.find((candidate) => candidate.name === name);
        if (!subgraph)
          throw new OperatorError(
            `The supergraph contains a subgraph "${name}" that this process does not run`,
            followsRegistry ? 'Run gateway and subgraphs as processes of their own' : 'Run `npm run generate`',
          );
        return new InProcessTransport(subgraph);
      },
      forwardHeaders: config.forwardHeader,
      identity: authentication && { ...authentication, signer },
      gatewayKey: () => signingKey,
      subgraphsReady: async () => {
        const ready = await Promise.all(
          open.map(async (subgraph) => [subgraph.name, await subgraph.isReady()] as const),
        );
        return Object.fromEntries(ready);
      },
      files: filesOf(open),
      replica: REPLICA,
    });
    const address = await listen(server, config.host, config.port);
    const { drainMs, shutdownMs } = config;
    const pages = config.pages === 'on' ? ` — open ${address}/dashboard or ${address}/explorer in a browser` : '';
    closeOnSignal({ log, server, close, drainMs, shutdownMs });
    print(`The graph answers at ${address}/graphql${pages}. Press Ctrl-C to stop.`);
    return { address, close };
  } catch (error) {
    await close();
    throw error;
  }
}
