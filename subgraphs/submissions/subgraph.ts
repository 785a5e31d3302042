import { rootsOf } from '../../shared/collection/connection';
import { Subgraph } from '../../shared/subgraph/subgraph';
import { Agency, AgencyRoots } from './agency';
import { DeveloperOrganization } from './developer/developer-organization';
import { importers } from './importers/importers';
import { migrations } from './migrations/migrations';
import { AIModel } from './model/ai-model';
import { ModelVersion } from './model/model-version';
import { ExecutiveOrder, OrderProvision, ProvisionAgency } from './order/executive-order';
import { FederalHoliday } from './order/federal-holiday';
import { SubmissionMetricsResolver } from './order/metrics';
import { references } from './reference/references';
import { Sector } from './sector';
import { AccessGrant } from './submission/access-grant';
import { Artifact } from './submission/artifact';
import { Declaration, SelfEvaluation } from './submission/declaration';
import { InformationRequest } from './submission/information-request';
import { LaunchPlan } from './submission/launch-plan';
import { Submission, SubmissionAgency, SubmissionSector } from './submission/submission';
import { SubmissionEvent } from './submission/submission-event';

export const submissions = new Subgraph({
  name: 'submissions',
  description: 'Models that developers share voluntarily before launch: who, what, when, with whom.',
  entities: [
    ExecutiveOrder,
    OrderProvision,
    ProvisionAgency,
    FederalHoliday,
    DeveloperOrganization,
    AIModel,
    ModelVersion,
    Submission,
    SubmissionSector,
    SubmissionAgency,
    LaunchPlan,
    AccessGrant,
    Artifact,
    Declaration,
    SelfEvaluation,
    InformationRequest,
    SubmissionEvent,
  ],
  stubs: [Agency, Sector],
  resolvers: [
    AgencyRoots,
    SubmissionMetricsResolver,
    rootsOf(ExecutiveOrder, { one: 'executiveOrder', many: 'executiveOrders' }),
    rootsOf(FederalHoliday, { one: 'federalHoliday', many: 'federalHolidays' }),
    rootsOf(DeveloperOrganization, { one: 'developerOrganization', many: 'developerOrganizations' }),
    rootsOf(AIModel, { one: 'aiModel', many: 'aiModels' }),
    rootsOf(ModelVersion, { one: 'modelVersion', many: 'modelVersions' }),
    rootsOf(Submission, { one: 'submission', many: 'submissions' }),
    rootsOf(AccessGrant, { one: 'accessGrant', many: 'accessGrants' }),
  ],
  migrations,
  references,
  importers,
});
