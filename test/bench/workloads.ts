import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { questionVariables } from '../questions/variables';
import type { LoadRequest } from './load';
import { PUBLIC_OPERATION } from './schemas';

export interface Workload {
  readonly id: string;
  readonly what: string;
  readonly clients: number;
  /** The subgraphs of the workload. */
  readonly graph: 'bench' | 'programs';
  readonly request: (index: number) => LoadRequest;
  /** Seconds of load until a gateway is warmed up. */
  readonly warmSeconds: number;
  /** Whether it also runs on this gateway with tokens, ignored and verified. */
  readonly withIdentity?: boolean;
  /** A plain server to compare with, if there is one. */
  readonly floor?: 'constant' | 'proxy' | 'calls';
  /** All requests, if the workload has a fixed number of them. */
  readonly requests?: readonly LoadRequest[];
}

const operation = (query: string, variables?: object) => ({ body: JSON.stringify({ query, variables }) });
const same = (query: string, variables?: object) => {
  const request = operation(query, variables);
  return () => request;
};

const publicOperation = operation(PUBLIC_OPERATION);
const ITEMS = 'query($first: Int!) { items(first: $first) { id name size color weight maker { name city } } }';

/** The first twenty, so that measurements stay comparable. */
function questions(): LoadRequest[] {
  const folder = join(packageRoot, 'test', 'questions');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.graphql') && name < '21')
    .sort()
    .map((name) => operation(readFileSync(join(folder, name), 'utf8'), questionVariables[name.slice(0, 2)]));
}

export function workloads(): Workload[] {
  const texts = questions();
  return [
    {
      id: 'a',
      withIdentity: true,
      what: 'the public benchmark’s operation',
      clients: 64,
      warmSeconds: 6,
      graph: 'bench',
      request: () => publicOperation,
    },
    {
      id: 'b',
      what: 'the same, each request for another principal',
      clients: 64,
      warmSeconds: 6,
      graph: 'bench',
      request: (index) => ({ ...publicOperation, headers: { authorization: `Bearer ${index}` } }),
    },
    // a few concurrent clients, which rarely send identical requests at once; and many, which do
    ...[8, 64].map(
      (clients): Workload => ({
        id: `c${clients}`,
        what: 'our twenty questions',
        clients,
        // its subgraphs serve a few hundred requests per second
        warmSeconds: 30,
        graph: 'programs',
        floor: 'calls',
        requests: texts,
        request: (index) => texts[index % texts.length]!,
      }),
    ),
    {
      id: 'd',
      what: 'a small query to one subgraph',
      clients: 64,
      warmSeconds: 6,
      graph: 'bench',
      floor: 'constant',
      request: (index) => ({ ...operation('{ me { id name } }'), headers: { authorization: `Bearer ${index}` } }),
    },
    {
      id: 'e',
      what: '10,000 distinct operations',
      clients: 16,
      warmSeconds: 10,
      graph: 'bench',
      request: (index) =>
        operation(`{ users { id n${index % 10_000}: name reviews { id product { upc name inStock } } } }`),
    },
    ...[100, 1_000, 10_000].map(
      (first): Workload => ({
        id: `f${first}`,
        what: `${first} entities joined`,
        clients: 4,
        // some gateways serve 10,000 a few times per second
        warmSeconds: first < 10_000 ? 6 : 20,
        graph: 'bench',
        request: (index) => ({ ...operation(ITEMS, { first }), headers: { authorization: `Bearer ${index}` } }),
      }),
    ),
    {
      id: 'g',
      what: 'a 5 MB answer of one subgraph',
      clients: 2,
      warmSeconds: 6,
      graph: 'bench',
      floor: 'proxy',
      request: (index) => ({
        ...same('{ large { id title note score tags active } }')(),
        headers: { authorization: `Bearer ${index}` },
      }),
    },
  ];
}
