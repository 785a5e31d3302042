import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { civilDate, fiscalYear } from '#base/civil';
import { CaseSector, ClearinghouseCase } from '../../subgraphs/infrastructure/clearinghouse/clearinghouse-case';
import { sectors } from '../../subgraphs/infrastructure/reference/references';
import { ForensicTriage } from '../../subgraphs/infrastructure/remediation/forensic-triage';
import { PoamItem, PoamMilestone } from '../../subgraphs/infrastructure/risk/poam-item';
import { RiskAcceptance } from '../../subgraphs/infrastructure/risk/risk-acceptance';
import { SectorRisk } from '../../subgraphs/infrastructure/sector/sector';
import { FederalSystem, SystemSector } from '../../subgraphs/infrastructure/system/federal-system';
import { DefensiveTool, DeploymentSystem, ToolDeployment } from '../../subgraphs/infrastructure/tool/defensive-tool';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { RiskAssessment, RiskAssessmentSector } from '../../subgraphs/reviews/assessment/risk-assessment';
import { Advice, Consultation } from '../../subgraphs/reviews/consultation/consultation';
import { Determination } from '../../subgraphs/reviews/determination/determination';
import { Reviewer } from '../../subgraphs/reviews/review/reviewer';
import { Submission } from '../../subgraphs/submissions/submission/submission';
import { Announcement, AnnouncementWorkRole } from '../../subgraphs/workforce/announcement/announcement';
import { CapacitySnapshot } from '../../subgraphs/workforce/goal/capacity-snapshot';
import { HiringRequest, Position } from '../../subgraphs/workforce/position/position';
import { workRoles } from '../../subgraphs/workforce/reference/references';
import { databaseKinds } from '../support/databases';
import { QUESTIONS } from '../support/questions';
import { AS_OF, FIXTURES, openWorld, type World } from '../support/world';
import { questionVariables } from './variables';

/**
 * Sends the questions that count and group lists, and recomputes their answers: plain code over the generated rows of the story and the
 * rows of our own small files, which shares nothing with filters, figures, or SQL.
 */

// biome-ignore lint/suspicious/noExplicitAny: answers have the shape that the operation requests
type Json = any;

const DAY = 86_400_000;
const days = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY;
const monthOf = (day: string) => day.slice(0, 7);
const fiscalQuarter = (day: string) =>
  `FY${fiscalYear(day)}-Q${(Math.floor((Number(day.slice(5, 7)) + 2) / 3) % 4) + 1}`;
const VACANT = ['FUNDED_VACANT', 'IN_HIRING'];
const UNRESOLVED = ['OPEN', 'IN_REMEDIATION', 'MITIGATED'];
const OPEN_CASES = ['PENDING', 'OPEN', 'VALIDATED', 'PATCH_IN_PROGRESS', 'PATCH_AVAILABLE'];

/** Interpolated between neighbors. */
function percentile(values: readonly number[], share: number) {
  if (values.length === 0) return null;
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
  return expect.closeTo(below + (above - below) * (place % 1), 3);
}
const median = (values: readonly number[]) => percentile(values, 0.5);

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const share = (part: number, whole: number) => ({ numerator: part, value: expect.closeTo(part / whole, 6) });

/** Figures of each group by a text of its values, as an answer shows them. */
function shown(nodes: Json[], name: (group: Json) => unknown[]): Record<string, Json> {
  const groups = nodes.map((group): [string, Json] => [name(group).join(' '), group.aggregates]);
  expect(new Set(groups.map(([text]) => text)).size).toBe(groups.length);
  return Object.fromEntries(groups);
}

/** The same from rows. */
function grouped<Row>(
  rows: readonly Row[],
  name: (row: Row) => unknown[],
  figures: (group: Row[]) => unknown,
): Record<string, unknown> {
  const groups = Map.groupBy(rows, (row) => name(row).join(' '));
  return Object.fromEntries([...groups].map(([text, group]) => [text, figures(group)]));
}

const fixture = (name: string) => readFileSync(join(FIXTURES, name), 'utf8');
/** Agencies of our own files, by hand. */
const AGENCY_KEYS: Readonly<Record<string, string>> = {
  'Department of the Treasury': 'treasury',
  'Department of Homeland Security': 'dhs',
};

interface Flow {
  readonly agency: string | undefined;
  readonly month: string;
  readonly accessions: number;
  readonly separations: number;
}

/** Flows of our own file. An agency without numbers of one kind has zeros. */
function flows(): Flow[] {
  const { months, accessions, separations } = JSON.parse(fixture('ehri-accessions-separations-monthly.json'));
  const names = [...new Set([...Object.keys(accessions), ...Object.keys(separations)])];
  return names.flatMap((name) =>
    months.map((month: string, place: number) => ({
      agency: AGENCY_KEYS[name],
      month: `${month.slice(0, 4)}-${month.slice(4)}`,
      accessions: accessions[name]?.[place] ?? 0,
      separations: separations[name]?.[place] ?? 0,
    })),
  );
}

type UseCase = Readonly<Record<string, string>>;
const useCases = (): UseCase[] => parse(fixture('federal_ai_use_cases_2025.csv'), { bom: true, columns: true });

describe.each(databaseKinds)('questions with figures on %s', (kind) => {
  let world: World;

  beforeAll(async () => {
    world = await openWorld(
      kind,
      1,
      [
        ['kev', 'known_exploited_vulnerabilities.json'],
        ['omb-use-cases', 'federal_ai_use_cases_2025.csv'],
        ['workforce-flows', 'ehri-accessions-separations-monthly.json'],
        ['order-provisions', 'provisions.json'],
        ['fedramp-products', 'products.json'],
        ['fedramp-authorizations', 'agency-authorizations.json'],
      ].map(([source, file]): [string, string] => [source!, join(FIXTURES, file!)]),
    );
  });
  afterAll(() => world?.close());

  async function ask(name: string, variables: Record<string, unknown> = {}): Promise<Json> {
    const query = readFileSync(join(QUESTIONS, `${name}.graphql`), 'utf8');
    const { data, errors } = await world.ask(query, { ...questionVariables[name.slice(0, 2)], ...variables });
    expect(errors).toBeUndefined();
    return data;
  }

  test('31: authorized, filled, and vacant posts, now and a year ago', async () => {
    const { positions, capacitySnapshots } = await ask('31-posts-filled-and-vacant');
    const posts = world.rows(Position).filter(({ status }) => [...VACANT, 'FILLED'].includes(status));
    const now = shown(positions.groups.nodes, ({ agency, talentArea }) => [agency.key, talentArea]);
    expect(now).toEqual(
      grouped(
        posts,
        ({ agencyKey, talentArea }) => [agencyKey, talentArea],
        (group) => {
          const vacant = group.filter(({ status }) => VACANT.includes(status)).length;
          return {
            count: group.length,
            filled: { numerator: group.length - vacant },
            vacant: share(vacant, group.length),
          };
        },
      ),
    );
    const element = new Map(workRoles.map((role) => [role.code!, role.element!]));
    const then = shown(capacitySnapshots.groups.nodes, ({ agency, workRoleElement, asOf }) => [
      agency.key,
      workRoleElement,
      asOf.from,
    ]);
    expect(then).toEqual(
      grouped(
        world.rows(CapacitySnapshot).filter(({ asOf }) => ['2026-11-23', '2025-11-23'].includes(asOf)),
        ({ agencyKey, workRoleCode, asOf }) => [agencyKey, element.get(workRoleCode), asOf],
        (group) => ({
          authorized: sum(group.map(({ authorized }) => authorized)),
          filled: sum(group.map(({ filled }) => filled)),
          vacant: sum(group.map(({ vacant }) => vacant)),
        }),
      ),
    );
    const filledOn = (day: string) =>
      sum(Object.entries(then).flatMap(([name, { filled }]) => (name.endsWith(day) ? [filled] : [])));
    expect(filledOn('2026-11-23')).toBeGreaterThan(filledOn('2025-11-23'));
    expect(filledOn('2025-11-23')).toBeGreaterThan(0);
  });

  test('33: median, 75th, and 90th percentile of time to hire', async () => {
    const { hiringRequests } = await ask('33-time-to-hire-percentiles');
    const hires = world
      .rows(HiringRequest)
      .filter(({ enteredOnDutyAt }) => enteredOnDutyAt && fiscalYear(civilDate(enteredOnDutyAt)) === 2026);
    const figures = (group: readonly HiringRequest[]) => {
      const acceptance = group.map(({ needValidatedAt, offerAcceptedAt }) => days(needValidatedAt!, offerAcceptedAt!));
      const entry = group.map(({ needValidatedAt, enteredOnDutyAt }) => days(needValidatedAt!, enteredOnDutyAt!));
      return {
        count: group.length,
        acceptanceMedian: median(acceptance),
        acceptanceP75: percentile(acceptance, 0.75),
        acceptanceP90: percentile(acceptance, 0.9),
        entryMedian: median(entry),
        entryP75: percentile(entry, 0.75),
        entryP90: percentile(entry, 0.9),
      };
    };
    expect(hires.length).toBeGreaterThan(20);
    expect(hiringRequests.aggregates).toEqual(figures(hires));
    const { nodes } = hiringRequests.groups;
    expect(
      shown(nodes, ({ agency, authority, enteredOnDutyAt }) => [agency.key, authority, enteredOnDutyAt.label]),
    ).toEqual(
      grouped(
        hires,
        ({ agencyKey, authority, enteredOnDutyAt }) => [agencyKey, authority, monthOf(civilDate(enteredOnDutyAt!))],
        figures,
      ),
    );
    const months = nodes.map(({ enteredOnDutyAt }: Json) => enteredOnDutyAt.label);
    expect(months).toEqual(months.toSorted().reverse());
  });

  test('36: accessions, separations, and their net over twelve months', async () => {
    const { byMonth, twelveMonths, twelveMonthsBefore, announcements } = await ask('36-net-flow');
    const of = (from: string, until: string) => flows().filter(({ month }) => month >= from && month < until);
    const figures = (group: readonly Flow[]) => ({
      accessions: sum(group.map(({ accessions }) => accessions)),
      separations: sum(group.map(({ separations }) => separations)),
    });
    const recent = of('2025-12', '2026-12');
    expect(shown(byMonth.groups.nodes, ({ agency, month }) => [agency?.key, month.label])).toEqual(
      grouped(recent, ({ agency, month }) => [agency, month], figures),
    );
    expect(twelveMonths.aggregates).toEqual(figures(recent));
    expect(twelveMonthsBefore.aggregates).toEqual(figures(of('2024-12', '2025-12')));
    expect(recent).toHaveLength(3 * 12);
    const postings = world
      .rows(Announcement)
      .filter(
        ({ openDate, talentArea }) =>
          openDate >= '2025-12-01' &&
          openDate < '2026-12-01' &&
          ['AI', 'DATA_SCIENCE', 'CYBERSECURITY'].includes(talentArea),
      );
    expect(shown(announcements.groups.nodes, ({ agency, openDate }) => [agency.key, openDate.label])).toEqual(
      grouped(
        postings,
        ({ agencyKey, openDate }) => [agencyKey, monthOf(openDate)],
        (group) => ({
          count: group.length,
          ai: { numerator: group.filter(({ talentArea }) => talentArea === 'AI').length },
        }),
      ),
    );
    expect(postings.length).toBeGreaterThan(0);
  });

  test('38: open announcements in AI and data work roles', async () => {
    const { announcements } = await ask('38-open-ai-announcements');
    const today = civilDate(AS_OF);
    const roles = new Map(world.rows(AnnouncementWorkRole).map(({ ownerKey, targetKey }) => [ownerKey, targetKey]));
    const isAi = (code: string) => workRoles.find((role) => role.code === code)!.element === 'AI/Data';
    const open = world
      .rows(Announcement)
      .filter(
        ({ controlNumber, openDate, closeDate, status }) =>
          openDate <= today &&
          closeDate! >= today &&
          status === 'ACCEPTING_APPLICATIONS' &&
          isAi(roles.get(controlNumber)!),
      );
    const figures = (group: readonly Announcement[]) => ({
      count: group.length,
      lowestSalaryCents: Math.min(...group.map(({ salaryMinCents }) => salaryMinCents!)),
      medianSalaryCents: median(group.map(({ salaryMinCents }) => salaryMinCents!)),
      highestSalaryCents: Math.max(...group.map(({ salaryMaxCents }) => salaryMaxCents!)),
      medianDaysOpen: median(group.map(({ openDate, closeDate }) => days(openDate, closeDate!))),
    });
    expect(open.length).toBeGreaterThan(0);
    expect(announcements.aggregates).toEqual(figures(open));
    expect(shown(announcements.byRole.nodes, ({ workRoles: role, agency }) => [role.code, agency.key])).toEqual(
      grouped(open, ({ controlNumber, agencyKey }) => [roles.get(controlNumber), agencyKey], figures),
    );
    expect(shown(announcements.byGrade.nodes, ({ gradeLow, gradeHigh }) => [gradeLow, gradeHigh])).toEqual(
      grouped(
        open,
        ({ gradeLow, gradeHigh }) => [gradeLow, gradeHigh],
        (group) => ({ count: group.length }),
      ),
    );
  });

  test('39: people who entered on duty and how long they stayed', async () => {
    const { hiringRequests } = await ask('39-retention');
    const { from, until } = questionVariables['39'] as { from: string; until: string };
    const hires = world
      .rows(HiringRequest)
      .flatMap(({ enteredOnDutyAt, ...row }) =>
        enteredOnDutyAt && enteredOnDutyAt >= from && enteredOnDutyAt < until ? [{ ...row, enteredOnDutyAt }] : [],
      );
    const stay = ({ enteredOnDutyAt, separatedAt }: (typeof hires)[number]) =>
      separatedAt === null ? 'stays' : days(enteredOnDutyAt, separatedAt) < 365 ? 'left within a year' : 'left later';
    const shownStay = ({ days: range }: Json) =>
      range === null ? 'stays' : range.from === null ? 'left within a year' : 'left later';
    const count = (group: readonly unknown[]) => ({ count: group.length });
    expect(hiringRequests.totalCount).toBe(hires.length);
    expect(shown(hiringRequests.byMonth.nodes, (group) => [group.enteredOnDutyAt.label, shownStay(group)])).toEqual(
      grouped(hires, (row) => [monthOf(civilDate(row.enteredOnDutyAt)), stay(row)], count),
    );
    const areas = new Map(world.rows(Position).map(({ id, talentArea }) => [id, talentArea]));
    expect(
      shown(hiringRequests.byAgencyAndArea.nodes, (group) => [
        group.agency.key,
        group.positionTalentArea,
        shownStay(group),
      ]),
    ).toEqual(grouped(hires, (row) => [row.agencyKey, areas.get(row.positionId), stay(row)], count));
    expect(new Set(hires.map(stay)).size).toBeGreaterThan(1);
  });

  test('40: findings remediated on time and late', async () => {
    const { vulnerabilityFindings } = await ask('40-closed-on-time');
    const closed = world
      .rows(VulnerabilityFinding)
      .flatMap(({ remediatedAt, dueAt, ...row }) => (remediatedAt && dueAt ? [{ ...row, remediatedAt, dueAt }] : []));
    const timing = ({ remediatedAt, dueAt }: (typeof closed)[number]) => (remediatedAt < dueAt ? 'in time' : 'late');
    const shownTiming = ({ days: { from } }: Json) => (from === null ? 'in time' : 'late');
    const count = (group: readonly unknown[]) => ({ count: group.length });
    expect(vulnerabilityFindings.aggregates).toEqual({
      count: closed.length,
      medianDaysLate: median(closed.map(({ remediatedAt, dueAt }) => days(dueAt, remediatedAt))),
    });
    expect(
      shown(vulnerabilityFindings.byAgency.nodes, (group) => [group.agency.key, group.dueBasis, shownTiming(group)]),
    ).toEqual(grouped(closed, (row) => [row.agencyKey, row.dueBasis, timing(row)], count));
    expect(
      shown(vulnerabilityFindings.byRow.nodes, (group) => [group.dueBasis, group.policyRow?.from, shownTiming(group)]),
    ).toEqual(grouped(closed, (row) => [row.dueBasis, row.policyRow, timing(row)], count));
    expect(
      shown(vulnerabilityFindings.byMonth.nodes, (group) => [
        group.remediatedAt.label,
        group.dueBasis,
        shownTiming(group),
      ]),
    ).toEqual(grouped(closed, (row) => [monthOf(civilDate(row.remediatedAt)), row.dueBasis, timing(row)], count));
    expect(new Set(closed.map(timing)).size).toBe(2);
  });

  test('42: exploited vulnerabilities by vendor', async () => {
    const { vulnerabilities, vulnerabilityFindings } = await ask('42-exploited-by-vendor');
    const catalog = JSON.parse(fixture('known_exploited_vulnerabilities.json')).vulnerabilities.map((row: Json) => ({
      vendorName: row.vendorProject,
      // by hand: two spellings of one vendor
      vendorKey: row.vendorProject.startsWith('Cobblestone') ? 'cobblestone-works' : 'lime-kiln-systems',
      kevDateAdded: row.dateAdded,
      ransomwareUse: row.knownRansomwareCampaignUse === 'Known',
    }));
    type Added = Pick<Vulnerability, 'vendorKey' | 'vendorName' | 'kevDateAdded' | 'ransomwareUse'>;
    const added: Added[] = [...catalog, ...world.rows(Vulnerability)].filter(
      ({ kevDateAdded }) => kevDateAdded !== null && kevDateAdded > '2025-11-23',
    );
    const figures = (group: readonly Added[]) => ({
      count: group.length,
      ransomware: share(group.filter(({ ransomwareUse }) => ransomwareUse).length, group.length),
    });
    expect(vulnerabilities.aggregates).toEqual(figures(added));
    const byVendor = grouped(added, ({ vendorKey }) => [vendorKey], figures) as Record<string, { count: number }>;
    expect(shown(vulnerabilities.byVendor.nodes, ({ vendor }) => [vendor.key])).toEqual(byVendor);
    const counts = vulnerabilities.byVendor.nodes.map(({ aggregates }: Json) => aggregates.count);
    expect(counts).toEqual(counts.toSorted((a: number, b: number) => b - a));
    expect(vulnerabilities.byVendor).toMatchObject({ totalCount: Object.keys(byVendor).length, others: null });
    expect(shown(vulnerabilities.byMonth.nodes, ({ kevDateAdded }) => [kevDateAdded.label])).toEqual(
      grouped(added, ({ kevDateAdded }) => [monthOf(kevDateAdded!)], figures),
    );
    const vendorOf = new Map(world.rows(Vulnerability).map((row) => [row.cveId, row]));
    const open = world
      .rows(VulnerabilityFinding)
      .filter(
        ({ status, cveId }) => UNRESOLVED.includes(status) && (vendorOf.get(cveId)!.kevDateAdded ?? '') > '2025-11-23',
      );
    expect(open.length).toBeGreaterThan(0);
    expect(
      shown(vulnerabilityFindings.groups.nodes, ({ vulnerabilityVendorName }) => [vulnerabilityVendorName]),
    ).toEqual(
      grouped(
        open,
        ({ cveId }) => [vendorOf.get(cveId)!.vendorName],
        (group) => ({ count: group.length, agencies: new Set(group.map(({ agencyKey }) => agencyKey)).size }),
      ),
    );
  });

  test('43: steps of forensic triages in time, and outcomes', async () => {
    const { forensicTriages } = await ask('43-forensic-triages');
    const triages = world.rows(ForensicTriage);
    const steps = (name: 'scopedAt' | 'evidenceAt' | 'decidedAt', limit: number) =>
      grouped(
        triages,
        ({ requiredAt, [name]: at }) => [at === null ? 'open' : days(requiredAt, at) < limit ? 'in time' : 'late'],
        (group) => ({ count: group.length }),
      );
    const shownSteps = ({ nodes }: Json) =>
      shown(nodes, ({ days: range }) => [range === null ? 'open' : range.from === null ? 'in time' : 'late']);
    expect(shownSteps(forensicTriages.scope)).toEqual(steps('scopedAt', 2 / 24));
    expect(shownSteps(forensicTriages.evidence)).toEqual(steps('evidenceAt', 1));
    expect(shownSteps(forensicTriages.decision)).toEqual(steps('decidedAt', 3));
    expect(forensicTriages.totalCount).toBe(triages.length);
    expect(forensicTriages.aggregates.daysToDecision).toEqual(
      median(triages.flatMap(({ requiredAt, decidedAt }) => (decidedAt ? [days(requiredAt, decidedAt)] : []))),
    );
    expect(
      shown(forensicTriages.outcomes.nodes, ({ agency, requiredAt, outcome }) => [
        agency.key,
        requiredAt.label,
        outcome,
      ]),
    ).toEqual(
      grouped(
        triages,
        ({ agencyKey, requiredAt, outcome }) => [agencyKey, monthOf(civilDate(requiredAt)), outcome],
        (group) => ({ count: group.length }),
      ),
    );
    expect(Object.keys(steps('decidedAt', 3)).length).toBeGreaterThan(1);
  });

  test('44: the last editions, and the findings that match rules raised', async () => {
    const { catalogEditions, vulnerabilityFindings } = await ask('44-editions');
    expect(catalogEditions.nodes).toMatchObject([{ name: 'kev/1900.01.01', status: 'APPLIED', rows: 3, added: 3 }]);
    const { from } = questionVariables['44'] as { from: string };
    const raised = world
      .rows(VulnerabilityFinding)
      .filter(({ matchRuleId, detectedAt }) => matchRuleId !== null && detectedAt >= from);
    const figures = (group: readonly VulnerabilityFinding[]) => ({
      count: group.length,
      suspected: { numerator: group.filter(({ status }) => status === 'SUSPECTED').length },
      confirmed: { numerator: group.filter(({ confirmedAt }) => confirmedAt).length },
      daysToConfirm: median(
        group.flatMap(({ confirmedAt, detectedAt }) => (confirmedAt ? [days(detectedAt, confirmedAt)] : [])),
      ),
    });
    expect(vulnerabilityFindings.aggregates).toEqual(figures(raised));
    expect(shown(vulnerabilityFindings.byDay.nodes, ({ detectedAt }) => [detectedAt.label])).toEqual(
      grouped(raised, ({ detectedAt }) => [civilDate(detectedAt)], figures),
    );
    expect(shown(vulnerabilityFindings.byAgency.nodes, ({ agency }) => [agency.key])).toEqual(
      grouped(raised, ({ agencyKey }) => [agencyKey], figures),
    );
    expect(new Set(raised.map(({ status }) => status)).size).toBeGreaterThan(1);
  });

  test('46: open plans of action, late milestones, and acceptances that end soon', async () => {
    const { poamItems, poamMilestones, riskAcceptances } = await ask('46-plans-of-action');
    const { today, inNinetyDays } = questionVariables['46'] as { today: string; inNinetyDays: string };
    const open = world.rows(PoamItem).filter(({ status }) => status !== 'CLOSED');
    const late = world.rows(PoamMilestone).filter(({ doneOn, dueOn }) => doneOn === null && dueOn < today);
    const levels = new Map(world.rows(FederalSystem).map(({ id, impactLevel }) => [id, impactLevel]));
    const count = (group: readonly unknown[]) => ({ count: group.length });
    expect(poamItems.totalCount).toBe(open.length);
    expect(
      shown(poamItems.groups.nodes, (group) => [group.agency.key, group.systemImpactLevel, group.delayed]),
    ).toEqual(
      grouped(
        open,
        ({ id, agencyKey, systemId }) => [
          agencyKey,
          levels.get(systemId),
          late.some(({ poamItemId }) => poamItemId === id),
        ],
        count,
      ),
    );
    expect(shown(poamMilestones.groups.nodes, ({ agency, dueOn }) => [agency.key, dueOn.label])).toEqual(
      grouped(late, ({ agencyKey, dueOn }) => [agencyKey, monthOf(dueOn)], count),
    );
    const ending = world
      .rows(RiskAcceptance)
      .filter(({ status, expiresOn }) => status === 'IN_FORCE' && expiresOn! >= today && expiresOn! <= inNinetyDays);
    expect(shown(riskAcceptances.groups.nodes, ({ agency, expiresOn }) => [agency.key, expiresOn.label])).toEqual(
      grouped(ending, ({ agencyKey, expiresOn }) => [agencyKey, monthOf(expiresOn!)], count),
    );
    expect([open.length, late.length, ending.length].every((length) => length > 0)).toBe(true);
  });

  test('48: cloud offerings with AI, and the agencies that use them', async () => {
    const { offerings, newOfferings, mostUsed, agencyAuthorizations } = await ask('48-ai-cloud-offerings');
    // by hand, from the five offerings of the file, four with AI, and its eight authorizations
    expect(shown(offerings.groups.nodes, ({ status, impactLevel }) => [status, impactLevel])).toEqual({
      'AUTHORIZED Moderate': { count: 2, authorizations: 4 },
      'AUTHORIZED High': { count: 1, authorizations: 1 },
      'AGENCY_IN_PROCESS 20x Low': { count: 1, authorizations: 0 },
    });
    expect(shown(newOfferings.groups.nodes, ({ authorizedOn }) => [authorizedOn.label])).toEqual({
      'FY2026-Q2': { count: 2 },
      'FY2026-Q4': { count: 1 },
    });
    expect(mostUsed.nodes).toEqual([
      {
        fedrampId: 'MADEUP1',
        name: 'Cobblestone Assistant',
        status: 'AUTHORIZED',
        authorizations: { aggregates: { count: 3, agencies: 2, first: '2026-01-15' } },
      },
      {
        fedrampId: 'MADEUP5',
        name: 'Basalt Search',
        status: 'AUTHORIZED',
        // its agency matches none of the graph, and its day is not published
        authorizations: { aggregates: { count: 1, agencies: 0, first: null } },
      },
      {
        fedrampId: 'MADEUP3',
        name: 'Kiln Vision',
        status: 'AUTHORIZED',
        authorizations: { aggregates: { count: 1, agencies: 1, first: '2026-02-01' } },
      },
    ]);
    expect(shown(agencyAuthorizations.groups.nodes, ({ authorizedOn, kind: of }) => [authorizedOn?.label, of])).toEqual(
      {
        ' INITIAL': { count: 1 },
        'FY2026-Q1 INITIAL': { count: 1 },
        'FY2026-Q2 INITIAL': { count: 2 },
        'FY2026-Q2 REUSE': { count: 2 },
        'FY2026-Q3 REUSE': { count: 1 },
        'FY2027-Q1 REUSE': { count: 1 },
      },
    );
  });

  test('49: AI use cases by agency, classification, and stage', async () => {
    const { aiUseCases } = await ask('49-ai-use-cases');
    const figures = (group: readonly UseCase[]) => {
      const having = (column: string, value: string) =>
        share(group.filter((row) => row[column] === value).length, group.length);
      return {
        count: group.length,
        generative: having('classification', 'Generative AI'),
        agentic: having('classification', 'Agentic AI'),
        highImpact: having('is_high_impact', 'High-impact'),
        deployed: having('development_stage', 'Deployed'),
      };
    };
    expect(aiUseCases.aggregates).toEqual(figures(useCases()));
    expect(shown(aiUseCases.byAgency.nodes, ({ agency }) => [agency?.key])).toEqual(
      grouped(useCases(), (row) => [AGENCY_KEYS[row.agency_name!]], figures),
    );
    expect(shown(aiUseCases.byKind.nodes, ({ classification, stage }) => [classification, stage])).toEqual(
      grouped(
        useCases(),
        (row) => [row.classification, row.development_stage!.toUpperCase()],
        (group) => ({ count: group.length }),
      ),
    );
  });

  test('50: minimum practices of high-impact use cases', async () => {
    const { aiUseCases } = await ask('50-practices');
    // by hand, from the two high-impact use cases of the file: one has done what the other has in progress
    const both = { done: 1, inProgress: 1, notStated: 0 };
    const states = {
      testing: { done: 2, inProgress: 0, notStated: 0 },
      assessment: both,
      review: both,
      monitoring: both,
      training: both,
      failsafe: { done: 1, inProgress: 0, notStated: 1 },
      // "Not Applicable" is none of the three
      appeal: { done: 0, inProgress: 1, notStated: 0 },
      consultation: both,
    };
    const expected = Object.fromEntries(
      Object.entries(states).flatMap(([practice, { done, inProgress, notStated }]) => [
        [practice, { numerator: done }],
        [`${practice}InProgress`, { numerator: inProgress }],
        [`${practice}NotStated`, { numerator: notStated }],
      ]),
    );
    expect(aiUseCases.aggregates).toEqual({ count: 2, ...expected });
    expect(shown(aiUseCases.groups.nodes, ({ agency }) => [agency.key])).toEqual({ dhs: { count: 2, ...expected } });
  });

  test('52: times of clearinghouse cases by source and sector', async () => {
    const { clearinghouseCases } = await ask('52-clearinghouse-times');
    const cases = world.rows(ClearinghouseCase);
    const figures = (group: readonly ClearinghouseCase[]) => ({
      count: group.length,
      daysToPatch: median(group.flatMap(({ openedAt, patchedAt }) => (patchedAt ? [days(openedAt, patchedAt)] : []))),
      daysToPublication: median(
        group.flatMap(({ openedAt, publishedAt }) => (publishedAt ? [days(openedAt, publishedAt)] : [])),
      ),
      notAFlaw: share(group.filter(({ status }) => status === 'NOT_A_FLAW').length, group.length),
    });
    expect(clearinghouseCases.aggregates).toEqual(figures(cases));
    const bySector = cases.flatMap((row) => {
      const keys = world
        .rows(CaseSector)
        .flatMap(({ ownerKey, targetKey }) => (ownerKey === row.id ? [targetKey] : []));
      return (keys.length === 0 ? [null] : keys).map((sector) => ({ row, sector }));
    });
    expect(shown(clearinghouseCases.groups.nodes, ({ source, sectors: of }) => [source, of?.key])).toEqual(
      grouped(
        bySector,
        ({ row, sector }) => [row.source, sector],
        (group) => figures(group.map(({ row }) => row)),
      ),
    );
    expect(shown(clearinghouseCases.byQuarter.nodes, ({ openedAt }) => [openedAt.label])).toEqual(
      grouped(cases, ({ openedAt }) => [fiscalQuarter(civilDate(openedAt))], figures),
    );
    expect(cases.some(({ publishedAt }) => publishedAt)).toBe(true);
  });

  test('56: days from filing to the determination, and the first word of each agency', async () => {
    const { determinations } = await ask('56-first-word');
    const issued = world.rows(Determination).filter(({ issuedAt }) => issuedAt);
    const took = ({ createdAt, issuedAt }: Determination) => days(createdAt, issuedAt!);
    expect(shown(determinations.groups.nodes, ({ agency, issuedAt }) => [agency.key, issuedAt.label])).toEqual(
      grouped(
        issued,
        ({ agencyKey, issuedAt }) => [agencyKey, fiscalQuarter(civilDate(issuedAt!))],
        (group) => ({ count: group.length, medianDays: median(group.map(took)) }),
      ),
    );
    const BOUNDS = [3, 7, 14, 30];
    expect(shown(determinations.byDays.nodes, ({ days: range }) => [range.from, range.until])).toEqual(
      grouped(
        issued,
        (row) => {
          const above = BOUNDS.findIndex((bound) => took(row) < bound);
          return above < 0 ? [30, null] : [BOUNDS[above - 1], BOUNDS[above]];
        },
        (group) => ({ count: group.length }),
      ),
    );
    const nodes: Json[] = [];
    for (let after: string | null = null; ; ) {
      const { submissions } = await ask('56-first-word', { after });
      nodes.push(...submissions.nodes);
      if (!submissions.pageInfo.hasNextPage) break;
      after = submissions.pageInfo.endCursor;
    }
    const filed = world.rows(Submission).filter(({ filedAt }) => filedAt);
    expect(nodes.map(({ number }) => number).toSorted()).toEqual(filed.map(({ number }) => number).toSorted());
    const firstBy = (rows: readonly { submissionId: string; agencyKey: string; at: string }[], id: string) =>
      grouped(
        rows.filter(({ submissionId }) => submissionId === id),
        ({ agencyKey }) => [agencyKey],
        (group) => ({ first: group.map(({ at }) => at).toSorted()[0] }),
      );
    const byAgency = ({ groups }: Json) => shown(groups.nodes, ({ agency }) => [agency.key]);
    const consultations = world.rows(Consultation).filter(({ openedBy }) => openedBy === 'AGENCY');
    for (const { id, number, filedAt, plannedLaunchAt } of filed) {
      const node = nodes.find((candidate) => candidate.number === number);
      expect({
        ...node,
        ...Object.fromEntries(
          ['determinations', 'consultations', 'advice'].map((name) => [name, byAgency(node[name])]),
        ),
      }).toEqual({
        number,
        filedAt,
        plannedLaunchAt,
        determinations: firstBy(
          issued.map((row) => ({ ...row, at: row.issuedAt! })),
          id,
        ),
        consultations: firstBy(
          consultations.map((row) => ({ ...row, at: row.openedAt })),
          id,
        ),
        advice: firstBy(
          world.rows(Advice).map((row) => ({ ...row, at: row.sentAt })),
          id,
        ),
      });
    }
    expect(nodes.some(({ consultations: { groups } }) => groups.nodes.length > 0)).toBe(true);
  });

  test('57: each sector now and a year ago', async () => {
    const answer = await ask('57-sectors-now-and-a-year-ago');
    const reports = (key: string, until: string) =>
      world
        .rows(SectorRisk)
        .filter(({ sectorKey, asOf }) => sectorKey === key && asOf <= until)
        .toSorted((a, b) => (a.asOf < b.asOf ? 1 : -1))
        .slice(0, 1)
        .map(({ asOf, level }) => ({ asOf, level }));
    expect(answer.sectors.nodes).toHaveLength(16);
    for (const { key, leadAgency, now, before } of answer.sectors.nodes)
      expect([leadAgency.key, now.nodes, before.nodes]).toEqual([
        sectors.find((sector) => sector.key === key)!.leadAgencyKey,
        reports(key, '2026-11-23'),
        reports(key, '2025-11-23'),
      ]);
    expect(answer.sectors.nodes.some(({ now, before }: Json) => now.nodes[0].level !== before.nodes[0].level)).toBe(
      true,
    );

    const sectorsOf = <Row extends { id: string }>(
      rows: readonly Row[],
      linked: readonly { ownerKey: string; targetKey: string }[],
    ) =>
      rows.flatMap((row) => {
        const keys = linked.flatMap(({ ownerKey, targetKey }) => (ownerKey === row.id ? [targetKey] : []));
        return (keys.length === 0 ? [undefined] : keys).map((sector) => ({ row, sector }));
      });
    const high = (from: string, until: string) =>
      grouped(
        sectorsOf(
          world
            .rows(RiskAssessment)
            .filter(
              ({ level, assessedAt }) =>
                ['HIGH', 'VERY_HIGH'].includes(level) && assessedAt >= from && assessedAt < until,
            ),
          world.rows(RiskAssessmentSector),
        ),
        ({ sector }) => [sector],
        (group) => ({ count: group.length, submissions: new Set(group.map(({ row }) => row.submissionId)).size }),
      );
    const bySector = ({ groups }: Json) => shown(groups.nodes, ({ sectors: of }) => [of?.key]);
    const yearAgo = AS_OF.replace('2026', '2025');
    const before = high(AS_OF.replace('2026', '2024'), yearAgo);
    expect(bySector(answer.high)).toEqual(high(yearAgo, '9999'));
    expect(bySector(answer.highBefore)).toEqual(before);
    expect([Object.keys(before).length, answer.high.groups.nodes.length].every((count) => count > 3)).toBe(true);
    expect(bySector(answer.clearinghouseCases)).toEqual(
      grouped(
        sectorsOf(
          world.rows(ClearinghouseCase).filter(({ status }) => OPEN_CASES.includes(status)),
          world.rows(CaseSector),
        ),
        ({ sector }) => [sector],
        (group) => ({ count: group.length }),
      ),
    );
    const covered = systemsWithAiTool();
    expect(shown(answer.federalSystems.groups.nodes, ({ sectorsSupported }) => [sectorsSupported?.key])).toEqual(
      grouped(
        sectorsOf(world.rows(FederalSystem), world.rows(SystemSector)),
        ({ sector }) => [sector],
        (group) => ({
          count: group.length,
          withAiTool: share(group.filter(({ row }) => covered.has(row.id)).length, group.length),
        }),
      ),
    );
    expect(covered.size).toBeGreaterThan(0);
  });

  const aiDeployments = () => {
    const tools = world.rows(DefensiveTool).flatMap(({ id, aiPowered }) => (aiPowered ? [id] : []));
    return world.rows(ToolDeployment).filter(({ stage, toolId }) => stage === 'DEPLOYED' && tools.includes(toolId));
  };
  function systemsWithAiTool(): Set<string> {
    const deployments = new Set(aiDeployments().map(({ id }) => id));
    return new Set(
      world.rows(DeploymentSystem).flatMap(({ ownerKey, targetKey }) => (deployments.has(ownerKey) ? [targetKey] : [])),
    );
  }

  test('58: systems of HIGH impact without an AI-powered tool', async () => {
    const { federalSystems, toolDeployments } = await ask('58-high-impact-without-ai-tool');
    const covered = systemsWithAiTool();
    const bare = world.rows(FederalSystem).filter(({ id, impactLevel }) => impactLevel === 'HIGH' && !covered.has(id));
    expect(federalSystems.totalCount).toBe(bare.length);
    expect(shown(federalSystems.groups.nodes, ({ agency }) => [agency.key])).toEqual(
      grouped(
        bare,
        ({ agencyKey }) => [agencyKey],
        (group) => ({
          count: group.length,
          valuable: { numerator: group.filter(({ highValueAsset }) => highValueAsset).length },
        }),
      ),
    );
    const isDefense = (code: string) => ['511', '521', '531', '541'].includes(code);
    for (const { agency } of federalSystems.groups.nodes) {
      const posts = world
        .rows(Position)
        .filter(
          ({ agencyKey, workRoleCode, status }) =>
            agencyKey === agency.key && isDefense(workRoleCode) && [...VACANT, 'FILLED'].includes(status),
        );
      expect([agency.reviewers.aggregates, agency.positions.aggregates]).toEqual([
        {
          count: world
            .rows(Reviewer)
            .filter(({ agencyKey, workRoleCode }) => agencyKey === agency.key && isDefense(workRoleCode)).length,
        },
        {
          count: posts.length,
          vacant: { numerator: posts.filter(({ status }) => VACANT.includes(status)).length },
        },
      ]);
    }
    expect(bare.length).toBeGreaterThan(0);
    expect(federalSystems.groups.nodes.some(({ agency }: Json) => agency.reviewers.aggregates.count > 0)).toBe(true);
    const purposes = new Map(world.rows(DefensiveTool).map(({ id, purpose }) => [id, purpose]));
    expect(shown(toolDeployments.groups.nodes, ({ agency, toolPurpose }) => [agency.key, toolPurpose])).toEqual(
      grouped(
        aiDeployments(),
        ({ agencyKey, toolId }) => [agencyKey, purposes.get(toolId)],
        (group) => ({ count: group.length }),
      ),
    );
  });

  test('60: deadlines of the order, and the main figures of each program', async () => {
    const intake = 'role=intake-officer; subject=intake-1';
    const { data: found } = await world.ask(
      '{ executiveOrder(number: "14409") { provisions(filter: { section: { eq: "Z(1)" } }) { nodes { id } } } }',
    );
    const [{ id }] = found.executiveOrder.provisions.nodes;
    const record = (input: string) =>
      world.ask(
        `mutation { recordProvisionOutcome(input: { idempotencyKey: "${randomUUID()}", id: "${id}", ${input} }) {
          provision { doneOn daysLate revision } } }`,
        {},
        intake,
      );
    const evidenceUrl = 'evidenceUrl: "https://example.gov/report"';
    const { errors: ofFuture } = await record(`expectedRevision: 1, doneOn: "2099-01-01", ${evidenceUrl}`);
    expect(ofFuture).toMatchObject([{ message: expect.stringContaining('"doneOn" is in the future') }]);
    const { errors: withoutEvidence } = await record('expectedRevision: 1, doneOn: "2026-07-09"');
    expect(withoutEvidence).toMatchObject([{ message: expect.stringContaining('"evidenceUrl" together') }]);
    const { data } = await record(`expectedRevision: 1, doneOn: "2026-07-09", ${evidenceUrl}`);
    expect(data).toEqual({
      recordProvisionOutcome: { provision: { doneOn: '2026-07-09', daysLate: 7, revision: 2 } },
    });
    const { executiveOrder } = await ask('60-deadlines-of-the-order');
    expect(executiveOrder.provisions.nodes).toMatchObject([
      { section: 'Z(1)', dueOn: '2026-07-02', doneOn: '2026-07-09', daysLate: 7, evidenceUrl: expect.any(String) },
      { section: 'Z(2)', dueOn: '2027-01-29', doneOn: null, daysLate: 0, evidenceUrl: null },
    ]);
    const filed = world.rows(Submission).flatMap(({ filedAt }) => filedAt ?? []);
    expect([executiveOrder.submissionsNow.filed, executiveOrder.submissionsThen.filed]).toEqual([
      filed.length,
      filed.filter((at) => at <= questionVariables['60']!.signed!).length,
    ]);
    for (const program of ['submissions', 'reviews', 'workforce', 'protection'])
      expect(Object.values(executiveOrder[`${program}Then`])).not.toContain(null);
    expect(executiveOrder.protectionNow).not.toEqual(executiveOrder.protectionThen);
  });
});
