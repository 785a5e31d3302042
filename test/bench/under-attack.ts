import { type ChildProcess, fork } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { questionVariables } from '../questions/variables';
import { HOSTILE_REQUESTS, type HostileRequest } from '../security/hostile-requests';
import databases, { closeDatabases } from '../setup/databases';
import { parseOptions } from '../support/options';
import { killAll } from '../support/processes';
import { type ProcessStack, startStack } from '../support/stack';
import { type Barrage, type Landed, UNIQUE } from './attacker';
import type { Answered, Asking } from './dashboard';
import { median, quantile } from './load';
import { cpuSeconds } from './process-cost';

/*
 * How long dashboards wait while one address without a token sends hostile requests, each kind by itself, as often as the limits of shipped
 * settings let it: `npm run bench -- under-attack [--only TEXT] [--rounds 3] [--seconds 8] [--new | --burst]`.
 * `--new` sends each operation under names that none had before, `--burst` does not spread a budget over its minute.
 * Gateway, subgraphs, database, dashboards and attacker are processes of their own; phases without the attacker alternate with those with it.
 */
const options = parseOptions({
  only: { type: 'string' },
  rounds: { type: 'string', default: '3' },
  seconds: { type: 'string', default: '8' },
  new: { type: 'boolean', default: false },
  burst: { type: 'boolean', default: false },
});

/** Shipped limits, which a development issuer would relax. */
const REQUESTS_PER_MINUTE = 6_000;
const COST_PER_MINUTE = 1_000_000;
const SHIPPED = ['--rate-limit', String(REQUESTS_PER_MINUTE), '--introspection', 'known'];

const QUESTIONS_PER_SECOND = 20;
/** Expensive questions that dashboards do not send every few seconds. */
const RARELY_ASKED: ReadonlySet<string> = new Set(['03']);
const WARM_SECONDS = 10;

/** One phase: latencies of dashboards, and CPU use in milliseconds per second. */
interface Phase {
  readonly p50: number;
  readonly p99: number;
  readonly failures: number;
  readonly cpu: ReadonlyMap<string, number>;
  /** By process, the longest time in ms without a turn of its event loop. */
  readonly stalls: ReadonlyMap<string, number>;
  readonly landed: Landed | undefined;
}

class Bench {
  private readonly attacker = fork(join(__dirname, 'attacker.js'));
  private readonly dashboard = fork(join(__dirname, 'dashboard.js'));
  private addresses = 0;

  private constructor(
    private readonly stack: ProcessStack,
    private readonly asking: Asking,
  ) {}

  static async start(): Promise<Bench> {
    const stack = await startStack('mysql', {
      gatewayArguments: ['--trusted-proxy', '127.0.0.1', ...SHIPPED],
      withMetrics: true,
    });
    const tokens = await Promise.all([1, 2, 3, 4].map((i) => stack.token(`role=analyst; subject=dashboard-${i}`)));
    const asking = { origin: stack.url, bodies: questions(), tokens, perSecond: QUESTIONS_PER_SECOND };
    return new Bench(stack, { ...asking, seconds: Number(options.seconds) });
  }

  stop(): void {
    this.attacker.kill();
    this.dashboard.kill();
  }

  async warmUp(): Promise<void> {
    await command<Answered>(this.dashboard, { ...this.asking, seconds: WARM_SECONDS });
  }

  /** An address without any counted requests. */
  newAddress(): string {
    this.addresses += 1;
    return `203.0.${Math.floor(this.addresses / 250)}.${(this.addresses % 250) + 1}`;
  }

  async phase(barrage?: Omit<Barrage, 'origin' | 'seconds'>): Promise<Phase> {
    await this.stalls();
    const before = this.cpu();
    const { seconds, origin } = this.asking;
    const [answered, landed] = await Promise.all([
      command<Answered>(this.dashboard, this.asking),
      barrage && command<Landed>(this.attacker, { ...barrage, origin, seconds }),
    ]);
    const cpu = new Map([...this.cpu()].map(([name, ms]) => [name, (ms - before.get(name)!) / seconds]));
    const { latencies, failures } = answered;
    const stalls = await this.stalls();
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), failures, cpu, stalls, landed };
  }

  /** Milliseconds of CPU that each process and its children have used. */
  private cpu(): ReadonlyMap<string, number> {
    const pids = new Map<string, number>();
    pids.set('gateway', this.stack.gateway.child.pid!);
    for (const [name, { child }] of this.stack.subgraphs) pids.set(name, child.pid!);
    if (globalThis.privateServer) pids.set('database', globalThis.privateServer.process.pid!);
    pids.set('attacker', this.attacker.pid!);
    pids.set('dashboard', this.dashboard.pid!);
    return new Map([...pids].map(([name, pid]) => [name, cpuSeconds(pid) * 1_000]));
  }

  /** Longest stalls since the last call. */
  private async stalls(): Promise<ReadonlyMap<string, number>> {
    const stalls = new Map<string, number>();
    for (const [name, url] of this.stack.metricsUrls) {
      const text = await (await fetch(url)).text();
      stalls.set(name, Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]) * 1_000);
    }
    return stalls;
  }

  /** Budget that a request uses, by what remains before and after it, since errors and rejections are charged, too. */
  async chargeOf({ body, accept }: Barrage['requests'][number]): Promise<number> {
    const address = this.newAddress();
    const send = async (text: string, type: string) => {
      const response = await fetch(`${this.stack.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: type, 'x-forwarded-for': address },
        body: text,
      });
      await response.arrayBuffer();
      return Number(response.headers.get('ordergraph-budget-remaining') ?? Number.NaN);
    };
    const cheap = JSON.stringify({ query: '{ agency(key: "treasury") { key } }' });
    await send(cheap, 'application/json');
    // with a cached plan
    await send(body.replaceAll(UNIQUE, 'probe'), accept);
    const remaining = await send(cheap, 'application/json');
    await send(body.replaceAll(UNIQUE, options.new ? 'probe2' : 'probe'), accept);
    const after = await send(cheap, 'application/json');
    const ofCheap = COST_PER_MINUTE - (await this.leftOf(cheap));
    return Number.isNaN(after) ? COST_PER_MINUTE : remaining - after - ofCheap;
  }

  /** What remains of a full budget after a request. */
  private async leftOf(body: string): Promise<number> {
    const response = await fetch(`${this.stack.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': this.newAddress() },
      body,
    });
    await response.arrayBuffer();
    return Number(response.headers.get('ordergraph-budget-remaining'));
  }
}

/** Sends a process a command and waits for its result. */
function command<T>(child: ChildProcess, message: object): Promise<T> {
  return new Promise((resolve, reject) => {
    child.once('message', resolve as never);
    child.send(message, (error) => error && reject(error));
  });
}

/** Of the first twenty, so that measurements stay comparable. */
function questions(): string[] {
  const folder = join(packageRoot, 'test', 'questions');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql') && name < '21' && !RARELY_ASKED.has(name.slice(0, 2)))
    .sort()
    .map((name) => {
      const query = readFileSync(join(folder, name), 'utf8');
      return JSON.stringify({ query, variables: questionVariables[name.slice(0, 2)] });
    });
}

/** A hostile request as the attacker sends it: with `--new`, under a unique name in its first inner selection. */
function hostile({ body, accept = 'application/json' }: HostileRequest): Barrage['requests'][number] {
  if (!options.new) return { body, accept };
  const { query, ...others } = JSON.parse(body) as { query: string };
  const [outer, inner] = [query.indexOf('{'), query.indexOf(' { ', query.indexOf('{') + 1)];
  const at = inner < 0 ? outer + 1 : inner + 3;
  return {
    body: JSON.stringify({ query: `${query.slice(0, at)} ${UNIQUE}: __typename ${query.slice(at)}`, ...others }),
    accept,
  };
}

/** Results of one kind of request over all rounds. */
interface Outcome {
  readonly name: string;
  readonly alone: readonly Phase[];
  readonly attacked: readonly Phase[];
}

async function outcomeOf(bench: Bench, request: HostileRequest): Promise<Outcome> {
  const pending = hostile(request);
  const paced = options.burst ? 0 : ((await bench.chargeOf(pending)) * 60_000) / COST_PER_MINUTE;
  const everyMs = Math.max(60_000 / REQUESTS_PER_MINUTE, paced);
  const [alone, attacked]: [Phase[], Phase[]] = [[], []];
  for (let round = 0; round < Number(options.rounds); round++) {
    alone.push(await bench.phase());
    attacked.push(await bench.phase({ requests: [pending], address: bench.newAddress(), everyMs }));
  }
  return { name: request.name, alone, attacked };
}

const HEADER = [
  'request',
  'p50 alone, ms',
  'p99 alone',
  'p50 attacked',
  'p99 attacked',
  'ratio of p99',
  'answers a second',
  'longest stall, ms',
  'more CPU of the gateway, % of a core',
  'of subgraphs',
  'of the database',
  'CPU of the attacker',
];

const SUBGRAPHS = ['submissions', 'reviews', 'workforce', 'infrastructure'];

function rowOf({ name, alone, attacked }: Outcome): string[] {
  const of = (phases: readonly Phase[], figure: (phase: Phase) => number) => median(phases.map(figure));
  const [p50, p99] = [({ p50 }: Phase) => p50, ({ p99 }: Phase) => p99];
  const share = (phases: readonly Phase[], processes: readonly string[]) =>
    of(phases, ({ cpu }) => processes.reduce((sum, pid) => sum + (cpu.get(pid) ?? 0), 0)) / 10;
  const more = (...processes: string[]) => (share(attacked, processes) - share(alone, processes)).toFixed(0);
  const answers = ({ landed }: Phase) => Object.values(landed!.statuses).reduce((sum, count) => sum + count, 0);
  return [
    name,
    of(alone, p50).toFixed(0),
    of(alone, p99).toFixed(0),
    of(attacked, p50).toFixed(0),
    of(attacked, p99).toFixed(0),
    (of(attacked, p99) / of(alone, p99)).toFixed(1),
    (of(attacked, answers) / Number(options.seconds)).toFixed(1),
    longestStall(attacked),
    more('gateway'),
    more(...SUBGRAPHS),
    more('database'),
    share(attacked, ['attacker']).toFixed(0),
  ];
}

/** The process with the longest stall, by the median of rounds. */
function longestStall(phases: readonly Phase[]): string {
  const names = [...phases[0]!.stalls.keys()];
  const [name, stall] = names
    .map((pid) => [pid, median(phases.map(({ stalls }) => stalls.get(pid)!))] as const)
    .reduce((most, entry) => (entry[1] > most[1] ? entry : most));
  return `${stall.toFixed(0)} ${name}`;
}

const print = (cells: readonly string[]): void => void process.stdout.write(`| ${cells.join(' | ')} |\n`);

async function main(): Promise<void> {
  await databases();
  const bench = await Bench.start();
  await bench.warmUp();
  const parts = options.only?.split('|') ?? [''];
  const chosen = HOSTILE_REQUESTS.filter(({ name }) => parts.some((part) => name.includes(part)));
  print(HEADER);
  print(HEADER.map(() => '---'));
  for (const request of chosen) print(rowOf(await outcomeOf(bench, request)));
  bench.stop();
  await killAll();
}

main()
  .finally(() => closeDatabases())
  .then(
    () => process.exit(),
    (error) => {
      console.error(error);
      process.exit(1);
    },
  );
