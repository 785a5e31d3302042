import { listen } from '../../shared/http/listen';
import { createSubgraphServer } from '../../shared/subgraph/server';
import { createLog } from '../telemetry/log';
import { backgroundTimes, fileStore, remoteBus } from './background';
import { closeOnSignal } from './shutdown';
import { databaseUrl, defaultPort, subgraphNamed } from './subgraphs';

export interface SubgraphOptions {
  name: string;
  host: string;
  port?: number;
  database?: string;
  dataFolder: string;
}

/** Runs one subgraph until a signal ends it. */
export async function startSubgraph({ name, host, port, database, dataFolder }: SubgraphOptions): Promise<void> {
  const subgraph = subgraphNamed(name);
  const log = createLog(process.env.ORDERGRAPH_LOG_LEVEL ?? 'info', name);
  const store = fileStore(dataFolder);
  const open = await subgraph.open({ databaseUrl: database ?? databaseUrl(name, dataFolder), log, store });
  const bus = remoteBus(log);
  if (!bus) log.warn('EVENTS_URL is not set: events to other subgraphs wait in the database until it is');
  const server = await createSubgraphServer(open, log);
  closeOnSignal(log, async () => {
    await server.close();
    await open.close();
    await bus?.close();
  });
  open.startBackground({ bus, ...backgroundTimes() });
  const address = await listen(server, host, port ?? defaultPort(name));
  process.stdout.write(`${name} answers at ${address}/graphql\n`);
}
