import { civilDate } from '#base/civil';
import type { AssetExposure } from '../system/inventory-item';
import type { TechnicalImpact, Vulnerability } from '../vulnerability/vulnerability';
import type { VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { type Due, type DueInputs, remediationDue } from './due';
import type { DueChangeCause, FindingDueChange } from './finding-due-change';
import { type ForensicTriage, triageIdOf } from './forensic-triage';
import type { PolicyBook } from './policy-book';

/** Facts about the asset and the vulnerability of a finding. */
export interface Facts {
  /** Null if no asset is recorded. */
  readonly exposure: AssetExposure | null;
  /** Null for a vulnerability that the KEV catalog does not list now. */
  readonly kevDateAdded: string | null;
  readonly kevDueDate: string | null;
  readonly kevForensicTriage: boolean | null;
  readonly automatable: boolean | null;
  readonly technicalImpact: TechnicalImpact | null;
}

/** Facts of a finding of a vulnerability. @param exposure of the asset; null if none is recorded */
export function factsOf(vulnerability: Vulnerability, exposure: AssetExposure | null): Facts {
  const { kevForensicTriage, automatable, technicalImpact } = vulnerability;
  const listing = vulnerability.kevRemovedOn === null ? vulnerability : { kevDateAdded: null, kevDueDate: null };
  const { kevDateAdded, kevDueDate } = listing;
  return { exposure, kevDateAdded, kevDueDate, kevForensicTriage, automatable, technicalImpact };
}

/** The deadline of a finding at an instant, with the inputs that it follows from. */
export interface Evaluation {
  readonly at: string;
  readonly inputs: DueInputs;
  readonly due: Due;
}

type Clocked = Pick<VulnerabilityFinding, 'agencyKey' | 'detectedAt'> & { readonly clockStartedAt?: string | null };

/** Computes the deadline of a finding by the policies in force at an instant. A start of the clock stays once it is set. */
export function evaluate(finding: Clocked, facts: Facts, policies: PolicyBook, at: string): Evaluation {
  const { exposure, ...published } = facts;
  const starts = [civilDate(finding.detectedAt), facts.kevDateAdded, finding.clockStartedAt];
  const clockStartedAt = starts.filter((day) => day != null).reduce((a, b) => (a < b ? a : b));
  const inputs: DueInputs = { ...published, exposure: exposure ?? 'UNKNOWN', clockStartedAt };
  return { at, inputs, due: remediationDue(inputs, policies.at(civilDate(at), finding.agencyKey)) };
}

/** Columns of a finding that an evaluation sets. */
export function dueColumns({ at, inputs, due }: Evaluation) {
  const { dueAt, dueBasis, policyRow } = due;
  return { clockStartedAt: inputs.clockStartedAt, dueAt, dueBasis, policyRow, dueComputedAt: at };
}

type Dated = Pick<VulnerabilityFinding, 'id' | 'agencyKey' | 'exercise'>;

/** Deadline of a finding before a change. */
export type Before = Pick<VulnerabilityFinding, 'dueAt' | 'policyRow'>;

/** The entry of the log for an evaluation. @param before null for a new finding */
export function dueChange(
  finding: Dated,
  before: Before | null,
  { at, inputs, due }: Evaluation,
  entry: { readonly id: string; readonly sequence: number; readonly cause: DueChangeCause },
): Partial<FindingDueChange> {
  return {
    ...entry,
    ...inputs,
    findingId: finding.id,
    agencyKey: finding.agencyKey,
    at,
    oldRow: before?.policyRow ?? null,
    newRow: due.policyRow,
    oldDueAt: before?.dueAt ?? null,
    newDueAt: due.dueAt,
    newBasis: due.dueBasis,
    triage: due.triage,
    exercise: finding.exercise,
  };
}

/** The triage that a finding requires, not started. */
export function dueTriage(finding: Dated, requiredAt: string): Partial<ForensicTriage> {
  return {
    id: triageIdOf(finding.id),
    findingId: finding.id,
    agencyKey: finding.agencyKey,
    status: 'DUE',
    outcome: null,
    requiredAt,
    scopedAt: null,
    evidenceAt: null,
    decidedAt: null,
    evidenceSha256: null,
    revision: 1,
    exercise: finding.exercise,
  };
}
