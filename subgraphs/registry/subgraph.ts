import { ExerciseReplacement } from '#domain/exercise/replacement';
import { rootsOf } from '#kit/collection/connection';
import { bulkTables, workTables } from '#kit/events/tables';
import { forgetIdempotencyKeys } from '#kit/subgraph/schedule';
import { Subgraph } from '#kit/subgraph/subgraph';
import { REGISTRY_ACTORS } from './actors';
import { Agency, AgencyRoots } from './agency';
import { ClientDocument } from './client/client-document';
import { ClientRelease } from './client/client-release';
import { clientReleaseMutations } from './client/client-release.mutations';
import { registryExercise } from './exercise/exercise';
import { migrations } from './migrations/migrations';
import { policies } from './policy';
import { SavedQuestion } from './question/saved-question';
import { questionMutations } from './question/saved-question.mutations';
import { SavedQuestionVersion } from './question/saved-question-version';
import { TrustedDocument } from './question/trusted-document';
import { ROLES } from './roles';

export const registry = new Subgraph({
  name: 'registry',
  description:
    'Registry of the graph: questions that callers save, released clients, and documents that every caller may send.',
  owners: ['omb'],
  roles: ROLES,
  actors: REGISTRY_ACTORS,
  entities: [
    SavedQuestion,
    SavedQuestionVersion,
    TrustedDocument,
    ClientRelease,
    ClientDocument,
    ExerciseReplacement,
    ...workTables,
    ...bulkTables,
  ],
  stubs: [Agency],
  resolvers: [
    AgencyRoots,
    rootsOf(SavedQuestion, { one: 'savedQuestion', many: 'savedQuestions' }),
    rootsOf(TrustedDocument, { one: 'trustedDocument', many: 'trustedDocuments' }),
    rootsOf(ClientRelease, { one: 'clientRelease', many: 'clientReleases' }),
    rootsOf(ClientDocument, { one: 'clientDocument', many: 'clientDocuments' }),
  ],
  mutations: [...questionMutations, ...clientReleaseMutations],
  schedule: [forgetIdempotencyKeys],
  policies,
  migrations,
  exercise: registryExercise,
  references: [],
  importers: [],
});
