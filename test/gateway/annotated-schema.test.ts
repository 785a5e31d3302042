import { buildSchema, GraphQLObjectType, type GraphQLSchema, isInterfaceType, printSchema } from 'graphql';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { compose } from '../../gateway/composition/compose';
import { printAnnotatedSchema } from '../../gateway/graph/annotated-schema';
import { printApiSchema } from '../../gateway/graph/api-schema';
import { sensitivitiesOf } from '../../gateway/policy/sensitivity';
import { zoo } from '../oracle/zoo';
import { INSPECTOR } from '../support/identity';
import { openWorld, type World } from '../support/world';

/** The API schema with what the supergraph states about its parts. */

const HANDLING = '@link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity"])';

let world: World;
beforeAll(async () => {
  world = await openWorld('sqlite');
});
afterAll(() => world?.close());

const get = async (url: string, caller: string | null = INSPECTOR, more: Record<string, string> = {}) =>
  world.server.inject({ url, headers: { ...(await world.identity.headers(caller)), ...more } });
let text: string;
let schema: GraphQLSchema;
beforeAll(async () => {
  text = (await get('/schema.graphql?annotated')).body;
  schema = buildSchema(text);
});

const directivesOf = (node: { directives?: readonly { name: { value: string } }[] } | null | undefined, name: string) =>
  (node?.directives ?? []).filter((directive) => directive.name.value === name);
const types = () =>
  Object.values(schema.getTypeMap()).filter(
    (type) => (type instanceof GraphQLObjectType || isInterfaceType(type)) && !type.name.startsWith('__'),
  ) as GraphQLObjectType[];

/** The parts of a schema, in any order, without the directives that annotations add. */
const partsOf = (printed: string): string[] =>
  printSchema(buildSchema(printed))
    .replaceAll(/(?:"""[^"]*"""\n)?directive @(?:sensitivity|owner|cost|listSize)\([^\n]*(?:\n\n|$)/g, '')
    .trim()
    .split('\n\n')
    .sort();

test('is the API schema with more directives', async () => {
  expect(partsOf(text)).toEqual(partsOf((await get('/schema.graphql')).body));
});

test.each(zoo)(
  'is the API schema with the owners of types for $name, which has no classes',
  ({ subgraphs: sources }) => {
    const supergraph = compose(
      Object.entries(sources).map(([name, sdl]) => ({ name, url: `http://${name}.invalid`, sdl })),
    );
    const annotated = printAnnotatedSchema(supergraph);
    expect(partsOf(annotated)).toEqual(partsOf(printApiSchema(supergraph)));
    expect(annotated).toContain('@owner(agencies: [], subgraph: "');
    expect(annotated).not.toContain('@sensitivity');
  },
);

test('has one sensitivity class on every field', () => {
  const fields = types().flatMap((type) => Object.values(type.getFields()));
  expect(fields.length).toBeGreaterThan(1_000);
  for (const { astNode } of fields) expect(directivesOf(astNode, 'sensitivity')).toHaveLength(1);
  const published = sensitivitiesOf(subgraphs);
  const shown = sensitivitiesOf([{ name: 'annotated', sdl: text.replace(/schema \{/, `schema ${HANDLING} {`) }]);
  const common = [...published].filter(([coordinate]) => shown.has(coordinate) && !coordinate.endsWith('.id'));
  expect(common.length).toBeGreaterThan(1_000);
  // ids take the class of the interface Node
  for (const [coordinate, of] of common) expect([coordinate, shown.get(coordinate)]).toEqual([coordinate, of]);
});

test('names the owners of types, and of fields that other subgraphs resolve', () => {
  const owners = (node: Parameters<typeof directivesOf>[0]) =>
    directivesOf(node, 'owner').map((directive) => {
      const { arguments: nodes } = directive as never as { arguments: { value: { value?: string } }[] };
      return nodes[1]!.value.value;
    });
  const submission = schema.getType('Submission') as GraphQLObjectType;
  expect(owners(submission.astNode)).toEqual(['submissions']);
  expect(owners(submission.getFields().number!.astNode)).toEqual([]);
  expect(owners(submission.getFields().reviewTimeline!.astNode)).toEqual(['reviews']);
  const query = schema.getQueryType()!;
  expect(owners(query.astNode)).toEqual([]);
  expect(owners(query.getFields().reviews!.astNode)).toEqual(['reviews']);
  expect(owners(query.getFields().node!.astNode)).toEqual(['nodes']);
  for (const type of types())
    if (type !== query && type !== schema.getMutationType()) expect(owners(type.astNode)).not.toEqual([]);
  expect(text).toContain('@owner(agencies: ["treasury"], subgraph: "submissions")');
  expect(text).toContain('@listSize(');
});

test('is compressed, and sent once to a client that keeps it', async () => {
  for (const url of ['/schema.graphql', '/schema.graphql?annotated']) {
    const { headers, rawPayload } = await get(url, INSPECTOR, { 'accept-encoding': 'br' });
    expect(headers['content-encoding']).toBe('br');
    expect(rawPayload.length).toBeLessThan(text.length / 5);
    const again = await get(url, INSPECTOR, { 'if-none-match': String(headers.etag) });
    expect([again.statusCode, again.body, again.headers.etag]).toEqual([304, '', headers.etag]);
    const changed = await get(url, INSPECTOR, { 'if-none-match': 'W/"another"' });
    expect(changed.statusCode).toBe(200);
  }
});

test('is refused to callers who may not see the schema', async () => {
  const { statusCode, headers } = await get('/schema.graphql?annotated', null);
  expect([statusCode, headers.etag]).toEqual([403, undefined]);
});
