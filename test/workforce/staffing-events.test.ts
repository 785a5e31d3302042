import { positionLifecycle } from '../../subgraphs/workforce/position/lifecycle';
import { ciso } from '../infrastructure/inputs';
import { databaseKinds } from '../support/databases';
import { FINDING, Framework, REVIEW, reviewer } from '../support/framework';
import { Hiring } from '../support/hiring';
import { ANNOUNCEMENT, CERTIFICATE, POSITION } from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

describe.each(databaseKinds)('events between workforce, infrastructure, and reviews, on %s', (kind) => {
  let graph: Framework;
  let nsa: Hiring;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    nsa = new Hiring(graph, 'nsa');
  });
  afterAll(() => graph.close());

  const count = async (subgraph: string, table: string) =>
    Number((await graph.sql(subgraph, `SELECT COUNT(*) AS n FROM ${table}`))[0].n);
  const replay = async (subgraph: string) => {
    await graph.force(subgraph, 'UPDATE inbox_position SET log_offset = 0');
    await graph.deliver();
  };
  const assess = (input: Loose) =>
    graph.perform(
      ciso('nsa'),
      'recordAssessment',
      { dimension: 'RS.MA', tier: 2, target: 4, assessor: 'Self-assessment', ...input },
      'assessment { id revision }',
    );
  const gaps = async (): Promise<Loose> =>
    (
      await graph.ask(
        nsa.hr,
        `{ node(id: "AgencyWorkRole:nsa:531") { ... on AgencyWorkRole {
           capabilityGaps { dimension { code title } tier target assessedOn } } } }`,
      )
    ).data.node.capabilityGaps;
  /** Hires for a position. @returns the position */
  const hired = async (agency: Hiring, position: Loose): Promise<Loose> => {
    const request = await agency.ready(await agency.take(await agency.submit(await agency.drafted(position))));
    const announcement = await graph.perform(
      agency.hr,
      'publishAnnouncement',
      agency.announcementInput([request]),
      ANNOUNCEMENT,
    );
    const [eligible] = await agency.eligible(announcement.controlNumber, 1);
    const issued = await agency.issue(request.id, [eligible]);
    const certificate = await agency.step('openCertificate', issued, CERTIFICATE, {}, agency.manager);
    const referred = { ...eligible, revision: eligible.revision + 1 };
    const offered = await agency.offered(await agency.select(referred, certificate));
    const fields = 'application { hiringRequest { id position { id revision } } }';
    const { hiringRequest } = await agency.step('recordEntryOnDuty', offered, fields);
    return { ...hiringRequest.position, requestId: hiringRequest.id };
  };

  test('shows a gap at the staffing of the work roles that contribute, until the target is reached', async () => {
    const today = graph.inDays(0).slice(0, 10);
    const gap = await assess({ assessedOn: graph.inDays(-1).slice(0, 10) });
    await graph.deliver();
    const shown = {
      dimension: { code: 'RS.MA', title: expect.any(String) },
      ...{ tier: 2, target: 4, assessedOn: graph.inDays(-1).slice(0, 10) },
    };
    expect(await gaps()).toEqual([shown]);
    await replay('workforce');
    expect(await gaps()).toEqual([shown]);
    await graph.perform(
      ciso('nsa'),
      'correctAssessment',
      { id: gap.id, expectedRevision: gap.revision, tier: 3, reason: 'Miscounted.' },
      'assessment { id }',
    );
    await graph.deliver();
    expect(await gaps()).toMatchObject([{ tier: 3 }]);
    await assess({ assessedOn: today, tier: 4 });
    await graph.deliver();
    expect(await gaps()).toEqual([]);
    // the staffing is internal
    const { data } = await graph.ask(
      null,
      '{ node(id: "AgencyWorkRole:nsa:531") { ... on AgencyWorkRole { capabilityGaps { tier } } } }',
    );
    expect(data.node.capabilityGaps).toBeNull();
  });

  test('shows entries on duty and separations at assessments and at reviews, once and without any person', async () => {
    const today = graph.inDays(0).slice(0, 10);
    const submission = await graph.filed();
    await graph.determined(submission.id, 'nsa');
    const review = await graph.perform(
      reviewer('nsa'),
      'openReview',
      {
        submissionId: submission.id,
        scope: ['CYBERSECURITY_MISUSE'],
        requiredWorkRoles: [{ workRoleCode: '531', count: 1 }],
      },
      REVIEW,
    );
    const seen = async (): Promise<Loose> => {
      const { data, errors } = await graph.ask(
        reviewer('nsa'),
        `query ($id: ID!) { review(id: $id) { requiredWorkRoles { nodes { lastEntryOn lastVacatedOn } } }
           agency(key: "nsa") { capabilityAssessments(filter: { current: { eq: true }, dimension: { code: { eq: "RS.MA" } } }) {
             nodes { staffingChangedOn } } } }`,
        { id: review.id },
      );
      expect(errors).toBeUndefined();
      const [role] = data.review.requiredWorkRoles.nodes;
      return { ...role, ...data.agency.capabilityAssessments.nodes[0] };
    };
    expect(await seen()).toEqual({ lastEntryOn: null, lastVacatedOn: null, staffingChangedOn: null });
    const filled = await hired(nsa, await nsa.position());
    await graph.deliver();
    expect(await seen()).toEqual({ lastEntryOn: today, lastVacatedOn: null, staffingChangedOn: today });
    graph.clock.advance({ days: 3 });
    const hire = async () =>
      (
        await graph.ask(nsa.hr, 'query ($id: ID!) { hiringRequest(id: $id) { status separatedAt revision } }', {
          id: filled.requestId,
        })
      ).data.hiringRequest;
    const { revision } = await hire();
    await nsa.step('recordSeparation', filled, POSITION, { kind: 'QUIT' });
    expect(await hire()).toEqual({ status: 'FILLED', separatedAt: graph.inDays(0), revision: revision + 1 });
    await graph.deliver();
    const later = graph.inDays(0).slice(0, 10);
    const changed = { lastEntryOn: today, lastVacatedOn: later, staffingChangedOn: later };
    expect(await seen()).toEqual(changed);
    for (const subgraph of ['reviews', 'infrastructure']) {
      await replay(subgraph);
      expect(await count(subgraph, 'inbox_rejected')).toBe(0);
      expect(await count(subgraph, 'staffing_notice')).toBe(1);
    }
    expect(await seen()).toEqual(changed);
    const events = await graph.sql('workforce', "SELECT data FROM outbox WHERE type LIKE 'workforce.%'");
    expect(events).toHaveLength(2);
    for (const { data } of events)
      expect(Object.keys(JSON.parse(data)).sort()).toEqual(['agencyKey', 'exercise', 'on', 'positionId', 'roleCodes']);
  });

  test('sends an event for each way to fill and to vacate a position, and shows its day', async () => {
    const treasury = new Hiring(graph, 'treasury');
    const changes: Record<string, (position: Loose) => Promise<Loose>> = {
      enteredOnDuty: (position) => hired(treasury, position),
      recordReassignment: (position) => treasury.step('recordReassignment', position, POSITION),
      recordSeparation: (position) => treasury.step('recordSeparation', position, POSITION, { kind: 'RETIREMENT' }),
    };
    const isFilled = (status: string | null) => status === 'FILLED';
    const triggers = positionLifecycle.transitions
      .filter(({ from, to }) => [from].flat().some((state) => isFilled(state) !== isFilled(to)))
      .map(({ trigger }) => trigger);
    expect(new Set(triggers)).toEqual(new Set(Object.keys(changes)));
    let position = await treasury.position();
    const vacated = 'workforce.position-vacated';
    for (const [trigger, type] of [
      ['enteredOnDuty', 'workforce.entered-on-duty'],
      ['recordSeparation', vacated],
      ['recordReassignment', 'workforce.employee-reassigned'],
      ['recordSeparation', vacated],
    ] as const) {
      graph.clock.advance({ days: 1 });
      const before = await count('workforce', 'outbox');
      position = await changes[trigger]!(position);
      const sent: Loose[] = await graph.sql('workforce', 'SELECT type, subject, data FROM outbox ORDER BY position');
      const on = graph.inDays(0).slice(0, 10);
      expect(sent.slice(before).map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) }))).toEqual([
        {
          ...{ type, subject: position.id },
          data: { positionId: position.id, agencyKey: 'treasury', roleCodes: ['531'], on, exercise: false },
        },
      ]);
      await graph.deliver();
      for (const subgraph of ['reviews', 'infrastructure']) {
        const [notice] = await graph.sql(
          subgraph,
          `SELECT entered_on AS entered, vacated_on AS vacated FROM staffing_notice WHERE id = 'treasury:531'`,
        );
        expect(type === vacated ? notice.vacated : notice.entered).toBe(on);
      }
    }
    const [{ filled }] = await graph.sql(
      'workforce',
      `SELECT COUNT(*) AS filled FROM hiring_request WHERE position_id = ? AND entered_on_duty_at IS NOT NULL`,
      [position.id],
    );
    expect(Number(filled)).toBe(1);
  });

  test('shows the highest risk of the sectors that a finding affects', async () => {
    const submission = await graph.filed({}, 'birch');
    const review = await graph.opened(submission.id, 'nsa');
    await graph.force('reviews', "UPDATE review SET status = 'EVALUATING' WHERE id = ?", [review.id]);
    const finding = await graph.perform(
      reviewer('nsa'),
      'draftFinding',
      {
        ...{ reviewId: review.id, title: 'Flaw', detail: 'Text.', severity: 'LOW', confidence: 'LOW' },
        sectors: ['energy', 'water'],
      },
      FINDING,
    );
    const risk = async () =>
      (await graph.ask(reviewer('nsa'), 'query ($id: ID!) { finding(id: $id) { sectorRisk } }', { id: finding.id }))
        .data.finding.sectorRisk;
    expect(await risk()).toBeNull();
    for (const [agency, sector, level] of [
      ['doe', 'energy', 'GUARDED'],
      ['epa', 'water', 'ELEVATED'],
    ])
      await graph.perform(ciso(agency!), 'assessSector', { sector, level }, 'sector { key }');
    await graph.deliver();
    expect(await risk()).toBe('ELEVATED');
    graph.clock.advance({ days: 1 });
    await graph.perform(ciso('epa'), 'assessSector', { sector: 'water', level: 'LOW' }, 'sector { key }');
    await graph.deliver();
    expect(await risk()).toBe('GUARDED');
    await replay('reviews');
    expect(await risk()).toBe('GUARDED');
  });
});
