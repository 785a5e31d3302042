import { DESIGNATING_AGENCY, REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import type { ModelClass } from '#kit/model/model';
import { Policies, type Policy } from '#kit/policy/policy';
import {
  any,
  everyone,
  government,
  having,
  linkedToAgency,
  ofAgency,
  ofOrganization,
  oversight,
  type Rule,
  rule,
  through,
  where,
  without,
} from '#kit/policy/rule';
import { DeveloperOrganization } from './developer/developer-organization';
import { CoverageInquiry } from './inquiry/coverage-inquiry';
import { InquiryEvent } from './inquiry/inquiry-event';
import { AIModel } from './model/ai-model';
import { ModelVersion } from './model/model-version';
import { ExecutiveOrder, OrderProvision } from './order/executive-order';
import { FederalHoliday } from './order/federal-holiday';
import { FrameworkEdition } from './order/framework-edition';
import { PartnerProposal } from './partner/partner-proposal';
import { TrustedPartner } from './partner/trusted-partner';
import { AccessGrant } from './submission/access-grant';
import { Artifact } from './submission/artifact';
import { Declaration, SelfEvaluation } from './submission/declaration';
import { DestructionObligation } from './submission/destruction-obligation';
import { InformationRequest } from './submission/information-request';
import { LaunchPlan } from './submission/launch-plan';
import { SharedFinding } from './submission/shared-finding';
import { Submission, SubmissionAgency, SubmissionAssignedAgency } from './submission/submission';
import { SubmissionEvent } from './submission/submission-event';

const intake = having('intake-officer');
const ofDeveloper = (property: string): Rule => ofOrganization(property, 'developer-submitter');

/** Lifecycle states in which the government may see a submission. Drafts stay with the developer. */
const FILED = ['FILED', 'LAUNCHED', 'WITHDRAWN', 'NOT_RELEASED', 'CLOSED'];
const filed = (limited: Rule): Rule => where('lifecycle', FILED, limited, 'filed with the government');

const reviewingAgency: Rule = rule(
  () => [{ to: ['agency-reviewer'], objects: 'if theirs is a reviewing agency' }],
  (who) => having('agency-reviewer')(who) === true && (REVIEWING_AGENCIES as readonly string[]).includes(who!.agency!),
);

/** Agencies named by the developer, or assigned by intake where the developer shares with all. */
const sharedWith = any(
  linkedToAgency(() => SubmissionAgency, 'agency-reviewer'),
  linkedToAgency(() => SubmissionAssignedAgency, 'agency-reviewer'),
  where('sharingPreference', ['ALL_REVIEWING_AGENCIES'], reviewingAgency),
);

/** Callers who may know that a submission exists. */
const submission = any(ofDeveloper('developerKey'), filed(any(intake, oversight, sharedWith)));

/** Parts of a submission, for callers who may know of it. */
const part: Rule = through('submissionId', () => Submission, submission);

/** Like `part`, without agencies. */
const partOutsideAgencies: Rule = through(
  'submissionId',
  () => Submission,
  any(ofDeveloper('developerKey'), filed(any(intake, oversight))),
);

const partWithoutIntake: Rule = through(
  'submissionId',
  () => Submission,
  any(ofDeveloper('developerKey'), filed(oversight)),
);

const designatingAgency: Rule = rule(
  () => [{ to: ['agency-reviewer'], objects: `if theirs is ${DESIGNATING_AGENCY}` }],
  (who) => having('agency-reviewer')(who) === true && who!.agency === DESIGNATING_AGENCY,
);
const inquiry = any(ofDeveloper('developerKey'), intake, oversight, designatingAgency);
/** Models that a developer asked the designating agency about, unless it withdrew the inquiry. */
const inquiredModel = through(
  'id',
  () => CoverageInquiry,
  where('status', ['ASKED', 'IN_DISCUSSION', 'ANSWERED'], designatingAgency, 'not withdrawn'),
  'modelId',
);

const sharedModel = through('id', () => Submission, filed(sharedWith), 'modelId');
const modelInsiders = any(ofDeveloper('developerKey'), intake, oversight, sharedModel, inquiredModel);
const model = any(where('releaseStatus', ['LIMITED', 'GENERAL', 'RETIRED'], everyone, 'released'), modelInsiders);

const whole = (rule: Rule): Policy => ({ rows: rule, GOV: rule, PROPIN: rule });
const open: Policy = { rows: everyone };

/** Access policy of the submissions program. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [ExecutiveOrder, { rows: everyone, GOV: government }],
  [OrderProvision, open],
  [FrameworkEdition, open],
  [FederalHoliday, open],
  [
    DeveloperOrganization,
    {
      rows: everyone,
      GOV: any(government, ofDeveloper('key')),
      PROPIN: any(ofDeveloper('key'), intake, oversight),
    },
  ],
  [AIModel, { rows: model, PROPIN: modelInsiders }],
  [
    ModelVersion,
    { rows: through('modelId', () => AIModel, model), PROPIN: through('modelId', () => AIModel, modelInsiders) },
  ],
  // government reads are for the developer and oversight
  [Submission, { ...whole(submission), fields: { governmentReads: any(ofDeveloper('developerKey'), oversight) } }],
  [CoverageInquiry, whole(inquiry)],
  [InquiryEvent, whole(through('inquiryId', () => CoverageInquiry, inquiry))],
  [TrustedPartner, whole(any(government, having('developer-submitter')))],
  [PartnerProposal, whole(part)],
  [LaunchPlan, whole(part)],
  [Declaration, whole(part)],
  [SelfEvaluation, whole(part)],
  [Artifact, whole(part)],
  [DestructionObligation, whole(part)],
  [InformationRequest, whole(part)],
  // an agency sees its own grants; those of other agencies are between them and the developer
  [AccessGrant, whole(any(partOutsideAgencies, ofAgency('agencyKey', 'agency-reviewer')))],
  [SharedFinding, whole(any(partWithoutIntake, ofAgency('agencyKey', 'agency-reviewer')))],
  [
    SubmissionEvent,
    whole(any(partOutsideAgencies, ofAgency('agencyKey', 'agency-reviewer'), without('agencyKey', part))),
  ],
];

/** The same, to look up what a caller may see. */
export const submissionRights = new Policies(policies);
