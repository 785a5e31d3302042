import type { ModelClass } from '#kit/model/model';
import { Policies, type Policy } from '#kit/policy/policy';
import {
  any,
  everyone,
  government,
  having,
  linkedToAgency,
  listingAgency,
  ofAgency,
  ofOrganization,
  oversight,
  type Rule,
  rule,
  through,
  where,
  without,
} from '#kit/policy/rule';
import { RiskAssessment } from './assessment/risk-assessment';
import { AtlasCaseStudy, AtlasMitigation, AtlasTactic, AtlasTechnique } from './atlas/atlas';
import { Advice, Consultation, ConsultationMessage } from './consultation/consultation';
import { Designation, Determination } from './determination/determination';
import { BenchmarkResult } from './evaluation/benchmark-result';
import { EvaluationDefinition } from './evaluation/evaluation-definition';
import { EvaluationItem } from './evaluation/evaluation-item';
import { EvaluationRun } from './evaluation/evaluation-run';
import { Finding } from './finding/finding';
import { RequiredWorkRole, Review, ReviewAgency } from './review/review';
import { ReviewEvent } from './review/review-event';
import { ReviewAssignment, Reviewer } from './review/reviewer';
import { SubmissionNotice } from './submission-notice';

const intake = having('intake-officer');
const ofDeveloper = (property: string): Rule => ofOrganization(property, 'developer-submitter');
const analyst = having('analyst');
const ofNsa: Rule = rule(
  () => [{ to: ['agency-reviewer'], objects: 'if theirs is nsa' }],
  (who) => having('agency-reviewer')(who) === true && who!.agency === 'nsa',
);

/** Developer of the submission. */
const developer = through('submissionId', () => SubmissionNotice, ofDeveloper('developerKey'));

/** Agencies with which the submission is or was shared. */
const informed = through(
  'submissionId',
  () => SubmissionNotice,
  any(listingAgency('agencyKeys', 'agency-reviewer'), listingAgency('formerAgencyKeys', 'agency-reviewer')),
);

/** Callers who may know which submission an object is about. */
const insiders = any(developer, informed, intake, oversight);

const ownAgency = ofAgency('agencyKey', 'agency-reviewer');

/** Statuses in which others may see the outcome; the rationale stays with the agency. */
const ISSUED = ['ISSUED', 'SUPERSEDED', 'NOT_ISSUED'];
const outcomes = any(
  ownAgency,
  oversight,
  where('status', ISSUED, any(developer, informed, intake, analyst), 'with an outcome'),
);

/** A designation that answers a coverage inquiry is about no submission: its developer is the one that asked. */
const designation = any(ofNsa, insiders, ofDeveloper('developerKey'));

const lead = ofAgency('leadAgencyKey', 'agency-reviewer');
const team = any(
  lead,
  linkedToAgency(() => ReviewAgency, 'agency-reviewer'),
);
/** Government callers who may know of a review. */
const reviewing = any(team, informed, intake, oversight, analyst);
const review = any(reviewing, developer);
const ofReview = (rule: Rule): Rule => through('reviewId', () => Review, rule);

/** Statuses of findings that have reached the developer, and so all agencies that know of the submission. */
const SHARED = ['SHARED_WITH_DEVELOPER', 'ACKNOWLEDGED', 'MITIGATION_REPORTED', 'DISPUTED', 'NOTED', 'CLOSED'];
const finding = any(
  ofReview(team),
  oversight,
  where('status', SHARED, any(developer, informed), 'shared with the developer'),
);

const assessments = any(ownAgency, oversight, informed, analyst);
const thread = any(ownAgency, developer, intake, oversight);
const eventDetails = any(ownAgency, without('agencyKey', any(informed, intake)), oversight);
const events = any(eventDetails, intake);

/** Assignments: for government callers who may know of the review. */
const staff: Policy = { rows: ofReview(reviewing), GOV: ofReview(reviewing) };
const open: Policy = { rows: everyone };

/** Access policy of the reviews program. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [AtlasTactic, open],
  [AtlasTechnique, open],
  [AtlasMitigation, open],
  [AtlasCaseStudy, open],
  [EvaluationDefinition, { rows: everyone, GOV: government }],
  [EvaluationItem, open],
  [BenchmarkResult, open],
  [
    Determination,
    { rows: outcomes, GOV: outcomes, PROPIN: any(ownAgency, insiders), GOV_DELIB: any(ownAgency, oversight) },
  ],
  [Designation, { rows: designation, GOV: designation, PROPIN: designation }],
  [
    Review,
    {
      rows: review,
      GOV: review,
      PROPIN: any(team, insiders),
      fields: { summaryForDeveloper: any(team, developer, oversight) },
    },
  ],
  // their keys contain the review id
  [RequiredWorkRole, staff],
  [Reviewer, { rows: government, GOV: government }],
  [ReviewAssignment, staff],
  [
    EvaluationRun,
    {
      rows: any(ofReview(team), oversight, analyst),
      GOV: any(ofReview(team), oversight, analyst),
      PROPIN: any(ofReview(team), oversight),
      GOV_DELIB: any(ofReview(lead), oversight),
    },
  ],
  [
    Finding,
    {
      rows: finding,
      GOV: finding,
      PROPIN: finding,
      // the case reference is for the lead agency, not for participants
      ISVI: any(ofReview(lead), having('coordinator'), oversight),
      GOV_DELIB: any(ofReview(team), oversight),
    },
  ],
  [
    RiskAssessment,
    {
      rows: assessments,
      GOV: assessments,
      PROPIN: any(ownAgency, informed, oversight),
      GOV_DELIB: any(ownAgency, oversight),
    },
  ],
  [Consultation, { rows: thread, PROPIN: thread }],
  [
    ConsultationMessage,
    {
      rows: through('consultationId', () => Consultation, thread),
      PROPIN: through('consultationId', () => Consultation, thread),
    },
  ],
  [Advice, { rows: thread, PROPIN: thread }],
  // intake follows the events of agencies, without the keys of findings and cases
  [ReviewEvent, { rows: events, PROPIN: events, fields: { objectId: eventDetails, detail: eventDetails } }],
];

/** The same, to look up what a caller may see. */
export const reviewRights = new Policies(policies);
