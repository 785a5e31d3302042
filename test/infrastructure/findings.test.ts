import { civilDate, endOfDay } from '#base/civil';
import { systemWork } from '#kit/mutation/work';
import { remediationDue } from '../../subgraphs/infrastructure/remediation/due';
import { FindingDueChange } from '../../subgraphs/infrastructure/remediation/finding-due-change';
import { PolicyBook } from '../../subgraphs/infrastructure/remediation/policy-book';
import { lateStepsOf } from '../../subgraphs/infrastructure/remediation/triage-targets';
import { retireFindings } from '../../subgraphs/infrastructure/vulnerability/findings';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import {
  addItems,
  addSystem,
  addVulnerabilities,
  ciso,
  VULNERABILITY_FINDING as FINDING,
  SHA256,
  TRIAGE,
} from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const OFFICER = ciso('nsa');
const SECOND = ciso('nsa', 'officer-2');
const SYSTEM = { id: 'sys_nsa', agencyKey: 'nsa' };
const MITIGABLE = 'CVE-2026-20001';
const PATCHABLE = 'CVE-2026-20002';
const UNLISTED = 'CVE-2026-20003';
const UNLISTED_TOO = 'CVE-2026-20004';
const RESULTS = 'changed added refused results { status code inputPath key finding { id revision status } }';

describe.each(databaseKinds)('vulnerability findings on %s', (kind) => {
  let graph: Framework;
  let items = 0;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    await addSystem(graph, SYSTEM.id, 'nsa');
    await addSystem(graph, 'sys_hhs', 'hhs');
    await addVulnerabilities(graph, [
      { cveId: MITIGABLE, requiredAction: 'Apply mitigations per vendor instructions.', kevForensicTriage: true },
      { cveId: PATCHABLE },
      ...[UNLISTED, UNLISTED_TOO].map((cveId) => ({
        ...{ cveId, requiredAction: null, kevDateAdded: null, kevDueDate: null },
      })),
    ]);
  });
  afterAll(() => graph.close());

  const newItem = async (): Promise<string> => {
    items += 1;
    const id = `inv_${items}`;
    await addItems(graph, [id], SYSTEM);
    return id;
  };
  const report = async (change: Record<string, unknown> = {}): Promise<Record<string, unknown>> => ({
    ...{ system: SYSTEM.id, vulnerability: PATCHABLE, item: await newItem(), detectedAt: graph.inDays(-1) },
    ...{ method: 'authenticated scan', ...change },
  });
  const reported = async (change: Record<string, unknown> = {}): Promise<Loose> =>
    graph.perform(OFFICER, 'reportFinding', await report(change), FINDING);
  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const move = (caller: string, mutation: string, finding: Loose, input: object = {}): Promise<Loose> =>
    graph.perform(caller, mutation, { ...target(finding), ...input }, FINDING);
  const refused = (caller: string, mutation: string, finding: Loose, input: object = {}) =>
    graph.refused(caller, mutation, { ...target(finding), ...input });
  const shown = async (id: string, fields: string): Promise<Loose> => {
    const { data } = await graph.ask(OFFICER, `query ($id: ID!) { vulnerabilityFinding(id: $id) { ${fields} } }`, {
      id,
    });
    return data.vulnerabilityFinding;
  };
  const remediation = (days = 0) => ({ method: 'UPDATED', remediatedAt: graph.inDays(days) });
  const force = (id: string, status: string) =>
    graph.force('infrastructure', 'UPDATE vulnerability_finding SET status = ? WHERE id = ?', [status, id]);
  const database = () => graph.subgraph('infrastructure').database;

  test('P2, P3: dates reported findings by the policy, from a log that replays', async () => {
    const listed = await reported({ vulnerability: MITIGABLE });
    expect(listed).toMatchObject({ status: 'OPEN', clockStartedAt: '2026-06-01', dueBasis: 'KEV_CATALOG' });
    expect([listed.dueAt, listed.triage.status]).toEqual([endOfDay('2026-06-22'), 'DUE']);
    const unlisted = await reported({ vulnerability: UNLISTED, item: null });
    expect(unlisted).toMatchObject({ dueAt: null, dueBasis: 'NONE', triage: null });
    expect(unlisted.clockStartedAt).toBe(civilDate(graph.inDays(-1)));
    const failed = await move(OFFICER, 'recordRemediation', listed, remediation());
    // while it counts as remediated, the catalog moves its due date
    await graph.force('infrastructure', 'UPDATE vulnerability SET kev_due_date = ? WHERE cve_id = ?', [
      '2026-06-18',
      MITIGABLE,
    ]);
    const again = await move(OFFICER, 'recordRemediationFailure', failed, { reason: 'Still seen.' });
    expect([again.status, again.dueAt]).toEqual(['IN_REMEDIATION', endOfDay('2026-06-18')]);
    await graph.force('infrastructure', 'UPDATE vulnerability SET kev_due_date = ? WHERE cve_id = ?', [
      '2026-06-22',
      MITIGABLE,
    ]);
    const log = await database().findBy(FindingDueChange, 'findingId', [listed.id, unlisted.id]);
    expect(log.map(({ cause }) => cause).toSorted()).toEqual(['DETECTED', 'DETECTED', 'REMEDIATION_FAILED']);
    const book = await PolicyBook.read(database());
    for (const entry of log) {
      const due = remediationDue(entry, book.at(civilDate(entry.at), entry.agencyKey));
      expect([due.dueAt, due.dueBasis, due.triage]).toEqual([entry.newDueAt, entry.newBasis, entry.triage]);
    }
  });

  test('P1: opens one finding of a vulnerability on the same assets in 50 concurrent calls', async () => {
    for (const change of [{}, { item: null, vulnerability: MITIGABLE }]) {
      const input = await report(change);
      const answers = await Promise.all(times(50, () => graph.callUntilFree(OFFICER, 'reportFinding', input, FINDING)));
      const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done').toSorted();
      expect(codes).toEqual([...times(49, () => 'ALREADY_EXISTS'), 'done']);
    }
    const finding = await reported();
    const [{ item }] = await graph.sql(
      'infrastructure',
      'SELECT item_id AS item FROM vulnerability_finding WHERE id = ?',
      [finding.id],
    );
    for (const [status, advice] of [
      ['SUSPECTED', 'confirmFinding'],
      ['MITIGATED', 'change that one'],
      ['REMEDIATED', 'recordRemediationFailure'],
    ] as const) {
      await force(finding.id, status);
      const { code, message, inputPath } = await graph.refused(OFFICER, 'reportFinding', await report({ item }));
      expect([code, inputPath]).toEqual(['ALREADY_EXISTS', ['input', 'vulnerability']]);
      expect(message).toContain(advice);
    }
  });

  test('P7: opens no finding on a system in disposition, and ends the active ones when it is retired', async () => {
    await addSystem(graph, 'sys_old', 'nsa');
    const findings = await Promise.all(
      [PATCHABLE, MITIGABLE, UNLISTED].map((vulnerability) =>
        reported({ system: 'sys_old', item: null, vulnerability }),
      ),
    );
    const [open, suspected, remediated] = findings as [Loose, Loose, Loose];
    await force(suspected.id, 'SUSPECTED');
    const mended = await move(OFFICER, 'recordRemediation', remediated, remediation());
    await graph.force('infrastructure', "UPDATE federal_system SET status = 'DISPOSITION' WHERE id = 'sys_old'");
    const late = await report({ system: 'sys_old', item: null, vulnerability: PATCHABLE });
    await addVulnerabilities(graph, [{ cveId: 'CVE-2026-20007' }]);
    for (const answer of [
      await graph.refused(OFFICER, 'reportFinding', { ...late, vulnerability: 'CVE-2026-20007' }),
      await refused(OFFICER, 'confirmFinding', suspected, { evidence: 'Version 1.0.' }),
      await refused(OFFICER, 'recordRemediationFailure', mended, { reason: 'Still seen.' }),
    ])
      expect(answer).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'systemInUse' } });
    const at = graph.inDays(0);
    const ended = await systemWork(database(), graph.clock, (work) => retireFindings(work, ['sys_old'], at));
    expect(ended).toBe(2);
    const statusOf = async ({ id }: Loose) => (await shown(id, 'status')).status;
    expect(await Promise.all(findings.map(statusOf))).toEqual(['SYSTEM_RETIRED', 'SYSTEM_RETIRED', 'REMEDIATED']);
    const { timeline } = await shown(open.id, 'timeline { nodes { kind actor fromState toState } }');
    expect(timeline.nodes.at(-1)).toEqual({
      kind: 'FINDING_RETIRED',
      actor: 'SYSTEM',
      fromState: 'OPEN',
      toState: 'SYSTEM_RETIRED',
    });
    // as a match raises it while another transaction retires the system
    await force(suspected.id, 'SUSPECTED');
    await graph.tick();
    expect(await statusOf(suspected)).toBe('SYSTEM_RETIRED');
  });

  test('opens no finding on assets that were removed', async () => {
    const item = await newItem();
    await graph.force('infrastructure', "UPDATE inventory_item SET status = 'REMOVED' WHERE id = ?", [item]);
    const { code, inputPath } = await graph.refused(OFFICER, 'reportFinding', await report({ item }));
    expect([code, inputPath]).toEqual(['BAD_USER_INPUT', ['input', 'item']]);
  });

  test('I8: dates a remediation that another officer verifies, and undates one that failed', async () => {
    const finding = await move(OFFICER, 'startRemediation', await reported());
    const remediated = await move(OFFICER, 'recordRemediation', finding, remediation(-0.5));
    const done = { remediatedAt: graph.inDays(-0.5), remediationMethod: 'UPDATED' };
    expect(remediated).toMatchObject({ status: 'REMEDIATED', ...done, overdue: false });
    const failed = await move(SECOND, 'recordRemediationFailure', remediated, { reason: 'Still seen.' });
    expect(failed).toMatchObject({ status: 'IN_REMEDIATION', remediatedAt: null, remediationMethod: null });
    const again = await move(OFFICER, 'recordRemediation', failed, remediation(-0.5));
    const scannedAt = graph.inDays(0);
    const own = await refused(OFFICER, 'verifyRemediation', again, { scannedAt });
    expect(own).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'otherOfficer' } });
    const early = await refused(SECOND, 'verifyRemediation', again, { scannedAt: done.remediatedAt });
    expect(early).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'scannedLater' } });
    const verified = await move(SECOND, 'verifyRemediation', again, { scannedAt });
    expect(verified).toMatchObject({ status: 'VERIFIED', ...done, verifiedAt: scannedAt });
    const { timeline } = await shown(verified.id, 'timeline { nodes { kind actor toState detail } }');
    expect(timeline.nodes.map(({ kind: of }: Loose) => of)).toEqual([
      'FINDING_REPORTED',
      'REMEDIATION_STARTED',
      'REMEDIATION_RECORDED',
      'REMEDIATION_FAILED',
      'REMEDIATION_RECORDED',
      'REMEDIATION_VERIFIED',
    ]);
  });

  test('ends "overdue" by a mitigation only if it satisfies a required action that names mitigation', async () => {
    const mitigation = (satisfiesAction: boolean) => ({
      ...{ mitigation: 'The port is closed.', evidence: SHA256, satisfiesAction, reviewOn: '2026-09-01' },
    });
    const [claimed, plain] = [await reported(), await reported({ vulnerability: MITIGABLE })];
    const refusal = await refused(OFFICER, 'recordMitigation', claimed, mitigation(true));
    expect(refusal).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'mitigationAllowed' } });
    const kept = await move(OFFICER, 'recordMitigation', claimed, mitigation(false));
    const satisfied = await move(OFFICER, 'recordMitigation', plain, mitigation(true));
    graph.clock.advance({ days: 10 });
    const fields = 'status overdue daysOverdue';
    expect(await shown(kept.id, fields)).toEqual({ status: 'MITIGATED', overdue: true, daysOverdue: 3 });
    expect(await shown(satisfied.id, fields)).toEqual({ status: 'MITIGATED', overdue: false, daysOverdue: 0 });
    const listed = async (overdue: boolean): Promise<string[]> => {
      const query = `query ($ids: [ID!], $overdue: Boolean) { vulnerabilityFindings(filter: { id: { in: $ids }, overdue: { eq: $overdue } }) { nodes { id } } }`;
      const { data, errors } = await graph.ask(OFFICER, query, { ids: [kept.id, satisfied.id], overdue });
      if (errors) throw new Error(JSON.stringify(errors));
      return data.vulnerabilityFindings.nodes.map(({ id }: Loose) => id);
    };
    expect([await listed(true), await listed(false)]).toEqual([[kept.id], [satisfied.id]]);
    const failed = await move(OFFICER, 'recordMitigationFailure', satisfied, { reason: 'It was bypassed.' });
    expect(failed).toMatchObject({ status: 'OPEN', overdue: true, mitigation: null, satisfiesAction: false });
  });

  test('never counts a suspected finding as overdue, until it is confirmed', async () => {
    const finding = await reported({ detectedAt: graph.inDays(-20) });
    await force(finding.id, 'SUSPECTED');
    graph.clock.advance({ days: 10 });
    expect(await shown(finding.id, 'overdue dueAt')).toEqual({ overdue: false, dueAt: finding.dueAt });
    const confirmed = await move(OFFICER, 'confirmFinding', finding, { evidence: 'Version 1.0 is installed.' });
    expect(confirmed).toMatchObject({ status: 'OPEN', overdue: true });
    expect(await shown(finding.id, 'confirmedAt')).toEqual({ confirmedAt: graph.inDays(0) });
  });

  test('reopens an ended finding as a new one, detected after the earlier remediation', async () => {
    const first = await reported();
    const [{ item }] = await graph.sql(
      'infrastructure',
      'SELECT item_id AS item FROM vulnerability_finding WHERE id = ?',
      [first.id],
    );
    const remediated = await move(OFFICER, 'recordRemediation', first, remediation(-0.5));
    await move(SECOND, 'verifyRemediation', remediated, { scannedAt: graph.inDays(0) });
    const stale = await graph.refused(OFFICER, 'reportFinding', await report({ item, detectedAt: graph.inDays(-0.6) }));
    expect(stale).toMatchObject({ code: 'BAD_USER_INPUT', inputPath: ['input', 'detectedAt'] });
    const second = await reported({ item, detectedAt: graph.inDays(0) });
    expect(second.reopens).toEqual({ id: first.id });
    await move(OFFICER, 'dismissFinding', second, { evidence: 'A backport.' });
    expect((await reported({ item, detectedAt: graph.inDays(0) })).reopens).toEqual({ id: second.id });
  });

  test('keeps the clock of a dismissed finding that is reported again, but not that of a remediated one', async () => {
    const item = await newItem();
    const reportedAt = (days: number) => reported({ item, vulnerability: UNLISTED, detectedAt: graph.inDays(days) });
    const first = await reportedAt(-9);
    await move(OFFICER, 'dismissFinding', first, { evidence: 'A backport.' });
    const second = await reportedAt(0);
    expect(second).toMatchObject({ reopens: { id: first.id }, clockStartedAt: civilDate(graph.inDays(-9)) });
    const remediated = await move(OFFICER, 'recordRemediation', second, remediation(0));
    graph.clock.advance({ hours: 1 });
    await move(SECOND, 'verifyRemediation', remediated, { scannedAt: graph.inDays(0) });
    const third = await reportedAt(0);
    expect(third).toMatchObject({ reopens: { id: second.id }, clockStartedAt: civilDate(graph.inDays(0)) });
  });

  test('keeps the clock of a dismissed finding that is reported again with other assets, or without any', async () => {
    const [item, other] = [await newItem(), await newItem()];
    const reportedOn = (place: string | null, days: number) =>
      reported({ item: place, vulnerability: UNLISTED_TOO, detectedAt: graph.inDays(days) });
    const dismiss = (finding: Loose) => move(OFFICER, 'dismissFinding', finding, { evidence: 'A backport.' });
    await dismiss(await reportedOn(item, -20));
    expect(await reportedOn(other, -1)).toMatchObject({ clockStartedAt: civilDate(graph.inDays(-1)) });
    const onSystem = await reportedOn(null, 0);
    expect(onSystem.clockStartedAt).toBe(civilDate(graph.inDays(-20)));
    await dismiss(onSystem);
    const again = await reportedOn(await newItem(), 0);
    expect(again).toMatchObject({ reopens: null, clockStartedAt: civilDate(graph.inDays(-20)) });
  });

  test('moves a forensic triage through its steps, late or not, and never holds up remediation', async () => {
    const finding = await reported({ vulnerability: MITIGABLE });
    const step = (mutation: string, triage: Loose, input: object) =>
      graph.perform(OFFICER, mutation, { ...target(triage), ...input }, TRIAGE);
    await move(OFFICER, 'recordRemediation', finding, remediation());
    graph.clock.advance({ hours: 3 });
    const scoped = await step('recordScoping', finding.triage, { assets: 'Two servers.' });
    expect(scoped).toMatchObject({ status: 'SCOPED', scopedAt: graph.inDays(0), lateSteps: ['SCOPE', 'EVIDENCE'] });
    const preserved = await step('recordEvidence', scoped, { evidence: SHA256, summary: 'Memory of both.' });
    expect(preserved).toMatchObject({ status: 'EVIDENCE_PRESERVED', evidenceSha256: SHA256 });
    const decided = await step('decideTriage', preserved, { outcome: 'SUSPECTED', summary: 'An unknown process.' });
    expect(decided).toMatchObject({ status: 'DECIDED', outcome: 'SUSPECTED', lateSteps: ['SCOPE', 'EVIDENCE'] });
  });

  test('refuses what is invalid, or of another agency, and changes nothing', async () => {
    const finding = await reported();
    const before = await graph.sql('infrastructure', 'SELECT * FROM vulnerability_finding WHERE id = ?', [finding.id]);
    const input = await report();
    const later = graph.inDays(1);
    for (const [change, code, path] of [
      [{ system: 'sys_hhs' }, 'UNKNOWN_REFERENCE', 'system'],
      [{ system: 'sys_none' }, 'UNKNOWN_REFERENCE', 'system'],
      [{ item: 'inv_none' }, 'UNKNOWN_REFERENCE', 'item'],
      [{ vulnerability: 'CVE-1999-0001' }, 'UNKNOWN_REFERENCE', 'vulnerability'],
      [{ detectedAt: later }, 'BAD_USER_INPUT', 'detectedAt'],
      [{ method: 'x'.repeat(61) }, 'BAD_USER_INPUT', 'method'],
    ] as const) {
      const answer = await graph.refused(OFFICER, 'reportFinding', { ...input, ...change });
      expect([change, answer.code, answer.inputPath]).toEqual([change, code, ['input', path]]);
    }
    const mitigation = {
      mitigation: 'm',
      evidence: SHA256,
      satisfiesAction: false,
      reviewOn: graph.inDays(0).slice(0, 10),
    };
    for (const [mutation, change, path] of [
      ['recordRemediation', { method: 'UPDATED', remediatedAt: later }, 'remediatedAt'],
      ['recordRemediation', { method: 'UPDATED', remediatedAt: graph.inDays(-2) }, 'remediatedAt'],
      ['recordMitigation', mitigation, 'reviewOn'],
      ['startRemediation', { occurredAt: later }, 'occurredAt'],
      ['dismissFinding', { evidence: ' ' }, 'evidence'],
    ] as const) {
      const answer = await refused(OFFICER, mutation, finding, change);
      expect([mutation, answer.code, answer.inputPath]).toEqual([mutation, 'BAD_USER_INPUT', ['input', path]]);
    }
    const other = await refused(ciso('hhs'), 'startRemediation', finding);
    expect(other).toMatchObject({ code: 'NOT_FOUND', inputPath: ['input', 'id'] });
    expect((await refused('role=analyst; subject=x', 'startRemediation', finding)).code).toBe('FORBIDDEN');
    const stale = await graph.refused(OFFICER, 'startRemediation', { id: finding.id, expectedRevision: 7 });
    expect(stale.code).toBe('REVISION_CONFLICT');
    expect(await graph.sql('infrastructure', 'SELECT * FROM vulnerability_finding WHERE id = ?', [finding.id])).toEqual(
      before,
    );
    await expect(graph.force('infrastructure', "UPDATE infrastructure_event SET detail = 'x'")).rejects.toThrow();
  });

  test('takes at most 30 statements beyond one for each finding, for 1 and for 1,000 items', async () => {
    for (const size of [1, 1_000]) {
      const ids = times(size, (index) => `inv_bulk_${size}_${index}`);
      await addItems(graph, ids, SYSTEM);
      const many = async (caller: string, mutation: string, list: readonly object[]): Promise<Loose[]> => {
        const { result, statements } = await database().counting(async () => {
          const { data, errors } = await graph.call(caller, mutation, { items: list }, RESULTS);
          if (errors) throw new Error(`${mutation}: ${JSON.stringify(errors)}`);
          return data[mutation];
        });
        expect([mutation, result.refused, result.added + result.changed]).toEqual([mutation, 0, size]);
        expect(statements.length).toBeLessThanOrEqual(30);
        return result.results.map(({ finding }: Loose) => finding);
      };
      const reports = ids.map((item) => ({
        ...{ system: SYSTEM.id, vulnerability: MITIGABLE, item, detectedAt: graph.inDays(-1), method: 'scan' },
      }));
      const of = (list: readonly Loose[], input: object = {}) =>
        list.map((finding) => ({ ...target(finding), ...input }));
      const mitigation = { mitigation: 'm', evidence: SHA256, satisfiesAction: true, reviewOn: '2027-01-01' };
      let list = await many(OFFICER, 'reportFindings', reports);
      list = await many(OFFICER, 'startRemediations', of(list));
      list = await many(OFFICER, 'recordMitigations', of(list, mitigation));
      list = await many(OFFICER, 'recordRemediations', of(list, remediation(-0.5)));
      list = await many(OFFICER, 'recordRemediationFailures', of(list, { reason: 'Still seen.' }));
      list = await many(OFFICER, 'recordRemediations', of(list, remediation(-0.5)));
      await many(SECOND, 'verifyRemediations', of(list, { scannedAt: graph.inDays(0) }));
      const again = reports.map((input) => ({ ...input, detectedAt: graph.inDays(0) }));
      list = await many(OFFICER, 'reportFindings', again);
      await graph.force(
        'infrastructure',
        "UPDATE vulnerability_finding SET status = 'SUSPECTED' WHERE open_key LIKE ?",
        [`% inv_bulk_${size}_%`],
      );
      list = await many(OFFICER, 'confirmFindings', of(list, { evidence: 'Seen.' }));
      await many(OFFICER, 'dismissFindings', of(list, { evidence: 'Not seen.' }));
    }
  });
});

test('finds each step of a triage late from its target on, done or not', () => {
  const requiredAt = '2026-12-08T12:00:00.000Z';
  const none = { requiredAt, scopedAt: null, evidenceAt: null, decidedAt: null };
  const late = (change: object, remediatedAt: string | null, now: string) =>
    lateStepsOf({ ...none, ...change }, remediatedAt, now, { SCOPE: 2, EVIDENCE: 24, DECISION: 72 });
  expect(late({}, null, '2026-12-08T14:00:00.000Z')).toEqual([]);
  expect(late({}, null, '2026-12-08T14:00:00.001Z')).toEqual(['SCOPE']);
  expect(late({}, null, '2026-12-12T12:00:00.000Z')).toEqual(['SCOPE', 'EVIDENCE', 'DECISION']);
  const done = { scopedAt: '2026-12-08T13:00:00.000Z', evidenceAt: '2026-12-09T11:00:00.000Z' };
  expect(late(done, null, '2026-12-10T12:00:00.000Z')).toEqual([]);
  // evidence after the remediation
  expect(late(done, '2026-12-09T10:00:00.000Z', '2026-12-10T12:00:00.000Z')).toEqual(['EVIDENCE']);
});
