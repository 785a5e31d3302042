import type { FindingSeverity } from '#domain/contracts/finding-severity';
import { countedOf } from '#kit/model/value-object';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { Finding, FindingSector, FindingTechnique } from '../../subgraphs/reviews/finding/finding';
import { databaseKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { AS_OF, openWorld, type World } from '../support/world';

/**
 * Callers who may not see small counts must not see an event as it happens: a figure that they read again and again would date it. Every
 * figure that counts protected objects takes an instant, whose test is in matrix.test.ts, or is one of these.
 */

const ANALYST = 'role=analyst; subject=x';
const TODAY = new Date(Date.parse(AS_OF) - 1_000).toISOString();

/** Figures of the present, by type, with fields of rows that no event of the day changes by itself. */
const OF_THE_PRESENT = ['FindingStatistic', 'Sector', 'Agency', 'OverdueByCoverage'];
/** Numbers that a caller states, which the graph does not compute. */
const STATED = ['DefenseAccess', 'Announcement'];
/** Figures as of an instant, and the lists in them. */
const AS_OF_AN_INSTANT = [
  ...['SubmissionMetrics', 'WithdrawalCount', 'QuarterCount', 'ReferenceCount', 'ReviewMetrics'],
  ...['InfrastructureMetrics', 'WorkforceMetrics', 'TalentAreaFill', 'TimeToHire'],
];

const QUESTION = `{
  findingStatistics { month severity tactic { name } findings answered medianResponseDays }
  sectors { nodes { key findingCount } }
  agencies { key remediatedFindingCount medianDaysToRemediate }
  overdueByToolCoverage { coveredByAiTool systems overdue overduePerSystem }
  executiveOrder(number: "14409") {
    reviewMetrics { findings findingsShared } infrastructureMetrics { overdueExposures }
  }
}`;

interface LinkRow {
  readonly targetKey: string;
}

describe.each(databaseKinds)('figures of today on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind);
  });
  afterAll(() => world?.close());

  const figures = async (caller: string) => {
    const { data, errors } = await world.ask(QUESTION, {}, caller);
    expect(errors).toBeUndefined();
    return data;
  };

  test('are all in this test, or take an instant', () => {
    const types = world.open.flatMap(({ subgraph }) => Object.keys(subgraph.schema.getTypeMap()));
    const counted = [...new Set(types)].filter((type) => countedOf(type) !== undefined);
    expect(counted.sort()).toEqual([...OF_THE_PRESENT, ...STATED, ...AS_OF_AN_INSTANT].sort());
  });

  test('count for analysts what happened until the day began, and for others what happened since', async () => {
    const [reviews, infrastructure] = [world.subgraph('reviews').database, world.subgraph('infrastructure').database];
    const [before, exactBefore] = [await figures(ANALYST), await figures(INSPECTOR)];

    // a finding is drafted, and one is answered
    const [drafted] = world.rows(Finding).filter(({ respondedAt }) => respondedAt !== null);
    const id = 'fnd_TODAY';
    await reviews.insert(Finding, [Object.assign(new Finding(), drafted, { id, createdAt: TODAY })]);
    const [{ targetKey: sector }] = world.rows(FindingSector) as unknown as [LinkRow];
    const [{ targetKey: technique }] = world.rows(FindingTechnique) as unknown as [LinkRow];
    await reviews.insert(FindingSector, [{ ownerKey: id, targetKey: sector }]);
    await reviews.insert(FindingTechnique, [{ ownerKey: id, targetKey: technique }]);
    const answered = world
      .rows(Finding)
      .find(({ sharedAt, respondedAt, createdAt }) => sharedAt !== null && respondedAt === null && createdAt < TODAY);
    await reviews.update(Finding, answered!.id, { respondedAt: TODAY });
    // an overdue finding is remediated, and a tool covers a system
    const overdue = world
      .rows(VulnerabilityFinding)
      .find(({ status, dueAt }) => status === 'OPEN' && dueAt !== null && dueAt < AS_OF.slice(0, 10));
    await infrastructure.update(VulnerabilityFinding, overdue!.id, { status: 'REMEDIATED', remediatedAt: TODAY });
    const system = world.rows(FederalSystem).find(({ coveredByAiTool }) => !coveredByAiTool)!;
    const coveredSince = AS_OF.slice(0, 10);
    await infrastructure.update(FederalSystem, system.id, { coveredByAiTool: true, coveredSince });

    expect(await figures(ANALYST)).toEqual(before);
    const exact = await figures(INSPECTOR);
    const sum = (rows: readonly Record<string, number>[], name: string) =>
      rows.reduce((total, row) => total + Number(row[name] ?? 0), 0);
    const more = (read: (data: typeof exact) => number) => read(exact) - read(exactBefore);
    expect(more(({ findingStatistics }) => sum(findingStatistics, 'findings'))).toBeGreaterThan(0);
    expect(more(({ findingStatistics }) => sum(findingStatistics, 'answered'))).toBeGreaterThan(1);
    expect(more(({ sectors }) => sum(sectors.nodes, 'findingCount'))).toBe(1);
    expect(more(({ agencies }) => sum(agencies, 'remediatedFindingCount'))).toBe(1);
    expect(more(({ overdueByToolCoverage }) => sum(overdueByToolCoverage, 'overdue'))).toBe(-1);
    expect(more(({ overdueByToolCoverage: [covered] }) => covered.systems)).toBe(1);
    // two ways to the same number
    for (const { overdueByToolCoverage, executiveOrder } of [exact, await figures(ANALYST)])
      expect(sum(overdueByToolCoverage, 'overdue')).toBe(executiveOrder.infrastructureMetrics.overdueExposures);
  });

  test('show analysts one number of a month or none, whatever period they ask for', async () => {
    const { database } = world.subgraph('reviews');
    const [month, atItsBegin] = ['2026-03', '2026-03-01T00:00:01.000Z'];
    const [drafted] = world.rows(Finding);
    const atItsMiddle = Array.from({ length: 6 }, () => `${month}-15T12:00:00.000Z`);
    const add = (times: readonly string[], severity: FindingSeverity) =>
      database.insert(
        Finding,
        times.map((createdAt, i) =>
          Object.assign(new Finding(), drafted, { id: `fnd_${severity}${i}`, createdAt, severity }),
        ),
      );
    await add([atItsBegin, ...atItsMiddle], 'HIGH');
    // hidden in place of it
    await add(atItsMiddle.slice(1), 'LOW');
    const bounds = ['2026-02-01T00:00:00Z', '2026-02-28T23:00:00Z', '2026-03-01T00:00:00Z', '2026-03-20T00:00:00Z'];
    const ends = ['2026-04-01T00:00:00Z', '2026-04-01T03:59:00Z', '2026-04-20T00:00:00Z', null];
    const read = async (from: string, until: string | null, caller: string): Promise<(number | null)[]> => {
      const question = `query ($from: DateTime, $until: DateTime) {
        findingStatistics(from: $from, until: $until) { month severity tactic { id } findings } }`;
      const { data, errors } = await world.ask(question, { from, until }, caller);
      expect(errors).toBeUndefined();
      return data.findingStatistics
        .filter((row: Record<string, unknown>) => row.month === month && row.tactic === null)
        .filter((row: Record<string, unknown>) => row.severity === 'HIGH')
        .map((row: Record<string, unknown>) => row.findings);
    };
    const exact = await read(bounds[0]!, null, INSPECTOR);
    expect(exact).toEqual([expect.any(Number)]);
    const shown: (readonly (number | null)[])[] = [];
    for (const from of bounds) for (const until of ends) shown.push(await read(from, until, ANALYST));
    expect(shown.filter((numbers) => numbers[0] !== null)).toEqual(Array(shown.length).fill(exact));
    // the bounds of the inspector are exact
    expect(await read(bounds[3]!, null, INSPECTOR)).not.toEqual(exact);
  });
});
