import { type DocumentNode, Kind, parse, print } from 'graphql';
import { type Contract, type Contracts, flawsOfContracts } from '#base/contract';
import { OperatorError } from '#base/errors';
import type { Sensitivity } from '#base/sensitivity';
import { NODE_URL } from '../nodes/schema';
import { argumentsOf, directiveNode } from '../supergraph/ast';
import { type Feature, featuresOf } from '../supergraph/features';
import type { Act, Agreement, Consent } from './agreement';

/** Feature whose directives state an agreement in a supergraph, without its version. */
const OWNERSHIP_URL = 'https://ordergraph.example/ownership/';
const IMPORTED = ['@owns', '@clearance', '@consent', '@contract'];

const DEFINITIONS = `
"Parts of the graph that several subgraphs define and one owns."
directive @owns("Name of the subgraph." subgraph: String!, "Their coordinates; * for those without another owner." coordinates: [String!]!) repeatable on SCHEMA

"Classes of other subgraphs' fields that a subgraph may be sent."
directive @clearance("Name of the subgraph." subgraph: String!, "The classes." classes: [String!]!) repeatable on SCHEMA

"Consent of an owner to what other subgraphs do to its parts of the graph."
directive @consent("Subgraph that owns them." by: String!, "Subgraphs that may act." to: [String!]!, "What they may do." act: String!, "Coordinates of the parts." coordinates: [String!]!) repeatable on SCHEMA

"Part of the graph that gateways serve at a path of its own."
directive @contract("Name, which is part of the path." name: String!, "Who it is for." description: String!, "Tags of the fields that it shows; all without any." include: [String!]!, "Tags of the parts that it hides." exclude: [String!]!, "Sensitivity classes of the fields that it shows; all without any." classes: [String!]!) repeatable on SCHEMA
`;

/** Features of gateways, which subgraphs must not link: by URL, in lower case. */
const RESERVED = [OWNERSHIP_URL, NODE_URL];
const RESERVED_DIRECTIVES = ['owns', 'clearance', 'consent', 'contract', 'nodeId'];

const ownershipFeature = (document: DocumentNode): Feature | undefined =>
  featuresOf(document).find(({ url }) => url.startsWith(OWNERSHIP_URL));

/** What a subgraph's schema states although only the graph may: agreements, and who resolves global ids. */
export const reservedStatements = (document: DocumentNode): string[] => [
  ...featuresOf(document)
    .filter(({ url }) => RESERVED.some((reserved) => url.toLowerCase().startsWith(reserved)))
    .map(({ url }) => `links "${url}"`),
  ...document.definitions.flatMap((definition) =>
    definition.kind === Kind.DIRECTIVE_DEFINITION && RESERVED_DIRECTIVES.includes(definition.name.value)
      ? [`defines @${definition.name.value}`]
      : [],
  ),
];

/**
 * A composed supergraph with the agreement that its parts keep, so that gateways can check it.
 * @param sdl as composition prints it: the schema definition comes first
 */
export function withAgreement(sdl: string, { owners, clearances, consents, contracts = {} }: Agreement): string {
  if ([owners, clearances, consents, contracts].every((part) => Object.keys(part).length === 0)) return sdl;
  const coordinatesOf = Map.groupBy(Object.entries(owners), ([, subgraph]) => subgraph);
  const stated = [
    `@link(url: "${OWNERSHIP_URL}v1.0", import: ${JSON.stringify(IMPORTED)})`,
    ...[...coordinatesOf].map(([subgraph, entries]) =>
      stating('owns', { subgraph, coordinates: entries.map(([coordinate]) => coordinate) }),
    ),
    ...Object.entries(clearances).map(([subgraph, classes]) => stating('clearance', { subgraph, classes })),
    ...consents.map(({ by, to, act, coordinates }) => stating('consent', { by, to, act, coordinates })),
    ...Object.entries(contracts).map(([name, { description, include, exclude, classes }]) =>
      stating('contract', { name, description, include, exclude, classes }),
    ),
  ];
  const end = endOfSchemaDirectives(sdl);
  return `${sdl.slice(0, end)}${stated.map((directive) => `\n  ${directive}`).join('')}${sdl.slice(end)}${DEFINITIONS}`;
}

/** The position after the directives of the schema definition, which comes first: the rest need not be parsed. */
function endOfSchemaDirectives(sdl: string): number {
  const schema = parse(sdl.slice(0, sdl.indexOf('\n}') + 2)).definitions.find(
    ({ kind }) => kind === Kind.SCHEMA_DEFINITION,
  );
  const end = schema && 'directives' in schema ? schema.directives?.at(-1)?.loc?.end : undefined;
  if (end === undefined) throw new Error('The supergraph has no schema definition with directives');
  return end;
}

const stating = (name: string, values: Readonly<Record<string, string | readonly string[]>>): string =>
  print(directiveNode(name, values));

/** What a supergraph states by a directive of the feature. */
function statedIn(supergraph: DocumentNode, directive: string): Readonly<Record<string, unknown>>[] {
  const feature = ownershipFeature(supergraph);
  return supergraph.definitions.flatMap((definition) =>
    feature && definition.kind === Kind.SCHEMA_DEFINITION
      ? (definition.directives ?? [])
          .filter(({ name }) => name.value === feature.directiveNamed(directive))
          .map(argumentsOf)
      : [],
  );
}

/** The agreement that a supergraph states; without one, nothing is allowed. */
export function agreementIn(supergraph: DocumentNode): Agreement {
  const stated = (directive: string) => statedIn(supergraph, directive);
  return {
    owners: Object.fromEntries(
      stated('owns').flatMap(({ subgraph, coordinates }) =>
        (coordinates as string[]).map((coordinate) => [coordinate, String(subgraph)]),
      ),
    ),
    clearances: Object.fromEntries(
      stated('clearance').map(({ subgraph, classes }) => [String(subgraph), classes as Sensitivity[]]),
    ),
    consents: stated('consent').map(
      ({ by, to, act, coordinates }): Consent => ({
        by: String(by),
        to: to as string[],
        act: act as Act,
        coordinates: coordinates as string[],
        reason: '',
      }),
    ),
  };
}

/** The contracts that a supergraph states. @throws OperatorError for a contract that no graph could have */
export function contractsIn(supergraph: DocumentNode): Contracts {
  const stated = statedIn(supergraph, 'contract');
  const contracts = Object.fromEntries(
    stated.map(({ name, description, include, exclude, classes }) => [
      String(name),
      {
        description: String(description),
        ...{ include: listOf(include), exclude: listOf(exclude) },
        classes: listOf(classes) as Sensitivity[],
      } satisfies Contract,
    ]),
  );
  const twice = stated.length > Object.keys(contracts).length ? ['two contracts have the same name'] : [];
  const flaws = [...twice, ...flawsOfContracts(contracts)];
  if (flaws.length > 0) throw invalidContracts(flaws);
  return contracts;
}

/** The texts of a list. A text alone stands for a list of it, as everywhere in GraphQL. */
const listOf = (value: unknown): string[] => [value ?? []].flat().map(String);

export const invalidContracts = (flaws: readonly string[]): OperatorError =>
  new OperatorError(
    `Contracts cannot be served:\n${flaws.map((flaw) => `- ${flaw}`).join('\n')}`,
    'Change the contracts of the agreement, or the tags of the schemas: docs/agency-schemas.md describes contracts. The supergraph is unchanged',
  );
