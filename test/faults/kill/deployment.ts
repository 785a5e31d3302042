import { join } from 'node:path';
import { parsePrincipal } from '#base/identity/principal';
import { Database } from '#kit/database/database';
import type { DatabaseKind } from '#kit/database/dialect';
import { subgraphs } from '../../../gateway/cli/subgraphs';
import { Caller } from '../../../gateway/cli/voluntary/client';
import { DevelopmentIssuer } from '../../../gateway/identity/development-issuer';
import { freshDatabases, type TestDatabases } from '../../support/databases';
import { identityEnvironment } from '../../support/identity';
import { freePort, kill, killAll, type Running, run, waitForOutput } from '../../support/processes';
import { PrivateRedis } from '../../support/redis';

/** A process that can be killed at any moment and returns under the same address. */
class Part {
  private running: Running | undefined;

  constructor(
    readonly name: string,
    private readonly start: () => Running,
    private readonly ready: RegExp,
  ) {}

  async up(): Promise<void> {
    for (;;) {
      this.running = this.start();
      try {
        await waitForOutput(this.running, this.ready);
        return;
      } catch (error) {
        // the port of the killed process may not be free yet
        if (!/in use by another process/.test(String(error))) throw error;
      }
    }
  }

  async killAndRestart(): Promise<void> {
    await kill(this.running!);
    await this.up();
  }
}

const WITH_REPLICA = ['submissions', 'reviews', 'reviews', 'infrastructure', 'workforce'];

/** Every process as in production, on one kind of database: reviews twice. */
export class Deployment {
  private readonly parts: Part[] = [];
  url = '';

  private constructor(
    private readonly databases: TestDatabases,
    private readonly redis: PrivateRedis | undefined,
    readonly token: (principal: string) => Promise<string>,
    /** Data folder of its processes. */
    readonly dataFolder: string,
  ) {}

  /** @param started subgraphs to start; one that is named twice has a replica */
  static async start(
    kind: DatabaseKind,
    folder: string,
    started: readonly string[] = WITH_REPLICA,
  ): Promise<Deployment> {
    const names = subgraphs.map(({ name }) => name);
    const databases = await freshDatabases(kind, names);
    const redis = await PrivateRedis.start();
    const identity = await identityEnvironment();
    const deployment = new Deployment(databases, redis, identity.token, identity.environment.ORDERGRAPH_DATA!);
    const environment = {
      ORDERGRAPH_EVENTS_URL: redis.url,
      ORDERGRAPH_FILES: folder,
      ORDERGRAPH_SCHEDULE_MS: '100',
      ORDERGRAPH_LEASE_MS: '900',
      ORDERGRAPH_LOG_LEVEL: 'error',
      ...identity.environment,
    };
    const urls: string[] = [];
    for (const name of started) {
      const port = await freePort();
      const second = deployment.parts.some((part) => part.name === name);
      if (!second) urls.push('--subgraph-url', `${name}=http://127.0.0.1:${port}/graphql`);
      const args = ['subgraph', name, '--port', String(port), '--database', databases.url(name)];
      deployment.parts.push(new Part(name, () => run(args, environment), /answers at/));
    }
    await Promise.all(deployment.parts.map((part) => part.up()));
    const port = await freePort();
    const gateway = new Part(
      'gateway',
      () => run(['gateway', '--port', String(port), ...urls], environment),
      /The graph answers at/,
    );
    await gateway.up();
    deployment.parts.push(gateway);
    deployment.url = `http://127.0.0.1:${port}`;
    return deployment;
  }

  /** Everything in one process, on SQLite files in a folder. */
  static async startAllInOne(folder: string): Promise<Deployment> {
    const databases: TestDatabases = { url: (name) => join(folder, `${name}.sqlite`), drop: async () => {} };
    const issuer = await DevelopmentIssuer.in(folder);
    const token = (principal: string) => issuer.token(parsePrincipal(principal), 3_600);
    const deployment = new Deployment(databases, undefined, token, folder);
    const port = await freePort();
    const environment = { ORDERGRAPH_SCHEDULE_MS: '100', ORDERGRAPH_LEASE_MS: '900', ORDERGRAPH_LOG_LEVEL: 'error' };
    const args = ['start', '--scale', '0', '--data', folder, '--port', String(port)];
    deployment.parts.push(new Part('start', () => run(args, environment), /The graph answers at/));
    await deployment.parts[0]!.up();
    deployment.url = `http://127.0.0.1:${port}`;
    return deployment;
  }

  /** Kills one process, and starts it again. Redis is one of them. */
  async killAny(): Promise<void> {
    const { parts, redis } = this;
    const part = parts[Math.floor(Math.random() * (parts.length + (redis ? 1 : 0)))];
    if (part) return part.killAndRestart();
    await redis!.kill();
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    await redis!.restart();
  }

  caller(principal: string): Caller {
    let token: Promise<string> | undefined;
    return new Caller(this.url, 'test', () => {
      token ??= this.token(principal);
      return token;
    });
  }

  databaseUrl(name: string): string {
    return this.databases.url(name);
  }

  connect(name: string): Promise<Database> {
    const { entities } = subgraphs.find((subgraph) => subgraph.name === name)!.parts;
    return Database.connect({ url: this.databases.url(name), name, entities, migrations: [] });
  }

  async stop(): Promise<void> {
    await killAll();
    await this.redis?.stop();
    await this.databases.drop();
  }
}
