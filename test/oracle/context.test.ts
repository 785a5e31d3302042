import { buildSubgraphSchema } from '@apollo/subgraph';
import { graphql, parse } from 'graphql';
import { compose } from '../../gateway/composition/compose';
import { Graph } from '../../gateway/graph/graph';
import { plannerOf } from '../../gateway/planning/planners';
import { createLog } from '../../gateway/telemetry/log';
import { requireCompiled } from '../support/processes';
import { BytesTransport } from './transport';

beforeAll(requireCompiled);

const link = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: [${imports.map((name) => `"${name}"`).join(', ')}])\n`;

const houses = [
  { id: 'h1', language: 'en', guests: [{ id: 'g1' }, { id: 'g2' }] },
  { id: 'h2', language: 'fr', guests: [{ id: 'g1' }] },
  { id: 'h3', language: null, guests: [{ id: 'g3' }] },
];

const subgraphs = {
  houses: {
    sdl: `${link('@key', '@context', '@fromContext')}
      type Query { houses: [House] }
      type House @key(fields: "id") @context(name: "house") { id: ID! language: String guests: [Guest] }
      type Guest @key(fields: "id") { id: ID! greeting(language: String @fromContext(field: "$house { language }"), loud: Boolean): String }`,
    resolvers: {
      Query: { houses: () => houses },
      Guest: {
        __resolveReference: ({ id }: { id: string }) => ({ id }),
        greeting: ({ id }: { id: string }, { language, loud }: { language: string | null; loud?: boolean }) =>
          `${language}:${id}${loud ? '!' : ''}`,
      },
    },
  },
  ages: {
    sdl: `${link('@key')} type Guest @key(fields: "id") { id: ID! age: Int }`,
    resolvers: { Guest: { age: ({ id }: { id: string }) => Number(id.slice(1)) * 10 } },
  },
};

/**
 * Federation specification, "@fromContext". The reference gateway omits such arguments, and so does the native planner; here, one
 * entity in two houses is greeted in two languages.
 */
test.each(['native', 'apollo'] as const)(
  'resolves arguments from the context like one service, %s planner',
  async (planner) => {
    const calls: string[] = [];
    const graph = Graph.of({
      supergraphSdl: compose(
        Object.entries(subgraphs).map(([name, { sdl }]) => ({ name, sdl, url: `http://${name}.invalid` })),
      ),
      planner: plannerOf(planner, createLog('silent', 'test')),
      planLimits: { entries: 10, bytes: 1_000_000, timeoutMs: 20_000 },
      fetchTimeoutMs: 10_000,
      transport: ({ name }) => {
        const { sdl, resolvers } = subgraphs[name as keyof typeof subgraphs];
        const schema = buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: resolvers as never });
        return new BytesTransport(name, async (source, variableValues) => {
          calls.push(name);
          return JSON.parse(JSON.stringify(await graphql({ schema, source, variableValues })));
        });
      },
    });
    try {
      for (let time = 0; time < 2; time++) {
        const { data, errors } = await graph.execute({
          document: parse('{ houses { guests { greeting(loud: true) age } } }'),
          headers: {},
          scope: '',
          deadline: performance.now() + 20_000,
        });
        expect(errors).toBeUndefined();
        expect(data!.toJSON()).toEqual({
          houses: [
            {
              guests: [
                { greeting: 'en:g1!', age: 10 },
                { greeting: 'en:g2!', age: 20 },
              ],
            },
            { guests: [{ greeting: 'fr:g1!', age: 10 }] },
            { guests: [{ greeting: 'null:g3!', age: 30 }] },
          ],
        });
      }
      // one request for each language, and one for all ages
      expect(calls.filter((name) => name === 'houses').length).toBe(2 * (1 + 3));
      expect(calls.filter((name) => name === 'ages').length).toBe(2);
    } finally {
      await graph.close();
    }
  },
);
