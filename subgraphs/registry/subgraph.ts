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
import { GatewayReport } from './schema/gateway-report';
import { OwnerConsent } from './schema/owner-consent';
import { ownerConsentMutations } from './schema/owner-consent.mutations';
import { PartOwner } from './schema/part-owner';
import { publicationMutations } from './schema/publication.mutations';
import { RegisteredSubgraph } from './schema/registered-subgraph';
import { registeredSubgraphMutations } from './schema/registered-subgraph.mutations';
import { addSupergraphRoute } from './schema/routes';
import { SchemaCheck } from './schema/schema-check';
import { schemaCheckMutations } from './schema/schema-check.mutations';
import { SchemaContract } from './schema/schema-contract';
import { schemaContractMutations } from './schema/schema-contract.mutations';
import { SchemaCoordinate } from './schema/schema-coordinate';
import { SchemaTextPart } from './schema/schema-text';
import { ServedSchema } from './schema/served-schema';
import { servedSchemaMutations } from './schema/served-schema.mutations';
import { SubgraphVersion } from './schema/subgraph-version';
import { SupergraphActivation } from './schema/supergraph-activation';
import { SupergraphMember, SupergraphVersion } from './schema/supergraph-version';
import { sweepSchemas } from './schema/sweep';
import { OperationCoordinate } from './usage/operation-coordinate';
import { OperationUse } from './usage/operation-use';
import { usageMutations } from './usage/record-usage.mutations';
import { sweepUsage } from './usage/usage';
import { UsedOperation } from './usage/used-operation';

export const registry = new Subgraph({
  name: 'registry',
  description:
    'Registry of the graph: schemas of subgraphs and supergraphs, consents of owners, released clients, and questions that callers save.',
  owners: ['omb'],
  roles: ROLES,
  actors: REGISTRY_ACTORS,
  entities: [
    SavedQuestion,
    SavedQuestionVersion,
    TrustedDocument,
    ClientRelease,
    ClientDocument,
    SchemaTextPart,
    RegisteredSubgraph,
    SubgraphVersion,
    SupergraphVersion,
    SupergraphMember,
    SupergraphActivation,
    SchemaCheck,
    OwnerConsent,
    PartOwner,
    SchemaContract,
    GatewayReport,
    ServedSchema,
    SchemaCoordinate,
    UsedOperation,
    OperationUse,
    OperationCoordinate,
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
    rootsOf(RegisteredSubgraph, { one: 'registeredSubgraph', many: 'registeredSubgraphs' }),
    rootsOf(SubgraphVersion, { one: 'subgraphVersion', many: 'subgraphVersions' }),
    rootsOf(SupergraphVersion, { one: 'supergraphVersion', many: 'supergraphVersions' }),
    rootsOf(SupergraphActivation, { one: 'supergraphActivation', many: 'supergraphActivations' }),
    rootsOf(SchemaCheck, { one: 'schemaCheck', many: 'schemaChecks' }),
    rootsOf(OwnerConsent, { one: 'ownerConsent', many: 'ownerConsents' }),
    rootsOf(PartOwner, { one: 'partOwner', many: 'partOwners' }),
    rootsOf(SchemaContract, { one: 'schemaContract', many: 'schemaContracts' }),
    rootsOf(GatewayReport, { one: 'gatewayReport', many: 'gatewayReports' }),
    rootsOf(SchemaCoordinate, { one: 'schemaCoordinate', many: 'schemaCoordinates' }),
    rootsOf(UsedOperation, { one: 'usedOperation', many: 'usedOperations' }),
  ],
  mutations: [
    ...questionMutations,
    ...clientReleaseMutations,
    ...registeredSubgraphMutations,
    ...schemaCheckMutations,
    ...publicationMutations,
    ...ownerConsentMutations,
    ...schemaContractMutations,
    ...servedSchemaMutations,
    ...usageMutations,
  ],
  schedule: [forgetIdempotencyKeys, sweepSchemas, sweepUsage],
  routes: addSupergraphRoute,
  policies,
  migrations,
  exercise: registryExercise,
  references: [],
  importers: [],
});
