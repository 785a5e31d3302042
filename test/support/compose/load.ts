import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from './stack';

/** Requests of a dashboard and of a developer's program, and their outcomes. */
export interface Load {
  readonly queries: { sent: number; readonly failed: unknown[] };
  /** Codenames of models whose registration was acknowledged. */
  readonly mutations: { readonly acknowledged: string[]; readonly failed: unknown[] };
  stop(): Promise<void>;
}

const REGISTER = `mutation ($input: RegisterModelInput!) { registerModel(input: $input) { model { codename } } }`;

/** Milliseconds of each caller between an answer and its next request: without a pause, the load takes all of a machine. */
const PAUSE_MS = 50;

/**
 * Sends queries and mutations through the load balancer, one after another per caller, until it is stopped. Never retries.
 */
export function load(
  client: Client,
  {
    readers,
    writers,
    reader,
    developer,
  }: {
    readers: number;
    writers: number;
    reader: Record<string, string>;
    developer: Record<string, string>;
  },
): Load {
  let isStopped = false;
  const queries = { sent: 0, failed: [] as unknown[] };
  const mutations = { acknowledged: [] as string[], failed: [] as unknown[] };
  const read = async (caller: number) => {
    for (let turn = 0; !isStopped; turn++) {
      const query = `{ executiveOrder(number: "14409") { number reviewMetrics { openReviews } c${caller}t${turn % 5}: __typename } }`;
      const answer = await client.graphql({ query }, reader).catch((error: unknown) => ({ error: String(error) }));
      queries.sent += 1;
      if ('error' in answer || answer.status !== 200 || answer.body?.errors)
        queries.failed.push('error' in answer ? answer : [answer.status, answer.body?.errors]);
      await sleep(PAUSE_MS);
    }
  };
  const write = async (caller: number) => {
    for (let turn = 0; !isStopped; turn++) {
      const codename = `model-${caller}-${turn}`;
      const input = { idempotencyKey: codename, codename, modalities: ['TEXT'] };
      const answer = await client
        .graphql({ query: REGISTER, variables: { input } }, developer)
        .catch((error: unknown) => ({ error: String(error) }));
      if ('error' in answer || answer.body?.errors || !answer.body?.data)
        mutations.failed.push('error' in answer ? answer : [answer.status, answer.body?.errors]);
      else mutations.acknowledged.push(codename);
      await sleep(PAUSE_MS);
    }
  };
  const callers = Promise.all([
    ...Array.from({ length: readers }, (_, caller) => read(caller)),
    ...Array.from({ length: writers }, (_, caller) => write(caller)),
  ]);
  return {
    queries,
    mutations,
    async stop() {
      isStopped = true;
      await callers;
    },
  };
}

/** Codenames of all models of the developer, one for each model: a duplicated model appears twice. */
export async function codenames(client: Client, developer: Record<string, string>): Promise<string[]> {
  const names: string[] = [];
  for (let after: string | null = null; ; ) {
    const { body } = await client.graphql(
      {
        query: `query ($after: String) { aiModels(first: 500, after: $after) { nodes { codename } pageInfo { hasNextPage endCursor } } }`,
        variables: { after },
      },
      developer,
    );
    const { nodes, pageInfo } = (body!.data as { aiModels: { nodes: { codename: string }[]; pageInfo: PageInfo } })
      .aiModels;
    names.push(...nodes.map(({ codename }) => codename));
    if (!pageInfo.hasNextPage) return names;
    after = pageInfo.endCursor;
  }
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
}
