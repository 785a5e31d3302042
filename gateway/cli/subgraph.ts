import { listen } from '../../shared/http/listen';
import { createSubgraphServer } from '../../shared/subgraph/server';
import { createLog } from '../telemetry/log';
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
  const open = await subgraph.open({ databaseUrl: database ?? databaseUrl(name, dataFolder), log });
  const server = await createSubgraphServer(open, log);
  closeOnSignal(log, async () => {
    await server.close();
    await open.close();
  });
  const address = await listen(server, host, port ?? defaultPort(name));
  process.stdout.write(`${name} answers at ${address}/graphql\n`);
}
