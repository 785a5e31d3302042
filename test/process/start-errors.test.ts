import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { identityEnvironment } from '../support/identity';
import { killAll, requireCompiled, run } from '../support/processes';

const STACK = /\n\s+at /;

let folder: string;
/** A file in place of a folder, into which not even root can write. */
let blocked: string;
beforeAll(requireCompiled);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-start-'));
  blocked = join(folder, 'blocked');
  writeFileSync(blocked, '');
});
afterEach(async () => {
  await killAll();
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true });
});

/** The output of a subgraph that does not start. */
async function refusal(environment: Record<string, string>): Promise<string> {
  const started = run(['subgraph', 'submissions', '--port', '0', '--open-to', 'role=analyst; subject=a'], {
    ORDERGRAPH_DATA: folder,
    ...environment,
  });
  expect(await started.ended).toBe(1);
  expect(started.output()).not.toMatch(STACK);
  return started.output();
}

test.each([
  ['ORDERGRAPH_AUDIT', 'The audit record'],
  ['ORDERGRAPH_FILES', 'Uploaded documents'],
])('reports an unwritable folder of %s with its setting', async (setting, content) => {
  const output = await refusal({ [setting]: join(blocked, 'here') });
  expect(output).toContain(`${content} cannot be stored in "${join(blocked, 'here')}": `);
  expect(output).toMatch(new RegExp(`Set ${setting} to a folder that this process \\(user \\d+\\) may write to`));
});

test('does not print a private key that stands in place of a file', async () => {
  const output = await refusal({ ORDERGRAPH_AUDIT_KEY: '{"kty":"OKP","d":"s3cret"}' });
  expect(output).toContain('from "…": it is not the path of a file');
  expect(output).not.toContain('s3cret');
});

test('reports an unreadable key file with its setting', async () => {
  const output = await refusal({ ORDERGRAPH_AUDIT_KEY: join(folder, 'missing.json') });
  expect(output).toMatch(/the key that seals the record \(ORDERGRAPH_AUDIT_KEY\) from ".*missing\.json"/);
  expect(output).toMatch(/`ordergraph keys FOLDER` creates keys/);
});

test('reports a key file of another type with its setting', async () => {
  const keys = run(['keys', join(folder, 'secrets')]);
  expect(await keys.ended).toBe(0);
  const file = join(folder, 'secrets', 'subgraphs', 'identity-keys.json');
  const output = await refusal({ ORDERGRAPH_AUDIT_KEY: file });
  expect(output).toContain(
    `Could not read the key that seals the record (ORDERGRAPH_AUDIT_KEY) from "${file}": expected a private Ed25519 key with a "kid"`,
  );
});

test('reports a time limit out of range before it opens anything', async () => {
  const output = await refusal({ ORDERGRAPH_DRAIN_MS: '-1' });
  expect(output).toMatch(/^ORDERGRAPH_DRAIN_MS is "-1": [^\n]*>=0\n {2}Milliseconds after SIGTERM[^\n]*\n$/m);
  expect(output).not.toContain('Warning');
});

test('requires a sealing key for the record in production', async () => {
  const keys = run(['keys', join(folder, 'secrets')]);
  expect(await keys.ended).toBe(0);
  const started = run(
    ['subgraph', 'submissions', '--identity-keys', join(folder, 'secrets', 'subgraphs', 'identity-keys.json')],
    { ORDERGRAPH_DATA: folder, NODE_ENV: 'production' },
  );
  expect(await started.ended).toBe(1);
  expect(started.output()).toMatch(
    /No key to seal the audit record is configured; production requires one\n {2}Set ORDERGRAPH_AUDIT_KEY/,
  );
});

test.each([
  ['ORDERGRAPH_DATABASE_TIMEOUT_MS', '-1', />=0\n {2}Maximum milliseconds of a statement/],
  ['ORDERGRAPH_DATABASE_CONNECTIONS', 'many', /expected number[^\n]*\n.*from 2 to 1000/],
  ['ORDERGRAPH_AUDIT_REPLICA', '0', />=1\n.*from 1 to 9999/],
  ['ORDERGRAPH_EVENTS_URL', 'host:6379', /use a URL such as redis:\/\/host:6379/],
])('rejects %s of "%s" and lists the allowed values', async (setting, value, range) => {
  const output = await refusal({ [setting]: value });
  expect(output).toContain(`${setting} is "${value}"`);
  expect(output).toMatch(range);
});

test('lists applied and pending migrations with --status, and changes nothing', async () => {
  const status = async () => {
    const command = run(['migrate', 'reviews', '--status'], { ORDERGRAPH_DATA: folder });
    expect(await command.ended).toBe(0);
    return command.output();
  };
  const before = await status();
  expect(before).toMatch(/^reviews\n {2}0001-initial +pending\n {2}0002-voluntary-framework +pending\n/);
  expect(await status()).toBe(before);
  const migrated = run(['migrate', 'reviews'], { ORDERGRAPH_DATA: folder });
  expect(await migrated.ended).toBe(0);
  expect(migrated.output()).toMatch(/reviews: 0001-initial (\d+)\/\1\n[\s\S]*reviews: up to date/);
  expect(await status()).toMatch(/0001-initial +applied\n {2}0002-voluntary-framework +applied/);
});

test.each([
  ['gateway', []],
  ['subgraph', ['submissions', '--open-to', 'role=analyst; subject=a']],
])('ends with an error if the port of the %s is in use', async (command, args) => {
  const occupied = createServer();
  await new Promise<void>((resolve) => occupied.listen(0, '127.0.0.1', resolve));
  const { port } = occupied.address() as { port: number };
  const { environment } = await identityEnvironment();
  const started = run([command, ...args, '--port', String(port)], { ...environment, ORDERGRAPH_DATA: folder });
  expect([await started.ended, started.output()]).toEqual([
    1,
    expect.stringContaining(`Port ${port} on 127.0.0.1 is in use`),
  ]);
  await new Promise((resolve) => occupied.close(resolve));
});
