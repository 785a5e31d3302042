import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
import { any, government, having, listingRole, ofPerson, oversight, type Rule, through } from '#kit/policy/rule';
import { ClientDocument } from './client/client-document';
import { ClientRelease } from './client/client-release';
import { SavedQuestion } from './question/saved-question';
import { SavedQuestionVersion } from './question/saved-question-version';
import { TrustedDocument } from './question/trusted-document';
import { GatewayReport } from './schema/gateway-report';
import { OwnerConsent } from './schema/owner-consent';
import { PartOwner } from './schema/part-owner';
import { RegisteredSubgraph } from './schema/registered-subgraph';
import { SchemaCheck } from './schema/schema-check';
import { SchemaContract } from './schema/schema-contract';
import { SchemaCoordinate } from './schema/schema-coordinate';
import { ServedSchema } from './schema/served-schema';
import { SubgraphVersion } from './schema/subgraph-version';
import { SupergraphActivation } from './schema/supergraph-activation';
import { SupergraphMember, SupergraphVersion } from './schema/supergraph-version';
import { OperationCoordinate } from './usage/operation-coordinate';
import { OperationUse } from './usage/operation-use';
import { UsedOperation } from './usage/used-operation';

/** Whose a question is, only the owner and oversight learn. */
const owner = any(ofPerson('ownerPersonKey', 'that they saved'), oversight);
/** Beside them, callers with a role that it is shared with, and operators, who decide which questions are trusted. */
const reader = any(owner, listingRole('sharedWithRoles', 'shared with one of their roles'), having('operator'));
const ofQuestion = (rule: Rule): Rule => through('questionId', () => SavedQuestion, rule);

const ofVersions: Policy = { rows: ofQuestion(reader), GOV: ofQuestion(reader), PII: ofQuestion(owner) };

/** Who operates the graph, and who coordinates changes of schemas. */
const maintainer = any(having('operator', 'coordinator'), oversight);
/** Beside them, those who publish schemas. */
const publisher = any(having('operator', 'coordinator', 'schema-publisher'), oversight);
/** Beside them, those who work with the whole graph. */
const schemaReader = any(publisher, government);
const ofSchemas: Policy = { rows: publisher, GOV: publisher, PII: oversight };
const ofReleases: Policy = { rows: maintainer, GOV: maintainer, PII: oversight };

/** Access rules of saved questions, released clients, and schemas. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [SavedQuestion, { rows: reader, GOV: reader, PII: owner }],
  [SavedQuestionVersion, ofVersions],
  [TrustedDocument, ofVersions],
  [ClientRelease, ofReleases],
  [ClientDocument, { rows: maintainer, GOV: maintainer }],
  [RegisteredSubgraph, { rows: publisher, GOV: publisher }],
  [SubgraphVersion, ofSchemas],
  [SupergraphVersion, ofSchemas],
  [SupergraphMember, { rows: publisher, GOV: publisher }],
  [SupergraphActivation, ofSchemas],
  [SchemaCheck, ofSchemas],
  [OwnerConsent, ofSchemas],
  [PartOwner, { rows: publisher, GOV: publisher }],
  [SchemaContract, { rows: publisher, GOV: publisher }],
  [GatewayReport, { rows: publisher, GOV: publisher }],
  [ServedSchema, { rows: publisher, GOV: publisher }],
  [SchemaCoordinate, { rows: schemaReader, GOV: schemaReader }],
  [UsedOperation, { rows: publisher, GOV: publisher }],
  [OperationUse, { rows: publisher, GOV: publisher }],
  [OperationCoordinate, { rows: publisher, GOV: publisher }],
];
