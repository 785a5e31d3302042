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
  const raised = '@role(name: "auditor", description: "Audits.", kinds: ["GOVERNMENT", "OVERSIGHT"])';
  expect(() => compose([subgraph('a', auditor), subgraph('b', raised)])).toThrow(
    /"auditor" is GOVERNMENT in a, and GOVERNMENT OVERSIGHT in b\n {2}Give your role a name of its own/,
  );
});

test('a supergraph without roles declares none', () => {
  expect(rolesIn(subgraph('a', ''))).toEqual({});
});
