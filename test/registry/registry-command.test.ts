import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { writeKeys } from '../../gateway/cli/keys';
import { AGREEMENT, published, WORLD } from '../security/hostile-schemas';
import { freePort, killAll, type Running, requireCompiled, run, waitForOutput } from '../support/processes';
import { until } from '../support/until';

/** `ordergraph registry` against a registry that runs alone, without any gateway. */

const AGENCIES: Readonly<Record<string, string>> = { submissions: 'treasury', reviews: 'nsa', registry: 'omb' };
const OPERATOR = 'role=operator; subject=olga';
const publisher = (agency: string, subject = 'ada') => `role=schema-publisher; agency=${agency}; subject=${subject}`;

let folder: string;
let port: number;
let keys: Awaited<ReturnType<typeof writeKeys>>;
let reviews: Server | undefined;

beforeAll(async () => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-registry-'));
  keys = await writeKeys(join(folder, 'keys'));
  port = await freePort();
  await startRegistry();
});
afterAll(async () => {
  await killAll();
  reviews?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function startRegistry(): Promise<Running> {
  const registry = run([
    ...['subgraph', 'registry', '--port', String(port), '--data', join(folder, 'data')],
    ...['--identity-keys', keys.identityKeys, '--supergraph-key', keys.supergraphKey],
  ]);
  await waitForOutput(registry, /registry answers at/);
  return registry;
}

/** Runs `ordergraph registry`. */
async function registry(caller: string, ...words: string[]): Promise<{ code: number | null; output: string }> {
  const address = ['--url', `http://127.0.0.1:${port}/graphql`, '--identity-key', keys.identityKey, '--as', caller];
  const program = run(['registry', ...words, ...address]);
  const code = await program.ended;
  return { code, output: program.output() };
}

async function done(caller: string, ...words: string[]): Promise<string> {
  const { code, output } = await registry(caller, ...words);
  if (code !== 0) throw new Error(output);
  return output;
}

/** Writes the schema of a subgraph with further fields. @returns it as a source */
function source(name: string, ...fields: string[]): string {
  const sdl = published(WORLD).find((schema) => schema.name === name)!.sdl;
  const file = join(folder, `${name}-${fields.join('-')}.graphql`);
  const lines = fields.map((field) => `  ${field}: String @sensitivity(class: PUBLIC)\n`);
  writeFileSync(file, sdl.replace('type Query {\n', `type Query {\n${lines.join('')}`));
  return `${name}=${file}`;
}

test('puts a graph into the registry', async () => {
  for (const [name, agency] of Object.entries(AGENCIES))
    expect(
      await done(OPERATOR, 'register', name, '--agencies', agency, '--address', `http://${name}.example/graphql`),
    ).toBe(`Registered ${name}: publishers of ${agency} may publish its schema\n`);
  const agreement = join(folder, 'agreement.json');
  writeFileSync(agreement, JSON.stringify(AGREEMENT));
  expect(await done(OPERATOR, 'adopt', agreement)).toBe(
    'Took over the agreement: owners by coordinate 2, consents 1, contracts 0\n',
  );
  const sources = Object.keys(AGENCIES).map((name) => source(name));
  expect(await done(OPERATOR, 'publish', ...sources, '--note', 'First.')).toMatch(/Published as supergraph 1;/);
  expect(await done(OPERATOR, 'history')).toMatch(
    /^1 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}supergraph 1 {2}registry-1, reviews-1, submissions-1 {2}First\.\n$/,
  );
});

test('publishes a change of an agency, and says what it refuses', async () => {
  expect(await done(publisher('nsa'), 'publish', source('reviews', 'doctrine'), '--commit', 'abc')).toMatch(
    /- Query\.doctrine: .* \(owner: reviews\)\n\nPassed\nNote: reviews: no gateway has seen lately what it serves\nPublished as supergraph 2;/,
  );
  // another agency, a field that is taken away, a file without a schema
  expect(await registry(publisher('nsa'), 'publish', source('submissions', 'ours'))).toEqual({
    code: 1,
    output: expect.stringContaining('The subgraph "submissions" belongs to treasury: its publishers change it'),
  });
  expect(await registry(publisher('nsa'), 'publish', source('reviews'))).toEqual({
    code: 1,
    output: expect.stringMatching(
      /Query\.doctrine: .* was removed .* \(owner: reviews\)[\s\S]*Nothing was published\n$/,
    ),
  });
  expect((await registry(publisher('nsa'), 'publish', 'reviews=missing.graphql')).output).toContain('does not exist');
  const dry = await registry(publisher('nsa'), 'publish', source('reviews', 'doctrine', 'dry'), '--dry-run', '--json');
  expect(JSON.parse(dry.output)).toMatchObject({ passed: true, report: { problems: [] } });
  expect(await done(OPERATOR, 'history')).not.toContain('supergraph 3');
});

test('lets two teams publish at the same time: none loses a version', async () => {
  const teams = [
    [publisher('nsa'), source('reviews', 'doctrine', 'signals')],
    [publisher('treasury'), source('submissions', 'ledger')],
  ] as const;
  const results = await Promise.all(teams.map(([caller, schema]) => registry(caller, 'publish', schema)));
  for (const [index, { code, output }] of results.entries()) {
    if (code === 0) continue;
    expect(output).toMatch(/is based on activation 2, but 3 holds[\s\S]*passes: publish again/);
    await done(teams[index]![0], 'publish', teams[index]![1]);
  }
  expect(await done(OPERATOR, 'diff', '2', '4')).toBe(
    'reviews: version 2 to 3\n' +
      "- Field 'signals' was added to object type 'Query'\n" +
      "- Directive 'sensitivity' was added to field 'Query.signals'\n" +
      "- Argument 'class' was added to '@sensitivity'\n" +
      'submissions: version 1 to 2\n' +
      "- Field 'ledger' was added to object type 'Query'\n" +
      "- Directive 'sensitivity' was added to field 'Query.ledger'\n" +
      "- Argument 'class' was added to '@sensitivity'\n",
  );
});

test('takes two persons of the owner for a consent', async () => {
  const proposed = await done(
    publisher('treasury'),
    ...['consent', 'propose', '--owner', 'registry', '--actors', 'submissions', '--act', 'SHARE'],
    ...['--coordinates', 'Query.states', '--reason', 'Both have them.'],
  );
  const [id] = /ocn_\w+/.exec(proposed)!;
  expect(proposed).toContain(`${id}  PROPOSED  registry lets submissions SHARE Query.states: Both have them.`);
  expect((await registry(publisher('treasury'), 'consent', 'approve', id!)).output).toContain('belongs to omb');
  expect(await done(publisher('omb'), 'consent', 'approve', id!)).toContain('PROPOSED');
  expect(await done(publisher('omb', 'ben'), 'consent', 'approve', id!)).toContain('GRANTED');
  expect(await done(publisher('omb'), 'consent', 'withdraw', id!)).toContain('WITHDRAWN');
  expect(await done(OPERATOR, 'consent', 'list')).not.toContain(id);
  expect(await done(OPERATOR, 'consent', 'list', '--all')).toContain(id);
  expect(
    await registry(
      publisher('treasury'),
      ...['consent', 'propose', '--owner', 'registry', '--actors', 'submissions', '--act', 'SHARED'],
      ...['--coordinates', 'Query.states', '--reason', 'x'],
    ),
  ).toMatchObject({ code: 1, output: expect.stringContaining('"SHARED" is no act; did you mean "SHARE"?') });
});

test('returns to an earlier supergraph, and still has everything after a crash', async () => {
  expect(await registry(publisher('nsa'), 'rollback', '1', '--note', 'All wrong.')).toMatchObject({ code: 1 });
  expect(await done(OPERATOR, 'rollback', '2', '--note', 'Too early.')).toContain('Activated supergraph 2;');
  const history = await done(OPERATOR, 'history');
  expect(history.split('\n').at(-2)).toMatch(/^5 .* supergraph 2 {2}reviews-2, submissions-1 {2}Too early\.$/);
  await killAll();
  expect(await registry(OPERATOR, 'history')).toMatchObject({ code: 1 });
  await startRegistry();
  expect(await done(OPERATOR, 'history')).toBe(history);
  const { activations } = JSON.parse(await done(OPERATOR, 'history', '--subgraph', 'submissions', '--json'));
  expect(activations.map(({ number }: { number: number }) => number)).not.toContain(2);
});

test('is followed by a gateway, which serves a publication within seconds, and says so', async () => {
  const [gatewayPort, reviewsPort] = [await freePort(), await freePort()];
  // what the subgraph says that it serves, as if it were deployed apart from what is published
  let deployed = source('reviews', 'doctrine');
  reviews = createServer((_, response) => {
    const sdl = readFileSync(deployed.replace('reviews=', ''), 'utf8');
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ data: { _service: { sdl } } }));
  }).listen(reviewsPort, '127.0.0.1');
  const gateway = run([
    ...['gateway', '--port', String(gatewayPort), '--auth', 'development', '--data', join(folder, 'gateway')],
    ...['--supergraph-registry', `http://127.0.0.1:${port}`, '--supergraph-poll-ms', '50'],
    ...['--supergraph-keys', keys.supergraphKeys, '--identity-key', keys.identityKey, '--replica-name', 'gateway-1'],
    ...['--trusted-questions-poll-ms', '0', '--usage-report-ms', '0', '--schema-watch-ms', '100'],
    ...['--subgraph-url', `reviews=http://127.0.0.1:${reviewsPort}/graphql`],
    ...['--subgraph-url', `registry=http://127.0.0.1:${port}/graphql`],
  ]);
  await waitForOutput(gateway, /The graph answers at/);
  const schema = async () => (await fetch(`http://127.0.0.1:${gatewayPort}/schema.graphql`)).text();
  expect(await schema()).not.toContain('almanac');
  const published = await done(publisher('nsa'), 'publish', source('reviews', 'doctrine', 'almanac'));
  const [, number] = /supergraph (\d+)/.exec(published)!;
  await until(
    async () => (await schema()).includes('almanac'),
    () => 'the gateway serves the publication',
  );
  await until(
    async () => (await done(OPERATOR, 'history')).includes(`gateway-1 serves supergraph ${number} since`),
    () => 'the registry knows what the gateway serves',
  );
  await until(
    async () => (await done(OPERATOR, 'history')).includes('reviews does not serve Query.almanac, as gateway-1 saw at'),
    () => 'the registry knows what the subgraph does not serve',
  );
  expect(gateway.output()).toContain('a subgraph does not serve what is published');
  // a dry run says so, and publishing waits until it is deployed
  const next = source('reviews', 'doctrine', 'almanac', 'atlas');
  expect(await done(publisher('nsa'), 'publish', next, '--dry-run')).toMatch(
    /\nNote: reviews does not serve Query\.almanac, Query\.atlas, as gateway-1 saw at /,
  );
  const waiting = registry(publisher('nsa'), 'publish', next, '--served');
  deployed = next;
  expect(await waiting).toEqual({ code: 0, output: expect.stringMatching(/\nPassed\nPublished as supergraph/) });
  await until(
    async () => !(await done(OPERATOR, 'history')).includes('reviews does not serve'),
    () => 'the registry knows that the subgraph serves all',
  );
  await done(publisher('nsa'), 'rollback', '2', '--note', 'No almanac.');
  await until(
    async () => !(await schema()).includes('almanac'),
    () => 'the gateway serves the earlier supergraph',
  );
  const contract = async (name: string) =>
    (await fetch(`http://127.0.0.1:${gatewayPort}/contracts/${name}?query={__typename}`)).status;
  expect(await contract('open')).toBe(404);
  expect(await done(OPERATOR, 'contracts', 'list')).toBe('No contracts\n');
  const put = ['contracts', 'put', 'open', '--description', 'Everyone.'];
  expect(await done(OPERATOR, ...put, '--classes', 'PUBLIC', 'GOV_DELIB')).toMatch(
    /^open: shows the classes PUBLIC, GOV_DELIB: Everyone\.\nGateways serve this from the next publication on/,
  );
  expect(await done(OPERATOR, ...put, '--classes', 'PUBLIC')).toContain('open: shows the classes PUBLIC: Everyone.');
  expect(await done(OPERATOR, 'contracts', 'list')).toBe('open: shows the classes PUBLIC: Everyone.\n');
  expect(await registry(OPERATOR, ...put)).toMatchObject({
    code: 1,
    output: expect.stringContaining('selects nothing'),
  });
  expect(await registry(OPERATOR, ...put, '--classes', 'PUBLIC', 'GOV')).toMatchObject({
    ...{ code: 1, output: expect.stringContaining('hides all of Detail, but shows Submission.detail, which needs it') },
  });
  expect(await registry(OPERATOR, ...put, '--exclude', 'absent')).toMatchObject({
    ...{ code: 1, output: expect.stringContaining('names the tag "absent", which no part of the graph has') },
  });
  expect(await done(OPERATOR, 'publish', '--note', 'A contract.')).toMatch(
    /- contract open: the contract is new[\s\S]*Published as supergraph/,
  );
  await until(
    async () => (await contract('open')) === 200,
    () => 'the gateway serves the contract',
  );
  expect(await registry(OPERATOR, 'contracts', 'remove', 'opne')).toMatchObject({
    ...{ code: 1, output: expect.stringContaining('No contract has the name "opne"; did you mean "open"?') },
  });
  expect(await done(OPERATOR, 'contracts', 'remove', 'open')).toContain('Removed open\n');
  expect(await registry(OPERATOR, 'publish')).toMatchObject({
    ...{ code: 1, output: expect.stringContaining('- contract open: the contract is removed') },
  });
  await done(OPERATOR, 'publish', '--accept-breaking');
  await until(
    async () => (await contract('open')) === 404,
    () => 'the gateway no longer serves the contract',
  );
});

test('notices a change of the history', async () => {
  await killAll();
  const database = new DatabaseSync(join(folder, 'data', 'registry.sqlite'));
  database.exec("UPDATE supergraph_activation SET note = 'Never mind.' WHERE number = 3");
  database.close();
  await startRegistry();
  expect(await registry(OPERATOR, 'history')).toEqual({
    code: 1,
    output: expect.stringContaining('Activation 3 was changed after it was recorded'),
  });
});

test.each<[string, string[], RegExp]>([
  ['without a caller', ['history'], /No caller is named\n {2}Use --as/],
  ['with an unreadable key', ['history', '--as', OPERATOR, '--identity-key', 'nowhere.json'], /nowhere\.json/],
  ['with a word for a number', ['rollback', 'two', '--note', 'x'], /It must be a number from 1/],
])('explains a command %s', async (_, words, message) => {
  const program = run([
    ...['registry', ...words, '--url', `http://127.0.0.1:${port}/graphql`],
    ...(words.includes('--identity-key') ? [] : ['--identity-key', keys.identityKey]),
  ]);
  expect(await program.ended).toBe(1);
  expect(program.output()).toMatch(message);
});
