import { parse } from 'graphql';
import { rolesOf } from '../policy/roles';
import { compose } from './compose';

const subgraph = (name: string, role: string) => ({
  name,
  sdl: `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@composeDirective"])
  @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@sensitivity", "@role"])
  @composeDirective(name: "@sensitivity")
  @composeDirective(name: "@role")
  ${role}
directive @sensitivity(class: Sensitivity!) on FIELD_DEFINITION
directive @role(name: String!, description: String!, needs: String, kinds: [String!]) repeatable on SCHEMA
enum Sensitivity { PUBLIC GOV GOV_DELIB PROPIN PII ISVI }
type Query { ${name}: String @sensitivity(class: PUBLIC) }`,
});
const rolesIn = (...subgraphs: ReturnType<typeof subgraph>[]) => rolesOf(parse(compose(subgraphs)));

test('the supergraph has the roles of every subgraph, with what each requires', () => {
  expect(
    rolesIn(
      subgraph(
        'a',
        '@role(name: "auditor", description: "Audits.", needs: "agency", kinds: ["GOVERNMENT", "STATISTICAL"])',
      ),
      subgraph('b', '@role(name: "vendor", description: "Sells.")'),
    ),
  ).toEqual({
    auditor: { description: 'Audits.', needs: 'agency', isGovernment: true, isStatistical: true },
    vendor: { description: 'Sells.' },
  });
});

test('two subgraphs may declare a role with one meaning, and not with two', () => {
  const auditor = '@role(name: "auditor", description: "Audits.", kinds: ["GOVERNMENT"])';
  expect(Object.keys(rolesIn(subgraph('a', auditor), subgraph('b', auditor)))).toEqual(['auditor']);
  const raised = '@role(name: "auditor", description: "Audits.", kinds: ["GOVERNMENT", "STATISTICAL"])';
  expect(() => compose([subgraph('a', auditor), subgraph('b', raised)])).toThrow(
    /"auditor" is GOVERNMENT in a, and GOVERNMENT STATISTICAL in b\n {2}Give your role a name of its own/,
  );
});

test('a subgraph may not declare one role twice with different meanings', () => {
  const plain = '@role(name: "auditor", description: "Audits.")';
  const raised = '@role(name: "auditor", description: "Audits.", kinds: ["GOVERNMENT"])';
  expect(() => compose([subgraph('b', plain), subgraph('z', `${raised} ${plain}`)])).toThrow(
    /"auditor" is no kind in b, and GOVERNMENT in z/,
  );
  const document = parse(`schema @link(url: "https://ordergraph.example/sensitivity/v1.0", import: ["@role"])
    ${raised} ${plain} { query: Query } type Query { a: String }`);
  expect(() => rolesOf(document)).toThrow(/"auditor" has two meanings: GOVERNMENT, and no kind/);
});

test.each([
  ['a misspelled kind', 'name: "auditor", description: "a", kinds: ["GOVERMENT"]', /invalid kinds/],
  ['a kind that is a text', 'name: "auditor", description: "a", kinds: "NON-GOVERNMENT-OVERSIGHT"', /invalid kinds/],
  ['a misspelled claim', 'name: "auditor", description: "a", needs: "Agency"', /invalid needs/],
  [
    'oversight without a case',
    'name: "auditor", description: "a", kinds: ["GOVERNMENT", "OVERSIGHT"]',
    /invalid kinds: OVERSIGHT requires/,
  ],
  [
    'oversight outside of the government',
    'name: "auditor", description: "a", needs: "caseNumber", kinds: ["OVERSIGHT"]',
    /OVERSIGHT requires/,
  ],
  ['an empty name', 'name: "", description: "a"', /invalid name/],
  ['the name of the public', 'name: "public", description: "a"', /invalid name/],
  ['an inherited name', 'name: "__proto__", description: "a"', /invalid name/],
  ['no name', 'description: "a"', /invalid name/],
])('rejects a role with %s', (_what, args, message) => {
  const { sdl } = subgraph('a', `@role(${args})`);
  expect(() => rolesOf(parse(sdl))).toThrow(message);
});

test('rejects a second feature with the name of the one that decides who may read fields', () => {
  const { sdl } = subgraph('a', '');
  const evil = '@link(url: "https://evil.example/sensitivity/v1.0", as: "evil", import: ["@sensitivity"])';
  for (const text of [
    sdl.replace('@link(url: "https://ordergraph', `${evil}\n  @link(url: "https://ordergraph`),
    sdl.replace('https://ordergraph.example', 'https://evil.example'),
  ])
    expect(() => compose([{ name: 'a', sdl: text }])).toThrow(
      /"https:\/\/evil\.example.* as the feature "sensitivity"/,
    );
});

test.each([
  ['another name', '@l(url: "https://specs.apollo.dev/link/v1.0", as: "l")'],
  ['an alias', '@link(url: "https://specs.apollo.dev/link/v1.0", as: "l")'],
  ['a renamed import', '@link(url: "https://specs.apollo.dev/link/v1.0", import: [{ name: "@link", as: "@l" }])'],
])('rejects the directive of links under %s, since rules would be missed', (_what, link) => {
  const { sdl } = subgraph('a', '');
  const text = sdl.replace(
    '@link(url: "https://specs.apollo.dev/federation',
    `${link}\n  @link(url: "https://specs.apollo.dev/federation`,
  );
  expect(() => compose([{ name: 'a', sdl: text }])).toThrow(/links features by another directive than @link/);
  const supergraph = `schema ${link} { query: Query } type Query { a: String }`;
  expect(() => rolesOf(parse(supergraph))).toThrow(/links features by another directive than @link/);
});

test('a supergraph without roles declares none', () => {
  expect(rolesIn(subgraph('a', ''))).toEqual({});
});
