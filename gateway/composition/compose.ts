import { composeServices } from '@apollo/composition';
import { type DocumentNode, GraphQLError, getLocation, parse, Source } from 'graphql';
import { OperatorError } from '#base/errors';
import { NODES, nodesSchema } from '../nodes/schema';
import { unclassifiedFields } from '../policy/sensitivity';
import { understatedFields } from './derivations';
import { gateVocabulary } from './voluntary';

/** A subgraph as composition sees it. */
export interface PublishedSubgraph {
  readonly name: string;
  readonly sdl: string;
  /** Where it answers; empty when it is reached in-process. */
  readonly url?: string;
  /** The file of its schema, for messages; by default its name. */
  readonly file?: string;
}

interface ParsedSubgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

/**
 * Composes subgraphs into a supergraph by the rules of Federation 2.
 * @returns the supergraph schema. @throws OperatorError with every composition error when they do not compose.
 */
export function compose(subgraphs: readonly PublishedSubgraph[]): string {
  requireSources([...duplicateNames(subgraphs), ...syntaxProblems(subgraphs)]);
  const gates = gateVocabulary(subgraphs);
  if (gates.length > 0)
    throw new OperatorError(
      `Names that would make a gate of the voluntary framework:\n${gates.map((name) => `- ${name}`).join('\n')}`,
      'Agencies advise and developers decide: name it after what it is. The supergraph was left as it is',
    );
  const unclassified = unclassifiedFields(subgraphs);
  if (unclassified.length > 0)
    throw new OperatorError(
      `It is not said of every field, once, how sensitive it is:\n${unclassified.map((flaw) => `- ${flaw}`).join('\n')}`,
      'Who may read a field follows from its class: say it at the fields named above. The supergraph was left as it is',
    );
  const understated = understatedFields(subgraphs);
  if (understated.length > 0)
    throw new OperatorError(
      `Fields reveal more than their classes allow:\n${understated.map((flaw) => `- ${flaw}`).join('\n')}`,
      'Give the field the class of what it is derived from, or give the reason in "coarsened" why it reveals less. The supergraph was left as it is',
    );
  const nodes = nodesSchema(subgraphs);
  const all = nodes === undefined ? subgraphs : [...subgraphs, { name: NODES, sdl: nodes }];
  const parsed = all.map(
    (subgraph): ParsedSubgraph => ({
      name: subgraph.name,
      url: subgraph.url ?? '',
      typeDefs: parse(sourceOf(subgraph)),
    }),
  );
  const { supergraphSdl, errors = [] } = composed(parsed);
  if (supergraphSdl !== undefined) return `${supergraphSdl}\n`;
  throw new OperatorError(
    `The subgraphs ${subgraphs.map(({ name }) => name).join(', ')} do not compose:\n${errors.map((error) => `- ${withPlaces(error)}`).join('\n')}`,
    'Fix the schemas named above; the supergraph was left as it is',
  );
}

/** The names that several subgraphs have, with their files. */
export function duplicateNames(subgraphs: readonly Pick<PublishedSubgraph, 'name' | 'file'>[]): string[] {
  const files = new Map<string, string[]>();
  for (const { name, file = name } of subgraphs) files.set(name, [...(files.get(name) ?? []), file]);
  return [...files].flatMap(([name, all]) =>
    all.length > 1 ? [`the subgraph name "${name}" is used ${all.length} times: ${all.join(', ')}`] : [],
  );
}

/** Empty schemas and syntax errors, with file, line and column. */
export const syntaxProblems = (subgraphs: readonly PublishedSubgraph[]): string[] => [
  ...new Set(subgraphs.flatMap((subgraph) => syntaxProblem(subgraph) ?? [])),
];

/** @throws OperatorError with all problems, if any */
export function requireSources(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new OperatorError(
    `The subgraphs cannot be composed:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    'Fix the sources named above; the supergraph was left as it is',
  );
}

const sourceOf = ({ sdl, file, name }: PublishedSubgraph): Source => new Source(sdl, file ?? name);

function syntaxProblem(subgraph: PublishedSubgraph): string | undefined {
  const source = sourceOf(subgraph);
  if (source.body.trim() === '') return `${source.name}: the schema is empty`;
  try {
    parse(source);
    return undefined;
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    return `${source.name}:${place ? `${place.line}:${place.column}:` : ''} ${error.message}`;
  }
}

type Composed = { readonly supergraphSdl?: string; readonly errors?: readonly Error[] };

/** Composes; where composition itself crashes, by a schema that it does not expect, that is an error of the schema. */
function composed(subgraphs: ParsedSubgraph[]): Composed {
  try {
    return composeServices(subgraphs);
  } catch (error) {
    const files = subgraphs.filter(crashes).map(({ typeDefs }) => typeDefs.loc!.source.name);
    const message = `composition failed: ${(error as Error).message}`;
    return { errors: [new Error(files.length > 0 ? `${files.join(', ')}: ${message}` : message, { cause: error })] };
  }
}

function crashes(subgraph: ParsedSubgraph): boolean {
  try {
    composeServices([subgraph]);
    return false;
  } catch {
    return true;
  }
}

/** The message of a composition error, with the file, line and column of what it is about. */
function withPlaces(error: Error): string {
  const nodes = error instanceof GraphQLError ? (error.nodes ?? []) : [];
  const places = nodes.flatMap(({ loc }) => {
    if (!loc) return [];
    const { line, column } = getLocation(loc.source, loc.start);
    return [`${loc.source.name}:${line}:${column}`];
  });
  return places.length > 0 ? `${error.message} (${[...new Set(places)].join(', ')})` : error.message;
}
