import { type Principal, principalOf } from '#base/identity/principal';
import { IDENTITY_HEADER, type IdentitySigner } from '#base/identity/signed-identity';

/** The subgraph that lists trusted questions and serves supergraphs. */
export const REGISTRY = 'registry';

/** The gateway as a caller of the registry. */
const GATEWAY: Principal = principalOf({ issuer: 'urn:ordergraph:gateway', subject: 'gateway', roles: ['operator'] });

/** Headers by which the registry recognizes the gateway. */
export const registryHeaders = async (signer: IdentitySigner): Promise<Record<string, string>> => ({
  [IDENTITY_HEADER]: await signer.sign(GATEWAY, REGISTRY),
});
