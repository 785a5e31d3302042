import { readFileSync } from 'node:fs';
import { killAll, type Running } from '../support/processes';
import { type ProcessStack, startStack } from '../support/stack';
import { HOSTILE_REQUESTS, type HostileRequest } from './hostile-requests';

/** The response to a hostile request, and its cost. */
export interface Attack {
  readonly name: string;
  readonly sent: number;
  readonly status: number;
  readonly received: number;
  readonly errors: readonly { readonly extensions?: { readonly code?: string } }[];
  /** Estimated cost; undefined if there is none. */
  readonly cost: number | undefined;
  /** Milliseconds of CPU of the gateway and of all subgraphs. */
  readonly gatewayMs: number;
  readonly subgraphsMs: number;
}

/** Sends a request as the public and measures its cost. */
export async function attack(stack: ProcessStack, { name, body, accept }: HostileRequest): Promise<Attack> {
  const before = cpuOf(stack);
  const response = await fetch(`${stack.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: accept ?? 'application/json' },
    body,
  });
  const text = await response.text();
  const after = cpuOf(stack);
  const isJson = response.headers.get('content-type')?.includes('json');
  const { errors = [] } = isJson ? (JSON.parse(text) as Partial<Attack>) : {};
  const cost = response.headers.get('ordergraph-cost');
  return {
    name,
    sent: Buffer.byteLength(body),
    status: response.status,
    received: Buffer.byteLength(text),
    errors,
    cost: cost === null ? undefined : Number(cost),
    gatewayMs: after.gateway - before.gateway,
    subgraphsMs: after.subgraphs - before.subgraphs,
  };
}

/** CPU in milliseconds that processes have used so far, their threads and children's children not included. */
function cpuOf({ gateway, subgraphs }: ProcessStack): { gateway: number; subgraphs: number } {
  return { gateway: cpuMs(gateway), subgraphs: [...subgraphs.values()].reduce((sum, pid) => sum + cpuMs(pid), 0) };
}

const MS_PER_TICK = 10;

function cpuMs({ child }: Running): number {
  if (process.platform !== 'linux') return 0;
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

/** Prints the 20 most expensive hostile requests, each sent a second time with its plan cached. */
async function main(): Promise<void> {
  const stack = await startStack('sqlite', { gatewayArguments: ['--budget', 'public=1000000000'] });
  const attacks: Attack[] = [];
  for (const request of HOSTILE_REQUESTS) {
    await attack(stack, request);
    attacks.push(await attack(stack, request));
  }
  const dearest = attacks.sort((a, b) => b.gatewayMs + b.subgraphsMs - a.gatewayMs - a.subgraphsMs).slice(0, 20);
  console.log(
    '| request | bytes sent | bytes received | cost | CPU of the gateway, ms | CPU of subgraphs and SQLite, ms |',
  );
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const { name, sent, received, cost, errors, gatewayMs, subgraphsMs } of dearest)
    console.log(
      `| ${name} | ${sent} | ${received} | ${cost ?? errors[0]?.extensions?.code ?? ''} | ${gatewayMs} | ${subgraphsMs} |`,
    );
  await killAll();
}

if (require.main === module) void main();
