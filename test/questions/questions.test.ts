import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { addDays, civilDate, daysBetween, fiscalYear, fiscalYearPeriod } from '#base/civil';
import { parseBigNumber, sortableBigNumber } from '#kit/model/scalars';
import { CapabilityAssessment } from '../../subgraphs/infrastructure/capability/capability';
import { sectors, workRolesOf } from '../../subgraphs/infrastructure/reference/references';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { DefensiveTool, ToolDeployment } from '../../subgraphs/infrastructure/tool/defensive-tool';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { RiskAssessment, RiskAssessmentSector } from '../../subgraphs/reviews/assessment/risk-assessment';
import { Consultation, ConsultationMessage } from '../../subgraphs/reviews/consultation/consultation';
import { Determination } from '../../subgraphs/reviews/determination/determination';
import { Finding, FindingSector, FindingTechnique } from '../../subgraphs/reviews/finding/finding';
import { Review } from '../../subgraphs/reviews/review/review';
import { ReviewEvent } from '../../subgraphs/reviews/review/review-event';
import { ReviewAssignment, Reviewer } from '../../subgraphs/reviews/review/reviewer';
import { AIModel } from '../../subgraphs/submissions/model/ai-model';
import { AccessGrant } from '../../subgraphs/submissions/submission/access-grant';
import { InformationRequest } from '../../subgraphs/submissions/submission/information-request';
import { Submission } from '../../subgraphs/submissions/submission/submission';
import { SubmissionEvent } from '../../subgraphs/submissions/submission/submission-event';
import { Announcement, AnnouncementWorkRole } from '../../subgraphs/workforce/announcement/announcement';
import { CapacitySnapshot } from '../../subgraphs/workforce/goal/capacity-snapshot';
import { HiringGoal } from '../../subgraphs/workforce/goal/hiring-goal';
import { HiringRequest, Position } from '../../subgraphs/workforce/position/position';
import { databaseKinds } from '../support/databases';
import { QUESTIONS } from '../support/questions';
import { AS_OF, FIXTURES, openWorld, type World } from '../support/world';

/**
 * Sends the first twenty questions through the gateway and recomputes their answers from the generated rows of the story: plain code over plain
 * arrays, which shares nothing with resolvers, filters, SQL, or the gateway.
 */

const TODAY = civilDate(AS_OF);
const THIS_YEAR = fiscalYear(TODAY);
const OPEN_REVIEWS = ['OPENED', 'EVALUATING', 'FINDINGS_DRAFTED', 'FINDINGS_SHARED'];
const UNRESOLVED = ['OPEN', 'IN_REMEDIATION', 'MITIGATED'];
const LEVELS = ['VERY_LOW', 'LOW', 'MODERATE', 'HIGH', 'VERY_HIGH'];
const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / 86_400_000;
const later = (instant: string, count: number) => new Date(Date.parse(instant) + count * 86_400_000).toISOString();
const within = (instant: string | null | undefined, year: number) =>
  instant != null && instant >= fiscalYearPeriod(year).from && instant < fiscalYearPeriod(year).until;

/** The median of the sorted values, reimplemented. */
function middle(values: number[]): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function tally<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}

const operation = (name: string) => readFileSync(join(QUESTIONS, `${name}.graphql`), 'utf8');

describe.each(databaseKinds)('the first twenty questions on %s', (kind) => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld(kind, 1, [
      ['kev', join(FIXTURES, 'known_exploited_vulnerabilities.json')],
      ['omb-use-cases', join(FIXTURES, 'federal_ai_use_cases_2025.csv')],
    ]);
  });
  afterAll(() => world?.close());

  async function ask(name: string, variables: Record<string, unknown> = {}) {
    const { data, errors } = await world.ask(operation(name), variables);
    expect(errors).toBeUndefined();
    return data;
  }

  /** All pages of a connection, by the cursors. */
  async function askAll(name: string, list: string, variables: Record<string, unknown> = {}) {
    const nodes = [];
    for (let cursor: string | null = null; ; ) {
      const data = await ask(name, { ...variables, after: cursor });
      nodes.push(...data[list].nodes);
      if (!data[list].pageInfo.hasNextPage) return nodes;
      cursor = data[list].pageInfo.endCursor;
    }
  }

  const submissions = () => world.rows(Submission);
  const overdue = () =>
    world
      .rows(VulnerabilityFinding)
      .filter(({ status, dueAt }) => UNRESOLVED.includes(status) && dueAt !== null && dueAt < AS_OF);
  const isFiled = ({ lifecycle }: Submission) => lifecycle === 'FILED';
  const inWindow = (submission: Submission) =>
    isFiled(submission) && submission.windowOpensAt <= AS_OF && AS_OF < submission.windowClosesAt;
  const systemOf = (finding: VulnerabilityFinding) =>
    world.rows(FederalSystem).find(({ id }) => id === finding.systemId)!;

  test('1: the order at a glance', async () => {
    const { executiveOrder } = await ask('01-the-order-at-a-glance');
    const entered = world
      .rows(HiringRequest)
      .filter(({ enteredOnDutyAt }) => within(enteredOnDutyAt, THIS_YEAR)).length;
    const goal = world
      .rows(HiringGoal)
      .filter(({ fiscalYear: year }) => year === THIS_YEAR)
      .reduce((sum, { target }) => sum + target, 0);
    expect(executiveOrder).toMatchObject({
      number: '14409',
      currentFiscalYear: 2027,
      submissionMetrics: {
        inWindow: submissions().filter(inWindow).length,
        filed: submissions().filter(({ filedAt }) => filedAt).length,
      },
      reviewMetrics: { openReviews: world.rows(Review).filter(({ status }) => OPEN_REVIEWS.includes(status)).length },
      workforceMetrics: { enteredOnDuty: entered, goal, progress: { value: entered / goal } },
      infrastructureMetrics: { overdueExposures: overdue().length },
    });
    const mean = overdue().reduce((sum, { dueAt }) => sum + days(dueAt!, AS_OF), 0) / overdue().length;
    expect(executiveOrder.infrastructureMetrics.meanDaysOverdue).toBeCloseTo(mean, 4);
    expect(executiveOrder.submissionMetrics.inWindow).toBeGreaterThan(0);
    expect(overdue().length).toBeGreaterThan(0);
  });

  test('2: launching within 30 days, with determinations', async () => {
    const until = later(AS_OF, 30);
    const nodes = await askAll('02-launching-soon', 'submissions', { from: AS_OF, until });
    const expected = submissions()
      .filter(
        (submission) =>
          isFiled(submission) && submission.plannedLaunchAt >= AS_OF && submission.plannedLaunchAt < until,
      )
      .toSorted((a, b) => (a.plannedLaunchAt < b.plannedLaunchAt ? -1 : 1));
    expect(expected.length).toBeGreaterThan(0);
    expect(nodes.map(({ number }) => number)).toEqual(expected.map(({ number }) => number));
    nodes.forEach((node, place) => {
      const { id, plannedLaunchAt } = expected[place]!;
      expect(node.daysToLaunch).toBe(daysBetween(TODAY, civilDate(plannedLaunchAt)));
      const related = world
        .rows(Determination)
        .filter(({ submissionId, status }) => submissionId === id && ['DRAFT', 'ISSUED'].includes(status));
      const flat = (agency: string, outcome: string | null) => `${agency} ${outcome}`;
      expect(
        node.determinations.nodes
          .map((determination: { agency: { key: string }; outcome: string }) =>
            flat(determination.agency.key, determination.outcome),
          )
          .toSorted(),
      ).toEqual(related.map(({ agencyKey, outcome }) => flat(agencyKey, outcome)).toSorted());
    });
  });

  test('3: one developer', async () => {
    const open = world.rows(InformationRequest).find(({ status }) => status === 'OPEN')!;
    const key = submissions().find(({ id }) => id === open.submissionId)!.developerKey;
    const { developerOrganization } = await ask('03-one-developer', { key });
    const models = world.rows(AIModel).filter(({ developerKey }) => developerKey === key);
    expect(developerOrganization.models.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      models.map(({ id }) => id).toSorted(),
    );
    type Node = {
      number: string;
      accessGrants: { nodes: { agency: { key: string }; endsAt: string }[] };
      informationRequests: { nodes: { dueOn: string; overdue: boolean }[] };
      consultations: { nodes: { messages: { nodes: { dueOn: string }[] } }[] };
    };
    const nodes: Node[] = developerOrganization.models.nodes.flatMap(
      (node: { submissions: { nodes: Node[] } }) => node.submissions.nodes,
    );
    const related = submissions().filter(({ developerKey }) => developerKey === key);
    expect(nodes.map(({ number }) => number).toSorted()).toEqual(related.map(({ number }) => number).toSorted());
    for (const { id, number } of related) {
      const node = nodes.find((candidate) => candidate.number === number)!;
      const active = world
        .rows(AccessGrant)
        .filter(({ submissionId, recordedStatus }) => submissionId === id && recordedStatus === 'ACTIVE');
      expect(node.accessGrants.nodes.map(({ agency, endsAt }) => `${agency.key} ${endsAt}`).toSorted()).toEqual(
        active.map(({ agencyKey, endsAt }) => `${agencyKey} ${endsAt}`).toSorted(),
      );
      const requests = world
        .rows(InformationRequest)
        .filter(({ submissionId, status }) => submissionId === id && status === 'OPEN');
      expect(node.informationRequests.nodes.map(({ dueOn, overdue: late }) => `${dueOn} ${late}`).toSorted()).toEqual(
        requests.map(({ dueOn }) => `${dueOn} ${dueOn < TODAY}`).toSorted(),
      );
      const threads = world
        .rows(Consultation)
        .filter(({ submissionId, status }) => submissionId === id && status === 'OPEN')
        .map((thread) => thread.id);
      const matching = world
        .rows(ConsultationMessage)
        .filter(
          (message) =>
            threads.includes(message.consultationId) && message.requestsInformation && message.answeredAt === null,
        );
      expect(
        node.consultations.nodes.flatMap(({ messages }) => messages.nodes.map(({ dueOn }) => dueOn)).toSorted(),
      ).toEqual(matching.map(({ dueOn }) => dueOn).toSorted());
    }
    expect(nodes.flatMap((node) => node.informationRequests.nodes).length).toBeGreaterThan(0);
  });

  test('4: Treasury', async () => {
    const { agency } = await ask('04-treasury');
    const open = world
      .rows(Review)
      .filter(({ leadAgencyKey, status }) => leadAgencyKey === 'treasury' && OPEN_REVIEWS.includes(status));
    expect(agency.name).toBe('Department of the Treasury');
    expect(agency.reviews.totalCount).toBe(open.length);
    expect(agency.reviews.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      open.map(({ id }) => id).toSorted(),
    );
    const lacks = world
      .rows(CapacitySnapshot)
      .filter(({ agencyKey, current }) => agencyKey === 'treasury' && current)
      .map(({ vacant }) => vacant)
      .toSorted((a, b) => b - a)
      .slice(0, 5);
    expect(agency.capacity.nodes.map(({ vacant }: { vacant: number }) => vacant)).toEqual(lacks);
    const late = overdue().filter(
      (finding) => finding.agencyKey === 'treasury' && systemOf(finding).impactLevel === 'HIGH',
    );
    expect(agency.vulnerabilityFindings.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(
      late.map(({ id }) => id).toSorted(),
    );
    for (const node of agency.vulnerabilityFindings.nodes)
      expect(node.daysOverdue).toBe(daysBetween(civilDate(late.find(({ id }) => id === node.id)!.dueAt!), TODAY));
  });

  test('5: sectors in risk assessments of level HIGH or above this quarter', async () => {
    const from = '2026-10-01T04:00:00.000Z';
    const { riskAssessments } = await ask('05-sectors-at-risk', { from });
    const high = world
      .rows(RiskAssessment)
      .filter(
        ({ current, level, assessedAt }) => current && ['HIGH', 'VERY_HIGH'].includes(level) && assessedAt >= from,
      );
    const named = world
      .rows(RiskAssessmentSector)
      .filter(({ ownerKey }) => high.some(({ id }) => id === ownerKey))
      .map(({ targetKey }) => targetKey);
    type Sector = { key: string; leadAgency: { key: string } };
    const nodes: Sector[] = riskAssessments.nodes.flatMap((node: { sectors: Sector[] }) => node.sectors);
    expect(riskAssessments.nodes).toHaveLength(high.length);
    expect(tally(nodes, ({ key }) => key)).toEqual(tally(named, (key) => key));
    for (const { key, leadAgency } of nodes)
      expect(leadAgency.key).toBe(sectors.find((sector) => sector.key === key)!.leadAgencyKey);
    expect(nodes.length).toBeGreaterThan(0);
  });

  test('6: models above 1e25 FLOP in their window, with the highest risks', async () => {
    const { submissions: list } = await ask('06-large-models-in-window');
    const flop = (modelId: string) => world.rows(AIModel).find(({ id }) => id === modelId)!.trainingComputeFlop!;
    const expected = submissions()
      .filter(
        (submission) => inWindow(submission) && sortableBigNumber(flop(submission.modelId)) > sortableBigNumber('1e25'),
      )
      .toSorted((a, b) => (a.number < b.number ? -1 : 1));
    expect(list.nodes.map(({ number }: { number: string }) => number)).toEqual(expected.map(({ number }) => number));
    expect(expected.length).toBeGreaterThan(0);
    list.nodes.forEach(
      (
        node: {
          model: { trainingComputeFlop: string };
          highestRisks: { domain: string; agency: { key: string }; level: string }[];
        },
        place: number,
      ) => {
        const { id, modelId } = expected[place]!;
        expect(node.model.trainingComputeFlop).toBe(parseBigNumber(flop(modelId)));
        const best = new Map<string, string>();
        for (const { submissionId, current, domain, agencyKey, level } of world.rows(RiskAssessment)) {
          if (submissionId !== id || !current) continue;
          const name = `${domain} ${agencyKey}`;
          if (!best.has(name) || LEVELS.indexOf(level) > LEVELS.indexOf(best.get(name)!)) best.set(name, level);
        }
        expect(
          Object.fromEntries(node.highestRisks.map((risk) => [`${risk.domain} ${risk.agency.key}`, risk.level])),
        ).toEqual(Object.fromEntries(best));
      },
    );
  });

  test('7: findings by tactic, severity and month', async () => {
    const { findingStatistics } = await ask('07-findings-by-tactic');
    const rows = await world
      .subgraph('reviews')
      .database.query<{ owner_key: string; target_key: string }>(
        'SELECT owner_key, target_key FROM atlas_technique_tactics',
      );
    const groups = new Map<string, Set<Finding>>();
    for (const finding of world.rows(Finding)) {
      const techniques = world
        .rows(FindingTechnique)
        .filter(({ ownerKey }) => ownerKey === finding.id)
        .map(({ targetKey }) => targetKey);
      for (const { owner_key, target_key } of rows) {
        if (!techniques.includes(owner_key)) continue;
        const name = `${finding.createdAt.slice(0, 7)} ${target_key} ${finding.severity}`;
        groups.set(name, (groups.get(name) ?? new Set()).add(finding));
      }
    }
    expect(findingStatistics).toHaveLength(groups.size);
    for (const { month, tactic, severity, findings, answered, medianResponseDays } of findingStatistics) {
      const group = [...groups.get(`${month} ${tactic.atlasId} ${severity}`)!];
      const times = group
        .filter(({ respondedAt }) => respondedAt)
        .map(({ sharedAt, respondedAt }) => days(sharedAt!, respondedAt!));
      expect([findings, answered]).toEqual([group.length, times.length]);
      if (times.length === 0) expect(medianResponseDays).toBeNull();
      else expect(medianResponseDays).toBeCloseTo(middle(times)!, 3);
    }
    expect(groups.size).toBeGreaterThan(0);
  });

  test('8: reviews that became post-launch', async () => {
    const nodes = await askAll('08-post-launch-reviews', 'reviews');
    const expected = world
      .rows(Review)
      .filter(({ closedAt, launchBoundAt }) => (closedAt ?? AS_OF) >= launchBoundAt)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    expect(nodes.map(({ id, daysPastLaunch, submission }) => [id, daysPastLaunch, submission.number])).toEqual(
      expected.map(({ id, closedAt, launchBoundAt, submissionId }) => [
        id,
        daysBetween(civilDate(launchBoundAt), civilDate(closedAt ?? AS_OF)),
        submissions().find((submission) => submission.id === submissionId)!.number,
      ]),
    );
    expect(expected.length).toBeGreaterThan(0);
  });

  test('9: withdrawn submissions by stage reached', async () => {
    const { executiveOrder, submissions: list } = await ask('09-withdrawn');
    const withdrawn = submissions()
      .filter(({ lifecycle }) => lifecycle === 'WITHDRAWN')
      .toSorted((a, b) => (a.number < b.number ? -1 : 1));
    expect(withdrawn.length).toBeGreaterThan(0);
    expect(executiveOrder.submissionMetrics.withdrawn).toBe(withdrawn.length);
    expect(
      Object.fromEntries(
        executiveOrder.submissionMetrics.withdrawnByPhase.map(({ phase, count }: { phase: string; count: number }) => [
          phase,
          count,
        ]),
      ),
    ).toEqual(tally(withdrawn, ({ withdrawalPhase }) => withdrawalPhase!));
    const stages = [
      'STOPPED',
      'OPENED',
      'EVALUATING',
      'FINDINGS_DRAFTED',
      'FINDINGS_SHARED',
      'CLOSED_NO_FINDINGS',
      'CLOSED',
    ];
    expect(
      list.nodes.map(({ number, furthestReviewStage }: { number: string; furthestReviewStage: string }) => [
        number,
        furthestReviewStage,
      ]),
    ).toEqual(
      withdrawn.map(({ id, number }) => {
        const reached = world
          .rows(Review)
          .filter(({ submissionId }) => submissionId === id)
          .map(({ status }) => stages.indexOf(status));
        return [number, reached.length === 0 ? null : stages[Math.max(...reached)]];
      }),
    );
  });

  test('10: open announcements for the work roles of capability gaps', async () => {
    let count = 0;
    for (const agencyKey of ['treasury', 'cisa', 'hhs']) {
      const { agency } = await ask('10-announcements-for-gaps', { agency: agencyKey });
      const gaps = world
        .rows(CapabilityAssessment)
        .filter(
          (assessment) =>
            assessment.agencyKey === agencyKey && assessment.current && assessment.tier < assessment.target,
        );
      type Gap = {
        dimension: { code: string };
        staffing: { workRole: { code: string }; openAnnouncements: { controlNumber: string }[] }[];
      };
      const nodes: Gap[] = agency.capabilityAssessments.nodes;
      expect(nodes.map(({ dimension }) => dimension.code).toSorted()).toEqual(
        gaps.map(({ dimensionId }) => dimensionId).toSorted(),
      );
      for (const { dimension, staffing } of nodes) {
        expect(staffing.map(({ workRole }) => workRole.code).toSorted()).toEqual(
          [...workRolesOf[dimension.code]!].toSorted(),
        );
        for (const { workRole, openAnnouncements } of staffing) {
          const open = world
            .rows(Announcement)
            .filter(
              ({ controlNumber, agencyKey: of, openDate, closeDate, status }) =>
                of === agencyKey &&
                openDate <= TODAY &&
                closeDate! >= TODAY &&
                status === 'ACCEPTING_APPLICATIONS' &&
                world
                  .rows(AnnouncementWorkRole)
                  .some(({ ownerKey, targetKey }) => ownerKey === controlNumber && targetKey === workRole.code),
            );
          expect(openAnnouncements.map(({ controlNumber }) => controlNumber).toSorted()).toEqual(
            open.map(({ controlNumber }) => controlNumber).toSorted(),
          );
          count += open.length;
        }
      }
    }
    expect(count).toBeGreaterThan(0);
  });

  test('11: time to hire by agency and authority', async () => {
    const { timeToHire } = await ask('11-time-to-hire', { fiscalYear: THIS_YEAR - 1 });
    const hires = world.rows(HiringRequest).filter(({ enteredOnDutyAt }) => within(enteredOnDutyAt, THIS_YEAR - 1));
    expect(timeToHire.length).toBe(
      Object.keys(tally(hires, ({ agencyKey, authority }) => `${agencyKey} ${authority}`)).length,
    );
    expect(timeToHire.length).toBeGreaterThan(0);
    for (const { agency, authority, hires: count, medianDays, goalDays, withinGoal } of timeToHire) {
      const related = hires
        .filter((hire) => hire.agencyKey === agency.key && hire.authority === authority)
        .map((hire) => days(hire.needValidatedAt!, hire.enteredOnDutyAt!));
      expect([count, withinGoal.denominator, withinGoal.numerator, goalDays]).toEqual([
        related.length,
        related.length,
        related.filter((took) => took <= 80).length,
        80,
      ]);
      expect(medianDays).toBeCloseTo(middle(related)!, 3);
    }
    const medians = timeToHire.map(({ medianDays }: { medianDays: number }) => medianDays);
    expect(medians).toEqual(medians.toSorted((a: number, b: number) => b - a));
  });

  test('12: the largest hiring gaps in incident response', async () => {
    const { largestHiringGaps } = await ask('12-hiring-gaps', { fiscalYear: THIS_YEAR });
    const roleOf = new Map(world.rows(Position).map(({ id, workRoleCode }) => [id, workRoleCode]));
    const goals = world
      .rows(HiringGoal)
      .filter(({ workRoleCode, fiscalYear: year }) => workRoleCode === '531' && year === THIS_YEAR);
    const expected = goals.map(({ agencyKey, target }) => {
      const hires = world
        .rows(HiringRequest)
        .filter(
          (row) =>
            row.agencyKey === agencyKey &&
            roleOf.get(row.positionId) === '531' &&
            within(row.enteredOnDutyAt, THIS_YEAR),
        ).length;
      return { key: agencyKey, target, hires, gap: Math.max(0, target - hires) };
    });
    expect(
      largestHiringGaps.map(
        ({ agency, target, hires, gap }: { agency: { key: string }; target: number; hires: number; gap: number }) => ({
          key: agency.key,
          target,
          hires,
          gap,
        }),
      ),
    ).toEqual(expected.toSorted((a, b) => b.gap - a.gap || (a.key < b.key ? -1 : 1)));
    for (const { agency } of largestHiringGaps) {
      const times = world
        .rows(VulnerabilityFinding)
        .filter(({ agencyKey, remediatedAt }) => agencyKey === agency.key && remediatedAt)
        .map(({ detectedAt, remediatedAt }) => days(detectedAt, remediatedAt!));
      expect(agency.medianDaysToRemediate).toBeCloseTo(middle(times)!, 3);
    }
    expect(expected.some(({ gap }) => gap > 0)).toBe(true);
  });

  test('13: vulnerabilities due in the next 14 days', async () => {
    const until = later(AS_OF, 14);
    const nodes = await askAll('13-due-soon', 'vulnerabilities', { from: AS_OF, until });
    const due = world
      .rows(VulnerabilityFinding)
      .filter(({ status, dueAt }) => UNRESOLVED.includes(status) && dueAt !== null && dueAt >= AS_OF && dueAt < until);
    const totals: Record<string, number> = {};
    for (const { cveId, exposures } of nodes)
      for (const { agency, impactLevel, systems } of exposures)
        totals[`${cveId} ${agency.key} ${impactLevel}`] = systems;
    expect(totals).toEqual(
      tally(due, (finding) => `${finding.cveId} ${finding.agencyKey} ${systemOf(finding).impactLevel}`),
    );
    expect(nodes.map(({ cveId }) => cveId)).toEqual([...new Set(due.map(({ cveId }) => cveId))].sort());
    expect(due.length).toBeGreaterThan(0);
  });

  test('14: adoption of AI-powered tools, and overdue exposures with and without', async () => {
    const { aiToolAdoption, overdueByToolCoverage } = await ask('14-ai-tools');
    const tools = new Set(
      world
        .rows(DefensiveTool)
        .filter(({ aiPowered }) => aiPowered)
        .map(({ id }) => id),
    );
    const quarter = (day: string) => `${day.slice(0, 4)}-Q${Math.ceil(Number(day.slice(5, 7)) / 3)}`;
    const deployed = world
      .rows(ToolDeployment)
      .filter(({ toolId, stage }) => tools.has(toolId) && stage === 'DEPLOYED');
    expect(
      Object.fromEntries(
        aiToolAdoption.map((adoption: { agency: { key: string }; quarter: string; deployed: number }) => [
          `${adoption.agency.key} ${adoption.quarter}`,
          adoption.deployed,
        ]),
      ),
    ).toEqual(tally(deployed, ({ agencyKey, since }) => `${agencyKey} ${quarter(since)}`));
    for (const { coveredByAiTool, systems, overdue: late, overduePerSystem } of overdueByToolCoverage) {
      const related = world.rows(FederalSystem).filter((system) => system.coveredByAiTool === coveredByAiTool);
      const count = overdue().filter((finding) => systemOf(finding).coveredByAiTool === coveredByAiTool).length;
      expect([systems, late, overduePerSystem]).toEqual([related.length, count, count / related.length]);
    }
  });

  test('15: cybersecurity use cases, with the Detect tier', async () => {
    const { aiUseCaseCounts } = await ask('15-cyber-use-cases');
    const detect = (key: string) =>
      world
        .rows(CapabilityAssessment)
        .find((assessment) => assessment.agencyKey === key && assessment.dimensionId === 'DE' && assessment.current)!
        .tier;
    // by hand, from the five rows of the fixture: phishing, malware twice, intrusion
    expect(aiUseCaseCounts).toEqual([
      { agency: null, stage: 'RETIRED', count: 1 },
      {
        agency: { key: 'dhs', capabilityAssessments: { nodes: [{ tier: detect('dhs') }] } },
        stage: 'DEPLOYED',
        count: 1,
      },
      { agency: { key: 'dhs', capabilityAssessments: { nodes: [{ tier: detect('dhs') }] } }, stage: 'PILOT', count: 1 },
      {
        agency: { key: 'treasury', capabilityAssessments: { nodes: [{ tier: detect('treasury') }] } },
        stage: 'DEPLOYED',
        count: 1,
      },
    ]);
  });

  test('16: vendors in use and exploited', async () => {
    const nodes = await askAll('16-vendors-in-both', 'vendors');
    // by hand, from the fixtures; the exercise's own vendors appear in no use case
    expect(nodes).toEqual([
      { key: 'cobblestone-works', name: 'Cobblestone Works', useCaseCount: 2, vulnerabilityCount: 2 },
      { key: 'lime-kiln-systems', name: 'Lime Kiln Systems', useCaseCount: 1, vulnerabilityCount: 1 },
    ]);
  });

  test('17: one sector', async () => {
    const { sector } = await ask('17-one-sector', { key: 'financial-services' });
    const touching = new Set(
      world
        .rows(FindingSector)
        .filter(({ targetKey }) => targetKey === 'financial-services')
        .map(({ ownerKey }) => ownerKey),
    );
    expect(sector.leadAgency).toEqual({
      key: 'treasury',
      reviewWorkload: {
        openReviews: world
          .rows(Review)
          .filter(({ leadAgencyKey, status }) => leadAgencyKey === 'treasury' && OPEN_REVIEWS.includes(status)).length,
        reviewers: world.rows(Reviewer).filter(({ agencyKey }) => agencyKey === 'treasury').length,
      },
    });
    expect(sector.findingCount).toBe(touching.size);
    expect(sector.findings.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual([...touching].toSorted());
    expect(touching.size).toBeGreaterThan(0);
  });

  test('18: busy reviewers, and the vacancies that would relieve them', async () => {
    const { busyReviewers } = await ask('18-busy-reviewers', { moreThan: 0 });
    const open = new Set(
      world
        .rows(Review)
        .filter(({ status }) => OPEN_REVIEWS.includes(status))
        .map(({ id }) => id),
    );
    const load = tally(
      world.rows(ReviewAssignment).filter(({ reviewId }) => open.has(reviewId)),
      ({ reviewerId }) => reviewerId,
    );
    const posts = new Map(world.rows(Reviewer).map((reviewer) => [reviewer.post, reviewer]));
    expect(busyReviewers).toHaveLength(Object.keys(load).length);
    expect(busyReviewers.length).toBeGreaterThan(0);
    for (const { post, openReviews, staffing } of busyReviewers) {
      const { id, agencyKey, workRoleCode } = posts.get(post)!;
      expect(openReviews).toBe(load[id]);
      expect(staffing.vacancies).toBe(
        world
          .rows(Position)
          .filter(
            (row) =>
              row.agencyKey === agencyKey &&
              row.workRoleCode === workRoleCode &&
              ['FUNDED_VACANT', 'IN_HIRING'].includes(row.status),
          ).length,
      );
    }
  });

  test('19: everything that happened to one submission', async () => {
    const reviewed = world.rows(Review).find(({ status }) => status === 'CLOSED')!;
    const { submission } = await ask('19-one-submission', { id: reviewed.submissionId });
    const isOfReviewed = (row: { submissionId: string }) => row.submissionId === reviewed.submissionId;
    const flat = (event: { occurredAt: string; kind: string; agencyKey?: string | null }) => [
      event.occurredAt,
      event.kind,
      event.agencyKey ?? null,
    ];
    type Entry = { occurredAt: string; kind: string; agency: { key: string } | null };
    const summarize = (entries: Entry[]) =>
      entries.map(({ occurredAt, kind, agency }) => [occurredAt, kind, agency?.key ?? null]);
    const inOrder = (a: { sequence: number }, b: { sequence: number }) => a.sequence - b.sequence;
    expect(summarize(submission.timeline.nodes)).toEqual(
      world.rows(SubmissionEvent).filter(isOfReviewed).toSorted(inOrder).map(flat),
    );
    expect(summarize(submission.reviewTimeline.nodes)).toEqual(
      world.rows(ReviewEvent).filter(isOfReviewed).toSorted(inOrder).map(flat),
    );
    for (const list of [submission.timeline.nodes, submission.reviewTimeline.nodes]) {
      const times = list.map(({ occurredAt }: Entry) => occurredAt);
      expect(times).toEqual(times.toSorted());
    }
    expect(submission.reviewTimeline.nodes.length).toBeGreaterThan(4);
  });

  test('20: year on year', async () => {
    const yearBefore = AS_OF.replace('2026', '2025');
    const { executiveOrder } = await ask('20-year-on-year', {
      this: THIS_YEAR,
      last: THIS_YEAR - 1,
      asOf: AS_OF,
      yearBefore,
    });
    const endOf = (year: number) => (year === THIS_YEAR ? AS_OF : yearBefore);
    const soFar = (instant: string | null | undefined, year: number) =>
      within(instant, year) && instant! <= endOf(year);
    const filed = (year: number) => submissions().filter(({ filedAt }) => soFar(filedAt, year)).length;
    const opened = (year: number) => world.rows(Review).filter(({ openedAt }) => soFar(openedAt, year)).length;
    const entered = (year: number) =>
      world.rows(HiringRequest).filter(({ enteredOnDutyAt }) => soFar(enteredOnDutyAt, year)).length;
    const remediated = (year: number) => {
      const due = world
        .rows(VulnerabilityFinding)
        .filter(({ dueAt }) => soFar(dueAt, year))
        .filter(({ detectedAt }) => detectedAt <= endOf(year))
        .filter(({ status }) => !['SUSPECTED', 'FALSE_POSITIVE', 'SYSTEM_RETIRED'].includes(status));
      return {
        numerator: due.filter(({ remediatedAt, dueAt }) => remediatedAt && remediatedAt <= dueAt!).length,
        denominator: due.length,
      };
    };
    expect(executiveOrder).toEqual({
      thisYear: { filed: filed(THIS_YEAR) },
      lastYear: { filed: filed(THIS_YEAR - 1) },
      reviewsThisYear: { opened: opened(THIS_YEAR) },
      reviewsLastYear: { opened: opened(THIS_YEAR - 1) },
      workforceThisYear: { enteredOnDuty: entered(THIS_YEAR) },
      workforceLastYear: { enteredOnDuty: entered(THIS_YEAR - 1) },
      infrastructureThisYear: { remediatedOnTime: remediated(THIS_YEAR) },
      infrastructureLastYear: { remediatedOnTime: remediated(THIS_YEAR - 1) },
    });
    // the same days only: fewer than in all of the last year
    const filedLast = submissions().filter(({ filedAt }) => within(filedAt, THIS_YEAR - 1)).length;
    expect(filed(THIS_YEAR - 1)).toBeGreaterThan(0);
    expect(filed(THIS_YEAR - 1)).toBeLessThan(filedLast);
  });

  test('uses no more statements per question for a larger page', async () => {
    const count = async (first: number) =>
      (
        await world.statements(
          `{ submissions(first: ${first}) { nodes { number developer { legalName models(first: 3) { nodes { id versions { nodes { id } } } } } determinations { nodes { agency { key reviewWorkload { openReviews } } } } sectorsOfConcern { name leadAgency { key } } } } }`,
        )
      ).length;
    expect(await count(40)).toBe(await count(10));
  });
});

test('uses the dates of the exercise story in the questions', () => {
  expect([TODAY, THIS_YEAR, addDays(TODAY, 30)]).toEqual(['2026-11-23', 2027, '2026-12-23']);
});
