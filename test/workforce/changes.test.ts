import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWK } from 'jose';
import { systemClock } from '#base/clock';
import { newKey } from '#base/identity/keys';
import { AuditLog } from '#kit/audit/audit-log';
import { settleRecord } from '#kit/audit/settle';
import { createLog } from '../../gateway/telemetry/log';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { GOAL, goalInput, HR, hiringManager, hr, POSITION, positionInput } from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const RESULTS = 'added changed refused dryRun results { index status key code message inputPath';
const OF_POSITIONS = `${RESULTS} position { id status revision } }`;
const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe.each(databaseKinds)('changes of workforce, on %s', (kind) => {
  let graph: Framework;
  let folder: string;
  let key: JWK;
  const record = (name: string) =>
    AuditLog.open(join(folder, `${name}.jsonl`), name, key, systemClock, createLog('silent', 'test'));
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-changes-'));
    key = await newKey();
    graph = await Framework.open(kind, { record });
  });
  afterAll(async () => {
    await graph.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Calls a bulk mutation, which must not fail as a whole. */
  const bulk = async (caller: string, mutation: string, input: Loose, fields = OF_POSITIONS): Promise<Loose> => {
    const { data, errors } = await graph.call(caller, mutation, input, fields);
    expect(errors).toBeUndefined();
    return data[mutation];
  };
  const plan = (count: number, change: Record<string, unknown> = {}, caller = HR): Promise<Loose[]> =>
    bulk(caller, 'createPositions', { items: times(count, () => positionInput(change)) }).then(({ results }) =>
      results.map(({ position }: Loose) => position),
    );
  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const timeline = async (id: string): Promise<Loose[]> =>
    (
      await graph.ask(
        HR,
        'query ($id: ID!) { position(id: $id) { timeline { nodes { sequence kind actor occurredAt recordedAt fromState toState detail agency { key } } } } }',
        { id },
      )
    ).data.position.timeline.nodes;
  const count = async (table: string): Promise<number> =>
    Number((await graph.sql('workforce', `SELECT COUNT(*) AS n FROM ${table}`))[0].n);
  const everything = async () => {
    const digest = createHash('sha256');
    const { database, subgraph } = graph.subgraph('workforce');
    for (const entity of subgraph.parts.entities) {
      const rows = await database.query(`SELECT * FROM ${database.table(entity)}`);
      digest.update(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()));
    }
    return digest.digest('hex');
  };

  test('moves a position through its life, with a timeline entry for each step', async () => {
    const { id } = await graph.perform(hiringManager('nsa'), 'createPosition', positionInput(), POSITION);
    graph.clock.advance({ days: 10 });
    const step = async (mutation: string, input: Record<string, unknown>, expected: object) => {
      const [{ version }] = await graph.sql('workforce', 'SELECT version FROM position WHERE id = ?', [id]);
      const position = await graph.perform(HR, mutation, { id, expectedRevision: version, ...input }, POSITION);
      expect(position).toMatchObject({ revision: version + 1, ...expected });
    };
    const reason = 'Budget.';
    await step('updatePosition', { title: 'Senior Responder', primaryWorkRole: '511' }, { title: 'Senior Responder' });
    await step('freezePosition', { reason }, { status: 'FROZEN', statusBeforeFreeze: 'PLANNED' });
    await step('unfreezePosition', {}, { status: 'PLANNED', statusBeforeFreeze: null });
    await step('fundPosition', { occurredAt: graph.inDays(0) }, { status: 'FUNDED_VACANT' });
    graph.clock.advance({ days: 3 });
    await step('recordReassignment', { occurredAt: graph.inDays(-1) }, { status: 'FILLED' });
    await step('recordSeparation', { kind: 'RETIREMENT' }, { status: 'FUNDED_VACANT' });
    await step('freezePosition', { reason }, { status: 'FROZEN', statusBeforeFreeze: 'FUNDED_VACANT' });
    await step('abolishPosition', { reason }, { status: 'ABOLISHED' });
    const entries = await timeline(id);
    expect(entries.map(({ kind, fromState, toState }) => [kind, fromState, toState])).toEqual([
      ['POSITION_CREATED', null, 'PLANNED'],
      ['POSITION_UPDATED', null, null],
      ['POSITION_FROZEN', 'PLANNED', 'FROZEN'],
      ['POSITION_UNFROZEN', 'FROZEN', 'PLANNED'],
      ['POSITION_FUNDED', 'PLANNED', 'FUNDED_VACANT'],
      ['EMPLOYEE_REASSIGNED', 'FUNDED_VACANT', 'FILLED'],
      ['EMPLOYEE_SEPARATED', 'FILLED', 'FUNDED_VACANT'],
      ['POSITION_FROZEN', 'FUNDED_VACANT', 'FROZEN'],
      ['POSITION_ABOLISHED', 'FROZEN', 'ABOLISHED'],
    ]);
    expect(entries.map(({ sequence }) => sequence)).toEqual(times(9, (index) => index + 1));
    expect(entries[0]).toMatchObject({ actor: 'HIRING_MANAGER', agency: { key: 'nsa' } });
    expect(entries[5]).toMatchObject({ occurredAt: graph.inDays(-1), recordedAt: graph.inDays(0) });
    expect(entries[6]).toMatchObject({ actor: 'HR', detail: 'RETIREMENT' });
    await expect(graph.force('workforce', 'DELETE FROM workforce_event')).rejects.toThrow();
    await expect(graph.force('workforce', "UPDATE workforce_event SET detail = 'x'")).rejects.toThrow();
  });

  test('sets, revises, and retires a hiring goal, and keeps its earlier targets', async () => {
    const goal = await graph.perform(HR, 'setHiringGoal', goalInput({ workRole: '541' }), GOAL);
    const revised = await graph.perform(HR, 'reviseHiringGoal', { ...target(goal), target: 8, reason: 'More.' }, GOAL);
    expect(revised).toEqual({ ...goal, target: 8, revision: 2 });
    const retired = await graph.perform(hr('opm'), 'retireGoal', { ...target(revised), reason: 'Done.' }, GOAL);
    expect(retired).toMatchObject({ status: 'RETIRED', revision: 3 });
    const query =
      '{ hiringGoals(filter: { workRole: { code: { eq: "541" } } }) { nodes { timeline { nodes { detail } } } } }';
    const { data } = await graph.ask(HR, query);
    expect(data.hiringGoals.nodes[0].timeline.nodes.map(({ detail }: Loose) => detail)).toEqual([
      'Target: 5',
      'Target: 8, before 5. More.',
      'Done.',
    ]);
    // a retired goal leaves room for another
    await graph.perform(hr('opm'), 'setHiringGoal', goalInput({ workRole: '541', agencyKey: 'nsa' }), GOAL);
  });

  describe('a bulk mutation', () => {
    test('changes nothing in mode ALL_OR_NOTHING if any item is refused, and names each refused item', async () => {
      const items = [positionInput(), positionInput({ title: ' ' }), positionInput({ workRoles: ['531', '999'] })];
      const before = await everything();
      const { results, ...counts } = await bulk(HR, 'createPositions', { items });
      expect(counts).toMatchObject({ added: 0, changed: 0, refused: 2, replayed: false });
      expect(results).toMatchObject(
        [
          { index: 0, status: 'UNCHANGED', key: null, position: null, code: null },
          { status: 'REFUSED', code: 'BAD_USER_INPUT', inputPath: 'input.items.1.title', message: /empty/ },
          {
            status: 'REFUSED',
            code: 'UNKNOWN_REFERENCE',
            inputPath: 'input.items.2.workRoles.1',
            message: 'No work role has the key "999"',
          },
        ].map((result) => ({
          ...result,
          ...('message' in result ? { message: expect.stringMatching(result.message!) } : {}),
        })),
      );
      expect(await everything()).toBe(before);
    });

    test('changes all other items in mode EACH, and returns the same results for a repeated key', async () => {
      const [a, b, frozen] = await plan(3);
      await graph.perform(HR, 'freezePosition', { ...target(frozen), reason: 'r' }, POSITION);
      const input = {
        mode: 'EACH',
        idempotencyKey: `each-${kind}`,
        items: [
          target(a),
          { ...target(b), expectedRevision: 7 },
          target(frozen),
          target(a),
          target({ id: 'pos_x', revision: 1 }),
        ],
      };
      const payload = await bulk(HR, 'fundPositions', input);
      expect(payload).toMatchObject({ added: 0, changed: 1, refused: 4 });
      const [first, ...refused] = payload.results;
      expect(first).toMatchObject({ status: 'CHANGED', key: a.id, position: { status: 'FUNDED_VACANT', revision: 2 } });
      expect(refused.map(({ code, inputPath }: Loose) => [code, inputPath])).toEqual([
        ['REVISION_CONFLICT', 'input.items.1.expectedRevision'],
        ['REVISION_CONFLICT', 'input.items.2.expectedRevision'],
        ['BAD_USER_INPUT', 'input.items.3.id'],
        ['NOT_FOUND', 'input.items.4.id'],
      ]);
      expect(refused[2].message).toBe(`An earlier item names the position "${a.id}" too: name each object once`);
      const before = await everything();
      expect(await bulk(HR, 'fundPositions', input)).toEqual({ ...payload, replayed: true });
      expect(await everything()).toBe(before);
      const other = { ...input, mode: 'ALL_OR_NOTHING' };
      expect((await graph.refused(HR, 'fundPositions', other)).code).toBe('IDEMPOTENCY_KEY_REUSED');
    });

    test('reports in a dry run what it would change, changes nothing, and uses up no key', async () => {
      const [a, b] = await plan(2);
      const input = {
        idempotencyKey: `dry-${kind}`,
        mode: 'EACH',
        items: [target(a), { ...target(b), expectedRevision: 9 }],
      };
      const before = await everything();
      const dry = await bulk(HR, 'fundPositions', { ...input, dryRun: true });
      expect(dry).toMatchObject({ dryRun: true, changed: 1, refused: 1 });
      expect(dry.results[0]).toMatchObject({ status: 'CHANGED', key: a.id, position: null });
      const added = await bulk(HR, 'createPositions', { items: [positionInput()], dryRun: true });
      expect(added).toMatchObject({ added: 1, results: [{ status: 'ADDED', key: null, position: null }] });
      expect(await everything()).toBe(before);
      expect(await bulk(HR, 'fundPositions', input)).toMatchObject({ dryRun: false, changed: 1, replayed: false });
    });

    test('records one attempt and a change of each object, and all of them again after a crash between two', async () => {
      const file = join(folder, 'workforce.jsonl');
      const recorded = (path: string): Loose[] =>
        readFileSync(path, 'utf8')
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line))
          .filter(({ kind: of }) => of === 'attempt' || of === 'change');
      const before = recorded(file).length;
      const positions = await plan(3);
      const items = [...positions.map(target), { id: 'pos_x', expectedRevision: 1 }];
      const input = { items, mode: 'EACH', idempotencyKey: `record-${kind}` };
      await bulk(HR, 'fundPositions', input);
      const [, , , , attempt, ...changes] = recorded(file).slice(before);
      expect(attempt).toMatchObject({ kind: 'attempt', mutation: 'fundPositions', who: { subject: 'specialist-1' } });
      const expected = positions.map(({ id }, index) => ({
        kind: 'change',
        object: id,
        part: [index + 1, 3],
        key: attempt.key,
      }));
      expect(changes).toMatchObject(expected.map((change) => ({ ...change, replayed: false })));
      await bulk(HR, 'fundPositions', input);
      expect(recorded(file).slice(-3)).toMatchObject(expected.map((change) => ({ ...change, replayed: true })));

      // the record as a process leaves it that stops after the first change
      const text = readFileSync(file, 'utf8');
      const cut = join(folder, 'cut.jsonl');
      writeFileSync(cut, text.slice(0, text.indexOf('\n', text.indexOf(JSON.stringify(changes[0].hash))) + 1));
      const audit = await AuditLog.open(cut, 'workforce', key, systemClock, createLog('silent', 'test'));
      expect(await settleRecord(graph.subgraph('workforce').database, audit)).toBe(1);
      await audit.close();
      expect(recorded(cut).slice(-3)).toMatchObject(expected.map((change) => ({ ...change, recovered: true })));
    });

    test('refuses the second of two items for the same goal', async () => {
      const items = [goalInput({ workRole: '672' }), goalInput({ workRole: '672', target: 9 })];
      const { results } = await bulk(HR, 'setHiringGoals', { items, mode: 'EACH' }, `${RESULTS} }`);
      expect(results).toMatchObject([
        { status: 'ADDED' },
        { code: 'ALREADY_EXISTS', inputPath: 'input.items.1.workRole' },
      ]);
    });

    test('takes at most 30 statements beyond one for each object, for 1 and for 1,000 items', async () => {
      const { database } = graph.subgraph('workforce');
      for (const size of [1, 1_000]) {
        const items = times(size, () => positionInput({ primaryWorkRole: '752' }));
        const created = await database.counting(() => bulk(HR, 'createPositions', { items }));
        const positions = created.result.results.map(({ position }: Loose) => position);
        const entries = await count('workforce_event');
        const funded = await database.counting(() => bulk(HR, 'fundPositions', { items: positions.map(target) }));
        expect(funded.result).toMatchObject({ changed: size, refused: 0 });
        expect(await count('workforce_event')).toBe(entries + size);
        for (const { statements } of [created, funded]) {
          expect(statements.length).toBeLessThanOrEqual(30);
          expect(statements.filter((text) => /^(BEGIN|START TRANSACTION)/i.test(text))).toHaveLength(1);
        }
      }
    });

    test('funds each of 20 positions once for 200 concurrent calls on all of them', async () => {
      const positions = await plan(20, { primaryWorkRole: '623' });
      const orders = [positions, positions.toReversed()];
      const answers = await Promise.all(
        times(200, (index) => {
          const items = orders[index % 2]!.map(target);
          return graph.callUntilFree(HR, 'fundPositions', { items, mode: 'EACH' }, OF_POSITIONS);
        }),
      );
      expect(answers.flatMap(({ errors = [] }) => errors)).toEqual([]);
      const payloads = answers.map(({ data }) => data.fundPositions);
      expect(
        payloads
          .map(({ changed }) => changed)
          .sort((a, b) => b - a)
          .slice(0, 2),
      ).toEqual([20, 0]);
      expect(await timeline(positions[0].id)).toHaveLength(2);
    });
  });

  test('I10: funds no more positions than an agency is authorized to, except for a stated reason', async () => {
    const treasury = hr('treasury');
    const SNAPSHOT = 'snapshot { id asOf current authorized filled vacant inHiring }';
    await graph.perform(treasury, 'recordAuthorizedStrength', { workRole: '423', authorized: 2 }, SNAPSHOT);
    const positions = await plan(6, { primaryWorkRole: '423' }, treasury);
    const { results, changed } = await bulk(treasury, 'fundPositions', {
      items: positions.slice(0, 3).map(target),
      mode: 'EACH',
    });
    expect([changed, results[2].code]).toEqual([2, 'PRECONDITION_FAILED']);
    expect(results[2].message).toMatch(/give a reason as "exceptionReason"/);
    const answers = await Promise.all(
      positions.slice(3, 5).map((position) => graph.call(treasury, 'fundPosition', target(position), POSITION)),
    );
    expect(answers.map(({ errors }) => errors?.[0]?.extensions)).toMatchObject(
      times(2, () => ({ guard: 'withinStrength' })),
    );
    const exceptionReason = 'Incident of June.';
    await graph.perform(treasury, 'fundPosition', { ...target(positions[5]), exceptionReason }, POSITION);
    expect((await timeline(positions[5].id)).at(-1)).toMatchObject({
      kind: 'POSITION_FUNDED',
      detail: exceptionReason,
    });
  });

  test('counts positions into one current snapshot of each role, when its strength is recorded and each day after', async () => {
    const doe = hr('doe');
    const FIELDS = 'asOf current authorized filled vacant inHiring';
    const snapshots = async () =>
      (
        await graph.ask(
          doe,
          `{ capacitySnapshots(filter: { agency: { eq: "doe" }, workRole: { code: { eq: "423" } } }, orderBy: [{ field: AS_OF }]) {
            nodes { ${FIELDS} } } }`,
        )
      ).data.capacitySnapshots.nodes;
    const record = (authorized: number) =>
      graph.perform(doe, 'recordAuthorizedStrength', { workRole: '423', authorized }, `snapshot { ${FIELDS} }`);
    const day = () => graph.inDays(0).slice(0, 10);
    const positions = await plan(3, { primaryWorkRole: '423' }, doe);
    const today = { asOf: day(), current: true, filled: 0, vacant: 0, inHiring: 0 };
    expect(await record(1)).toEqual({ ...today, authorized: 1 });
    await bulk(doe, 'fundPositions', { items: positions.slice(0, 1).map(target) });
    const raised = { ...today, authorized: 5, vacant: 1 };
    expect(await record(5)).toEqual(raised);
    expect(await snapshots()).toEqual([raised]);
    const { refused } = await bulk(doe, 'fundPositions', { items: positions.slice(1).map(target) });
    expect(refused).toBe(0);
    graph.clock.advance({ days: 2 });
    await graph.tick();
    await graph.tick();
    expect(await snapshots()).toEqual([
      { ...raised, current: false },
      { ...today, asOf: day(), authorized: 5, vacant: 3 },
    ]);
    expect(await graph.refused(doe, 'recordAuthorizedStrength', { workRole: 'none', authorized: 1 })).toMatchObject({
      code: 'UNKNOWN_REFERENCE',
      inputPath: ['input', 'workRole'],
    });
  });

  test('rejects bad input with a precise error, and changes nothing', async () => {
    const [planned] = await plan(1);
    const goal = await graph.perform(HR, 'setHiringGoal', goalInput({ workRole: '733' }), GOAL);
    const [paused] = await plan(1);
    await graph.force(
      'workforce',
      "UPDATE position SET status = 'FROZEN', status_before_freeze = 'IN_HIRING' WHERE id = ?",
      [paused.id],
    );
    const fund = { ...target(planned) };
    const cases: [
      caller: string | null,
      mutation: string,
      input: object,
      code: string,
      path: string,
      message: RegExp,
    ][] = [
      [null, 'createPositions', { items: [positionInput()] }, 'UNAUTHENTICATED', '', /requires authentication/],
      [
        hiringManager('nsa'),
        'fundPositions',
        { items: [fund] },
        'FORBIDDEN',
        '',
        /allowed only for HR; you act as HIRING_MANAGER/,
      ],
      [HR, 'createPositions', { items: [] }, 'BAD_USER_INPUT', 'input.items', /send at least one/],
      [HR, 'createPositions', { items: times(1_001, () => positionInput()) }, 'OPERATION_TOO_LARGE', '', /1000/],
      [
        HR,
        'createPosition',
        positionInput({ series: '9999' }),
        'UNKNOWN_REFERENCE',
        'input.series',
        /No occupational series/,
      ],
      [
        HR,
        'createPosition',
        positionInput({ primaryWorkRole: 'x' }),
        'UNKNOWN_REFERENCE',
        'input.primaryWorkRole',
        /No work role/,
      ],
      [
        HR,
        'createPosition',
        positionInput({ gradeLow: 14 }),
        'BAD_USER_INPUT',
        'input.gradeLow',
        /above "gradeHigh" of 13/,
      ],
      [
        HR,
        'createPosition',
        positionInput({ payPlan: 'G S' }),
        'BAD_USER_INPUT',
        'input.payPlan',
        /must match the pattern/,
      ],
      [hr('hhs'), 'fundPosition', fund, 'NOT_FOUND', 'input.id', /No position has the key/],
      [hr('hhs'), 'fundPosition', { ...fund, id: 'pos_nothing' }, 'NOT_FOUND', 'input.id', /No position has the key/],
      [
        HR,
        'fundPosition',
        { ...fund, expectedRevision: 5 },
        'REVISION_CONFLICT',
        'input.expectedRevision',
        /is at revision 1/,
      ],
      [
        HR,
        'fundPosition',
        { ...fund, occurredAt: graph.inDays(1) },
        'BAD_USER_INPUT',
        'input.occurredAt',
        /in the future/,
      ],
      [
        HR,
        'fundPosition',
        { ...fund, occurredAt: graph.inDays(-1) },
        'BAD_USER_INPUT',
        'input.occurredAt',
        /before the last event/,
      ],
      [HR, 'updatePosition', fund, 'BAD_USER_INPUT', 'input', /changes nothing/],
      [HR, 'updatePosition', { ...fund, gradeLow: 15 }, 'BAD_USER_INPUT', 'input.gradeLow', /above/],
      [
        HR,
        'updatePosition',
        { ...target(paused), primaryWorkRole: '511' },
        'PRECONDITION_FAILED',
        '',
        /authorized by role/,
      ],
      [
        HR,
        'abolishPosition',
        { ...target(paused), reason: 'r' },
        'PRECONDITION_FAILED',
        '',
        /cancel its hiring request first/,
      ],
      [
        HR,
        'setHiringGoal',
        goalInput({ agencyKey: 'hhs' }),
        'FORBIDDEN',
        'input.agencyKey',
        /Only the HR office of OPM/,
      ],
      [
        hr('opm'),
        'setHiringGoal',
        goalInput({ agencyKey: 'atlantis' }),
        'UNKNOWN_REFERENCE',
        'input.agencyKey',
        /No agency/,
      ],
      [
        HR,
        'setHiringGoal',
        goalInput({ fiscalYear: 2029 }),
        'BAD_USER_INPUT',
        'input.fiscalYear',
        /between 2024 and 2028/,
      ],
      [HR, 'setHiringGoal', goalInput({ target: -1 }), 'BAD_USER_INPUT', 'input.target', /between 0 and/],
      [HR, 'setHiringGoal', goalInput({ workRole: '733' }), 'ALREADY_EXISTS', 'input.workRole', /use reviseHiringGoal/],
      [hr('hhs'), 'retireGoal', { ...target(goal), reason: 'r' }, 'NOT_FOUND', 'input.id', /No hiring goal/],
    ];
    const before = await everything();
    for (const [caller, mutation, input, code, path, message] of cases) {
      const refusal = await graph.refused(caller, mutation, input as Record<string, unknown>);
      expect([mutation, refusal.code, (refusal.inputPath ?? []).join('.')]).toEqual([mutation, code, path]);
      expect(refusal.message).toMatch(message);
    }
    expect(await everything()).toBe(before);
  });
});
