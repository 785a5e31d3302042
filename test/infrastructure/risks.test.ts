import { Control } from '../../subgraphs/infrastructure/capability/capability';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import {
  ACCEPTANCE,
  addItems,
  addSystem,
  addVulnerabilities,
  ciso,
  VULNERABILITY_FINDING as FINDING,
  POAM_ITEM,
} from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const OFFICER = ciso('nsa');
const SECOND = ciso('nsa', 'officer-2');
const SYSTEM = { id: 'sys_nsa', agencyKey: 'nsa' };
const CVE = 'CVE-2026-30001';

describe.each(databaseKinds)('accepted risks and plans of action on %s', (kind) => {
  let graph: Framework;
  let items = 0;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    await addSystem(graph, SYSTEM.id, 'nsa');
    await addSystem(graph, 'sys_nsa_2', 'nsa');
    await addSystem(graph, 'sys_hhs', 'hhs');
    await addVulnerabilities(graph, [{ cveId: CVE }]);
    const named = { label: 'SI-2', title: 'Flaw Remediation', family: 'si', familyTitle: 'System Integrity' };
    await graph
      .subgraph('infrastructure')
      .database.transaction((inside) => inside.insert(Control, [{ id: 'si-2', ...named, baselines: [] }]));
  });
  afterAll(() => graph.close());

  const reported = async (system = SYSTEM.id): Promise<Loose> => {
    items += 1;
    await addItems(graph, [`inv_${items}`], { ...SYSTEM, id: system });
    const at = { detectedAt: graph.inDays(-1), method: 'scan' };
    return graph.perform(
      OFFICER,
      'reportFinding',
      { system, vulnerability: CVE, item: `inv_${items}`, ...at },
      FINDING,
    );
  };
  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const day = (days: number) => graph.inDays(days).slice(0, 10);
  const propose = (findings: readonly Loose[]): Promise<Loose> =>
    graph.perform(
      OFFICER,
      'proposeAcceptance',
      { findings: findings.map(({ id }) => id), reason: 'It is replaced soon.' },
      ACCEPTANCE,
    );
  const accept = async (findings: readonly Loose[], expiresOn = day(30)): Promise<Loose> =>
    graph.perform(SECOND, 'acceptRisk', { ...target(await propose(findings)), expiresOn }, ACCEPTANCE);
  const plan = (findings: readonly Loose[], change: object = {}) => ({
    ...{ system: SYSTEM.id, title: 'Old mail servers', description: 'They are replaced.', controls: ['si-2'] },
    ...{ findings: findings.map(({ id }) => id), responsibleRole: 'system owner', resources: null },
    ...{
      milestones: [
        { title: 'Order', dueOn: day(5) },
        { title: 'Install', dueOn: day(50) },
      ],
      ...change,
    },
  });
  const open = (findings: readonly Loose[], change: object = {}): Promise<Loose> =>
    graph.perform(OFFICER, 'openPoamItem', plan(findings, change), POAM_ITEM);
  const moveItem = (item: Loose, to: string, input: object = {}): Promise<Loose> =>
    graph.perform(OFFICER, 'movePoamItem', { ...target(item), to, ...input }, POAM_ITEM);
  const ask = async (type: string, id: string, fields: string): Promise<Loose> => {
    const { data, errors } = await graph.ask(OFFICER, `query ($id: ID!) { ${type}(id: $id) { ${fields} } }`, { id });
    if (errors) throw new Error(JSON.stringify(errors));
    return data[type];
  };
  const dismiss = async ({ id }: Loose): Promise<void> => {
    const { revision } = await ask('vulnerabilityFinding', id, 'revision');
    await graph.perform(OFFICER, 'dismissFinding', { id, expectedRevision: revision, evidence: 'None.' }, FINDING);
  };

  test('P5: accepts a risk until a day, without moving a deadline or ending an overdue finding', async () => {
    const findings = [await reported(), await reported()];
    const proposed = await propose(findings);
    expect(proposed).toMatchObject({ status: 'PROPOSED', expiresOn: null });
    const expiresOn = day(30);
    const own = await graph.refused(OFFICER, 'acceptRisk', { ...target(proposed), expiresOn });
    expect(own).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'secondOfficer' } });
    for (const wrong of [day(0), day(-1), day(366)]) {
      const answer = await graph.refused(SECOND, 'acceptRisk', { ...target(proposed), expiresOn: wrong });
      expect([answer.code, answer.inputPath]).toEqual(['BAD_USER_INPUT', ['input', 'expiresOn']]);
    }
    const accepted = await graph.perform(SECOND, 'acceptRisk', { ...target(proposed), expiresOn }, ACCEPTANCE);
    expect(accepted).toMatchObject({ status: 'IN_FORCE', expiresOn });
    graph.clock.advance({ days: 20 });
    const fields = 'overdue dueAt acceptedUntil acceptance { status } acceptances { nodes { status } }';
    const shown = { overdue: true, dueAt: findings[0].dueAt, acceptedUntil: expiresOn };
    expect(await ask('vulnerabilityFinding', findings[0].id, fields)).toEqual({
      ...shown,
      acceptance: { status: 'IN_FORCE' },
      acceptances: { nodes: [{ status: 'IN_FORCE' }] },
    });
    // in force through its last day
    graph.clock.advance({ days: 10 });
    await graph.tick();
    expect(await ask('riskAcceptance', accepted.id, 'status')).toEqual({ status: 'IN_FORCE' });
    graph.clock.advance({ days: 1 });
    await graph.tick();
    const expired = await ask('riskAcceptance', accepted.id, 'status timeline { nodes { kind actor toState } }');
    expect(expired.status).toBe('EXPIRED');
    expect(expired.timeline.nodes).toEqual([
      { kind: 'ACCEPTANCE_PROPOSED', actor: 'CISO', toState: 'PROPOSED' },
      { kind: 'RISK_ACCEPTED', actor: 'CISO', toState: 'IN_FORCE' },
      { kind: 'ACCEPTANCE_EXPIRED', actor: 'SYSTEM', toState: 'EXPIRED' },
    ]);
    expect(await ask('vulnerabilityFinding', findings[0].id, fields)).toEqual({
      ...shown,
      acceptedUntil: null,
      acceptance: null,
      acceptances: { nodes: [{ status: 'EXPIRED' }] },
    });
  });

  test('accepts a finding once at a time, while it is unresolved, and until the acceptance is revoked', async () => {
    const [finding, other] = [await reported(), await reported()];
    const accepted = await accept([finding]);
    const second = await propose([finding, other]);
    const twice = await graph.refused(SECOND, 'acceptRisk', { ...target(second), expiresOn: day(9) });
    expect(twice).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'notAccepted' } });
    const reason = { reason: 'It is attacked.' };
    const revoked = await graph.perform(OFFICER, 'revokeAcceptance', { ...target(accepted), ...reason }, ACCEPTANCE);
    expect(revoked).toMatchObject({ status: 'REVOKED', findings: { nodes: [{ acceptedUntil: null }] } });
    await dismiss(finding);
    await dismiss(other);
    const ended = await graph.refused(SECOND, 'acceptRisk', { ...target(second), expiresOn: day(9) });
    expect(ended).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'riskRemains' } });
    const declined = await graph.perform(OFFICER, 'declineAcceptance', { ...target(second), ...reason }, ACCEPTANCE);
    expect(declined.status).toBe('DECLINED');
    for (const [caller, input, code, path] of [
      [OFFICER, { findings: [], ...reason }, 'BAD_USER_INPUT', ['input', 'findings']],
      [OFFICER, { findings: [finding.id], ...reason }, 'BAD_USER_INPUT', ['input', 'findings', 0]],
      [ciso('hhs'), { findings: [finding.id], ...reason }, 'UNKNOWN_REFERENCE', ['input', 'findings', 0]],
    ] as const) {
      const answer = await graph.refused(caller, 'proposeAcceptance', input);
      expect([answer.code, answer.inputPath]).toEqual([code, path]);
    }
    const foreign = await graph.refused(ciso('hhs'), 'revokeAcceptance', { ...target(accepted), ...reason });
    expect(foreign.code).toBe('NOT_FOUND');
  });

  test('accepts the risk of a finding once for 10 proposals that are accepted at the same time', async () => {
    const finding = await reported();
    const proposals: Loose[] = [];
    for (let count = 0; count < 10; count++) proposals.push(await propose([finding]));
    const answers = await Promise.all(
      proposals.map((proposal) =>
        graph.callUntilFree(SECOND, 'acceptRisk', { ...target(proposal), expiresOn: day(9) }, ACCEPTANCE),
      ),
    );
    const guards = answers.map(({ errors }) => errors?.[0]?.extensions.guard ?? 'done').toSorted();
    expect(guards).toEqual(['done', ...times(9, () => 'notAccepted')]);
  });

  test('moves a plan of action, whose deviation ends with the acceptance behind it, and closes it at the end', async () => {
    const findings = [await reported(), await reported()];
    const opened = await open(findings);
    expect(opened).toMatchObject({ status: 'OPEN', delayed: false });
    expect(opened.findings.nodes).toHaveLength(2);
    expect((await ask('vulnerabilityFinding', findings[0].id, 'poamItem { id }')).poamItem.id).toBe(opened.id);
    const investigating = await moveItem(opened, 'INVESTIGATING');
    const requested = await moveItem(investigating, 'DEVIATION_REQUESTED', { note: 'Replaced in June.' });
    const partial = await accept([findings[0]], day(9));
    const proposal = await propose([findings[1]]);
    const deviate = (acceptance: string) =>
      graph.refused(OFFICER, 'movePoamItem', { ...target(requested), to: 'DEVIATION_ACCEPTED', acceptance });
    expect((await deviate(partial.id)).extensions.guard).toBe('riskCovered');
    expect((await deviate(proposal.id)).extensions.guard).toBe('acceptanceInForce');
    await graph.perform(OFFICER, 'revokeAcceptance', { ...target(partial), reason: 'Too narrow.' }, ACCEPTANCE);
    const whole = await accept(findings, day(9));
    const deviating = await moveItem(requested, 'DEVIATION_ACCEPTED', { acceptance: whole.id });
    expect(deviating).toMatchObject({ status: 'DEVIATION_ACCEPTED', acceptance: { id: whole.id } });
    graph.clock.advance({ days: 11 });
    await graph.tick();
    const remediating = await ask('poamItem', opened.id, 'id revision status delayed acceptance { id }');
    expect(remediating).toMatchObject({ status: 'REMEDIATING', delayed: true, acceptance: null });
    const early = await graph.refused(OFFICER, 'closePoamItem', target(remediating));
    expect(early).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'findingsEnded' } });
    for (const finding of findings) await dismiss(finding);
    const closed = await graph.perform(OFFICER, 'closePoamItem', target(remediating), POAM_ITEM);
    expect(closed).toMatchObject({ status: 'CLOSED', closedAt: graph.inDays(0) });
  });

  test('derives late milestones from the clock, until they are completed', async () => {
    const opened = await open([await reported()]);
    const [first, second] = opened.milestones.nodes;
    expect([first.late, first.title, second.title]).toEqual([false, 'Order', 'Install']);
    graph.clock.advance({ days: 6 });
    const late = 'delayed milestones { nodes { late } }';
    const all = await ask('poamItem', opened.id, late);
    expect(all).toEqual({ delayed: true, milestones: { nodes: [{ late: true }, { late: false }] } });
    const listed = async (delayed: boolean): Promise<number> => {
      const query =
        'query ($id: ID!, $delayed: Boolean) { poamItems(filter: { id: { eq: $id }, delayed: { eq: $delayed } }) { totalCount } }';
      return (await graph.ask(OFFICER, query, { id: opened.id, delayed })).data.poamItems.totalCount;
    };
    expect([await listed(true), await listed(false)]).toEqual([1, 0]);
    const early = await graph.refused(OFFICER, 'completeMilestone', { ...target(first), doneOn: day(2) });
    expect([early.code, early.inputPath]).toEqual(['BAD_USER_INPUT', ['input', 'doneOn']]);
    const done = { ...target(first), doneOn: day(0) };
    const milestone = await graph.perform(OFFICER, 'completeMilestone', done, 'milestone { status doneOn late }');
    expect(milestone).toEqual({ status: 'DONE', doneOn: day(0), late: false });
    expect((await ask('poamItem', opened.id, late)).delayed).toBe(false);
    expect([await listed(true), await listed(false)]).toEqual([0, 1]);
  });

  test('accepts no deviation for a finding that its acceptance named and did not cover', async () => {
    const findings = [await reported(), await reported()];
    const item = await moveItem(await moveItem(await open(findings), 'INVESTIGATING'), 'DEVIATION_REQUESTED');
    const proposal = await propose(findings);
    const remediated = await graph.perform(
      OFFICER,
      'recordRemediation',
      {
        ...target(await ask('vulnerabilityFinding', findings[1].id, 'id revision')),
        method: 'UPDATED',
        remediatedAt: graph.inDays(0),
      },
      'finding { id revision }',
    );
    const accepted = await graph.perform(SECOND, 'acceptRisk', { ...target(proposal), expiresOn: day(9) }, ACCEPTANCE);
    const failure = { ...target(remediated), reason: 'Still seen.' };
    await graph.perform(OFFICER, 'recordRemediationFailure', failure, 'finding { id }');
    const input = { ...target(item), to: 'DEVIATION_ACCEPTED', acceptance: accepted.id };
    expect((await graph.refused(OFFICER, 'movePoamItem', input)).extensions.guard).toBe('riskCovered');
  });

  test('refuses plans of action for what is unknown, of another system, or planned already', async () => {
    const [finding, ended, elsewhere] = [await reported(), await reported(), await reported('sys_nsa_2')];
    await dismiss(ended);
    for (const [change, code, path] of [
      [{ system: 'sys_hhs', findings: [] }, 'UNKNOWN_REFERENCE', ['system']],
      [{ controls: ['si-99'] }, 'UNKNOWN_REFERENCE', ['controls', 0]],
      [{ findings: [elsewhere.id] }, 'UNKNOWN_REFERENCE', ['findings', 0]],
      [{ findings: [ended.id] }, 'BAD_USER_INPUT', ['findings', 0]],
      [{ findings: [], controls: [] }, 'BAD_USER_INPUT', ['findings']],
      [{ milestones: [] }, 'BAD_USER_INPUT', ['milestones']],
    ] as const) {
      const answer = await graph.refused(OFFICER, 'openPoamItem', plan([finding], change));
      expect([change, answer.code, answer.inputPath]).toEqual([change, code, ['input', ...path]]);
    }
    const opened = await open([finding]);
    const twice = await graph.refused(OFFICER, 'openPoamItem', plan([finding]));
    expect([twice.code, twice.inputPath]).toEqual(['BAD_USER_INPUT', ['input', 'findings', 0]]);
    for (const [input, path] of [
      [{ to: 'CLOSED' }, 'to'],
      [{ to: 'OPEN' }, 'to'],
      [{ to: 'DEVIATION_ACCEPTED' }, 'acceptance'],
      [{ to: 'INVESTIGATING', acceptance: 'rac_1' }, 'acceptance'],
    ] as const) {
      const answer = await graph.refused(OFFICER, 'movePoamItem', { ...target(opened), ...input });
      expect([answer.code, answer.inputPath]).toEqual(['BAD_USER_INPUT', ['input', path]]);
    }
  });

  test('opens 1,000 plans of action, and completes their milestones, in at most 30 statements each', async () => {
    const { database } = graph.subgraph('infrastructure');
    for (const size of [1, 1_000]) {
      const ids = times(size, (index) => `inv_bulk_${size}_${index}`);
      await addItems(graph, ids, SYSTEM);
      const many = async (mutation: string, list: readonly object[], fields: string): Promise<Loose[]> => {
        const { result, statements } = await database.counting(async () => {
          const { data, errors } = await graph.call(
            OFFICER,
            mutation,
            { items: list },
            `refused results { ${fields} }`,
          );
          if (errors) throw new Error(`${mutation}: ${JSON.stringify(errors)}`);
          return data[mutation];
        });
        expect([mutation, result.refused]).toEqual([mutation, 0]);
        expect(statements.length).toBeLessThanOrEqual(30);
        return result.results;
      };
      const at = { detectedAt: graph.inDays(-1), method: 'scan' };
      const reports = ids.map((item) => ({ system: SYSTEM.id, vulnerability: CVE, item, ...at }));
      const findings = await many('reportFindings', reports, 'finding { id }');
      const plans = findings.map(({ finding }) => plan([finding], { milestones: [{ title: 'Patch', dueOn: day(5) }] }));
      await many('openPoamItems', plans, 'poamItem { id }');
      const milestones = await graph.sql(
        'infrastructure',
        `SELECT m.id AS id, m.version AS revision FROM poam_milestone m
         JOIN vulnerability_finding f ON f.poam_item_id = m.poam_item_id WHERE f.item_id LIKE ?`,
        [`inv_bulk_${size}_%`],
      );
      expect(milestones).toHaveLength(size);
      await many(
        'completeMilestones',
        milestones.map((milestone) => ({ ...target(milestone), doneOn: day(0) })),
        'milestone { status }',
      );
    }
  });
});
