import type { ModelClass } from '#kit/model/model';
import type { Policy } from '#kit/policy/policy';
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
const analyst = having('analyst');
const ofNsa: Rule = (who) => having('agency-reviewer')(who) === true && who!.agency === 'nsa';

/** The developer whose submission it is. */
const developer = through('submissionId', () => SubmissionNotice, ofOrganization('developerKey'));

/** Agencies that a submission is, or was, shared with. */
const told = through(
  'submissionId',
  () => SubmissionNotice,
  any(listingAgency('agencyKeys', 'agency-reviewer'), listingAgency('formerAgencyKeys', 'agency-reviewer')),
);

/** Those who may know which submission it is about. */
const insiders = any(developer, told, intake, oversight);

const own = ofAgency('agencyKey', 'agency-reviewer');

/** What is issued: its outcome, not its reasons. */
const ISSUED = ['ISSUED', 'SUPERSEDED', 'NOT_ISSUED'];
const outcomes = any(own, oversight, where('status', ISSUED, any(developer, told, intake, analyst)));

const designation = any(ofNsa, insiders);

const lead = ofAgency('leadAgencyKey', 'agency-reviewer');
const team = any(
  lead,
  linkedToAgency(() => ReviewAgency, 'agency-reviewer'),
);
/** Of the government, those who may know of a review. */
const reviewing = any(team, told, intake, oversight, analyst);
const review = any(reviewing, developer);
const ofReview = (rule: Rule): Rule => through('reviewId', () => Review, rule);

/** What has reached the developer: agencies that know of the submission need not find it again. */
const SHARED = ['SHARED_WITH_DEVELOPER', 'ACKNOWLEDGED', 'MITIGATION_REPORTED', 'DISPUTED', 'NOTED', 'CLOSED'];
const finding = any(ofReview(team), oversight, where('status', SHARED, any(developer, told)));

const assessments = any(own, oversight, told, analyst);
const thread = any(own, developer, intake, oversight);
const eventDetails = any(own, without('agencyKey', any(told, intake)), oversight);
const events = any(eventDetails, intake);

/** Who works on a review is known to those of the government who may know of it. */
const staff: Policy = { rows: ofReview(reviewing), GOV: ofReview(reviewing) };
const open: Policy = { rows: everyone };

/** Who may see what of the reviews program. Roles and sensitivity classes: docs/domain.md. */
export const policies: readonly (readonly [ModelClass, Policy])[] = [
  [AtlasTactic, open],
  [AtlasTechnique, open],
  [AtlasMitigation, open],
  [AtlasCaseStudy, open],
  [EvaluationDefinition, { rows: everyone, GOV: government }],
  [EvaluationItem, open],
  [BenchmarkResult, open],
  [Determination, { rows: outcomes, GOV: outcomes, PROPIN: any(own, insiders), GOV_DELIB: any(own, oversight) }],
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
  // their keys contain the key of the review
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
      // who opened the case: it is not for the other agencies of the review
      ISVI: any(ofReview(lead), having('coordinator'), oversight),
      GOV_DELIB: any(ofReview(team), oversight),
    },
  ],
  [
    RiskAssessment,
    { rows: assessments, GOV: assessments, PROPIN: any(own, told, oversight), GOV_DELIB: any(own, oversight) },
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
  // intake follows what agencies do and when, not the findings and cases
  [ReviewEvent, { rows: events, PROPIN: events, fields: { objectId: eventDetails, detail: eventDetails } }],
];
