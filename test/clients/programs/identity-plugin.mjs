import { importJWK, SignJWT } from 'jose';

/**
 * A plugin of Hive Gateway that signs the caller's identity for each subgraph.
 * @param jwk the private key of `npm run keys` @param principalOf the caller of a request; null for the public
 */
export function signIdentity(jwk, principalOf) {
  return {
    async onFetch({ options, setOptions, executionRequest }) {
      if (!executionRequest?.subgraphName) return;
      const principal = principalOf(executionRequest.context);
      const identity = await new SignJWT(principal === null ? { public: true } : { principal })
        .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid })
        .setIssuer('ordergraph-gateway')
        .setAudience(executionRequest.subgraphName)
        .setIssuedAt()
        .setExpirationTime('120s')
        .sign(await importJWK(jwk, 'EdDSA'));
      setOptions({ ...options, headers: { ...options.headers, 'ordergraph-identity': identity } });
    },
  };
}
