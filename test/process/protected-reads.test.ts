import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '#kit/audit/entry';
import { filesOfRecord } from '#kit/audit/parts';
import { verifyRecord } from '#kit/audit/verify';
import { auditKeyIn, writeKeys } from '../../gateway/cli/keys';
import { PROGRAMS } from '../../gateway/cli/programs';
import { INSPECTOR, identityEnvironment } from '../support/identity';
import { freePort, killAll, type Running, requireCompiled, run, waitForOutput } from '../support/processes';

/**
 * Four subgraph processes, a gateway, and exercise data: how an analyst once learned which models were submitted, and what
 * cursors, filters, orders, and counts revealed without a record.
 */

const ANALYST = 'role=analyst; subject=analyst-1';
const INTAKE = 'role=intake-officer; subject=intake-1';

interface Answer {
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
  readonly data: any;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
  readonly extensions: { readonly withheld?: readonly object[] };
}

let folder: string;
let environment: Record<string, string>;
let token: (principal: string) => Promise<string>;
const ports = new Map<string, number>();
const running = new Map<string, Running>();

async function startSubgraph(name: string, more: Record<string, string> = {}): Promise<void> {
  const subgraph = run(['subgraph', name, '--port', String(ports.get(name))], { ...environment, ...more });
  running.set(name, subgraph);
  await waitForOutput(subgraph, /answers at/);
}

async function restart(name: string, more: Record<string, string> = {}): Promise<void> {
  const subgraph = running.get(name)!;
  subgraph.child.kill('SIGTERM');
  await subgraph.ended;
  await startSubgraph(name, more);
}

async function ask(caller: string, query: string, variables: object = {}): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${ports.get('gateway')}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await token(caller)}` },
    body: JSON.stringify({ query, variables, operationName: /^query (\w+)/.exec(query)?.[1] }),
  });
  return (await response.json()) as Answer;
}

const codesOf = ({ errors = [] }: Answer): string[] => errors.map(({ extensions }) => extensions.code);

beforeAll(async () => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-reads-'));
  const identity = await identityEnvironment();
  ({ token } = identity);
  environment = { ...identity.environment, ORDERGRAPH_AUDIT: join(folder, 'audit') };
  expect(await run(['exercise', '--seed', 'test', '--as-of', '2026-11-23'], environment).ended).toBe(0);
  for (const name of ['gateway', ...PROGRAMS]) ports.set(name, await freePort());
  for (const name of PROGRAMS) await startSubgraph(name);
  const urls = PROGRAMS.flatMap((name) => ['--subgraph-url', `${name}=http://127.0.0.1:${ports.get(name)}/graphql`]);
  await waitForOutput(
    run(['gateway', '--port', String(ports.get('gateway')), ...urls], environment),
    /The graph answers at/,
  );
}, 120_000);
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

test.each([
  [
    'the model that a run was made on',
    '{ evaluationRuns { nodes { id version { id model { publicName developer { key } } } } } }',
  ],
  ['the launch that limits a review', '{ reviews { nodes { id launchBoundAt } } }'],
  ['how long a review went on after the launch', '{ reviews { nodes { id daysPastLaunch timing closedAt } } }'],
  ['when an agency was invited', '{ determinations { nodes { id createdAt targetAt } } }'],
  ['which systems a tool covers', '{ toolDeployments { nodes { id systems { totalCount } } } }'],
  [
    'the system of a published flaw, and its finding',
    '{ clearinghouseCases { nodes { id finding { id } affectedSystems { totalCount } } } }',
  ],
  ['the submission of a designation', '{ designations { nodes { id } } }'],
])('does not let an analyst read %s', async (_what, query) => {
  const answer = await ask(ANALYST, query);
  const [list] = Object.values(answer.data) as { nodes: Record<string, unknown>[] }[];
  for (const { id: _id, ...rest } of list!.nodes)
    expect(Object.values(rest).filter((value) => value !== null)).toEqual([]);
  expect(answer.errors).toBeUndefined();
  if (list!.nodes.length > 0)
    expect(answer.extensions.withheld).toContainEqual(expect.objectContaining({ readable: 'NONE' }));
});

test.each([
  ['evaluationRuns(filter: { version: { eq: "mdv_1" } })', 'INVALID_FILTER'],
  ['reviews(filter: { timing: { eq: POST_LAUNCH } })', 'INVALID_FILTER'],
  ['evaluationRuns(filter: { review: { launchBoundAt: { gt: "2026-01-01T00:00:00Z" } } })', 'INVALID_FILTER'],
  ['reviews(orderBy: [{ field: LAUNCH_BOUND_AT }])', 'INVALID_ORDER'],
  ['determinations(orderBy: [{ field: TARGET_AT }])', 'INVALID_ORDER'],
])('rejects a query of an analyst for %s', async (list, code) => {
  const answer = await ask(ANALYST, `{ ${list} { totalCount nodes { id } } }`);
  expect(new Set(codesOf(answer))).toEqual(new Set([code]));
});

test('hides from an analyst which model versions were evaluated', async () => {
  const query = '{ modelVersions(first: 500) { nodes { id evaluationRuns { totalCount nodes { id } } } } }';
  const runs = async (caller: string) =>
    (await ask(caller, query)).data.modelVersions.nodes.filter(
      (node: Answer['data']) => node.evaluationRuns.totalCount > 0,
    );
  expect([(await runs(ANALYST)).length, (await runs(INSPECTOR)).length > 5]).toEqual([0, true]);
});

const PAGE = `query ($after: String) { submissions(first: 3, after: $after, orderBy: [{ field: PLANNED_LAUNCH_AT }]) {
  edges { cursor node { id } } pageInfo { endCursor hasNextPage } } }`;

test('encrypts values in cursors, which another process reads by the same key only', async () => {
  const first = (await ask(INTAKE, PAGE)).data.submissions;
  const { endCursor } = first.pageInfo;
  expect(first.edges.at(-1).cursor).toBe(endCursor);
  for (const { cursor } of first.edges)
    expect(Buffer.from(cursor, 'base64url').toString('latin1')).not.toMatch(/Submission|sub_|20\d\d-\d\d/);
  const next = async () => ask(INTAKE, PAGE, { after: endCursor });
  const second = (await next()).data.submissions.edges;
  expect(second).toHaveLength(3);

  await restart('submissions');
  expect((await next()).data.submissions.edges).toEqual(second);
  const restarted = await ask(
    INTAKE,
    '{ reviews(after: $after) { totalCount nodes { id } } }'.replace('$after', `"${endCursor}"`),
  );
  expect(restarted.errors?.[0]).toMatchObject({
    message: expect.stringContaining('another subgraph issued it'),
    extensions: { code: 'INVALID_CURSOR' },
  });
  const changed = `${endCursor.slice(0, -8)}AAAAAAAA`;
  expect(codesOf(await ask(INTAKE, PAGE, { after: changed }))).toEqual(['INVALID_CURSOR']);

  await writeKeys(join(folder, 'other-keys'));
  const auditKey = auditKeyIn(join(folder, 'other-keys'), 'submissions');
  await restart('submissions', { ORDERGRAPH_AUDIT_KEY: auditKey, ORDERGRAPH_AUDIT: join(folder, 'other-audit') });
  const refused = await next();
  expect(refused.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/the cursor key was replaced\. .*omit it to start from the beginning/),
    extensions: { code: 'INVALID_CURSOR' },
  });
  await restart('submissions');
  expect((await next()).data.submissions.edges).toEqual(second);
});

test('records filters, orders, and counts of protected lists in a valid record', async () => {
  const list = 'filter: { filedAt: { lt: "2026-10-01T00:00:00Z" }, model: { trainingComputeFlop: { gt: "1e25" } } }';
  const { data, errors } = await ask(
    INTAKE,
    `query Sift { submissions(${list}, orderBy: [{ field: WINDOW_OPENS_AT }]) { totalCount nodes { id } } }`,
  );
  expect(errors).toBeUndefined();
  const entries = readFileSync(join(folder, 'audit', 'submissions.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Entry);
  const entry = entries.findLast(({ origin }) => origin?.operation === 'Sift') as Entry & { kind: 'read' };
  const ids = data.submissions.nodes.map(({ id }: { id: string }) => id);
  const listed = { type: 'Submission', sensitivity: 'PROPIN', count: ids.length, idsOnly: true };
  expect(entry.objects).toEqual([{ ...listed, keys: ids }]);
  expect(entry.uses).toEqual(
    expect.arrayContaining([
      { type: 'Submission', sensitivity: 'PROPIN', how: 'filter', fields: ['filedAt', 'model'] },
      { type: 'AIModel', sensitivity: 'PROPIN', how: 'filter', fields: ['trainingComputeFlop'] },
      { type: 'Submission', sensitivity: 'PROPIN', how: 'order', fields: ['windowOpensAt'] },
      { type: 'Submission', sensitivity: 'PROPIN', how: 'count', fields: ['filedAt', 'model'] },
      { type: 'Submission', sensitivity: 'PROPIN', how: 'list', fields: [] },
    ]),
  );
  expect(JSON.stringify(entry)).not.toMatch(/1e25|2026-10-01/);

  const log = `{ submissionsAccessLog(first: 5, filter: { subject: "intake-1", type: "AIModel" }) {
    nodes { operation objects { type count idsOnly } uses { type how fields } } } }`;
  const { nodes } = (await ask(INSPECTOR, log)).data.submissionsAccessLog;
  expect(nodes[0]).toMatchObject({
    operation: 'Sift',
    objects: [{ type: 'Submission', count: ids.length, idsOnly: true }],
  });
  expect(nodes[0].uses).toContainEqual({ type: 'AIModel', how: 'FILTER', fields: ['trainingComputeFlop'] });

  await killAll();
  const { keys } = JSON.parse(readFileSync(join(environment.ORDERGRAPH_DATA!, 'keys', 'audit-keys.json'), 'utf8'));
  const { flaw, entries: count } = await verifyRecord(filesOfRecord(join(folder, 'audit', 'submissions.jsonl')), keys);
  expect([flaw, count > 3]).toEqual([undefined, true]);
});
