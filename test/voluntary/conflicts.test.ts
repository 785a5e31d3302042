import { databaseKinds } from '../support/databases';
import { developer, Framework, GRANT, INQUIRY, INTAKE, REVIEW, reviewer, SUBMISSION } from '../support/framework';

const MANY = 200;

describe.each(databaseKinds)('concurrent changes, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  /** Runs all calls concurrently, and counts the outcomes by code. */
  const outcomes = async (calls: ReturnType<Framework['call']>[]) => {
    const counts: Record<string, number> = {};
    for (const { errors } of await Promise.all(calls)) {
      const code = String(errors?.[0]?.extensions.code ?? 'done');
      counts[code] = (counts[code] ?? 0) + 1;
    }
    return counts;
  };
  const all = <T>(make: (place: number) => T): T[] => Array.from({ length: MANY }, (_, place) => make(place));

  test('accepts one of 200 launch plans that are based on the same revision', async () => {
    const { id, revision } = await graph.filed();
    const counts = await outcomes(
      all((place) =>
        graph.callUntilFree(developer(), 'changeLaunchPlan', {
          id,
          expectedRevision: revision,
          launchPlan: { plannedLaunchAt: graph.inDays(10 + place / 24) },
        }),
      ),
    );
    expect(counts).toEqual({ done: 1, REVISION_CONFLICT: MANY - 1 });
    expect(
      await graph.sql('submissions', 'SELECT plan_version FROM launch_plan WHERE submission_id = ?', [id]),
    ).toHaveLength(2);
    expect((await graph.submission(id)).revision).toBe(revision + 1);
  });

  test('makes one of 200 conflicting transitions, with one timeline entry', async () => {
    const { id } = await graph.filed();
    const counts = await outcomes(
      all((place) =>
        place % 3 === 0
          ? graph.callUntilFree(developer(), 'withdrawSubmission', { id })
          : place % 3 === 1
            ? graph.callUntilFree(developer(), 'declareNotReleased', { id })
            : graph.callUntilFree(developer(), 'recordLaunch', { id, launchedAt: graph.inDays(0), scope: 'GENERAL' }),
      ),
    );
    const { lifecycle, timeline } = await graph.submission(id);
    const moves = timeline.nodes.filter((entry: { fromState: string; toState: string }) => entry.fromState === 'FILED');
    // a launched submission can still be withdrawn: then two have won, one after the other
    const second = lifecycle === 'WITHDRAWN' && moves[0].toState === 'LAUNCHED' ? 1 : 0;
    expect(moves).toHaveLength(1);
    expect(counts).toEqual({ done: 1 + second, ILLEGAL_TRANSITION: MANY - 1 - second });
  });

  test('accepts an offer once for 200 concurrent calls, and counts access once', async () => {
    const { id: submissionId } = await graph.filed();
    const offer = await graph.perform(
      developer(),
      'offerAccess',
      { submissionId, agencyKey: 'nsa', mode: 'API' },
      GRANT,
    );
    const counts = await outcomes(
      all(() =>
        graph.callUntilFree(reviewer('nsa'), 'acceptAccess', { id: offer.id, expectedRevision: offer.revision }),
      ),
    );
    expect(counts).toEqual({ done: 1, REVISION_CONFLICT: MANY - 1 });
  });

  test('keeps one open inquiry about a model, and answers or withdraws it once', async () => {
    const { id, revision, model } = await graph.inquired();
    const withdrawn = await graph.perform(developer(), 'withdrawInquiry', { id, expectedRevision: revision }, INQUIRY);
    expect(withdrawn.status).toBe('WITHDRAWN');
    const asked = await outcomes(all(() => graph.callUntilFree(developer(), 'askForCoverage', { modelId: model.id })));
    expect(asked).toEqual({ done: 1, ALREADY_EXISTS: MANY - 1 });
    const [open] = await graph.sql(
      'submissions',
      `SELECT id FROM coverage_inquiry WHERE model_id = ? AND status = 'ASKED'`,
      [model.id],
    );
    const discussed = await graph.perform(
      reviewer('nsa'),
      'discussInquiry',
      { id: open.id, expectedRevision: 1 },
      INQUIRY,
    );
    const answer = { id: open.id, expectedRevision: discussed.revision, outcome: 'NOT_COVERED' };
    const counts = await outcomes(
      all((place) =>
        place % 2 === 0
          ? graph.callUntilFree(reviewer('nsa'), 'answerInquiry', answer)
          : graph.callUntilFree(developer(), 'withdrawInquiry', { id: open.id }),
      ),
    );
    expect(counts).toMatchObject({ done: 1 });
    const entries = await graph.sql('submissions', 'SELECT kind FROM inquiry_event WHERE inquiry_id = ?', [open.id]);
    expect(entries).toHaveLength(3);
  });

  test('agrees to a partner once for 200 concurrent calls, with one more version of the plan', async () => {
    const plan = { plannedLaunchAt: graph.inDays(20), reference: 'TRUSTED_PARTNER_RELEASE' };
    const { id: submissionId } = await graph.filed({ launchPlan: plan });
    const partner = { key: 'harbor', name: 'Harbor', kind: 'RESEARCH' };
    await graph.perform(INTAKE, 'registerPartner', partner, 'partner { key }');
    const proposals = await outcomes(
      all(() => graph.callUntilFree(INTAKE, 'proposePartner', { submissionId, partnerKey: 'harbor' })),
    );
    expect(proposals).toEqual({ done: 1, ALREADY_EXISTS: MANY - 1 });
    const [{ id }] = await graph.sql('submissions', 'SELECT id FROM partner_proposal WHERE submission_id = ?', [
      submissionId,
    ]);
    const counts = await outcomes(
      all((place) =>
        graph.callUntilFree(developer(), 'agreeToPartner', {
          id,
          expectedRevision: 1,
          accessFrom: graph.inDays(5 + place / 24),
        }),
      ),
    );
    expect(counts).toEqual({ done: 1, REVISION_CONFLICT: MANY - 1 });
    expect(
      await graph.sql('submissions', 'SELECT plan_version FROM launch_plan WHERE submission_id = ?', [submissionId]),
    ).toHaveLength(2);
  });

  test('opens one review for 200 concurrent calls of one agency', async () => {
    const { id: submissionId } = await graph.filed();
    await graph.determined(submissionId, 'nsa');
    const counts = await outcomes(
      all(() => graph.callUntilFree(reviewer('nsa'), 'openReview', { submissionId, scope: ['AUTONOMY'] })),
    );
    expect(counts).toEqual({ done: 1, PRECONDITION_FAILED: MANY - 1 });
    expect(await graph.sql('reviews', 'SELECT id FROM review WHERE submission_id = ?', [submissionId])).toHaveLength(1);
  });

  test('I2: files one of 50 drafts of the same model version filed at once', async () => {
    const first = await graph.draft();
    const [{ version_id: versionId }] = await graph.sql(
      'submissions',
      'SELECT version_id FROM submission WHERE id = ?',
      [first.id],
    );
    const drafts = [first];
    for (let place = 1; place < 50; place += 1)
      drafts.push(
        await graph.perform(
          developer(),
          'draftSubmission',
          {
            versionId,
            launchPlan: { plannedLaunchAt: graph.inDays(20) },
            sharingPreference: 'ALL_REVIEWING_AGENCIES',
          },
          SUBMISSION,
        ),
      );
    const counts = await outcomes(
      drafts.map(({ id, revision }) =>
        graph.callUntilFree(developer(), 'fileSubmission', { id, expectedRevision: revision }),
      ),
    );
    expect(counts).toEqual({ done: 1, ALREADY_FILED: 49 });
  });

  test('makes one change and 199 replays for 200 calls with one idempotency key', async () => {
    const versionId = await graph.register();
    const input = {
      versionId,
      launchPlan: { plannedLaunchAt: graph.inDays(20) },
      sharingPreference: 'ALL_REVIEWING_AGENCIES',
      idempotencyKey: `one-${kind}`,
    };
    const answers = await Promise.all(
      all(() => graph.call(developer(), 'draftSubmission', input, 'submission { id number }')),
    );
    const payloads = answers.map(({ data }) => data.draftSubmission);
    expect(payloads.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(new Set(payloads.map(({ submission }) => submission.id)).size).toBe(1);
    const rows = await graph.sql('submissions', 'SELECT id FROM submission WHERE version_id = ?', [versionId]);
    expect(rows).toHaveLength(1);
  });

  test('assigns each file number once', async () => {
    const versions = await Promise.all([1, 2, 3].map(() => graph.register()));
    const answers = await Promise.all(
      all((place) =>
        graph.perform(
          developer(),
          'draftSubmission',
          {
            versionId: versions[place % 3],
            launchPlan: { plannedLaunchDate: graph.inDays(90).slice(0, 10) },
            sharingPreference: 'ALL_REVIEWING_AGENCIES',
          },
          SUBMISSION,
        ),
      ),
    );
    expect(new Set(answers.map(({ number }) => number)).size).toBe(MANY);
  });
});

describe.each(databaseKinds)('idempotency keys and revisions, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  test('returns the same object for a repeated key and input, and changes nothing', async () => {
    const { id, revision } = await graph.draft();
    const input = { id, expectedRevision: revision, idempotencyKey: 'file-it' };
    const first = await graph.call(developer(), 'fileSubmission', input, SUBMISSION);
    const outbox = await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox');
    const again = await graph.call(developer(), 'fileSubmission', input, SUBMISSION);
    expect(first.data.fileSubmission.replayed).toBe(false);
    expect(again.data.fileSubmission).toEqual({ ...first.data.fileSubmission, replayed: true });
    expect(await graph.sql('submissions', 'SELECT COUNT(*) AS n FROM outbox')).toEqual(outbox);
  });

  test('keeps an idempotency key for 30 days, then makes a new change for it', async () => {
    await graph.register('alder');
    const register = async () => {
      const input = { codename: 'kestrel', modalities: ['TEXT'], idempotencyKey: 'kept' };
      return (await graph.perform(developer(), 'registerModel', input, 'model { id }')).id;
    };
    const first = await register();
    graph.clock.advance({ days: 30 });
    await graph.tick();
    expect(await register()).toBe(first);
    graph.clock.advance({ minutes: 1 });
    await graph.tick();
    expect(await register()).not.toBe(first);
  });

  test('rejects a reused idempotency key with other input or another mutation', async () => {
    const { id, revision } = await graph.draft();
    await graph.call(developer(), 'fileSubmission', { id, expectedRevision: revision, idempotencyKey: 'mine' });
    const rejection = await graph.refused(developer(), 'withdrawSubmission', { id, idempotencyKey: 'mine' });
    expect(rejection).toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', inputPath: ['input', 'idempotencyKey'] });
    expect((await graph.submission(id)).lifecycle).toBe('FILED');
  });

  test('lets another organization use the same idempotency key', async () => {
    const mine = await graph.call(
      developer(),
      'registerModel',
      { codename: 'a', modalities: [], idempotencyKey: 'k' },
      'model { id }',
    );
    await graph.register('birch');
    const theirs = await graph.call(
      developer('birch'),
      'registerModel',
      { codename: 'b', modalities: [], idempotencyKey: 'k' },
      'model { id }',
    );
    expect(theirs.data.registerModel.model.id).not.toBe(mine.data.registerModel.model.id);
  });

  describe('the same subject, role, and agency of another issuer', () => {
    /** Calls a subgraph as the gateway does for a caller of another issuer. */
    const namesake = async (subgraph: string, caller: string, mutation: string, input: object) => {
      const type = `${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!`;
      const { data, errors } = await graph.subgraph(subgraph).execute({
        query: `mutation ($input: ${type}) { ${mutation}(input: $input) { replayed } }`,
        variables: { input: { idempotencyKey: `namesake-${Math.random()}`, ...input } },
        headers: await graph.identity.signed(subgraph, `${caller}; issuer=https://other.example.gov`),
      });
      return errors?.[0]?.extensions?.code ?? (data![mutation] as { replayed: boolean }).replayed;
    };

    test('keeps idempotency keys apart for the same subject of another issuer', async () => {
      const input = { codename: 'a', modalities: [], idempotencyKey: 'shared' };
      await graph.call(developer(), 'registerModel', input);
      expect(await namesake('submissions', developer(), 'registerModel', { ...input, codename: 'b' })).toBe(false);
      expect(await namesake('submissions', developer(), 'registerModel', { ...input, codename: 'b' })).toBe(true);
    });

    test('does not lead reviews of the same subject of another issuer', async () => {
      const { id } = await graph.filed();
      const review = await graph.opened(id, 'nsa');
      const close = { id: review.id, expectedRevision: review.revision, reason: 'Done.' };
      expect(await namesake('reviews', reviewer('nsa'), 'closeReview', close)).toBe('PRECONDITION_FAILED');
      // a hand-over names a subject of the caller's issuer
      const handOver = { id: review.id, expectedRevision: review.revision, leadSubject: 'reviewer-9' };
      await graph.perform(reviewer('nsa'), 'handOverReview', handOver, REVIEW);
      const again = { ...close, expectedRevision: review.revision + 1 };
      expect(await namesake('reviews', reviewer('nsa', 'reviewer-9'), 'closeReview', again)).toBe(
        'PRECONDITION_FAILED',
      );
      const closed = await graph.perform(reviewer('nsa', 'reviewer-9'), 'closeReview', again, REVIEW);
      expect(closed.status).toBe('CLOSED_NO_FINDINGS');
    });
  });

  test('honors organization-wide idempotency keys of the previous release', async () => {
    const input = { codename: 'a', modalities: [], idempotencyKey: 'of-before' };
    const first = await graph.call(developer(), 'registerModel', input, 'model { id }');
    await graph.force('submissions', "UPDATE idempotency_key SET id = 'alder/of-before' WHERE id LIKE '%/of-before'");
    const again = await graph.call(developer(), 'registerModel', input, 'model { id }');
    expect(again.data.registerModel).toEqual({ ...first.data.registerModel, replayed: true });
  });

  test('allows a retry with the same idempotency key after a rejection', async () => {
    const { id, revision } = await graph.draft();
    const input = { id, idempotencyKey: 'try' };
    expect(
      (await graph.refused(developer(), 'fileSubmission', { ...input, expectedRevision: revision + 7 })).code,
    ).toBe('REVISION_CONFLICT');
    const { data } = await graph.call(developer(), 'fileSubmission', { ...input, expectedRevision: revision });
    expect(data.fileSubmission.replayed).toBe(false);
  });

  test('rejects a stale revision and names both revisions', async () => {
    const { id, revision } = await graph.filed();
    await graph.perform(
      developer(),
      'amendSubmission',
      { id, expectedRevision: revision, mitigationsDeclared: 'More.' },
      SUBMISSION,
    );
    expect(await graph.refused(INTAKE, 'completeIntakeCheck', { id, expectedRevision: revision })).toMatchObject({
      code: 'REVISION_CONFLICT',
      message: expect.stringContaining('read it again'),
      inputPath: ['input', 'expectedRevision'],
      extensions: { expected: revision, current: revision + 1 },
    });
  });

  test('keeps revisions of the developer valid after scheduled and agency changes', async () => {
    const { id, revision } = await graph.filed({ launchPlan: { plannedLaunchAt: graph.inDays(40) } });
    graph.clock.advance({ days: 11 });
    await graph.tick();
    await graph.opened(id, 'nsa');
    expect((await graph.submission(id)).revision).toBe(revision);
  });
});

describe.each(databaseKinds)('statements per mutation, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  const statements = async (subgraph: string, work: () => Promise<unknown>) =>
    (await graph.subgraph(subgraph).database.counting(work)).statements;
  const transactions = (statementTexts: readonly string[]) =>
    statementTexts.filter((text) => /^(BEGIN|START TRANSACTION)/i.test(text)).length;

  test('uses one transaction and as many statements for 14 grants as for one', async () => {
    const costs: number[] = [];
    for (const agencies of [['nsa'], ALL_AGENCIES]) {
      const { id } = await graph.filed({ requestedAgencies: agencies });
      for (const agencyKey of agencies)
        await graph.perform(developer(), 'offerAccess', { submissionId: id, agencyKey, mode: 'API' }, GRANT);
      const { revision } = await graph.submission(id);
      const launchPlan = { plannedLaunchAt: graph.inDays(45) };
      const moved = await statements('submissions', () =>
        graph.perform(
          developer(),
          'changeLaunchPlan',
          { id, expectedRevision: revision, launchPlan },
          'submission { id }',
        ),
      );
      const withdrawn = await statements('submissions', () =>
        graph.perform(developer(), 'withdrawSubmission', { id }, 'submission { id }'),
      );
      expect([transactions(moved), transactions(withdrawn)]).toEqual([1, 1]);
      const delivered = await statements('reviews', () => graph.deliver());
      costs.push(moved.length, withdrawn.length);
      expect(delivered.length).toBeGreaterThan(0);
    }
    expect(costs.slice(2)).toEqual(costs.slice(0, 2));
    expect(Math.max(...costs)).toBeLessThanOrEqual(30);
  });

  test('shares and closes 100 findings in as many statements as one finding', async () => {
    const costs: number[] = [];
    for (const findings of [1, 100]) {
      const { id } = await graph.filed();
      const review = await graph.opened(id, 'nsa');
      const started = await graph.perform(
        reviewer('nsa'),
        'startEvaluation',
        { id: review.id, expectedRevision: review.revision, documentsOnly: true },
        REVIEW,
      );
      for (let place = 0; place < findings; place += 1)
        await graph.perform(
          reviewer('nsa'),
          'draftFinding',
          { reviewId: review.id, title: `F ${place}`, detail: 'D', severity: 'LOW', confidence: 'LOW' },
          'finding { id }',
        );
      const drafted = await graph.perform(
        reviewer('nsa'),
        'concludeEvaluation',
        { id: review.id, expectedRevision: started.revision },
        REVIEW,
      );
      await graph.perform(reviewer('nsa', 'reviewer-2'), 'readFindings', { reviewId: review.id }, REVIEW);
      const statementTexts = await statements('reviews', () =>
        graph.perform(
          reviewer('nsa'),
          'shareFindings',
          { reviewId: review.id, expectedRevision: drafted.revision },
          REVIEW,
        ),
      );
      expect(transactions(statementTexts)).toBe(1);
      costs.push(statementTexts.length);
    }
    expect(costs[1]).toBe(costs[0]);
  });
});

const ALL_AGENCIES = [
  'nsa',
  'treasury',
  'cisa',
  'dod',
  'doe',
  'nist',
  'dhs',
  'hhs',
  'doj',
  'va',
  'usda',
  'dot',
  'epa',
  'gsa',
];
