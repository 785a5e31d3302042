import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { DeferredPart } from './deferral';
import type { Execution, ExecutionResult } from './execution';
import type { AnswerPath } from './path';
import type { RenderedData } from './result';

/** Something that is still to come: a deferred fragment, for the object at a path. */
export interface Pending {
  readonly id: string;
  readonly label: string | undefined;
  readonly path: AnswerPath;
}

/** What has come of it. */
export interface Arrived {
  readonly pending: Pending;
  /** Undefined when it must be null. */
  readonly data: RenderedData | undefined;
  readonly errors: readonly GraphQLFormattedError[];
}

/** What comes at once. */
export interface Batch {
  readonly arrived: readonly Arrived[];
  /** What is now known to be still to come. */
  readonly pending: readonly Pending[];
  readonly hasNext: boolean;
}

/** An answer that comes in parts. */
export interface IncrementalAnswer {
  readonly first: ExecutionResult;
  readonly pending: readonly Pending[];
  readonly later: AsyncGenerator<Batch, void>;
}

/** A fragment deferred at the root, which is an operation of its own. */
export interface RootPart {
  readonly label: string | undefined;
  readonly result: Promise<ExecutionResult>;
}

type Finished = (incremental: Incremental) => Omit<Batch, 'hasNext'>;

/** Follows the deferred fragments of an execution, each told of as soon as it is there and what it is within has been told. */
export class Incremental {
  private nextId = 0;
  /** What is being followed, and what has arrived and not been told yet. */
  private readonly running = new Set<Promise<Finished>>();

  constructor(
    private readonly execution: Execution,
    private readonly parts: readonly DeferredPart[],
  ) {}

  answer(first: ExecutionResult, roots: readonly RootPart[]): IncrementalAnswer {
    const pending = [...roots.map((root) => this.followRoot(root)), ...this.follow(undefined)];
    return { first, pending, later: this.later() };
  }

  private async *later(): AsyncGenerator<Batch, void> {
    while (this.running.size > 0) {
      const { finished, running } = await Promise.race(
        [...this.running].map(async (one) => ({ finished: await one, running: one })),
      );
      this.running.delete(running);
      const { arrived, pending } = finished(this);
      yield { arrived, pending, hasNext: this.running.size > 0 };
    }
  }

  private followRoot({ label, result }: RootPart): Pending {
    const pending = this.pending(label, []);
    this.run(async () => {
      const { data, errors = [] } = await result.catch((error: Error) => ({
        data: undefined,
        errors: [withoutStatus(error)],
      }));
      return () => ({ arrived: [{ pending, data, errors }], pending: [] });
    });
    return pending;
  }

  /** Begins to follow the fragments that are deferred directly within another. */
  private follow(within: DeferredPart | undefined): Pending[] {
    return this.parts
      .filter(({ fragment }) => fragment.within === within?.fragment)
      .flatMap((part) => {
        const pending = this.execution.places(part).map((path) => this.pending(part.fragment.label, path));
        this.run(async () => {
          const given = await this.execution.part(part);
          const byPath = new Map(given.map((one) => [JSON.stringify(one.path), one]));
          return (incremental) => ({
            arrived: pending.map((one) => {
              const { data, errors = [] } = byPath.get(JSON.stringify(one.path)) ?? {};
              return { pending: one, data, errors };
            }),
            pending: incremental.follow(part),
          });
        });
        return pending;
      });
  }

  private pending(label: string | undefined, path: AnswerPath): Pending {
    return { id: String(this.nextId++), label, path };
  }

  private run(work: () => Promise<Finished>): void {
    const running = work();
    // whoever reads the answer is told; nobody may be left to read it
    running.catch(() => {});
    this.running.add(running);
  }
}

/** One part of an answer has no HTTP status of its own. */
function withoutStatus(error: Error): GraphQLFormattedError {
  if (!(error instanceof GraphQLError)) return { message: error.message };
  const { http: _http, ...extensions } = error.extensions;
  return { message: error.message, extensions };
}
