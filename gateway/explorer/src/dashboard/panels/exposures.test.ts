import { byDaysOverdue, byDeadline, type ExposuresAnswer } from './exposures';

const row = (row: number, dueInDays: number | null, forensicTriage = false) => ({
  row,
  dueInDays,
  forensicTriage,
  publiclyExposed: true,
  inKev: true,
  automatable: true,
  technicalImpact: 'TOTAL' as const,
});
const group = (dueBasis: 'KEV_CATALOG' | 'TABLE_1_ROW', from: number | null, count: number) => ({
  dueBasis,
  policyRow: from === null ? null : { from },
  aggregates: { count },
});
const ANSWER: ExposuresAnswer = {
  overdue: {
    aggregates: {
      count: 20,
      within3: { numerator: 2 },
      within14: { numerator: 5 },
      within60: { numerator: 5 },
      within365: { numerator: 16 },
    },
    rows: {
      nodes: [
        group('TABLE_1_ROW', 1, 4),
        group('TABLE_1_ROW', 2, 5),
        group('TABLE_1_ROW', 4, 6),
        group('KEV_CATALOG', null, 5),
      ],
    },
    impact: { nodes: [] },
    agencies: { nodes: [] },
  },
  due: { aggregates: { count: 3 }, rows: { nodes: [group('TABLE_1_ROW', 2, 3)] }, days: { nodes: [] } },
  remediationPolicy: {
    effectiveFrom: '2026-12-07',
    rows: { nodes: [row(1, 3, true), row(2, 3), row(3, 3), row(4, 14), row(15, null)] },
  },
};

test('days overdue are ranges without overlap that add up to all', () => {
  const ranges = byDaysOverdue(ANSWER);
  expect(ranges.map(({ value }) => value)).toEqual([2, 3, 0, 11, 4]);
  expect(ranges.reduce((sum, { value }) => sum + value, 0)).toBe(20);
});

test('rows of the policy with the same deadline are one', () => {
  expect(byDeadline(ANSWER)).toEqual([
    { label: '3 days + forensic triage', overdue: 4, due: 0 },
    { label: '3 days', overdue: 5, due: 3 },
    { label: '14 days', overdue: 6, due: 0 },
    { label: 'On system upgrade', overdue: 0, due: 0 },
    { label: 'Stricter date of the agency', overdue: 0, due: 0 },
    { label: 'KEV catalog date', overdue: 5, due: 0 },
  ]);
});
