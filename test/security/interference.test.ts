import { Readable } from 'node:stream';
import { getNamedType, isLeafType, isNonNullType, isObjectType } from 'graphql';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { processKinds } from '../support/databases';
import { developer, FINDING, Framework, INTAKE, REVIEW, reviewer } from '../support/framework';

/** Callers who may know nothing about alder, and must get the same responses as if it were inactive. */
const OUTSIDERS: readonly [name: string, principal: string | null][] = [
  ['the public', null],
  ['another developer', developer('birch')],
  ['an agency without access to the submission', reviewer('hhs')],
  ['an agency that reviews nothing', reviewer('ssa')],
  ['HR', 'role=hr-specialist; agency=treasury; subject=x'],
  ['an infrastructure officer', 'role=infrastructure-officer; agency=treasury; subject=x'],
];

/** Every list of the graph with all fields of its objects, to two levels; once ascending and once descending. */
const QUESTIONS = subgraphs.flatMap(({ schema }) =>
  Object.values(schema.getQueryType()!.getFields()).flatMap((root) => {
    const connection = getNamedType(root.type);
    if (!connection.name.endsWith('Connection') || root.name.endsWith('AccessLog')) return [];
    const node = getNamedType(
      (connection as never as { getFields(): Record<string, { type: never }> }).getFields().nodes!.type,
    );
    if (!isObjectType(node)) return [];
    const fields = Object.values(node.getFields()).filter(({ args }) => !args.some(({ type }) => isNonNullType(type)));
    const leaves = fields.filter(({ type }) => isLeafType(getNamedType(type))).map(({ name }) => name);
    const lists = fields.filter(({ type }) => getNamedType(type).name.endsWith('Connection'));
    const nested = lists.slice(0, 6).map(({ name }) => `${name}(first: 3) { totalCount pageInfo { endCursor } }`);
    const select = [...leaves, ...nested].join(' ');
    return [
      `{ ${root.name}(first: 20) { totalCount pageInfo { hasNextPage endCursor } nodes { ${select} } } }`,
      `{ ${root.name}(last: 5) { edges { cursor } pageInfo { hasPreviousPage startCursor } } }`,
    ];
  }),
);

describe.each(processKinds)('hidden changes do not change responses to others, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
    await graph.register('birch');
    await graph.filed({ requestedAgencies: ['hhs'] }, 'birch');
    await graph.register('alder');
  });
  afterAll(() => graph.close());

  /** Exact responses, except the request id and what remains of the caller's budget and of the minute. */
  async function responsesFor(caller: string | null): Promise<string[]> {
    const answers: string[] = [];
    for (const query of [...QUESTIONS, '{ submission(id: "sub_1") { id } }', '{ nothing }']) {
      const { body, headers, statusCode } = await graph.server.inject({
        method: 'POST',
        url: '/graphql',
        headers: await graph.identity.headers(caller),
        payload: { query },
      });
      // values that differ from one request of a caller to the next
      const rest = Object.entries(headers).filter(
        // the length is that of the body with these values
        ([name]) => !/^(date|x-request-id|.*-remaining|ratelimit-reset|content-length)$/.test(name),
      );
      answers.push(
        JSON.stringify({ query, statusCode, rest, body: body.replace(/"(remaining|resetSeconds)":\d+/g, '') }),
      );
    }
    return answers;
  }

  /** A submission that NSA reviews, up to the draft of a finding. */
  async function reviewed() {
    const submission = await graph.filed({ requestedAgencies: ['nsa', 'treasury'] });
    const grant = await graph.granted(submission.id, 'nsa');
    const review = await graph.opened(submission.id, 'nsa');
    await graph.perform(
      reviewer('nsa'),
      'startEvaluation',
      { id: review.id, expectedRevision: review.revision, documentsOnly: true },
      REVIEW,
    );
    const finding = await graph.perform(
      reviewer('nsa'),
      'draftFinding',
      {
        reviewId: review.id,
        title: 'A way in',
        detail: 'By the back door.',
        severity: 'HIGH',
        confidence: 'HIGH',
        sectors: ['energy'],
      },
      FINDING,
    );
    return { submission, grant, review, finding };
  }

  /** The statements that a subgraph sends, without keys. */
  const statementsOf = async (subgraph: string, work: () => Promise<unknown>): Promise<readonly string[]> => {
    const { statements } = await graph.subgraph(subgraph).database.counting(work);
    expect(statements.length).toBeGreaterThan(0);
    return statements;
  };

  test('takes the same statements for an object that the caller may not know of as for a missing one', async () => {
    const { submission, grant, review, finding } = await reviewed();
    const document = { kind: 'MODEL_CARD', sha256: 'a'.repeat(64), bytes: '1' };
    const attach = { submissionId: submission.id, ...document };
    const artifact = await graph.perform(developer(), 'attachArtifact', attach, 'artifact { id }');
    const [version] = await graph.sql('submissions', 'SELECT version_id AS id FROM submission WHERE id = ?', [
      submission.id,
    ]);
    const exchange = graph.subgraph('submissions').files!;
    const call =
      (caller: string, mutation: string, field = 'id', input: object = {}) =>
      (id: string) =>
        graph.refused(caller, mutation, { ...input, [field]: id });
    const revised = { expectedRevision: 1 };
    const hidden: readonly [subgraph: string, id: string, change: (id: string) => Promise<unknown>][] = [
      ['submissions', submission.id, call(developer('birch'), 'fileSubmission', 'id', revised)],
      ['submissions', submission.id, call(developer('birch'), 'attachArtifact', 'submissionId', document)],
      [
        'submissions',
        version!.id,
        call(developer('birch'), 'draftSubmission', 'versionId', {
          launchPlan: { plannedLaunchAt: graph.inDays(20) },
          sharingPreference: 'NAMED_AGENCIES_ONLY',
        }),
      ],
      ['submissions', grant.id, call(reviewer('hhs'), 'acceptAccess', 'id', revised)],
      [
        'submissions',
        artifact.id,
        async (id) => {
          const headers = await graph.identity.signed('submissions', developer('birch'));
          await expect(exchange.put(id, Readable.from(['a']), headers)).rejects.toMatchObject({
            message: `No artifact has the key "${id}"`,
          });
        },
      ],
      ['reviews', review.id, call(reviewer('hhs'), 'concludeEvaluation', 'id', revised)],
      ['reviews', finding.id, call(reviewer('treasury'), 'dropFinding', 'id', revised)],
      ['reviews', finding.id, call(developer(), 'acknowledgeFinding', 'id', revised)],
    ];
    for (const [subgraph, id, change] of hidden) {
      const missing = `${id.slice(0, -4)}0000`;
      const expected = await statementsOf(subgraph, () => change(missing));
      expect([id, await statementsOf(subgraph, () => change(id))]).toEqual([id, expected]);
    }
  });

  test('shows no trace of a hidden submission from its draft to its findings', async () => {
    expect(QUESTIONS.length).toBeGreaterThan(60);
    const before = new Map<string, string[]>();
    for (const [name, outsider] of OUTSIDERS) {
      // a new operation takes another path, which orders headers differently
      await responsesFor(outsider);
      before.set(name, await responsesFor(outsider));
    }
    await responsesFor(INTAKE);
    const responses = await responsesFor(INTAKE);

    const { finding } = await reviewed();
    expect(finding.status).toBe('DRAFT');
    await graph.draft();
    await graph.tick();

    for (const [name, outsider] of OUTSIDERS) {
      const after = await responsesFor(outsider);
      for (const [place, answer] of after.entries()) expect([name, answer]).toEqual([name, before.get(name)![place]]);
    }
    // callers who may know get other responses than before
    const changed = (await responsesFor(INTAKE)).filter((answer, place) => answer !== responses[place]);
    expect(changed.length).toBeGreaterThan(5);
  });
});
