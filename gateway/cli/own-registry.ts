import type { Logger } from 'pino';
import { OperatorError } from '#base/errors';
import { listen } from '#base/http/listen';
import type { IdentitySigner } from '#base/identity/signed-identity';
import { createSubgraphServer } from '#kit/subgraph/server';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import type { Answer } from '../export/ask';
import { registryHeaders } from '../graph/registry-caller';
import { SupergraphRegistry } from '../graph/supergraph-registry';
import type { SupergraphSource } from '../supergraph/source';
import { defaultUrl } from './programs';
import { Registry } from './registry/client';
import { publishRelease } from './registry/release';

export interface OwnRegistryOptions {
  readonly registry: OpenSubgraph;
  readonly signer: IdentitySigner;
  /** Milliseconds between polls. */
  readonly everyMs: number;
  readonly replica: string;
  readonly log: Logger;
  readonly print: (text: string) => void;
}

export interface OwnRegistry {
  readonly source: SupergraphSource;
  close(): Promise<void>;
}

/**
 * Lets the gateway of this process follow the registry of this process, by HTTP as in deployments. Before the first publication, it publishes the
 * schemas of this release. @throws OperatorError if they cannot be published
 */
export async function followOwnRegistry(options: OwnRegistryOptions): Promise<OwnRegistry> {
  const { registry, signer, log, print, ...rest } = options;
  const client = new Registry(async ({ query, variables }) => {
    const { data, errors } = await registry.execute({
      query,
      variables: { ...variables },
      headers: await registryHeaders(signer),
    });
    return { data, errors } as Answer;
  });
  print('Publishing the schemas in the registry, if none are …');
  const { published } = await publishRelease(client, { addressOf: defaultUrl, first: true, note: 'First.' });
  if (published?.passed === false)
    throw new OperatorError(
      `The schemas cannot be published:\n${published.report.problems.join('\n')}`,
      'Run `npm run generate`, or start without --follow-registry',
    );
  const server = await createSubgraphServer(registry, log);
  const url = await listen(server, '127.0.0.1', 0);
  return {
    source: new SupergraphRegistry({ ...rest, url, signer, log }),
    close: () => server.close(),
  };
}
