import { SubjectTimelines } from '#domain/timeline';
import type { Work } from '#kit/mutation/work';
import { InfrastructureEvent, InfrastructureSubject } from '../timeline/infrastructure-event';
import { ACTIVE_SQL, VulnerabilityFinding } from '../vulnerability/vulnerability-finding';

/** Findings that one page of statements covers. */
const PAGE = 1_000;

interface ActiveFinding extends Record<string, unknown> {
  readonly id: string;
  readonly agencyKey: string;
  readonly status: string;
  readonly exercise: number;
}

/**
 * Ends the active findings of a system that is retired, suspected ones too, so that none can be opened on it later (P7). The caller holds
 * the lock of the system.
 * @param at time of the retirement @returns the number of findings
 */
export async function retireFindings(work: Work, systemId: string, at: string): Promise<number> {
  const { database } = work;
  let retired = 0;
  for (;;) {
    const findings = await database.query<ActiveFinding>(
      `SELECT id, agency_key AS agencyKey, status, exercise FROM vulnerability_finding
       WHERE system_id = ? AND status IN (${ACTIVE_SQL}) ORDER BY id LIMIT ${PAGE} ${database.dialect.forUpdate}`,
      [systemId],
    );
    if (findings.length === 0) return retired;
    const keys = findings.map(({ id }) => id);
    const table = database.table(VulnerabilityFinding);
    await database.query(
      `UPDATE ${table} SET status = 'SYSTEM_RETIRED', version = version + 1 WHERE id IN (${keys.map(() => '?').join(', ')})`,
      keys,
    );
    await noteRetirement(work, findings, at);
    retired += findings.length;
  }
}

/** Adds the retirement to the timelines of findings, where findings have them. */
async function noteRetirement(work: Work, findings: readonly ActiveFinding[], at: string): Promise<void> {
  if (!('FINDING' in InfrastructureSubject)) return;
  const timelines = await SubjectTimelines.open(
    work,
    InfrastructureEvent,
    findings.map(({ id }) => id),
  );
  for (const { id, agencyKey, status, exercise } of findings) {
    const subject = { type: 'FINDING', id, agencyKey, exercise: Boolean(exercise) };
    const states = { fromState: status, toState: 'SYSTEM_RETIRED' };
    timelines.add(subject, timelines.after(id, at), { kind: 'SYSTEM_RETIRED', actor: 'SYSTEM', ...states });
  }
  await timelines.save();
}
