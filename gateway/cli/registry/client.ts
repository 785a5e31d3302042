import { createHash } from 'node:crypto';
import { OperatorError } from '#base/errors';
import { type AnswerError, type Ask, patiently } from '../../export/ask';
import { type CallerOptions, clientOf } from '../graph-client';

/** The registry answers with errors. */
export class RefusedError extends OperatorError {
  constructor(errors: readonly AnswerError[]) {
    super(errors.map(({ message }) => message).join('\n'), 'Nothing was changed');
    this.codes = errors.map(({ extensions }) => extensions?.code);
  }

  readonly codes: readonly (string | undefined)[];
}

/** Key of a request that is the same whenever the request is. */
export const keyOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** Sends operations to a running graph, and waits while it is busy. */
export class Registry {
  constructor(private readonly ask: Ask) {}

  static async of(options: CallerOptions): Promise<Registry> {
    return new Registry(await clientOf(options));
  }

  /** @throws OperatorError with the errors of the graph */
  async request(
    query: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { data, errors } = await patiently(() => this.ask({ query, variables, operationName: undefined }), {
      onPause: ({ seconds, why }) => process.stderr.write(`${why}; trying again in ${seconds} s\n`),
    });
    if (errors) throw new RefusedError(errors);
    return data as Readonly<Record<string, unknown>>;
  }

  /** All nodes of a list. @throws OperatorError if the caller may not read it */
  async all<Node>(query: string, list: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Node[]> {
    const nodes: Node[] = [];
    for (let after: string | null = null; ; ) {
      const page = (await this.request(query, { ...variables, after }))[list] as {
        readonly nodes: readonly Node[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
      } | null;
      if (!page)
        throw new OperatorError(
          'The caller may not read the registry',
          'Use --as "role=operator; subject=NAME", role=coordinator, or a token with one of these roles',
        );
      nodes.push(...page.nodes);
      if (!page.pageInfo.hasNextPage) return nodes;
      after = page.pageInfo.endCursor;
    }
  }
}
