import { type Principal, principalOf } from '#base/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';
import type { SubgraphRequest, SubgraphResponse, Transport } from '../transport/transport';

/** The subgraph that lists trusted questions and serves supergraphs. */
export const REGISTRY = 'registry';

/** The gateway as a caller of the registry. */
const GATEWAY: Principal = principalOf({ issuer: 'urn:ordergraph:gateway', subject: 'gateway', roles: ['operator'] });

/** Headers by which the registry recognizes the gateway. */
export const registryHeaders = async (signer: IdentitySigner): Promise<Record<string, string>> => ({
  [IDENTITY_HEADER]: await signer.sign(GATEWAY, REGISTRY),
});

/** Sends a request to the registry as the gateway. @throws SubgraphError if it does not answer */
export async function askRegistry(
  registry: Transport,
  signer: IdentitySigner,
  { variables, ...request }: Omit<SubgraphRequest, 'headers' | 'variables'> & { readonly variables: object },
): Promise<SubgraphResponse> {
  const headers = await registryHeaders(signer);
  return (await registry.request({ ...request, variables: JSON.stringify(variables), headers })).read();
}
