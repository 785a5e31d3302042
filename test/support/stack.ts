import { closedDoor } from '#base/identity/door';
import { replaceExerciseRows } from '#domain/exercise/store';
import type { DatabaseKind } from '#kit/database/dialect';
import { tellExercise } from '../../gateway/cli/exercise';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { migratedDatabases } from '../worker/templates';
import type { TestDatabases } from './databases';
import { identityEnvironment } from './identity';
import { freePort, type Running, run, waitForOutput } from './processes';

/** A gateway and the subgraphs, each in its own process, over exercise data. */
export interface ProcessStack {
  readonly url: string;
  readonly subgraphUrls: ReadonlyMap<string, string>;
  readonly gateway: Running;
  readonly subgraphs: ReadonlyMap<string, Running>;
  /** Signs a token that the gateway accepts. */
  readonly token: (principal: string) => Promise<string>;
  /** By process, `gateway` and the names of subgraphs, the address of its metrics; empty unless enabled. */
  readonly metricsUrls: ReadonlyMap<string, string>;
}

export interface StackOptions {
  readonly scale?: number;
  /** Databases with data; new ones with exercise data by default. */
  readonly databases?: TestDatabases;
  /** Further arguments of the gateway. */
  readonly gatewayArguments?: readonly string[];
  /** Whether each process serves its metrics. */
  readonly withMetrics?: boolean;
}

/** Databases with exercise data, by name of the subgraph. */
export async function exerciseDatabases(
  kind: DatabaseKind,
  scale: number,
  asOf = new Date().toISOString(),
): Promise<TestDatabases> {
  const databases = await migratedDatabases(kind);
  const story = tellExercise({ seed: 'test', scale, asOf });
  for (const subgraph of subgraphs) {
    const open = await subgraph.open({ databaseUrl: databases.url(subgraph.name), door: closedDoor });
    await replaceExerciseRows(open.database, subgraph.parts.entities, story.get(subgraph.name)!);
    await open.close();
  }
  return databases;
}

/** Starts the processes; `killAll` ends them. */
export async function startStack(
  kind: DatabaseKind,
  { scale = 1, databases, gatewayArguments = [], withMetrics = false }: StackOptions = {},
): Promise<ProcessStack> {
  const { url: urlOf } = databases ?? (await exerciseDatabases(kind, scale));
  const { environment, token } = await identityEnvironment();
  const settings = { ...environment, ORDERGRAPH_LOG_LEVEL: 'error' };
  const running = new Map<string, Running>();
  const urls = new Map<string, string>();
  const metricsUrls = new Map<string, string>();
  const metricsOf = async (name: string): Promise<string[]> => {
    if (!withMetrics) return [];
    const port = await freePort();
    metricsUrls.set(name, `http://127.0.0.1:${port}/metrics`);
    return ['--metrics-port', String(port)];
  };
  for (const { name } of subgraphs) {
    const port = await freePort();
    const flags = ['--port', String(port), '--database', urlOf(name), ...(await metricsOf(name))];
    running.set(name, run(['subgraph', name, ...flags], settings));
    urls.set(name, `http://127.0.0.1:${port}`);
  }
  for (const program of running.values()) await waitForOutput(program, /answers at/);
  const port = await freePort();
  const addresses = [...urls].flatMap(([name, url]) => ['--subgraph-url', `${name}=${url}/graphql`]);
  const flags = ['--port', String(port), ...addresses, ...(await metricsOf('gateway'))];
  const gateway = run(['gateway', ...flags, ...gatewayArguments], settings);
  await waitForOutput(gateway, /The graph answers at/);
  return { url: `http://127.0.0.1:${port}`, subgraphUrls: urls, gateway, subgraphs: running, token, metricsUrls };
}
