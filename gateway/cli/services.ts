import { readPrivateKey } from '#base/identity/keys';
import { REGISTRY_SUBGRAPH } from './programs';

/**
 * What a process lends to a subgraph. Other subgraphs load nothing of the registry's code.
 * @param keyFile private key that signs supergraphs; empty for none @throws OperatorError if it cannot be read
 */
export async function servicesOf(subgraph: string, keyFile = ''): Promise<readonly object[]> {
  if (subgraph !== REGISTRY_SUBGRAPH) return [];
  const { ThreadComposer } = await import('./schema-composer');
  return [new ThreadComposer(keyFile === '' ? undefined : readPrivateKey(keyFile, 'the key of --supergraph-key'))];
}
