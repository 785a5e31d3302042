import type { DueInputs, PoliciesInForce, PolicyTable } from './due';
import { looserRows, remediationDue } from './due';
import { PolicyBook } from './policy-book';
import { remediationPolicies, remediationRows, TABLE_1 } from './table-1';

const book = new PolicyBook(remediationPolicies, remediationRows);
const inForce = (day: string) => book.at(day, 'treasury');
const TABLE = inForce('2026-12-07');

/** A vulnerability listed on July 1 and found on an exposed asset on January 10; total impact, automatable. */
const INPUTS: DueInputs = {
  exposure: 'PUBLIC',
  kevDateAdded: '2026-07-01',
  kevDueDate: '2026-07-04',
  kevForensicTriage: null,
  automatable: true,
  technicalImpact: 'TOTAL',
  clockStartedAt: '2027-01-10',
};
const UNLISTED = { kevDateAdded: null, kevDueDate: null } as const;
const dueOf = (changes: Partial<DueInputs>, policies: PoliciesInForce = TABLE) =>
  remediationDue({ ...INPUTS, ...changes }, policies);

// the last millisecond of a day in New York, in winter
const endOf = (day: string) => `${day}T04:59:59.999Z`;

const [THREE, FOURTEEN, SIXTY] = [endOf('2027-01-14'), endOf('2027-01-25'), '2027-03-12T04:59:59.999Z'];
type Case = [
  row: number,
  exposure: 'PUBLIC' | 'INTERNAL',
  inKev: boolean,
  automatable: boolean,
  impact: 'TOTAL' | 'PARTIAL',
  dueAt: string | null,
  triage: boolean,
];

test.each<Case>([
  [1, 'PUBLIC', true, true, 'TOTAL', THREE, true],
  [2, 'PUBLIC', true, true, 'PARTIAL', THREE, false],
  [3, 'PUBLIC', true, false, 'TOTAL', THREE, true],
  [4, 'PUBLIC', true, false, 'PARTIAL', FOURTEEN, false],
  [5, 'PUBLIC', false, true, 'TOTAL', THREE, false],
  [6, 'PUBLIC', false, true, 'PARTIAL', FOURTEEN, false],
  [7, 'PUBLIC', false, false, 'TOTAL', FOURTEEN, false],
  [8, 'PUBLIC', false, false, 'PARTIAL', SIXTY, false],
  [9, 'INTERNAL', true, true, 'TOTAL', THREE, true],
  [10, 'INTERNAL', true, true, 'PARTIAL', FOURTEEN, false],
  [11, 'INTERNAL', true, false, 'TOTAL', FOURTEEN, false],
  [12, 'INTERNAL', true, false, 'PARTIAL', FOURTEEN, false],
  [13, 'INTERNAL', false, true, 'TOTAL', SIXTY, false],
  [14, 'INTERNAL', false, true, 'PARTIAL', SIXTY, false],
  [15, 'INTERNAL', false, false, 'TOTAL', null, false],
  [16, 'INTERNAL', false, false, 'PARTIAL', null, false],
])(
  'dates a finding by row %i of Table 1',
  (policyRow, exposure, inKev, automatable, technicalImpact, dueAt, triage) => {
    const dueBasis = dueAt === null ? 'NONE' : 'TABLE_1_ROW';
    expect(dueOf({ exposure, automatable, technicalImpact, ...(inKev ? {} : UNLISTED) })).toEqual({
      dueAt,
      dueBasis,
      policyRow,
      triage,
    });
  },
);

test.each<[name: string, changes: Partial<DueInputs>, row: number | null, dueAt: string | null]>([
  ['outside KEV, neither value: 60 days', { ...UNLISTED, automatable: null, technicalImpact: null }, null, SIXTY],
  [
    'outside KEV, neither value, internal: 60 days',
    { ...UNLISTED, exposure: 'INTERNAL', automatable: null, technicalImpact: null },
    null,
    SIXTY,
  ],
  ['outside KEV, automation missing: row 5 before row 7', { ...UNLISTED, automatable: null }, 5, THREE],
  [
    'outside KEV, impact missing: row 7 before row 8',
    { ...UNLISTED, automatable: false, technicalImpact: null },
    7,
    FOURTEEN,
  ],
  [
    'internal, outside KEV, automation missing: row 13 before row 15',
    { ...UNLISTED, exposure: 'INTERNAL', automatable: null },
    13,
    SIXTY,
  ],
  ['in KEV, impact missing: row 1, with triage, before row 2', { technicalImpact: null }, 1, THREE],
  ['in KEV, neither value: row 1', { automatable: null, technicalImpact: null }, 1, THREE],
  [
    'in KEV, internal, neither value: row 9',
    { exposure: 'INTERNAL', automatable: null, technicalImpact: null },
    9,
    THREE,
  ],
  [
    'unknown exposure counts as public: row 4',
    { exposure: 'UNKNOWN', automatable: false, technicalImpact: 'PARTIAL' },
    4,
    FOURTEEN,
  ],
])('dates a finding with missing values: %s', (_name, changes, policyRow, dueAt) => {
  const triage = policyRow !== null && [1, 3, 9].includes(policyRow);
  expect(dueOf(changes)).toEqual({ dueAt, dueBasis: 'TABLE_1_ROW', policyRow, triage });
});

test('keeps the date of the KEV catalog until December 6, 2026, and for entries from before June 10', () => {
  const byCatalog = { dueAt: '2026-07-05T03:59:59.999Z', dueBasis: 'KEV_CATALOG', policyRow: null, triage: false };
  expect(dueOf({}, inForce('2026-12-06'))).toEqual(byCatalog);
  expect(dueOf({}, inForce('2026-06-09'))).toEqual(byCatalog);
  expect(dueOf({ kevForensicTriage: true }, inForce('2026-12-06'))).toEqual({ ...byCatalog, triage: true });
  expect(dueOf({ ...UNLISTED }, inForce('2026-12-06'))).toMatchObject({ dueAt: null, dueBasis: 'NONE' });
  expect(dueOf({ kevDateAdded: '2026-06-09' })).toEqual(byCatalog);
  expect(dueOf({ kevDateAdded: '2026-06-10' })).toMatchObject({ dueBasis: 'TABLE_1_ROW', policyRow: 1 });
  const { directive } = TABLE as { directive: PolicyTable };
  const forAll = { directive: { ...directive, kevCatalogBefore: null }, agency: null };
  expect(dueOf({ kevDateAdded: '2022-01-01' }, forAll)).toMatchObject({ dueAt: THREE, policyRow: 1 });
  expect(dueOf({}, book.at('2021-11-02', 'treasury'))).toMatchObject({ dueAt: null, dueBasis: 'NONE' });
});

test('counts calendar days to the end of the day in New York, across the change to summer time', () => {
  const fourteen = { automatable: false, technicalImpact: 'PARTIAL' } as const;
  expect(dueOf({ ...fourteen, clockStartedAt: '2027-03-01' }).dueAt).toBe('2027-03-16T03:59:59.999Z');
  expect(dueOf({ ...fourteen, clockStartedAt: '2027-10-25' }).dueAt).toBe('2027-11-09T04:59:59.999Z');
});

test('applies an agency policy where it is stricter, and never where it is looser', () => {
  const { directive } = TABLE as { directive: PolicyTable };
  const agencyWith = (days: number): PoliciesInForce => {
    const rows = directive.rows.map((row) => ({ ...row, dueInDays: row.row === 8 ? days : 30 }));
    return { directive, agency: { ...directive, basis: 'AGENCY_STRICTER', rows } };
  };
  const rowEight = { ...UNLISTED, automatable: false, technicalImpact: 'PARTIAL' } as const;
  expect(dueOf(rowEight, agencyWith(20))).toMatchObject({
    dueAt: endOf('2027-01-31'),
    dueBasis: 'AGENCY_STRICTER',
    policyRow: 8,
  });
  expect(dueOf(rowEight, agencyWith(90))).toMatchObject({ dueAt: SIXTY, dueBasis: 'TABLE_1_ROW' });
  // 30 days are later than 3, but earlier than the next upgrade
  expect(dueOf({}, agencyWith(20))).toMatchObject({ dueAt: THREE, dueBasis: 'TABLE_1_ROW', triage: true });
  const upgrade = { ...rowEight, exposure: 'INTERNAL' } as const;
  expect(dueOf(upgrade, agencyWith(20))).toMatchObject({ dueBasis: 'AGENCY_STRICTER', policyRow: 16 });
});

test('finds the rows of a policy that are looser than the directive', () => {
  const change = (row: number, changes: object) =>
    TABLE_1.map((own) => (own.row === row ? { ...own, ...changes } : own));
  expect(looserRows(TABLE_1, TABLE_1)).toEqual([]);
  expect(looserRows(change(4, { dueInDays: 10 }), TABLE_1)).toEqual([]);
  expect(looserRows(change(4, { dueInDays: 15 }), TABLE_1)).toEqual([4]);
  expect(looserRows(change(4, { dueInDays: null }), TABLE_1)).toEqual([4]);
  expect(looserRows(change(15, { dueInDays: 60 }), TABLE_1)).toEqual([]);
  expect(looserRows(change(9, { forensicTriage: false }), TABLE_1)).toEqual([9]);
});
