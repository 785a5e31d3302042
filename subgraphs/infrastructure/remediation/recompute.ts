import { civilDate, startOfDay } from '#base/civil';
import { SubjectTimelines } from '#domain/timeline';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { systemWork, type Work } from '#kit/mutation/work';
import type { ScheduledTask } from '#kit/subgraph/schedule';
import type { AssetExposure } from '../system/inventory-item';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import type { TechnicalImpact } from '../vulnerability/vulnerability';
import { ACTIVE_SQL, openKeyOf, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';
import { dueChange, dueColumns, dueTriage, type Evaluation, evaluate, type Facts } from './evaluation';
import { type DueChangeCause, FindingDueChange } from './finding-due-change';
import { ForensicTriage } from './forensic-triage';
import { PolicyBook } from './policy-book';

/** Findings whose deadlines to compute again: those that meet all conditions and are active. */
export interface DueFilter {
  readonly findings?: readonly string[];
  readonly items?: readonly string[];
  readonly systems?: readonly string[];
  readonly cves?: readonly string[];
}

/** Findings that one page of statements covers. */
const PAGE = 1_000;
/** Keys of a filter that one statement takes. */
const KEYS = 2_000;

/**
 * Computes the deadlines of active findings again, and logs each that changes. Reads and writes by page, with a bounded number of
 * statements for each. Call it in the transaction that changed a tag, SSVC values, or the KEV catalog.
 * @returns the number of changed findings
 */
export async function recomputeDueDates(work: Work, filter: DueFilter, cause: DueChangeCause): Promise<number> {
  const policies = await PolicyBook.read(work.database);
  let changed = 0;
  for (const condition of conditionsOf(filter)) {
    let after = '';
    for (;;) {
      const keys = await lockPage(work.database, condition, after);
      if (keys.length > 0) changed += await recomputePage(work, keys, policies, cause);
      if (keys.length < PAGE) break;
      after = keys.at(-1)!;
    }
  }
  return changed;
}

interface Condition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** The filter as SQL conditions on a finding `f`, each with a bounded number of keys. */
function conditionsOf({ findings, items, systems, cves }: DueFilter): Condition[] {
  const columns = { id: findings, item_id: items, system_id: systems, cve_id: cves };
  const lists = Object.entries(columns).filter((entry): entry is [string, readonly string[]] => entry[1] !== undefined);
  return lists.reduce<Condition[]>(
    (conditions, [column, keys]) =>
      conditions.flatMap(({ sql, parameters }) =>
        chunks([...new Set(keys)], KEYS).map((chunk) => ({
          sql: `${sql} AND f.${column} IN (${marks(chunk)})`,
          parameters: [...parameters, ...chunk],
        })),
      ),
    [{ sql: `f.status IN (${ACTIVE_SQL})`, parameters: [] }],
  );
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  const result: Item[][] = [];
  for (let start = 0; start < items.length; start += size) result.push(items.slice(start, start + size));
  return result;
}

/** Locks the page of findings after a key. @returns their keys */
async function lockPage(database: Database, { sql, parameters }: Condition, after: string): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `SELECT f.id AS id FROM vulnerability_finding f WHERE ${sql} AND f.id > ? ORDER BY f.id LIMIT ${PAGE} ${database.dialect.forUpdate}`,
    [...parameters, after],
  );
  return rows.map(({ id }) => id);
}

/** A stored finding with the facts that decide its deadline, and the length of its log. */
interface Dossier {
  readonly finding: VulnerabilityFinding;
  readonly facts: Facts;
  readonly sequence: number;
  /** Whether its last evaluation required triage. */
  readonly triage: boolean;
}

interface FactRow extends Record<string, unknown> {
  readonly itemExposure: AssetExposure | null;
  readonly kevAdded: string | null;
  readonly kevDue: string | null;
  readonly kevTriage: number | null;
  readonly ssvcAutomatable: number | null;
  readonly ssvcImpact: TechnicalImpact | null;
  readonly lastSequence: number | null;
  readonly lastTriage: number | null;
}

async function readDossiers(database: Database, keys: readonly string[]): Promise<Dossier[]> {
  const rows = await database.query<FactRow>(
    `SELECT ${database.selection(VulnerabilityFinding, 'f')}, i.exposure AS itemExposure,
            CASE WHEN v.kev_removed_on IS NULL THEN v.kev_date_added END AS kevAdded,
            CASE WHEN v.kev_removed_on IS NULL THEN v.kev_due_date END AS kevDue,
            v.kev_forensic_triage AS kevTriage, v.automatable AS ssvcAutomatable, v.technical_impact AS ssvcImpact,
            c.sequence AS lastSequence, c.triage AS lastTriage
     FROM vulnerability_finding f
     JOIN vulnerability v ON v.cve_id = f.cve_id
     LEFT JOIN inventory_item i ON i.id = f.item_id
     LEFT JOIN finding_due_change c ON c.finding_id = f.id
       AND c.sequence = (SELECT MAX(d.sequence) FROM finding_due_change d WHERE d.finding_id = f.id)
     WHERE f.id IN (${marks(keys)}) ORDER BY f.id`,
    keys,
  );
  return rows.map((row) => ({
    finding: database.hydrate(VulnerabilityFinding, row),
    facts: {
      exposure: row.itemExposure,
      kevDateAdded: row.kevAdded,
      kevDueDate: row.kevDue,
      kevForensicTriage: booleanOf(row.kevTriage),
      automatable: booleanOf(row.ssvcAutomatable),
      technicalImpact: row.ssvcImpact,
    },
    sequence: Number(row.lastSequence ?? 0),
    triage: booleanOf(row.lastTriage) ?? false,
  }));
}

const booleanOf = (stored: number | null): boolean | null => (stored === null ? null : Boolean(stored));

async function recomputePage(
  work: Work,
  keys: readonly string[],
  policies: PolicyBook,
  cause: DueChangeCause,
): Promise<number> {
  const { database, now } = work;
  const changes = (await readDossiers(database, keys))
    .map((dossier) => ({ ...dossier, evaluation: evaluate(dossier.finding, dossier.facts, policies, now) }))
    .filter(isChange);
  await database.updateWhere(VulnerabilityFinding, { dueComputedAt: now }, `id IN (${marks(keys)})`, keys);
  if (changes.length === 0) return 0;
  await database.upsert(
    VulnerabilityFinding,
    changes.map(({ finding, evaluation }) => ({
      ...finding,
      ...dueColumns(evaluation),
      revision: finding.revision + 1,
    })),
  );
  await database.insert(
    FindingDueChange,
    changes.map(({ finding, sequence, evaluation }) =>
      dueChange(finding, finding, evaluation, { id: work.newId('fdc'), sequence: sequence + 1, cause }),
    ),
  );
  await moveTriages(database, changes);
  return changes.length;
}

interface Change extends Dossier {
  readonly evaluation: Evaluation;
}

/** Whether an evaluation differs from the last one; a finding of an earlier release had none. */
function isChange({ finding, sequence, triage, evaluation: { due, inputs } }: Change): boolean {
  return (
    sequence === 0 ||
    due.dueAt !== finding.dueAt ||
    due.policyRow !== finding.policyRow ||
    due.dueBasis !== finding.dueBasis ||
    inputs.clockStartedAt !== finding.clockStartedAt ||
    due.triage !== triage
  );
}

/** Starts triages that are required now, and removes those that are not, unless work on them has begun. */
async function moveTriages(database: Database, changes: readonly Change[]): Promise<void> {
  const required = changes.filter(({ evaluation, triage }) => evaluation.due.triage && !triage);
  const stored = new Set(
    (
      await database.findBy(
        ForensicTriage,
        'findingId',
        required.map(({ finding }) => finding.id),
      )
    ).map(({ findingId }) => findingId),
  );
  await database.insert(
    ForensicTriage,
    required
      .filter(({ finding }) => !stored.has(finding.id))
      .map(({ finding, evaluation }) => dueTriage(finding, evaluation.at)),
  );
  const dropped = changes.filter(({ evaluation, triage }) => !evaluation.due.triage && triage);
  if (dropped.length === 0) return;
  const keys = dropped.map(({ finding }) => finding.id);
  await database.query(`DELETE FROM forensic_triage WHERE status = 'DUE' AND finding_id IN (${marks(keys)})`, keys);
}

/** A finding to insert, with the facts that decide its deadline. */
export interface NewFinding {
  readonly finding: Partial<VulnerabilityFinding> &
    Pick<VulnerabilityFinding, 'id' | 'systemId' | 'cveId' | 'agencyKey' | 'detectedAt' | 'exercise'>;
  readonly facts: Facts;
}

/** A new finding with its deadline. */
export interface EvaluatedFinding extends Pick<NewFinding, 'finding'> {
  readonly evaluation: Evaluation;
}

/** Computes the deadline of a new finding. */
export const evaluateNew = ({ now }: Work, policies: PolicyBook, { finding, facts }: NewFinding): EvaluatedFinding => ({
  finding,
  evaluation: evaluate(finding, facts, policies, now),
});

/** Columns of a new finding. */
export const newFindingColumns = ({ finding, evaluation }: EvaluatedFinding) => ({
  ...finding,
  ...dueColumns(evaluation),
  openKey: openKeyOf(finding),
});

/**
 * Inserts findings that the system raises, with their deadlines, the first entries of their logs and timelines, and the triages that they
 * require.
 */
export async function insertFindings(work: Work, policies: PolicyBook, findings: readonly NewFinding[]): Promise<void> {
  const evaluated = findings.map((finding) => evaluateNew(work, policies, finding));
  await work.database.insert(VulnerabilityFinding, evaluated.map(newFindingColumns));
  await startLogs(work, evaluated);
  const timelines = await SubjectTimelines.open(work, InfrastructureEvent, []);
  for (const { id, agencyKey, exercise, status, method } of findings.map(({ finding }) => finding))
    timelines.add({ type: 'FINDING', id, agencyKey, exercise }, work.now, {
      kind: 'FINDING_SUSPECTED',
      actor: 'SYSTEM',
      toState: status,
      detail: method,
    });
  await timelines.save();
}

/** Inserts the first entries of the logs of new findings, and the triages that they require. */
export async function startLogs(work: Work, evaluated: readonly EvaluatedFinding[]): Promise<void> {
  await work.database.insert(
    FindingDueChange,
    evaluated.map(({ finding, evaluation }) =>
      dueChange(finding, null, evaluation, { id: work.newId('fdc'), sequence: 1, cause: 'DETECTED' }),
    ),
  );
  await work.database.insert(
    ForensicTriage,
    evaluated
      .filter(({ evaluation }) => evaluation.due.triage)
      .map(({ finding, evaluation }) => dueTriage(finding, evaluation.at)),
  );
}

/** Findings that one transaction of the task covers. */
const TASK_BATCH = 5_000;

/** Applies policies that have come into force to active findings, and computes deadlines of findings of earlier releases. */
export const applyRemediationPolicies: ScheduledTask = {
  name: 'apply remediation policies',
  async run(database, clock) {
    const policies = await PolicyBook.read(database);
    const start = policies.startsUntil(civilDate(clock.now())).at(-1);
    if (start === undefined) return 0;
    let processed = 0;
    for (;;) {
      const rows = await database.query<{ id: string }>(
        `SELECT id FROM vulnerability_finding WHERE status IN (${ACTIVE_SQL}) AND (due_computed_at IS NULL OR due_computed_at < ?)
         ORDER BY id LIMIT ${TASK_BATCH}`,
        [startOfDay(start)],
      );
      if (rows.length === 0) return processed;
      const findings = rows.map(({ id }) => id);
      await systemWork(database, clock, (work) => recomputeDueDates(work, { findings }, 'POLICY'));
      processed += rows.length;
    }
  },
};
