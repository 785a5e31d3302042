import { type AgenciesAnswer, agencyRows } from './agencies';
import { cumulative } from './hiring';
import { type SectorLevel, sectorRows } from './sectors';
import { coverageByMonth, coverageOf, type ToolsAnswer } from './tools';

const week = (from: string, until: string, count: number) => ({
  enteredOnDutyAt: { from, until },
  aggregates: { count },
});

test('a curve of entries begins at zero, adds up weeks, and ends today', () => {
  const answer = {
    thisYear: { groups: { nodes: [week('2026-09-28', '2026-10-05', 2), week('2026-10-05', '2026-10-12', 3)] } },
    lastYear: { groups: { nodes: [] } },
    hiringRequests: null,
  };
  expect(cumulative(answer, 2027, '2026-10-08').now).toEqual([
    { day: 0, value: 0 },
    { day: 4, value: 2 },
    { day: 7, value: 5 },
  ]);
});

const sector = (name: string, level: SectorLevel, levels: SectorLevel[]) => ({
  key: name.toLowerCase(),
  name,
  riskLevel: level,
  leadAgency: null,
  risks: { nodes: levels.map((one, index) => ({ asOf: `2026-0${9 - index}-01`, level: one })) },
});

test('sectors are ordered by level, with the direction since four quarters ago', () => {
  const rows = sectorRows({
    sectors: {
      nodes: [
        sector('Dams', 'LOW', ['LOW', 'LOW', 'LOW', 'LOW', 'HIGH']),
        sector('Energy', 'HIGH', ['HIGH', 'LOW', 'LOW', 'LOW', 'GUARDED']),
        sector('Chemical', 'HIGH', ['HIGH']),
      ],
    },
  });
  expect(rows.map(({ name, direction }) => [name, direction])).toEqual([
    ['Chemical', '–'],
    ['Energy', '▲'],
    ['Dams', '▼'],
  ]);
  expect(rows[1]!.quarters.map(({ level }) => level)).toEqual([2, 1, 1, 1, 4]);
});

test('coverage counts systems by level and month, and leaves out those that are withheld', () => {
  const answer: ToolsAnswer = {
    federalSystems: {
      groups: {
        nodes: [
          { impactLevel: 'HIGH', coveredByAiTool: true, isWithheld: false, aggregates: { count: 3 } },
          { impactLevel: 'HIGH', coveredByAiTool: false, isWithheld: false, aggregates: { count: 7 } },
        ],
      },
      months: {
        nodes: [
          { impactLevel: 'HIGH', isWithheld: false, coveredSince: { from: '2025-10-01' }, aggregates: { count: 1 } },
          { impactLevel: 'HIGH', isWithheld: false, coveredSince: { from: '2026-10-01' }, aggregates: { count: 2 } },
          { impactLevel: 'HIGH', isWithheld: false, coveredSince: null, aggregates: { count: 7 } },
        ],
      },
    },
    overdueByToolCoverage: null,
    aiToolAdoption: null,
  };
  expect(coverageOf(answer, '2025-11-01')[0]).toEqual({ level: 'HIGH', systems: 10, covered: 3, coveredYearAgo: 1 });
  expect(coverageByMonth(answer, '2026-11-28', 3)).toEqual([
    { from: '2026-09-01', covered: 1 },
    { from: '2026-10-01', covered: 3 },
    { from: '2026-11-01', covered: 3 },
  ]);
});

test('a list that the caller cannot read has no figures, not zeros', () => {
  const agency = (key: string, orderRole: string | null) => ({
    key,
    name: key.toUpperCase(),
    abbreviation: null,
    kind: 'COMPONENT',
    orderRole,
    reviewWorkload: { openReviews: 0, reviewers: 0 },
  });
  const answer: AgenciesAnswer = {
    agencies: [agency('doe', null), agency('nsa', 'LEAD'), agency('navy', null)],
    positions: { groups: { nodes: [{ agency: { key: 'doe' }, aggregates: { count: 9, vacant: { numerator: 4 } } }] } },
    hiringRequests: { groups: { nodes: [] } },
    federalSystems: { groups: { nodes: [] } },
    vulnerabilityFindings: { groups: { nodes: [] } },
  };
  const rows = agencyRows(answer, { nothing: new Set(['Query.vulnerabilityFindings']), some: new Set() });
  expect(rows.map(({ key, posts, hires, overdue }) => [key, posts, hires, overdue])).toEqual([
    ['nsa', 0, 0, undefined],
    ['doe', 9, 0, undefined],
  ]);
});
