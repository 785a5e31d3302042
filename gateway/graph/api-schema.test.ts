import { Supergraph } from '@apollo/federation-internals';
import {
  type GraphQLObjectType,
  type GraphQLSchema,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  visit,
} from 'graphql';
import { OperatorError } from '#base/errors';
import { readText } from '#base/read-text';
import { zoo } from '../../test/oracle/zoo';
import { compose } from '../composition/compose';
import { MATCHES } from '../supergraph/matched-inputs';
import { OWN_SUPERGRAPH_FILE } from '../supergraph/own';
import { readSupergraph } from '../supergraph/supergraph';
import { apiSchemaIn, apiSchemaOf } from './api-schema';

const composed = (subgraphs: Readonly<Record<string, string>>): string =>
  compose(Object.entries(subgraphs).map(([name, sdl]) => ({ name, url: `http://${name}.invalid`, sdl })));

const renamedFeatures = composed({
  shop: `
    extend schema
      @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective", { name: "@inaccessible", as: "@hidden" }])
      @link(url: "https://shop.example/labels/v1.0", as: "labels", import: ["@label", "Label", { name: "@shout", as: "@loud" }])
      @composeDirective(name: "@label") @composeDirective(name: "@loud") @composeDirective(name: "@labels__quiet")
    directive @label(as: Label, among: [LabelInput!] = [{ text: "x" }]) on FIELD | FIELD_DEFINITION
    directive @loud(volume: Int = 11 @deprecated(reason: "Always loud.")) on FIELD_DEFINITION
    directive @labels__quiet on QUERY
    enum Label { RED GREEN @hidden }
    input LabelInput { text: String! secret: Int @hidden }
    type Query {
      "Finds items."
      items(first: Int = 3, hint: String @hidden): [Item!]! @label(as: RED)
      old: Secret @hidden
      any: Any @deprecated(reason: "Use items.")
    }
    interface Item { id: ID! price: Int @hidden }
    type Book implements Item @key(fields: "id") { id: ID! price: Int at: Instant }
    type Pen implements Item @key(fields: "id") { id: ID! price: Int @hidden ink: String }
    type Secret @hidden { text: String }
    union Any = Book | Pen | Secret
    "An instant."
    scalar Instant @specifiedBy(url: "https://scalars.example/instant")
    type Mutation @hidden { remove: Boolean }
  `,
});

const supergraphs: [name: string, sdl: string][] = [
  ['our own supergraph', readText(OWN_SUPERGRAPH_FILE, 'The supergraph')],
  ['renamed features', renamedFeatures],
  ...zoo.map(({ name, subgraphs }): [string, string] => [name, composed(subgraphs)]),
];

const EXECUTABLE = /FIELD$|QUERY|MUTATION|SUBSCRIPTION|FRAGMENT|VARIABLE_DEFINITION/;

/** What a schema shows, apart from directives, since Apollo's library leaves out executable ones that subgraphs compose, and from what we add. */
function typesIn(schema: GraphQLSchema): string {
  const printed = parse(printSchema(lexicographicSortSchema(schema)), { noLocation: true });
  return print(
    visit(printed, {
      DirectiveDefinition: () => null,
      InputValueDefinition: ({ name }) => (name.value === MATCHES ? null : undefined),
    }),
  );
}

test.each(supergraphs)('clients see of %s what Apollo’s library shows them', (_name, sdl) => {
  const expected = Supergraph.build(sdl, { supportedFeatures: null }).apiSchema().toGraphQLJSSchema();
  expect(typesIn(apiSchemaOf(sdl))).toBe(typesIn(expected));
});

test('shows executable directives that subgraphs compose, with the types of their arguments, at executable locations only', () => {
  const directives = apiSchemaOf(renamedFeatures)
    .getDirectives()
    .map(({ name, locations }) => [name, locations.filter((location) => !EXECUTABLE.test(location))]);
  expect(Object.fromEntries(directives)).toMatchObject({ label: [], labels__quiet: [], defer: [] });
  expect(Object.fromEntries(directives)).not.toHaveProperty('loud');
  const printed = printSchema(apiSchemaOf(renamedFeatures));
  expect(printed).toContain('directive @label(as: Label, among: [LabelInput!] = [{text: "x"}]) on FIELD\n');
  expect(printed).toMatch(/enum Label {\s+RED\s+}/);
  expect(printed).not.toContain('secret');
});

/** Ways to damage a supergraph, each in one place of this one. */
const valid = composed({
  shop: `
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@inaccessible", "@listSize"])
    type Query { items(first: Int = 3, kind: Kind = A, filter: Filter = { text: "x" }): [Item!]! @listSize(assumedSize: 10) any: Any }
    interface Item { id: ID! price: Int }
    type Book implements Item @key(fields: "id") { id: ID! price: Int kind: Kind }
    union Any = Book | Pen
    type Pen implements Item @key(fields: "id") { id: ID! price: Int cap: Cap hidden: Int @inaccessible }
    type Cap { color: String }
    enum Kind { A B }
    input Filter { text: String! size: Int }
  `,
});

const damages: [what: string, from: string | RegExp, to: string][] = [
  ['a syntax error', 'type Query', 'typ Query'],
  ['no link to the join specification', /@link\(url: "https:\/\/specs\.apollo\.dev\/join[^)]*\)/, ''],
  ['an unknown version of the join specification', /specs\.apollo\.dev\/join\/v0\.\d/, 'specs.apollo.dev/join/v9.1'],
  ['a type that is missing', /type Cap\s[^}]*}/, ''],
  ['a field of an unknown type', 'cap: Cap', 'cap: Cup'],
  ['a type that is defined twice', 'type Cap', 'type Cap { color: Int }\ntype Cap'],
  ['a field that is defined twice', 'cap: Cap', 'cap: Cap\n  cap: Cap'],
  ['an unknown directive', 'cap: Cap', 'cap: Cap @cup'],
  ['an unknown subgraph', '@join__type(graph: SHOP)', '@join__type(graph: SHIP)'],
  ['an unknown argument of a directive', '@join__type(graph: SHOP)', '@join__type(graph: SHOP, of: 1)'],
  ['a required argument of a directive that is missing', '@join__type(graph: SHOP)', '@join__type'],
  ['an argument of a directive with the wrong type', 'assumedSize: 10', 'assumedSize: "ten"'],
  ['a default value of the wrong type', 'first: Int = 3', 'first: Int = "three"'],
  ['a default value that is no value of the enum', 'Kind = A', 'Kind = C'],
  ['an interface without an implementation of its field', /(type Pen[^}]*)price: Int[^\n]*/, '$1'],
  ['an input type as the type of a field', 'cap: Cap', 'cap: Filter'],
  ['an object type as the type of an argument', 'kind: Kind = A', 'kind: Cap'],
  ['a union of a scalar', '= Book | Pen', '= Book | Pen | String'],
  ['an object without fields', /(type Cap[^{]*){[^}]*}/, '$1'],
  ['a field without a type', 'cap: Cap', 'cap'],
];

const hiding = 'specs.apollo.dev/inaccessible/v0.2", for: SECURITY';

/** Ways to hide something by a link that a careless reader misses. */
const misleading: typeof damages = [
  [
    'a feature linked twice',
    /(@link\(url: "https:\/\/)(specs\.apollo\.dev\/inaccessible\/v0\.2)", for: SECURITY\)/,
    '$1$2", as: "hide") $&',
  ],
  ['a directive that its feature has under another name', hiding, `${hiding}, as: "hide"`],
  ['an element imported twice', hiding, `${hiding}, import: [{ name: "@inaccessible", as: "@hide" }, "@inaccessible"]`],
  ['an empty name of a feature', hiding, `${hiding}, as: ""`],
  ['a feature without a version', 'specs.apollo.dev/inaccessible/v0.2', 'specs.apollo.dev/inaccessible'],
];

test.each(misleading)('rejects a supergraph with %s', (_what, from, to) => {
  const damaged = valid.replace(from, to);
  expect(damaged).not.toBe(valid);
  expect(() => apiSchemaIn(readSupergraph(damaged).document)).toThrow();
});

test.each(['https://specs.apollo.dev:443/', 'https://SPECS.apollo.dev/', 'http://specs.apollo.dev/'])(
  'hides by the feature whose URL begins with %s',
  (begin) => {
    const other = valid.replace('https://specs.apollo.dev/inaccessible', `${begin}inaccessible`);
    expect(other).not.toBe(valid);
    const { Pen } = apiSchemaOf(other).getTypeMap() as { Pen: GraphQLObjectType };
    expect(Object.keys(Pen.getFields())).toEqual(['id', 'price', 'cap']);
  },
);

test('rejects two subgraphs of one name', () => {
  const twice = valid.replace(/SHOP (@join__graph\([^)]*\))/, 'SHOP $1 STORE $1');
  expect(twice).not.toBe(valid);
  expect(() => readSupergraph(twice)).toThrow(/two subgraphs of one name/);
});

/** Damage that only we find. */
const unnoticed: typeof damages = [
  ['an enum value that is defined twice', /A @join__enumValue\(graph: SHOP\)/, 'A A'],
  ['a default value without a required field', '{text: "x"}', '{size: 1}'],
  ['no query type', 'query: Query', 'mutation: Query'],
  ['an enum without a visible value', /@join__enumValue\(graph: SHOP\)/g, '$& @inaccessible'],
];

test('the supergraph to damage is valid', () => {
  expect(() => apiSchemaIn(readSupergraph(valid).document)).not.toThrow();
});

test.each(damages)('rejects a supergraph with %s, as Apollo’s library does', (_what, from, to) => {
  const damaged = valid.replace(from, to);
  expect(damaged).not.toBe(valid);
  expect(() => Supergraph.build(damaged, { supportedFeatures: null }).apiSchema()).toThrow();
  expect(() => apiSchemaIn(readSupergraph(damaged).document)).toThrow();
});

test.each(unnoticed)('rejects a supergraph with %s', (_what, from, to) => {
  const damaged = valid.replace(from, to);
  expect(damaged).not.toBe(valid);
  expect(() => apiSchemaIn(readSupergraph(damaged).document)).toThrow();
});

test('rejects extensions, whose directives readers of supergraphs would miss', () => {
  const extended = `${valid}\nextend type Cap { size: Int @inaccessible }`;
  expect(() => readSupergraph(extended)).toThrow(OperatorError);
  expect(() => readSupergraph(extended)).toThrow(/extends Cap: write the extension into the definition/);
});
