import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { PROGRAMS } from '../../gateway/cli/programs';
import { compose } from '../../gateway/composition/compose';
import { parseOptions } from '../support/options';
import { callsOf } from './calls';
import {
  apollo,
  type Contender,
  hive,
  installPeers,
  ordergraph,
  ordergraphWithTokens,
  otherTree,
  type Started,
  start,
} from './gateways';
import { type LoadResult, load, median, quantile } from './load';
import { cpuSeconds, residentMb } from './process-cost';
import { schemas } from './schemas';
import { type Workload, workloads } from './workloads';

const options = parseOptions({
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '3' },
  warm: { type: 'string' },
  clients: { type: 'string' },
  only: { type: 'string' },
  peers: { type: 'string' },
  soak: { type: 'string' },
  tree: { type: 'string' },
});

const DIST = join(packageRoot, 'dist', 'test', 'bench');
const WORK = join(packageRoot, '.data', 'bench');

interface Measured {
  readonly cpuMs: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly mb: number;
  readonly calls: number;
  readonly failures: number;
}

/** The environment of a workload: the supergraph file, and how to count the calls of its subgraphs. */
interface Ground {
  readonly supergraph: string;
  readonly calls: () => Promise<number>;
  stop(): Promise<void>;
}

async function main(): Promise<void> {
  mkdirSync(WORK, { recursive: true });
  const chosen = workloads()
    .filter(({ id }) => !options.only || options.only.split(',').some((prefix) => id.startsWith(prefix)))
    .map((workload) => ({ ...workload, clients: Number(options.clients ?? workload.clients) }));
  if (options.soak) return soak(Number(options.soak), chosen[0]!);
  const peersFolder = join(WORK, 'peers');
  installPeers(peersFolder);
  const contenders = [
    ordergraph,
    ...(options.tree ? [otherTree(options.tree)] : []),
    ...(await ordergraphWithTokens(join(WORK, 'identity'))),
    apollo,
    hive(peersFolder, { native: true, sharing: true }),
    hive(peersFolder, { native: false, sharing: false }),
  ].filter(({ name }) => !options.peers || options.peers.split(',').some((part) => name.includes(part)));
  for (const workload of chosen) await bench(workload, contenders);
}

async function bench(workload: Workload, contenders: readonly Contender[]): Promise<void> {
  const ground = await groundOf(workload);
  const floors = workload.floor ? [await floorOf(workload, workload.floor, ground)] : [];
  const racers: Racer[] = [];
  try {
    // all run the whole time, so that each is warmed up before it is measured; only one at a time is under load
    const racing = contenders.filter((contender) => contender.headers === undefined || workload.withIdentity);
    for (const { name, command, headers, isDevelopment } of [...racing, ...floors]) {
      const port = await freePort();
      const { args, cwd } = command(ground.supergraph, port);
      racers.push({ name, headers, gateway: await start(args, port, { cwd, isDevelopment }), sent: 0, rounds: [] });
    }
    for (const racer of racers) await run(racer, workload, Number(options.warm ?? workload.warmSeconds));
    for (let round = 0; round < Number(options.rounds); round++)
      for (const racer of racers) racer.rounds.push(await measure(racer, workload, ground));
  } finally {
    await Promise.all(racers.map(({ gateway }) => gateway.stop()));
    await ground.stop();
  }
  print(workload, racers);
}

/** A gateway in the comparison. */
interface Racer {
  readonly name: string;
  readonly headers: Contender['headers'];
  readonly gateway: Started;
  readonly rounds: Measured[];
  sent: number;
}

async function run(racer: Racer, workload: Workload, seconds: number): Promise<LoadResult> {
  const from = racer.sent;
  const result = await load(racer.gateway.origin, workload.clients, seconds, (index) => {
    const { body, headers } = workload.request(from + index);
    return { body, headers: { ...headers, ...racer.headers } };
  });
  racer.sent += result.requests;
  return result;
}

async function measure(racer: Racer, workload: Workload, ground: Ground): Promise<Measured> {
  const { pid } = racer.gateway;
  const [cpuBefore, callsBefore] = [cpuSeconds(pid), await ground.calls()];
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, residentMb(pid));
  }, 200);
  const { requests, failures, seconds, latencies } = await run(racer, workload, Number(options.seconds));
  clearInterval(watching);
  return {
    cpuMs: ((cpuSeconds(pid) - cpuBefore) * 1_000) / requests,
    perSecond: requests / seconds,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    mb: Math.max(peak, residentMb(pid)),
    calls: ((await ground.calls()) - callsBefore) / requests,
    failures,
  };
}

function print(workload: Workload, racers: readonly Racer[]): void {
  console.log(`\n${workload.id}  ${workload.what}, ${workload.clients} clients`);
  const rows = racers.map(({ name, rounds }) => {
    const of = (figure: keyof Measured) => median(rounds.map((round) => round[figure]));
    return {
      name,
      cpuMs: of('cpuMs'),
      perSecond: of('perSecond'),
      p50: of('p50'),
      p99: of('p99'),
      mb: of('mb'),
      calls: of('calls'),
      failures: rounds.reduce((sum, round) => sum + round.failures, 0),
    };
  });
  const ownCpuMs = rows.find(({ name }) => name === ordergraph.name)?.cpuMs ?? Number.NaN;
  console.log(
    'gateway               CPU ms/request   ratio   requests/s    p50 ms    p99 ms  peak MB  calls/request  failures',
  );
  for (const row of rows)
    console.log(
      [
        row.name.padEnd(20),
        row.cpuMs.toFixed(3).padStart(15),
        `${(row.cpuMs / ownCpuMs).toFixed(2)}×`.padStart(8),
        row.perSecond.toFixed(0).padStart(12),
        row.p50.toFixed(1).padStart(10),
        row.p99.toFixed(1).padStart(10),
        row.mb.toFixed(0).padStart(9),
        row.calls.toFixed(2).padStart(14),
        String(row.failures).padStart(10),
      ].join(''),
    );
}

async function soak(minutes: number, workload: Workload): Promise<void> {
  const ground = await groundOf(workload);
  const port = await freePort();
  const { args } = ordergraph.command(ground.supergraph, port);
  const gateway = await start(args, port);
  console.log(`${workload.id}  ${workload.what}: constant load for ${minutes} minutes`);
  const until = Date.now() + minutes * 60_000;
  for (let index = 0; Date.now() < until; ) {
    const base = index;
    const { requests, failures } = await load(gateway.origin, 16, 30, (i) => workload.request(base + i));
    index += requests;
    console.log(
      `${new Date().toISOString()}  ${index} requests  ${residentMb(gateway.pid).toFixed(0)} MB  ${failures} failures`,
    );
  }
  await gateway.stop();
  await ground.stop();
}

function groundOf({ graph }: Workload): Promise<Ground> {
  return graph === 'bench' ? benchGround() : programsGround();
}

async function benchGround(): Promise<Ground> {
  const port = await freePort();
  const subgraphs = await start([join(DIST, 'subgraphs.js'), String(port)], port);
  const supergraph = join(WORK, 'bench.graphql');
  writeFileSync(
    supergraph,
    compose(Object.entries(schemas).map(([name, sdl]) => ({ name, sdl, url: `${subgraphs.origin}/${name}` }))),
  );
  const calls = async () => Number(await (await fetch(`${subgraphs.origin}/calls`)).text());
  return { supergraph, calls, stop: () => subgraphs.stop() };
}

/** The four programs on exercise data, each in its own process. */
async function programsGround(): Promise<Ground> {
  const main = join(packageRoot, 'dist', 'gateway', 'cli', 'main.js');
  const data = join(WORK, 'programs');
  if (!existsSync(data)) {
    const port = await freePort();
    const filled = await start([main, 'start', '--port', String(port), '--data', data, '--log-level', 'error'], port, {
      isDevelopment: true,
    });
    await filled.stop();
  }
  const running: Started[] = [];
  let sdl = readFileSync(join(packageRoot, 'gateway', 'supergraph', 'ordergraph.graphql'), 'utf8');
  for (const name of PROGRAMS) {
    const port = await freePort();
    const counting = ['--require', join(DIST, 'count-requests.js')];
    running.push(
      await start(
        [...counting, main, 'subgraph', name, '--port', String(port), '--data', data, '--open-to', INSPECTOR],
        port,
        { isDevelopment: true },
      ),
    );
    sdl = sdl.replace(
      new RegExp(`(@join__graph\\(name: "${name}", url: ")[^"]*`),
      `$1http://127.0.0.1:${port}/graphql`,
    );
  }
  const supergraph = join(WORK, 'programs.graphql');
  writeFileSync(supergraph, sdl);
  return {
    supergraph,
    calls: async () => sum(await Promise.all(running.map((subgraph) => subgraph.requests()))),
    stop: async () => {
      await Promise.all(running.map((subgraph) => subgraph.stop()));
    },
  };
}

async function floorOf(
  { requests = [] }: Workload,
  kind: NonNullable<Workload['floor']>,
  ground: Ground,
): Promise<Contender> {
  const supergraph = readFileSync(ground.supergraph, 'utf8');
  let address = /url: "(http:\/\/[^/"]+)/.exec(supergraph)![1]!;
  if (kind === 'calls') {
    address = join(WORK, 'calls.json');
    writeFileSync(address, JSON.stringify(await callsOf(supergraph, requests)));
  }
  return {
    name: { constant: 'constant + one call', proxy: 'plain proxy', calls: 'calls alone' }[kind],
    command: (_supergraph, port) => ({ args: [join(DIST, 'peers', 'floor.js'), kind, String(port), address] }),
  };
}

/** The caller for every gateway in the comparison: all do the same work, whoever the caller is. */
const INSPECTOR = 'role=inspector; case=bench; subject=bench';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, value) => total + value, 0);

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

main().then(
  () => process.exit(),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
