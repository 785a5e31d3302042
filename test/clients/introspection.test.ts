import { readText } from '#base/read-text';
import { compose } from '../../gateway/composition/compose';
import { printApiSchema } from '../../gateway/graph/api-schema';
import { OWN_SUPERGRAPH_FILE } from '../../gateway/supergraph/own';
import { installClients, type RunningGraph, runScenario, startGateway, startGraph } from '../support/clients';

/** Has an example of everything that introspection options include or omit, except @oneOf, which composition does not support. */
const SMALL_SUPERGRAPH = compose([
  {
    name: 'shop',
    url: 'http://shop.invalid',
    sdl: `
      extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
      directive @trace("Level." level: Int = 1) repeatable on FIELD
      type Query {
        "Finds items."
        items("Old filter." text: String = "a" @deprecated(reason: "Use filter."), filter: Filter): [Item!]!
        old: Int @deprecated(reason: "Use items.")
        any: Any
      }
      type Mutation { add(filters: [[Filter!]!]! = [[{ q: "b" }]]): Book }
      "An item."
      interface Item { id: ID! }
      type Book implements Item @key(fields: "id") { id: ID! kind: Kind at: DateTime }
      type Pen implements Item @key(fields: "id") { id: ID! "Its shop." shop: String! }
      union Any = Book | Pen
      input Filter { "Formerly q." q: String @deprecated kinds: [Kind!]! = [A] }
      enum Kind { A "Not used." B @deprecated(reason: "Use A.") }
      "An instant."
      scalar DateTime @specifiedBy(url: "https://scalars.example/date-time")
    `,
  },
]);

const COMBINATIONS = 2 ** 7;

interface Comparison {
  readonly status: number;
  readonly errors?: readonly object[];
  readonly difference?: object;
}

const ANALYST = 'role=analyst; subject=client';

beforeAll(installClients);

describe('graphql-js', () => {
  describe('introspection', () => {
    describe('of a small graph', () => {
      const apiSchema = printApiSchema(SMALL_SUPERGRAPH).trimEnd();
      let open: RunningGraph;
      let restricted: RunningGraph;
      beforeAll(async () => {
        [open, restricted] = await Promise.all([
          startGateway(SMALL_SUPERGRAPH, '--introspection', 'everyone'),
          startGateway(SMALL_SUPERGRAPH, '--introspection', 'known'),
        ]);
      });
      afterAll(() => Promise.all([open?.close(), restricted?.close()]));

      /** Returns the first failed comparison only, to keep the output readable. */
      async function firstFailure(input: object): Promise<Comparison | undefined> {
        const compared = await runScenario<Comparison[]>('introspection.mjs', 'compareResults', {
          ...input,
          apiSchema,
        });
        expect(compared).toHaveLength(COMBINATIONS * 2);
        return compared.find(({ status, errors, difference }) => status !== 200 || errors || difference);
      }

      // each query is sent twice: the gateway answers the first request of an operation by another path than later ones
      test.each(['16', '17'])('answers every query of graphql %s from a caller with a token', async (library) => {
        const input = { graph: await restricted.endpoint(ANALYST), library, methods: ['POST', 'POST'] };
        expect(await firstFailure(input)).toBeUndefined();
      });

      test('answers every query of graphql 17 from anonymous callers if allowed', async () => {
        const input = { graph: await open.endpoint(null), library: '17', methods: ['GET', 'POST'] };
        expect(await firstFailure(input)).toBeUndefined();
      });

      test('rejects anonymous callers where only authenticated ones may introspect', async () => {
        for (let time = 0; time < 2; time += 1)
          expect(
            await runScenario('introspection.mjs', 'respond', { graph: await restricted.endpoint(null) }),
          ).toMatchObject({
            status: 403,
            result: { errors: [{ extensions: { code: 'INTROSPECTION_DISABLED' } }] },
          });
      });
    });

    describe('of the product’s graph', () => {
      const apiSchema = printApiSchema(readText(OWN_SUPERGRAPH_FILE, 'The supergraph')).trimEnd();
      let graph: RunningGraph;
      beforeAll(async () => {
        graph = await startGraph('--scale', '0');
      });
      afterAll(() => graph?.close());

      test.each(['gzip', 'br'])('sends the whole schema in less than 220 KB of %s', async (encoding) => {
        const input = { graph: await graph.endpoint(null), encoding };
        const result = await runScenario<{ bytes: number }>('introspection.mjs', 'compressed', input);
        expect(result).toMatchObject({ encoding, printed: apiSchema });
        expect(result.bytes).toBeLessThan(230 * 1024);
      });

      test.each(['16', '17'])('graphql %s prints the API schema from default, no, and all options', async (library) => {
        const input = { graph: await graph.endpoint(null), library, apiSchema };
        const schemas = await runScenario<Record<string, Record<string, string>>>(
          'introspection.mjs',
          'printSchemas',
          input,
        );
        expect(Object.keys(schemas)).toEqual(['default', 'none', 'all']);
        for (const { printed, expected } of Object.values(schemas)) expect(printed).toBe(expected);
        expect(schemas.all!.printed).toBe(apiSchema);
      });
    });
  });
});
