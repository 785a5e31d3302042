import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { writeKeys } from '../../gateway/cli/keys';
import { PROGRAMS } from '../../gateway/cli/programs';
import { Registry } from '../../gateway/cli/registry/client';
import { bringAgreement } from '../../gateway/cli/registry/release-agreement';
import type { Agreement } from '../../gateway/ownership/agreement';
import { ownAgreement } from '../../gateway/ownership/own';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';

/** `ordergraph registry publish-release` and `sign`, by which a deployment starts and is upgraded, against a registry that runs alone. */

const OPERATOR = 'role=operator; subject=olga';
const RELEASE = ['publish-release', '--address', 'http://*:4000/graphql'];

let folder: string;
let url: string;
let keys: Awaited<ReturnType<typeof writeKeys>>;

beforeAll(async () => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-release-'));
  keys = await writeKeys(join(folder, 'keys'));
  const port = await freePort();
  url = `http://127.0.0.1:${port}/graphql`;
  const registry = run([
    ...['subgraph', 'registry', '--port', String(port), '--data', join(folder, 'data')],
    ...['--identity-keys', keys.identityKeys, '--supergraph-key', keys.supergraphKey],
  ]);
  await waitForOutput(registry, /registry answers at/);
});
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

async function registry(words: readonly string[], caller = OPERATOR): Promise<{ code: number | null; output: string }> {
  const program = run(['registry', ...words, '--url', url, '--identity-key', keys.identityKey, '--as', caller]);
  const code = await program.ended;
  return { code, output: program.output() };
}

const activations = async (): Promise<string[]> =>
  (await registry(['history'])).output
    .trim()
    .split('\n')
    .map((line) => line.replace(/ {2}\d{4}-\d\d-\d\d \d\d:\d\d/, ''));

const FIRST = `1  supergraph 1  ${PROGRAMS.map((name) => `${name}-1`)
  .sort()
  .join(', ')}`;

test('publishes for operators only, and signs nothing before the first publication', async () => {
  const publisher = await registry(RELEASE, 'role=schema-publisher; agency=nsa; subject=ada');
  expect([publisher.code, (await activations()).join()]).toEqual([1, 'No activations']);
  expect(await registry(['sign'])).toEqual({ code: 1, output: expect.stringContaining('no active supergraph') });
});

test('continues where an earlier attempt stopped, and publishes the release once', async () => {
  // as an operator would, by hand, with another address
  const registered = await registry([
    ...['register', 'reviews', '--agencies', 'nsa', '--address', 'http://reviews.example/graphql'],
  ]);
  expect(registered.code).toBe(0);
  const first = await registry([...RELEASE, '--first']);
  expect([first.code, first.output]).toEqual([0, expect.stringContaining('Published as supergraph 1;')]);
  expect(await registry([...RELEASE, '--first'])).toEqual({ code: 0, output: 'Nothing to publish\n' });
  expect(await registry(RELEASE)).toEqual({ code: 0, output: 'Nothing to publish\n' });
  expect(await activations()).toEqual([FIRST]);
});

test('replaces a team’s publication at no further start, only by an accepted upgrade', async () => {
  const sdl = readFileSync(join(packageRoot, 'subgraphs', 'reviews', 'schema.graphql'), 'utf8');
  const file = join(folder, 'reviews.graphql');
  const field = '"""Doctrine."""\n  doctrine: String @sensitivity(class: PUBLIC)';
  writeFileSync(file, sdl.replace('type Query {\n', `type Query {\n  ${field}\n`));
  expect((await registry(['publish', `reviews=${file}`])).code).toBe(0);
  expect(await registry([...RELEASE, '--first'])).toEqual({ code: 0, output: 'Nothing to publish\n' });
  const refused = await registry(RELEASE);
  expect([refused.code, refused.output]).toEqual([
    1,
    expect.stringMatching(/Query\.doctrine: .* was removed[\s\S]*Nothing was published\n$/),
  ]);
  const accepted = await registry([...RELEASE, '--accept-breaking', '--note', 'Upgrade']);
  expect([accepted.code, accepted.output]).toEqual([0, expect.stringContaining('Published as supergraph 3;')]);
  expect(await activations()).toEqual([FIRST, '2  supergraph 2  reviews-2', '3  supergraph 3  reviews-3  Upgrade']);
});

test('brings what is new in the agreement of a later release, and leaves what was decided', async () => {
  const client = await Registry.of({ url, identityKey: keys.identityKey, as: OPERATOR, dataFolder: folder });
  const own = ownAgreement();
  const [consent] = own.consents;
  const later: Agreement = {
    owners: { ...own.owners, 'Agency.motto': 'reviews', '*': 'reviews' },
    clearances: { ...own.clearances, reviews: ['PUBLIC', 'GOV', 'GOV_DELIB', 'PROPIN', 'PII', 'ISVI'] },
    consents: [...own.consents, { ...consent!, coordinates: ['Agency.motto'] }],
    contracts: {
      ...own.contracts,
      press: { description: 'The press.', include: [], exclude: [], classes: ['PUBLIC'] },
    },
  };
  const bring = () => bringAgreement(client, later, [{ name: 'reviews', clearances: ['PUBLIC'] }]);
  const kept = [
    `* belongs to ${own.owners['*']}, not to reviews, as in the release`,
    'reviews has no clearance for GOV, GOV_DELIB, PROPIN, PII, ISVI, as in the release',
  ];
  const asks = `Two publishers of ${consent!.by} must let ${consent!.to.join(', ')} ${consent!.act} Agency.motto: ordergraph registry consent approve `;
  const first = await bring();
  expect(first).toEqual([
    kept[0],
    'Assigned Agency.motto to reviews',
    kept[1],
    'Added the contract press',
    expect.stringContaining(asks),
  ]);
  const id = first.at(-1)!.slice(asks.length);
  expect(await bring()).toEqual([...kept, `${asks}${id}`]);
  const owner = 'role=schema-publisher; agency=omb; subject=ona';
  expect((await registry(['consent', 'withdraw', id], owner)).code).toBe(0);
  expect(await bring()).toEqual([...kept, `registry withdrew its consent ${id} to SHARE of Agency.motto`]);
});

test('signs the active supergraph again', async () => {
  expect(await registry(['sign'])).toEqual({
    code: 0,
    output: 'Signed supergraph 3 again; gateways take it within seconds\n',
  });
  expect((await activations()).at(-1)).toBe('4  supergraph 3  no other version  Signed again.');
});

test.each([
  ['role=operator', /--as names no caller: The caller has no valid subject/],
  ['operator', /--as names no caller: "operator" is not valid/],
])('rejects the caller %j at once', async (caller, message) => {
  const { code, output } = await registry(['history'], caller);
  expect([code, output]).toEqual([1, expect.stringMatching(message)]);
  expect(output).not.toContain('trying again');
});
