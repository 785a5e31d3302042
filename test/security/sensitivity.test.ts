import { readFileSync } from 'node:fs';
import { buildASTSchema, parse } from 'graphql';
import { countedOf } from '#kit/model/value-object';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { compose } from '../../gateway/composition/compose';
import { derivationsIn, understatedFields } from '../../gateway/composition/derivations';
import { normalize } from '../../gateway/operation/normalize';
import { type Agreement, NO_AGREEMENT } from '../../gateway/ownership/agreement';
import { Sensitivities, unclassifiedFields } from '../../gateway/policy/sensitivity';
import { openWorld, type World } from '../support/world';

const HEAD = (name: string, agencies: string) => `
  extend schema
    @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@composeDirective"])
    @link(url: "https://ordergraph.example/sensitivity/v1.0", import: [{ name: "@sensitivity", as: "@class" }, "@owner", "Sensitivity"])
    @composeDirective(name: "@class") @composeDirective(name: "@owner")
    @owner(subgraph: "${name}", agencies: ${agencies})
  directive @class(class: Sensitivity!) on FIELD_DEFINITION
  directive @owner(subgraph: String!, agencies: [String!]!) repeatable on SCHEMA
  enum Sensitivity { PUBLIC GOV GOV_DELIB PROPIN PII ISVI }
`;
const A = `${HEAD('a', '["nsa", "cisa"]')}
  type Query { box: Box @class(class: PUBLIC) thing: Thing @class(class: PUBLIC) }
  interface Thing { id: ID! @class(class: PUBLIC) owner: String @class(class: GOV) }
  type Box implements Thing @key(fields: "id") {
    id: ID! @class(class: PUBLIC) owner: String @class(class: GOV) secret: String @class(class: PROPIN) }
  type Crate implements Thing @key(fields: "id") { id: ID! @class(class: PUBLIC) owner: String @class(class: GOV) }`;
const B = `${HEAD('b', '["opm", "cisa"]')}
  type Box @key(fields: "id") { id: ID! @class(class: PUBLIC) person: Person @class(class: PUBLIC) }
  type Person { name: String @class(class: PII) }`;
const DERIVED = 'directive @derivedFrom(fields: [String!]!, coarsened: String) on FIELD_DEFINITION';
const both = (a: string, b: string) => [
  { name: 'a', sdl: a, url: 'http://a.invalid' },
  { name: 'b', sdl: b, url: 'http://b.invalid' },
];

describe('composition', () => {
  test('accepts classified subgraphs, including those of this repository', () => {
    expect(() => compose(both(A, B))).not.toThrow();
    expect(unclassifiedFields(subgraphs)).toEqual([]);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a field without a class',
      A,
      B.replace('name: String @class(class: PII)', 'name: String'),
      /b: Person\.name is missing @sens/,
    ],
    [
      'a root field without a class',
      A.replace('box: Box @class(class: PUBLIC)', 'box: Box'),
      B,
      /a: Query\.box is missing @sens/,
    ],
    ['an unknown class', A, B.replace('PII)', 'SECRET)'), /b: Person\.name has the unknown class SECRET/],
    [
      'a subgraph without any classes',
      A,
      'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"]) type Box @key(fields: "id") { id: ID! n: Int }',
      /b: Box\.id is missing @sens[\s\S]*b: Box\.n is missing @sens/,
    ],
    [
      'two classes of one field',
      A,
      B.replace('id: ID! @class(class: PUBLIC)', 'id: ID! @class(class: GOV)'),
      /b: Box\.id has class GOV here and class PUBLIC in a/,
    ],
  ])('refuses %s', (_what, a, b, message) => {
    expect(() => compose(both(a, b))).toThrow(message);
  });

  test.each<[string, string, string, RegExp]>([
    [
      'a weaker class than the source has, in another subgraph',
      'PUBLIC',
      'fields: ["Box.secret"]',
      /b: Person\.name has class PUBLIC but is derived from Box\.secret, which has class PROPIN/,
    ],
    [
      'a stricter class that other people read',
      'PII',
      'fields: ["Box.secret"]',
      /b: Person\.name has class PII but is derived from Box\.secret, which has class PROPIN/,
    ],
    ['a source that no subgraph has', 'PII', 'fields: ["Box.size"]', /derived from Box\.size, which no subgraph has/],
  ])('refuses %s', (_what, ownClass, derivation, message) => {
    const person = B.replace(
      'name: String @class(class: PII)',
      `name: String @class(class: ${ownClass}) @derivedFrom(${derivation})`,
    );
    expect(() => compose(both(A, `${DERIVED} ${person}`))).toThrow(message);
  });

  test('accepts a derived field that covers its sources, or a weaker one with a reason', () => {
    const consent = { by: 'a', to: ['b'], act: 'COARSEN', coordinates: ['Box.secret'], reason: 'Agreed.' } as const;
    const agreement: Agreement = { ...NO_AGREEMENT, consents: [consent] };
    for (const name of [
      'name: String @class(class: PROPIN) @derivedFrom(fields: ["Box.secret", "Box.owner"])',
      'name: String @class(class: PUBLIC) @derivedFrom(fields: ["Box.secret"], coarsened: "Its first letter.")',
    ])
      expect(() =>
        compose(both(A, `${DERIVED} ${B.replace('name: String @class(class: PII)', name)}`), { agreement }),
      ).not.toThrow();
    expect(understatedFields(subgraphs)).toEqual([]);
  });

  test('takes required fields of others as sources, nested ones too', () => {
    const requiring = (of: string) =>
      both(
        A.replace('secret: String', 'inner: Inner @class(class: GOV) secret: String').concat(
          ' type Inner { code: String @class(class: PROPIN) }',
        ),
        B.replace('import: ["@key"', 'import: ["@key", "@external", "@requires"')
          .replace(
            'person: Person',
            `secret: String @external @class(class: PROPIN) inner: Inner @external @class(class: GOV)
             copy: String @requires(fields: "secret inner { code }") @class(class: ${of}) person: Person`,
          )
          .concat(' type Inner { code: String @external @class(class: PROPIN) }'),
      );
    expect(() => compose(requiring('GOV'))).toThrow(
      /b: Box\.copy has class GOV but is derived from Box\.secret[^\n]*\n- b: Box\.copy has class GOV but is derived from Inner\.code/,
    );
    const agreement: Agreement = { ...NO_AGREEMENT, clearances: { b: ['PROPIN'] } };
    expect(() => compose(requiring('PROPIN'), { agreement })).not.toThrow();
  });

  test('takes fields of a context as sources', () => {
    const withContext = (of: string, selection: string) =>
      both(
        A,
        B.replace('import: ["@key"', 'import: ["@key", "@context", "@fromContext"').concat(
          ` type Shelf @key(fields: "id") @context(name: "crate") { id: ID! @class(class: PUBLIC) code: String @class(class: PROPIN) item: Item @class(class: PUBLIC) }
            type Item @key(fields: "id") {
              id: ID! @class(class: PUBLIC) label(code: String @fromContext(field: "$crate ${selection}")): String @class(class: ${of}) }`,
        ),
      );
    for (const selection of ['{ code }', '... on Shelf { code }']) {
      expect(() => compose(withContext('GOV', selection))).toThrow(
        'b: Item.label has class GOV but is derived from Shelf.code',
      );
      expect(() => compose(withContext('PROPIN', selection))).not.toThrow();
    }
  });

  test('refuses statements about other subgraphs', () => {
    expect(() => compose(both(A, B.replace('subgraph: "b"', 'subgraph: "a"')))).toThrow(
      'b: @owner names the subgraph "a"',
    );
    const matching = (sdl: string, field: string) =>
      `${sdl.replace('"@owner"', '"@owner", "@matchedBy"')} directive @matchedBy(field: String!) on INPUT_OBJECT
       input BoxReferenceFilter @matchedBy(field: "${field}") { in: [ID!] }`;
    expect(() => compose(both(matching(A, 'boxKeys'), matching(B, 'otherKeys')))).toThrow(
      'b: BoxReferenceFilter is matched by "otherKeys", and by "boxKeys" in a',
    );
    expect(() => compose(both(matching(A, 'boxKeys'), matching(B, 'boxKeys')))).not.toThrow();
  });

  test('requires every figure that hides small counts to declare what it counts', () => {
    const derived = new Map(derivationsIn(subgraphs).map((derivation) => [derivation.coordinate, derivation]));
    const counted = subgraphs.flatMap(({ schema }) =>
      Object.keys(schema.getTypeMap()).flatMap((type) =>
        [...(countedOf(type)?.keys() ?? [])].map((field) => `${type}.${field}`),
      ),
    );
    expect(counted.length).toBeGreaterThan(40);
    expect(counted.filter((coordinate) => !derived.get(coordinate)?.coarsened)).toEqual([]);
  });

  test('accepts supergraphs without sensitivity classes', () => {
    expect(unclassifiedFields([{ name: 'x', sdl: 'type Query { a: Int }' }])).toEqual([]);
  });
});

test.each<[string, string, object]>([
  ['{ box { id } }', 'PUBLIC', ['cisa', 'nsa']],
  ['{ thing { owner } }', 'GOV', ['cisa', 'nsa']],
  ['{ thing { id ... on Box { secret } } }', 'PROPIN', ['cisa', 'nsa']],
  ['{ x: box { y: secret owner } }', 'PROPIN', ['cisa', 'nsa']],
  ['{ box { person { name } } }', 'PII', ['cisa', 'nsa', 'opm']],
  ['{ ...F } fragment F on Query { box { person { name } secret } }', 'PII', ['cisa', 'nsa', 'opm']],
  ['{ __typename __schema { queryType { name } } }', 'PUBLIC', []],
])('handles %s as %s of %j', (query, strictest, agencies) => {
  const sdl = parse(compose(both(A, B)));
  const schema = buildASTSchema(sdl, { assumeValid: true });
  const { selectionSet } = normalize(parse(query), undefined, schema);
  const called = /person/.test(query) ? ['a', 'b', 'a'] : /box|thing/.test(query) ? ['a'] : [];
  expect(Sensitivities.of(sdl, schema)!.handlingOf(schema.getQueryType()!, selectionSet, called)).toEqual({
    class: strictest,
    agencies,
  });
});

describe('in answers', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld('sqlite');
  });
  afterAll(() => world.close());

  test('states how a response is to be handled, for new and known operations', async () => {
    for (let time = 0; time < 3; time++) {
      const sensitivityFor = async (query: string) => (await world.ask(query)).extensions.sensitivity;
      expect(await sensitivityFor('{ sectors { nodes { name } } }')).toEqual({ class: 'PUBLIC', agencies: ['cisa'] });
      expect(await sensitivityFor('{ submissions { nodes { number determinations { totalCount } } } }')).toEqual({
        class: 'PROPIN',
        agencies: ['nsa', 'treasury'],
      });
      expect(await sensitivityFor('{ applications { totalCount } }')).toEqual({ class: 'PII', agencies: ['opm'] });
    }
  });

  test('marks non-public responses as not cacheable, even for anonymous callers', async () => {
    for (let time = 0; time < 2; time++) {
      const { headers } = await world.server.inject({
        method: 'POST',
        url: '/graphql',
        payload: { query: '{ submissions { totalCount } }' },
      });
      expect(headers['cache-control']).toBe('private, no-store');
    }
  });

  test.each(
    ['01-the-order-at-a-glance', '02-launching-soon', '05-sectors-at-risk', '13-due-soon', '16-'].map((name) => [name]),
  )('returns no more objects for %s than its cost estimate', async (name) => {
    const { readdirSync } = await import('node:fs');
    const folder = 'test/questions';
    const file = readdirSync(folder).find((fileName) => fileName.startsWith(name) && fileName.endsWith('.graphql'))!;
    const { questionVariables } = await import('../questions/variables');
    const { data, extensions } = await world.ask(
      readFileSync(`${folder}/${file}`, 'utf8'),
      questionVariables[file.slice(0, 2)] ?? {},
    );
    const objectsIn = (value: unknown): number =>
      typeof value !== 'object' || value === null
        ? 0
        : Object.values(value).reduce((sum: number, item) => sum + objectsIn(item), Array.isArray(value) ? 0 : 1);
    // the root is not a field
    expect(objectsIn(data) - 1).toBeLessThanOrEqual(extensions.cost.estimated);
    expect(objectsIn(data)).toBeGreaterThan(1);
  });
});
