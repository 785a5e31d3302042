import nodeCrypto from 'node:crypto';
import { AccessLedger } from '../../subgraphs/submissions/submission/access-ledger';
import { databaseKinds } from '../support/databases';
import {
  developer,
  FINDING,
  Framework,
  GRANT,
  INTAKE,
  PROPOSAL,
  REVIEW,
  reviewer,
  SUBMISSION,
} from '../support/framework';
import { INSPECTOR } from '../support/identity';

// biome-ignore lint/suspicious/noExplicitAny: rows as the database has them
type Row = any;

const kinds = (timeline: { nodes: Row[] }): string[] => timeline.nodes.map(({ kind }) => kind);

describe.each(databaseKinds)('scheduled changes, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  const events = (id: string) =>
    graph.sql('submissions', 'SELECT * FROM submission_event WHERE submission_id = ? ORDER BY sequence', [id]);
  const reviewEvents = (id: string) =>
    graph.sql('reviews', 'SELECT * FROM review_event WHERE submission_id = ? ORDER BY sequence', [id]);
  const change = (id: string, revision: number, plannedLaunchAt: string) =>
    graph.perform(
      developer(),
      'changeLaunchPlan',
      { id, expectedRevision: revision, launchPlan: { plannedLaunchAt } },
      SUBMISSION,
    );

  test('dates window and launch at their instants, once, however late they are processed', async () => {
    const launch = graph.inDays(40);
    const { id, windowOpensAt } = await graph.filed({ launchPlan: { plannedLaunchAt: launch } });
    await graph.tick();
    expect(await events(id)).toHaveLength(2);
    graph.clock.advance({ days: 45 });
    await graph.tick();
    await graph.tick();
    const entries = (await events(id)).slice(2).map((event) => [event.kind, event.actor, event.occurred_at]);
    expect(entries).toEqual([
      ['WINDOW_OPENED', 'system', windowOpensAt],
      ['LAUNCH_DUE', 'system', launch],
    ]);
  });

  // T3
  test('ends access at its instant, even before any scheduler has run', async () => {
    const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(5) } });
    await graph.granted(id, 'nsa');
    await graph.granted(id, 'treasury', { postLaunchConsent: true, endsAt: graph.inDays(9) });
    const statuses = async () => {
      const { accessGrants, windowPhase } = await graph.submission(id);
      return [windowPhase, ...accessGrants.nodes.map((grant: Row) => `${grant.agency.key} ${grant.status}`).sort()];
    };
    const active = async () => {
      const { data } = await graph.ask(
        developer(),
        'query ($id: ID!) { submission(id: $id) { accessGrants(filter: { status: { eq: ACTIVE } }) { nodes { agency { key } } } } }',
        { id },
      );
      return data.submission.accessGrants.nodes.map((grant: Row) => grant.agency.key);
    };
    expect(await statuses()).toEqual(['OPEN', 'nsa ACTIVE', 'treasury ACTIVE']);
    graph.clock.advance({ days: 5 });
    expect(await statuses()).toEqual(['LAUNCH_DUE', 'nsa PAUSED', 'treasury ACTIVE']);
    expect(await active()).toEqual(['treasury']);
    graph.clock.advance({ days: 4 });
    expect(await statuses()).toEqual(['LAUNCH_DUE', 'nsa PAUSED', 'treasury ENDED']);
    await graph.tick();
    expect(await statuses()).toEqual(['LAUNCH_DUE', 'nsa PAUSED', 'treasury ENDED']);
  });

  test('I16: dates the window by the earliest agreed access of a partner, and back', async () => {
    const alder = developer();
    const stated = graph.inDays(20);
    const { id } = await graph.filed({
      launchPlan: { plannedLaunchAt: stated, reference: 'TRUSTED_PARTNER_RELEASE' },
    });
    await graph.granted(id, 'nsa');
    const propose = async (by: string, key: string) => {
      await graph.perform(by, 'registerPartner', { key, name: key, kind: 'OTHER' }, 'partner { key }');
      return graph.perform(by, 'proposePartner', { submissionId: id, partnerKey: key }, PROPOSAL);
    };
    const agree = (proposal: { id: string; revision: number }, accessFrom: string) =>
      graph.perform(
        alder,
        'agreeToPartner',
        { id: proposal.id, expectedRevision: proposal.revision, accessFrom },
        PROPOSAL,
      );
    const aside = (proposal: { id: string; revision: number }) =>
      graph.perform(alder, 'setPartnerAside', { id: proposal.id, expectedRevision: proposal.revision }, PROPOSAL);
    const closes = async () => {
      const { data } = await graph.ask(
        alder,
        `{ submission(id: "${id}") { windowClosesAt launchPlan { planVersion partnerProposal { id } statedLaunchAt } } }`,
      );
      const { windowClosesAt, launchPlan } = data.submission;
      return [
        windowClosesAt,
        launchPlan.planVersion,
        launchPlan.partnerProposal?.id ?? null,
        launchPlan.statedLaunchAt,
      ];
    };
    // a proposal of the government has no effect by itself
    const first = await propose(INTAKE, 'harbor');
    expect([first.proposedBy, await closes()]).toEqual(['GOVERNMENT', [stated, 1, null, null]]);
    const [soon, sooner, moved] = [graph.inDays(10), graph.inDays(5), graph.inDays(30)];
    const agreed = await agree(first, soon);
    expect(await closes()).toEqual([soon, 2, first.id, stated]);
    const second = await agree(await propose(alder, 'summit'), sooner);
    expect(await closes()).toEqual([sooner, 3, second.id, stated]);
    // the developer may move the plan at any time; the agreed access counts until the plan dates the public launch
    const change = async (reference: string) => {
      const { revision } = await graph.submission(id);
      const launchPlan = { plannedLaunchAt: moved, reference };
      await graph.perform(alder, 'changeLaunchPlan', { id, expectedRevision: revision, launchPlan }, SUBMISSION);
    };
    await change('TRUSTED_PARTNER_RELEASE');
    expect(await closes()).toEqual([sooner, 4, second.id, moved]);
    await change('PUBLIC_LAUNCH');
    expect(await closes()).toEqual([moved, 5, null, null]);
    await change('TRUSTED_PARTNER_RELEASE');
    await graph.deliver();
    // agencies follow, as with any other plan
    expect(
      await graph.sql('reviews', 'SELECT planned_launch_at AS at FROM submission_notice WHERE id = ?', [id]),
    ).toEqual([{ at: sooner }]);
    graph.clock.advance({ days: 6 });
    await graph.tick();
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('PAUSED');
    await aside(second);
    expect(await closes()).toEqual([soon, 7, first.id, moved]);
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('ACTIVE');
    await aside(agreed);
    expect(await closes()).toEqual([moved, 8, null, null]);
    // the states of proposals are not those of the submission
    const withdrawn = await propose(alder, 'river');
    const withdrawal = { id: withdrawn.id, expectedRevision: withdrawn.revision };
    await graph.perform(alder, 'withdrawPartnerProposal', withdrawal, PROPOSAL);
    const { data } = await graph.ask(
      alder,
      `{ submission(id: "${id}") { asOf(at: "${graph.inDays(0)}") { lifecycle } } }`,
    );
    expect(data.submission.asOf.lifecycle).toBe('FILED');
  });

  // T3
  test('pauses access at launch, resumes it if the launch moves, and keeps used hours', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(5) } });
    await graph.granted(id, 'nsa');
    graph.clock.advance({ days: 6 });
    await graph.tick();
    const used = (await graph.submission(id)).preLaunchAccessSeconds;
    expect(used).toBe(5 * 86_400);
    await change(id, revision, graph.inDays(40));
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('PAUSED');
    graph.clock.advance({ days: 10 });
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('ACTIVE');
    graph.clock.advance({ days: 2 });
    expect((await graph.submission(id)).preLaunchAccessSeconds).toBe(used + 2 * 86_400);
    await graph.tick();
    expect((await graph.submission(id)).preLaunchAccessSeconds).toBe(used + 2 * 86_400);
    expect(kinds((await graph.submission(id)).timeline)).toEqual([
      'DRAFTED',
      'FILED',
      'WINDOW_OPENED',
      'ACCESS_OFFERED',
      'ACCESS_STARTED',
      'LAUNCH_DUE',
      'ACCESS_PAUSED',
      'PLAN_CHANGED',
      'WINDOW_OPENED',
      'ACCESS_RESUMED',
    ]);
  });

  test('computes used hours once for each submission, however many aliases request them', async () => {
    const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(20) } });
    await graph.granted(id, 'nsa');
    graph.clock.advance({ days: 2 });
    const computed = jest.spyOn(AccessLedger, 'secondsUsed');
    const aliases = Array.from({ length: 30 }, (_, i) => `a${i}: preLaunchAccessSeconds`);
    const { data } = await graph.ask(developer(), `{ submission(id: "${id}") { ${aliases.join(' ')} } }`);
    const calls = computed.mock.calls.length;
    computed.mockRestore();
    expect(new Set(Object.values(data!.submission as object))).toEqual(new Set([2 * 86_400]));
    expect(calls).toBe(1);
  });

  test('T4: ends access after 720 hours over two plans, and refuses more before launch', async () => {
    const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(29) } });
    await graph.granted(id, 'nsa');
    graph.clock.advance({ days: 20 });
    await change(id, (await graph.submission(id)).revision, graph.inDays(28));
    graph.clock.advance({ days: 9, hours: 23 });
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('ACTIVE');
    graph.clock.advance({ hours: 1 });
    const { accessGrants, preLaunchAccessSeconds } = await graph.submission(id);
    expect([accessGrants.nodes[0].status, preLaunchAccessSeconds]).toEqual(['ENDED', 720 * 3_600]);
    const offer = await graph.perform(
      developer(),
      'offerAccess',
      { submissionId: id, agencyKey: 'nsa', mode: 'API' },
      GRANT,
    );
    expect(await graph.refused(reviewer('nsa'), 'acceptAccess', { id: offer.id, expectedRevision: 1 })).toMatchObject({
      code: 'PRECONDITION_FAILED',
      message: expect.stringContaining('720 hours'),
    });
  });

  test('shortens the window with an earlier launch and marks targets as compressed', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(25) } });
    const review = await graph.opened(id, 'nsa');
    await change(id, revision, graph.inDays(2));
    await graph.deliver();
    const { data } = await graph.ask(
      INSPECTOR,
      `query ($id: ID!) { submission(id: $id) { reviews { nodes { id targetAt targetCompressed } }
         determinations(filter: { status: { eq: DRAFT } }) { nodes { targetAt targetCompressed } } } }`,
      { id },
    );
    const [{ targetAt, targetCompressed }] = data.submission.reviews.nodes;
    expect([targetAt < review.targetAt, targetCompressed]).toEqual([true, true]);
    expect(data.submission.determinations.nodes).toEqual([{ targetAt: graph.inDays(2), targetCompressed: true }]);
  });

  test('continues a review after launch, with one timeline entry for each such launch', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(3) } });
    const { id: reviewId } = await graph.opened(id, 'nsa');
    const timing = async () =>
      (await graph.ask(reviewer('nsa'), `{ review(id: "${reviewId}") { status timing } }`)).data.review;
    expect(await timing()).toEqual({ status: 'OPENED', timing: 'PRE_LAUNCH' });
    graph.clock.advance({ days: 4 });
    expect(await timing()).toEqual({ status: 'OPENED', timing: 'POST_LAUNCH' });
    await graph.tick();
    await graph.tick();
    const passed = async () => (await reviewEvents(id)).filter((event) => event.kind === 'REVIEW_POST_LAUNCH');
    expect(await passed()).toHaveLength(1);
    await change(id, revision, graph.inDays(3));
    await graph.deliver();
    expect(await timing()).toEqual({ status: 'OPENED', timing: 'PRE_LAUNCH' });
    await graph.perform(developer(), 'recordLaunch', { id, launchedAt: graph.inDays(0), scope: 'GENERAL' }, SUBMISSION);
    await graph.deliver();
    await graph.tick();
    expect(await timing()).toEqual({ status: 'OPENED', timing: 'POST_LAUNCH' });
    expect(await passed()).toHaveLength(2);
  });

  test('lets an agency that is no longer named finish its reviews without access', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(20) } });
    await graph.granted(id, 'nsa');
    const review = await graph.opened(id, 'nsa');
    await graph.perform(
      developer(),
      'amendSubmission',
      { id, expectedRevision: revision, requestedAgencies: ['treasury'] },
      SUBMISSION,
    );
    await graph.deliver();
    expect((await graph.submission(id)).accessGrants.nodes[0].status).toBe('ENDED');
    for (const [mutation, input] of [
      ['draftDetermination', { submissionId: id }],
      ['openReview', { submissionId: id, scope: [] }],
      ['sendAdvice', { submissionId: id, body: 'b' }],
    ] as const)
      expect((await graph.refused(reviewer('nsa'), mutation, input)).code).toBe('NOT_FOUND');
    const stopped = await graph.perform(
      reviewer('nsa'),
      'returnDocuments',
      { id: review.id, expectedRevision: review.revision },
      'review { status closeReason }',
    );
    expect(stopped).toEqual({
      status: 'STOPPED',
      closeReason: 'The developer revoked access, and the agency returned the documents',
    });
  });

  test('notes an overdue question once on the timeline, without other effects', async () => {
    const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(60) } });
    await graph.perform(
      INTAKE,
      'requestInformation',
      { submissionId: id, question: 'Which?' },
      'informationRequest { id }',
    );
    const thread = await graph.perform(
      reviewer('nsa'),
      'openConsultation',
      { submissionId: id },
      'consultation { id }',
    );
    const dueOn = graph.inDays(3).slice(0, 10);
    await graph.perform(
      reviewer('nsa'),
      'sendMessage',
      { consultationId: thread.id, body: 'Which?', dueOn },
      'consultation { id }',
    );
    const before = await graph.submission(id);
    graph.clock.advance({ days: 12 });
    await graph.tick();
    await graph.tick();
    const after = await graph.submission(id);
    expect(kinds(after.timeline).slice(kinds(before.timeline).length)).toEqual(['INFORMATION_OVERDUE']);
    expect([after.lifecycle, after.revision, after.intakeStatus]).toEqual([
      'FILED',
      before.revision,
      'INFORMATION_REQUESTED',
    ]);
    expect((await reviewEvents(id)).filter((event) => event.kind === 'INFORMATION_OVERDUE')).toHaveLength(1);
  });

  test('notes an unanswered finding after 45 days without requiring an answer', async () => {
    const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(25) } });
    const review = await graph.opened(id, 'nsa');
    const nsa = reviewer('nsa');
    const started = await graph.perform(
      nsa,
      'startEvaluation',
      { id: review.id, expectedRevision: review.revision, documentsOnly: true },
      REVIEW,
    );
    const finding = await graph.perform(
      nsa,
      'draftFinding',
      { reviewId: review.id, title: 'T', detail: 'D', severity: 'LOW', confidence: 'LOW' },
      FINDING,
    );
    const drafted = await graph.perform(
      nsa,
      'concludeEvaluation',
      { id: review.id, expectedRevision: started.revision },
      REVIEW,
    );
    await graph.perform(reviewer('nsa', 'reviewer-2'), 'readFindings', { reviewId: review.id }, REVIEW);
    await graph.perform(nsa, 'shareFindings', { reviewId: review.id, expectedRevision: drafted.revision }, REVIEW);
    const status = async () =>
      (await graph.ask(nsa, `{ finding(id: "${finding.id}") { status } }`)).data.finding.status;
    graph.clock.advance({ days: 44, hours: 23 });
    await graph.tick();
    expect(await status()).toBe('SHARED_WITH_DEVELOPER');
    graph.clock.advance({ hours: 1 });
    await graph.tick();
    expect(await status()).toBe('NOTED');
  });

  test('erases the content of a discarded draft after 30 days and keeps its entry', async () => {
    const { id, revision } = await graph.draft({
      mitigationsDeclared: 'Secret.',
      declaredCapabilities: [{ area: 'CODE', statement: 'Secret too.' }],
    });
    await graph.perform(developer(), 'discardDraft', { id, expectedRevision: revision }, SUBMISSION);
    graph.clock.advance({ days: 29 });
    await graph.tick();
    expect(await graph.sql('submissions', 'SELECT id FROM declaration WHERE submission_id = ?', [id])).toHaveLength(1);
    graph.clock.advance({ days: 2 });
    await graph.tick();
    expect(await graph.sql('submissions', 'SELECT id FROM declaration WHERE submission_id = ?', [id])).toHaveLength(0);
    const [row] = await graph.sql(
      'submissions',
      'SELECT mitigations_declared AS said, lifecycle FROM submission WHERE id = ?',
      [id],
    );
    expect(row).toEqual({ said: null, lifecycle: 'DISCARDED' });
    expect(await events(id)).toHaveLength(2);
  });

  test('makes a scheduled change once with several replicas', async () => {
    const ids: string[] = [];
    for (let place = 0; place < 8; place += 1) {
      const { id } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(4) } });
      await graph.granted(id, 'nsa');
      ids.push(id);
    }
    graph.clock.advance({ days: 5 });
    const { subgraph } = graph.subgraph('submissions');
    const replicas = await Promise.all(
      [1, 2, 3].map(() => subgraph.open({ databaseUrl: graph.databaseUrl('submissions'), clock: graph.clock })),
    );
    await Promise.all(
      replicas.flatMap((replica) =>
        (subgraph.parts.schedule ?? []).map((task) => task.run(replica.database, graph.clock)),
      ),
    );
    for (const id of ids) {
      const happened = (await events(id)).map((event) => event.kind);
      expect(happened.filter((eventKind) => eventKind === 'LAUNCH_DUE' || eventKind === 'ACCESS_PAUSED')).toEqual([
        'LAUNCH_DUE',
        'ACCESS_PAUSED',
      ]);
      const notified = await graph.sql(
        'submissions',
        `SELECT data FROM outbox WHERE subject = ? AND type = 'submissions.access-changed'`,
        [id],
      );
      expect(notified.map(({ data }) => JSON.parse(data).status)).toEqual(['OFFERED', 'ACTIVE', 'PAUSED']);
    }
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  test('ignores submissions of an older release that had no events', async () => {
    const { id } = await graph.filed();
    const { id: review } = await graph.opened(id, 'nsa');
    const { id: thread } = await graph.perform(
      reviewer('nsa'),
      'openConsultation',
      { submissionId: id },
      'consultation { id }',
    );
    const message = { consultationId: thread, body: 'Which?', dueOn: graph.inDays(1).slice(0, 10) };
    await graph.perform(reviewer('nsa'), 'sendMessage', message, 'consultation { id }');
    await graph.force('reviews', 'DELETE FROM submission_notice WHERE id = ?', [id]);
    graph.clock.advance({ days: 30 });
    await graph.tick();
    const [row] = await graph.sql('reviews', 'SELECT post_launch_noted_for AS noted FROM review WHERE id = ?', [
      review,
    ]);
    expect(row.noted).toBeNull();
  });

  test('draws unused file numbers that do not tell how many drafts others began', async () => {
    const draws = jest.spyOn(nodeCrypto, 'randomInt').mockImplementation((...[least, end]: unknown[]) => {
      expect([least, end]).toEqual([100_000, 900_001]);
      return [700_041, 700_041, 100_017][draws.mock.calls.length - 1]!;
    });
    const numbers = [(await graph.draft()).number, (await graph.draft({}, 'birch')).number];
    draws.mockRestore();
    const year = graph.clock.now().getUTCFullYear();
    expect(numbers).toEqual([`AIS-${year}-700041`, `AIS-${year}-100017`]);
  });

  test('opens a window of one minute for a submission filed a minute before launch', async () => {
    const draft = await graph.draft({ launchPlan: { plannedLaunchAt: graph.inDays(2) } });
    graph.clock.advance({ days: 1, hours: 23, minutes: 59 });
    const filed = await graph.perform(
      developer(),
      'fileSubmission',
      { id: draft.id, expectedRevision: draft.revision },
      SUBMISSION,
    );
    expect(filed.windowPhase).toBe('OPEN');
    graph.clock.advance({ minutes: 1 });
    expect((await graph.submission(draft.id)).windowPhase).toBe('LAUNCH_DUE');
  });

  test('derives the right state when several changes are overdue', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(20) } });
    await graph.granted(id, 'nsa', { postLaunchConsent: true, endsAt: graph.inDays(40) });
    await change(id, revision, graph.inDays(60));
    const status = async () => (await graph.submission(id)).accessGrants.nodes[0].status;
    expect(await status()).toBe('PAUSED');
    // it resumed when the window opened and ended ten days later
    graph.clock.advance({ days: 45 });
    expect(await status()).toBe('ENDED');
    const used = (await graph.submission(id)).preLaunchAccessSeconds;
    await graph.tick();
    expect([await status(), (await graph.submission(id)).preLaunchAccessSeconds]).toEqual(['ENDED', used]);
  });
});

describe.each(databaseKinds)('the past, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  test('returns states, plans, access, reviews, and figures as of any past instant', async () => {
    const QUERY = `query ($id: ID!) { submission(id: $id) {
      lifecycle intakeStatus windowPhase launchPlan { planVersion plannedLaunchAt }
      accessGrants { nodes { agency { key } status } }
      determinations { nodes { agency { key } status outcome } } reviews { nodes { leadAgency { key } status } } }
      executiveOrder(number: "14409") { submissionMetrics { FIGURES } reviewMetrics { REVIEWS } } }`;
    const PAST = `query ($id: ID!, $at: DateTime!) { submission(id: $id) {
      asOf(at: $at) { lifecycle intakeStatus windowPhase planVersion plannedLaunchAt access { agency { key } status } }
      reviewsAsOf(at: $at) { determinations { agency { key } status outcome } reviews { agency { key } status } } }
      executiveOrder(number: "14409") { submissionMetrics(asOf: $at) { FIGURES } reviewMetrics(asOf: $at) { REVIEWS } } }`;
    const FIGURES =
      'filed inWindow launched withdrawn medianLeadDays medianUsableWindowDays plansMovedLater plansMovedEarlier ' +
      'filedByQuarter { quarter count } launchRecordedWithinSevenDays { numerator denominator } withdrawnByPhase { phase rate { value } }';
    const REVIEWS =
      'openReviews opened closedBeforeLaunch closedAfterLaunch determinationCoverage { numerator denominator } ' +
      'answeredBeforeLaunch { numerator } findings findingsShared';
    const fill = (query: string) => query.replace('FIGURES', FIGURES).replace('REVIEWS', REVIEWS);
    const moments: { at: string; seen: Row }[] = [];
    const sorted = (list: Row[]) => list.map((row) => JSON.stringify(row)).sort();
    const look = async (id: string) => {
      await graph.tick();
      const { data } = await graph.ask(INSPECTOR, fill(QUERY), { id });
      const { submission, executiveOrder } = data;
      const state = {
        lifecycle: submission.lifecycle,
        intakeStatus: submission.intakeStatus,
        windowPhase: submission.windowPhase,
        plan: submission.launchPlan,
        access: sorted(submission.accessGrants.nodes),
        determinations: sorted(submission.determinations.nodes),
        reviews: sorted(
          submission.reviews.nodes.map((node: Row) => ({ agency: node.leadAgency, status: node.status })),
        ),
        executiveOrder,
      };
      moments.push({ at: graph.clock.now().toISOString(), seen: state });
      graph.clock.advance({ days: 1, hours: 3 });
    };
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(33) } });
    await look(id);
    await graph.perform(INTAKE, 'completeIntakeCheck', { id, expectedRevision: revision }, SUBMISSION);
    await look(id);
    const review = await graph.opened(id, 'nsa');
    await look(id);
    graph.clock.advance({ days: 3 });
    await look(id);
    await graph.granted(id, 'nsa');
    await look(id);
    await graph.perform(
      developer(),
      'changeLaunchPlan',
      { id, expectedRevision: revision + 1, launchPlan: { plannedLaunchAt: graph.inDays(50) } },
      SUBMISSION,
    );
    await look(id);
    await graph.determined(id, 'treasury', 'REVIEW_NOT_NECESSARY');
    await graph.perform(
      reviewer('nsa'),
      'startEvaluation',
      { id: review.id, expectedRevision: review.revision, documentsOnly: true },
      REVIEW,
    );
    await look(id);
    await graph.perform(developer(), 'withdrawSubmission', { id }, SUBMISSION);
    await look(id);
    for (const { at, seen: state } of moments) {
      const { data, errors } = await graph.ask(INSPECTOR, fill(PAST), { id, at });
      expect(errors).toBeUndefined();
      const { asOf, reviewsAsOf } = data.submission;
      expect({
        lifecycle: asOf.lifecycle,
        intakeStatus: asOf.intakeStatus,
        windowPhase: asOf.windowPhase,
        plan: { planVersion: asOf.planVersion, plannedLaunchAt: asOf.plannedLaunchAt },
        access: sorted(asOf.access),
        determinations: sorted(reviewsAsOf.determinations),
        reviews: sorted(reviewsAsOf.reviews),
        executiveOrder: data.executiveOrder,
      }).toEqual(state);
    }
    const future = await graph.ask(INSPECTOR, fill(PAST), { id, at: graph.inDays(1) });
    expect(future.errors![0]).toMatchObject({ message: expect.stringContaining('is in the future') });
  });
});
