import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { parsePrincipal } from '#base/identity/principal';
import { packageRoot } from '#base/package-root';
import { takeLock } from '../../gateway/cli/data-folder';
import { writeKeys } from '../../gateway/cli/keys';
import { DevelopmentIssuer } from '../../gateway/identity/development-issuer';
import { freePort, kill, requireCompiled, run, waitForOutput } from './processes';
import { openWorld } from './world';

const CLIENTS = join(packageRoot, 'test', 'clients');

const SCENARIO_TIMEOUT_MS = 120_000;
const TOKEN_SECONDS = 3_600;
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;

/**
 * Installs the packages of `test/clients` unless they match its lock file. Test files run in parallel: one installs, the others wait.
 * @throws when npm fails, so that no test is skipped
 */
export async function installClients(): Promise<void> {
  requireCompiled();
  const lock = await waitForLock(join(packageRoot, 'dist', 'install-clients.lock'));
  try {
    const bootstrap = join(packageRoot, 'scripts', 'bootstrap.mjs');
    const install = spawnSync(process.execPath, [bootstrap, 'install', 'test/clients'], { encoding: 'utf8' });
    if (install.status === 0) return;
    throw new Error(
      `npm could not install the packages of test/clients; the first run needs a package registry\n${install.stdout}${install.stderr}`,
    );
  } finally {
    lock.release();
  }
}

async function waitForLock(file: string): Promise<{ release(): void }> {
  for (;;) {
    const lock = takeLock(file);
    if (lock) return lock;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A principal of the exercise that may register models. */
export const DEVELOPER = 'role=developer-submitter; organization=exercise-alder; subject=client';

/**
 * Runs a scenario of one program against the graph of its tests.
 * @param input what the scenario takes besides `graph`
 * @param principal of the token that the client sends, {@link DEVELOPER} by default; null sends none
 */
export type RunScenario = <Result>(scenario: string, input?: object, principal?: string | null) => Promise<Result>;

/** Installs the clients, and starts a graph that the tests of the enclosing `describe` share. */
export function useGraph(program: string): RunScenario {
  let graph: RunningGraph | undefined;
  beforeAll(async () => {
    await installClients();
    graph = await serveGraph();
  });
  afterAll(() => graph?.close());
  return async (scenario, input = {}, principal = DEVELOPER) =>
    runScenario(program, scenario, { graph: await graph!.endpoint(principal), ...input });
}

/** What a client needs to call a graph. */
export interface Endpoint {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A graph, or a gateway alone, that clients call by HTTP. */
export interface RunningGraph {
  /** @param principal of the token that the client sends, such as `role=analyst; subject=client`; null sends none */
  endpoint(principal: string | null): Promise<Endpoint>;
  close(): Promise<void>;
}

/** Serves the graph with exercise data from this process: to start the product takes seconds of CPU. */
export async function serveGraph(): Promise<RunningGraph> {
  const world = await openWorld('sqlite');
  const origin = await world.server.listen({ port: 0, host: '127.0.0.1' });
  return {
    endpoint: async (principal) => ({ url: `${origin}/graphql`, headers: await world.identity.headers(principal) }),
    close: () => world.close(),
  };
}

/** Starts the product with its exercise data in a process of its own. @param flags of `ordergraph start` */
export const startGraph = (...flags: string[]): Promise<RunningGraph> => serve('start', flags);

/** Starts a gateway that accepts development tokens, over subgraphs that are never reached. @param flags of `ordergraph gateway` */
export function startGateway(supergraphSdl: string, ...flags: string[]): Promise<RunningGraph> {
  return serve('gateway', flags, async (folder) => {
    const file = join(folder, 'supergraph.graphql');
    writeFileSync(file, supergraphSdl);
    const { identityKey } = await writeKeys(folder);
    return ['--supergraph', file, '--auth', 'development', '--identity-key', identityKey];
  });
}

async function serve(
  command: 'start' | 'gateway',
  flags: readonly string[],
  prepare: (folder: string) => Promise<readonly string[]> = async () => [],
): Promise<RunningGraph> {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-clients-'));
  const data = join(folder, 'data');
  const port = await freePort();
  const graph = run([command, '--port', String(port), '--data', data, ...(await prepare(folder)), ...flags]);
  await waitForOutput(graph, /The graph answers at/);
  const issuer = await DevelopmentIssuer.in(data);
  return {
    async endpoint(principal) {
      const headers: Record<string, string> = {};
      if (principal !== null)
        headers.authorization = `Bearer ${await issuer.token(parsePrincipal(principal), TOKEN_SECONDS)}`;
      return { url: `http://127.0.0.1:${port}/graphql`, headers };
    },
    async close() {
      await kill(graph);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** An HTTP exchange of a client, recorded by `programs/record.mjs`. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string | null;
  readonly status: number;
  readonly contentType: string | null;
  readonly body: string;
}

/** Programs that run those of other languages than JavaScript. */
const INTERPRETERS: Readonly<Record<string, string>> = { '.py': 'python3', '.rb': 'ruby' };

/**
 * Runs one scenario of a program in `test/clients/programs` in its own process.
 * @returns what the scenario returned, after a trip through JSON
 */
export async function runScenario<Result>(program: string, scenario: string, input: object): Promise<Result> {
  const interpreter = INTERPRETERS[extname(program)] ?? process.execPath;
  const client = promisify(execFile)(interpreter, [join(CLIENTS, 'programs', program), scenario], {
    timeout: SCENARIO_TIMEOUT_MS,
    maxBuffer: MAX_OUTPUT_BYTES,
  });
  client.child.stdin!.end(JSON.stringify(input));
  const { stdout } = await client;
  return JSON.parse(stdout);
}
