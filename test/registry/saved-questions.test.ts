import { createHash } from 'node:crypto';
import { roleNames } from '#base/identity/roles';
import { migration } from '../../subgraphs/registry/migrations/0003-stored-bytes';
import { MAX_STORED_BYTES } from '../../subgraphs/registry/question/saved-question.mutations';
import { databaseKinds } from '../support/databases';
import { Framework, INTAKE, reviewer } from '../support/framework';
import { INSPECTOR } from '../support/identity';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const ANA = 'role=analyst; agency=cisa; subject=ana';
const BEN = 'role=analyst; subject=ben';
const NO_ROLE = 'subject=nobody-in-particular';
const OPERATOR = 'role=operator; subject=olga';
const QUERY = '{ agencies { key } }';
const FIELDS = `question { id name description program owner currentVersion trusted trustedVersion sharedWithRoles
  retiredAt revision agency { key } current { number operation variables documentId note savedBy } }`;

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

describe.each(databaseKinds)('saved questions, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  let names = 0;
  const question = (change: Record<string, unknown> = {}) => {
    names += 1;
    return { name: `Question ${names}`, program: 'ACROSS_PROGRAMS', operation: QUERY, ...change };
  };
  const call = async (caller: string | null, mutation: string, input: Record<string, unknown>): Promise<Loose> => {
    const { data, errors } = await graph.call(caller, mutation, input, FIELDS);
    return errors ? errors[0]!.extensions.code : data[mutation].question;
  };
  const messageOf = async (caller: string, mutation: string, input: Record<string, unknown>): Promise<string> =>
    (await graph.call(caller, mutation, input, FIELDS)).errors![0]!.message;
  const save = (caller: string, change: Record<string, unknown> = {}) => call(caller, 'saveQuestion', question(change));
  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const read = async (caller: string | null, id: string): Promise<Loose> => {
    const { data, errors } = await graph.ask(
      caller,
      `query ($id: ID!, $filter: SavedQuestionFilter) {
        savedQuestion(id: $id) { id name owner current { operation savedBy } versions { nodes { number operation } } }
        savedQuestions(filter: $filter) { totalCount nodes { id } } }`,
      { id, filter: { id: { eq: id } } },
    );
    expect(errors).toBeUndefined();
    return data;
  };

  test('shows long texts under many aliases up to a limit for the whole answer', async () => {
    const operation = `{ agencies { key } } #${'x'.repeat(30_000)}`;
    const caller = 'subject=copier';
    for (let saved = 0; saved < 10; saved += 1) await save(caller, { operation });
    const ask = (aliases: number) =>
      graph.ask(
        caller,
        `{ savedQuestions { nodes { current { ${Array.from({ length: aliases }, (_, i) => `a${i}: operation`).join(' ')} } } } }`,
      );
    expect((await ask(40)).errors).toBeUndefined();
    expect((await ask(90)).errors![0]).toMatchObject({
      message: expect.stringContaining('more than 16777216 characters of long texts'),
      extensions: { code: 'OPERATION_TOO_LARGE', limit: 'characters of long texts', most: 16_777_216 },
    });
  });

  test('saves a query with its first version', async () => {
    const input = question({
      ...{ description: 'All agencies.', program: 'WORKFORCE', variables: '{"first":3}', note: 'First.' },
      operation: 'query Agencies { agencies { key } }',
    });
    expect(await call(ANA, 'saveQuestion', input)).toEqual({
      ...{ id: expect.stringMatching(/^sqn_/), name: input.name, description: 'All agencies.', program: 'WORKFORCE' },
      ...{ owner: 'ana', currentVersion: 1, trusted: false, trustedVersion: null, sharedWithRoles: [] },
      ...{ retiredAt: null, revision: 1, agency: { key: 'cisa' } },
      current: {
        ...{ number: 1, operation: 'query Agencies { agencies { key } }', variables: '{"first":3}', note: 'First.' },
        ...{ savedBy: 'ana', documentId: `sha256:${hashOf('query Agencies { agencies { key } }')}` },
      },
    });
  });

  describe('rights', () => {
    const CALLERS: readonly [name: string, caller: string | null][] = [
      ['the public', null],
      ['a caller without a role', NO_ROLE],
      ['the owner', ANA],
      ['the owner with another role', INTAKE.replace('officer-1', 'ana')],
      ['another analyst', BEN],
      ['a reviewer', reviewer('nsa')],
      ['intake', INTAKE],
      ['an operator', OPERATOR],
      ['an inspector', INSPECTOR],
    ];
    const ALWAYS = ['the owner', 'the owner with another role', 'an operator', 'an inspector'];

    test.each<[string, string[], string[]]>([
      ['no role', [], ALWAYS],
      ['analysts', ['analyst'], [...ALWAYS, 'another analyst']],
      ['reviewers and intake', ['agency-reviewer', 'intake-officer'], [...ALWAYS, 'a reviewer', 'intake']],
    ])(
      'shows a question shared with %s to exactly its readers, and its owner to the owner and oversight',
      async (_roles, sharedWithRoles, readers) => {
        const { id } = await save(ANA, { sharedWithRoles });
        const seen: string[] = [];
        for (const [name, caller] of CALLERS) {
          const { savedQuestion, savedQuestions } = await read(caller, id);
          expect([name, savedQuestions.totalCount]).toEqual([name, savedQuestion ? 1 : 0]);
          if (!savedQuestion) continue;
          seen.push(name);
          // others need not know whose it is
          const owner = ['the owner', 'the owner with another role', 'an inspector'].includes(name) ? 'ana' : null;
          expect(savedQuestion).toMatchObject({
            ...{ owner, current: { operation: QUERY, savedBy: owner } },
            versions: { nodes: [{ number: 1, operation: QUERY }] },
          });
        }
        expect(seen.toSorted()).toEqual(readers.toSorted());
      },
    );

    test('allows each change to the callers of the table, and hides questions from others', async () => {
      const OWNER_ONLY = { owner: 'ok', 'shared analyst': 'FORBIDDEN', operator: 'FORBIDDEN', inspector: 'FORBIDDEN' };
      const OPERATOR_ONLY = {
        owner: 'FORBIDDEN',
        'shared analyst': 'FORBIDDEN',
        operator: 'ok',
        inspector: 'FORBIDDEN',
      };
      const table: Record<string, [input: object, allowed: Record<string, string>]> = {
        saveQuestionVersion: [{ operation: '{ agencies { name } }' }, { ...OWNER_ONLY, stranger: 'NOT_FOUND' }],
        describeQuestion: [{ description: 'Changed.' }, { ...OWNER_ONLY, stranger: 'NOT_FOUND' }],
        shareQuestion: [{ sharedWithRoles: ['analyst'] }, { ...OWNER_ONLY, stranger: 'NOT_FOUND' }],
        retireQuestion: [{}, { ...OWNER_ONLY, operator: 'ok', stranger: 'NOT_FOUND' }],
        trustQuestion: [{ version: 1 }, { ...OPERATOR_ONLY, stranger: 'FORBIDDEN' }],
        stopTrustingQuestion: [{}, { ...OPERATOR_ONLY, stranger: 'FORBIDDEN' }],
      };
      const callers = { owner: ANA, 'shared analyst': BEN, operator: OPERATOR, inspector: INSPECTOR, stranger: INTAKE };
      for (const [mutation, [input, allowed]] of Object.entries(table))
        for (const [name, caller] of Object.entries(callers)) {
          let saved = await save(ANA, { sharedWithRoles: ['analyst'] });
          if (mutation === 'stopTrustingQuestion')
            saved = await call(OPERATOR, 'trustQuestion', { ...target(saved), version: 1 });
          const result = await call(caller, mutation, { ...target(saved), ...input });
          expect([mutation, name, result.id ? 'ok' : result]).toEqual([mutation, name, allowed[name]]);
        }
      for (const mutation of Object.keys(table))
        expect(await call(null, mutation, { id: 'sqn_x', expectedRevision: 1, ...table[mutation]![0] })).toBe(
          'UNAUTHENTICATED',
        );
    });

    test('lets every caller with a token save', async () => {
      for (const caller of [NO_ROLE, INTAKE, reviewer('doe'), INSPECTOR, OPERATOR])
        expect(await save(caller)).toMatchObject({ revision: 1 });
      expect(await call(null, 'saveQuestion', question())).toBe('UNAUTHENTICATED');
    });
  });

  describe('versions', () => {
    test('keeps every version, and refuses to change or delete one in the database itself', async () => {
      const first = await save(ANA);
      const second = await call(ANA, 'saveQuestionVersion', {
        ...target(first),
        operation: '{ agencies { name } }',
        note: 'Names.',
      });
      expect(second).toMatchObject({ currentVersion: 2, revision: 2, current: { number: 2, note: 'Names.' } });
      expect((await read(ANA, first.id)).savedQuestion.versions.nodes).toEqual([
        { number: 1, operation: QUERY },
        { number: 2, operation: '{ agencies { name } }' },
      ]);
      for (const statement of ['UPDATE saved_question_version SET number = 9', 'DELETE FROM saved_question_version'])
        await expect(graph.force('registry', `${statement} WHERE question_id = ?`, [first.id])).rejects.toThrow(
          'Entries of saved_question_version are only ever added',
        );
    });

    test('saves one of two versions that are based on the same revision', async () => {
      const saved = await save(ANA);
      const results = await Promise.all(
        ['key', 'name'].map((field) =>
          call(ANA, 'saveQuestionVersion', { ...target(saved), operation: `{ agencies { ${field} } }` }),
        ),
      );
      expect(results.map((result) => result.currentVersion ?? result).sort()).toEqual([2, 'REVISION_CONFLICT']);
      expect((await read(ANA, saved.id)).savedQuestion.versions.nodes).toHaveLength(2);
    });

    test('repeats a change with the same idempotency key without changing anything', async () => {
      const saved = await save(ANA);
      const input = { ...target(saved), operation: '{ agencies { name } }', idempotencyKey: 'version-once' };
      for (const replayed of [false, true]) {
        const { data } = await graph.call(ANA, 'saveQuestionVersion', input, FIELDS);
        expect(data.saveQuestionVersion).toMatchObject({ replayed, question: { currentVersion: 2, revision: 2 } });
      }
    });

    test('retires a question for good', async () => {
      const saved = await save(ANA);
      const retired = await call(ANA, 'retireQuestion', target(saved));
      expect(retired.retiredAt).toEqual(expect.any(String));
      for (const mutation of ['saveQuestionVersion', 'describeQuestion', 'retireQuestion'])
        expect(
          await call(ANA, mutation, {
            ...target(retired),
            ...(mutation === 'saveQuestionVersion' ? { operation: QUERY } : {}),
          }),
        ).toBe('ILLEGAL_TRANSITION');
      expect((await read(ANA, saved.id)).savedQuestion.id).toBe(saved.id);
    });
  });

  describe('trust', () => {
    const documents = async (id: string): Promise<Loose> =>
      (
        await graph.ask(
          OPERATOR,
          'query ($id: ID!) { trustedDocuments(filter: { question: { id: { eq: $id } } }) { nodes { version operation documentId } } }',
          { id },
        )
      ).data.trustedDocuments.nodes;

    test('fixes one version: a later one is not trusted by itself', async () => {
      const saved = await save(ANA);
      const trusted = await call(OPERATOR, 'trustQuestion', { ...target(saved), version: 1 });
      expect(trusted).toMatchObject({ trusted: true, trustedVersion: 1 });
      const later = await call(ANA, 'saveQuestionVersion', { ...target(trusted), operation: '{ agencies { name } }' });
      expect(later).toMatchObject({ currentVersion: 2, trustedVersion: 1 });
      const first = { version: 1, operation: QUERY, documentId: `sha256:${hashOf(QUERY)}` };
      expect(await documents(saved.id)).toEqual([first]);
      const both = await call(OPERATOR, 'trustQuestion', { ...target(later), version: 2 });
      expect(await documents(saved.id)).toEqual([
        { version: 2, operation: '{ agencies { name } }', documentId: `sha256:${hashOf('{ agencies { name } }')}` },
      ]);
      await call(OPERATOR, 'stopTrustingQuestion', target(both));
      expect(await documents(saved.id)).toEqual([]);
    });

    test('ends when the question is retired', async () => {
      const saved = await save(ANA);
      const trusted = await call(OPERATOR, 'trustQuestion', { ...target(saved), version: 1 });
      expect(await call(ANA, 'retireQuestion', target(trusted))).toMatchObject({
        trustedVersion: null,
        trusted: false,
      });
      expect(await documents(saved.id)).toEqual([]);
    });

    test('refuses a version that does not exist, and to end what is not trusted', async () => {
      const saved = await save(ANA);
      expect(await call(OPERATOR, 'trustQuestion', { ...target(saved), version: 2 })).toBe('NOT_FOUND');
      expect(await call(OPERATOR, 'stopTrustingQuestion', target(saved))).toBe('PRECONDITION_FAILED');
      expect((await read(ANA, saved.id)).savedQuestion).toBeTruthy();
    });
  });

  describe('invalid input', () => {
    test.each<[string, Record<string, unknown>, RegExp]>([
      ['a syntax error', { operation: '{ agencies { ' }, /"operation" is not GraphQL: Syntax Error.*line 1, column/],
      ['a mutation', { operation: 'mutation { a }' }, /"operation" is a mutation: save a query/],
      ['a subscription', { operation: 'subscription { a }' }, /"operation" is a subscription/],
      ['two operations', { operation: 'query A { a } query B { b }' }, /"operation" has 2 operations/],
      ['a fragment alone', { operation: 'fragment F on Query { a }' }, /"operation" has 0 operations/],
      [
        'more bytes than allowed',
        { operation: `# ${'é'.repeat(16_400)}\n{ a }` },
        /"operation" has \d+ bytes; the maximum is 32768/,
      ],
      ['variables that are not JSON', { variables: '{' }, /"variables" is not JSON/],
      ['variables that are a list', { variables: '[1]' }, /"variables" is not a JSON object/],
      [
        'more variables than allowed',
        { variables: `{"a":"${'x'.repeat(16_380)}"}` },
        /"variables" has \d+ (bytes|characters); the maximum is 16384/,
      ],
      [
        'an unknown role',
        { sharedWithRoles: ['analyst', 'king'] },
        /"king" is not a role of this graph: use .*analyst/,
      ],
      ['an empty name', { name: ' ' }, /"name" is empty/],
    ])('is refused precisely: %s', async (_what, change, message) => {
      expect(await messageOf(ANA, 'saveQuestion', question(change))).toMatch(message);
    });

    test('accepts the longest query', async () => {
      const operation = `#${'x'.repeat(32 * 1024 - QUERY.length - 2)}\n${QUERY}`;
      expect(Buffer.byteLength(operation)).toBe(32 * 1024);
      expect((await save(ANA, { operation })).current.documentId).toBe(`sha256:${hashOf(operation)}`);
    });

    test('refuses a name twice for one owner, also at the same time, and allows it to another', async () => {
      const input = question();
      const results = await Promise.all([1, 2].map(() => call(ANA, 'saveQuestion', input)));
      expect(results.map((result) => (result.id ? 'saved' : result)).sort()).toEqual(['ALREADY_EXISTS', 'saved']);
      expect(await call(BEN, 'saveQuestion', input)).toMatchObject({ name: input.name });
      const other = await save(ANA);
      expect(await call(ANA, 'describeQuestion', { ...target(other), name: input.name })).toBe('ALREADY_EXISTS');
    });

    test('knows every role of the graph', async () => {
      const roles = [...roleNames()];
      expect(roles.length).toBeGreaterThan(8);
      expect((await save(ANA, { sharedWithRoles: roles })).sharedWithRoles).toEqual(roles);
    });
  });

  test('limits the questions of an owner, also for saves at the same time, and reports each item of a dry run', async () => {
    const cara = 'role=analyst; subject=cara';
    const bulk = async (count: number, rest: object = {}): Promise<Loose> => {
      const items = Array.from({ length: count }, () => question());
      const { data, errors } = await graph.call(
        cara,
        'saveQuestions',
        { items, ...rest },
        'added refused dryRun results { code message }',
      );
      expect(errors).toBeUndefined();
      return data.saveQuestions;
    };
    const total = async () =>
      (await graph.ask(cara, '{ savedQuestions { totalCount } }')).data.savedQuestions.totalCount;
    const before = await total();
    expect(await bulk(3, { dryRun: true })).toMatchObject({ added: 3, refused: 0, dryRun: true });
    expect(await total()).toBe(before);
    expect(await bulk(498)).toMatchObject({ added: 498 });
    const race = await Promise.all([1, 2, 3, 4].map(() => call(cara, 'saveQuestion', question())));
    expect(race.map((result) => (result.id ? 'saved' : result)).sort()).toEqual([
      ...['PRECONDITION_FAILED', 'PRECONDITION_FAILED', 'saved', 'saved'],
    ]);
    const { results } = await bulk(1, { mode: 'EACH' });
    expect(results[0]).toEqual({
      code: 'PRECONDITION_FAILED',
      message: 'You have 500 saved questions; the maximum is 500: retire some first',
    });
    const own = race.find((result) => result.id);
    await call(cara, 'retireQuestion', target(own));
    expect(await save(cara)).toMatchObject({ revision: 1 });
  });

  describe('limits the bytes that an owner stores', () => {
    const dora = 'role=analyst; subject=dora';
    const sql = (statement: string, parameters: readonly unknown[] = []): Promise<Loose[]> =>
      graph.sql('registry', statement, parameters);
    /** Bytes by the rows themselves: texts of all versions, and descriptions. */
    const counted = async (): Promise<Record<string, number>> => {
      const questions = await sql('SELECT id, description FROM saved_question');
      const versions = await sql('SELECT question_id, operation, variables, note FROM saved_question_version');
      const bytes = Object.fromEntries(
        questions.map(({ id, description }) => [id, Buffer.byteLength(description ?? '')]),
      );
      for (const { question_id, operation, variables, note } of versions)
        bytes[question_id]! += 500 + Buffer.byteLength(`${operation}${variables}${note ?? ''}`);
      return bytes;
    };
    const stored = async (): Promise<Record<string, number>> => {
      const rows = await sql('SELECT id, stored_bytes FROM saved_question');
      return Object.fromEntries(rows.map(({ id, stored_bytes }) => [id, Number(stored_bytes)]));
    };

    test('counts descriptions and every version, by their bytes', async () => {
      const first = await save(dora, { description: 'Größen', note: 'Zuerst: ä', variables: '{"name":"Ω"}' });
      const second = await call(dora, 'saveQuestionVersion', {
        ...target(first),
        operation: `${QUERY} # ✓`,
        note: 'é',
      });
      await call(dora, 'describeQuestion', { ...target(second), description: 'Länger: größer, höher' });
      await call(dora, 'saveQuestions', { items: [question({ note: 'x' }), question()] });
      expect(await stored()).toEqual(await counted());
      // the exercise and migrations count in the same way
      await graph.force('registry', 'UPDATE saved_question SET stored_bytes = 0');
      const [, recount] = migration[kind === 'sqlite' ? 'sqlite' : 'mysql'];
      await graph.force('registry', recount as string);
      expect(await stored()).toEqual(await counted());
    });

    test('refuses what exceeds them, also to an owner who retires questions, and reports the limit', async () => {
      const kept = await save(dora);
      const retired = await save(dora);
      await call(dora, 'retireQuestion', target(retired));
      // as after 64 MB less what one small version takes
      await graph.force('registry', 'UPDATE saved_question SET stored_bytes = 0 WHERE id = ?', [kept.id]);
      const others = (await sql('SELECT SUM(stored_bytes) AS n FROM saved_question WHERE owner = ?', ['dora']))[0]!.n;
      const room = 500 + QUERY.length + 2;
      await graph.force('registry', 'UPDATE saved_question SET stored_bytes = stored_bytes + ? WHERE id = ?', [
        MAX_STORED_BYTES - Number(others) - room,
        retired.id,
      ]);
      const refused = async (mutation: string, input: Record<string, unknown>) => {
        const { data, errors } = await graph.call(dora, mutation, input, FIELDS);
        expect(data[mutation]).toBeNull();
        expect(errors![0]).toMatchObject({
          message: expect.stringMatching(
            /^Your saved questions have \d+ bytes, with all versions and retired questions, and this change adds \d+; the maximum is 67108864/,
          ),
          extensions: { code: 'PRECONDITION_FAILED', limit: MAX_STORED_BYTES },
        });
      };
      const longer = `${QUERY}#`;
      await refused('saveQuestion', question({ operation: longer }));
      await refused('saveQuestionVersion', { ...target(kept), operation: longer });
      await refused('describeQuestion', { ...target(kept), description: 'x'.repeat(room + 1) });
      const { results } = (
        await graph.call(
          dora,
          'saveQuestions',
          { items: [question(), question()], mode: 'EACH' },
          'added results { code }',
        )
      ).data.saveQuestions;
      expect(results.map(({ code }: Loose) => code)).toEqual([null, 'PRECONDITION_FAILED']);
      await refused('saveQuestionVersion', { ...target(kept), operation: QUERY });
      // another owner has room
      expect(await save(BEN)).toMatchObject({ revision: 1 });
      // what adds nothing is possible
      expect(await call(dora, 'describeQuestion', { ...target(kept), name: 'Full' })).toMatchObject({ name: 'Full' });
    });
  });
});
