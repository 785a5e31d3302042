import { join } from 'node:path';
import { parsePrincipal } from '#base/identity/principal';
import { packageRoot } from '#base/package-root';
import { readText } from '#base/read-text';
import { createSubgraphServer } from '#kit/subgraph/server';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { createLog } from '../../gateway/telemetry/log';
import { DEVELOPER, installClients, runScenario } from '../support/clients';
import { INSPECTOR } from '../support/identity';
import { questions } from '../support/questions';
import { type Answer, openWorld, type World } from '../support/world';

const PRINCIPALS = [INSPECTOR, DEVELOPER, null];

/** The data, and the cause of each failed field. Gateways list errors in different orders and wordings. */
const essence = ({ data, errors = [] }: Answer<unknown>) => ({
  data,
  errors: errors.map(({ path, extensions }) => `${path?.join('.')}: ${extensions.code}`).sort(),
});

describe('Hive Gateway', () => {
  let world: World;
  const servers: Awaited<ReturnType<typeof createSubgraphServer>>[] = [];
  let supergraph = readText(OWN_SUPERGRAPH_FILE, 'The supergraph');
  beforeAll(async () => {
    await installClients();
    world = await openWorld('sqlite');
    for (const open of world.open) {
      const server = await createSubgraphServer(open, createLog('silent', 'test'));
      servers.push(server);
      const url = `${await server.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
      supergraph = supergraph.replace(new RegExp(`(name: "${open.name}", url: ")[^"]*`), `$1${url}`);
    }
  });
  afterAll(async () => {
    await Promise.all(servers.map((server) => server.close()));
    await world?.close();
  });

  describe('federation', () => {
    test('signs identities with the plugin that docs/identity.md shows', () => {
      const plugin = readText(join(packageRoot, 'test/clients/programs/identity-plugin.mjs'), 'The plugin');
      expect(readText(join(packageRoot, 'docs/identity.md'), 'The document')).toContain(plugin.trim());
    });

    test('answers the questions over our subgraphs, with identities it signs', async () => {
      const { data } = await world.ask('{ submissions(first: 1) { nodes { id } } }');
      const operations = questions().map(({ query, variables }) => ({
        query,
        variables: 'id' in variables ? { id: data.submissions.nodes[0].id } : variables,
      }));
      expect(operations.length).toBeGreaterThan(30);
      const input = {
        supergraph,
        key: world.identity.key,
        operations,
        principals: PRINCIPALS.map((text) => (text === null ? null : parsePrincipal(text))),
      };
      const answers = await runScenario<Answer<unknown>[]>('hive-gateway.mjs', 'answer', input);
      for (const principal of PRINCIPALS)
        for (const { query, variables } of operations) {
          const [theirs, ours] = [answers.shift()!, await world.ask(query, variables, principal)];
          expect({ query, principal, ...essence(theirs) }).toEqual({ query, principal, ...essence(ours) });
        }
    });
  });
});
