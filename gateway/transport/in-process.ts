import type { GraphQLDataSource, GraphQLDataSourceProcessOptions } from '@apollo/gateway';
import type { GraphQLFormattedError } from 'graphql';
import type { ForwardedHeaders } from './http';

/** A subgraph in the same process. */
export interface LocalSubgraph {
  execute(request: {
    query: string;
    variables?: Record<string, unknown>;
    operationName?: string;
    headers?: Readonly<Record<string, string | undefined>>;
  }): Promise<{ data?: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] }>;
}

/** Hands a fetch to a subgraph in the same process. */
export class InProcessDataSource implements GraphQLDataSource {
  constructor(private readonly subgraph: LocalSubgraph) {}

  async process({ request, context }: GraphQLDataSourceProcessOptions): ReturnType<GraphQLDataSource['process']> {
    const { data, errors } = await this.subgraph.execute({
      query: request.query!,
      variables: request.variables,
      operationName: request.operationName,
      headers: (context as ForwardedHeaders).headers,
    });
    return { data: data ?? null, errors } as never;
  }
}
