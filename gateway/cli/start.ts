import { join } from 'node:path';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import { SignedDoor } from '#base/identity/door';
import { newKey, privateKeyIn, publicKey } from '#base/identity/keys';
import { IdentitySigner, signingKeyOf } from '#base/identity/signed-identity';
import { readText } from '#base/read-text';
import type { SealExchange } from '#kit/audit/seal-exchange';
import { eventKeysOf } from '#kit/events/event-keys';
import { InProcessBus } from '#kit/events/in-process-bus';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { describeConfig, type GatewayConfig } from '../config';
import { describeCostMode } from '../policy/cost-mode';
import { effectiveRate } from '../policy/request-rate';
import { createGateway, type GatewayParts } from '../server';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { createLog } from '../telemetry/log';
import { InProcessTransport } from '../transport/in-process';
import { auditLog, cursorsOf, requireOwnKeys } from './audit';
import { backgroundTimes, fileStore, remoteBus } from './background';
import { lockDataFolder } from './data-folder';
import { fillWhenNew } from './exercise';
import { believedOf } from './identity';
import { databaseUrl, EVENT_READERS, FILES_SUBGRAPH } from './programs';
import { exchangeSeals } from './seals';
import { closeOnSignal } from './shutdown';
import { subgraphs } from './subgraphs';

export interface StartOptions {
  config: GatewayConfig;
  /** Whether every setting is printed first. */
  printSettings?: boolean;
  dataFolder: string;
  /** Scale of the exercise data made when the databases are new; 0 makes none. */
  scale: number;
  /** Where progress is told; standard output by default. */
  say?: (text: string) => void;
}

const toOutput = (text: string) => process.stdout.write(`${text}\n`);

function filesOf(open: readonly OpenSubgraph[]): GatewayParts['files'] {
  const exchange = open.find(({ name }) => name === FILES_SUBGRAPH)?.files;
  return exchange && { subgraph: FILES_SUBGRAPH, exchange };
}

/** Everything in one process, running. */
export interface Started {
  readonly address: string;
  close(): Promise<void>;
}

/** Runs the four subgraphs and the gateway in this process until a signal, or the caller, ends it. */
export async function startAll({
  config,
  printSettings,
  dataFolder,
  scale,
  say = toOutput,
}: StartOptions): Promise<Started> {
  const log = createLog(config.logLevel, 'ordergraph');
  const supergraph = readText(OWN_SUPERGRAPH_FILE, 'The supergraph');
  if (printSettings)
    say(
      `${describeConfig(config, {
        costs: describeCostMode(config, supergraph),
        rateLimit: String(effectiveRate(config.rateLimit, !['', 'off', 'development'].includes(config.auth))),
      })}\n  data = ${dataFolder}`,
    );
  const lock = lockDataFolder(dataFolder);
  // of this process and its time: gateway and subgraphs are one
  const key = await newKey();
  const signingKey = signingKeyOf(key);
  const keys = { current: { keys: [publicKey(key)] } };
  const open: OpenSubgraph[] = [];
  const eventKey = process.env.EVENTS_URL
    ? await privateKeyIn(join(dataFolder, 'event-key.json'), 'the event key')
    : key;
  // one process, one key: its subgraphs could not keep secrets from each other
  const eventKeys = eventKeysOf(new Map(EVENT_READERS.map((name) => [name, eventKey])));
  const bus = remoteBus(log, () => eventKeys) ?? new InProcessBus(EVENT_READERS);
  const seals: SealExchange[] = [];
  const store = fileStore(dataFolder);
  const close = async () => {
    await Promise.all(seals.map((exchange) => exchange.stop()));
    await Promise.all(open.map((subgraph) => subgraph.close()));
    await Promise.all(seals.map((exchange) => exchange.close()));
    await bus.close();
    lock.release();
  };
  try {
    say('Opening the databases …');
    const believed = await believedOf({ ...config, auth: config.auth || 'development' }, dataFolder, log, say);
    await requireOwnKeys(
      subgraphs.map(({ name }) => name),
      dataFolder,
    );
    for (const subgraph of subgraphs) {
      const door = new SignedDoor(keys, subgraph.name, log);
      const audit = await auditLog(subgraph.name, dataFolder, log);
      const cursors = await cursorsOf(subgraph.name, dataFolder);
      const url = databaseUrl(subgraph.name, dataFolder);
      open.push(await subgraph.open({ databaseUrl: url, log, store, door, audit, cursors }));
    }
    for (const { audit } of open)
      seals.push(...[audit && exchangeSeals(audit, bus, log)].filter((one) => one !== undefined));
    await fillWhenNew(open, scale, say);
    for (const subgraph of open) subgraph.startBackground({ bus, ...backgroundTimes() });
    say('Starting the gateway …');
    const server = await createGateway({
      supergraph,
      config,
      log,
      transport: ({ name }) => {
        const subgraph = open.find((candidate) => candidate.name === name);
        if (!subgraph)
          throw new OperatorError(
            `The supergraph names a subgraph "${name}" that is not part of this process`,
            'Run `npm run generate`',
          );
        return new InProcessTransport(subgraph);
      },
      forwardHeaders: config.forwardHeader,
      identity: believed && { ...believed, signer: await IdentitySigner.of(key) },
      gatewayKey: () => signingKey,
      subgraphsReady: async () => {
        const ready = await Promise.all(
          open.map(async (subgraph) => [subgraph.name, await subgraph.isReady()] as const),
        );
        return Object.fromEntries(ready);
      },
      files: filesOf(open),
    });
    const address = await listen(server, config.host, config.port);
    const closeAll = async () => {
      await server.close();
      await close();
    };
    const { drainMs, shutdownMs } = config;
    closeOnSignal({ log, server, close: closeAll, drainMs, shutdownMs });
    say(`The graph answers at ${address}/graphql — open it in a browser for Apollo Sandbox. Ctrl-C ends it.`);
    return { address, close: closeAll };
  } catch (error) {
    await close();
    throw error;
  }
}
