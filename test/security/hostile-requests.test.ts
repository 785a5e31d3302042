import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getIntrospectionQuery } from 'graphql';
import { packageRoot } from '#base/package-root';
import { processKinds } from '../support/databases';
import { killAll, requireCompiled } from '../support/processes';
import { type ProcessStack, startStack } from '../support/stack';
import { attack } from './cost-of-attack';
import { HOSTILE_REQUESTS } from './hostile-requests';

/** Maximum bytes of an answer, as a multiple of the standard introspection, of which clients may ask for twice the values. */
const TIMES_SCHEMA = 3;
const MAX_ERRORS = 1_001;
const MAX_COST = 250_000;

/**
 * Milliseconds within which a process must answer a liveness check: generous, and far below the stalls of earlier flaws.
 */
const LIVE_MS = 5_000;

const QUESTION_1 = readFileSync(join(packageRoot, 'test', 'questions', '01-the-order-at-a-glance.graphql'), 'utf8');

/** Checks again and again whether processes are alive; fails when one does not answer in time. */
function watch(urls: readonly string[]): { stop(): Promise<number> } {
  let isOver = false;
  let answers = 0;
  const loops = urls.map(async (url) => {
    while (!isOver) {
      const { status } = await fetch(`${url}/health/live`, { signal: AbortSignal.timeout(LIVE_MS) });
      expect([url, status]).toEqual([url, 200]);
      answers += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return {
    async stop() {
      isOver = true;
      await Promise.all(loops);
      return answers;
    },
  };
}

describe.each(processKinds)('hostile requests of the public, over four subgraphs on %s', (kind) => {
  let stack: ProcessStack;
  let maxBytes: number;
  beforeAll(async () => {
    requireCompiled();
    stack = await startStack(kind, { gatewayArguments: ['--budget', 'public=1000000000'] });
    const query = getIntrospectionQuery();
    const response = await fetch(`${stack.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    maxBytes = TIMES_SCHEMA * (await response.arrayBuffer()).byteLength;
  });
  afterAll(killAll);

  test.each(HOSTILE_REQUESTS.map((request) => [request.name, request] as const))(
    'bounds %s and answers all other requests meanwhile',
    async (_name, request) => {
      const inspector = await stack.token('role=inspector; subject=i; case=2026-1');
      const live = watch([stack.url, ...stack.subgraphUrls.values()]);
      let answers = 0;
      try {
        // the second request finds the cached plan of the first
        for (let time = 0; time < 2; time++) {
          const honest = fetch(`${stack.url}/graphql`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', authorization: `Bearer ${inspector}` },
            body: JSON.stringify({ query: QUESTION_1 }),
            signal: AbortSignal.timeout(30_000),
          });
          const { status, received, errors, cost = 0 } = await attack(stack, request);
          expect(status).toBeLessThan(500);
          expect(received).toBeLessThan(maxBytes);
          expect(errors.length).toBeLessThanOrEqual(MAX_ERRORS);
          if (request.refusal) expect(errors[0]?.extensions?.code).toBe(request.refusal);
          else expect(cost).toBeLessThanOrEqual(MAX_COST);
          const codes = errors.map(({ extensions }) => extensions?.code);
          expect(codes).not.toContain('INTERNAL_SERVER_ERROR');
          const { data, errors: failures } = (await (await honest).json()) as {
            data: { executiveOrder: { number: string } };
            errors?: unknown[];
          };
          expect([failures, data.executiveOrder.number]).toEqual([undefined, '14409']);
        }
      } finally {
        answers = await live.stop();
      }
      expect(answers).toBeGreaterThan(0);
    },
  );
});
