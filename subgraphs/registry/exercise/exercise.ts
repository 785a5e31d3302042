import { DEVELOPMENT_ISSUER, personKey } from '#base/identity/principal';
import { after, type ExerciseRows, type ExerciseWorld, rows } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import { ClientDocument, documentKey } from '../client/client-document';
import { ClientRelease } from '../client/client-release';
import { bytesOf, bytesOfDescription, documentIdOf } from '../question/operation';
import { type QuestionProgram, SavedQuestion, versionId } from '../question/saved-question';
import { SavedQuestionVersion } from '../question/saved-question-version';
import { TrustedDocument } from '../question/trusted-document';
import { schemaExercise } from './schemas';

interface Question {
  readonly name: string;
  readonly description: string;
  readonly program: QuestionProgram;
  readonly owner: string;
  readonly agency: string | null;
  readonly sharedWith: readonly string[];
  /** Queries of its versions, first one first. */
  readonly operations: readonly string[];
  readonly variables?: string;
  /** Number of the trusted version. */
  readonly trusted?: number;
  readonly isRetired?: boolean;
}

const OVERDUE = `query OverdueFindings {
  vulnerabilityFindings(filter: { overdue: { eq: true } }) {
    nodes { id dueAt system { name agency { key } } }
  }
}`;
const GAPS = `query CapabilityGaps {
  capabilityAssessments(filter: { belowTarget: { eq: true } }) {
    nodes { id tier target agency { key } }
  }
}`;

/** Questions of invented analysts. */
const QUESTIONS: readonly Question[] = [
  {
    name: 'Overdue findings (exercise)',
    description: 'Findings past their due date, by system. Invented for the exercise.',
    program: 'INFRASTRUCTURE',
    ...{ owner: 'exercise-inspector', agency: null, sharedWith: ['coordinator', 'infrastructure-officer'] },
    operations: [OVERDUE.replace('id dueAt', 'id'), OVERDUE],
    trusted: 1,
  },
  {
    name: 'Capabilities below target (exercise)',
    description: 'Assessments whose tier is below the target. Invented for the exercise.',
    program: 'INFRASTRUCTURE',
    ...{ owner: 'exercise-analyst', agency: 'cisa', sharedWith: ['analyst'] },
    operations: [GAPS],
    trusted: 1,
  },
  {
    name: 'Vacancies of an agency (exercise)',
    description: 'Vacant positions of one agency. Invented for the exercise.',
    program: 'WORKFORCE',
    ...{ owner: 'exercise-specialist', agency: 'treasury', sharedWith: ['hr-specialist', 'hiring-manager'] },
    operations: [
      `query Vacancies($agency: ID!) {
  positions(filter: { agency: { eq: $agency }, status: { eq: FUNDED_VACANT } }) { nodes { id title } }
}`,
    ],
    variables: '{"agency":"treasury"}',
  },
  {
    name: 'Filed submissions (exercise)',
    description: 'Submissions with their planned launch. Invented for the exercise.',
    program: 'VOLUNTARY_FRAMEWORK',
    ...{ owner: 'exercise-reviewer', agency: 'nsa', sharedWith: ['agency-reviewer', 'intake-officer'] },
    operations: ['query Filed { submissions { nodes { number lifecycle launchPlan { plannedLaunchAt } } } }'],
  },
  {
    name: 'Published cases (exercise)',
    description: 'Cases of the clearinghouse, newest first. Invented for the exercise.',
    program: 'CLEARINGHOUSE',
    ...{ owner: 'exercise-analyst', agency: 'cisa', sharedWith: [] },
    operations: ['query Cases { clearinghouseCases { nodes { id status } } }'],
  },
  {
    name: 'Provisions of the order (exercise)',
    description: 'Provisions and their outcomes. Invented for the exercise.',
    program: 'ACROSS_PROGRAMS',
    ...{ owner: 'exercise-analyst', agency: 'cisa', sharedWith: ['analyst', 'coordinator', 'developer-submitter'] },
    operations: ['query Provisions { executiveOrder(number: "14409") { provisions { nodes { id dueOn doneOn } } } }'],
    isRetired: true,
  },
];

interface Release {
  readonly client: string;
  readonly version: string;
  readonly note: string | null;
  readonly operations: readonly string[];
  /** Days before the exercise on which it was published and, if at all, retired. */
  readonly publishedBefore: number;
  readonly retiredBefore?: number;
}

const AGENCIES = 'query Agencies { agencies { key } }';

/** Releases of an invented client. */
const RELEASES: readonly Release[] = [
  {
    ...{ client: 'agency-directory', version: '1.0', note: 'First release. Invented for the exercise.' },
    ...{ operations: [AGENCIES], publishedBefore: 200, retiredBefore: 40 },
  },
  {
    ...{ client: 'agency-directory', version: '1.1', note: 'Names of agencies. Invented for the exercise.' },
    operations: [AGENCIES, 'query AgencyNames { agencies { key name } }'],
    publishedBefore: 45,
  },
];

function releases(asOf: ExerciseWorld['asOf']): ExerciseRows[] {
  const all: ClientRelease[] = [];
  const documents: ClientDocument[] = [];
  for (const { client, version, note, operations, publishedBefore, retiredBefore } of RELEASES) {
    const id = stableId('clr', 'exercise', `${client}@${version}`);
    all.push(
      Object.assign(new ClientRelease(), {
        ...{ id, client, clientVersion: version, note, documentCount: operations.length },
        ...{ bytes: operations.join('').length, publishedAt: after(asOf, -publishedBefore) },
        ...{ publishedBy: 'exercise-operator', exercise: true, revision: retiredBefore === undefined ? 1 : 2 },
        retiredAt: retiredBefore === undefined ? null : after(asOf, -retiredBefore),
        lastUsedOn: after(asOf, -(retiredBefore ?? 1)).slice(0, 10),
      }),
    );
    for (const [index, operation] of operations.entries())
      documents.push(
        Object.assign(new ClientDocument(), {
          ...{ id: documentKey(id, index + 1), releaseId: id, name: /query (\w+)/.exec(operation)![1]! },
          ...{ operation, documentId: documentIdOf(operation), exercise: true },
        }),
      );
  }
  return [rows(ClientRelease, all), rows(ClientDocument, documents)];
}

/** Generates the exercise data of the registry. The scale does not matter: people save few questions. */
export function registryExercise({ asOf }: ExerciseWorld): ExerciseRows[] {
  const questions: SavedQuestion[] = [];
  const versions: SavedQuestionVersion[] = [];
  const documents: TrustedDocument[] = [];
  for (const [place, question] of QUESTIONS.entries()) {
    const { name, description, program, owner, agency, sharedWith, operations, variables = '{}', trusted } = question;
    const id = stableId('sqn', 'exercise', name);
    const savedAt = (version: number) => after(asOf, version - 90 + place);
    const updatedAt = savedAt(operations.length);
    questions.push(
      Object.assign(new SavedQuestion(), {
        ...{ id, name, description, program, owner, agencyKey: agency, sharedWithRoles: [...sharedWith] },
        ...{ ownerPersonKey: personKey({ issuer: DEVELOPMENT_ISSUER, subject: owner }), place: place + 1 },
        storedBytes: operations.reduce(
          (sum, operation) => sum + bytesOf({ operation, variables, note: null }),
          bytesOfDescription(description),
        ),
        ...{ currentVersion: operations.length, trustedVersion: trusted ?? null, createdAt: savedAt(1), updatedAt },
        ...{ retiredAt: question.isRetired ? updatedAt : null, revision: operations.length, exercise: true },
      }),
    );
    for (const [index, operation] of operations.entries()) {
      const [number, documentId] = [index + 1, documentIdOf(operation)];
      versions.push(
        Object.assign(new SavedQuestionVersion(), {
          ...{ id: versionId(id, number), questionId: id, number, operation, variables, documentId, note: null },
          ...{ savedAt: savedAt(number), savedBy: owner, exercise: true },
        }),
      );
      if (number === trusted)
        documents.push(
          Object.assign(new TrustedDocument(), {
            ...{ id: stableId('tdc', id), questionId: id, version: number, operation, documentId },
            ...{ trustedAt: updatedAt, exercise: true },
          }),
        );
    }
  }
  return [
    rows(SavedQuestion, questions),
    rows(SavedQuestionVersion, versions),
    rows(TrustedDocument, documents),
    ...releases(asOf),
    ...schemaExercise(asOf),
  ];
}
