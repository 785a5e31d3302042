import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, fetch } from 'undici';
import { writeKeys } from '../../../gateway/cli/keys';
import { packageRoot } from '../../../shared/package-root';
import { OidcProvider } from '../oidc';
import { kill, killAll, type Running, says } from '../processes';
import { programFor } from '../programs';
import { type ComposeFile, readComposeFile } from './file';
import { readDockerfile } from './image';
import { ComposeMachine, graceOf } from './machine';
import { MYSQL_FIRST_START } from './third-party';

const FORWARD = join(packageRoot, 'dist', 'test', 'support', 'compose', 'forward.js');

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

/** `describe` where the services of the Compose file can be run; elsewhere the tests are left out, and fail in CI. */
export const describeOnCompose: jest.Describe = missing.length === 0 ? describe : describe.skip;

/** A caller with an address of its own. */
export interface Client {
  /** Sends a GraphQL request, or a GET, through the load balancer. */
  graphql(
    body: object,
    headers?: Record<string, string>,
  ): Promise<{ status: number; headers: Headers; body: GraphQLBody | undefined }>;
  /** Sends a GraphQL request whose answer may come in parts. @returns the body as it came */
  stream(body: object, headers: Record<string, string>): Promise<string>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
}

export interface GraphQLBody {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

type Response = Awaited<ReturnType<typeof fetch>>;
type Headers = Response['headers'];

/** The whole stack of docker-compose.yml, started in its order and waited for as Compose does. */
export class ComposeStack {
  private readonly containers = new Map<string, Running>();
  private readonly closers: (() => void | Promise<void>)[] = [];

  private constructor(
    readonly file: ComposeFile,
    readonly machine: ComposeMachine,
    readonly issuer: OidcProvider,
    /** What README says to prepare: .env and secrets. */
    readonly project: string,
  ) {}

  /** Prepares what README says to prepare, and makes the networks. Starts no service yet. */
  static async prepare(project: string): Promise<ComposeStack> {
    const passwords = ['MYSQL_ROOT', 'INFRASTRUCTURE_DB', 'REVIEWS_DB', 'SUBMISSIONS_DB', 'WORKFORCE_DB'];
    const environment = Object.fromEntries(passwords.map((name, index) => [`${name}_PASSWORD`, `pass${index}word`]));
    const issuer = await OidcProvider.start();
    await writeKeys(join(project, 'secrets'));
    mkdirSync(join(project, 'secrets', 'gateways'), { recursive: true });
    writeFileSync(
      join(project, 'secrets', 'gateways', 'issuers.json'),
      JSON.stringify([{ issuer: issuer.issuer, audience: 'ordergraph' }]),
    );
    const file = readComposeFile(readFileSync(join(packageRoot, 'docker-compose.yml'), 'utf8'), environment);
    const image = readDockerfile(readFileSync(join(packageRoot, 'Dockerfile'), 'utf8'));
    const machine = new ComposeMachine(file, image, project);
    await machine.start();
    return new ComposeStack(file, machine, issuer, project);
  }

  /** As `docker compose up --wait`: each service when those that it depends on are as it needs them. */
  async up(): Promise<void> {
    await this.reachIssuer();
    const started = new Map<string, Promise<void>>();
    const start = (name: string): Promise<void> => {
      const earlier = started.get(name);
      if (earlier) return earlier;
      const needed = Object.keys(this.file.services[name]!.depends_on ?? {});
      const own = Promise.all(needed.map(start)).then(() => this.begin(name));
      started.set(name, own);
      return own;
    };
    await Promise.all(Object.keys(this.file.services).map(start));
  }

  private async begin(name: string): Promise<void> {
    if (this.runsOnce(name)) {
      const once = this.machine.run(name);
      const code = await once.ended;
      if (code !== 0) throw new Error(`The service "${name}" ended with ${code}:\n${once.output()}`);
      return;
    }
    await this.startAndWait(name);
    if (name === 'mysql') await this.firstStartOfMysql();
  }

  /** Whether others wait until it has ended. */
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

  /** As `docker compose stop`: SIGTERM, then SIGKILL. @returns the exit code; null when it had to be killed */
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

  /** The issuer of tokens answers at the same address in the network of each gateway. */
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
      await says(
        this.machine.execBeside(name, process.execPath, [FORWARD, `127.0.0.1:${port}`, `unix:${socket}`]),
        /forwarding/,
      );
  }

  /** A caller of the load balancer. @param address last part of its address in the network of the load balancer, from 100 on */
  async client(address: number): Promise<Client> {
    const balancer = this.machine.address('load-balancer', 'edge');
    const own = balancer.replace(/\d+$/, String(address));
    const added = this.machine.exec('ip', ['addr', 'add', `${own}/24`, 'dev', 'br0']);
    if ((await added.ended) !== 0) throw new Error(added.output());
    return this.clientTo(`${balancer}:4000@${own}`, `client-${address}`);
  }

  private async clientTo(target: string, name: string): Promise<Client> {
    const socket = join(this.machine.folder, `${name}.sock`);
    await says(this.machine.exec(process.execPath, [FORWARD, `unix:${socket}`, target]), /forwarding/);
    const dispatcher = new Agent({ connect: { socketPath: socket } });
    this.closers.push(() => dispatcher.destroy());
    const base = 'http://ordergraph.example';
    const post = (body: object, headers: Record<string, string>) =>
      fetch(`${base}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
        dispatcher,
      });
    return {
      get: (path, headers = {}) => fetch(`${base}${path}`, { headers, dispatcher }),
      stream: async (body, headers) => (await post(body, headers)).text(),
      graphql: async (body, headers = {}) => {
        const response = await post(body, headers);
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
    // killed, it would leave its workers behind
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
