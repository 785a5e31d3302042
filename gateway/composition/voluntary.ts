import { type DocumentNode, type NameNode, visit } from 'graphql';
import { type Published, subgraphDocument } from '../supergraph/subgraph-document';

/**
 * N4 in docs/domain.md: subgraphs about models, submissions, or reviews must not name anything as a gate. Only whole words count, split at
 * camelCase and underscores, so "threshold", "aggregate", and "clearinghouse" pass.
 */
const GATE_WORDS = new Set(
  (
    'approve approves approved approval reject rejects rejected rejection deny denies denied denial clear cleared clearance ' +
    'preclear precleared permit permits permitted license licensed licence licensing certify certified certification ' +
    'block blocks blocked hold holds held veto vetoed embargo embargoed gate gated'
  ).split(' '),
);

/** The framework's types. A subgraph that adds a field to one of them belongs to the framework, and all its names are checked. */
const FRAMEWORK_TYPES = new Set(
  (
    'DeveloperOrganization AIModel ModelVersion Submission LaunchPlan AccessGrant Artifact Determination Designation Review ' +
    'RiskAssessment Consultation Advice EvaluationRun Finding CoverageInquiry TrustedPartner PartnerProposal FrameworkEdition'
  ).split(' '),
);

/** Words that other programs use in another sense, by subgraph: hiring has clearances, coordinated disclosure has embargoes. */
const ALLOWED_WORDS: Readonly<Record<string, readonly string[]>> = {
  workforce: ['clearance'],
  infrastructure: ['embargo'],
};

export const wordsOf = (name: string): string[] =>
  name.split(/_|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).map((word) => word.toLowerCase());

/** Names that break the rule, with their location. Empty for graphs without the framework. */
export function gateVocabulary(subgraphs: readonly Published[]): string[] {
  const names = new Set(subgraphs.map(({ name }) => name));
  if (!names.has('submissions') || !names.has('reviews')) return [];
  return subgraphs.flatMap((subgraph) => {
    const { name } = subgraph;
    const document = subgraphDocument(subgraph);
    const core = name === 'submissions' || name === 'reviews';
    const added = frameworkFields(document);
    if (!core && added === 0) return [];
    const allowed = ALLOWED_WORDS[name] ?? [];
    return namesIn(document).flatMap(({ text, within }) => {
      const gateWords = wordsOf(text).filter((word) => GATE_WORDS.has(word));
      const excused = !FRAMEWORK_TYPES.has(within ?? text) && gateWords.every((word) => allowed.includes(word));
      return gateWords.length === 0 || excused
        ? []
        : [`${name}: ${within ? `${within}.` : ''}${text} ("${gateWords.join('", "')}")`];
    });
  });
}

/** Number of fields, except keys, that a subgraph has on types of the framework. */
function frameworkFields(document: DocumentNode): number {
  let fields = 0;
  const count = (node: { name: NameNode; fields?: readonly unknown[]; directives?: readonly { name: NameNode }[] }) => {
    if (FRAMEWORK_TYPES.has(node.name.value)) fields += (node.fields?.length ?? 0) > 1 ? 1 : 0;
  };
  visit(document, { ObjectTypeDefinition: count, ObjectTypeExtension: count });
  return fields;
}

/** Names of types, fields, arguments, enum values, and directives. */
function namesIn(document: DocumentNode): { text: string; within?: string }[] {
  const names: { text: string; within?: string }[] = [];
  for (const definition of document.definitions) {
    const within = 'name' in definition ? definition.name?.value : undefined;
    if (within) names.push({ text: within });
    visit(definition, {
      FieldDefinition: ({ name }) => void names.push({ text: name.value, within }),
      InputValueDefinition: ({ name }) => void names.push({ text: name.value, within }),
      EnumValueDefinition: ({ name }) => void names.push({ text: name.value, within }),
    });
  }
  return names;
}
