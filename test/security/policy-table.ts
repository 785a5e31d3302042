import type { Principal } from '#base/identity/principal';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';

/**
 * Roles and sensitivity classes of docs/domain.md in a second form: predicates over rows in memory. The product has them as conditions
 * in SQL; both must show the same callers the same data.
 */
// biome-ignore lint/suspicious/noExplicitAny: rows of all tables
export type Row = any;
export type Sees = (row: Row, who: Principal | null) => boolean;

/** Who sees the rows of a model, and of those the fields of each class. */
export interface Expected {
  readonly rows: Sees;
  readonly GOV?: Sees;
  readonly GOV_DELIB?: Sees;
  readonly PROPIN?: Sees;
  readonly PII?: Sees;
  readonly ISVI?: Sees;
  /** Fields that others of those see than the rest of their class. */
  readonly fields?: Readonly<Record<string, Sees>>;
}

/** Rows by table, as the databases hold them. */
export interface Tables {
  rows(model: string): readonly Row[];
  byKey(model: string, key: string): Row | undefined;
}

const GOVERNMENT = [
  'intake-officer',
  'agency-reviewer',
  'hiring-manager',
  'hr-specialist',
  'infrastructure-officer',
  'coordinator',
  'analyst',
  'inspector',
];

export const is = (who: Principal | null, ...roles: string[]): boolean =>
  who?.roles.some((role) => roles.includes(role)) ?? false;
const isAgency = (who: Principal | null, agency: string | null | undefined, ...roles: string[]): boolean =>
  is(who, ...roles) && agency != null && who!.agency === agency;
const isDeveloper = (who: Principal | null, organization: string | undefined): boolean =>
  is(who, 'developer-submitter') && who!.organization === organization;

export const everyone: Sees = () => true;
export const government: Sees = (_row, who) => is(who, ...GOVERNMENT);
const all = (sees: Sees): Expected => ({
  rows: sees,
  GOV: sees,
  GOV_DELIB: sees,
  PROPIN: sees,
  PII: sees,
  ISVI: sees,
});

/** What is to be seen, by model. */
export function expectations(tables: Tables): Record<string, Expected> {
  const { rows, byKey } = tables;
  const links = (table: string, owner: string) =>
    rows(table)
      .filter(({ ownerKey }) => ownerKey === owner)
      .map(({ targetKey }) => targetKey);
  const memo = new Map<string, readonly string[]>();
  const linked = (table: string, owner: string) => {
    const key = `${table} ${owner}`;
    if (!memo.has(key)) memo.set(key, links(table, owner));
    return memo.get(key)!;
  };

  // submissions
  const isFiled = ({ lifecycle }: Row) => lifecycle !== 'DRAFT' && lifecycle !== 'DISCARDED';
  const isSharedWith = (submission: Row, who: Principal | null) =>
    is(who, 'agency-reviewer') &&
    ((submission.sharingPreference === 'ALL_REVIEWING_AGENCIES' &&
      (REVIEWING_AGENCIES as readonly string[]).includes(who!.agency!)) ||
      linked('submission_requested_agencies', submission.id).includes(who!.agency!) ||
      linked('submission_assigned_agencies', submission.id).includes(who!.agency!));
  const submission: Sees = (row, who) =>
    isDeveloper(who, row.developerKey) ||
    (isFiled(row) && (is(who, 'intake-officer', 'inspector') || isSharedWith(row, who)));
  const ofSubmission = ({ submissionId }: Row) => byKey('Submission', submissionId);
  const part: Sees = (row, who) => submission(ofSubmission(row), who);
  const partOutsideAgencies: Sees = (row, who) =>
    part(row, who) && (is(who, 'inspector', 'intake-officer') || isDeveloper(who, ofSubmission(row).developerKey));
  const modelInsider: Sees = (row, who) =>
    isDeveloper(who, row.developerKey) ||
    is(who, 'intake-officer', 'inspector') ||
    rows('Submission').some((one) => one.modelId === row.id && isFiled(one) && isSharedWith(one, who));
  const model: Sees = (row, who) => row.releaseStatus !== 'UNRELEASED' || modelInsider(row, who);

  // reviews
  const noticeOf = ({ submissionId }: Row) => byKey('submission_notice', submissionId);
  const isTold = (row: Row, who: Principal | null) => {
    const notice = noticeOf(row);
    return (
      notice !== undefined &&
      is(who, 'agency-reviewer') &&
      [...notice.agencyKeys, ...notice.formerAgencyKeys].includes(who!.agency)
    );
  };
  const isItsDeveloper = (row: Row, who: Principal | null) => isDeveloper(who, noticeOf(row)?.developerKey);
  const insider: Sees = (row, who) =>
    isItsDeveloper(row, who) || isTold(row, who) || is(who, 'intake-officer', 'inspector');
  const own = (row: Row, who: Principal | null) => isAgency(who, row.agencyKey, 'agency-reviewer');
  const isNsa = (who: Principal | null) => isAgency(who, 'nsa', 'agency-reviewer');
  const isTeam = (review: Row, who: Principal | null) =>
    isAgency(who, review.leadAgencyKey, 'agency-reviewer') ||
    (is(who, 'agency-reviewer') && linked('review_participating_agencies', review.id).includes(who!.agency!));
  const reviewOf = ({ reviewId }: Row) => byKey('Review', reviewId);
  const outcome: Sees = (row, who) =>
    own(row, who) || is(who, 'inspector') || (row.status !== 'DRAFT' && (insider(row, who) || is(who, 'analyst')));
  const review: Sees = (row, who) => isTeam(row, who) || insider(row, who) || is(who, 'analyst');
  const staff: Sees = (row, who) => government(row, who) && review(reviewOf(row), who);
  const finding: Sees = (row, who) =>
    isTeam(reviewOf(row), who) ||
    is(who, 'inspector') ||
    (!['DRAFT', 'DROPPED'].includes(row.status) && (isItsDeveloper(row, who) || isTold(row, who)));
  const ofTeam: Sees = (row, who) => isTeam(reviewOf(row), who) || is(who, 'inspector');
  const thread: Sees = (row, who) =>
    own(row, who) || isItsDeveloper(row, who) || is(who, 'intake-officer', 'inspector');
  const event: Sees = (row, who) =>
    own(row, who) || (row.agencyKey === null && isTold(row, who)) || is(who, 'intake-officer', 'inspector');

  // workforce
  const application: Sees = (row, who) =>
    is(who, 'inspector') ||
    isAgency(who, byKey('Announcement', row.controlNumber)?.agencyKey, 'hr-specialist') ||
    (is(who, 'hiring-manager') &&
      rows('certificate_applications').some(
        ({ ownerKey, targetKey }) =>
          targetKey === row.id &&
          byKey('HiringRequest', byKey('Certificate', ownerKey).requestId).agencyKey === who!.agency,
      ));

  // infrastructure
  const keeper: Sees = (row, who) =>
    isAgency(who, row.agencyKey, 'infrastructure-officer') || is(who, 'coordinator', 'inspector');
  const opener: Sees = (row, who) =>
    isAgency(who, row.openedByKey, 'infrastructure-officer', 'agency-reviewer') || is(who, 'coordinator', 'inspector');
  const internal: Expected = { rows: government, GOV: government, ISVI: keeper };

  return {
    ExecutiveOrder: { rows: everyone, GOV: government },
    DeveloperOrganization: {
      rows: everyone,
      GOV: (row, who) => government(row, who) || isDeveloper(who, row.key),
      PROPIN: (row, who) => isDeveloper(who, row.key) || is(who, 'intake-officer', 'inspector'),
    },
    AIModel: { rows: model, PROPIN: modelInsider },
    ModelVersion: {
      rows: (row, who) => model(byKey('AIModel', row.modelId), who),
      PROPIN: (row, who) => modelInsider(byKey('AIModel', row.modelId), who),
    },
    Submission: all(submission),
    LaunchPlan: all(part),
    Declaration: all(part),
    SelfEvaluation: all(part),
    Artifact: all(part),
    DestructionObligation: all(part),
    InformationRequest: all(part),
    AccessGrant: all((row, who) => partOutsideAgencies(row, who) || own(row, who)),
    SharedFinding: all((row, who) => (partOutsideAgencies(row, who) && !onlyIntake(who)) || own(row, who)),
    SubmissionEvent: all(
      (row, who) => partOutsideAgencies(row, who) || own(row, who) || (row.agencyKey === null && part(row, who)),
    ),
    Determination: {
      rows: outcome,
      GOV: outcome,
      PROPIN: (row, who) => own(row, who) || insider(row, who),
      GOV_DELIB: (row, who) => own(row, who) || is(who, 'inspector'),
    },
    Designation: all((row, who) => isNsa(who) || insider(row, who)),
    Review: {
      rows: review,
      GOV: review,
      PROPIN: (row, who) => isTeam(row, who) || insider(row, who),
      fields: {
        summaryForDeveloper: (row, who) => isTeam(row, who) || isItsDeveloper(row, who) || is(who, 'inspector'),
      },
    },
    RequiredWorkRole: all(staff),
    Reviewer: all(government),
    ReviewAssignment: all(staff),
    EvaluationRun: {
      rows: (row, who) => ofTeam(row, who) || is(who, 'analyst'),
      GOV: (row, who) => ofTeam(row, who) || is(who, 'analyst'),
      PROPIN: ofTeam,
      GOV_DELIB: (row, who) => isAgency(who, reviewOf(row).leadAgencyKey, 'agency-reviewer') || is(who, 'inspector'),
    },
    Finding: {
      ...all(finding),
      ISVI: (row, who) =>
        isAgency(who, reviewOf(row).leadAgencyKey, 'agency-reviewer') || is(who, 'coordinator', 'inspector'),
      GOV_DELIB: ofTeam,
    },
    RiskAssessment: {
      rows: (row, who) => own(row, who) || isTold(row, who) || is(who, 'analyst', 'inspector'),
      GOV: (row, who) => own(row, who) || isTold(row, who) || is(who, 'analyst', 'inspector'),
      PROPIN: (row, who) => own(row, who) || isTold(row, who) || is(who, 'inspector'),
      GOV_DELIB: (row, who) => own(row, who) || is(who, 'inspector'),
    },
    Consultation: all(thread),
    ConsultationMessage: all((row, who) => thread(byKey('Consultation', row.consultationId), who)),
    Advice: all(thread),
    ReviewEvent: all(event),
    EvaluationDefinition: { rows: everyone, GOV: government },
    WorkRole: { rows: everyone, GOV: government },
    Position: all(government),
    HiringRequest: all(government),
    Announcement: { rows: everyone, GOV: government, PII: (_row, who) => is(who, 'inspector') },
    Application: all(application),
    Candidate: all((row, who) =>
      rows('Application').some((one) => one.candidateId === row.id && application(one, who)),
    ),
    Certificate: {
      rows: government,
      GOV: government,
      PII: (row, who) =>
        is(who, 'inspector') ||
        isAgency(who, byKey('HiringRequest', row.requestId).agencyKey, 'hiring-manager', 'hr-specialist'),
    },
    HiringGoal: all(government),
    CapacitySnapshot: all(government),
    SectorRisk: { rows: everyone, GOV: government },
    Vulnerability: { rows: everyone, ISVI: (_row, who) => is(who, 'coordinator', 'inspector') },
    FederalSystem: internal,
    VulnerabilityFinding: all(keeper),
    CapabilityDimension: { rows: everyone, GOV: government },
    CapabilityAssessment: internal,
    DefensiveTool: internal,
    ToolDeployment: internal,
    Directive: { rows: everyone, GOV: government },
    DirectiveProgress: internal,
    ClearinghouseCase: {
      ...all((row, who) => opener(row, who) || (['PUBLISHED', 'CLOSED'].includes(row.status) && government(row, who))),
      PROPIN: (row, who) => isAgency(who, row.openedByKey, 'agency-reviewer') || is(who, 'inspector'),
    },
  };
}

const onlyIntake = (who: Principal | null): boolean => is(who, 'intake-officer') && !is(who, 'inspector');
