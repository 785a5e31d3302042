import { composeServices } from '@apollo/composition';
import { BREAK, type DocumentNode, GraphQLError, getLocation, visit } from 'graphql';
import { OperatorError } from '#base/errors';
import { NODES, nodesSchema } from '../nodes/schema';
import { type Agreement, NO_AGREEMENT } from '../ownership/agreement';
import { placeOf } from '../ownership/elements';
import { describeDeed, encroaching, Ownership } from '../ownership/ownership';
import { withAgreement } from '../ownership/supergraph-agreement';
import { unclassifiedFields } from '../policy/sensitivity';
import { featuresOf } from '../supergraph/features';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';
import { foreignClaims } from './claims';
import { understatedFields } from './derivations';
import { conflictingRoles } from './roles';
import { gateVocabulary } from './voluntary';

/** Input of composition: a subgraph's schema. */
export interface PublishedSubgraph extends Published {
  /** Its URL; empty for an in-process subgraph. */
  readonly url?: string;
}

interface ParsedSubgraph {
  readonly name: string;
  readonly url: string;
  readonly typeDefs: DocumentNode;
}

/** What composition needs besides the schemas. */
export interface CompositionOptions {
  /** What the owners agreed on; nothing by default. */
  readonly agreement?: Agreement;
  /** The subgraphs before a change: it cannot take away what they own. */
  readonly before?: readonly PublishedSubgraph[];
}

/**
 * Composes subgraphs into a supergraph by the rules of Federation 2, and the rules of this graph.
 * @returns the supergraph schema @throws OperatorError with all composition errors
 */
export function compose(
  subgraphs: readonly PublishedSubgraph[],
  { agreement = NO_AGREEMENT, before }: CompositionOptions = {},
): string {
  requireSources([...duplicateNames(subgraphs), ...sourceProblems(subgraphs)]);
  const gates = gateVocabulary(subgraphs);
  if (gates.length > 0)
    throw new OperatorError(
      `Names that would turn the voluntary framework into a gate:\n${gates.map((name) => `- ${name}`).join('\n')}`,
      'Agencies advise and developers decide: choose descriptive names. The supergraph is unchanged',
    );
  const unclassified = unclassifiedFields(subgraphs);
  if (unclassified.length > 0)
    throw new OperatorError(
      `Every field needs exactly one @sensitivity class. Missing or conflicting:\n${unclassified.map((flaw) => `- ${flaw}`).join('\n')}`,
      'The class determines who may read a field: fix the fields listed above. The supergraph is unchanged',
    );
  const understated = understatedFields(subgraphs);
  if (understated.length > 0)
    throw new OperatorError(
      `Fields reveal more than their classes allow:\n${understated.map((flaw) => `- ${flaw}`).join('\n')}`,
      'Give the field the class of its source, or state in "coarsened" why it reveals less. The supergraph is unchanged',
    );
  const roles = conflictingRoles(subgraphs);
  if (roles.length > 0)
    throw new OperatorError(
      `Roles have different meanings:\n${roles.map((conflict) => `- ${conflict}`).join('\n')}`,
      'Give your role a name of its own, or the meaning of the other subgraph. The supergraph is unchanged',
    );
  const claims = foreignClaims(subgraphs);
  if (claims.length > 0)
    throw new OperatorError(
      `Subgraphs state what others decide:\n${claims.map((claim) => `- ${claim}`).join('\n')}`,
      'Let each subgraph name its own owners, and match an input by one root field. The supergraph is unchanged',
    );
  const ownership = new Ownership(subgraphs, agreement, before);
  if (ownership.encroachments.length > 0) throw encroaching(ownership.encroachments.map(describeDeed));
  const nodes = nodesSchema(subgraphs);
  const all = nodes === undefined ? subgraphs : [...subgraphs, { name: NODES, sdl: nodes }];
  const parsed = all.map(
    (subgraph): ParsedSubgraph => ({
      name: subgraph.name,
      url: subgraph.url ?? '',
      typeDefs: subgraphDocument(subgraph),
    }),
  );
  const { supergraphSdl, errors = [] } = composed(parsed);
  if (supergraphSdl !== undefined) return withAgreement(`${supergraphSdl}\n`, ownership.statement());
  throw new OperatorError(
    `The subgraphs ${subgraphs.map(({ name }) => name).join(', ')} do not compose:\n${errors.map((error) => `- ${withPlaces(error)}`).join('\n')}`,
    'Fix the schemas named above; the supergraph is unchanged',
  );
}

/** Names that several subgraphs share, with their files. */
export function duplicateNames(subgraphs: readonly Pick<PublishedSubgraph, 'name' | 'file'>[]): string[] {
  const files = new Map<string, string[]>();
  for (const { name, file = name } of subgraphs) files.set(name, [...(files.get(name) ?? []), file]);
  return [...files].flatMap(([name, all]) =>
    all.length > 1 ? [`the subgraph name "${name}" is used ${all.length} times: ${all.join(', ')}`] : [],
  );
}

/** Empty schemas, syntax errors with line and column, and unreadable links, each with its file. */
export const sourceProblems = (subgraphs: readonly PublishedSubgraph[]): string[] => [
  ...new Set(subgraphs.flatMap((subgraph) => sourceProblem(subgraph) ?? [])),
];

/** @throws OperatorError with all problems, if any */
export function requireSources(problems: readonly string[]): void {
  if (problems.length === 0) return;
  throw new OperatorError(
    `The subgraphs cannot be composed:\n${problems.map((problem) => `- ${problem}`).join('\n')}`,
    'Fix the sources named above; the supergraph is unchanged',
  );
}

function sourceProblem(subgraph: PublishedSubgraph): string | undefined {
  const { name, file = name, sdl } = subgraph;
  if (sdl.trim() === '') return `${file}: the schema is empty`;
  try {
    const document = subgraphDocument(subgraph);
    featuresOf(document);
    return longName(document, sdl);
  } catch (error) {
    if (error instanceof OperatorError) return `${file}: ${error.message}`;
    if (!(error instanceof GraphQLError)) throw error;
    const [place] = error.locations ?? [];
    return `${file}:${place ? `${place.line}:${place.column}:` : ''} ${error.message}`;
  }
}

/** Maximum characters of a name: composition repeats names in messages and keys. */
const MAX_NAME = 250;
const LONG_WORD = new RegExp(`\\b\\w{${MAX_NAME + 1}}`);

function longName(document: DocumentNode, sdl: string): string | undefined {
  // descriptions may have such words, too
  if (!LONG_WORD.test(sdl)) return undefined;
  let problem: string | undefined;
  visit(document, {
    Name: (node) => {
      if (node.value.length <= MAX_NAME) return undefined;
      problem = `${placeOf(node)}: the name "${node.value.slice(0, 20)}…" has ${node.value.length} characters, and the limit is ${MAX_NAME}`;
      return BREAK;
    },
  });
  return problem;
}

type Composed = { readonly supergraphSdl?: string; readonly errors?: readonly Error[] };

/** Composes, and reports a crash of composition as an error of the schemas. */
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

/** The message of a composition error, with file, line, and column. */
function withPlaces(error: Error): string {
  const nodes = error instanceof GraphQLError ? (error.nodes ?? []) : [];
  const places = nodes.flatMap(({ loc }) => {
    if (!loc) return [];
    const { line, column } = getLocation(loc.source, loc.start);
    return [`${loc.source.name}:${line}:${column}`];
  });
  return places.length > 0 ? `${error.message} (${[...new Set(places)].join(', ')})` : error.message;
}
