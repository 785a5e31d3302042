import { type DocumentNode, type NameNode, parse, visit } from 'graphql';

/**
 * N4 in docs/domain.md: no subgraph about models, submissions, or reviews names anything as a gate. Only whole words count, split at
 * camelCase and underscores, so "threshold", "aggregate", and "clearinghouse" pass.
 */
const GATE_WORDS = new Set(
  (
    'approve approves approved approval reject rejects rejected rejection deny denies denied denial clear cleared clearance ' +
    'preclear precleared permit permits permitted license licensed licence licensing certify certified certification ' +
    'block blocks blocked hold holds held veto vetoed embargo embargoed gate gated'
  ).split(' '),
);

/** What the framework is about. A subgraph that adds a field to one of these is about it too, and is looked at as a whole. */
const FRAMEWORK_TYPES = new Set(
  (
    'DeveloperOrganization AIModel ModelVersion Submission LaunchPlan AccessGrant Artifact Determination Designation Review ' +
    'RiskAssessment Consultation Advice EvaluationRun Finding'
  ).split(' '),
);

/** Words that other programmes need for something else, by subgraph: hiring asks for clearances, coordinated disclosure has embargoes. */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  workforce: ['clearance'],
  infrastructure: ['embargo'],
};

export const wordsOf = (name: string): string[] =>
  name.split(/_|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/).map((word) => word.toLowerCase());

/** Every name of these subgraphs that breaks the rule, each with where it stands. None where there is no framework. */
export function gateVocabulary(subgraphs: readonly { name: string; sdl: string }[]): string[] {
  const names = new Set(subgraphs.map(({ name }) => name));
  if (!names.has('submissions') || !names.has('reviews')) return [];
  return subgraphs.flatMap(({ name, sdl }) => {
    const document = parse(sdl);
    const core = name === 'submissions' || name === 'reviews';
    const added = frameworkFields(document);
    if (!core && added === 0) return [];
    const own = OWN_WORDS[name] ?? [];
    return namesIn(document).flatMap(({ text, within }) => {
      const found = wordsOf(text).filter((word) => GATE_WORDS.has(word));
      const excused = !FRAMEWORK_TYPES.has(within ?? text) && found.every((word) => own.includes(word));
      return found.length === 0 || excused
        ? []
        : [`${name}: ${within ? `${within}.` : ''}${text} ("${found.join('", "')}")`];
    });
  });
}

/** How many fields, keys aside, a subgraph has on types of the framework. */
function frameworkFields(document: DocumentNode): number {
  let fields = 0;
  const count = (node: { name: NameNode; fields?: readonly unknown[]; directives?: readonly { name: NameNode }[] }) => {
    if (FRAMEWORK_TYPES.has(node.name.value)) fields += (node.fields?.length ?? 0) > 1 ? 1 : 0;
  };
  visit(document, { ObjectTypeDefinition: count, ObjectTypeExtension: count });
  return fields;
}

/** Names of types, fields, arguments, enum values and directives. */
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
