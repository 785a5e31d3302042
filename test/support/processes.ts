import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The compiled command `ordergraph`. */
export const MAIN = join(packageRoot, 'dist', 'gateway', 'cli', 'main.js');

/** A process of the product with its output so far. */
export interface Running {
  readonly child: ChildProcess;
  output(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Whether `kill` ends the processes that it started, too. */
  readonly isGroup: boolean;
}

const running: Running[] = [];

/** Throws when there is no compiled code to run. */
export function requireCompiled(): void {
  if (!existsSync(MAIN)) throw new Error('Run the tests with `npm test`, which compiles first');
}

/** Starts a command of the product. */
export function run(args: readonly string[], environment: Record<string, string> = {}): Running {
  return runProgram(process.execPath, [MAIN, ...args], environment);
}

export const runProgram = (
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
): Running => runIn(program, args, environment, false);

/** Starts a program that starts others, such as npm, which does not end them with itself. */
export const runGroup = (program: string, args: readonly string[], environment: Record<string, string> = {}): Running =>
  runIn(program, args, environment, true);

function runIn(
  program: string,
  args: readonly string[],
  environment: Record<string, string>,
  isGroup: boolean,
): Running {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: isGroup,
  });
  let text = '';
  const hear = (chunk: Buffer) => {
    text += chunk;
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const started = {
    child,
    isGroup,
    output: () => text,
    ended: new Promise<number | null>((resolve) => child.on('exit', resolve)),
  };
  running.push(started);
  return started;
}

/** Kills all processes that are still running. */
export async function killAll(): Promise<void> {
  for (const program of running.splice(0)) await kill(program);
}

/** Ends a process like a loss of power. */
export async function kill(program: Running): Promise<void> {
  const { child, isGroup } = program;
  if (child.exitCode === null && child.signalCode === null) {
    if (isGroup) process.kill(-child.pid!, 'SIGKILL');
    else child.kill('SIGKILL');
  }
  await program.ended;
}

/** Waits for output of a process. Throws with all its output if it ends before. */
export async function waitForOutput(program: Running, pattern: RegExp): Promise<RegExpExecArray> {
  for (;;) {
    const match = pattern.exec(program.output());
    if (match) return match;
    if (program.child.exitCode !== null)
      throw new Error(`It ended with ${program.child.exitCode} and printed:\n${program.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/**
 * Resident memory of a process in bytes. In a test process of a gigabyte, starting `ps` costs more than the measured work.
 */
export function residentBytes(pid: number): number {
  if (process.platform !== 'linux')
    return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)]).stdout.toString()) * 1024;
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
}

/** First of the ports for tests, and their number: below those that systems give to outgoing connections. */
const [FIRST_PORT, PORTS] = [20_000, 12_000];

/** Ports of each test worker: two workers are never given the same one while its process has yet to listen. */
const PORTS_OF_WORKER = 400;
const firstOfWorker = FIRST_PORT + ((Number(process.env.JEST_WORKER_ID ?? 0) * PORTS_OF_WORKER) % PORTS);
let asked = Math.floor(Math.random() * PORTS_OF_WORKER);

/** A port that nothing listens on. An outgoing connection cannot take it before its process does. */
export async function freePort(): Promise<number> {
  for (;;) {
    asked += 1;
    const port = firstOfWorker + (asked % PORTS_OF_WORKER);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
