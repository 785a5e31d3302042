import type { Database } from '#kit/database/database';
import type { Deployment } from './deployment';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

/** The databases of the programs, by name. */
export type Databases = ReadonlyMap<string, Database>;

/** Number that an SQL statement counts. */
export async function countOf(database: Database, sql: string): Promise<number> {
  return Number((await database.query<{ n: number }>(sql))[0]!.n);
}

/** Input that names an object as it is. */
export const target = ({ id, revision }: { id: string; revision: number }) => ({ id, expectedRevision: revision });

export const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
export const dayIn = (days: number): string => inDays(days).slice(0, 10);

/** An acknowledged change. */
export interface Acknowledged {
  readonly mutation: string;
  readonly input: Record<string, unknown>;
}

/** Acknowledged changes of all writers. */
export class Acknowledgments {
  constructor(readonly all: readonly Acknowledged[]) {}

  /** Inputs of the acknowledged calls of a mutation. */
  of(mutation: string): Record<string, unknown>[] {
    return this.all.filter((call) => call.mutation === mutation).map(({ input }) => input);
  }

  count(...mutations: readonly string[]): number {
    return mutations.reduce((sum, mutation) => sum + this.of(mutation).length, 0);
  }
}

/** What one program's writers do, and what must be in the databases afterward. */
export interface Scenario {
  readonly name: string;
  /** Adds to the databases what mutations refer to and only importers add. */
  readonly prepare?: (databases: Databases) => Promise<void>;
  /** Makes changes in rounds until it is over. @param place number of the writer, from 0 */
  readonly write: (writer: Writer, isOver: () => boolean, place: number) => Promise<void>;
  /** Compares the acknowledged changes with the databases. */
  readonly compare: (done: Acknowledgments, databases: Databases) => Promise<void>;
}

/**
 * A client that repeats a call until it gets a response, always under the same idempotency key: an acknowledged change is done.
 */
export class Writer {
  private calls = 0;
  readonly done: Acknowledged[] = [];

  constructor(
    private readonly deployment: Deployment,
    private readonly name: string,
  ) {}

  /** @param awaits whether the object comes from another program, which may not have sent it yet */
  async perform(
    principal: string,
    mutation: string,
    input: Record<string, unknown>,
    fields: string,
    { awaits = false } = {},
  ): Promise<Loose> {
    this.calls += 1;
    const idempotencyKey = `${this.name}-${this.calls}`;
    const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input`;
    const query = `mutation ($input: ${type}!) { ${mutation}(input: $input) { replayed ${fields} } }`;
    for (;;) {
      const answer = await this.deployment
        .caller(principal)
        .ask(query, { input: { ...input, idempotencyKey } })
        .catch(() => undefined);
      const code = answer?.errors?.[0]?.extensions.code;
      const payload = answer?.data?.[mutation];
      if (payload && !answer?.errors) {
        this.done.push({ mutation, input });
        const { replayed: _replayed, ...object } = payload;
        return Object.values(object)[0];
      }
      // the process was killed, or its database was just restored: the change may have been made, and the idempotency key makes it safe to
      // send the same again, whether or not the error is retryable
      const { retryable } = (answer?.errors?.[0]?.extensions ?? {}) as { retryable?: boolean };
      const transient =
        !code ||
        retryable === true ||
        code.startsWith('SUBGRAPH_') ||
        // on a machine that is busy with starts, a plan may take longer than it may
        ['INTERNAL_SERVER_ERROR', 'DOWNSTREAM_SERVICE_ERROR', 'PLANNING_TIMEOUT'].includes(code);
      const early = awaits && code === 'NOT_FOUND';
      if (!transient && !early) throw new Error(`${mutation}: ${JSON.stringify(answer)}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}
