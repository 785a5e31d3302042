import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { packageRoot } from '#base/package-root';
import { OidcProvider } from '../oidc';
import { kill, killAll, type Running, runProgram, waitForOutput } from '../processes';
import { programFor } from '../programs';
import type { DockerAnswer } from './docker';
import { type ComposeFile, readComposeFile } from './file';
import { readDockerfile } from './image';
import { ComposeMachine, graceOf } from './machine';
import { MYSQL_FIRST_START } from './third-party';

const FORWARD = join(packageRoot, 'dist', 'test', 'support', 'compose', 'forward.js');

/** Passwords that docker-compose.yml requires. */
const PASSWORDS = [
  ...new Set(
    [...readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8').matchAll(/\$\{(\w+)_PASSWORD\b/g)].map(
      ([, name]) => name!,
    ),
  ),
];
const DOCKER = join(packageRoot, 'dist', 'test', 'support', 'compose', 'docker.js');

const NEEDED: readonly (readonly [program: string, ...check: string[]])[] = [
  ['nginx', '-v'],
  ['redis-server', '--version'],
  ['mariadbd', '--version'],
  ['wget', '--version'],
  ['ip', '-V'],
  ['unshare', '--user', '--map-root-user', '--net', '--mount', 'ip', 'link', 'add', 'br0', 'type', 'bridge'],
];

const missing = NEEDED.filter(
  ([program, ...check]) =>
    !programFor(
      [program],
      `${program} that works`,
      'of the Compose file',
      'They need Linux with user namespaces, nginx, redis-server, mariadbd, wget and ip',
      check,
    ),
);

/** `describe` where the services of the Compose file can run; elsewhere the tests are skipped, and fail in CI. */
export const describeOnCompose: jest.Describe = missing.length === 0 ? describe : describe.skip;

/** The address of this machine in the network of the load balancer, from which the TLS terminator connects. */
export const TERMINATOR = 1;

/** A caller with an address of its own. */
export interface Client {
  /** Unix socket that leads to the load balancer from this address. */
  readonly socket: string;
  /** Sends a GraphQL request through the load balancer. @param path `/graphql` by default */
  graphql(
    body: object,
    headers?: Record<string, string>,
    path?: string,
  ): Promise<{ status: number; headers: Headers; body: GraphQLBody | undefined }>;
  /**
   * Sends a GraphQL request, an unchanged text, whose response may come in parts.
   * @returns the body as received
   */
  stream(body: object | string, headers: Record<string, string>): Promise<string>;
}

export interface GraphQLBody {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

type Response = Awaited<ReturnType<typeof fetch>>;
type Headers = Response['headers'];

/** The whole stack of docker-compose.yml, started in its order, with the same waits as Compose. */
export class ComposeStack {
  private readonly containers = new Map<string, Running>();
  private readonly closers: (() => void | Promise<void>)[] = [];

  private constructor(
    readonly machine: ComposeMachine,
    readonly issuer: OidcProvider,
    /** Folder in which an operator works. */
    readonly project: string,
    private file: ComposeFile,
  ) {}

  /** Creates the networks, and a folder like a clone before its first deployment. */
  static async prepare(project: string): Promise<ComposeStack> {
    for (const entry of ['package.json', 'scripts', 'docker-compose.yml'])
      symlinkSync(join(packageRoot, entry), join(project, entry));
    const issuer = await OidcProvider.start();
    const trusted = [
      {
        issuer: issuer.issuer,
        audience: 'ordergraph',
        roles: {
          inspector: 'inspector',
          'developer-submitter': 'developer-submitter',
          'schema-publisher': 'schema-publisher',
        },
        organizations: ['alder'],
        agencies: ['nsa'],
      },
    ];
    writeFileSync(join(project, 'issuers.example.json'), JSON.stringify(trusted));
    // the networks do not depend on passwords, which do not exist yet
    const anyPassword = Object.fromEntries(PASSWORDS.map((name) => [`${name}_PASSWORD`, 'none']));
    const file = readComposeFile(readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8'), anyPassword);
    const image = readDockerfile(readFileSync(join(packageRoot, 'Dockerfile'), 'utf8'));
    const machine = new ComposeMachine(file, image, project);
    await machine.start();
    const stack = new ComposeStack(machine, issuer, project, file);
    await stack.reachIssuer();
    await stack.serveDocker();
    return stack;
  }

  /** Runs commands of docs/operations.md as an operator does. @throws Error with their output when one fails */
  async operate(commands: string): Promise<string> {
    const environment = {
      ORDERGRAPH_TEST_DOCKER: join(this.machine.folder, 'docker.sock'),
      PATH: `${join(this.machine.folder, 'bin')}:${dirname(process.execPath)}:${process.env.PATH}`,
      EDITOR: `cp ${join(this.project, 'issuers.example.json')}`,
      // as on an operator's machine, not under Jest
      NODE_ENV: '',
    };
    const shell = runProgram('bash', ['-c', `cd ${this.project}\nset -euo pipefail\n${commands}`], environment);
    const code = await shell.ended;
    if (code !== 0) throw new Error(`The commands ended with ${code}:\n${commands}\n${shell.output()}`);
    return shell.output();
  }

  /** The program `docker` of {@link operate}. */
  private async serveDocker(): Promise<void> {
    const folder = join(this.machine.folder, 'bin');
    mkdirSync(folder);
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\nexec ${process.execPath} ${DOCKER} "$@"\n`, { mode: 0o755 });
    const server = createServer({ allowHalfOpen: true }, async (socket) => {
      let text = '';
      for await (const chunk of socket) text += chunk;
      const answer = await this.docker(JSON.parse(text) as string[]).catch((error: Error) => ({
        output: `${error.message}\n`,
        code: 1,
      }));
      socket.end(JSON.stringify(answer));
    }).listen(join(this.machine.folder, 'docker.sock'));
    this.closers.push(() => void server.close());
  }

  /**
   * The effect of a `docker compose` command here.
   * @throws Error for an unsupported one
   */
  private async docker([compose, command, ...args]: readonly string[]): Promise<DockerAnswer> {
    if (compose !== 'compose') throw new Error(`docker ${compose}is not supported by test/support/compose`);
    this.file = readComposeFile(readFileSync(join(this.project, 'docker-compose.yml'), 'utf8'), this.variables());
    this.machine.update(this.file);
    const flags = args.filter((argument) => argument.startsWith('-'));
    const names = args.filter((argument) => !argument.startsWith('-'));
    const done = { output: '', code: 0 };
    const [name, ...rest] = args.slice(args.findIndex((argument) => !argument.startsWith('-')));
    switch (command) {
      case 'build':
        return done;
      case 'up':
        if (names.length === 0) await this.up();
        else for (const service of names) await this.recreate(service);
        return done;
      case 'stop':
        for (const service of names) await this.stop(service);
        return done;
      case 'kill':
        for (const service of names) await this.kill(service);
        return done;
      case 'exec':
      case 'run': {
        const words = command === 'run' && rest.length === 0 ? undefined : rest;
        const entrypoint = command === 'run' && !flags.includes('--entrypoint') ? this.machine.entrypointOf(name!) : [];
        const [program, childArgs] = this.machine.hostCommandOf(name!, words && [...entrypoint, ...words]);
        return { program, args: childArgs };
      }
      default:
        throw new Error(`docker compose ${command}is not supported by test/support/compose`);
    }
  }

  /** A variable of .env. */
  variable(name: string): string {
    return this.variables()[name]!;
  }

  /** The variables of .env. The load has no limit, since a fast machine sends more than any client; a busy one checks schemas for longer. */
  private variables(): Record<string, string> {
    const lines = readFileSync(join(this.project, '.env'), 'utf8').split('\n').filter(Boolean);
    const ofTests = { RATE_LIMIT: '0', SUBGRAPH_TIMEOUT_MS: '58000' };
    return { ...ofTests, ...Object.fromEntries(lines.map((line) => line.split('=') as [string, string])) };
  }

  private async recreate(name: string): Promise<void> {
    if (this.isRunning(name)) await this.stop(name);
    await this.startAndWait(name);
  }

  private isRunning(name: string): boolean {
    const child = this.containers.get(name)?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** As a crash, or the loss of a node. */
  async kill(name: string): Promise<void> {
    await kill(this.containers.get(name)!);
  }

  /** Like `docker compose up --wait`: starts each service when its dependencies are ready. */
  async up(): Promise<void> {
    const started = new Map<string, Promise<void>>();
    const start = (name: string): Promise<void> => {
      const earlier = started.get(name);
      if (earlier) return earlier;
      const needed = Object.keys(this.file.services[name]!.depends_on ?? {});
      const starting = Promise.all(needed.map(start)).then(() => this.begin(name));
      started.set(name, starting);
      return starting;
    };
    await Promise.all(Object.keys(this.file.services).map(start));
  }

  private async begin(name: string): Promise<void> {
    if (this.isRunning(name)) return;
    if (this.runsOnce(name)) {
      const once = this.machine.run(name);
      const code = await once.ended;
      if (code !== 0) throw new Error(`The service "${name}" ended with ${code}:\n${once.output()}`);
      return;
    }
    const isNew = name === 'mysql' && !existsSync(join(this.machine.volume('mysql'), 'mysql'));
    await this.startAndWait(name);
    if (isNew) await this.firstStartOfMysql();
  }

  /** Whether other services wait until it has ended. */
  private runsOnce(name: string): boolean {
    return Object.values(this.file.services).some(
      ({ depends_on: needed }) => needed?.[name]?.condition === 'service_completed_successfully',
    );
  }

  start(name: string): Running {
    const container = this.machine.run(name);
    this.containers.set(name, container);
    return container;
  }

  async startAndWait(name: string): Promise<Running> {
    const container = this.start(name);
    while (!(await this.machine.isHealthy(name))) {
      if (container.child.exitCode !== null)
        throw new Error(`The service "${name}" ended with ${container.child.exitCode}:\n${container.output()}`);
      await sleep(200);
    }
    return container;
  }

  /**
   * Like `docker compose stop`: SIGTERM, then SIGKILL.
   * @returns the exit code; null when it had to be killed
   */
  async stop(name: string): Promise<number | null> {
    const container = this.containers.get(name)!;
    container.child.kill('SIGTERM');
    const killed = sleep(graceOf(this.file.services[name]!), undefined, { ref: false }).then(() => kill(container));
    const code = await container.ended;
    void killed;
    return code;
  }

  container(name: string): Running {
    return this.containers.get(name)!;
  }

  private async firstStartOfMysql(): Promise<void> {
    const first = this.machine.run('mysql', MYSQL_FIRST_START);
    if ((await first.ended) !== 0) throw new Error(`The first start of MySQL failed:\n${first.output()}`);
  }

  /** The issuer of tokens has the same address in the network of each gateway. */
  private async reachIssuer(): Promise<void> {
    const socket = join(this.machine.folder, 'issuer.sock');
    const { port } = new URL(this.issuer.issuer);
    const server = createServer((client) => {
      const upstream = connect(Number(port), '127.0.0.1');
      client.pipe(upstream).pipe(client);
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
    }).listen(socket);
    this.closers.push(() => void server.close());
    for (const name of ['gateway-1', 'gateway-2'])
      await waitForOutput(
        this.machine.execBeside(name, process.execPath, [FORWARD, `127.0.0.1:${port}`, `unix:${socket}`]),
        /forwarding/,
      );
  }

  /** A caller of the load balancer. @param address last part of its address in the network of the load balancer, from 100 on */
  async client(address: number): Promise<Client> {
    const balancer = this.machine.address('load-balancer', 'edge');
    const subnetAddress = balancer.replace(/\d+$/, String(address));
    if (address !== TERMINATOR) {
      const added = this.machine.exec('ip', ['addr', 'add', `${subnetAddress}/24`, 'dev', 'br0']);
      if ((await added.ended) !== 0) throw new Error(added.output());
    }
    return this.clientTo(`${balancer}:4000@${subnetAddress}`, `client-${address}`);
  }

  private async clientTo(target: string, name: string): Promise<Client> {
    const socket = join(this.machine.folder, `${name}.sock`);
    await waitForOutput(this.machine.exec(process.execPath, [FORWARD, `unix:${socket}`, target]), /forwarding/);
    const dispatcher = new Agent({ connect: { socketPath: socket } });
    this.closers.push(() => dispatcher.destroy());
    const base = 'http://ordergraph.example';
    const post = (body: object | string, headers: Record<string, string>, path = '/graphql') =>
      fetch(`${base}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        dispatcher,
      });
    return {
      socket,
      stream: async (body, headers) => (await post(body, headers)).text(),
      graphql: async (body, headers = {}, path = undefined) => {
        const response = await post(body, headers, path);
        const text = await response.text();
        return { status: response.status, headers: response.headers, body: parsed(text) };
      },
    };
  }

  /** The header of a caller with these claims. */
  async authorization(claims: Record<string, unknown>): Promise<Record<string, string>> {
    return {
      authorization: `Bearer ${await this.issuer.token({ exp: Math.floor(Date.now() / 1_000) + 3_600, ...claims })}`,
    };
  }

  async close(): Promise<void> {
    // SIGKILL would leave its workers behind
    if (this.containers.has('load-balancer')) await this.stop('load-balancer');
    await killAll();
    for (const close of this.closers) await close();
    this.issuer.stop();
    await this.machine.stop();
  }
}

function parsed(text: string): GraphQLBody | undefined {
  try {
    return JSON.parse(text) as GraphQLBody;
  } catch {
    return undefined;
  }
}
