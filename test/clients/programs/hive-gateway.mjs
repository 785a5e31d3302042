import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { signIdentity } from './identity-plugin.mjs';
import { runScenarios } from './scenarios.mjs';

await runScenarios({
  /** Runs operations through Hive Gateway over the subgraphs of a supergraph, each by each principal, and again. */
  async answer({ supergraph, key, operations, principals }) {
    let principal = null;
    const gateway = createGatewayRuntime({
      supergraph,
      logging: false,
      maskedErrors: false,
      plugins: () => [signIdentity(key, () => principal)],
    });
    const server = createServer(gateway);
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const results = [];
    for (principal of principals)
      for (const operation of operations) {
        const response = await fetch(`http://127.0.0.1:${server.address().port}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(operation),
        });
        results.push(await response.json());
      }
    return results;
  },
});
