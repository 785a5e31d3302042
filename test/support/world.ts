import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { fixedClock } from '#base/clock';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import type { AuditLog } from '#kit/audit/audit-log';
import type { DatabaseKind } from '#kit/database/dialect';
import type { DatabaseLimits } from '#kit/database/limits';
import { runImport } from '#kit/import/importer';
import { silent } from '#kit/import/progress';
import type { ModelClass } from '#kit/model/model';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { readConfig } from '../../gateway/config';
import type { AnswerExtensions } from '../../gateway/graph/graph';
import type { Spending } from '../../gateway/policy/budgets';
import { createGateway } from '../../gateway/server';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { createLog } from '../../gateway/telemetry/log';
import { InProcessTransport } from '../../gateway/transport/in-process';
import { sharedPlanner } from '../worker/planner';
import { AS_OF, storyOf } from '../worker/story';
import { exerciseDatabases } from '../worker/templates';
import { INSPECTOR, TestIdentity } from './identity';
import { requireWords } from './words';

export { AS_OF };

/** Settings of a gateway that asks the registry for nothing by itself. */
export const WITHOUT_POLLS = { trustedQuestionsPollMs: 0, usageReportMs: 0, schemaWatchMs: 0 };

/** Small files of our own in the publishers' formats. */
export const FIXTURES = join(packageRoot, 'test', 'fixtures', 'published');

export interface Answer<Data = Record<string, never>> {
  data: Data;
  extensions: AnswerExtensions & { cost: Spending };
  errors?: { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

/** The whole graph over a story, on one kind of database. */
export interface World {
  readonly open: readonly OpenSubgraph[];
  readonly server: FastifyInstance;
  subgraph(name: string): OpenSubgraph;
  /** The generated rows of the story, from which answers are recomputed. */
  rows<T extends object>(target: ModelClass<T>): readonly T[];
  readonly identity: TestIdentity;
  /** Sends an operation through the gateway, as a principal who may read everything by default; null is the public. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  ask(query: string, variables?: Record<string, unknown>, who?: string | null): Promise<Answer<any>>;
  /** The number of statements of a question, over all subgraphs. */
  statements(query: string, variables?: Record<string, unknown>): Promise<string[]>;
  close(): Promise<void>;
}

/**
 * @param imports sources and files to import before
 * @param record keeps the record of a subgraph, if there is one
 * @param limits limits of the connections of each database
 */
export async function openWorld(
  kind: DatabaseKind,
  scale = 1,
  imports: readonly [source: string, file: string][] = [],
  log: Logger = createLog('silent', 'test'),
  record?: (subgraph: string) => Promise<AuditLog>,
  limits?: DatabaseLimits,
): Promise<World> {
  const databases = await exerciseDatabases(kind, scale);
  const clock = fixedClock(AS_OF);
  const open: OpenSubgraph[] = [];
  const identity = await TestIdentity.make();
  for (const subgraph of subgraphs) {
    const door = identity.doorOf(subgraph.name);
    const audit = await record?.(subgraph.name);
    open.push(await subgraph.open({ databaseUrl: databases.url(subgraph.name), clock, door, log, audit, limits }));
  }
  for (const { database, subgraph } of open)
    for (const [source, file] of imports) {
      const importer = subgraph.parts.importers.find((candidate) => candidate.source === source);
      if (importer) await runImport(database, importer, file, silent, subgraph.parts.entities);
    }
  const server = await createGateway({
    supergraph: readText(OWN_SUPERGRAPH_FILE, 'The supergraph'),
    config: readConfig({ logLevel: 'silent', rateLimit: 0, receiveTimeoutMs: 2_000, ...WITHOUT_POLLS }, {}),
    log,
    transport: ({ name }) => new InProcessTransport(open.find((subgraph) => subgraph.name === name)!),
    forwardHeaders: [],
    identity: identity.parts,
    planner: sharedPlanner,
  });
  const ask = async (query: string, variables: Record<string, unknown> = {}, caller: string | null = INSPECTOR) => {
    const headers = await identity.headers(caller);
    const response = await server.inject({ method: 'POST', url: '/graphql', headers, payload: { query, variables } });
    return response.json();
  };
  const tables = [...storyOf(scale).values()].flat();
  return {
    open,
    server,
    subgraph: (name) => open.find((candidate) => candidate.name === name)!,
    rows: (target) => (tables.find((table) => table.target === target)?.rows ?? []) as never,
    identity,
    ask,
    async statements(query, variables) {
      const counted = async (rest: readonly OpenSubgraph[]): Promise<string[]> => {
        const [first, ...others] = rest;
        if (!first) {
          await ask(query, variables);
          return [];
        }
        const { result, statements } = await first.database.counting(() => counted(others));
        return [...statements, ...result];
      };
      return counted(open);
    },
    async close() {
      await server.close();
      await requireWords(open);
      await Promise.all(open.map((subgraph) => subgraph.close()));
      await databases.drop();
    },
  };
}
