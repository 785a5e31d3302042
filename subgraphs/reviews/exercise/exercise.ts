import { civilDate, startOfDay } from '#base/civil';
import { REVIEWING_AGENCIES } from '#domain/agency/reviewing-agencies';
import { addBusinessDays } from '#domain/business-days';
import type { Random } from '#domain/exercise/random';
import {
  after,
  type ExerciseRows,
  type ExerciseWorld,
  earliest,
  type FlawStory,
  type InquiryStory,
  latest,
  numbered,
  randomOf,
  rows,
  type SubmissionStory,
} from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import type { Link } from '#kit/model/links';
import { RiskAssessment, RiskAssessmentSector, RiskAssessmentTechnique } from '../assessment/risk-assessment';
import { Advice, Consultation, ConsultationMessage } from '../consultation/consultation';
import { Designation, Determination, DeterminationSector } from '../determination/determination';
import { EvaluationRun } from '../evaluation/evaluation-run';
import { Finding, FindingSector, FindingTechnique } from '../finding/finding';
import { techniques } from '../reference/references';
import { RequiredWorkRole, Review, ReviewAgency } from '../review/review';
import { ReviewEvent } from '../review/review-event';
import { ReviewAssignment, Reviewer } from '../review/reviewer';
import { RiskDomain, RiskLevel, riskLevel } from '../risk';
import { AccessNotice, SubmissionNotice } from '../submission-notice';

const ROLES = ['672', '623', '541', '511', '733'];
const EVALUATIONS = [
  'Cyber range suite',
  'Software exploitation suite',
  'Long-horizon agent suite',
  'Model theft suite',
  'Biology screening suite',
];
const TITLES = [
  'Safeguards can be passed by role play',
  'Finds exploitable flaws in parsers without help',
  'Plans multi-step intrusion when given tools',
  'Leaks parts of its system prompt',
  'Follows instructions hidden in documents',
  'Completes control-system scripts that it should refuse',
];

/** Exercise data of the reviews program, and the flaws from which the clearinghouse generates its cases. */
export function reviewsExercise(
  world: ExerciseWorld,
  stories: readonly SubmissionStory[],
  inquiries: readonly InquiryStory[],
): { rows: ExerciseRows[]; flaws: FlawStory[] } {
  const tables = new Tables();
  const staff = reviewers(world);
  tables.reviewers.push(...[...staff.values()].flat());
  tables.designations.push(...inquiries.map(answer));
  const flaws: FlawStory[] = [];
  for (const story of stories) new ReviewPlot(world, story, staff, flaws).writeTo(tables);
  return { rows: tables.rows(), flaws };
}

/** Designation that answers a coverage inquiry. */
function answer({ inquiryId, designationId, developerKey, outcome, answeredAt }: InquiryStory): Partial<Designation> {
  return {
    id: designationId,
    submissionId: null,
    versionId: null,
    inquiryId,
    developerKey,
    outcome,
    criteriaEdition: 'Exercise criteria 1',
    madeByKey: 'nsa',
    madeAt: answeredAt,
    classifiedAnnexExists: outcome === 'COVERED',
    exercise: true,
  };
}

function reviewers(world: ExerciseWorld): Map<string, Partial<Reviewer>[]> {
  const each = 2 + Math.ceil(Math.sqrt(world.scale));
  return new Map(
    REVIEWING_AGENCIES.map((agencyKey) => [
      agencyKey,
      Array.from({ length: each }, (_, index) => {
        const workRoleCode = ROLES[index % ROLES.length]!;
        return {
          id: stableId('rvw', world.seed, agencyKey, index),
          post: `${agencyKey.toUpperCase()} reviewer ${index + 1} (exercise)`,
          agencyKey,
          workRoleCode,
          staffingId: `${agencyKey}:${workRoleCode}`,
          exercise: true,
        };
      }),
    ]),
  );
}

class Tables {
  readonly determinations: Partial<Determination>[] = [];
  readonly determinationSectors: Link[] = [];
  readonly designations: Partial<Designation>[] = [];
  readonly reviews: Partial<Review>[] = [];
  readonly reviewAgencies: Link[] = [];
  readonly requiredRoles: Partial<RequiredWorkRole>[] = [];
  readonly reviewers: Partial<Reviewer>[] = [];
  readonly assignments: Partial<ReviewAssignment>[] = [];
  readonly runs: Partial<EvaluationRun>[] = [];
  readonly findings: Partial<Finding>[] = [];
  readonly findingSectors: Link[] = [];
  readonly findingTechniques: Link[] = [];
  readonly assessments: Partial<RiskAssessment>[] = [];
  readonly assessmentSectors: Link[] = [];
  readonly assessmentTechniques: Link[] = [];
  readonly consultations: Partial<Consultation>[] = [];
  readonly messages: Partial<ConsultationMessage>[] = [];
  readonly advice: Partial<Advice>[] = [];
  readonly events: Partial<ReviewEvent>[] = [];
  readonly notices: Partial<SubmissionNotice>[] = [];
  readonly access: Partial<AccessNotice>[] = [];

  rows(): ExerciseRows[] {
    return [
      rows(Determination, this.determinations),
      rows(DeterminationSector, this.determinationSectors),
      rows(Designation, this.designations),
      rows(Review, this.reviews),
      rows(ReviewAgency, this.reviewAgencies),
      rows(RequiredWorkRole, this.requiredRoles),
      rows(Reviewer, this.reviewers),
      rows(ReviewAssignment, this.assignments),
      rows(EvaluationRun, this.runs),
      rows(Finding, this.findings),
      rows(FindingSector, this.findingSectors),
      rows(FindingTechnique, this.findingTechniques),
      rows(RiskAssessment, this.assessments),
      rows(RiskAssessmentSector, this.assessmentSectors),
      rows(RiskAssessmentTechnique, this.assessmentTechniques),
      rows(Consultation, this.consultations),
      rows(ConsultationMessage, this.messages),
      rows(Advice, this.advice),
      rows(ReviewEvent, this.events),
      rows(SubmissionNotice, this.notices),
      rows(AccessNotice, this.access),
    ];
  }
}

type Happening = { occurredAt: string; kind: ReviewEvent['kind']; actor: ReviewEvent['actor'] } & Partial<ReviewEvent>;

/** Story of one submission at the agencies, until its end or `asOf`. */
class ReviewPlot {
  private readonly events: Happening[] = [];
  private readonly asOf: string;

  constructor(
    private readonly world: ExerciseWorld,
    private readonly story: SubmissionStory,
    private readonly staff: ReadonlyMap<string, readonly Partial<Reviewer>[]>,
    private readonly flaws: FlawStory[],
  ) {
    this.asOf = world.asOf;
  }

  writeTo(tables: Tables): void {
    this.writeNotices(tables);
    for (const agencyKey of this.story.agencyKeys) {
      const random = randomOf(this.world, `reviews ${this.story.id} ${agencyKey}`);
      const opened = this.determine(agencyKey, random, tables);
      if (random.chance(0.5)) this.consult(agencyKey, random, tables);
      if (opened) this.review(agencyKey, opened, random, tables);
      if (agencyKey === 'nsa' && random.chance(0.5)) this.designate(random, tables);
    }
    const { id } = this.story;
    for (const event of numbered(this.events))
      tables.events.push({
        ...event,
        id: stableId('evt', 'reviews', id, event.sequence),
        submissionId: id,
        exercise: true,
      });
  }

  private writeNotices(tables: Tables): void {
    const { grants, sectorKeys: _sectors, endedAt: _ended, agencyKeys, ...story } = this.story;
    tables.notices.push({ ...story, agencyKeys: [...agencyKeys], formerAgencyKeys: [], exercise: true });
    for (const grant of grants)
      tables.access.push({ ...grant, submissionId: story.id, revoked: false, exercise: true });
  }

  /** Adds an event, unless it is after `asOf`. @returns whether the event was added */
  private happen(event: Happening): boolean {
    if (event.occurredAt > this.asOf) return false;
    this.events.push(event);
    return true;
  }

  /** Whether an instant is before the end of the submission and not after `asOf`. */
  private isInStory(instant: string): boolean {
    return instant <= this.asOf && (this.story.endedAt === null || instant < this.story.endedAt);
  }

  /** Writes the agency's determination. @returns the instant from which it can open a review, if it finds one necessary */
  private determine(agencyKey: string, random: Random, tables: Tables): string | undefined {
    const { story } = this;
    const invitedAt = after(story.filedAt, 1 / 24);
    if (!this.isInStory(invitedAt)) return undefined;
    this.happen({ occurredAt: invitedAt, kind: 'INVITED', actor: 'SYSTEM', agencyKey });
    const target = earliest(startOfDay(addBusinessDays(civilDate(story.filedAt), 5)), story.plannedLaunchAt);
    const base = {
      submissionId: story.id,
      agencyKey,
      riskDomains: random.some(Object.values(RiskDomain).slice(0, 6), random.integer(1, 3)),
      rationale: null,
      targetAt: latest(target, invitedAt),
      supersedesId: null,
      revision: 1,
      exercise: true,
    };
    const id = stableId('det', story.id, agencyKey, 1);
    const issuedAt = after(invitedAt, 0.5 + random.next() * 9);
    const issues = random.chance(0.88) && this.isInStory(issuedAt);
    if (!issues) {
      const over = story.endedAt !== null && story.endedAt <= this.asOf;
      tables.determinations.push({
        ...base,
        id,
        outcome: null,
        status: over ? 'NOT_ISSUED' : 'DRAFT',
        draftKey: over ? null : `${story.id}:${agencyKey}`,
        createdAt: invitedAt,
        issuedAt: null,
      });
      if (over)
        this.happen({
          occurredAt: story.endedAt!,
          kind: 'DETERMINATION_NOT_ISSUED',
          actor: 'SYSTEM',
          agencyKey,
          fromState: 'DRAFT',
          toState: 'NOT_ISSUED',
        });
      return undefined;
    }
    const outcome = random.weighted({ REVIEW_NECESSARY: 50, REVIEW_NOT_NECESSARY: 38, INSUFFICIENT_INFORMATION: 12 });
    this.happen({
      occurredAt: issuedAt,
      kind: 'DETERMINATION_ISSUED',
      actor: 'AGENCY',
      agencyKey,
      fromState: 'DRAFT',
      toState: 'ISSUED',
      detail: outcome,
    });
    for (const targetKey of story.sectorKeys) tables.determinationSectors.push({ ownerKey: id, targetKey });
    const begunAgainAt = after(issuedAt, 1 / 24);
    const secondAt = after(issuedAt, 2 + random.next() * 6);
    if (outcome === 'INSUFFICIENT_INFORMATION' && this.isInStory(secondAt)) {
      const second = random.weighted({ REVIEW_NECESSARY: 1, REVIEW_NOT_NECESSARY: 1 });
      tables.determinations.push({
        ...base,
        id,
        outcome,
        status: 'SUPERSEDED',
        createdAt: invitedAt,
        issuedAt,
        rationale: 'The agency lacks information (exercise).',
      });
      tables.determinations.push({
        ...base,
        id: stableId('det', story.id, agencyKey, 2),
        outcome: second,
        status: 'ISSUED',
        currentKey: `${story.id}:${agencyKey}`,
        createdAt: begunAgainAt,
        targetAt: latest(base.targetAt, begunAgainAt),
        issuedAt: secondAt,
        supersedesId: id,
      });
      this.happen({
        occurredAt: secondAt,
        kind: 'DETERMINATION_ISSUED',
        actor: 'AGENCY',
        agencyKey,
        fromState: 'DRAFT',
        toState: 'ISSUED',
        detail: second,
      });
      return second === 'REVIEW_NECESSARY' ? secondAt : undefined;
    }
    tables.determinations.push({
      ...base,
      id,
      outcome,
      status: 'ISSUED',
      currentKey: `${story.id}:${agencyKey}`,
      createdAt: invitedAt,
      issuedAt,
      rationale: 'By the agency’s own criteria (exercise).',
    });
    return outcome === 'REVIEW_NECESSARY' ? issuedAt : undefined;
  }

  private designate(random: Random, tables: Tables): void {
    const madeAt = after(this.story.filedAt, 3 + random.next() * 6);
    if (!this.isInStory(madeAt)) return;
    const outcome = random.weighted({ COVERED: 2, NOT_COVERED: 5, UNDETERMINED: 2 });
    this.happen({ occurredAt: madeAt, kind: 'DESIGNATED', actor: 'AGENCY', agencyKey: 'nsa', detail: outcome });
    tables.designations.push({
      id: stableId('dsg', this.story.id),
      submissionId: this.story.id,
      versionId: this.story.versionId,
      inquiryId: null,
      developerKey: null,
      outcome,
      criteriaEdition: null,
      madeByKey: 'nsa',
      madeAt,
      classifiedAnnexExists: outcome === 'COVERED',
      exercise: true,
    });
  }

  private review(agencyKey: string, necessaryAt: string, random: Random, tables: Tables): void {
    const { story, asOf } = this;
    const openedAt = after(necessaryAt, 0.5 + random.next() * 3);
    if (!this.isInStory(openedAt)) return;
    const id = stableId('rev', story.id, agencyKey);
    const boundAt = earliest(story.plannedLaunchAt, story.launchedAt);
    const evaluatingAt = after(openedAt, 0.5 + random.next() * 3);
    const draftedAt = after(evaluatingAt, 4 + random.next() * 16);
    const sharedAt = after(draftedAt, 0.5 + random.next() * 4);
    const closedAt = after(sharedAt, 1 + random.next() * 9);
    const nothingFound = random.chance(0.2);
    const steps: { status: Review['status']; at: string; kind: ReviewEvent['kind'] }[] = [
      { status: 'OPENED', at: openedAt, kind: 'REVIEW_OPENED' },
      { status: 'EVALUATING', at: evaluatingAt, kind: 'EVALUATION_STARTED' },
      ...(nothingFound
        ? [{ status: 'CLOSED_NO_FINDINGS' as const, at: draftedAt, kind: 'REVIEW_CLOSED' as const }]
        : [
            { status: 'FINDINGS_DRAFTED' as const, at: draftedAt, kind: 'FINDINGS_DRAFTED' as const },
            { status: 'FINDINGS_SHARED' as const, at: sharedAt, kind: 'FINDINGS_SHARED' as const },
            { status: 'CLOSED' as const, at: closedAt, kind: 'REVIEW_CLOSED' as const },
          ]),
    ];
    const done = steps.filter(({ at }) => this.isInStory(at));
    done.forEach(({ status, at, kind }, place) => {
      this.happen({
        occurredAt: at,
        kind,
        actor: 'AGENCY',
        agencyKey,
        fromState: done[place - 1]?.status ?? null,
        toState: status,
      });
    });
    const reached = done.at(-1)!;
    const closed = reached.status === 'CLOSED' || reached.status === 'CLOSED_NO_FINDINGS';
    const stopped = !closed && story.endedAt !== null && story.endedAt <= asOf;
    if (stopped)
      this.happen({
        occurredAt: story.endedAt!,
        kind: 'REVIEW_STOPPED',
        actor: 'SYSTEM',
        agencyKey,
        fromState: reached.status,
        toState: 'STOPPED',
      });
    const team = random.some(this.staff.get(agencyKey)!, random.integer(1, 3));
    const scope = random.some(Object.values(RiskDomain).slice(0, 6), random.integer(1, 3));
    const plannedRuns = random.integer(2, 5);
    tables.reviews.push({
      id,
      submissionId: story.id,
      leadAgencyKey: agencyKey,
      scope,
      status: stopped ? 'STOPPED' : reached.status,
      openedAt,
      targetAt: latest(after(story.plannedLaunchAt, -2), openedAt),
      launchBoundAt: boundAt,
      plannedRuns,
      teamSize: team.length,
      summaryForDeveloper: closed ? 'Thank you for sharing the model (exercise).' : null,
      closedAt: stopped ? story.endedAt : closed ? reached.at : null,
      closeReason: stopped ? 'The submission was withdrawn' : closed ? 'Done' : null,
      revision: done.length,
      exercise: true,
    });
    for (const targetKey of random.some(
      story.agencyKeys.filter((other) => other !== agencyKey),
      random.integer(0, 2),
    ))
      tables.reviewAgencies.push({ ownerKey: id, targetKey });
    for (const workRoleCode of random.some(ROLES, random.integer(1, 3)))
      tables.requiredRoles.push({
        id: `${id}:${workRoleCode}`,
        reviewId: id,
        workRoleCode,
        count: random.integer(1, 3),
        staffingId: `${agencyKey}:${workRoleCode}`,
        exercise: true,
      });
    team.forEach((reviewer, place) => {
      tables.assignments.push({
        id: `${id}:${reviewer.id}`,
        reviewId: id,
        reviewerId: reviewer.id,
        assignedAt: openedAt,
        lead: place === 0,
        exercise: true,
      });
    });
    this.runs(id, plannedRuns, evaluatingAt, draftedAt, stopped, random, tables);
    this.assess(agencyKey, scope, after(evaluatingAt, 2 + random.next() * 5), random, tables);
    if (!nothingFound && this.isInStory(draftedAt)) this.findings(id, agencyKey, draftedAt, sharedAt, random, tables);
    const advisedAt = after(sharedAt, 0.2);
    if (!nothingFound && this.isInStory(advisedAt) && random.chance(0.6)) {
      this.happen({ occurredAt: advisedAt, kind: 'ADVICE_SENT', actor: 'AGENCY', agencyKey });
      tables.advice.push({
        id: stableId('adv', story.id, agencyKey),
        submissionId: story.id,
        agencyKey,
        sentAt: advisedAt,
        body: 'We suggest a staged release of agent features. This is advice only (exercise).',
        exercise: true,
      });
    }
  }

  private runs(
    reviewId: string,
    planned: number,
    from: string,
    to: string,
    stopped: boolean,
    random: Random,
    tables: Tables,
  ): void {
    const { story, asOf } = this;
    for (let place = 0; place < planned; place += 1) {
      const startedAt = after(from, 0.2 + place * 0.7);
      const endedAt = earliest(after(startedAt, 0.3 + random.next() * 2), to);
      const failed = random.chance(0.07);
      const ended = this.isInStory(endedAt);
      const started = this.isInStory(startedAt);
      const status = ended ? (failed ? 'FAILED' : 'DONE') : stopped ? 'CANCELLED' : started ? 'RUNNING' : 'QUEUED';
      const score = random.integer(20, 980) / 1000;
      const queuedAt = earliest(from, asOf);
      tables.runs.push({
        id: stableId('run', reviewId, place),
        reviewId,
        definitionId: null,
        title: EVALUATIONS[(place + random.integer(0, 4)) % EVALUATIONS.length]!,
        versionId: story.versionId,
        scaffold: random.pick(['plain', 'agent with tools', 'best of ten']),
        status,
        queuedAt,
        startedAt: started ? startedAt : null,
        endedAt: ended ? endedAt : null,
        score: status === 'DONE' ? score : null,
        ciLow: status === 'DONE' ? Math.max(0, score - 0.05) : null,
        ciHigh: status === 'DONE' ? Math.min(1, score + 0.05) : null,
        unit: status === 'DONE' ? 'share solved' : null,
        notes: null,
        exercise: true,
      });
    }
  }

  private assess(agencyKey: string, domains: readonly RiskDomain[], at: string, random: Random, tables: Tables): void {
    const { story } = this;
    const levels = Object.values(RiskLevel);
    for (const domain of domains) {
      if (!this.isInStory(at)) return;
      const likelihood = levels[random.integer(0, 4)]!;
      const impact = levels[random.integer(1, 4)]!;
      const first = stableId('ras', story.id, agencyKey, domain, 1);
      const revisedAt = after(at, 2 + random.next() * 6);
      const revised = random.chance(0.25) && this.isInStory(revisedAt);
      const base = { submissionId: story.id, agencyKey, domain, impact, rationale: null, exercise: true } as const;
      const confidence = random.weighted({ LOW: 1, MODERATE: 3, HIGH: 2 });
      tables.assessments.push({
        ...base,
        id: first,
        likelihood,
        level: riskLevel(likelihood, impact),
        confidence,
        assessedAt: at,
        revision: 1,
        current: !revised,
        currentKey: revised ? null : `${story.id}:${agencyKey}:${domain}`,
        supersedesId: null,
      });
      this.happen({
        occurredAt: at,
        kind: 'RISK_ASSESSED',
        actor: 'AGENCY',
        agencyKey,
        detail: `${domain}: ${riskLevel(likelihood, impact)}`,
      });
      this.nameRisk(first, random, tables);
      if (!revised) continue;
      const second = stableId('ras', story.id, agencyKey, domain, 2);
      const now = levels[Math.max(0, levels.indexOf(likelihood) - 1)]!;
      tables.assessments.push({
        ...base,
        id: second,
        likelihood: now,
        level: riskLevel(now, impact),
        confidence: 'HIGH',
        assessedAt: revisedAt,
        revision: 2,
        current: true,
        currentKey: `${story.id}:${agencyKey}:${domain}`,
        supersedesId: first,
      });
      this.happen({
        occurredAt: revisedAt,
        kind: 'RISK_ASSESSED',
        actor: 'AGENCY',
        agencyKey,
        detail: `${domain}: ${riskLevel(now, impact)}`,
      });
      this.nameRisk(second, random, tables);
    }
  }

  private nameRisk(ownerKey: string, random: Random, tables: Tables): void {
    for (const targetKey of this.story.sectorKeys) tables.assessmentSectors.push({ ownerKey, targetKey });
    for (const { id } of random.some(techniques, random.integer(0, 2)))
      tables.assessmentTechniques.push({ ownerKey, targetKey: id! });
  }

  private findings(
    reviewId: string,
    agencyKey: string,
    draftedAt: string,
    sharedAt: string,
    random: Random,
    tables: Tables,
  ): void {
    const { story, asOf } = this;
    for (let place = 0; place < random.integer(1, 4); place += 1) {
      const id = stableId('fnd', reviewId, place);
      const severity = random.weighted({ INFORMATIONAL: 2, LOW: 4, MODERATE: 5, HIGH: 3, CRITICAL: 1 });
      const dropped = random.chance(0.08);
      const shared = !dropped && this.isInStory(sharedAt);
      const answer = after(sharedAt, 1 + random.next() * 40);
      const answered = shared && random.chance(0.75) && answer <= asOf;
      const noted = shared && !answered && after(sharedAt, 45) <= asOf;
      const status = dropped
        ? 'DROPPED'
        : answered
          ? random.weighted({ ACKNOWLEDGED: 2, MITIGATION_REPORTED: 5, DISPUTED: 1, CLOSED: 4 })
          : noted
            ? 'NOTED'
            : shared
              ? 'SHARED_WITH_DEVELOPER'
              : 'DRAFT';
      const flaw = shared && (severity === 'HIGH' || severity === 'CRITICAL') && random.chance(0.4);
      const caseId = flaw ? stableId('chc', id) : null;
      const sectorKeys = random.some(story.sectorKeys, random.integer(0, 2));
      tables.findings.push({
        id,
        reviewId,
        submissionId: story.id,
        title: random.pick(TITLES),
        detail: 'Steps to reproduce are with the review team (exercise).',
        severity,
        confidence: random.weighted({ LOW: 1, MODERATE: 3, HIGH: 3 }),
        status,
        createdAt: draftedAt,
        sharedAt: shared ? sharedAt : null,
        respondedAt: answered ? answer : null,
        developerResponse: answered ? 'Thank you; see our note (exercise).' : null,
        clearinghouseCaseId: caseId,
        clearinghouseStatus: null,
        revision: 1,
        exercise: true,
      });
      for (const targetKey of sectorKeys) tables.findingSectors.push({ ownerKey: id, targetKey });
      for (const technique of random.some(techniques, random.integer(1, 2)))
        tables.findingTechniques.push({ ownerKey: id, targetKey: technique.id! });
      if (answered) this.happen({ occurredAt: answer, kind: 'DEVELOPER_RESPONDED', actor: 'DEVELOPER', agencyKey });
      if (caseId)
        this.flaws.push({ caseId, findingId: id, agencyKey, sectorKeys, referredAt: after(sharedAt, 1 / 24) });
    }
  }

  private consult(agencyKey: string, random: Random, tables: Tables): void {
    const { story, asOf } = this;
    const openedAt = after(story.filedAt, 0.5 + random.next() * 4);
    if (!this.isInStory(openedAt)) return;
    const id = stableId('con', story.id, agencyKey);
    const over = story.endedAt !== null || (story.launchedAt !== null && after(story.launchedAt, 40) < asOf);
    tables.consultations.push({
      id,
      submissionId: story.id,
      agencyKey,
      openedBy: random.weighted({ AGENCY: 3, DEVELOPER: 1 }),
      openedAt,
      status: over ? 'CLOSED' : 'OPEN',
      revision: 1,
      exercise: true,
    });
    const count = random.integer(1, 4);
    for (let place = 0; place < count; place += 1) {
      const sentAt = after(openedAt, place * (1 + random.next()));
      if (!this.isInStory(sentAt)) return;
      const asks = place % 2 === 0;
      const answer = after(sentAt, 1 + random.next() * 8);
      const answered = asks && random.chance(0.75) && this.isInStory(answer);
      tables.messages.push({
        id: stableId('msg', id, place),
        consultationId: id,
        from: asks ? 'AGENCY' : 'DEVELOPER',
        sentAt,
        body: asks ? 'Which limits hold for the shared version? (exercise)' : 'Please find them attached (exercise).',
        attachments: [],
        requestsInformation: asks,
        dueOn: asks ? addBusinessDays(civilDate(sentAt), 5) : null,
        answeredAt: answered ? answer : null,
        readAt: earliest(after(sentAt, 0.3), asOf),
        exercise: true,
      });
    }
  }
}
