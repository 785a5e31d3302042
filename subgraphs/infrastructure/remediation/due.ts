import { addDays, endOfDay } from '#base/civil';
import type { TechnicalImpact } from '../vulnerability/vulnerability';
import type { DueBasis, PolicyBasis } from './remediation-policy';

/** Facts that decide when a finding is due. */
export interface DueInputs {
  /** Whether the asset is reachable from public networks. Anything but INTERNAL counts as exposed. */
  readonly exposure: 'PUBLIC' | 'INTERNAL' | 'UNKNOWN';
  /** Day of the KEV listing. Null for a vulnerability that the catalog does not list now. */
  readonly kevDateAdded: string | null;
  readonly kevDueDate: string | null;
  readonly kevForensicTriage: boolean | null;
  /** SSVC values. Null if not published. */
  readonly automatable: boolean | null;
  readonly technicalImpact: TechnicalImpact | null;
  /** Civil day from which days are counted. */
  readonly clockStartedAt: string;
}

/** One row of a table of timelines. */
export interface TimelineRow {
  readonly row: number;
  readonly publiclyExposed: boolean;
  readonly inKev: boolean;
  readonly automatable: boolean;
  readonly technicalImpact: TechnicalImpact;
  /** Calendar days; null to fix with the next upgrade of the system. */
  readonly dueInDays: number | null;
  readonly forensicTriage: boolean;
}

/** A policy with its table. */
export interface PolicyTable {
  readonly basis: PolicyBasis;
  readonly rows: readonly TimelineRow[];
  /** Days for a vulnerability outside KEV without any SSVC value. Null to use the strictest row. */
  readonly unratedDays: number | null;
  /** Entries added to KEV before this day keep the catalog's due date. Null if none do. */
  readonly kevCatalogBefore: string | null;
}

/** Policies in force for a finding: that of the directive, and a stricter one of the agency. */
export interface PoliciesInForce {
  readonly directive: PolicyTable | null;
  readonly agency: PolicyTable | null;
}

/** When a finding is due, and why. */
export interface Due {
  /** End of the due day in the official zone. Null if there is no deadline. */
  readonly dueAt: string | null;
  readonly dueBasis: DueBasis;
  readonly policyRow: number | null;
  /** Whether forensic triage is required. */
  readonly triage: boolean;
}

const NO_DEADLINE: Due = { dueAt: null, dueBasis: 'NONE', policyRow: null, triage: false };

/**
 * Computes the deadline of a finding. The earlier deadline of the two policies applies, so an agency cannot loosen a directive.
 * Source: BOD 26-04, Table 1. Missing values: without any SSVC value outside KEV, `unratedDays`; otherwise the strictest row that the known
 * values allow.
 */
export function remediationDue(inputs: DueInputs, { directive, agency }: PoliciesInForce): Due {
  const required = directive ? dueBy(inputs, directive) : NO_DEADLINE;
  const stricter = agency ? dueBy(inputs, agency) : NO_DEADLINE;
  const triage = required.triage || stricter.triage;
  const isStricter = stricter.dueAt !== null && (required.dueAt === null || stricter.dueAt < required.dueAt);
  return isStricter ? { ...stricter, dueBasis: 'AGENCY_STRICTER', triage } : { ...required, triage };
}

function dueBy(inputs: DueInputs, policy: PolicyTable): Due {
  const { kevDateAdded, automatable, technicalImpact, clockStartedAt } = inputs;
  if (policy.basis === 'KEV_CATALOG' || isEarlierEntry(inputs, policy)) return dueByCatalog(inputs);
  if (kevDateAdded === null && automatable === null && technicalImpact === null && policy.unratedDays !== null)
    return { ...dueAfter(clockStartedAt, policy.unratedDays), policyRow: null, triage: false };
  const row = strictestRow(inputs, policy.rows);
  if (!row) return NO_DEADLINE;
  return { ...dueAfter(clockStartedAt, row.dueInDays), policyRow: row.row, triage: row.forensicTriage };
}

const isEarlierEntry = ({ kevDateAdded }: DueInputs, { kevCatalogBefore }: PolicyTable): boolean =>
  kevDateAdded !== null && kevCatalogBefore !== null && kevDateAdded < kevCatalogBefore;

function dueByCatalog({ kevDateAdded, kevDueDate, kevForensicTriage }: DueInputs): Due {
  if (kevDateAdded === null || kevDueDate === null) return NO_DEADLINE;
  return {
    dueAt: endOfDay(kevDueDate),
    dueBasis: 'KEV_CATALOG',
    policyRow: null,
    triage: kevForensicTriage === true,
  };
}

const dueAfter = (start: string, days: number | null): Pick<Due, 'dueAt' | 'dueBasis'> =>
  days === null
    ? { dueAt: null, dueBasis: 'NONE' }
    : { dueAt: endOfDay(addDays(start, days)), dueBasis: 'TABLE_1_ROW' };

/** The strictest of the rows that the known values allow. */
function strictestRow(inputs: DueInputs, rows: readonly TimelineRow[]): TimelineRow | undefined {
  const allows = <Value>(known: Value | null, value: Value) => known === null || known === value;
  return rows
    .filter(
      (row) =>
        row.publiclyExposed === (inputs.exposure !== 'INTERNAL') &&
        row.inKev === (inputs.kevDateAdded !== null) &&
        allows(inputs.automatable, row.automatable) &&
        allows(inputs.technicalImpact, row.technicalImpact),
    )
    .toSorted((a, b) => daysOf(a) - daysOf(b) || Number(b.forensicTriage) - Number(a.forensicTriage) || a.row - b.row)
    .at(0);
}

const daysOf = ({ dueInDays }: TimelineRow): number => dueInDays ?? Number.POSITIVE_INFINITY;

/** Numbers of rows that allow more time than the same row of another table, or drop its forensic triage. An agency may adopt none. */
export function looserRows(rows: readonly TimelineRow[], than: readonly TimelineRow[]): number[] {
  const byNumber = new Map(than.map((row) => [row.row, row]));
  return rows
    .filter((row) => {
      const other = byNumber.get(row.row);
      return other && (daysOf(row) > daysOf(other) || (other.forensicTriage && !row.forensicTriage));
    })
    .map(({ row }) => row);
}
