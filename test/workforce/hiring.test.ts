import { createHash } from 'node:crypto';
import { addDays } from '#base/civil';
import { marks } from '#kit/database/marks';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { Hiring } from '../support/hiring';
import {
  ANNOUNCEMENT,
  APPLICATION,
  CANDIDATE,
  CERTIFICATE,
  HIRING_REQUEST,
  hiringManager,
  hr,
  POSITION,
  recordsOfficer,
} from './inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });

describe.each(databaseKinds)('hiring, on %s', (kind) => {
  let graph: Framework;
  let nsa: Hiring;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    nsa = new Hiring(graph, 'nsa');
  });
  afterAll(() => graph.close());

  const everything = async () => {
    const digest = createHash('sha256');
    const { database, subgraph } = graph.subgraph('workforce');
    for (const entity of subgraph.parts.entities) {
      const rows = await database.query(`SELECT * FROM ${database.table(entity)}`);
      digest.update(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()));
    }
    return digest.digest('hex');
  };
  const count = async (sql: string, parameters: readonly unknown[] = []): Promise<number> =>
    Number((await graph.sql('workforce', `SELECT COUNT(*) AS n FROM ${sql}`, parameters))[0].n);
  const kinds = async (id: string): Promise<string[]> =>
    (await graph.sql('workforce', 'SELECT kind FROM workforce_event WHERE subject_id = ? ORDER BY sequence', [id])).map(
      (row: Loose) => row.kind,
    );
  const announcement = async (controlNumber: string): Promise<Loose> =>
    (
      await graph.ask(
        nsa.hr,
        `query ($id: ID!) { ${ANNOUNCEMENT.replace('announcement', 'announcement(controlNumber: $id)')} }`,
        {
          id: controlNumber,
        },
      )
    ).data.announcement;

  test('moves the position with its hiring request, and lets the time to hire run on while HR returns it', async () => {
    const drafted = await nsa.drafted();
    expect(drafted).toMatchObject({ status: 'DRAFT', needValidatedAt: null, position: { status: 'FUNDED_VACANT' } });
    const submitted = await nsa.submit(drafted);
    const needValidatedAt = graph.inDays(0);
    expect(submitted).toMatchObject({ status: 'SUBMITTED', needValidatedAt, position: { status: 'IN_HIRING' } });
    graph.clock.advance({ days: 2 });
    const returned = await nsa.step('returnHiringRequest', await nsa.take(submitted), HIRING_REQUEST, {
      reason: 'Why?',
    });
    const again = await nsa.submit(returned);
    expect(again).toMatchObject({ status: 'SUBMITTED', needValidatedAt, position: { status: 'IN_HIRING' } });
    const ready = await nsa.ready(await nsa.take(again));
    expect(ready).toMatchObject({ status: 'READY', hrSpecialist: 'HR specialist' });
    const frozen = await nsa.step('freezePosition', ready.position, POSITION, { reason: 'Budget.' });
    expect(frozen).toMatchObject({ status: 'FROZEN', statusBeforeFreeze: 'IN_HIRING' });
    const canceled = await nsa.step('cancelHiringRequest', ready, HIRING_REQUEST, { reason: 'Budget.' });
    expect(canceled).toMatchObject({
      status: 'CANCELLED',
      position: { status: 'FROZEN', statusBeforeFreeze: 'FUNDED_VACANT' },
    });
    expect(await kinds(drafted.id)).toEqual([
      'REQUEST_DRAFTED',
      'REQUEST_SUBMITTED',
      'REQUEST_TAKEN',
      'REQUEST_RETURNED',
      'REQUEST_SUBMITTED',
      'REQUEST_TAKEN',
      'REQUEST_READY',
      'REQUEST_CANCELED',
    ]);
    // a draft that was never submitted leaves its position as it is
    const draft = await nsa.drafted();
    const gone = await nsa.step('cancelHiringRequest', draft, HIRING_REQUEST, { reason: 'Error.' });
    expect(gone).toMatchObject({ status: 'CANCELLED', position: { status: 'FUNDED_VACANT', revision: 2 } });
  });

  test('announces, selects, and offers nothing for a frozen position, and lets earlier offers stand', async () => {
    const reason = { reason: 'Budget.' };
    const guardOf = async (caller: string, mutation: string, object: Loose, input: Loose = {}): Promise<string> =>
      (await graph.refused(caller, mutation, { ...target(object), ...input })).extensions.guard;
    const paused = async (filter: string): Promise<Loose[]> =>
      (await graph.ask(nsa.hr, `{ hiringRequests(filter: { ${filter} }) { nodes { id paused } } }`)).data.hiringRequests
        .nodes;
    const position = async ({ id }: Loose): Promise<Loose> => (await nsa.request(id)).position;
    const freeze = async (request: Loose) => nsa.step('freezePosition', await position(request), POSITION, reason);
    const unfreeze = async (request: Loose) => nsa.step('unfreezePosition', await position(request), POSITION);

    const ready = await nsa.readied();
    await freeze(ready);
    const published = await graph.refused(nsa.hr, 'publishAnnouncement', nsa.announcementInput([ready]));
    expect(published.extensions.guard).toBe('notFrozen');
    expect(await paused('paused: { eq: true }')).toEqual([{ id: ready.id, paused: true }]);

    const { announcement: posted, certificate, applications } = await nsa.referred(2);
    const [request] = posted.hiringRequests;
    const [first] = applications;
    await freeze(request);
    const selecting = { certificate: certificate.id };
    expect(await guardOf(nsa.manager, 'selectCandidate', first, selecting)).toBe('openingLeft');
    await unfreeze(request);
    const selected = await nsa.select(first, certificate);
    await freeze(request);
    expect(await guardOf(nsa.hr, 'extendTentativeOffer', selected)).toBe('notFrozen');
    await unfreeze(request);
    const tentative = await nsa.step('extendTentativeOffer', selected, APPLICATION);
    await freeze(request);
    const reciprocity = { reciprocityRef: 'inv/1' };
    expect(await guardOf(nsa.hr, 'acceptTentativeOffer', tentative, reciprocity)).toBe('notFrozen');
    const accepted = await nsa.step('acceptTentativeOffer', tentative, APPLICATION);
    const investigation = { investigationRef: 'inv/2' };
    expect(await guardOf(nsa.hr, 'extendFinalOffer', accepted, investigation)).toBe('notFrozen');
    await unfreeze(request);
    const offered = await nsa.step('extendFinalOffer', accepted, APPLICATION, investigation);
    await freeze(request);
    expect(await guardOf(nsa.hr, 'recordEntryOnDuty', offered)).toBe('notFrozen');
    const isRequest = `id: { eq: "${request.id}" }`;
    expect(await paused(isRequest)).toEqual([{ id: request.id, paused: true }]);
    await unfreeze(request);
    expect(await paused(isRequest)).toEqual([{ id: request.id, paused: false }]);
    await nsa.step('recordEntryOnDuty', offered, APPLICATION);
    expect(await paused(`${isRequest}, paused: { eq: false }`)).toEqual([{ id: request.id, paused: false }]);

    const rescinding = await nsa.referred(1);
    const offer = await nsa.step(
      'extendTentativeOffer',
      await nsa.select(rescinding.applications[0], rescinding.certificate),
      APPLICATION,
    );
    await freeze(rescinding.announcement.hiringRequests[0]);
    const rescinded = await nsa.step('rescindOffer', offer, APPLICATION, { reason: 'FUNDING' });
    expect(rescinded).toMatchObject({ status: 'OFFER_RESCINDED' });
  });

  test('publishes, extends, and closes an announcement, and frees its requests when it is canceled', async () => {
    const published = await nsa.announced(2);
    expect(published).toMatchObject({ status: 'ACCEPTING_APPLICATIONS', applicationCount: 0 });
    expect(published.hiringRequests.map(({ status }: Loose) => status)).toEqual(['ANNOUNCED', 'ANNOUNCED']);
    const { controlNumber } = published;
    const closeDate = graph.inDays(20).slice(0, 10);
    const aim = { controlNumber, expectedRevision: 1 };
    await graph.perform(nsa.hr, 'extendAnnouncement', { ...aim, closeDate }, ANNOUNCEMENT);
    graph.clock.advance({ days: 20 });
    await graph.tick();
    expect(await announcement(controlNumber)).toMatchObject({ status: 'ACCEPTING_APPLICATIONS', closeDate });
    graph.clock.advance({ days: 1 });
    await graph.tick();
    expect(await announcement(controlNumber)).toMatchObject({ status: 'APPLICATIONS_UNDER_REVIEW', closeDate });
    const canceled = await graph.perform(
      nsa.hr,
      'cancelAnnouncement',
      { controlNumber, expectedRevision: 3, reason: 'Reorganized.' },
      ANNOUNCEMENT,
    );
    expect(canceled.hiringRequests.map(({ status }: Loose) => status)).toEqual(['READY', 'READY']);
    expect(await kinds(controlNumber)).toEqual([
      'ANNOUNCEMENT_PUBLISHED',
      'ANNOUNCEMENT_EXTENDED',
      'ANNOUNCEMENT_CLOSED',
      'ANNOUNCEMENT_CANCELED',
    ]);
    const early = await nsa.announced();
    const closed = await graph.perform(
      nsa.hr,
      'closeAnnouncement',
      { controlNumber: early.controlNumber, expectedRevision: 1 },
      ANNOUNCEMENT,
    );
    expect(closed).toMatchObject({ status: 'APPLICATIONS_UNDER_REVIEW', closeDate: graph.inDays(0).slice(0, 10) });
  });

  test('W2, W3: fills request and position with the entry on duty of the one selected, and completes the announcement', async () => {
    const { announcement: published, certificate, applications } = await nsa.referred(3);
    const { controlNumber } = published;
    expect((await announcement(controlNumber)).applicationCount).toBe(3);
    await graph.perform(nsa.hr, 'closeAnnouncement', { controlNumber, expectedRevision: 1 }, ANNOUNCEMENT);
    const [first, second, third] = applications;
    const interviewed = await nsa.step('recordInterview', first, APPLICATION, {}, nsa.manager);
    const selected = await nsa.select(interviewed, certificate);
    const requestId = published.hiringRequests[0].id;
    expect(selected).toMatchObject({ status: 'SELECTED', hiringRequest: { id: requestId } });
    expect((await announcement(controlNumber)).status).toBe('CANDIDATE_SELECTED');
    const referred = await nsa.step('withdrawSelection', selected, APPLICATION, { reason: 'Error.' }, nsa.manager);
    expect(referred).toMatchObject({ status: 'REFERRED', hiringRequest: null });
    const other = await nsa.offered(await nsa.select(second, certificate));
    graph.clock.advance({ days: 5 });
    expect((await nsa.request(requestId)).offerAcceptedAt).not.toBeNull();
    await nsa.step('declineOffer', other, APPLICATION, { reason: 'NO_SHOW' });
    expect((await nsa.request(requestId)).offerAcceptedAt).toBeNull();
    const tentative = await nsa.step('extendTentativeOffer', await nsa.select(referred, certificate), APPLICATION);
    const final = await nsa.step('acceptTentativeOffer', tentative, APPLICATION, { reciprocityRef: 'inv/2' });
    expect(final.status).toBe('FINAL_OFFER');
    const outcomes = [
      { application: first.id, outcome: 'SELECTED' },
      { application: third.id, outcome: 'NOT_SELECTED' },
    ];
    const returned = await nsa.step('returnCertificate', certificate, CERTIFICATE, { outcomes }, nsa.manager);
    const audited = await nsa.step('auditCertificate', returned, CERTIFICATE);
    expect(audited.status).toBe('AUDITED');
    graph.clock.advance({ days: 3 });
    const occurredAt = graph.inDays(-1);
    const hired = await nsa.step('recordEntryOnDuty', final, APPLICATION, { occurredAt });
    expect(hired).toMatchObject({ status: 'ENTERED_ON_DUTY', hiringRequest: { id: requestId } });
    expect(await nsa.request(requestId)).toMatchObject({
      status: 'FILLED',
      enteredOnDutyAt: occurredAt,
      position: { status: 'FILLED' },
    });
    const { revision } = await announcement(controlNumber);
    const completed = await graph.perform(
      nsa.hr,
      'completeAnnouncement',
      { controlNumber, expectedRevision: revision },
      ANNOUNCEMENT,
    );
    expect(completed.status).toBe('JOB_CLOSED');
    const states = await graph.sql('workforce', 'SELECT status FROM application WHERE control_number = ? ORDER BY id', [
      controlNumber,
    ]);
    expect(states.map(({ status }: Loose) => status).sort()).toEqual([
      'ENTERED_ON_DUTY',
      'NOT_SELECTED',
      'OFFER_DECLINED',
    ]);
    // hires are applications that entered on duty, and requests that are filled; a position has at most one of them
    const hires = await count("application WHERE status = 'ENTERED_ON_DUTY'");
    expect(await count("hiring_request WHERE status = 'FILLED'")).toBe(hires);
    const filled =
      "hiring_request r JOIN position p ON p.id = r.position_id WHERE r.status = 'FILLED' AND p.status = 'FILLED'";
    expect(await count(filled)).toBe(hires);
  });

  test('W1: selects one of 200 candidates for one opening in 200 concurrent calls', async () => {
    const { announcement: published, certificate, applications } = await nsa.referred(200);
    // as clients do: again with the same key while the database is busy
    const select = async (application: Loose): Promise<Loose> => {
      const input = { ...target(application), certificate: certificate.id, idempotencyKey: `one-of-${application.id}` };
      for (;;) {
        const answer = await graph.call(nsa.manager, 'selectCandidate', input, APPLICATION);
        if (answer.errors?.[0]?.extensions.retryable !== true) return answer;
      }
    };
    const answers = await Promise.all(applications.map(select));
    const refusals = answers.flatMap(({ errors = [] }) => errors);
    expect(refusals).toHaveLength(199);
    expect(new Set(refusals.map(({ extensions }) => extensions.guard ?? extensions.code))).toEqual(
      new Set(['openingLeft']),
    );
    const live = "application WHERE control_number = ? AND status = 'SELECTED'";
    expect(await count(live, [published.controlNumber])).toBe(1);
    // a canceled request would leave a selection without an opening
    const request = await nsa.request(published.hiringRequests[0].id);
    const { extensions } = await graph.refused(nsa.hr, 'cancelHiringRequest', { ...target(request), reason: 'r' });
    expect(extensions.guard).toBe('noLiveSelection');
  });

  test('W1: selects for each open request of the announcement, and for no more', async () => {
    const { certificate, applications } = await nsa.referred(3, 2);
    const selected = [await nsa.select(applications[0], certificate), await nsa.select(applications[1], certificate)];
    expect(new Set(selected.map(({ hiringRequest }) => hiringRequest.id)).size).toBe(2);
    const input = { ...target(applications[2]), certificate: certificate.id };
    expect((await graph.refused(nsa.manager, 'selectCandidate', input)).extensions.guard).toBe('openingLeft');
    await nsa.step('withdrawApplication', selected[0], APPLICATION);
    expect((await nsa.select(applications[2], certificate)).hiringRequest).toEqual(selected[0].hiringRequest);
  });

  test('shares a certificate with another agency, which hires without the first one knowing whom', async () => {
    const { certificate, applications } = await nsa.referred(2);
    const hhs = new Hiring(graph, 'hhs');
    const theirs = await hhs.readied();
    await nsa.step('shareCertificate', certificate, CERTIFICATE, { hiringRequest: theirs.id });
    const query = `query ($id: ID!) { hiringRequest(id: $id) { status }
      certificates(filter: { hiringRequest: { id: { eq: $id } } }) { nodes { id revision isShared applications { nodes { id revision status candidate { name } } } } } }`;
    const asked = query.replaceAll('filter: { hiringRequest:', 'filter: { request:');
    const { data, errors } = await graph.ask(hhs.manager, asked, { id: theirs.id });
    expect(errors).toBeUndefined();
    const [received] = data.certificates.nodes;
    expect(received).toMatchObject({ isShared: true });
    const chosen = received.applications.nodes.find(({ candidate }: Loose) => candidate.name === 'Person 0');
    expect(chosen).toMatchObject({ status: 'REFERRED' });
    await hhs.step('openCertificate', received, CERTIFICATE, {}, hhs.manager);
    const final = await hhs.offered(await hhs.select(chosen, received));
    await hhs.step('recordEntryOnDuty', final, APPLICATION);
    expect((await hhs.request(theirs.id)).status).toBe('FILLED');
    expect((await kinds(applications[0].id)).at(-1)).toBe('HIRED_ELSEWHERE');
    const own = await graph.ask(nsa.hr, '{ applications(first: 500) { nodes { id agency { key } } } }');
    expect(own.data.applications.nodes.map(({ id }: Loose) => id)).not.toContain(chosen.id);
    expect(own.data.applications.nodes.map(({ id }: Loose) => id)).toContain(applications[0].id);
  });

  test('expires a certificate at its time, unless HR extends it', async () => {
    const { certificate, applications } = await nsa.referred(1);
    const later = await nsa.step('extendCertificate', certificate, CERTIFICATE, { expiresAt: graph.inDays(40) });
    graph.clock.advance({ days: 35 });
    await graph.tick();
    expect(await count("certificate WHERE id = ? AND status = 'IN_MANAGER_REVIEW'", [later.id])).toBe(1);
    graph.clock.advance({ days: 5 });
    const input = { ...target(applications[0]), certificate: certificate.id };
    expect((await graph.refused(nsa.manager, 'selectCandidate', input)).extensions.guard).toBe('certificateOpen');
    await graph.tick();
    expect(await count("certificate WHERE id = ? AND status = 'EXPIRED'", [later.id])).toBe(1);
  });

  test('rejects bad input with a precise error, and changes nothing', async () => {
    const { announcement: published, certificate, applications } = await nsa.referred(2);
    const { controlNumber } = published;
    const candidate = await graph.perform(nsa.hr, 'recordCandidate', { name: 'New' }, CANDIDATE);
    const vacant = await nsa.position();
    const ready = await nsa.readied();
    const drafted = await nsa.drafted();
    const [received] = await nsa.received(controlNumber, 1);
    const rated = await nsa.step('rateApplication', received, APPLICATION, { rating: 'INELIGIBLE', reason: 'LATE' });
    const apply = { controlNumber, candidate: candidate.id, submittedAt: graph.inDays(0) };
    const [{ candidate_id: known }] = await graph.sql(
      'workforce',
      'SELECT candidate_id FROM application WHERE id = ?',
      [applications[0].id],
    );
    const draft = { position: vacant.id, authority: 'TERM', hiringManager: 'Chief' };
    const publish = nsa.announcementInput([ready]);
    const outcome = (place: number, value: string) => ({ application: applications[place].id, outcome: value });
    const reason = { reason: 'r' };
    const cases: [
      caller: string | null,
      mutation: string,
      input: object,
      code: string,
      path: string,
      message: RegExp,
    ][] = [
      [null, 'draftHiringRequest', draft, 'UNAUTHENTICATED', '', /requires authentication/],
      [nsa.hr, 'draftHiringRequest', draft, 'FORBIDDEN', '', /only for HIRING_MANAGER/],
      [hiringManager('hhs'), 'draftHiringRequest', draft, 'UNKNOWN_REFERENCE', 'input.position', /No position/],
      [
        nsa.manager,
        'draftHiringRequest',
        { ...draft, position: drafted.position.id },
        'PRECONDITION_FAILED',
        '',
        /open hiring request already/,
      ],
      [
        nsa.manager,
        'draftHiringRequest',
        { ...draft, position: ready.position.id },
        'PRECONDITION_FAILED',
        '',
        /not FUNDED_VACANT/,
      ],
      [hiringManager('hhs'), 'submitHiringRequest', target(drafted), 'NOT_FOUND', 'input.id', /No hiring request/],
      [
        nsa.manager,
        'submitHiringRequest',
        { ...target(drafted), occurredAt: graph.inDays(1) },
        'BAD_USER_INPUT',
        'input.occurredAt',
        /in the future/,
      ],
      [
        nsa.hr,
        'publishAnnouncement',
        { ...publish, hiringRequests: [] },
        'BAD_USER_INPUT',
        'input.hiringRequests',
        /at least one/,
      ],
      [
        nsa.hr,
        'publishAnnouncement',
        { ...publish, hiringRequests: ['hrq_x'] },
        'UNKNOWN_REFERENCE',
        'input.hiringRequests.0',
        /No hiring request/,
      ],
      [
        nsa.hr,
        'publishAnnouncement',
        { ...publish, hiringRequests: [drafted.id] },
        'ILLEGAL_TRANSITION',
        '',
        /allowed only from READY/,
      ],
      [
        nsa.hr,
        'publishAnnouncement',
        { ...publish, closeDate: '2020-01-01' },
        'BAD_USER_INPUT',
        'input.closeDate',
        /before the opening/,
      ],
      [
        nsa.hr,
        'publishAnnouncement',
        { ...publish, controlNumber },
        'ALREADY_EXISTS',
        'input.controlNumber',
        /has the control number/,
      ],
      [
        nsa.hr,
        'extendAnnouncement',
        { controlNumber, expectedRevision: 1, closeDate: published.closeDate },
        'BAD_USER_INPUT',
        'input.closeDate',
        /must be after/,
      ],
      [
        hr('hhs'),
        'closeAnnouncement',
        { controlNumber, expectedRevision: 1 },
        'NOT_FOUND',
        'input.controlNumber',
        /No announcement/,
      ],
      [nsa.hr, 'recordCandidate', { name: 'A', email: 'nobody' }, 'BAD_USER_INPUT', 'input.email', /must match/],
      [nsa.hr, 'correctCandidate', target(candidate), 'BAD_USER_INPUT', 'input', /changes nothing/],
      [hr('hhs'), 'correctCandidate', { ...target(candidate), name: 'B' }, 'NOT_FOUND', 'input.id', /No candidate/],
      [
        nsa.hr,
        'recordApplication',
        { ...apply, submittedAt: graph.inDays(-9) },
        'PRECONDITION_FAILED',
        '',
        /did not accept applications/,
      ],
      [
        nsa.hr,
        'recordApplication',
        { ...apply, submittedAt: graph.inDays(1) },
        'BAD_USER_INPUT',
        'input.submittedAt',
        /in the future/,
      ],
      [
        nsa.hr,
        'recordApplication',
        { ...apply, candidate: known },
        'PRECONDITION_FAILED',
        '',
        /applied to the announcement already/,
      ],
      [hr('hhs'), 'recordApplication', apply, 'UNKNOWN_REFERENCE', 'input.controlNumber', /No announcement/],
      [
        nsa.hr,
        'reconsiderApplication',
        { ...target(rated), ...reason },
        'PRECONDITION_FAILED',
        '',
        /another specialist/,
      ],
      [
        nsa.hr,
        'issueCertificate',
        { hiringRequest: ready.id, applications: [], expiresAt: graph.inDays(3) },
        'BAD_USER_INPUT',
        'input.applications',
        /at least one/,
      ],
      [
        nsa.hr,
        'issueCertificate',
        { hiringRequest: drafted.id, applications: [applications[0].id], expiresAt: graph.inDays(3) },
        'BAD_USER_INPUT',
        'input.hiringRequest',
        /must be READY/,
      ],
      [
        nsa.hr,
        'issueCertificate',
        { hiringRequest: ready.id, applications: [applications[0].id], expiresAt: graph.inDays(3) },
        'ILLEGAL_TRANSITION',
        '',
        /allowed only from ELIGIBLE/,
      ],
      [
        nsa.hr,
        'issueCertificate',
        { hiringRequest: ready.id, applications: [applications[0].id], expiresAt: graph.inDays(-3) },
        'BAD_USER_INPUT',
        'input.expiresAt',
        /must be after/,
      ],
      [nsa.manager, 'recordInterview', target(rated), 'NOT_FOUND', 'input.id', /No application/],
      [
        nsa.manager,
        'selectCandidate',
        { ...target(applications[0]), certificate: 'crt_x' },
        'UNKNOWN_REFERENCE',
        'input.certificate',
        /No certificate/,
      ],
      [
        nsa.manager,
        'returnCertificate',
        { ...target(certificate), outcomes: [outcome(0, 'NOT_SELECTED')] },
        'BAD_USER_INPUT',
        'input.outcomes',
        /lacks the application/,
      ],
      [
        nsa.manager,
        'returnCertificate',
        { ...target(certificate), outcomes: [outcome(0, 'SELECTED'), outcome(1, 'NOT_SELECTED')] },
        'BAD_USER_INPUT',
        'input.outcomes.0.outcome',
        /select the candidate first/,
      ],
      [
        nsa.hr,
        'shareCertificate',
        { ...target(certificate), hiringRequest: ready.id },
        'BAD_USER_INPUT',
        'input.hiringRequest',
        /your own agency/,
      ],
    ];
    const before = await everything();
    for (const [caller, mutation, input, code, path, message] of cases) {
      const refusal = await graph.refused(caller, mutation, input as Record<string, unknown>);
      expect([mutation, refusal.message, refusal.code, (refusal.inputPath ?? []).join('.')]).toEqual([
        mutation,
        expect.stringMatching(message),
        code,
        path,
      ]);
    }
    expect(await everything()).toBe(before);
    const second = await graph.perform(
      hr('nsa', 'specialist-2'),
      'reconsiderApplication',
      { ...target(rated), ...reason },
      APPLICATION,
    );
    expect(second).toMatchObject({ status: 'ELIGIBLE', ineligibleReason: null });
  });

  test('W4: erases the data of a candidate when the records schedule allows, without changing any count', async () => {
    const { applications } = await nsa.referred(2);
    const candidateOf = async ({ id }: Loose): Promise<Loose> =>
      (
        await graph.sql(
          'workforce',
          'SELECT c.*, a.assessment_score AS score, a.veterans_preference AS preference FROM candidate c JOIN application a ON a.candidate_id = c.id WHERE a.id = ?',
          [id],
        )
      )[0];
    const aim = async (application: Loose) => {
      const { id, version } = await candidateOf(application);
      return { id, expectedRevision: version };
    };
    const counts = async () => {
      const query = `{ applicationsSummary: applications { totalCount } hiringRequests { totalCount } certificates { totalCount } }`;
      const { data, errors } = await graph.ask(nsa.hr, query);
      expect(errors).toBeUndefined();
      const states = await graph.sql(
        'workforce',
        'SELECT status, COUNT(*) AS n FROM application GROUP BY status ORDER BY status',
      );
      return JSON.stringify([data, states, await count('candidate')]);
    };
    const [first, second] = applications;
    const guardOf = async (input: Loose = {}) =>
      (await graph.refused(nsa.hr, 'eraseCandidate', { ...(await aim(first)), ...input })).extensions.guard;
    const requested = await graph.perform(
      nsa.hr,
      'requestErasure',
      { ...(await aim(first)), reason: 'Letter.' },
      CANDIDATE,
    );
    expect(requested.status).toBe('ERASURE_REQUESTED');
    expect(await guardOf()).toBe('noOpenApplication');
    for (const application of applications) await nsa.step('withdrawApplication', application, APPLICATION);
    await graph.perform(nsa.hr, 'holdCandidate', { ...(await aim(first)), reason: 'Case 26-1.' }, CANDIDATE);
    expect(await guardOf()).toBe('noLegalHold');
    await graph.perform(nsa.hr, 'releaseCandidate', await aim(first), CANDIDATE);
    expect(await guardOf()).toBe('retentionOver');
    expect(await count('person_key WHERE person_id = ?', [(await candidateOf(first)).id])).toBe(1);
    const before = await counts();
    const input = { ...(await aim(first)), recordsRef: 'ro/12' };
    // HR cannot decide that alone
    expect(await guardOf({ recordsRef: 'ro/12' })).toBe('retentionOver');
    const erased = await graph.perform(recordsOfficer('nsa'), 'eraseCandidate', input, CANDIDATE);
    expect(erased).toMatchObject({ status: 'ERASED', name: null, email: null });
    expect(await candidateOf(first)).toMatchObject({
      name: null,
      email: null,
      phone: null,
      resume_ref: null,
      score: null,
      preference: null,
    });
    expect(await count('person_key WHERE person_id = ?', [(await candidateOf(first)).id])).toBe(0);
    expect(await counts()).toBe(before);
    // the other one by itself, on the day after the retention period
    const { retain_until: retainUntil } = await candidateOf(second);
    graph.clock.set(`${retainUntil}T16:00:00.000Z`);
    await graph.tick();
    expect((await candidateOf(second)).status).toBe('ACTIVE');
    const later = await counts();
    graph.clock.advance({ days: 1 });
    await graph.tick();
    expect(await candidateOf(second)).toMatchObject({ status: 'ERASED', name: null });
    expect(await counts()).toBe(later);
  });

  test('erases by itself what a records officer no longer retains, once no application is under way', async () => {
    const { applications } = await nsa.referred(1);
    const [row] = await graph.sql(
      'workforce',
      'SELECT c.id, c.version FROM candidate c JOIN application a ON a.candidate_id = c.id WHERE a.id = ?',
      [applications[0].id],
    );
    const aim = { id: row.id, expectedRevision: row.version, recordsRef: 'ro/13' };
    expect((await graph.refused(nsa.hr, 'endRetention', aim)).extensions.code).toBe('FORBIDDEN');
    expect((await graph.refused(recordsOfficer('hhs'), 'endRetention', aim)).extensions.code).toBe('NOT_FOUND');
    const ended = await graph.perform(recordsOfficer('nsa'), 'endRetention', aim, CANDIDATE);
    expect(ended.retainUntil < graph.inDays(0).slice(0, 10)).toBe(true);
    const status = async () => (await graph.sql('workforce', 'SELECT status FROM candidate WHERE id = ?', [row.id]))[0];
    await graph.tick();
    expect(await status()).toEqual({ status: 'ACTIVE' });
    await nsa.step('withdrawApplication', applications[0], APPLICATION);
    await graph.tick();
    expect(await status()).toEqual({ status: 'ERASED' });
    expect(await kinds(row.id)).toEqual(['CANDIDATE_RECORDED', 'RETENTION_ENDED', 'CANDIDATE_ERASED']);
  });

  const applicationsTo = async (controlNumber: string): Promise<Loose[]> =>
    graph.sql('workforce', 'SELECT id, candidate_id, status FROM application WHERE control_number = ? ORDER BY id', [
      controlNumber,
    ]);
  const statusesOf = async (controlNumber: string): Promise<string[]> => [
    ...new Set((await applicationsTo(controlNumber)).map(({ status }: Loose) => status)),
  ];
  const change = async (mutation: string, controlNumber: string, input: Loose = {}): Promise<Loose> => {
    const { revision } = await announcement(controlNumber);
    return graph.perform(nsa.hr, mutation, { controlNumber, expectedRevision: revision, ...input }, ANNOUNCEMENT);
  };
  const candidateRow = async (id: string): Promise<Loose> =>
    (await graph.sql('workforce', 'SELECT * FROM candidate WHERE id = ?', [id]))[0];
  const atNoonOf = (day: string) => graph.clock.set(`${day}T16:00:00.000Z`);

  test('W8: ends applications without a selection with their announcement, so that their candidates are erased', async () => {
    const { announcement: published, applications } = await nsa.referred(3);
    const { controlNumber } = published;
    await nsa.step('recordInterview', applications[0], APPLICATION, {}, nsa.manager);
    await nsa.step('withdrawApplication', applications[1], APPLICATION);
    await nsa.eligible(controlNumber, 1);
    const [, rated] = await nsa.received(controlNumber, 2);
    await nsa.step('rateApplication', rated, APPLICATION, { rating: 'INELIGIBLE', reason: 'LATE' });
    expect((await statusesOf(controlNumber)).sort()).toEqual([
      'ELIGIBLE',
      'INELIGIBLE',
      'INTERVIEWED',
      'RECEIVED',
      'REFERRED',
      'WITHDRAWN',
    ]);
    graph.clock.advance({ days: 1 });
    const occurredAt = graph.inDays(-0.5);
    await change('cancelAnnouncement', controlNumber, { reason: 'Reorganized.', occurredAt });
    const ended = await applicationsTo(controlNumber);
    expect(ended.map(({ status }) => status).sort()).toEqual([...Array(5).fill('NOT_SELECTED'), 'WITHDRAWN']);
    const events = await graph.sql(
      'workforce',
      `SELECT from_state AS state, actor, occurred_at AS at FROM workforce_event
       WHERE kind = 'CANDIDATE_NOT_SELECTED' AND detail = ? ORDER BY from_state`,
      [controlNumber],
    );
    expect(events).toEqual(
      ['ELIGIBLE', 'INELIGIBLE', 'INTERVIEWED', 'RECEIVED', 'REFERRED'].map((state) => {
        return { state, actor: 'SYSTEM', at: occurredAt };
      }),
    );
    const { retain_until: retainUntil } = await candidateRow(ended[0].candidate_id);
    atNoonOf(retainUntil);
    graph.clock.advance({ days: 1 });
    await graph.tick();
    for (const { candidate_id: id } of ended) expect((await candidateRow(id)).status).toBe('ERASED');
  });

  test('ends what an expired certificate left when the announcement is completed, and then records no application', async () => {
    const { announcement: published, applications } = await nsa.referred(1);
    const { controlNumber } = published;
    const submittedAt = graph.inDays(0);
    graph.clock.advance({ days: 31 });
    await graph.tick();
    expect(await statusesOf(controlNumber)).toEqual(['REFERRED']);
    await change('completeAnnouncement', controlNumber);
    expect(await statusesOf(controlNumber)).toEqual(['NOT_SELECTED']);
    expect((await kinds(applications[0].id)).at(-1)).toBe('CANDIDATE_NOT_SELECTED');
    const { id } = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Late' }, CANDIDATE);
    const late = await graph.refused(nsa.hr, 'recordApplication', { controlNumber, candidate: id, submittedAt });
    expect(late.extensions.guard).toBe('announcementOpen');
  });

  test('W8: ends shared applications with the shared certificate after their announcement was canceled', async () => {
    const { announcement: published, certificate, applications } = await nsa.referred(1);
    const { controlNumber } = published;
    const hhs = new Hiring(graph, 'hhs');
    const theirs = await hhs.readied();
    await nsa.step('shareCertificate', certificate, CERTIFICATE, { hiringRequest: theirs.id });
    await change('cancelAnnouncement', controlNumber, { reason: 'Reorganized.' });
    const read = 'SELECT id, status FROM application WHERE shared_from_id = ?';
    const [copy] = await graph.sql('workforce', read, [applications[0].id]);
    expect(await count("application WHERE id = ? AND status = 'NOT_SELECTED'", [applications[0].id])).toBe(1);
    expect(copy.status).toBe('REFERRED');
    const [{ expires_at: expiresAt }] = await graph.sql(
      'workforce',
      'SELECT expires_at FROM certificate WHERE request_id = ?',
      [theirs.id],
    );
    graph.clock.set(expiresAt);
    await graph.tick();
    expect(await graph.sql('workforce', read, [applications[0].id])).toEqual([{ ...copy, status: 'NOT_SELECTED' }]);
    expect(await kinds(copy.id)).toEqual(['APPLICATION_REFERRED', 'CANDIDATE_NOT_SELECTED']);
  });

  test('W8: ends an application whose selection is withdrawn after its announcement was completed', async () => {
    const { announcement: published, certificate, applications } = await nsa.referred(1);
    const { controlNumber } = published;
    await change('closeAnnouncement', controlNumber);
    const selected = await nsa.select(applications[0], certificate);
    const outcomes = [{ application: selected.id, outcome: 'SELECTED' }];
    const returned = await nsa.step('returnCertificate', certificate, CERTIFICATE, { outcomes }, nsa.manager);
    await nsa.step('auditCertificate', returned, CERTIFICATE);
    await change('completeAnnouncement', controlNumber);
    expect(await statusesOf(controlNumber)).toEqual(['SELECTED']);
    const ended = await nsa.step('withdrawSelection', selected, APPLICATION, { reason: 'Error.' }, nsa.manager);
    expect(ended).toMatchObject({ status: 'NOT_SELECTED', hiringRequest: null });
    expect((await kinds(selected.id)).slice(-2)).toEqual(['SELECTION_WITHDRAWN', 'CANDIDATE_NOT_SELECTED']);
  });

  test('keeps a legal hold that is in force, unless its text is extended', async () => {
    const candidate = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Held' }, CANDIDATE);
    const held = await nsa.step('holdCandidate', candidate, CANDIDATE, { reason: 'Case 26-1' });
    const aim = { id: held.id, expectedRevision: held.revision };
    for (const reason of ['Case 26-2', 'Case 26-1']) {
      const { extensions, message } = await graph.refused(nsa.hr, 'holdCandidate', { ...aim, reason });
      expect(extensions).toMatchObject({ code: 'PRECONDITION_FAILED', guard: 'keepsHold' });
      expect(message).toMatch(/lift it first \(releaseCandidate\), or extend its text/);
    }
    expect((await candidateRow(held.id)).legal_hold).toBe('Case 26-1');
    const both = await nsa.step('holdCandidate', held, CANDIDATE, { reason: 'Case 26-1; case 26-2' });
    expect((await candidateRow(held.id)).legal_hold).toBe('Case 26-1; case 26-2');
    const released = await nsa.step('releaseCandidate', both, CANDIDATE);
    await nsa.step('holdCandidate', released, CANDIDATE, { reason: 'Case 26-3' });
    expect((await candidateRow(held.id)).legal_hold).toBe('Case 26-3');
  });

  test('keeps data of candidates longer with an extended announcement, but not those no longer retained', async () => {
    const { controlNumber } = await nsa.announced();
    await nsa.received(controlNumber, 2);
    const [kept, ended] = (await applicationsTo(controlNumber)).map((row) => row.candidate_id);
    const before = await candidateRow(kept);
    const aim = { id: ended, expectedRevision: (await candidateRow(ended)).version, recordsRef: 'ro/14' };
    const { retainUntil } = await graph.perform(recordsOfficer('nsa'), 'endRetention', aim, CANDIDATE);
    await change('extendAnnouncement', controlNumber, { closeDate: graph.inDays(24).slice(0, 10) });
    const days = (Date.parse((await candidateRow(kept)).retain_until) - Date.parse(before.retain_until)) / 86_400_000;
    expect(days).toBe(10);
    expect((await candidateRow(ended)).retain_until).toBe(retainUntil);
  });

  test('extends no certificate to a time that has passed', async () => {
    const { certificate } = await nsa.referred(1);
    graph.clock.advance({ days: 32 });
    const input = { ...target(certificate), expiresAt: graph.inDays(-1) };
    const refusal = await graph.refused(nsa.hr, 'extendCertificate', input);
    expect([refusal.code, refusal.inputPath]).toEqual(['BAD_USER_INPUT', ['input', 'expiresAt']]);
    expect(refusal.message).toContain(`must be after ${graph.inDays(0)}`);
  });

  test('dates the retention of candidates without one, and erases them when it ends', async () => {
    atNoonOf(graph.inDays(1).slice(0, 10));
    const today = graph.inDays(0).slice(0, 10);
    const { controlNumber } = await nsa.announced();
    const { controlNumber: later } = await nsa.announced();
    await change('extendAnnouncement', later, { closeDate: graph.inDays(24).slice(0, 10) });
    const [applied] = await nsa.received(controlNumber, 1);
    const [{ candidate_id: twice }] = await applicationsTo(controlNumber);
    const again = { controlNumber: later, candidate: twice, submittedAt: graph.inDays(0) };
    const other = await graph.perform(nsa.hr, 'recordApplication', again, APPLICATION);
    const silent = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Silent' }, CANDIDATE);
    const asked = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Asked' }, CANDIDATE);
    await nsa.step('requestErasure', asked, CANDIDATE, { reason: 'By letter.' });
    const gone = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Gone' }, CANDIDATE);
    const decision = { id: gone.id, expectedRevision: gone.revision, recordsRef: 'ro/15' };
    await graph.perform(recordsOfficer('nsa'), 'eraseCandidate', decision, CANDIDATE);
    const all = [twice, silent.id, asked.id, gone.id];
    // as earlier releases left them
    await graph.force('workforce', `UPDATE candidate SET retain_until = NULL WHERE id IN (${marks(all)})`, all);
    await graph.tick();
    const since = async (id: string) => {
      const { retain_until: until } = await candidateRow(id);
      return until === null ? null : addDays(until, -730);
    };
    expect([await since(twice), await since(silent.id), await since(asked.id), await since(gone.id)]).toEqual([
      ...[graph.inDays(24).slice(0, 10), today, today, null],
    ]);
    for (const application of [applied, other]) await nsa.step('withdrawApplication', application, APPLICATION);
    graph.clock.advance({ days: 760 });
    await graph.tick();
    for (const id of all) expect(await candidateRow(id)).toMatchObject({ status: 'ERASED' });
  });

  test('erases a candidate who never applied after the retention period, from the day of recording', async () => {
    const { id, retainUntil } = await graph.perform(nsa.hr, 'recordCandidate', { name: 'Silent' }, CANDIDATE);
    expect(retainUntil > graph.inDays(700).slice(0, 10)).toBe(true);
    atNoonOf(retainUntil);
    await graph.tick();
    expect((await candidateRow(id)).status).toBe('ACTIVE');
    graph.clock.advance({ days: 1 });
    await graph.tick();
    expect((await candidateRow(id)).status).toBe('ERASED');
  });

  test('W5: lets no date of an application precede an earlier one', async () => {
    const timelines: Loose[] = await graph.sql(
      'workforce',
      'SELECT subject_id AS id, occurred_at AS at, recorded_at AS recorded FROM workforce_event ORDER BY subject_id, sequence',
    );
    expect(timelines.length).toBeGreaterThan(100);
    for (const [place, { id, at, recorded }] of timelines.entries()) {
      const before = timelines[place - 1];
      if (before?.id === id) expect(at >= before.at).toBe(true);
      expect(at <= recorded).toBe(true);
    }
  });
});
