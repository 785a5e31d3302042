import { createHash } from 'node:crypto';
import { addDays, civilDate, startOfDay } from '#base/civil';
import type { Random } from '#domain/exercise/random';
import { after, type ExerciseRows, type ExerciseWorld, earliest, randomOf, rows } from '#domain/exercise/story';
import { stableId } from '#kit/ids';
import { dueChange, dueColumns, dueTriage, type Evaluation, evaluate, type Facts } from '../remediation/evaluation';
import { FindingDueChange } from '../remediation/finding-due-change';
import { ForensicTriage } from '../remediation/forensic-triage';
import { PolicyBook } from '../remediation/policy-book';
import { RemediationPolicy, RemediationRow } from '../remediation/remediation-policy';
import { remediationPolicies, remediationRows, rowsOf, TABLE_1, TABLE_1_FROM } from '../remediation/table-1';
import type { InventoryItem } from '../system/inventory-item';
import type { Vulnerability } from '../vulnerability/vulnerability';
import { ENDED, openKeyOf, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { exerciseRisks } from './risks';

/** What a finding takes from its vulnerability. */
export type ExerciseVulnerability = Omit<Facts, 'exposure'> & Pick<Vulnerability, 'cveId' | 'vendorName' | 'product'>;

/** An invented finding without its deadline. */
export interface ExerciseFinding {
  readonly finding: Pick<
    VulnerabilityFinding,
    | 'id'
    | 'systemId'
    | 'agencyKey'
    | 'cveId'
    | 'itemId'
    | 'matchRuleId'
    | 'detectedAt'
    | 'status'
    | 'remediatedAt'
    | 'method'
    | 'reopensId'
    | 'revision'
    | 'exercise'
  > &
    Partial<Pick<VulnerabilityFinding, 'confirmedAt'>>;
  readonly item: Partial<InventoryItem>;
  readonly vulnerability: ExerciseVulnerability;
}

/** An agency that remediates within 10 days where the directive allows 14. */
const STRICTER_AGENCY = 'gsa';
const STRICTER_ID = `${STRICTER_AGENCY.toUpperCase()}/${TABLE_1_FROM}`;
const stricterPolicy: Partial<RemediationPolicy> = {
  id: STRICTER_ID,
  directiveId: null,
  agencyKey: STRICTER_AGENCY,
  title: 'Ten days in place of fourteen (exercise)',
  basis: 'AGENCY_STRICTER',
  effectiveFrom: TABLE_1_FROM,
  unratedDays: 60,
  kevCatalogBefore: '2026-06-10',
  exercise: true,
};
const stricterRows = rowsOf(
  STRICTER_ID,
  TABLE_1.map((row) => ({ ...row, dueInDays: row.dueInDays === 14 ? 10 : row.dueInDays })),
  true,
);

/** Deadlines of invented findings, with their logs and triages. */
export class ExerciseRemediation {
  private readonly policies = new PolicyBook(
    [...remediationPolicies, stricterPolicy],
    [...remediationRows, ...stricterRows],
  );
  private readonly findings: Partial<VulnerabilityFinding>[] = [];
  private readonly changes: Partial<FindingDueChange>[] = [];
  private readonly triages: Partial<ForensicTriage>[] = [];

  constructor(private readonly world: ExerciseWorld) {}

  find(findings: readonly ExerciseFinding[]): void {
    for (const finding of findings) this.add(finding);
  }

  rows(): ExerciseRows[] {
    return [
      ...exerciseRisks(this.world, this.findings),
      rows(RemediationPolicy, [stricterPolicy]),
      rows(RemediationRow, stricterRows),
      rows(VulnerabilityFinding, this.findings),
      rows(FindingDueChange, this.changes),
      rows(ForensicTriage, this.triages),
    ];
  }

  private add({ finding, item, vulnerability }: ExerciseFinding): void {
    const { kevDateAdded, kevDueDate, kevForensicTriage, automatable, technicalImpact } = vulnerability;
    const facts = { kevDateAdded, kevDueDate, kevForensicTriage, automatable, technicalImpact };
    const history = this.instantsOf(finding).map((at) =>
      evaluate(finding, { ...facts, exposure: item.exposure! }, this.policies, at),
    );
    const changes = history.filter((evaluation, place) => place === 0 || isChange(history[place - 1]!, evaluation));
    this.findings.push({ ...finding, ...dueColumns(history.at(-1)!), ...this.handlingOf(finding) });
    changes.forEach((evaluation, place) => {
      const before = place === 0 ? null : dueColumns(changes[place - 1]!);
      const entry = {
        id: stableId('fdc', finding.id, place + 1),
        sequence: place + 1,
        cause: place === 0 ? 'DETECTED' : 'POLICY',
      } as const;
      this.changes.push(dueChange(finding, before, evaluation, entry));
    });
    const required = changes.find(({ due }) => due.triage);
    if (required && changes.at(-1)!.due.triage) this.triages.push(this.triageOf(finding, required));
  }

  /** Detection, and each later day on which a policy took effect while the finding was active. */
  private instantsOf(finding: ExerciseFinding['finding']): string[] {
    const { asOf } = this.world;
    const isActive = ['SUSPECTED', 'OPEN', 'IN_REMEDIATION', 'MITIGATED'].includes(finding.status);
    const end = finding.remediatedAt ?? (isActive ? asOf : finding.detectedAt);
    const starts = this.policies.startsUntil(civilDate(asOf)).map((day) => startOfDay(day));
    return [finding.detectedAt, ...starts.filter((start) => start > finding.detectedAt && start <= end)];
  }

  /** How a finding was mitigated, remediated, and verified. */
  private handlingOf(finding: ExerciseFinding['finding']): Partial<VulnerabilityFinding> {
    const { asOf } = this.world;
    const { status, remediatedAt } = finding;
    const random = randomOf(this.world, `handling ${finding.id}`);
    const [days, method, scan] = [random.integer(10, 90), random.weighted(METHODS), random.next()];
    const isMitigated = status === 'MITIGATED';
    return {
      mitigation: isMitigated ? 'Access to the service is restricted (exercise).' : null,
      mitigationEvidence: isMitigated ? createHash('sha256').update(finding.id).digest('hex') : null,
      mitigationReviewOn: isMitigated ? addDays(civilDate(asOf), days) : null,
      satisfiesAction: false,
      remediationMethod: remediatedAt === null ? null : method,
      verifiedAt: status === 'VERIFIED' ? earliest(after(remediatedAt!, 0.1 + 5 * scan), asOf) : null,
      remediatorKey: null,
      openKey: ENDED.includes(status) ? null : openKeyOf(finding),
      acceptanceId: null,
      poamItemId: null,
    };
  }

  private triageOf(finding: ExerciseFinding['finding'], { at }: Evaluation): Partial<ForensicTriage> {
    const random = randomOf(this.world, `triage ${finding.id}`);
    const steps = stepsAfter(at, random).map((time) =>
      time <= this.world.asOf && finding.status !== 'SUSPECTED' ? time : null,
    );
    const [scopedAt = null, evidenceAt = null, decidedAt = null] = steps;
    const outcome = random.weighted({ NO_EVIDENCE: 8, SUSPECTED: 1, CONFIRMED: 1 });
    return {
      ...dueTriage(finding as VulnerabilityFinding, at),
      status: decidedAt ? 'DECIDED' : evidenceAt ? 'EVIDENCE_PRESERVED' : scopedAt ? 'SCOPED' : 'DUE',
      outcome: decidedAt ? outcome : null,
      scopedAt,
      evidenceAt,
      decidedAt,
      evidenceSha256: evidenceAt ? createHash('sha256').update(finding.id).digest('hex') : null,
    };
  }
}

const METHODS = { UPDATED: 7, RECONFIGURED: 2, REMOVED: 1 };

/** Times of the steps of a triage, most of them within their targets. */
function stepsAfter(requiredAt: string, random: Random): string[] {
  const hours = [0.5 + 2 * random.next(), 6 + 20 * random.next(), 30 + 48 * random.next()];
  return hours.map((hour) => after(requiredAt, hour / 24));
}

const isChange = (before: Evaluation, { due, inputs }: Evaluation): boolean =>
  JSON.stringify([before.due, before.inputs.clockStartedAt]) !== JSON.stringify([due, inputs.clockStartedAt]);
