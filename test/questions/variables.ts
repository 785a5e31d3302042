/** Variables of those of the twenty questions that take some, by number; that of question 19 names no submission. */
export const questionVariables: Readonly<Record<string, Record<string, unknown>>> = {
  '02': { from: '2026-11-23T15:00:00Z', until: '2026-12-23T15:00:00Z' },
  '03': { key: 'exercise-alder' },
  '05': { from: '2026-10-01T04:00:00Z' },
  '10': { agency: 'treasury' },
  '12': { fiscalYear: 2027 },
  '13': { from: '2026-11-23T15:00:00Z', until: '2026-12-07T15:00:00Z' },
  '17': { key: 'financial-services' },
  '18': { moreThan: 0 },
  '19': { id: 'sub_none' },
  '20': { this: 2027, last: 2026, asOf: '2026-11-23T15:00:00Z', yearBefore: '2025-11-23T15:00:00Z' },
};
