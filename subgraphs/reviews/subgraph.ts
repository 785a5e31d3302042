import { VOLUNTARY_ACTORS } from '#domain/contracts/actors';
import { ExerciseReplacement } from '#domain/exercise/replacement';
import { staffingHandlers } from '#domain/staffing/handlers';
import { StaffingNotice } from '#domain/staffing/staffing-notice';
import { rootsOf } from '#kit/collection/connection';
import { workTables } from '#kit/events/tables';
import { Subgraph } from '#kit/subgraph/subgraph';
import { Agency, AgencyRoots } from './agency';
import { ModelVersion } from './ai-model';
import { RiskAssessment, RiskAssessmentSector, RiskAssessmentTechnique } from './assessment/risk-assessment';
import { assessmentMutations } from './assessment/risk-assessment.mutations';
import {
  AtlasCaseStudy,
  AtlasMitigation,
  AtlasTactic,
  AtlasTechnique,
  CaseStudyTechnique,
  MitigationTechnique,
  TechniqueTactic,
} from './atlas/atlas';
import { Advice, Consultation, ConsultationMessage } from './consultation/consultation';
import { consultationMutations } from './consultation/consultation.mutations';
import { Designation, Determination, DeterminationSector } from './determination/determination';
import { determinationMutations } from './determination/determination.mutations';
import { AgencyWorkRole, ClearinghouseCase, CoverageInquiry } from './entities';
import { BenchmarkResult } from './evaluation/benchmark-result';
import { EvaluationDefinition } from './evaluation/evaluation-definition';
import { EvaluationItem } from './evaluation/evaluation-item';
import { EvaluationRun } from './evaluation/evaluation-run';
import { Finding, FindingSector, FindingTechnique, FindingVulnerability } from './finding/finding';
import { findingMutations } from './finding/finding.mutations';
import { FindingReading } from './finding/finding-reading';
import { FindingStatisticsResolver } from './finding/statistics';
import { reviewHandlers } from './handlers';
import { importers } from './importers/importers';
import { migrations } from './migrations/migrations';
import { ExecutiveOrder, ReviewMetricsResolver } from './order/executive-order';
import { policies } from './policy';
import { references } from './reference/references';
import { ReviewHistoryResolver } from './review/history';
import { RequiredWorkRole, Review, ReviewAgency } from './review/review';
import { reviewMutations } from './review/review.mutations';
import { ReviewEvent } from './review/review-event';
import { BusyReviewersResolver, ReviewAssignment, Reviewer } from './review/reviewer';
import { ROLES } from './roles';
import { reviewSchedule } from './schedule';
import { Sector } from './sector';
import { SectorNotice, sectorHandlers } from './sector-notice';
import { Submission } from './submission';
import { AccessNotice, SubmissionNotice } from './submission-notice';
import { Vulnerability } from './vulnerability';
import { WorkRole } from './work-role';

export const reviews = new Subgraph({
  name: 'reviews',
  description: 'Agency work on shared models: determinations, reviews, risk assessments, findings, and advice.',
  owners: ['nsa'],
  roles: ROLES,
  actors: VOLUNTARY_ACTORS,
  entities: [
    AtlasTactic,
    AtlasTechnique,
    TechniqueTactic,
    AtlasMitigation,
    MitigationTechnique,
    AtlasCaseStudy,
    CaseStudyTechnique,
    EvaluationDefinition,
    EvaluationItem,
    BenchmarkResult,
    Determination,
    DeterminationSector,
    Designation,
    Review,
    ReviewAgency,
    RequiredWorkRole,
    Reviewer,
    ReviewAssignment,
    EvaluationRun,
    Finding,
    FindingSector,
    FindingTechnique,
    FindingVulnerability,
    RiskAssessment,
    RiskAssessmentSector,
    RiskAssessmentTechnique,
    Consultation,
    ConsultationMessage,
    Advice,
    ReviewEvent,
    FindingReading,
    SubmissionNotice,
    AccessNotice,
    StaffingNotice,
    SectorNotice,
    ExerciseReplacement,
    ...workTables,
  ],
  stubs: [
    Agency,
    Sector,
    Submission,
    ModelVersion,
    ExecutiveOrder,
    WorkRole,
    Vulnerability,
    AgencyWorkRole,
    ClearinghouseCase,
    CoverageInquiry,
  ],
  resolvers: [
    AgencyRoots,
    ReviewHistoryResolver,
    BusyReviewersResolver,
    FindingStatisticsResolver,
    ReviewMetricsResolver,
    rootsOf(Determination, { one: 'determination', many: 'determinations' }),
    rootsOf(Designation, { one: 'designation', many: 'designations' }),
    rootsOf(Review, { one: 'review', many: 'reviews' }),
    rootsOf(Reviewer, { one: 'reviewer', many: 'reviewers' }),
    rootsOf(Finding, { one: 'finding', many: 'findings', keys: 'findingKeys' }),
    rootsOf(RiskAssessment, { one: 'riskAssessment', many: 'riskAssessments' }),
    rootsOf(EvaluationDefinition, { one: 'evaluationDefinition', many: 'evaluationDefinitions' }),
    rootsOf(EvaluationRun, { one: 'evaluationRun', many: 'evaluationRuns' }),
    rootsOf(BenchmarkResult, { one: 'benchmarkResult', many: 'benchmarkResults' }),
    rootsOf(Consultation, { one: 'consultation', many: 'consultations' }),
    rootsOf(Advice, { one: 'adviceNote', many: 'adviceNotes' }),
    rootsOf(AtlasTactic, { one: 'atlasTactic', many: 'atlasTactics' }),
    rootsOf(AtlasTechnique, { one: 'atlasTechnique', many: 'atlasTechniques' }),
    rootsOf(AtlasMitigation, { one: 'atlasMitigation', many: 'atlasMitigations' }),
    rootsOf(AtlasCaseStudy, { one: 'atlasCaseStudy', many: 'atlasCaseStudies' }),
  ],
  mutations: [
    ...determinationMutations,
    ...reviewMutations,
    ...findingMutations,
    ...assessmentMutations,
    ...consultationMutations,
  ],
  handlers: [...reviewHandlers, ...staffingHandlers, ...sectorHandlers],
  schedule: reviewSchedule,
  policies,
  migrations,
  references,
  importers,
});
