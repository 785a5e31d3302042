import { type DocumentNode, Kind, print } from 'graphql';
import type { Sensitivity } from '#base/sensitivity';
import { argumentsOf, directiveNode } from '../supergraph/ast';
import { type Feature, featuresOf } from '../supergraph/features';
import type { Act, Agreement, Consent } from './agreement';

/** Feature whose directives state an agreement in a supergraph, without its version. */
const OWNERSHIP_URL = 'https://ordergraph.example/ownership/';
const IMPORTED = ['@owns', '@clearance', '@consent'];

const DEFINITIONS = `
"Parts of the graph that several subgraphs define and one owns."
directive @owns("Name of the subgraph." subgraph: String!, "Their coordinates; * for those without another owner." coordinates: [String!]!) repeatable on SCHEMA

"Classes of other subgraphs' fields that a subgraph may be sent."
directive @clearance("Name of the subgraph." subgraph: String!, "The classes." classes: [String!]!) repeatable on SCHEMA

"Consent of an owner to what other subgraphs do to its parts of the graph."
directive @consent("Subgraph that owns them." by: String!, "Subgraphs that may act." to: [String!]!, "What they may do." act: String!, "Coordinates of the parts." coordinates: [String!]!) repeatable on SCHEMA
`;

const ownershipFeature = (document: DocumentNode): Feature | undefined =>
  featuresOf(document).find(({ url }) => url.startsWith(OWNERSHIP_URL));

/** Whether a subgraph's schema states an agreement, which only its owners may do. */
export const statesAgreement = (document: DocumentNode): boolean => ownershipFeature(document) !== undefined;

/**
 * A composed supergraph with the agreement that its parts keep, so that gateways can check it.
 * @param sdl as composition prints it: the schema definition comes first
 */
export function withAgreement(sdl: string, { owners, clearances, consents }: Agreement): string {
  if ([owners, clearances, consents].every((part) => Object.keys(part).length === 0)) return sdl;
  const coordinatesOf = Map.groupBy(Object.entries(owners), ([, subgraph]) => subgraph);
  const stated = [
    `@link(url: "${OWNERSHIP_URL}v1.0", import: ${JSON.stringify(IMPORTED)})`,
    ...[...coordinatesOf].map(([subgraph, entries]) =>
      stating('owns', { subgraph, coordinates: entries.map(([coordinate]) => coordinate) }),
    ),
    ...Object.entries(clearances).map(([subgraph, classes]) => stating('clearance', { subgraph, classes })),
    ...consents.map(({ by, to, act, coordinates }) => stating('consent', { by, to, act, coordinates })),
  ];
  return `${sdl.replace(/^\{$/m, (schema) => `${stated.map((directive) => `  ${directive}\n`).join('')}${schema}`)}${DEFINITIONS}`;
}

const stating = (name: string, values: Readonly<Record<string, string | readonly string[]>>): string =>
  print(directiveNode(name, values));

/** The agreement that a supergraph states; without one, nothing is allowed. */
export function agreementIn(supergraph: DocumentNode): Agreement {
  const feature = ownershipFeature(supergraph);
  const stated = (directive: string): Readonly<Record<string, unknown>>[] =>
    supergraph.definitions.flatMap((definition) =>
      feature && definition.kind === Kind.SCHEMA_DEFINITION
        ? (definition.directives ?? [])
            .filter(({ name }) => name.value === feature.directiveNamed(directive))
            .map(argumentsOf)
        : [],
    );
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
