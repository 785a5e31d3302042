import { VOLUNTARY_ACTORS } from '#domain/contracts/actors';
import { ExerciseReplacement } from '#domain/exercise/replacement';
import { rootsOf } from '#kit/collection/connection';
import { workTables } from '#kit/events/tables';
import { Subgraph } from '#kit/subgraph/subgraph';
import { Agency, AgencyRoots } from './agency';
import { DeveloperOrganization } from './developer/developer-organization';
import { organizationMutations } from './developer/developer-organization.mutations';
import { Designation, Finding } from './entities';
import { importers } from './importers/importers';
import { CoverageInquiry } from './inquiry/coverage-inquiry';
import { inquiryMutations } from './inquiry/coverage-inquiry.mutations';
import { InquiryEvent } from './inquiry/inquiry-event';
import { migrations } from './migrations/migrations';
import { AIModel } from './model/ai-model';
import { modelMutations } from './model/ai-model.mutations';
import { ModelVersion } from './model/model-version';
import { ExecutiveOrder, OrderProvision, ProvisionAgency } from './order/executive-order';
import { FederalHoliday } from './order/federal-holiday';
import { FrameworkEdition } from './order/framework-edition';
import { SubmissionMetricsResolver } from './order/metrics';
import { provisionMutations } from './order/order-provision.mutations';
import { partnerMutations } from './partner/partner.mutations';
import { PartnerProposal } from './partner/partner-proposal';
import { TrustedPartner, TrustedPartnerSector } from './partner/trusted-partner';
import { policies } from './policy';
import { references } from './reference/references';
import { ROLES } from './roles';
import { Sector } from './sector';
import { AccessGrant } from './submission/access-grant';
import { accessMutations } from './submission/access-grant.mutations';
import { AccessHoursResolver } from './submission/access-hours.resolver';
import { Artifact } from './submission/artifact';
import { artifactMutations } from './submission/artifact.mutations';
import { artifactExchange } from './submission/artifact-exchange';
import { Declaration, SelfEvaluation } from './submission/declaration';
import { DestructionObligation } from './submission/destruction-obligation';
import { GovernmentReadsResolver } from './submission/government-reads';
import { submissionHandlers } from './submission/handlers';
import { SubmissionHistoryResolver } from './submission/history';
import { InformationRequest } from './submission/information-request';
import { intakeMutations } from './submission/intake.mutations';
import { KnownReview } from './submission/known-review';
import { LaunchPlan } from './submission/launch-plan';
import { NumberSeries } from './submission/number-series';
import { submissionSchedule } from './submission/schedule';
import { SharedFinding } from './submission/shared-finding';
import { Submission, SubmissionAgency, SubmissionAssignedAgency, SubmissionSector } from './submission/submission';
import { submissionMutations } from './submission/submission.mutations';
import { SubmissionEvent } from './submission/submission-event';

export const submissions = new Subgraph({
  name: 'submissions',
  description:
    'AI models that developers voluntarily share before launch: developers, models, submissions, access, and documents.',
  owners: ['treasury'],
  roles: ROLES,
  actors: VOLUNTARY_ACTORS,
  entities: [
    ExecutiveOrder,
    OrderProvision,
    ProvisionAgency,
    FrameworkEdition,
    FederalHoliday,
    DeveloperOrganization,
    AIModel,
    ModelVersion,
    CoverageInquiry,
    InquiryEvent,
    TrustedPartner,
    TrustedPartnerSector,
    Submission,
    SubmissionSector,
    SubmissionAgency,
    SubmissionAssignedAgency,
    PartnerProposal,
    LaunchPlan,
    AccessGrant,
    Artifact,
    Declaration,
    SelfEvaluation,
    InformationRequest,
    DestructionObligation,
    SharedFinding,
    SubmissionEvent,
    KnownReview,
    NumberSeries,
    ExerciseReplacement,
    ...workTables,
  ],
  stubs: [Agency, Sector, Designation, Finding],
  resolvers: [
    AccessHoursResolver,
    AgencyRoots,
    GovernmentReadsResolver,
    SubmissionHistoryResolver,
    SubmissionMetricsResolver,
    rootsOf(ExecutiveOrder, { one: 'executiveOrder', many: 'executiveOrders' }),
    rootsOf(FrameworkEdition, { one: 'frameworkEdition', many: 'frameworkEditions' }),
    rootsOf(FederalHoliday, { one: 'federalHoliday', many: 'federalHolidays' }),
    rootsOf(DeveloperOrganization, {
      one: 'developerOrganization',
      many: 'developerOrganizations',
      keys: 'developerOrganizationKeys',
    }),
    rootsOf(AIModel, { one: 'aiModel', many: 'aiModels', keys: 'aiModelKeys' }),
    rootsOf(ModelVersion, { one: 'modelVersion', many: 'modelVersions', keys: 'modelVersionKeys' }),
    rootsOf(Submission, { one: 'submission', many: 'submissions', keys: 'submissionKeys' }),
    rootsOf(CoverageInquiry, { one: 'coverageInquiry', many: 'coverageInquiries' }),
    rootsOf(TrustedPartner, { one: 'trustedPartner', many: 'trustedPartners' }),
    rootsOf(PartnerProposal, { one: 'partnerProposal', many: 'partnerProposals' }),
    rootsOf(AccessGrant, { one: 'accessGrant', many: 'accessGrants' }),
  ],
  mutations: [
    ...organizationMutations,
    ...modelMutations,
    ...inquiryMutations,
    ...submissionMutations,
    ...partnerMutations,
    ...accessMutations,
    ...artifactMutations,
    ...intakeMutations,
    ...provisionMutations,
  ],
  handlers: submissionHandlers,
  schedule: submissionSchedule,
  files: artifactExchange,
  policies,
  migrations,
  references,
  importers,
});
