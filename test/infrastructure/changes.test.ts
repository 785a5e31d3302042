import { createHash } from 'node:crypto';
import { databaseKinds } from '../support/databases';
import { developer, FINDING, Framework, reviewer } from '../support/framework';
import {
  ACCESS,
  ASSESSMENT,
  accessInput,
  addSystem,
  assessmentInput,
  CASE,
  CISA,
  caseInput,
  ciso,
  coordinator,
  DEPLOYMENT,
  TOOL,
  TREASURY,
  toolInput,
} from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const ANALYST = 'role=analyst; subject=x';

describe.each(databaseKinds)('changes of infrastructure, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    for (const id of ['sys_nsa_1', 'sys_nsa_2']) await addSystem(graph, id, 'nsa');
    await addSystem(graph, 'sys_hhs_1', 'hhs');
  });
  afterAll(() => graph.close());

  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const everything = async () => {
    const digest = createHash('sha256');
    const { database, subgraph } = graph.subgraph('infrastructure');
    for (const entity of subgraph.parts.entities) {
      const rows = await database.query(`SELECT * FROM ${database.table(entity)}`);
      digest.update(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()));
    }
    return digest.digest('hex');
  };
  const shown = async (caller: string | null, id: string, fields = 'id'): Promise<Loose> => {
    const { data } = await graph.ask(caller, `query ($id: ID!) { clearinghouseCase(id: $id) { ${fields} } }`, { id });
    return data.clearinghouseCase;
  };

  describe('a clearinghouse case', () => {
    /** Performs mutations on a case one after another. */
    const steps = async (opened: Loose, ...list: [mutation: string, input?: object][]): Promise<Loose> => {
      let current = opened;
      for (const [mutation, input = {}] of list)
        current = await graph.perform(TREASURY, mutation, { ...target(current), ...input }, CASE);
      return current;
    };
    const accept = (): [string, object] => [
      'acceptCase',
      { vendorContactedAt: graph.inDays(0), vendorName: 'Granite' },
    ];

    test('P8: stays hidden from everyone but its opener and coordinators until it is published', async () => {
      const seen = async (id: string) => {
        const callers = [ciso('nsa'), TREASURY, ciso('hhs'), ANALYST, null];
        return Promise.all(callers.map(async (caller) => (await shown(caller, id)) !== null));
      };
      const hidden = [true, true, false, false, false];
      const opened = await graph.perform(ciso('nsa'), 'openCase', caseInput({ sectors: ['energy'] }), CASE);
      expect(await seen(opened.id)).toEqual(hidden);
      const embargoed = await steps(
        opened,
        accept(),
        ['setPriority', { priority: 'URGENT' }],
        ['extendEmbargo', { embargoUntil: graph.inDays(30), reason: 'The vendor asked.' }],
        ['validateCase'],
        ['startPatch'],
        ['assignCve', { cve: 'CVE-2026-10001' }],
        ['addAffectedSystems', { systems: ['sys_nsa_1', 'sys_hhs_1'] }],
        ['recordPatch'],
      );
      expect(await seen(opened.id)).toEqual(hidden);
      const early = await graph.refused(TREASURY, 'publishCase', target(embargoed));
      expect(early).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'embargoOver' } });
      graph.clock.advance({ days: 31 });
      const published = await steps(embargoed, ['publishCase']);
      expect(published).toMatchObject({ status: 'PUBLISHED', publishedAt: graph.inDays(0), priority: 'URGENT' });
      expect(await seen(opened.id)).toEqual([true, true, true, true, false]);
      // publication reveals no affected system
      const systems = '{ affectedSystems { nodes { id } } }'.slice(1, -1);
      expect((await shown(CISA, opened.id, systems)).affectedSystems.nodes).toHaveLength(2);
      expect((await shown(ANALYST, opened.id, systems)).affectedSystems?.nodes ?? []).toEqual([]);
      const { timeline } = await shown(
        CISA,
        opened.id,
        'timeline { nodes { sequence kind fromState toState detail } }',
      );
      expect(timeline.nodes.map(({ kind: of, toState }: Loose) => [of, toState])).toEqual([
        ['CASE_OPENED', 'PENDING'],
        ['CASE_ACCEPTED', 'OPEN'],
        ['PRIORITY_SET', null],
        ['EMBARGO_EXTENDED', null],
        ['CASE_VALIDATED', 'VALIDATED'],
        ['PATCH_STARTED', 'PATCH_IN_PROGRESS'],
        ['CVE_ASSIGNED', null],
        ['SYSTEMS_AFFECTED', null],
        ['PATCH_RELEASED', 'PATCH_AVAILABLE'],
        ['CASE_PUBLISHED', 'PUBLISHED'],
      ]);
      await expect(graph.force('infrastructure', 'DELETE FROM infrastructure_event')).rejects.toThrow();
    });

    test('P8: stays hidden with its timeline, counts, and searches when it is declined and closed', async () => {
      const opened = await graph.perform(ciso('nsa'), 'openCase', caseInput({ title: 'Zebra flaw' }), CASE);
      const declined = await steps(opened, ['declineCase', { reason: 'Out of scope.' }], ['closeCase']);
      expect(declined.status).toBe('CLOSED');
      expect(await shown(ciso('nsa'), opened.id)).not.toBeNull();
      for (const caller of [ciso('hhs'), ANALYST, null]) {
        expect(await shown(caller, opened.id)).toBeNull();
        const query = '{ clearinghouseCases(filter: { title: { contains: "Zebra" } }) { totalCount nodes { id } } }';
        const { data } = await graph.ask(caller, query);
        expect([data.clearinghouseCases.totalCount, data.clearinghouseCases.nodes]).toEqual([0, []]);
      }
    });

    test('publishes without a patch, and before the end of an embargo, for a stated reason only', async () => {
      const embargoUntil = { embargoUntil: graph.inDays(20) };
      const opened = await graph.perform(CISA, 'openCase', caseInput({ cve: 'CVE-2026-10002' }), CASE);
      const [mutation, input] = accept();
      const validated = await steps(opened, [mutation, { ...input, ...embargoUntil }], ['validateCase']);
      const refused = await graph.refused(TREASURY, 'publishCase', target(validated));
      expect(refused.extensions.guard).toBe('patchOrReason');
      const published = await steps(validated, ['publishCase', { reason: 'Others published the flaw.' }]);
      expect(published).toMatchObject({ status: 'PUBLISHED', patchedAt: null });
    });

    test('is about a CVE id that no other handled case is about, and reveals none to agencies', async () => {
      const cve = 'CVE-2026-10003';
      const first = await steps(await graph.perform(CISA, 'openCase', caseInput({ cve }), CASE), accept());
      const duplicate = await graph.refused(TREASURY, 'openCase', caseInput({ cve }));
      expect(duplicate).toMatchObject({ code: 'ALREADY_EXISTS', inputPath: ['input', 'cve'] });
      // an agency hears nothing of the case of another
      const second = await graph.perform(ciso('hhs'), 'openCase', caseInput({ cve, sectors: ['energy'] }), CASE);
      const [, input] = accept();
      const accepted = await graph.refused(TREASURY, 'acceptCase', { ...target(second), ...input });
      expect(accepted.code).toBe('ALREADY_EXISTS');
      const merge = { ...target(second), intoId: first.id, reason: 'Same flaw.' };
      const merged = await graph.perform(TREASURY, 'mergeCases', merge, 'case { status mergedInto { id } }');
      expect(merged).toEqual({ status: 'CLOSED', mergedInto: { id: first.id } });
      expect(await shown(CISA, first.id, 'sectors { key } timeline { nodes { kind } }')).toMatchObject({
        sectors: [{ key: 'energy' }],
        timeline: { nodes: [{}, {}, { kind: 'CASE_MERGED' }] },
      });
      // the opener of the merged case does not see the other one
      expect(await shown(ciso('hhs'), second.id, 'mergedInto { id }')).toEqual({ mergedInto: null });
      const answers = await Promise.all(
        (
          await Promise.all(times(4, () => graph.perform(CISA, 'openCase', caseInput({ cve: 'CVE-2026-10004' }), CASE)))
        ).map((opened) => graph.call(TREASURY, 'acceptCase', { ...target(opened), ...input }, CASE)),
      );
      expect(answers.map(({ errors }) => errors?.[0]?.extensions.code).toSorted()).toEqual([
        ...times(3, () => 'ALREADY_EXISTS'),
        undefined,
      ]);
    });

    test('is linked to its vulnerability once a catalog lists it', async () => {
      const cve = 'CVE-2026-10005';
      const { id } = await graph.perform(CISA, 'openCase', caseInput({ cve }), CASE);
      expect(await shown(CISA, id, 'vulnerability { cveId }')).toEqual({ vulnerability: null });
      const { database, subgraph } = graph.subgraph('infrastructure');
      const [Vendor, Vulnerability] = ['Vendor', 'Vulnerability'].map((name) =>
        subgraph.parts.entities.find((entity) => entity.name === name),
      ) as [Loose, Loose];
      await database.transaction(async (inside) => {
        await inside.insert(Vendor, [{ key: 'granite', name: 'Granite', developerKey: null, exercise: false }]);
        const kev = {
          kevDateAdded: '2026-06-01',
          kevDueDate: '2026-06-22',
          ransomwareUse: false,
          cwes: [],
          notes: null,
        };
        const names = { vendorKey: 'granite', vendorName: 'Granite', product: 'Mail', name: 'Flaw' };
        const texts = { description: 'A flaw.', requiredAction: 'Patch.' };
        await inside.insert(Vulnerability, [{ cveId: cve, ...names, ...texts, ...kev, exercise: false }]);
      });
      await graph.tick();
      expect(await shown(CISA, id, 'vulnerability { cveId }')).toEqual({ vulnerability: { cveId: cve } });
    });

    test('comes from a referred finding, which shows its status', async () => {
      const submission = await graph.filed();
      await graph.granted(submission.id, 'nsa');
      const review = await graph.opened(submission.id, 'nsa');
      const NSA = reviewer('nsa');
      const of = (object: Loose) => ({ id: object.id, expectedRevision: object.revision });
      const REVIEW = 'review { id revision status }';
      let current = await graph.perform(NSA, 'startEvaluation', of(review), REVIEW);
      const draft = { severity: 'CRITICAL', confidence: 'HIGH', detail: 'How to break in.', title: 'A flaw' };
      const finding = await graph.perform(NSA, 'draftFinding', { reviewId: review.id, ...draft }, FINDING);
      current = await graph.perform(NSA, 'concludeEvaluation', of(current), REVIEW);
      await graph.perform(reviewer('nsa', 'reviewer-2'), 'readFindings', { reviewId: review.id }, REVIEW);
      await graph.perform(NSA, 'shareFindings', { reviewId: current.id, expectedRevision: current.revision }, REVIEW);
      const status = async (caller: string): Promise<Loose> =>
        (
          await graph.ask(
            caller,
            'query ($id: ID!) { finding(id: $id) { revision clearinghouseStatus clearinghouseCase { id } } }',
            { id: finding.id },
          )
        ).data.finding;
      const { revision } = await status(NSA);
      await graph.perform(NSA, 'referFinding', { id: finding.id, expectedRevision: revision }, FINDING);
      await graph.deliver();
      const referred = await status(NSA);
      expect(referred).toMatchObject({ revision: revision + 1, clearinghouseStatus: 'PENDING' });
      const { id } = referred.clearinghouseCase;
      expect(await shown(TREASURY, id, 'status priority')).toEqual({ status: 'PENDING', priority: 'URGENT' });
      await steps({ id, revision: 1 }, accept(), ['validateCase']);
      await graph.deliver();
      await graph.deliver();
      expect(await status(NSA)).toEqual({ ...referred, clearinghouseStatus: 'VALIDATED' });
      expect((await status(developer()))?.clearinghouseStatus ?? null).toBeNull();
      const moves = await graph.sql('reviews', "SELECT id FROM inbox_event WHERE type = 'infrastructure.case-moved'");
      expect(moves).toHaveLength(3);
    });
  });

  test('moves a deployment to operational use, and marks the systems that an AI-powered tool covers', async () => {
    const nsa = ciso('nsa');
    const tool = await graph.perform(nsa, 'registerTool', toolInput({ csfSubcategories: ['DE.CM'] }), TOOL);
    const updated = await graph.perform(nsa, 'updateTool', { ...target(tool), purpose: 'TRIAGE' }, TOOL);
    expect(updated).toEqual({ ...tool, purpose: 'TRIAGE', revision: 2 });
    const planned = await graph.perform(nsa, 'planDeployment', { tool: tool.id }, DEPLOYMENT);
    expect(planned).toMatchObject({ stage: 'PRE_DEPLOYMENT', haveAto: false, lacksUseCase: true });
    const refused = await graph.refused(nsa, 'startPilot', target(planned));
    expect(refused).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'authorized' } });
    const pilot = await graph.perform(nsa, 'startPilot', { ...target(planned), haveAto: true }, DEPLOYMENT);
    const since = graph.inDays(0).slice(0, 10);
    const coverage = { ...target(pilot), systems: ['sys_nsa_1', 'sys_nsa_2'], since };
    const covering = await graph.perform(nsa, 'setCoverage', coverage, DEPLOYMENT);
    expect(covering).toMatchObject({ systemsCovered: 2 });
    const covered = async (): Promise<Loose[]> => {
      const sql = 'SELECT id, covered_since AS since FROM federal_system WHERE covered_by_ai_tool = 1 ORDER BY id';
      return (await graph.sql('infrastructure', sql)).map((row) => [row.id, row.since]);
    };
    expect(await covered()).toEqual([]);
    graph.clock.advance({ days: 2 });
    const today = graph.inDays(0).slice(0, 10);
    const deployed = await graph.perform(nsa, 'deployTool', target(covering), DEPLOYMENT);
    expect(deployed).toMatchObject({ stage: 'DEPLOYED', since: today, haveAto: true });
    expect(await covered()).toEqual([
      ['sys_nsa_1', today],
      ['sys_nsa_2', today],
    ]);
    const items = [{ ...target(deployed), systems: ['sys_nsa_2'], since: today }];
    const { data } = await graph.call(nsa, 'setCoverages', { items }, 'changed results { deployment { revision } }');
    expect(data.setCoverages.changed).toBe(1);
    expect(await covered()).toEqual([['sys_nsa_2', today]]);
    const last = { id: deployed.id, expectedRevision: deployed.revision + 1 };
    await graph.perform(nsa, 'retireDeployment', { ...last, reason: 'Replaced.' }, DEPLOYMENT);
    expect(await covered()).toEqual([]);
    // others in government read the timeline, but not the number of systems
    const query = '{ toolDeployments { nodes { systemsCovered timeline { nodes { kind detail } } } } }';
    const { data: read } = await graph.ask(ANALYST, query);
    expect(read.toolDeployments.nodes).toEqual([
      {
        systemsCovered: null,
        timeline: {
          nodes: [
            { kind: 'DEPLOYMENT_PLANNED', detail: null },
            { kind: 'PILOT_STARTED', detail: null },
            { kind: 'COVERAGE_SET', detail: null },
            { kind: 'TOOL_DEPLOYED', detail: null },
            { kind: 'COVERAGE_SET', detail: null },
            { kind: 'DEPLOYMENT_RETIRED', detail: 'Replaced.' },
          ],
        },
      },
    ]);
  });

  test('P6: keeps the newest assessment of an agency and outcome current, through corrections and concurrent calls', async () => {
    const nsa = ciso('nsa');
    const current = async (): Promise<Loose[]> => {
      const query =
        '{ capabilityAssessments(filter: { current: { eq: true }, dimension: { code: { eq: "DE" } } }) { nodes { tier assessedOn status } } }';
      return (await graph.ask(nsa, query)).data.capabilityAssessments.nodes;
    };
    const items = ['2026-05-01', '2026-06-01', '2026-04-01'].map((assessedOn, index) =>
      assessmentInput({ assessedOn, tier: index + 1 }),
    );
    await graph.call(nsa, 'recordAssessments', { items }, 'added');
    expect(await current()).toEqual([{ tier: 2, assessedOn: '2026-06-01', status: 'RECORDED' }]);
    const newest = await graph.perform(
      nsa,
      'recordAssessment',
      assessmentInput({ assessedOn: '2026-06-10' }),
      ASSESSMENT,
    );
    expect(newest).toMatchObject({ current: true, corrects: null });
    const correction = { ...target(newest), tier: 4, reason: 'A typing error.' };
    const corrected = await graph.perform(nsa, 'correctAssessment', correction, ASSESSMENT);
    expect(corrected).toMatchObject({ tier: 4, current: true, corrects: { id: newest.id }, assessedOn: '2026-06-10' });
    expect(await current()).toEqual([{ tier: 4, assessedOn: '2026-06-10', status: 'RECORDED' }]);
    // a corrected assessment that is dated back is no longer the newest
    const back = { ...target(corrected), assessedOn: '2026-03-01', reason: 'The date.' };
    await graph.perform(nsa, 'correctAssessment', back, ASSESSMENT);
    expect(await current()).toEqual([{ tier: 2, assessedOn: '2026-06-01', status: 'RECORDED' }]);
    const answers = await Promise.all(
      times(8, (index) =>
        graph.call(nsa, 'recordAssessment', assessmentInput({ assessedOn: '2026-06-11', tier: 1 + (index % 4) })),
      ),
    );
    expect(answers.filter(({ errors }) => !errors)).toHaveLength(1);
    expect(await current()).toMatchObject([{ assessedOn: '2026-06-11' }]);
  });

  test('adds risk reports by the risk management agencies of a sector only', async () => {
    const energy = ciso('doe');
    await graph.perform(
      energy,
      'assessSector',
      { sector: 'energy', level: 'GUARDED', drivers: 'Storms.' },
      'sector { key }',
    );
    graph.clock.advance({ days: 1 });
    const sector = await graph.perform(
      energy,
      'assessSector',
      { sector: 'energy', level: 'HIGH' },
      'sector { riskLevel risks { nodes { level } } timeline { nodes { kind } } }',
    );
    expect(sector).toMatchObject({ riskLevel: 'HIGH', risks: { nodes: [{ level: 'HIGH' }, { level: 'GUARDED' }] } });
    expect(sector.timeline.nodes).toHaveLength(2);
  });

  test('counts recipients of access to a tool, and hides small counts', async () => {
    const tool = await graph.perform(CISA, 'registerTool', toolInput({ name: 'Lender' }), TOOL);
    const access = await graph.perform(TREASURY, 'provideDefenseAccess', accessInput({ tool: tool.id }), ACCESS);
    expect(access).toMatchObject({ status: 'PROVIDED', recipients: 3 });
    const read = async (): Promise<Loose> =>
      (await graph.ask(ANALYST, 'query ($id: ID!) { defenseAccess(id: $id) { recipients region } }', { id: access.id }))
        .data.defenseAccess;
    expect(await read()).toEqual({ recipients: null, region: 'OH' });
    const counted = await graph.perform(TREASURY, 'countRecipients', { ...target(access), recipients: 12 }, ACCESS);
    expect(await read()).toEqual({ recipients: 12, region: 'OH' });
    const ended = await graph.perform(
      TREASURY,
      'endDefenseAccess',
      { ...target(counted), endedOn: '2026-06-14' },
      ACCESS,
    );
    expect(ended).toMatchObject({ status: 'ENDED', endedOn: '2026-06-14', recipients: 12 });
  });

  test('rejects bad input with a precise error, and changes nothing', async () => {
    const opened = await graph.perform(ciso('nsa'), 'openCase', caseInput(), CASE);
    const at = target(opened);
    const contacted = { vendorContactedAt: graph.inDays(0) };
    const cases: [caller: string | null, mutation: string, input: object, code: string, path: string, text: RegExp][] =
      [
        [null, 'openCase', caseInput(), 'UNAUTHENTICATED', '', /requires authentication/],
        [ANALYST, 'openCase', caseInput(), 'FORBIDDEN', '', /allowed only for COORDINATOR or CISO/],
        [coordinator('nsa'), 'openCase', caseInput(), 'FORBIDDEN', '', /"treasury" or "cisa".* is of "nsa"/],
        ['role=coordinator; subject=c', 'openCase', caseInput(), 'FORBIDDEN', '', /names no agency/],
        [ciso('nsa'), 'acceptCase', { ...at, ...contacted }, 'FORBIDDEN', '', /allowed only for COORDINATOR/],
        [CISA, 'openCase', caseInput({ source: 'REVIEW_FINDING' }), 'BAD_USER_INPUT', 'input.source', /referFinding/],
        [CISA, 'openCase', caseInput({ cve: 'CVE-26-1' }), 'BAD_USER_INPUT', 'input.cve', /must match the pattern/],
        [
          CISA,
          'openCase',
          caseInput({ sectors: ['energy', 'x'] }),
          'UNKNOWN_REFERENCE',
          'input.sectors.1',
          /No sector/,
        ],
        [CISA, 'acceptCase', at, 'PRECONDITION_FAILED', '', /contact it, and send the time/],
        [
          CISA,
          'acceptCase',
          { ...at, vendorContactedAt: graph.inDays(1) },
          'BAD_USER_INPUT',
          'input.vendorContactedAt',
          /in the future/,
        ],
        [
          CISA,
          'acceptCase',
          { ...at, ...contacted, embargoUntil: graph.inDays(0) },
          'BAD_USER_INPUT',
          'input.embargoUntil',
          /has passed/,
        ],
        [
          CISA,
          'acceptCase',
          { ...at, ...contacted, expectedRevision: 4 },
          'REVISION_CONFLICT',
          'input.expectedRevision',
          /at revision 1/,
        ],
        [CISA, 'acceptCase', { ...at, ...contacted, id: 'chc_x' }, 'NOT_FOUND', 'input.id', /No clearinghouse case/],
        [CISA, 'declineCase', { ...at, reason: ' ' }, 'BAD_USER_INPUT', 'input.reason', /is empty/],
        [
          CISA,
          'declineCase',
          { ...at, reason: 'r', occurredAt: graph.inDays(-1) },
          'BAD_USER_INPUT',
          'input.occurredAt',
          /before the last event/,
        ],
        [
          CISA,
          'mergeCases',
          { ...at, intoId: opened.id, reason: 'r' },
          'BAD_USER_INPUT',
          'input.intoId',
          /into itself/,
        ],
        [
          CISA,
          'mergeCases',
          { ...at, intoId: 'chc_x', reason: 'r' },
          'NOT_FOUND',
          'input.intoId',
          /No clearinghouse case/,
        ],
        [
          ciso('nsa'),
          'addAffectedSystems',
          { ...at, systems: ['sys_nsa_1', 'sys_hhs_1'] },
          'UNKNOWN_REFERENCE',
          'input.systems.1',
          /No system/,
        ],
        [
          ciso('hhs'),
          'addAffectedSystems',
          { ...at, systems: ['sys_hhs_1'] },
          'NOT_FOUND',
          'input.id',
          /No clearinghouse case/,
        ],
      ];
    const nsa = ciso('nsa');
    const tool = await graph.perform(CISA, 'registerTool', toolInput({ name: 'Bad' }), TOOL);
    const planned = await graph.perform(nsa, 'planDeployment', { tool: tool.id, haveAto: true }, DEPLOYMENT);
    const assessment = await graph.perform(nsa, 'recordAssessment', assessmentInput({ dimension: 'PR' }), ASSESSMENT);
    const access = await graph.perform(nsa, 'provideDefenseAccess', accessInput({ tool: tool.id }), ACCESS);
    const cover = { ...target(planned), systems: ['sys_nsa_1'], since: '2026-06-01' };
    const later = graph.inDays(2).slice(0, 10);
    cases.push(
      [TREASURY, 'registerTool', toolInput(), 'FORBIDDEN', '', /coordinators of "cisa" may do this/],
      [
        nsa,
        'registerTool',
        toolInput({ csfSubcategories: ['XX'] }),
        'UNKNOWN_REFERENCE',
        'input.csfSubcategories.0',
        /No outcome/,
      ],
      [nsa, 'updateTool', { ...target(tool), name: 'Other' }, 'NOT_FOUND', 'input.id', /No defensive tool/],
      [CISA, 'updateTool', target(tool), 'BAD_USER_INPUT', 'input', /changes nothing/],
      [CISA, 'planDeployment', { tool: tool.id }, 'FORBIDDEN', '', /allowed only for CISO/],
      [nsa, 'planDeployment', { tool: 'tol_x' }, 'UNKNOWN_REFERENCE', 'input.tool', /No defensive tool/],
      [
        nsa,
        'planDeployment',
        { tool: tool.id, useCase: 'use_x' },
        'UNKNOWN_REFERENCE',
        'input.useCase',
        /No AI use case/,
      ],
      [ciso('hhs'), 'deployTool', target(planned), 'NOT_FOUND', 'input.id', /No tool deployment/],
      [nsa, 'setCoverage', { ...cover, since: later }, 'BAD_USER_INPUT', 'input.since', /in the future/],
      [nsa, 'setCoverage', { ...cover, systems: ['sys_hhs_1'] }, 'UNKNOWN_REFERENCE', 'input.systems.0', /No system/],
      [nsa, 'recordAssessment', assessmentInput({ tier: 5 }), 'BAD_USER_INPUT', 'input.tier', /between 1 and 4/],
      [
        nsa,
        'recordAssessment',
        assessmentInput({ dimension: 'XX' }),
        'UNKNOWN_REFERENCE',
        'input.dimension',
        /No outcome/,
      ],
      [
        nsa,
        'recordAssessment',
        assessmentInput({ assessedOn: later }),
        'BAD_USER_INPUT',
        'input.assessedOn',
        /in the future/,
      ],
      [
        nsa,
        'recordAssessment',
        assessmentInput({ dimension: 'PR' }),
        'ALREADY_EXISTS',
        'input.assessedOn',
        /use correctAssessment/,
      ],
      [nsa, 'correctAssessment', { ...target(assessment), reason: 'r' }, 'BAD_USER_INPUT', 'input', /changes nothing/],
      [
        ciso('hhs'),
        'correctAssessment',
        { ...target(assessment), tier: 1, reason: 'r' },
        'NOT_FOUND',
        'input.id',
        /No capability/,
      ],
      [nsa, 'assessSector', { sector: 'energy', level: 'LOW' }, 'FORBIDDEN', 'input.sector', /"nsa" is none/],
      [nsa, 'assessSector', { sector: 'x', level: 'LOW' }, 'UNKNOWN_REFERENCE', 'input.sector', /No sector/],
      [
        ciso('doe'),
        'assessSector',
        { sector: 'energy', level: 'LOW', asOf: later },
        'BAD_USER_INPUT',
        'input.asOf',
        /in the future/,
      ],
      [
        ciso('doe'),
        'assessSector',
        { sector: 'energy', level: 'LOW', asOf: '2026-01-01' },
        'BAD_USER_INPUT',
        'input.asOf',
        /not after the last/,
      ],
      [nsa, 'provideDefenseAccess', accessInput(), 'BAD_USER_INPUT', 'input.tool', /either "tool" or "model"/],
      [
        nsa,
        'provideDefenseAccess',
        accessInput({ tool: tool.id, sector: null }),
        'BAD_USER_INPUT',
        'input.sector',
        /which needs it/,
      ],
      [
        nsa,
        'provideDefenseAccess',
        accessInput({ tool: tool.id, since: later }),
        'BAD_USER_INPUT',
        'input.since',
        /in the future/,
      ],
      [
        nsa,
        'provideDefenseAccess',
        accessInput({ tool: tool.id, sector: 'x' }),
        'UNKNOWN_REFERENCE',
        'input.sector',
        /No sector/,
      ],
      [
        nsa,
        'endDefenseAccess',
        { ...target(access), endedOn: '2026-05-01' },
        'BAD_USER_INPUT',
        'input.endedOn',
        /before the first day/,
      ],
      [
        ciso('hhs'),
        'countRecipients',
        { ...target(access), recipients: 1 },
        'NOT_FOUND',
        'input.id',
        /No defense access/,
      ],
    );
    const before = await everything();
    for (const [caller, mutation, input, code, path, text] of cases) {
      const refusal = await graph.refused(caller, mutation, input as Record<string, unknown>);
      expect([mutation, refusal.code, (refusal.inputPath ?? []).join('.')]).toEqual([mutation, code, path]);
      expect(refusal.message).toMatch(text);
    }
    expect(await everything()).toBe(before);
  });
});
