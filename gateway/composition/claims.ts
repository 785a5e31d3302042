import { type DocumentNode, Kind } from 'graphql';
import { reservedStatements } from '../ownership/supergraph-agreement';
import { argumentsOf } from '../supergraph/ast';
import { handlingFeature } from '../supergraph/features';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/** What subgraphs state about others: owners of their data, and other root fields that answer their conditions. */
export function foreignClaims(subgraphs: readonly Published[]): string[] {
  const claims: string[] = [];
  const matched = new Map<string, { readonly subgraph: string; readonly field: string }>();
  for (const published of subgraphs) {
    const { name: subgraph } = published;
    const document = subgraphDocument(published);
    for (const statement of reservedStatements(document))
      claims.push(`${subgraph}: ${statement}, which only the graph states`);
    for (const owned of textsOf(document, 'owner', 'subgraph'))
      if (owned.text !== subgraph) claims.push(`${subgraph}: @owner names the subgraph "${owned.text}"`);
    for (const { on, text: field } of textsOf(document, 'matchedBy', 'field')) {
      const first = matched.get(on);
      if (!first) matched.set(on, { subgraph, field });
      else if (first.field !== field)
        claims.push(`${subgraph}: ${on} is matched by "${field}", and by "${first.field}" in ${first.subgraph}`);
    }
  }
  return claims;
}

/**
 * Agencies that schemas name as owners although the subgraphs belong to others.
 * @param agencies by name of the subgraph; schemas of others are not compared
 */
export function foreignAgencies(
  subgraphs: readonly Published[],
  agencies: Readonly<Record<string, readonly string[]>>,
): string[] {
  return subgraphs.flatMap((published) => {
    const { name } = published;
    const own = Object.hasOwn(agencies, name) ? agencies[name]! : undefined;
    if (!own) return [];
    const named = valuesOf(subgraphDocument(published), 'owner', 'agencies').flatMap(({ value }) => value);
    return [...new Set(named.map(String))]
      .filter((agency) => !own.includes(agency))
      .map((agency) => `${name}: @owner names the agency "${agency}"; the subgraph belongs to ${own.join(', ')}`);
  });
}

/** The same as texts. */
const textsOf = (document: DocumentNode, directive: string, argument: string): { on: string; text: string }[] =>
  valuesOf(document, directive, argument).map(({ on, value }) => ({ on, text: String(value) }));

/** Values of an argument of a directive of the sensitivity feature, with the names of the types that have it; "" for the schema. */
function valuesOf(document: DocumentNode, directive: string, argument: string): { on: string; value: unknown }[] {
  const name = handlingFeature(document)?.directiveNamed(directive);
  return document.definitions.flatMap((definition) => {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION || !('directives' in definition)) return [];
    const on = 'name' in definition ? (definition.name?.value ?? '') : '';
    return (definition.directives ?? [])
      .filter((applied) => applied.name.value === name)
      .map((applied) => argumentsOf(applied)[argument])
      .filter((value) => value !== undefined)
      .map((value) => ({ on, value }));
  });
}
