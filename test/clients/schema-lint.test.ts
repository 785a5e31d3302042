import { readText } from '#base/read-text';
import { printApiSchema } from '../../gateway/graph/api-schema';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { installClients, runScenario } from '../support/clients';

interface Problem {
  readonly rule: string;
  readonly line: number;
  readonly message: string;
}

const lint = (schema: string) => runScenario<Problem[]>('schema-lint.mjs', 'lint', { schema });

beforeAll(installClients);

test('follows the recommended and Relay rules of graphql-eslint in the API schema', async () => {
  expect(await lint(printApiSchema(readText(OWN_SUPERGRAPH_FILE, 'The supergraph')))).toEqual([]);
});

test.each([
  ['naming-convention', '"Reads." type Query { "A." getItem: Int }'],
  ['naming-convention', '"Reads." type Query { "A." item: Kind } "Kinds." enum Kind { "A." filedAt }'],
  ['require-description', 'type Query { "A." item: Int }'],
  ['no-typename-prefix', '"Reads." type Query { "A." item: Item } "An item." type Item { "Name." itemName: String }'],
  ['no-unreachable-types', '"Reads." type Query { "A." item: Int } "Lost." type Lost { "A." a: Int }'],
  [
    'relay-connection-types',
    '"Reads." type Query { "A." items(first: Int, after: String): ItemConnection } "A page." type ItemConnection { "N." nodes: [Int] }',
  ],
  [
    'relay-arguments',
    '"Reads." type Query { "A." items(first: Int): ItemConnection } "A page." type ItemConnection { "E." edges: [Int] "P." pageInfo: Int }',
  ],
])('reports a violation of %s in %s', async (rule, schema) => {
  const rules = (await lint(schema)).map((problem) => problem.rule);
  expect(rules).toContain(`@graphql-eslint/${rule}`);
});
