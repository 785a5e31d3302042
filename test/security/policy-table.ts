import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Principal, personKey } from '#base/identity/principal';
import { packageRoot } from '#base/package-root';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import { PROGRAMS } from '../../gateway/cli/programs';

/**
 * Roles and sensitivity classes of docs/domain.md in a second form: predicates over rows in memory. The product states them as
 * conditions in SQL; both must show the same callers the same data.
 */
// biome-ignore lint/suspicious/noExplicitAny: rows of all tables
export type Row = any;
export type Sees = (row: Row, who: Principal | null) => boolean;

/** Who sees the rows of a model, and which of those may read the fields of each class. */
export interface Expected {
  readonly rows: Sees;
  readonly GOV?: Sees;
  readonly GOV_DELIB?: Sees;
  readonly PROPIN?: Sees;
  readonly PII?: Sees;
  readonly ISVI?: Sees;
  /** Fields with other readers than the rest of their class. */
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
  'records-officer',
  'infrastructure-officer',
  'coordinator',
  'analyst',
  'inspector',
];

const FRAMEWORK = { 'developer-submitter': 'DEVELOPER', 'intake-officer': 'INTAKE', 'agency-reviewer': 'AGENCY' };

/** The actor as which a role may call mutations, by subgraph; "@everyone" stands for every caller with a token. */
export const ACTORS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  submissions: FRAMEWORK,
  reviews: FRAMEWORK,
  infrastructure: { 'infrastructure-officer': 'CISO', coordinator: 'COORDINATOR' },
  workforce: { 'hr-specialist': 'HR', 'hiring-manager': 'HIRING_MANAGER', 'records-officer': 'RECORDS_OFFICER' },
  registry: { operator: 'OPERATOR', 'schema-publisher': 'PUBLISHER', '@everyone': 'AUTHOR' },
};

export const is = (caller: Principal | null, ...roles: string[]): boolean =>
  caller?.roles.some((role) => roles.includes(role)) ?? false;
const isAgency = (caller: Principal | null, agency: string | null | undefined, ...roles: string[]): boolean =>
  is(caller, ...roles) && agency != null && caller!.agency === agency;
const isDeveloper = (caller: Principal | null, organization: string | undefined): boolean =>
  is(caller, 'developer-submitter') && caller!.organization === organization;

export const everyone: Sees = () => true;
export const government: Sees = (_row, caller) => is(caller, ...GOVERNMENT);
const all = (sees: Sees): Expected => ({
  rows: sees,
  GOV: sees,
  GOV_DELIB: sees,
  PROPIN: sees,
  PII: sees,
  ISVI: sees,
});

type Group = 'everyone' | 'government';

/** What subgraphs state themselves, in `policy.expected.ts` of their folders. */
function statedExpectations(): Record<string, Expected> {
  const groups: Record<Group, Sees> = { everyone, government };
  const files = PROGRAMS.map((name) => join(packageRoot, 'dist', 'subgraphs', name, 'policy.expected.js'));
  const stated = files.filter((file) => existsSync(file)).map((file) => require(file).expected);
  const seen = (of: Record<string, Group>) => Object.entries(of).map(([name, group]) => [name, groups[group]]);
  return Object.fromEntries(
    stated.flatMap((models: Record<string, Record<string, Group>>) =>
      Object.entries(models).map(([model, of]) => [model, Object.fromEntries(seen(of))]),
    ),
  );
}

/** Visible rows and fields by model. */
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
  const isSharedWith = (submission: Row, caller: Principal | null) =>
    is(caller, 'agency-reviewer') &&
    ((submission.sharingPreference === 'ALL_REVIEWING_AGENCIES' &&
      (REVIEWING_AGENCIES as readonly string[]).includes(caller!.agency!)) ||
      linked('submission_requested_agencies', submission.id).includes(caller!.agency!) ||
      linked('submission_assigned_agencies', submission.id).includes(caller!.agency!));
  const submission: Sees = (row, caller) =>
    isDeveloper(caller, row.developerKey) ||
    (isFiled(row) && (is(caller, 'intake-officer', 'inspector') || isSharedWith(row, caller)));
  const ofSubmission = ({ submissionId }: Row) => byKey('Submission', submissionId);
  const part: Sees = (row, caller) => submission(ofSubmission(row), caller);
  const partOutsideAgencies: Sees = (row, caller) =>
    part(row, caller) &&
    (is(caller, 'inspector', 'intake-officer') || isDeveloper(caller, ofSubmission(row).developerKey));
  const inquiry: Sees = (row, caller) =>
    isDeveloper(caller, row.developerKey) ||
    is(caller, 'intake-officer', 'inspector') ||
    isAgency(caller, 'nsa', 'agency-reviewer');
  const isInquired = (model: Row, caller: Principal | null) =>
    isAgency(caller, 'nsa', 'agency-reviewer') &&
    rows('CoverageInquiry').some(({ modelId, status }) => modelId === model.id && status !== 'WITHDRAWN');
  const modelInsider: Sees = (row, caller) =>
    isInquired(row, caller) ||
    isDeveloper(caller, row.developerKey) ||
    is(caller, 'intake-officer', 'inspector') ||
    rows('Submission').some((filed) => filed.modelId === row.id && isFiled(filed) && isSharedWith(filed, caller));
  const model: Sees = (row, caller) => row.releaseStatus !== 'UNRELEASED' || modelInsider(row, caller);

  // reviews
  const noticeOf = ({ submissionId }: Row) => byKey('submission_notice', submissionId);
  const isTold = (row: Row, caller: Principal | null) => {
    const notice = noticeOf(row);
    return (
      notice !== undefined &&
      is(caller, 'agency-reviewer') &&
      [...notice.agencyKeys, ...notice.formerAgencyKeys].includes(caller!.agency)
    );
  };
  const isItsDeveloper = (row: Row, caller: Principal | null) => isDeveloper(caller, noticeOf(row)?.developerKey);
  const insider: Sees = (row, caller) =>
    isItsDeveloper(row, caller) || isTold(row, caller) || is(caller, 'intake-officer', 'inspector');
  const isOwn = (row: Row, caller: Principal | null) => isAgency(caller, row.agencyKey, 'agency-reviewer');
  const isNsa = (caller: Principal | null) => isAgency(caller, 'nsa', 'agency-reviewer');
  const isTeam = (review: Row, caller: Principal | null) =>
    isAgency(caller, review.leadAgencyKey, 'agency-reviewer') ||
    (is(caller, 'agency-reviewer') && linked('review_participating_agencies', review.id).includes(caller!.agency!));
  const reviewOf = ({ reviewId }: Row) => byKey('Review', reviewId);
  const outcome: Sees = (row, caller) =>
    isOwn(row, caller) ||
    is(caller, 'inspector') ||
    (row.status !== 'DRAFT' && (insider(row, caller) || is(caller, 'analyst')));
  const review: Sees = (row, caller) => isTeam(row, caller) || insider(row, caller) || is(caller, 'analyst');
  const staff: Sees = (row, caller) => government(row, caller) && review(reviewOf(row), caller);
  const finding: Sees = (row, caller) =>
    isTeam(reviewOf(row), caller) ||
    is(caller, 'inspector') ||
    (!['DRAFT', 'DROPPED'].includes(row.status) && (isItsDeveloper(row, caller) || isTold(row, caller)));
  const ofTeam: Sees = (row, caller) => isTeam(reviewOf(row), caller) || is(caller, 'inspector');
  const thread: Sees = (row, caller) =>
    isOwn(row, caller) || isItsDeveloper(row, caller) || is(caller, 'intake-officer', 'inspector');
  const event: Sees = (row, caller) =>
    isOwn(row, caller) || (row.agencyKey === null && isTold(row, caller)) || is(caller, 'intake-officer', 'inspector');

  // workforce
  const application: Sees = (row, caller) =>
    is(caller, 'inspector') ||
    isAgency(caller, row.agencyKey, 'hr-specialist', 'records-officer') ||
    (is(caller, 'hiring-manager') &&
      rows('certificate_applications').some(
        ({ ownerKey, targetKey }) =>
          targetKey === row.id &&
          byKey('HiringRequest', byKey('Certificate', ownerKey).requestId).agencyKey === caller!.agency,
      ));
  const candidate: Sees = (row, caller) =>
    isAgency(caller, row.agencyKey, 'hr-specialist', 'records-officer') ||
    rows('Application').some((filed) => filed.candidateId === row.id && application(filed, caller));

  // infrastructure
  const keeper: Sees = (row, caller) =>
    isAgency(caller, row.agencyKey, 'infrastructure-officer') || is(caller, 'coordinator', 'inspector');
  const opener: Sees = (row, caller) =>
    isAgency(caller, row.openedByKey, 'infrastructure-officer', 'agency-reviewer') ||
    is(caller, 'coordinator', 'inspector');
  const caseReader: Sees = (row, caller) =>
    opener(row, caller) ||
    (['PUBLISHED', 'CLOSED'].includes(row.status) && row.publishedAt !== null && government(row, caller));
  const internal: Expected = { rows: government, GOV: government, ISVI: keeper };
  const eventDetail: Sees = (row, caller) => {
    if (row.subjectType === 'CASE') return caseReader(byKey('ClearinghouseCase', row.subjectId), caller);
    const ofSystems = ['SYSTEM', 'AUTHORIZATION', 'INVENTORY_ITEM'];
    const ofFindings = ['FINDING', 'TRIAGE', 'ACCEPTANCE', 'POAM_ITEM', 'POAM_MILESTONE'];
    if ([...ofSystems, ...ofFindings].includes(row.subjectType)) return keeper(row, caller);
    const subjects = ['TOOL', 'DEPLOYMENT', 'ASSESSMENT', 'SECTOR', 'DEFENSE_ACCESS'];
    const further = ['MATCH_RULE', 'DIRECTIVE', 'DIRECTIVE_PROGRESS', 'REMEDIATION_POLICY'];
    return [...subjects, ...further].includes(row.subjectType) && government(row, caller);
  };
  const infrastructureEvent: Sees = (row, caller) =>
    eventDetail(row, caller) || (['SYSTEM', 'AUTHORIZATION'].includes(row.subjectType) && government(row, caller));

  // registry
  const ownerOfQuestion: Sees = (row, caller) =>
    caller !== null && (row.ownerPersonKey === personKey(caller) || is(caller, 'inspector'));
  const questionReader: Sees = (row, caller) =>
    ownerOfQuestion(row, caller) || is(caller, 'operator', ...(row.sharedWithRoles as string[]));
  const savedQuestion: Expected = { rows: questionReader, GOV: questionReader, PII: ownerOfQuestion };
  const ofQuestion =
    (sees: Sees): Sees =>
    (row, caller) =>
      sees(byKey('SavedQuestion', row.questionId), caller);
  const ofSavedQuestion: Expected = {
    rows: ofQuestion(questionReader),
    GOV: ofQuestion(questionReader),
    PII: ofQuestion(ownerOfQuestion),
  };
  const maintainer: Sees = (_row, caller) => is(caller, 'operator', 'coordinator', 'inspector');
  const publisher: Sees = (_row, caller) => is(caller, 'inspector');
  const ofSchemas: Sees = (_row, caller) => is(caller, 'operator', 'coordinator', 'schema-publisher', 'inspector');
  const schemaReader: Sees = (_row, caller) => is(caller, 'operator', 'schema-publisher', ...GOVERNMENT);
  const schemaPart: Expected = { rows: ofSchemas, GOV: ofSchemas };
  const publishedSchema: Expected = { ...schemaPart, PII: publisher };
  const clientRelease: Expected = { rows: maintainer, GOV: maintainer, PII: publisher };

  return {
    ...statedExpectations(),
    ExecutiveOrder: { rows: everyone, GOV: government },
    DeveloperOrganization: {
      rows: everyone,
      GOV: (row, caller) => government(row, caller) || isDeveloper(caller, row.key),
      PROPIN: (row, caller) => isDeveloper(caller, row.key) || is(caller, 'intake-officer', 'inspector'),
    },
    AIModel: { rows: model, PROPIN: modelInsider },
    ModelVersion: {
      rows: (row, caller) => model(byKey('AIModel', row.modelId), caller),
      PROPIN: (row, caller) => modelInsider(byKey('AIModel', row.modelId), caller),
    },
    Submission: all(submission),
    CoverageInquiry: all(inquiry),
    InquiryEvent: all((row, caller) => inquiry(byKey('CoverageInquiry', row.inquiryId), caller)),
    TrustedPartner: all((row, caller) => government(row, caller) || is(caller, 'developer-submitter')),
    PartnerProposal: all(part),
    LaunchPlan: all(part),
    Declaration: all(part),
    SelfEvaluation: all(part),
    Artifact: all(part),
    DestructionObligation: all(part),
    InformationRequest: all(part),
    AccessGrant: all((row, caller) => partOutsideAgencies(row, caller) || isOwn(row, caller)),
    SharedFinding: all(
      (row, caller) => (partOutsideAgencies(row, caller) && !onlyIntake(caller)) || isOwn(row, caller),
    ),
    SubmissionEvent: all(
      (row, caller) =>
        partOutsideAgencies(row, caller) || isOwn(row, caller) || (row.agencyKey === null && part(row, caller)),
    ),
    Determination: {
      rows: outcome,
      GOV: outcome,
      PROPIN: (row, caller) => isOwn(row, caller) || insider(row, caller),
      GOV_DELIB: (row, caller) => isOwn(row, caller) || is(caller, 'inspector'),
    },
    Designation: all(
      (row, caller) => isNsa(caller) || insider(row, caller) || isDeveloper(caller, row.developerKey ?? undefined),
    ),
    Review: {
      rows: review,
      GOV: review,
      PROPIN: (row, caller) => isTeam(row, caller) || insider(row, caller),
      fields: {
        summaryForDeveloper: (row, caller) =>
          isTeam(row, caller) || isItsDeveloper(row, caller) || is(caller, 'inspector'),
      },
    },
    RequiredWorkRole: all(staff),
    Reviewer: all(government),
    ReviewAssignment: all(staff),
    EvaluationRun: {
      rows: (row, caller) => ofTeam(row, caller) || is(caller, 'analyst'),
      GOV: (row, caller) => ofTeam(row, caller) || is(caller, 'analyst'),
      PROPIN: ofTeam,
      GOV_DELIB: (row, caller) =>
        isAgency(caller, reviewOf(row).leadAgencyKey, 'agency-reviewer') || is(caller, 'inspector'),
    },
    Finding: {
      ...all(finding),
      ISVI: (row, caller) =>
        isAgency(caller, reviewOf(row).leadAgencyKey, 'agency-reviewer') || is(caller, 'coordinator', 'inspector'),
      GOV_DELIB: ofTeam,
    },
    RiskAssessment: {
      rows: (row, caller) => isOwn(row, caller) || isTold(row, caller) || is(caller, 'analyst', 'inspector'),
      GOV: (row, caller) => isOwn(row, caller) || isTold(row, caller) || is(caller, 'analyst', 'inspector'),
      PROPIN: (row, caller) => isOwn(row, caller) || isTold(row, caller) || is(caller, 'inspector'),
      GOV_DELIB: (row, caller) => isOwn(row, caller) || is(caller, 'inspector'),
    },
    Consultation: all(thread),
    ConsultationMessage: all((row, caller) => thread(byKey('Consultation', row.consultationId), caller)),
    Advice: all(thread),
    ReviewEvent: all(event),
    EvaluationDefinition: { rows: everyone, GOV: government },
    WorkRole: { rows: everyone, GOV: government },
    Position: all(government),
    HiringRequest: all(government),
    Announcement: { rows: everyone, GOV: government, PII: (_row, caller) => is(caller, 'inspector') },
    Application: all(application),
    Candidate: all(candidate),
    Certificate: {
      rows: government,
      GOV: government,
      PII: (row, caller) =>
        is(caller, 'inspector') ||
        isAgency(
          caller,
          byKey('HiringRequest', row.requestId).agencyKey,
          'hiring-manager',
          'hr-specialist',
          'records-officer',
        ),
    },
    HiringGoal: all(government),
    CapacitySnapshot: all(government),
    WorkforceEvent: all((row, caller) => {
      if (row.subjectType === 'APPLICATION') return application(byKey('Application', row.subjectId), caller);
      if (row.subjectType === 'CANDIDATE') return candidate(byKey('Candidate', row.subjectId), caller);
      return government(row, caller);
    }),
    Sector: { rows: everyone },
    SectorRisk: { rows: everyone, GOV: government },
    Vulnerability: { rows: everyone, ISVI: (_row, caller) => is(caller, 'coordinator', 'inspector') },
    FederalSystem: internal,
    SystemAuthorization: internal,
    InventoryItem: all(keeper),
    ProductMatchRule: {
      rows: government,
      GOV: government,
      ISVI: (_row, caller) => is(caller, 'infrastructure-officer', 'coordinator', 'inspector'),
    },
    VulnerabilityFinding: all(keeper),
    FindingDueChange: all(keeper),
    ForensicTriage: all(keeper),
    RemediationPolicy: { rows: everyone, GOV: government },
    RiskAcceptance: all(keeper),
    PoamItem: all(keeper),
    PoamMilestone: all(keeper),
    CapabilityDimension: { rows: everyone, GOV: government },
    CapabilityAssessment: internal,
    DefensiveTool: internal,
    ToolDeployment: internal,
    DefenseAccess: internal,
    Directive: { rows: everyone, GOV: government },
    DirectiveProgress: internal,
    ClearinghouseCase: {
      ...all(caseReader),
      PROPIN: (row, caller) => isAgency(caller, row.openedByKey, 'agency-reviewer') || is(caller, 'inspector'),
      fields: { affectedSystems: opener },
    },
    InfrastructureEvent: { ...all(infrastructureEvent), ISVI: eventDetail },
    SavedQuestion: savedQuestion,
    SavedQuestionVersion: ofSavedQuestion,
    TrustedDocument: ofSavedQuestion,
    ClientRelease: clientRelease,
    ClientDocument: { rows: maintainer, GOV: maintainer },
    RegisteredSubgraph: schemaPart,
    SubgraphVersion: publishedSchema,
    SupergraphVersion: publishedSchema,
    SupergraphMember: schemaPart,
    SupergraphActivation: publishedSchema,
    SchemaCheck: publishedSchema,
    OwnerConsent: publishedSchema,
    PartOwner: schemaPart,
    SchemaContract: schemaPart,
    GatewayReport: schemaPart,
    ServedSchema: schemaPart,
    SchemaCoordinate: { rows: schemaReader, GOV: schemaReader },
    UsedOperation: schemaPart,
    OperationUse: schemaPart,
    OperationCoordinate: schemaPart,
  };
}

const onlyIntake = (caller: Principal | null): boolean => is(caller, 'intake-officer') && !is(caller, 'inspector');
