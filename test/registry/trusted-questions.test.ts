import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Framework } from '../support/framework';
import { until } from '../support/until';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const ANA = 'role=analyst; agency=cisa; subject=ana';
/** Has no role that may send documents of its own. */
const OFFICER = 'role=intake-officer; subject=officer-1';
const OPERATOR = 'role=operator; subject=olga';
const FIRST = 'query First { agencies(kind: OFFICE) { key } }';
const SECOND = 'query Second { agencies(kind: OFFICE) { key name } }';
const OTHER = 'query Other { agencies { key } }';

const idOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe.each([
  ['manifests', true],
  ['no manifests', false],
])('a gateway with %s', (_name, hasManifests) => {
  let graph: Framework;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-questions-'));
    writeFileSync(join(folder, 'relay.json'), JSON.stringify({ one: 'query Known { agencyReferenceVersion }' }));
    const trustedDocuments = hasManifests ? [join(folder, 'relay.json')] : [];
    graph = await Framework.open('sqlite', { config: { trustedDocuments, trustedQuestionsPollMs: 20 } });
  });
  afterAll(async () => {
    await graph.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const send = async (payload: object, caller: string | null = OFFICER): Promise<string> => {
    const headers = await graph.identity.headers(caller);
    const response = await graph.server.inject({ method: 'POST', url: '/graphql', headers, payload });
    const { data, errors } = response.json();
    return data ? 'executed' : errors[0].extensions.code;
  };
  const byId = (text: string) => send({ documentId: idOf(text) });
  const becomes = (text: string, outcome: string) =>
    until(
      async () => (await byId(text)) === outcome,
      () => `${text} by its id is ${outcome}`,
    );
  // mutations are documents, too: operators are not among the roles that may send others
  const call = async (caller: string, mutation: string, input: Record<string, unknown>): Promise<Loose> => {
    const { database } = graph.subgraph('registry');
    const { data, errors } = await graph.subgraph('registry').execute({
      query: `mutation ($input: ${mutation[0]!.toUpperCase()}${mutation.slice(1)}Input!) {
        ${mutation}(input: $input) { question { id revision } } }`,
      variables: { input: { idempotencyKey: `${mutation}-${Math.random()}`, ...input } },
      headers: await graph.identity.signed('registry', caller),
    });
    expect([database.name, errors]).toEqual(['registry', undefined]);
    const { id, revision: expectedRevision } = (data as Loose)[mutation].question;
    return { id, expectedRevision };
  };

  test('executes exactly the trusted version of a saved question, by id and text, until the trust ends', async () => {
    let target = await call(ANA, 'saveQuestion', { name: 'Offices', program: 'ACROSS_PROGRAMS', operation: FIRST });
    expect(await byId(FIRST)).toBe('DOCUMENT_NOT_FOUND');
    target = await call(OPERATOR, 'trustQuestion', { ...target, version: 1 });
    await becomes(FIRST, 'executed');
    expect(await send({ documentId: idOf(FIRST) }, null)).toBe('executed');
    expect(await send({ documentId: idOf(FIRST).replace('sha256:', '') })).toBe('executed');
    const persistedQuery = { version: 1, sha256Hash: idOf(FIRST).replace('sha256:', '') };
    expect(await send({ extensions: { persistedQuery } })).toBe('executed');
    expect(await send({ query: FIRST })).toBe('executed');
    expect(await send({ query: `${FIRST} ` })).toBe(hasManifests ? 'DOCUMENT_NOT_TRUSTED' : 'executed');
    target = await call(ANA, 'saveQuestionVersion', { ...target, operation: SECOND });
    // another trusted question shows that the gateway has asked again
    const other = await call(ANA, 'saveQuestion', { name: 'Other', program: 'ACROSS_PROGRAMS', operation: OTHER });
    await call(OPERATOR, 'trustQuestion', { ...other, version: 1 });
    await becomes(OTHER, 'executed');
    expect([await byId(FIRST), await byId(SECOND)]).toEqual(['executed', 'DOCUMENT_NOT_FOUND']);
    target = await call(OPERATOR, 'trustQuestion', { ...target, version: 2 });
    await becomes(SECOND, 'executed');
    expect(await byId(FIRST)).toBe('DOCUMENT_NOT_FOUND');
    await call(OPERATOR, 'stopTrustingQuestion', target);
    await becomes(SECOND, 'DOCUMENT_NOT_FOUND');
    expect(await byId(OTHER)).toBe('executed');
  });

  test('keeps the last known questions while the registry is away, and trusts nothing else', async () => {
    const saved = await call(ANA, 'saveQuestion', { name: 'Away', program: 'ACROSS_PROGRAMS', operation: FIRST });
    const target = await call(OPERATOR, 'trustQuestion', { ...saved, version: 1 });
    await becomes(FIRST, 'executed');
    const registry = graph.subgraph('registry');
    const { execute } = registry;
    let refusals = 0;
    let isBack = false;
    registry.execute = async (request) => {
      if (isBack || !request.query.includes('TrustedQuestions')) return execute.call(registry, request);
      refusals += 1;
      throw new Error('away');
    };
    await call(OPERATOR, 'stopTrustingQuestion', target);
    await until(
      () => refusals > 3,
      () => 'the gateway asks again and again',
    );
    expect([await byId(FIRST), await byId(OTHER), await byId(SECOND)]).toEqual([
      ...['executed', 'executed', 'DOCUMENT_NOT_FOUND'],
    ]);
    isBack = true;
    await becomes(FIRST, 'DOCUMENT_NOT_FOUND');
  });

  test('keeps the last known questions if the registry lists more than it may trust', async () => {
    const saved = await call(ANA, 'saveQuestion', { name: 'Many', program: 'ACROSS_PROGRAMS', operation: FIRST });
    const target = await call(OPERATOR, 'trustQuestion', { ...saved, version: 1 });
    await becomes(FIRST, 'executed');
    const registry = graph.subgraph('registry');
    const { execute } = registry;
    let [lists, page] = [0, 0];
    const nodes = Array.from({ length: 500 }, (_, place) => ({ operation: place === 0 ? SECOND : `{ a${place} }` }));
    registry.execute = async (request) => {
      if (!request.query.includes('TrustedState')) return execute.call(registry, request);
      page = request.variables?.after === null ? 1 : page + 1;
      if (page === 1) lists += 1;
      // the list ends: without a limit it would be taken
      const pageInfo = { hasNextPage: page < 102, endCursor: String(page) };
      return { data: { trustedDocuments: { nodes, pageInfo } } };
    };
    await until(
      () => lists > 3,
      () => 'the gateway asks again and again',
    );
    expect([await byId(FIRST), await byId(SECOND)]).toEqual(['executed', 'DOCUMENT_NOT_FOUND']);
    registry.execute = execute;
    await call(OPERATOR, 'stopTrustingQuestion', target);
    await becomes(FIRST, 'DOCUMENT_NOT_FOUND');
  });
});
