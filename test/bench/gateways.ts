import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parsePrincipal } from '#base/identity/principal';
import { packageRoot } from '#base/package-root';
import { writeKeys } from '../../gateway/cli/keys';
import { DevelopmentIssuer } from '../../gateway/identity/development-issuer';

/** A gateway in the comparison: how to start it with a supergraph. */
export interface Contender {
  readonly name: string;
  /** Headers of every request to it. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Settings that differ from production: for the development issuer, and for peers that are compared with a gateway that has it.
   */
  readonly isDevelopment?: boolean;
  readonly command: (supergraph: string, port: number) => { args: readonly string[]; cwd?: string };
}

const MAIN = join(packageRoot, 'dist', 'gateway', 'cli', 'main.js');
const HERE = join(packageRoot, 'dist', 'test', 'bench');

/** Versions of the peers that are not dependencies of the product. */
const PEERS = {
  '@graphql-hive/gateway': '2.15.1',
  '@graphql-hive/router-runtime': '1.4.23',
  graphql: '16.15.0',
};

/** This gateway doing what its peers do: without identity and budgets, which the peers lack. @param tree a compiled checkout */
const ordergraphIn = (name: string, tree: string): Contender => ({
  name,
  command: (supergraph, port) => ({
    args: [
      ...(process.env.ORDERGRAPH_BENCH_NODE_OPTIONS?.split(' ') ?? []),
      join(tree, 'dist', 'gateway', 'cli', 'main.js'),
      'gateway',
      ...['--supergraph', supergraph, '--port', String(port), '--auth', 'off', '--forward-header', 'authorization'],
      ...['--costs', 'off', '--log-level', 'error'],
    ],
  }),
});

export const ordergraph = ordergraphIn('ordergraph', packageRoot);

/** Another checkout of this gateway, such as one before a change. */
export const otherTree = (folder: string): Contender =>
  ordergraphIn(`ordergraph in ${basename(folder)}`, resolve(folder));

/**
 * This gateway with the same token in every request: once ignored as above, and once with required authentication, signed
 * identities for subgraphs, and a budget that lasts.
 */
export async function ordergraphWithTokens(folder: string): Promise<Contender[]> {
  const { identityKey } = await writeKeys(folder);
  const issuer = await DevelopmentIssuer.in(folder);
  const token = await issuer.token(parsePrincipal('role=analyst; subject=bench'), 12 * 3_600);
  const headers = { authorization: `Bearer ${token}` };
  const knowing: Contender = {
    name: 'ordergraph, identity',
    headers,
    isDevelopment: true,
    command: (supergraph, port) => ({
      args: [
        MAIN,
        'gateway',
        ...['--supergraph', supergraph, '--port', String(port), '--auth', 'development', '--data', folder],
        ...['--identity-key', identityKey, '--budget', 'analyst=999999999999', '--log-level', 'error'],
      ],
    }),
  };
  return [{ ...ordergraph, name: 'ordergraph, unread', headers, isDevelopment: true }, knowing];
}

export const apollo: Contender = {
  name: '@apollo/gateway',
  command: (supergraph, port) => ({ args: [join(HERE, 'peers', 'apollo.js'), supergraph, String(port)] }),
};

/** Hive Gateway, with or without its native planner, in the folder into which the bench installs it. */
export function hive(folder: string, options: { native: boolean; sharing: boolean }): Contender {
  const name = `hive ${options.native ? 'native' : 'js'}${options.sharing ? ', sharing' : ''}`;
  const config = join(folder, `${name.replace(/\W+/g, '-')}.config.mjs`);
  writeFileSync(
    config,
    `import { defineConfig } from '@graphql-hive/gateway';
export const gatewayConfig = defineConfig({
  propagateHeaders: { fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? undefined }) },
  inboundInflightRequestDeduplication: ${options.sharing},
  logging: 'error',
});
`,
  );
  return {
    name,
    command: (supergraph, port) => ({
      cwd: folder,
      args: [
        join(folder, 'node_modules', '@graphql-hive', 'gateway', 'dist', 'bin.js'),
        'supergraph',
        supergraph,
        ...['--port', String(port), '--host', '127.0.0.1', '--fork', '1', '--config-path', config],
        ...(options.native ? ['--hive-router-runtime'] : []),
      ],
    }),
  };
}

/** Installs the peers into a folder of the bench. */
export function installPeers(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: PEERS }));
  if (existsSync(join(folder, 'node_modules', '@graphql-hive', 'gateway'))) return;
  process.stderr.write(`Installing the peers into ${folder} …\n`);
  const npm = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (npm.status !== 0) throw new Error('The peers could not be installed: see the messages of npm above');
}

export interface Started {
  readonly pid: number;
  readonly origin: string;
  /** Number of HTTP requests so far, if it was started with `count-requests.js`. */
  requests(): Promise<number>;
  stop(): Promise<void>;
}

/** Starts a program and waits until its port responds. */
export async function start(
  args: readonly string[],
  port: number,
  { cwd, isDevelopment = false }: { readonly cwd?: string; readonly isDevelopment?: boolean } = {},
): Promise<Started> {
  const child: ChildProcess = spawn(process.execPath, [...args], {
    cwd,
    // makes graphql-js faster and rejects the development issuer
    env: { ...process.env, NODE_ENV: isDevelopment ? 'development' : 'production' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const origin = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    try {
      await fetch(origin, { method: 'POST', body: '{"query":"{__typename}"}' });
      break;
    } catch {
      if (attempt > 300 || child.exitCode !== null) throw new Error(`${args.join(' ')}did not start`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    pid: child.pid!,
    origin,
    requests: () =>
      new Promise((resolve) => {
        child.once('message', (count) => resolve(Number(count)));
        child.send('requests');
      }),
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(timer);
    },
  };
}
