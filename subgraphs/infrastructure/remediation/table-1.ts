import { stableId } from '#kit/ids';
import type { TimelineRow } from './due';
import type { RemediationPolicy, RemediationRow } from './remediation-policy';

/** Days of Table 1 for total and partial impact, by exposure, KEV listing and automation; null to fix with the next upgrade. */
const TIMELINES: readonly (readonly [
  exposed: boolean,
  inKev: boolean,
  automatable: boolean,
  total: number | null,
  partial: number | null,
])[] = [
  [true, true, true, 3, 3],
  [true, true, false, 3, 14],
  [true, false, true, 3, 14],
  [true, false, false, 14, 60],
  [false, true, true, 3, 14],
  [false, true, false, 14, 14],
  [false, false, true, 60, 60],
  [false, false, false, null, null],
];

/** Table 1 of BOD 26-04. Forensic triage: in KEV, total impact, and exposed or automatable. */
export const TABLE_1: readonly TimelineRow[] = TIMELINES.flatMap(
  ([publiclyExposed, inKev, automatable, total, partial], place): TimelineRow[] => {
    const facts = { publiclyExposed, inKev, automatable };
    const forensicTriage = inKev && (publiclyExposed || automatable);
    return [
      { ...facts, row: 2 * place + 1, technicalImpact: 'TOTAL', dueInDays: total, forensicTriage },
      { ...facts, row: 2 * place + 2, technicalImpact: 'PARTIAL', dueInDays: partial, forensicTriage: false },
    ];
  },
);

/** Rows of a policy, as stored. */
export const rowsOf = (policyId: string, rows: readonly TimelineRow[], exercise = false): Partial<RemediationRow>[] =>
  rows.map((row) => ({ ...row, id: stableId('rrw', policyId, row.row), policyId, exercise }));

/** Day on which Table 1 takes effect. */
export const TABLE_1_FROM = '2026-12-07';
const TABLE_1_POLICY = `BOD 26-04/${TABLE_1_FROM}`;

const ofCatalog = (directiveId: string, effectiveFrom: string): Partial<RemediationPolicy> => ({
  id: `${directiveId}/${effectiveFrom}`,
  directiveId,
  agencyKey: null,
  title: `Due dates of the KEV catalog, under ${directiveId}`,
  basis: 'KEV_CATALOG',
  effectiveFrom,
  unratedDays: null,
  kevCatalogBefore: null,
  exercise: false,
});

/** Policies of the directives. CISA reviews the timelines once per fiscal year; each change becomes a new policy. */
export const remediationPolicies: readonly Partial<RemediationPolicy>[] = [
  ofCatalog('BOD 22-01', '2021-11-03'),
  ofCatalog('BOD 26-04', '2026-06-10'),
  {
    ...ofCatalog('BOD 26-04', TABLE_1_FROM),
    title: 'Table 1 of BOD 26-04',
    basis: 'TABLE_1',
    unratedDays: 60,
    // no source says how earlier entries count: CISA left their due dates unchanged
    kevCatalogBefore: '2026-06-10',
  },
];

export const remediationRows: readonly Partial<RemediationRow>[] = rowsOf(TABLE_1_POLICY, TABLE_1);
