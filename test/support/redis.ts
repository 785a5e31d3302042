import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { newKey } from '#base/identity/keys';
import { type EventKeys, eventKeysOf } from '#kit/events/event-keys';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { freePort, kill, type Running, runProgram, waitForOutput } from './processes';
import { programFor } from './programs';

const program = programFor(
  ['redis-server', '/opt/homebrew/bin/redis-server', 'valkey-server'],
  'Redis server',
  'on Redis',
  'Install redis-server (or valkey-server)',
);

/** `describe` where a Redis server is installed. CI fails without one. */
export const describeOnRedis: jest.Describe = program ? describe : describe.skip;

/** Keys of the subgraphs with events, as `ordergraph keys` makes them. */
export async function newEventKeys(): Promise<EventKeys> {
  const keys = await Promise.all(EVENT_READERS.map(async (name) => [name, await newKey()] as const));
  return eventKeysOf(new Map(keys));
}

/** A private Redis server that persists what it acknowledged. */
export class PrivateRedis {
  private server: Running | undefined;
  private readonly snapshots: string[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'ordergraph-redis-'));

  private constructor(private readonly port: number) {}

  static async start(): Promise<PrivateRedis> {
    const redis = new PrivateRedis(await freePort());
    await redis.restart();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async restart(): Promise<void> {
    this.server = runProgram(program!, [
      '--port',
      String(this.port),
      '--bind',
      '127.0.0.1',
      '--dir',
      this.folder,
      '--appendonly',
      'yes',
      '--save',
      '',
    ]);
    await waitForOutput(this.server, /Ready to accept connections/);
  }

  /** Like a loss of power. */
  async kill(): Promise<void> {
    if (this.server) await kill(this.server);
  }

  /** Deletes its data, too. */
  async lose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
    mkdirSync(this.folder);
    await this.restart();
  }

  /** A copy of its files, like a backup. */
  snapshot(): string {
    const copy = mkdtempSync(join(tmpdir(), 'ordergraph-redis-'));
    this.snapshots.push(copy);
    cpSync(this.folder, copy, { recursive: true });
    return copy;
  }

  /** Starts with the files of a snapshot. */
  async restore(snapshot: string): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
    cpSync(snapshot, this.folder, { recursive: true });
    await this.restart();
  }

  /** Sends one command, as an operator would. */
  async command(...words: [string, ...string[]]): Promise<unknown> {
    const client = new Redis(this.url);
    try {
      return await client.call(...words);
    } finally {
      client.disconnect();
    }
  }

  /** Keeps connections open and replies to nothing. */
  hang(): void {
    this.server?.child.kill('SIGSTOP');
  }

  resume(): void {
    this.server?.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    await this.kill();
    for (const folder of [this.folder, ...this.snapshots]) rmSync(folder, { recursive: true, force: true });
  }
}
