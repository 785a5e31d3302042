import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROGRAMS } from '../../../gateway/cli/programs';
import { fileSubmission, invitations } from '../../support/compose/filings';
import { operations } from '../../support/compose/operations';
import { type Client, ComposeStack, describeOnCompose } from '../../support/compose/stack';
import { requireCompiled } from '../../support/processes';
import { until } from '../../support/until';

/** Attempts at a filing, 200 ms apart. */
const MAX_ATTEMPTS = 300;

/** Sections of docs/operations.md with commands, in the order of this test. */
const DAY = [
  'Deploy',
  'Watch',
  'Follow the registry',
  'Verify the record',
  'Upgrade',
  'Rotate the identity key',
  'Rotate the keys that seal the audit records',
  'Rotate a key that signs events',
  'Rotate the key that signs supergraphs',
  'Rotate the keys that protect personal data',
  'Change a database password',
  'Lose a container',
  'Back up',
  'Restore one database',
  'Restore everything',
];

describeOnCompose('a day of an operator, by the commands of docs/operations.md', () => {
  const commands = operations();
  /** Submissions whose filing was acknowledged and not lost to a restored backup. */
  const filed = new Set<string>();
  let project: string;
  let stack: ComposeStack;
  let client: Client;
  let inspector: Record<string, string>;
  let developer: Record<string, string>;
  let filings = 0;

  beforeAll(async () => {
    requireCompiled();
    project = mkdtempSync(join(tmpdir(), 'ordergraph-project-'));
    stack = await ComposeStack.prepare(project);
    client = await stack.client(100);
    inspector = await stack.authorization({ sub: 'inspector-1', roles: ['inspector'], case_number: '2026-1' });
    developer = await stack.authorization({ sub: 'submitter', roles: ['developer-submitter'], organization: 'alder' });
  });
  afterAll(async () => {
    await stack?.close();
    rmSync(project, { recursive: true, force: true });
  });

  const operate = async (heading: string) => {
    let output = '';
    for (const script of commands.get(heading)!) output += await stack.operate(script);
    return output;
  };

  /** Files submissions, each retried under its key until it is acknowledged. */
  async function file(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (const last = filings + count; filings < last; filings++)
      ids.push(await fileUntilAcknowledged(String(filings)));
    return ids;
  }

  async function fileUntilAcknowledged(key: string): Promise<string> {
    for (let attempt = 1; ; attempt++)
      try {
        return await fileSubmission(client, developer, key);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS) throw error;
        await sleep(200);
      }
  }

  /** Each acknowledged filing has invited the agency exactly once. */
  async function everyFilingArrived(): Promise<void> {
    let missing: string[] = [];
    await until(
      async () => {
        const counts = await invitations(client, inspector).catch(() => new Map<string, number>());
        missing = [...filed].filter((id) => counts.get(id) !== 1);
        return missing.length === 0;
      },
      () => `the agency is invited once for each of ${filed.size} filings; not for ${missing.join(', ')}`,
    );
  }

  test('has commands on the page for each part of the day, and no others', () => {
    expect([...commands].filter(([, scripts]) => scripts.length > 0).map(([heading]) => heading)).toEqual(DAY);
  });

  test('deploys the stack and shows its health and metrics', async () => {
    await operate('Deploy');
    for (const id of await file(3)) filed.add(id);
    await everyFilingArrived();
    const output = await operate('Watch');
    expect(output).toMatch(/^200 /m);
    expect(output).toMatch(/^ordergraph_database_connections \d+$/m);
    expect(output).toMatch(/^submissions/m);
    // the bus, by a user that may read only the heads of the logs
    expect(output).toMatch(/^ {2}bus: 3 of 3 events$/m);
    const published = await operate('Follow the registry');
    for (const name of ['gateway-1', 'gateway-2']) expect(published).toContain(`${name} serves supergraph 1 since`);
    const verified = await operate('Verify the record');
    for (const name of ['infrastructure', 'reviews', 'submissions', 'workforce'])
      expect(verified).toMatch(new RegExp(`^verify/${name}.jsonl: .*all intact; .*verify/seals.jsonl`, 'm'));
  });

  test('upgrades while submissions are filed', async () => {
    const filing = file(10);
    await operate('Upgrade');
    for (const id of await filing) filed.add(id);
    await everyFilingArrived();
  });

  test('rotates keys and a database password while submissions are filed', async () => {
    const keys = () => readFileSync(join(project, 'secrets', 'subgraphs', 'identity-keys.json'), 'utf8');
    const before = keys();
    const filing = file(10);
    const [add, prune] = commands.get('Rotate the identity key')!;
    await stack.operate(add!);
    expect(keys().length).toBeGreaterThan(before.length);
    for (const name of ['gateway-1', 'gateway-2'])
      await until(
        () => stack.container(name).output().includes('reloaded the identity signing key'),
        () => `${name} signs with the new key:\n${stack.container(name).output()}`,
      );
    await stack.operate(prune!);
    expect(keys().length).toBe(before.length);
    await operate('Rotate the keys that seal the audit records');
    const sender = () => readFileSync(join(project, 'secrets', 'senders', 'reviews', 'event-key.json'), 'utf8');
    const formerSender = sender();
    await operate('Rotate a key that signs events');
    expect(sender()).not.toBe(formerSender);
    const supergraphKeys = () => readFileSync(join(project, 'secrets', 'gateways', 'supergraph-keys.json'), 'utf8');
    const formerSupergraphKeys = supergraphKeys();
    expect(await operate('Rotate the key that signs supergraphs')).toMatch(/^Signed supergraph \d+ again/m);
    expect(supergraphKeys()).not.toBe(formerSupergraphKeys);
    expect(supergraphKeys()).toHaveLength(formerSupergraphKeys.length);
    const personKeys = () => readFileSync(join(project, 'secrets', 'persons', 'person-keys.json'), 'utf8');
    const formerPersonKeys = personKeys();
    await operate('Rotate the keys that protect personal data');
    expect(personKeys()).not.toBe(formerPersonKeys);
    await operate('Change a database password');
    for (const id of await filing) filed.add(id);
    await everyFilingArrived();
    const auditKeys = readFileSync(join(project, 'secrets', 'auditors', 'audit-keys.json'), 'utf8');
    expect((JSON.parse(auditKeys) as { keys: unknown[] }).keys).toHaveLength(2 * PROGRAMS.length);
    const record = join(stack.machine.volume('record-submissions'), 'submissions.jsonl');
    const verify = await stack.operate(
      `npm run --silent audit -- verify ${record} --keys secrets/auditors/audit-keys.json`,
    );
    expect(verify).toContain('submissions.jsonl');
  });

  test('loses no filing when each container is lost in turn', async () => {
    const filing = file(20);
    await operate('Lose a container');
    for (const id of await filing) filed.add(id);
    await everyFilingArrived();
  });

  test('restores one database to its backup and delivers new filings', async () => {
    await operate('Back up');
    const lost = await file(3);
    for (const id of lost) filed.add(id);
    await everyFilingArrived();
    for (const id of lost) filed.delete(id);
    const status = await operate('Restore one database');
    expect(status).toMatch(/submissions/);
    for (const id of await file(5)) filed.add(id);
    await everyFilingArrived();
    const counts = await invitations(client, inspector);
    // the agency keeps the reviews it has begun; people decide about them
    for (const id of lost) expect(counts.get(id)).toBe(1);
  });

  test('restores everything from dumps of different instants', async () => {
    const filedBefore = [...filed];
    await operate('Back up');
    await file(3);
    await operate('Restore everything');
    filed.clear();
    for (const id of [...filedBefore, ...(await file(5))]) filed.add(id);
    await everyFilingArrived();
  });
});
