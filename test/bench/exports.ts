import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import mysql from 'mysql2/promise';
import { request } from 'undici';
import type { DatabaseKind } from '#kit/database/dialect';
import startDatabases, { closeDatabases } from '../setup/databases';
import type { TestDatabases } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { parseOptions } from '../support/options';
import { killAll } from '../support/processes';
import { exerciseDatabases, type ProcessStack, startStack } from '../support/stack';
import { cpuSeconds, residentMb } from './process-cost';

/*
 * Rows per second, CPU, and memory of exports: `npm run bench -- exports`. Gateway and subgraphs are processes of their own; the client discards
 * what it reads.
 */

/** The lists with the most rows: one subgraph, an entity of the same, and a list with personal data. */
const QUESTIONS: Readonly<Record<string, string>> = {
  inventory: '{ inventoryItems { nodes { id vendor product version count status } } }',
  findings: '{ vulnerabilityFindings { nodes { id dueAt overdue system { name agency { key } } } } }',
  applications: '{ applications { nodes { id status submittedAt } } }',
};

async function main(): Promise<void> {
  const options = parseOptions({
    scale: { type: 'string', default: '100' },
    databases: { type: 'string', default: 'sqlite,mysql' },
    copies: { type: 'string', default: '7' },
    data: { type: 'string' },
    only: { type: 'string' },
    times: { type: 'string', default: '2' },
  });
  const names = Object.keys(QUESTIONS).filter((name) => !options.only || options.only.split(',').includes(name));
  for (const kind of options.databases.split(',') as DatabaseKind[]) {
    const databases = options.data ? filesIn(options.data) : await exerciseDatabases(kind, Number(options.scale));
    if (!options.data) await copyInventory(kind, databases, Number(options.copies));
    const stack = await startStack(kind, { databases });
    console.log(`\n${kind}, ${options.data ?? `scale ${options.scale}`}`);
    const memory = [...stack.subgraphs, ['gateway', stack.gateway] as const].map(
      ([name, { child }]) => `${name} ${residentMb(child.pid!).toFixed(0)} MB`,
    );
    console.log(`before: ${memory.join(', ')}`);
    console.log('list              rows  rows/s  CPU µs/row gateway  subgraphs  most MB gateway  infrastructure');
    for (const name of names)
      for (let time = 0; time < Number(options.times); time++) await measure(stack, name, QUESTIONS[name]!);
    await killAll();
    await databases.drop();
  }
}

/** SQLite databases of an earlier run, to compare two versions on the same data. */
const filesIn = (folder: string): TestDatabases => ({
  url: (name) => join(folder, `${name}.sqlite`),
  drop: async () => {},
});

/** Writes each inventory item some more times, under other keys: at scale 100, seven copies make a million rows. */
async function copyInventory(kind: DatabaseKind, databases: TestDatabases, copies: number): Promise<void> {
  const url = databases.url('infrastructure');
  if (kind === 'sqlite') {
    const database = new DatabaseSync(url);
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all('inventory_item') as {
      name: string;
    }[];
    for (const statement of copying(columns, copies)) database.exec(statement.replaceAll('`', '"'));
    database.close();
    return;
  }
  const connection = await mysql.createConnection(url);
  const [columns] = await connection.query('SHOW COLUMNS FROM inventory_item');
  const names = (columns as { Field: string }[]).map(({ Field }) => ({ name: Field }));
  for (const statement of copying(names, copies)) await connection.query(statement);
  await connection.end();
}

function copying(columns: readonly { readonly name: string }[], copies: number): string[] {
  const names = columns.map(({ name }) => `\`${name}\``);
  // no key has a U
  return Array.from({ length: copies }, (_, copy) => {
    const values = names.map((name) => (name === '`id`' ? `REPLACE(SUBSTR(id, 1, 28), 'inv_', 'inv_U${copy}')` : name));
    return `INSERT INTO inventory_item (${names.join(', ')}) SELECT ${values.join(', ')} FROM inventory_item WHERE id NOT LIKE 'inv_U%'`;
  });
}

async function measure(stack: ProcessStack, name: string, query: string): Promise<void> {
  const gateway = stack.gateway.child.pid!;
  const others = [...stack.subgraphs.values()].map(({ child }) => child.pid!);
  const cpu = () => [cpuSeconds(gateway), others.reduce((sum, pid) => sum + cpuSeconds(pid), 0)] as const;
  const infrastructure = stack.subgraphs.get('infrastructure')!.child.pid!;
  for (const pid of [gateway, infrastructure]) forgetMost(pid);
  const before = cpu();
  const from = performance.now();
  const { statusCode, body } = await request(`${stack.url}/export`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await stack.token(INSPECTOR)}` },
    body: JSON.stringify({ query }),
    // the first page of a list may take a while on a busy machine
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  let lines = 0;
  let last = '';
  for await (const chunk of body) {
    const text = String(chunk);
    lines += text.split('\n').length - 1;
    last = text;
  }
  if (statusCode !== 200 || /^# Incomplete/m.test(last)) throw new Error(`${name}: ${last.slice(-500)}`);
  const seconds = (performance.now() - from) / 1_000;
  const [ofGateway, ofSubgraphs] = cpu();
  const perRow = (spent: number) => ((spent * 1e6) / lines).toFixed(1);
  console.log(
    [
      name.padEnd(12),
      lines.toLocaleString('en-US').padStart(10),
      Math.round(lines / seconds)
        .toLocaleString('en-US')
        .padStart(8),
      perRow(ofGateway - before[0]).padStart(20),
      perRow(ofSubgraphs - before[1]).padStart(11),
      mostMb(gateway).padStart(17),
      mostMb(infrastructure).padStart(16),
    ].join(''),
  );
}

/** Starts to measure the most memory of a process again: without this, that of its start counts. */
const forgetMost = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** The most memory that a process has had since, in megabytes. */
function mostMb(pid: number): string {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return (Number(kilobytes) / 1_024).toFixed(0);
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
