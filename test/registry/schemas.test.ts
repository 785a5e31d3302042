import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { Cancellation } from '#base/cancellation';
import { newKey, publicKey } from '#base/identity/keys';
import { createSubgraphServer } from '#kit/subgraph/server';
import { ThreadComposer } from '../../gateway/cli/schema-composer';
import { SupergraphRegistry } from '../../gateway/graph/supergraph-registry';
import { requireSignature, supergraphHash } from '../../gateway/supergraph/signature';
import { SchemaCheck } from '../../subgraphs/registry/schema/schema-check';
import { SchemaCoordinate } from '../../subgraphs/registry/schema/schema-coordinate';
import { SchemaTextPart, storedText } from '../../subgraphs/registry/schema/schema-text';
import { sweepSchemas } from '../../subgraphs/registry/schema/sweep';
import { AGREEMENT, published, WORLD } from '../security/hostile-schemas';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { INSPECTOR } from '../support/identity';
import { until } from '../support/until';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const OPERATOR = 'role=operator; subject=olga';
const ANALYST = 'role=analyst; subject=ana';
/** A publisher of an agency. */
const publisher = (agency: string, subject = `${agency}-1`) =>
  `role=schema-publisher; agency=${agency}; subject=${subject}`;
const [TREASURY, NSA, OMB] = ['treasury', 'nsa', 'omb'].map((agency) => publisher(agency)) as [string, string, string];
const AGENCIES = { submissions: 'treasury', reviews: 'nsa', registry: 'omb' } as const;
type Name = keyof typeof AGENCIES;

const ENDED = 'registry no longer consents to SHARE of Agency.name';
const CHECK = 'check { id passed basedOn report }';
const SUPERGRAPH =
  'supergraph { id number digest basedOn note members { nodes { version { subgraph { name } number sourceCommit } } } }';

/** Versions of the subgraphs of a supergraph, such as `reviews-2`. */
const versionsIn = ({ members }: Loose): string[] =>
  members.nodes.map(({ version }: Loose) => `${version.subgraph.name}-${version.number}`).sort();

/** The schemas of a small graph, by name. */
const SCHEMAS = new Map(published(WORLD).map(({ name, sdl }) => [name as Name, sdl]));
const sdlOf = (name: Name) => SCHEMAS.get(name)!;
/** A schema with one more field. */
const withField = (sdl: string, field: string) =>
  sdl.replace('type Query {\n', `type Query {\n  ${field}: String @sensitivity(class: PUBLIC)\n`);
const extended = (name: Name, field: string) => withField(sdlOf(name), field);

describe.each(databaseKinds)('schemas in the registry, on %s', (kind) => {
  let graph: Framework;
  let server: FastifyInstance;
  const keys = newKey();
  beforeAll(async () => {
    const composer = new ThreadComposer(await keys);
    graph = await Framework.open(kind, { services: (name) => (name === 'registry' ? [composer] : []) });
    server = await createSubgraphServer(graph.subgraph('registry'), graph.subgraph('registry').log);
    await server.listen({ port: 0, host: '127.0.0.1' });
  });
  afterAll(async () => {
    await server?.close();
    await graph?.close();
  });

  const call = (caller: string, name: string, input: object, fields: string): Promise<Loose> =>
    graph.call(caller, name, input as Record<string, unknown>, fields);
  /** What a mutation returns. @throws with its errors */
  async function done(caller: string, name: string, input: object, fields: string): Promise<Loose> {
    const { data, errors } = await call(caller, name, input, fields);
    if (errors) throw new Error(JSON.stringify(errors, null, 1).slice(0, 3_000));
    return Object.values(data[name]).find((value) => typeof value === 'object');
  }
  async function refusal(caller: string, name: string, input: object, fields: string): Promise<Loose> {
    const { errors } = await call(caller, name, input, fields);
    expect(errors).toHaveLength(1);
    return { message: errors[0].message, ...errors[0].extensions };
  }
  const checked = (caller: string, schemas: Partial<Record<Name, string>>): Promise<Loose> =>
    done(
      caller,
      'checkSchemas',
      { schemas: Object.entries(schemas).map(([subgraph, sdl]) => ({ subgraph, sdl })) },
      CHECK,
    );
  async function publish(caller: string, schemas: Partial<Record<Name, string>>, input: object = {}): Promise<Loose> {
    const { id, passed, report } = await checked(caller, schemas);
    if (!passed) throw new Error(report);
    return done(caller, 'publishSchemas', { check: id, ...input }, SUPERGRAPH);
  }
  /** What gateways get. */
  async function served(headers: Record<string, string> = {}, caller: string | null = OPERATOR) {
    const { port } = server.server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/supergraph`, {
      headers: { ...(await graph.identity.signed('registry', caller)), ...headers },
    });
    return { status: response.status, etag: response.headers.get('etag'), text: await response.text() };
  }
  const read = async (query: string, caller = OPERATOR): Promise<Loose> => {
    const { data, errors } = await graph.ask(caller, query);
    expect(errors).toBeUndefined();
    return data;
  };
  /** The schema of a subgraph that gateways serve. */
  const servedSchema = async (name: Name): Promise<string> => {
    const { subgraphVersions } = await read(
      `{ subgraphVersions(last: 1, filter: { subgraph: { name: { eq: "${name}" } } }) { nodes { sdl } } }`,
      publisher(AGENCIES[name]),
    );
    return subgraphVersions.nodes[0].sdl;
  };
  const lastActivation = async (): Promise<number> =>
    (await read('{ supergraphActivations(last: 1) { nodes { number } } }')).supergraphActivations.nodes[0].number;

  test('has nothing for gateways before the first activation, and only gateways may ask', async () => {
    expect((await served()).status).toBe(404);
    expect((await served({}, null)).status).toBe(403);
    expect((await served({}, TREASURY)).status).toBe(403);
    const { port } = server.server.address() as AddressInfo;
    expect((await fetch(`http://127.0.0.1:${port}/supergraph`)).status).toBe(401);
  });

  test('refuses a contract with a reserved name also before the first activation', async () => {
    expect(
      (await refusal(OPERATOR, 'putContract', contractInput('default', { classes: ['PUBLIC'] }), CONTRACT)).message,
    ).toContain('the name is reserved');
  });

  test('registers subgraphs, takes over what their owners agreed on, and publishes them together', async () => {
    for (const [name, agency] of Object.entries(AGENCIES))
      await done(
        OPERATOR,
        'registerSubgraph',
        { name, agencies: [agency], clearances: ['PUBLIC'], url: `http://${name}.example/graphql` },
        'subgraph { name agencies clearances url revision }',
      );
    const { id, passed, report } = await checked(OPERATOR, Object.fromEntries(SCHEMAS));
    expect(passed).toBe(false);
    expect(JSON.parse(report).problems.join('\n')).toMatch(
      /submissions:78:3: .* it needs the consent SHARE of reviews, registry/,
    );
    expect(await refusal(OPERATOR, 'publishSchemas', { check: id, acceptBreaking: true }, SUPERGRAPH)).toMatchObject({
      ...{ code: 'PRECONDITION_FAILED', guard: 'CHECK_PASSED' },
    });
    for (const [coordinate, owner] of Object.entries(AGREEMENT.owners))
      await done(OPERATOR, 'assignPart', { coordinate, owner }, 'subgraph { name }');
    const consents = AGREEMENT.consents.map(({ by, to, ...rest }) => ({ owner: by, actors: to, ...rest }));
    await done(OPERATOR, 'takeOverConsents', { consents }, 'consent { status }');
    const supergraph = await publish(OPERATOR, Object.fromEntries(SCHEMAS), { note: 'First.', sourceCommit: 'abc123' });
    expect(supergraph).toMatchObject({ number: 1, basedOn: 0, note: 'First.' });
    expect(versionsIn(supergraph)).toEqual(['registry-1', 'reviews-1', 'submissions-1']);
    expect(supergraph.members.nodes[0].version.sourceCommit).toBe('abc123');
    expect(await refusal(OPERATOR, 'takeOverConsents', { consents }, 'consent { id }')).toMatchObject({
      guard: 'NOT_ACTIVATED',
    });
  });

  test('serves the supergraph to gateways, signed, and once', async () => {
    const { status, etag, text } = await served();
    expect(status).toBe(200);
    const signed = { keys: [publicKey(await keys)] };
    await expect(requireSignature(text, signed, 'the registry')).resolves.toBeGreaterThan(0);
    const digest = createHash('sha256')
      .update(text.slice(0, text.lastIndexOf('# signature: ')))
      .digest('hex');
    expect(etag).toBe(`"1-${digest}"`);
    const replica = { 'ordergraph-gateway': 'gateway-1', 'ordergraph-serves': digest };
    expect(await served({ 'if-none-match': etag!, ...replica })).toEqual({ status: 304, etag, text: '' });
    await served({ 'ordergraph-gateway': 'gateway-2', 'ordergraph-serves': '0'.repeat(64) });
    await served({ 'ordergraph-gateway': 'no name', 'ordergraph-serves': digest });
    const { gatewayReports } = await read('{ gatewayReports { nodes { replica digest current isCurrent } } }');
    expect(gatewayReports.nodes).toEqual([
      { replica: 'gateway-1', digest, current: 1, isCurrent: true },
      { replica: 'gateway-2', digest: '0'.repeat(64), current: 1, isCurrent: false },
    ]);
  });

  test('lets an agency publish its own subgraph, and no other', async () => {
    const supergraph = await publish(NSA, { reviews: extended('reviews', 'doctrine') }, { note: 'Doctrine.' });
    expect(supergraph).toMatchObject({ number: 2, basedOn: 1 });
    expect(versionsIn(supergraph)).toEqual(['registry-1', 'reviews-2', 'submissions-1']);
    expect((await served()).text).toContain('doctrine');
    const foreign = { schemas: [{ subgraph: 'submissions', sdl: extended('submissions', 'ours') }] };
    expect(await refusal(NSA, 'checkSchemas', foreign, CHECK)).toMatchObject({
      ...{ code: 'FORBIDDEN', message: expect.stringContaining('belongs to treasury') },
    });
    // a check of another agency publishes nothing either
    const { id } = await checked(TREASURY, { submissions: extended('submissions', 'theirs') });
    expect(await refusal(NSA, 'publishSchemas', { check: id }, SUPERGRAPH)).toMatchObject({ code: 'FORBIDDEN' });
    for (const caller of [ANALYST, 'role=developer-submitter; organization=alder; subject=dan'])
      expect(await refusal(caller, 'publishSchemas', { check: id }, SUPERGRAPH)).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('repeats a check with what was stored, whatever was published since', async () => {
    const { schemaChecks } = await read(
      '{ schemaChecks(filter: { basedOn: { eq: 1 }, passed: { eq: true } }) { nodes { id } } }',
    );
    const [check] = schemaChecks.nodes;
    expect(await lastActivation()).toBeGreaterThan(1);
    expect(await done(NSA, 'repeatCheck', { check: check.id }, 'check { id }')).toEqual({ id: check.id });
    const { database } = graph.subgraph('registry');
    const [{ digest }] = (await database.query<{ digest: string }>(
      `SELECT used_digest AS digest FROM ${database.table(SchemaCheck)} WHERE id = ?`,
      [check.id],
    )) as [{ digest: string }];
    expect(JSON.parse(await storedText(database, digest))).toEqual({ used: [], leftOut: 0 });
    await database.query(`UPDATE ${database.table(SchemaCheck)} SET report_digest = ? WHERE id = ?`, [
      ...['0'.repeat(64), check.id],
    ]);
    expect(await refusal(NSA, 'repeatCheck', { check: check.id }, 'check { id }')).toMatchObject({
      ...{ code: 'PRECONDITION_FAILED', guard: 'SAME_REPORT' },
    });
    expect(
      await refusal(NSA, 'repeatCheck', { check: 'sck_01JZ0000000000000000000000' }, 'check { id }'),
    ).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  test('says when a deprecated part will be removed, if its reason has the day', () => {
    const removalOf = (deprecationReason: string | null) =>
      Object.assign(new SchemaCoordinate(), { deprecationReason }).removalOn();
    expect(removalOf('Use title. Removal on 2027-06-30.')).toBe('2027-06-30');
    for (const reason of [null, 'Use title.', 'Removal on 2027-02-30.', 'Removal on 2027-06-300.'])
      expect(removalOf(reason)).toBeNull();
  });

  test('describes each part of the schema: its owner, class, and since when it is there', async () => {
    const one = async (coordinate: string, caller = ANALYST) =>
      (
        await read(
          `{ schemaCoordinate(coordinate: "${coordinate}") { kind type owners sensitivityClass description deprecationReason removalOn since } }`,
          caller,
        )
      ).schemaCoordinate;
    expect(await one('Query.doctrine')).toEqual({
      ...{ kind: 'FIELD', type: 'Query', owners: ['reviews'], sensitivityClass: 'PUBLIC', description: null },
      ...{ deprecationReason: null, removalOn: null, since: 2 },
    });
    expect(await one('Submission.weights')).toMatchObject({
      ...{ owners: ['submissions'], sensitivityClass: 'PROPIN', since: 1 },
    });
    expect(await one('Submission.launch(zone:)')).toMatchObject({ kind: 'ARGUMENT', owners: ['submissions'] });
    expect(await one('State.OPEN')).toMatchObject({ kind: 'ENUM_VALUE', type: 'State', sensitivityClass: null });
    expect(await one('Query.nothing')).toBeNull();
    const { schemaCoordinates } = await read(
      '{ schemaCoordinates(filter: { sensitivityClass: { eq: "PROPIN" } }) { nodes { coordinate } } }',
      ANALYST,
    );
    expect(schemaCoordinates.nodes).toEqual([{ coordinate: 'Submission.weights' }]);
    expect(await one('Query.doctrine', 'role=developer-submitter; organization=alder; subject=dan')).toBeNull();
  });

  test('lets one of two teams publish that started from the same supergraph, and tells the other', async () => {
    const [ours, theirs] = [
      await checked(TREASURY, { submissions: extended('submissions', 'ledger') }),
      await checked(NSA, { reviews: extended(`reviews`, 'doctrine').replace('doctrine', 'doctrine2') }),
    ];
    // without the field that was published before, its client would break
    expect(theirs.passed).toBe(false);
    const second = await checked(NSA, {
      reviews: extended('reviews', 'doctrine').replace(
        'type Query {\n',
        'type Query {\n  signals: String @sensitivity(class: PUBLIC)\n',
      ),
    });
    const results = await Promise.all([
      call(TREASURY, 'publishSchemas', { check: ours.id, note: 'Ledger.' }, SUPERGRAPH),
      call(NSA, 'publishSchemas', { check: second.id, note: 'Signals.' }, SUPERGRAPH),
    ]);
    const lost = results.filter(({ errors }) => errors);
    expect(lost).toHaveLength(1);
    expect(lost[0].errors[0]).toMatchObject({
      message: expect.stringMatching(
        /based on activation 2, but 3 holds \(activation 3 of supergraph 3: (Ledger|Signals)\.\)/,
      ),
      extensions: { code: 'REVISION_CONFLICT', expected: 2, current: 3 },
    });
    const [loser, schemas] =
      results[0] === lost[0]
        ? [TREASURY, { submissions: extended('submissions', 'ledger') }]
        : [
            NSA,
            {
              reviews: extended('reviews', 'doctrine').replace(
                'type Query {\n',
                'type Query {\n  signals: String @sensitivity(class: PUBLIC)\n',
              ),
            },
          ];
    expect(await publish(loser, schemas)).toMatchObject({ number: 4, basedOn: 3 });
    const { text } = await served();
    for (const field of ['doctrine', 'ledger', 'signals']) expect(text).toContain(field);
  });

  test('refuses what takes from another owner, until two persons of the owner consent', async () => {
    const act = {
      submissions: `${extended('submissions', 'ledger')}\nextend type Agency { reviewsOf: String @sensitivity(class: PUBLIC) }`,
    };
    expect((await checked(TREASURY, act)).passed).toBe(true);
    const taken = {
      submissions: `${extended('submissions', 'ledger')}\nextend type Query { states(period: Period): [State] @shareable @sensitivity(class: PUBLIC) }`,
      registry: sdlOf('registry').replace(
        'states(period: Period): [State]',
        'states(period: Period): [State] @shareable',
      ),
    };
    const before = await checked(OPERATOR, taken);
    expect(before.passed).toBe(false);
    expect(before.report).toMatch(/Query\.states/);
    const proposal = {
      ...{ owner: 'registry', actors: ['submissions'], act: 'SHARE', coordinates: ['Query.states'] },
      reason: 'Both have the states.',
    };
    const fields = 'consent { id status revision grantedAt }';
    const { id } = await done(TREASURY, 'proposeConsent', proposal, fields);
    const approve = (caller: string, expectedRevision: number, action = 'approveConsent') =>
      call(caller, action, { id, expectedRevision }, fields);
    expect((await approve(TREASURY, 1)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    expect((await approve(OPERATOR, 1)).errors[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' } });
    expect((await approve(OMB, 1)).data.approveConsent.consent).toMatchObject({ status: 'PROPOSED', revision: 2 });
    expect((await approve(OMB, 2)).errors[0].extensions).toMatchObject({ guard: 'SECOND_PERSON' });
    expect((await checked(OPERATOR, taken)).passed).toBe(false);
    expect((await approve(publisher('omb', 'omb-2'), 2)).data.approveConsent.consent).toMatchObject({
      ...{ status: 'GRANTED', revision: 3 },
    });
    const after = await checked(OPERATOR, taken);
    expect(after).toMatchObject({ passed: true });

    // a consent that is withdrawn while a publication is under way
    expect((await approve(OMB, 3, 'withdrawConsent')).data.withdrawConsent.consent.status).toBe('WITHDRAWN');
    expect(await refusal(OPERATOR, 'publishSchemas', { check: after.id }, SUPERGRAPH)).toMatchObject({
      ...{ guard: 'NOTHING_CHANGED', message: expect.stringContaining('the agreement of the owners changed') },
    });
  });

  test('returns to an earlier supergraph, and publishes from there on', async () => {
    const current = await lastActivation();
    const back = { number: 1, expectedActivation: current, note: 'Doctrine is wrong.' };
    expect(await refusal(NSA, 'activateSupergraph', back, SUPERGRAPH)).toMatchObject({
      ...{ code: 'FORBIDDEN', message: expect.stringContaining('other versions of submissions, too') },
    });
    expect(
      await refusal(OPERATOR, 'activateSupergraph', { ...back, expectedActivation: current - 1 }, SUPERGRAPH),
    ).toMatchObject({ code: 'REVISION_CONFLICT' });
    await done(OPERATOR, 'activateSupergraph', back, SUPERGRAPH);
    const { etag, text } = await served();
    expect(etag).toMatch(new RegExp(`^"${current + 1}-`));
    expect(text).not.toContain('doctrine');
    expect((await read('{ schemaCoordinate(coordinate: "Query.doctrine") { since } }')).schemaCoordinate).toBeNull();
    await requireSignature(text, { keys: [publicKey(await keys)] }, 'the registry');
    // what was rolled back does not return with the next publication of another
    await publish(OMB, { registry: extended('registry', 'census') });
    const after = (await served()).text;
    expect(after).toContain('census');
    expect(after).not.toContain('doctrine');
  });

  test('says where a broken schema is broken, and publishes nothing', async () => {
    const before = await lastActivation();
    for (const [sdl, problem] of [
      ['type Query {', /reviews:1:13/],
      [sdlOf('reviews').replace('submission: Submission', 'submission: Unknown'), /Unknown/],
    ] as const) {
      const { id, passed, report } = await checked(NSA, { reviews: sdl });
      expect(passed).toBe(false);
      expect(JSON.parse(report).problems.join('\n')).toMatch(problem);
      expect(await refusal(NSA, 'publishSchemas', { check: id }, SUPERGRAPH)).toMatchObject({ guard: 'CHECK_PASSED' });
    }
    expect(await lastActivation()).toBe(before);
  });

  test('lets an agency take back its own change, unless that breaks a released client', async () => {
    const before = await lastActivation();
    const registry = extended('registry', 'census').replace(
      'type Query {\n',
      'type Query {\n  census2: String @sensitivity(class: PUBLIC)\n',
    );
    const { number } = await publish(OMB, { registry });
    const back = (to: number, expectedActivation: number, caller = OMB) =>
      call(caller, 'activateSupergraph', { number: to, expectedActivation, note: 'Not yet.' }, SUPERGRAPH);
    const { id, revision: expectedRevision } = await done(
      OPERATOR,
      'publishClientRelease',
      { client: 'counter', version: '1', documents: [{ operation: 'query Count { census2 }' }] },
      'release { id revision }',
    );
    const { errors } = await back(number - 1, before + 1);
    expect(errors[0]).toMatchObject({
      message: expect.stringContaining('counter@1: Count would break'),
      extensions: { guard: 'CHECK_PASSED' },
    });
    expect((await back(number - 1, before + 1, OPERATOR)).errors).toBeUndefined();
    await back(number, before + 2, OPERATOR);
    await done(OPERATOR, 'retireClientRelease', { id, expectedRevision }, 'release { id }');
    expect((await back(number - 1, before + 3)).errors).toBeUndefined();
  });

  test('refuses a schema that names another agency as its owner', async () => {
    const { passed, report } = await checked(NSA, {
      reviews: extended('reviews', 'doctrine').replace('agencies: ["nsa"]', 'agencies: ["nsa", "treasury"]'),
    });
    expect(passed).toBe(false);
    expect(JSON.parse(report).problems).toEqual([
      'reviews: @owner names the agency "treasury"; the subgraph belongs to nsa',
    ]);
  });

  test('keeps the address of a subgraph, which operators alone choose', async () => {
    const input = { schemas: [{ subgraph: 'reviews', sdl: sdlOf('reviews'), url: 'http://169.254.169.254/' }] };
    expect((await refusal(NSA, 'checkSchemas', input, CHECK)).message).toContain('"url" is not defined');
    expect((await served()).text).not.toContain('169.254');
  });

  test('publishes nothing for an address that operators have changed, and no return to it by a publisher', async () => {
    const { id } = await checked(NSA, { reviews: extended('reviews', 'doctrine') });
    const registration = async () =>
      (await read('{ registeredSubgraph(name: "reviews") { revision url } }')).registeredSubgraph;
    const move = async (url: string) =>
      done(
        OPERATOR,
        'changeRegisteredSubgraph',
        { name: 'reviews', url, expectedRevision: (await registration()).revision },
        'subgraph { url }',
      );
    const { url } = await registration();
    await move('http://new.example/graphql');
    expect(await refusal(NSA, 'publishSchemas', { check: id }, SUPERGRAPH)).toMatchObject({
      ...{ guard: 'NOTHING_CHANGED', message: expect.stringContaining('The address of reviews changed since') },
    });
    const { nodes } = (await read('{ supergraphActivations(last: 1) { nodes { supergraph { number } } } }'))
      .supergraphActivations;
    await publish(NSA, { reviews: extended('reviews', 'doctrine') });
    expect(
      await refusal(
        NSA,
        'activateSupergraph',
        { number: nodes[0].supergraph.number, expectedActivation: await lastActivation(), note: 'Back.' },
        SUPERGRAPH,
      ),
    ).toMatchObject({ guard: 'NOTHING_CHANGED' });
    await move(url);
    await publish(NSA, { reviews: extended('reviews', 'doctrine') });
  });

  test('does not count the approval of a person whose agency no longer owns the parts', async () => {
    const fields = 'consent { id status revision }';
    const { id } = await done(
      TREASURY,
      'proposeConsent',
      { owner: 'reviews', actors: ['submissions'], act: 'SHARE', coordinates: ['Review.cost'], reason: 'Both.' },
      fields,
    );
    await done(NSA, 'approveConsent', { id, expectedRevision: 1 }, fields);
    const give = async (agencies: string[]) => {
      const { registeredSubgraph } = await read('{ registeredSubgraph(name: "reviews") { revision } }');
      const input = { name: 'reviews', agencies, expectedRevision: registeredSubgraph.revision };
      await done(OPERATOR, 'changeRegisteredSubgraph', input, 'subgraph { name }');
    };
    await give(['doe']);
    const approve = (subject: string, expectedRevision: number) =>
      done(publisher('doe', subject), 'approveConsent', { id, expectedRevision }, fields);
    expect(await approve('dan', 2)).toMatchObject({ status: 'PROPOSED' });
    expect(await approve('eve', 3)).toMatchObject({ status: 'GRANTED' });
    await done(publisher('doe', 'eve'), 'withdrawConsent', { id, expectedRevision: 4 }, fields);
    await give(['nsa']);
  });

  test('lets one agency make one check at a time, so that others get their turn', async () => {
    const schemas = [{ subgraph: 'reviews', sdl: extended('reviews', 'doctrine') }];
    const results = await Promise.all([
      ...Array.from({ length: 5 }, () => call(NSA, 'checkSchemas', { schemas }, CHECK)),
      call(TREASURY, 'checkSchemas', { schemas: [{ subgraph: 'submissions', sdl: sdlOf('submissions') }] }, CHECK),
    ]);
    const codes = results.map(({ errors }) => errors?.[0].extensions.code);
    expect(codes.filter((code) => code === 'SUBGRAPH_OVERLOADED')).toHaveLength(4);
    expect(codes.at(-1)).toBeUndefined();
  });

  test('works for one caller of an agency at a time also when it publishes, and not for a caller who has left', async () => {
    const composer = new ThreadComposer();
    const [one, other, gone] = [new Cancellation(), new Cancellation(), new Cancellation()];
    const parts = (party: string, cancellation: Cancellation) =>
      composer.partsOf('type Query { a: Int }', { party, isOperator: false, cancellation });
    const first = parts('nsa', one);
    await expect(parts('nsa', other)).rejects.toMatchObject({ extensions: { code: 'SUBGRAPH_OVERLOADED' } });
    const left = parts('doe', gone);
    gone.cancel();
    await expect(left).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } });
    one.cancel();
    await expect(first).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } });
    // what is no supergraph is an error of the thread, and the next one is served
    await expect(parts('nsa', other)).rejects.toMatchObject({ extensions: { code: 'OPERATION_TOO_LARGE' } });
  });

  test('a slow work of one agency delays none of another, and those that wait end with their callers', async () => {
    const composer = new ThreadComposer();
    const cancellations = new Map<string, Cancellation>();
    const parts = (party: string, sdl: string) => {
      const cancellation = new Cancellation();
      cancellations.set(party, cancellation);
      return composer.partsOf(sdl, { party, isOperator: false, cancellation });
    };
    // takes far longer than the test, unless its caller leaves
    const slow = `type Query { a: Int } ${Array.from({ length: 400_000 }, (_, index) => `type T${index} { a: Query }`).join(' ')}`;
    const ended: string[] = [];
    const hostile = parts('hostile', slow).catch(({ extensions }) => ended.push(`hostile ${extensions.code}`));
    const small = 'type Query { a: Int }';
    for (const party of ['nsa', 'doe', 'nsa', 'cisa'])
      await parts(party, small).catch(({ extensions }) => ended.push(`${party} ${extensions.code}`));
    expect(ended).toEqual(['nsa', 'doe', 'nsa', 'cisa'].map((party) => `${party} OPERATION_TOO_LARGE`));
    const another = parts('another', slow).catch(({ extensions }) => ended.push(`another ${extensions.code}`));
    const waits = parts('waits', small);
    cancellations.get('waits')!.cancel();
    await expect(waits).rejects.toMatchObject({ extensions: { code: 'CONFLICT' } });
    cancellations.get('hostile')!.cancel();
    cancellations.get('another')!.cancel();
    await Promise.all([hostile, another]);
    await expect(parts('waits', small)).rejects.toMatchObject({ extensions: { code: 'OPERATION_TOO_LARGE' } });
    expect(ended.slice(4).sort()).toEqual(['another CONFLICT', 'hostile CONFLICT']);
  });

  test('shows a text under many aliases without reading it again, and not without end', async () => {
    const sdl = `${extended('reviews', 'doctrine')}\n${'# '.padEnd(1_000_000, 'x')}\n`;
    await checked(NSA, { reviews: sdl });
    await publish(NSA, { reviews: sdl });
    const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: sdl`).join(' ');
    const ask = (count: number) =>
      graph.ask(
        NSA,
        `{ subgraphVersions(last: 1, filter: { subgraph: { name: { eq: "reviews" } } }) { nodes { ${aliases(count)} } } }`,
      ) as Promise<Loose>;
    const { database } = graph.subgraph('registry');
    const { result, statements } = await database.counting(() => ask(8));
    expect(result.errors).toBeUndefined();
    expect(statements.filter((sql) => sql.includes('schema_text_part'))).toHaveLength(1);
    expect((await ask(40)).errors[0]).toMatchObject({
      message: expect.stringContaining('characters of long texts'),
      extensions: { code: 'OPERATION_TOO_LARGE' },
    });
  });

  const CONTRACT = 'contract { name revision removedAt includedTags excludedTags classes }';
  const contractInput = (name: string, values: object = {}) => ({
    ...{ name, description: 'For tests.', includedTags: [], excludedTags: [], classes: [] },
    ...values,
  });

  test('composes contracts into the next supergraph, and takes them back with it', async () => {
    const stated = async () =>
      [...(await served()).text.matchAll(/@contract\(name: "([^"]+)"/g)].map(([, name]) => name);
    const { number: before } = (await read('{ supergraphVersions(last: 1) { nodes { number } } }')).supergraphVersions
      .nodes[0];
    const earlier = await checked(OPERATOR, {});
    expect(await done(OPERATOR, 'putContract', contractInput('open', { classes: ['PUBLIC'] }), CONTRACT)).toEqual({
      ...{ name: 'open', revision: 1, removedAt: null, includedTags: [], excludedTags: [], classes: ['PUBLIC'] },
    });
    expect(await stated()).toEqual([]);
    // what was checked before is not published
    expect(await refusal(OPERATOR, 'publishSchemas', { check: earlier.id }, SUPERGRAPH)).toMatchObject({
      guard: 'NOTHING_CHANGED',
    });
    const { id, passed, report } = await checked(OPERATOR, {});
    expect(passed).toBe(true);
    expect(JSON.parse(report).changes).toEqual([
      { level: 'SAFE', coordinate: 'open', message: 'the contract is new', usedBy: [], contract: 'open' },
    ]);
    const { members } = await done(OPERATOR, 'publishSchemas', { check: id }, SUPERGRAPH);
    expect(members.nodes).toHaveLength(3);
    expect(await stated()).toEqual(['open']);
    await done(
      OPERATOR,
      'activateSupergraph',
      { number: before, expectedActivation: await lastActivation(), note: 'x' },
      SUPERGRAPH,
    );
    expect(await stated()).toEqual([]);
    await publish(OPERATOR, {});
    expect(await stated()).toEqual(['open']);
    await done(OPERATOR, 'removeContract', { name: 'open', expectedRevision: 1 }, CONTRACT);
    const removed = await checked(OPERATOR, {});
    expect(removed.passed).toBe(false);
    expect(JSON.parse(removed.report).changes).toMatchObject([
      { level: 'BREAKING', message: 'the contract is removed', contract: 'open' },
    ]);
    await done(OPERATOR, 'publishSchemas', { check: removed.id, acceptBreaking: true }, SUPERGRAPH);
    expect(await stated()).toEqual([]);
  });

  test('reports what a change of a schema hides in a contract', async () => {
    await done(OPERATOR, 'putContract', contractInput('open', { classes: ['PUBLIC'], expectedRevision: 2 }), CONTRACT);
    await publish(OPERATOR, {});
    const current = (
      await read(
        '{ subgraphVersions(filter: { subgraph: { name: { eq: "submissions" } } }, last: 1) { nodes { sdl } } }',
      )
    ).subgraphVersions.nodes[0].sdl as string;
    const stricter = current.replace(/(title: String @sensitivity\(class: )PUBLIC/, '$1GOV');
    const { passed, report } = await checked(TREASURY, { submissions: stricter });
    expect(passed).toBe(false);
    expect(JSON.parse(report).changes).toContainEqual({
      ...{ level: 'BREAKING', coordinate: 'Submission.title', contract: 'open', usedBy: [], owner: 'submissions' },
      message: "Field 'title' was removed from object type 'Submission'",
    });
  });

  test.each<[string, string, object, object]>([
    [
      'of nothing',
      OPERATOR,
      contractInput('none'),
      { code: 'BAD_USER_INPUT', message: expect.stringContaining('selects nothing') },
    ],
    [
      'of a tag that no part has',
      OPERATOR,
      contractInput('tagged', { excludedTags: ['absent'] }),
      {
        guard: 'CAN_BE_SERVED',
        message: expect.stringContaining('names the tag "absent", which no part of the graph has'),
      },
    ],
    [
      'that shows nothing',
      OPERATOR,
      contractInput('pii', { classes: ['PII'] }),
      { guard: 'CAN_BE_SERVED', message: expect.stringContaining('shows no field of Query') },
    ],
    ['that exists', OPERATOR, contractInput('open', { classes: ['PUBLIC', 'GOV_DELIB'] }), { code: 'ALREADY_EXISTS' }],
    [
      'on an old revision',
      OPERATOR,
      contractInput('open', { classes: ['PUBLIC'], expectedRevision: 1 }),
      { code: 'REVISION_CONFLICT' },
    ],
    ['with an unsafe name', OPERATOR, contractInput('../x', { classes: ['PUBLIC'] }), { code: 'BAD_USER_INPUT' }],
    [
      'with a name of a path of the gateway',
      OPERATOR,
      contractInput('graphql', { classes: ['PUBLIC'] }),
      { code: 'BAD_USER_INPUT', message: expect.stringContaining('the name is reserved') },
    ],
    ['with an unknown class', OPERATOR, contractInput('x', { classes: ['SECRET'] }), { code: 'BAD_USER_INPUT' }],
    ['with an invalid tag', OPERATOR, contractInput('x', { includedTags: ['a b'] }), { code: 'BAD_USER_INPUT' }],
    ['of a publisher', TREASURY, contractInput('x', { classes: ['PUBLIC'] }), { code: 'FORBIDDEN' }],
  ])('refuses a contract %s', async (_, caller, input, expected) => {
    expect(await refusal(caller, 'putContract', input, CONTRACT)).toMatchObject(expected);
  });

  test('refuses to remove a contract that is unknown, and by publishers', async () => {
    const input = { name: 'unknown', expectedRevision: 1 };
    expect(await refusal(OPERATOR, 'removeContract', input, CONTRACT)).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(TREASURY, 'removeContract', input, CONTRACT)).toMatchObject({ code: 'FORBIDDEN' });
  });

  test('lets operators alone check without schemas', async () => {
    expect((await refusal(TREASURY, 'checkSchemas', { schemas: [] }, CHECK)).message).toContain('"schemas" is empty');
    expect((await checked(OPERATOR, {})).passed).toBe(true);
  });

  test('lets others publish after an owner has withdrawn a consent, and those that acted only without the act', async () => {
    const { ownerConsents } = await read(
      '{ ownerConsents(filter: { status: { eq: GRANTED } }) { nodes { id revision } } }',
    );
    const [{ id, revision: expectedRevision }] = ownerConsents.nodes;
    await done(OMB, 'withdrawConsent', { id, expectedRevision }, 'consent { id }');
    // the owner, whose schema needs no consent
    const owner = await checked(OMB, { registry: withField(await servedSchema('registry'), 'census3') });
    expect(JSON.parse(owner.report)).toMatchObject({ problems: [], notes: [expect.stringContaining(ENDED)] });
    await done(OMB, 'publishSchemas', { check: owner.id }, SUPERGRAPH);
    await done(OPERATOR, 'repeatCheck', { check: owner.id }, 'check { id }');
    // what is served is no change of those that acted
    expect(JSON.parse((await checked(NSA, { reviews: await servedSchema('reviews') })).report).problems).toEqual([]);
    const reviews = await servedSchema('reviews');
    const { passed, report } = await checked(NSA, { reviews: withField(reviews, 'doctrine4') });
    expect(passed).toBe(false);
    expect(JSON.parse(report).problems.join()).toMatch(/Agency\.name.* it needs the consent SHARE of registry/);
    const without = reviews.replace(/^ *(name|kind): String @shareable.*\n/gm, '').replace(/^ *agencies\(.*\n/m, '');
    const { id: check } = await checked(OPERATOR, { reviews: without });
    await done(OPERATOR, 'publishSchemas', { check, acceptBreaking: true }, SUPERGRAPH);
    // what was left cannot return, but the other one that acts still may stay
    const notes = JSON.parse((await checked(OPERATOR, {})).report).notes as string[];
    expect(notes.join()).toMatch(/the next schema of submissions must/);
    expect((await checked(NSA, { reviews })).passed).toBe(false);
  });

  test('refuses to return to a supergraph that needs what an owner has withdrawn', async () => {
    expect(
      await refusal(
        OPERATOR,
        'activateSupergraph',
        { number: 2, expectedActivation: await lastActivation(), note: 'Back.' },
        SUPERGRAPH,
      ),
    ).toMatchObject({ guard: 'STILL_AGREED', message: expect.stringContaining('SHARE of Agency.name') });
  });

  test('keeps a history whose changes show, without names for those who may not read them', async () => {
    const query = '{ supergraphActivations { nodes { number note activatedBy chain supergraph { number } } } }';
    const { nodes } = (await read(query)).supergraphActivations;
    expect(nodes.map(({ number }: Loose) => number)).toEqual(nodes.map((_: Loose, index: number) => index + 1));
    expect(new Set(nodes.map(({ chain }: Loose) => chain)).size).toBe(nodes.length);
    expect(nodes.map(({ activatedBy }: Loose) => activatedBy)).toEqual(nodes.map(() => null));
    expect((await read(query, INSPECTOR)).supergraphActivations.nodes[1].activatedBy).toBe('nsa-1');
    const { data } = await graph.ask(
      ANALYST,
      '{ supergraphActivations { totalCount } subgraphVersions { totalCount } }',
    );
    expect(data).toEqual({ supergraphActivations: { totalCount: 0 }, subgraphVersions: { totalCount: 0 } });
    const { subgraphVersions } = await read(
      '{ subgraphVersions(filter: { subgraph: { name: { eq: "reviews" } }, number: { eq: 1 } }) { nodes { sdl digest } } }',
      NSA,
    );
    expect(subgraphVersions.nodes[0].sdl).toBe(sdlOf('reviews'));
  });

  test.each<[string, object, string]>([
    ['of an unknown subgraph', { schemas: [{ subgraph: 'weather', sdl: 'type Query { a: Int }' }] }, 'weather'],
    [
      'of a subgraph twice',
      { schemas: ['a', 'b'].map((sdl) => ({ subgraph: 'reviews', sdl })) },
      'has "reviews" twice',
    ],
    ['of an empty schema', { schemas: [{ subgraph: 'reviews', sdl: ' ' }] }, '"sdl" is empty'],
  ])('refuses a check %s', async (_, input, message) => {
    expect((await refusal(OPERATOR, 'checkSchemas', input, CHECK)).message).toContain(message);
  });

  test('forgets checks after a week, with the texts that nothing else needs', async () => {
    const { database, clock } = graph.subgraph('registry');
    const texts = () => database.count(SchemaTextPart);
    const before = await texts();
    await sweepSchemas.run(database, clock);
    expect(await texts()).toBe(before);
    graph.clock.advance({ days: 8 });
    await sweepSchemas.run(database, clock);
    expect(await read('{ schemaChecks { totalCount } gatewayReports { totalCount } }')).toEqual({
      ...{ schemaChecks: { totalCount: 0 }, gatewayReports: { totalCount: 0 } },
    });
    expect(await texts()).toBeLessThan(before);
    // what was published has all of its texts
    const { nodes } = (await read('{ subgraphVersions { nodes { id sdl } } }')).subgraphVersions;
    expect(nodes.length).toBeGreaterThan(4);
    expect((await read('{ supergraphVersions { nodes { report } } }')).supergraphVersions.nodes.length).toBeGreaterThan(
      4,
    );
    expect((await served()).status).toBe(200);
  });

  test('is followed by a gateway, which reports what it serves', async () => {
    const { log } = graph.subgraph('registry');
    const trusted = { keys: [publicKey(await keys)] };
    const source = new SupergraphRegistry({
      url: `http://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
      ...{ everyMs: 20, signer: graph.identity.parts.signer, replica: 'gateway-3', keys: () => trusted, log },
      requireServable: async () => {},
    });
    const { supergraphSdl, serving, cleanup } = await source.initialize({ update: async () => true });
    serving?.();
    const { text, etag } = await served();
    expect(text.slice(0, text.lastIndexOf('# signature: '))).toBe(supergraphSdl);
    expect(source.status()).toMatchObject({ etag });
    await until(
      () => source.polls.counts.unchanged > 2,
      () => 'the gateway polls',
    );
    const { gatewayReports } = await read('{ gatewayReports { nodes { replica digest current isCurrent } } }');
    const activation = await lastActivation();
    expect(gatewayReports.nodes).toEqual([
      { replica: 'gateway-3', digest: supergraphHash(supergraphSdl), current: activation, isCurrent: true },
    ]);
    expect(source.polls).toMatchObject({ activation, counts: { changed: 1, failed: 0, refused: 0 } });
    await cleanup?.();
  });
});
