import type { GraphQLFormattedError } from 'graphql';

/** Counts operations of one subgraph, and errors in their responses by code. */
export class OperationCounts {
  operations = 0;
  readonly errorsByCode = new Map<string, number>();

  count(errors: readonly GraphQLFormattedError[] | undefined): void {
    this.operations += 1;
    for (const { extensions } of errors ?? []) {
      const code = String(extensions?.code ?? 'INTERNAL_SERVER_ERROR');
      this.errorsByCode.set(code, (this.errorsByCode.get(code) ?? 0) + 1);
    }
  }
}
