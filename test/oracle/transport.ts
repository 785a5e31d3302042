import type { GraphQLFormattedError } from 'graphql';
import { readResponse } from '../../gateway/transport/response';
import type { SubgraphAnswer, SubgraphRequest, Transport } from '../../gateway/transport/transport';

type Execute = (
  query: string,
  variables: Record<string, unknown>,
) => Promise<{ data?: Record<string, unknown> | null; errors?: readonly GraphQLFormattedError[] }>;

/** A subgraph in the same process whose responses arrive as bytes, as over a network. */
export class BytesTransport implements Transport {
  readonly shareable = true;

  constructor(
    private readonly name: string,
    private readonly execute: Execute,
  ) {}

  async request({ operation, variables }: SubgraphRequest): Promise<SubgraphAnswer> {
    const bytes = Buffer.from(JSON.stringify(await this.execute(operation.text, JSON.parse(String(variables)))));
    const text = bytes.toString('utf8');
    return { headers: {}, bytes, read: (hasAnySize) => readResponse(this.name, 200, text, { hasAnySize }) };
  }

  async close(): Promise<void> {}
}
