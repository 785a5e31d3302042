import { closedDoor } from '#base/identity/door';
import { replaceExerciseRows } from '#domain/exercise/store';
import type { DatabaseKind } from '#kit/database/dialect';
import { tellExercise } from '../../gateway/cli/exercise';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { freshDatabases } from './databases';
import { identityEnvironment } from './identity';
import { freePort, type Running, run, says } from './processes';

/** A gateway and the four subgraphs, each a process of its own, over exercise data. */
export interface ProcessStack {
  readonly url: string;
  readonly subgraphUrls: ReadonlyMap<string, string>;
  readonly gateway: Running;
  readonly subgraphs: ReadonlyMap<string, Running>;
  /** Signs a token, which the gateway accepts. */
  readonly token: (principal: string) => Promise<string>;
}

/** Starts them; `killAll` ends them. @param gatewayArguments further arguments of the gateway */
export async function startStack(
  kind: DatabaseKind,
  { scale = 1, gatewayArguments = [] }: { scale?: number; gatewayArguments?: readonly string[] } = {},
): Promise<ProcessStack> {
  const databases = await freshDatabases(
    kind,
    subgraphs.map(({ name }) => name),
  );
  const story = tellExercise({ seed: 'test', scale, asOf: new Date().toISOString() });
  for (const subgraph of subgraphs) {
    const open = await subgraph.open({ databaseUrl: databases.url(subgraph.name), door: closedDoor });
    await replaceExerciseRows(open.database, subgraph.parts.entities, story.get(subgraph.name)!);
    await open.close();
  }
  const { environment, token } = await identityEnvironment();
  const settings = { ...environment, ORDERGRAPH_LOG_LEVEL: 'error' };
  const running = new Map<string, Running>();
  const urls = new Map<string, string>();
  for (const { name } of subgraphs) {
    const port = await freePort();
    running.set(name, run(['subgraph', name, '--port', String(port), '--database', databases.url(name)], settings));
    urls.set(name, `http://127.0.0.1:${port}`);
  }
  for (const one of running.values()) await says(one, /answers at/);
  const port = await freePort();
  const addresses = [...urls].flatMap(([name, url]) => ['--subgraph-url', `${name}=${url}/graphql`]);
  const gateway = run(['gateway', '--port', String(port), ...addresses, ...gatewayArguments], settings);
  await says(gateway, /The graph answers at/);
  return { url: `http://127.0.0.1:${port}`, subgraphUrls: urls, gateway, subgraphs: running, token };
}
