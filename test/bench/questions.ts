import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import mysql, { type Connection } from 'mysql2/promise';
import { Pool } from 'undici';
import { fixedClock } from '#base/clock';
import { readText } from '#base/read-text';
import type { Statement } from '#kit/database/database';
import type { DatabaseKind } from '#kit/database/dialect';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { readConfig } from '../../gateway/config';
import { createGateway } from '../../gateway/server';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport } from '../../gateway/transport/in-process';
import startDatabases, { closeDatabases } from '../setup/databases';
import type { TestDatabases } from '../support/databases';
import { INSPECTOR, TestIdentity } from '../support/identity';
import { parseOptions } from '../support/options';
import { killAll } from '../support/processes';
import { questions } from '../support/questions';
import { exerciseDatabases, type ProcessStack, startStack } from '../support/stack';
import { AS_OF } from '../support/world';
import { median } from './load';
import { cpuSeconds, residentMb } from './process-cost';

/*
 * What each question costs, for each scale of exercise data: `npm run bench -- questions`.
 * Gateway and subgraphs are processes of their own. The floor is the question's statements, sent through the driver by one process with nothing
 * between, and `JSON.stringify` of the answer.
 */
interface Costs {
  /** Milliseconds from request to answer. */
  readonly ms: number;
  /** Milliseconds of CPU of one request. */
  readonly gatewayMs: number;
  readonly subgraphsMs: number;
  readonly bytes: number;
}

interface Floor {
  readonly ms: number;
  readonly statements: number;
  /** Rows that a MySQL-protocol server read; undefined on SQLite, which does not count them. */
  readonly rows: number | undefined;
}

type Question = ReturnType<typeof questions>[number];

async function main(): Promise<void> {
  const options = parseOptions({
    scales: { type: 'string', default: '1,10,100' },
    databases: { type: 'string', default: 'sqlite,mysql' },
    only: { type: 'string' },
    times: { type: 'string', default: '20' },
  });
  const asked = questions().filter(({ name }) => !options.only || options.only.split(',').includes(name.slice(0, 2)));
  for (const kind of options.databases.split(',') as DatabaseKind[])
    for (const scale of options.scales.split(',').map(Number)) await bench(kind, scale, asked, Number(options.times));
}

async function bench(kind: DatabaseKind, scale: number, asked: readonly Question[], times: number): Promise<void> {
  const databases = await exerciseDatabases(kind, scale, AS_OF);
  const floors = await floorsOf(kind, databases, asked, times);
  const stack = await startStack(kind, { databases });
  const pool = new Pool(stack.url);
  const rows: (readonly [Question, Costs, Floor])[] = [];
  for (const [place, question] of asked.entries())
    rows.push([question, await costsOf(stack, pool, question, times), floors[place]!]);
  print(
    kind,
    scale,
    rows,
    [...stack.subgraphs].map(([name, { child }]) => [name, residentMb(child.pid!)] as const),
  );
  await pool.close();
  await killAll();
  await databases.drop();
}

/** Sends a question one at a time, as an analyst of the inspection does. */
async function costsOf(stack: ProcessStack, pool: Pool, question: Question, times: number): Promise<Costs> {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    authorization: `Bearer ${await stack.token(INSPECTOR)}`,
  };
  const body = JSON.stringify({ query: question.query, variables: question.variables });
  const ask = async (): Promise<{ readonly ms: number; readonly bytes: number }> => {
    const from = performance.now();
    const response = await pool.request({ path: '/graphql', method: 'POST', headers, body });
    const text = await response.body.text();
    if (response.statusCode !== 200 || /^\{"errors"/.test(text))
      throw new Error(`${question.name}: ${text.slice(0, 500)}`);
    return { ms: performance.now() - from, bytes: text.length };
  };
  for (let time = 0; time < 3; time++) await ask();
  const pids = [...stack.subgraphs.values()].map(({ child }) => child.pid!);
  const cpu = () =>
    [cpuSeconds(stack.gateway.child.pid!), pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)] as const;
  const before = cpu();
  const answers = [];
  for (let time = 0; time < times; time++) answers.push(await ask());
  const [gateway, ofSubgraphs] = cpu();
  const perRequest = (seconds: number) => (seconds * 1_000) / times;
  return {
    ms: median(answers.map(({ ms }) => ms)),
    gatewayMs: perRequest(gateway - before[0]),
    subgraphsMs: perRequest(ofSubgraphs - before[1]),
    bytes: answers[0]!.bytes,
  };
}

/** The statements of each question, and how long they take by themselves. */
async function floorsOf(
  kind: DatabaseKind,
  databases: TestDatabases,
  asked: readonly Question[],
  times: number,
): Promise<Floor[]> {
  const identity = await TestIdentity.make();
  const log = createLog('silent', 'bench');
  const open = await Promise.all(
    subgraphs.map((subgraph) =>
      subgraph.open({
        databaseUrl: databases.url(subgraph.name),
        clock: fixedClock(AS_OF),
        door: identity.doorOf(subgraph.name),
        log,
      }),
    ),
  );
  const server = await createGateway({
    supergraph: readText(OWN_SUPERGRAPH_FILE, 'The supergraph'),
    config: readConfig({ logLevel: 'silent', rateLimit: 0 }, {}),
    log,
    transport: ({ name }) => new InProcessTransport(open.find((subgraph) => subgraph.name === name)!),
    forwardHeaders: [],
    identity: identity.parts,
  });
  const drivers = new Map<string, Driver>();
  for (const { name } of open) drivers.set(name, await driverOf(kind, databases.url(name)));
  const floors: Floor[] = [];
  for (const { query, variables } of asked) {
    const headers = await identity.headers(INSPECTOR);
    const ask = () => server.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
    await ask();
    let answer: unknown;
    const sent = new Map<string, Statement[]>();
    const recorded = async ([first, ...rest]: typeof open): Promise<void> => {
      if (!first) {
        answer = (await ask()).json();
        return;
      }
      const { statements } = await first.database.recording(() => recorded(rest));
      sent.set(first.name, statements);
    };
    await recorded(open);
    floors.push(await floorOf(sent, drivers, answer, times));
  }
  for (const driver of drivers.values()) await driver.close();
  await server.close();
  for (const subgraph of open) await subgraph.close();
  return floors;
}

async function floorOf(
  sent: ReadonlyMap<string, readonly Statement[]>,
  drivers: ReadonlyMap<string, Driver>,
  answer: unknown,
  times: number,
): Promise<Floor> {
  const all = [...sent].flatMap(([name, statements]) =>
    statements.map((statement) => ({ driver: drivers.get(name)!, ...statement })),
  );
  const once = async (): Promise<number> => {
    const from = performance.now();
    for (const { driver, sql, parameters } of all) await driver.run(sql, parameters);
    JSON.stringify(answer);
    return performance.now() - from;
  };
  for (let time = 0; time < 3; time++) await once();
  const before = await rowsRead(drivers);
  const taken: number[] = [];
  for (let time = 0; time < times; time++) taken.push(await once());
  const after = await rowsRead(drivers);
  return {
    ms: median(taken),
    statements: all.length,
    rows: before === undefined ? undefined : Math.round((after! - before) / times),
  };
}

/** A database's driver, without anything of ours. */
interface Driver {
  run(sql: string, parameters: readonly unknown[]): unknown;
  /** Rows that the connection has read so far. */
  rowsRead?(): Promise<number>;
  close(): unknown;
}

async function driverOf(kind: DatabaseKind, url: string): Promise<Driver> {
  if (kind === 'sqlite') {
    const database = new DatabaseSync(url, { readOnly: true });
    return {
      run: (sql, parameters) => database.prepare(sql).all(...(parameters as SQLInputValue[])),
      close: () => database.close(),
    };
  }
  const connection: Connection = await mysql.createConnection({
    uri: url.replace('?socket=', '?socketPath='),
    charset: 'utf8mb4_bin',
    timezone: 'Z',
  });
  return {
    run: (sql, parameters) => connection.query(sql, [...parameters]),
    async rowsRead() {
      const [status] = await connection.query("SHOW SESSION STATUS LIKE 'Handler_read%'");
      return (status as { Value: string }[]).reduce((sum, { Value }) => sum + Number(Value), 0);
    },
    close: () => connection.end(),
  };
}

async function rowsRead(drivers: ReadonlyMap<string, Driver>): Promise<number | undefined> {
  let sum: number | undefined;
  for (const { rowsRead: read } of drivers.values()) if (read) sum = (sum ?? 0) + (await read());
  return sum;
}

function print(
  kind: DatabaseKind,
  scale: number,
  rows: readonly (readonly [Question, Costs, Floor])[],
  memory: readonly (readonly [name: string, mb: number])[],
): void {
  console.log(`\n${kind}, scale ${scale}, milliseconds of one request at a time`);
  console.log(
    'question                          ms p50  CPU gateway  CPU subgraphs  statements  rows read     bytes  floor ms   ratio',
  );
  for (const [{ name }, { ms, gatewayMs, subgraphsMs, bytes }, floor] of rows)
    console.log(
      [
        name.slice(0, 32).padEnd(33),
        ms.toFixed(1).padStart(7),
        gatewayMs.toFixed(1).padStart(13),
        subgraphsMs.toFixed(1).padStart(15),
        String(floor.statements).padStart(12),
        (floor.rows === undefined ? '-' : String(floor.rows)).padStart(11),
        String(bytes).padStart(10),
        floor.ms.toFixed(1).padStart(10),
        `${(ms / floor.ms).toFixed(1)}×`.padStart(8),
      ].join(''),
    );
  console.log(memory.map(([name, mb]) => `${name} ${mb.toFixed(0)} MB`).join(', '));
}

startDatabases()
  .then(main)
  .catch((error: Error) => {
    console.error(error);
    process.exitCode = 1;
  })
  .finally(async () => {
    await killAll();
    closeDatabases();
    process.exit();
  });
