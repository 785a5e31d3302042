import { createHash } from 'node:crypto';
import { databaseKinds } from '../support/databases';
import { Framework } from '../support/framework';
import { CISA, ciso, coordinator } from './inputs';
import {
  AUTHORIZATION,
  addListed,
  authorizationInput,
  DIRECTIVE,
  directiveInput,
  ITEM,
  itemInput,
  POLICY,
  PROGRESS,
  policyInput,
  RULE,
  ruleInput,
  SYSTEM,
  systemInput,
} from './system-inputs';

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Loose = any;

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
const ANALYST = 'role=analyst; subject=x';
const OTHER_CISA = 'role=coordinator; agency=cisa; subject=coordinator-2';
const nsa = ciso('nsa');

describe.each(databaseKinds)('changes of systems and directives, on %s', (kind) => {
  let graph: Framework;
  beforeAll(async () => {
    graph = await Framework.open(kind);
  });
  afterAll(() => graph.close());

  const target = ({ id, revision }: Loose) => ({ id, expectedRevision: revision });
  const infrastructure = (sql: string, parameters: unknown[] = []): Promise<Loose[]> =>
    graph.sql('infrastructure', sql, parameters);
  const registered = (change: object = {}, caller = nsa): Promise<Loose> =>
    graph.perform(caller, 'registerSystem', systemInput({ ...change }), SYSTEM);
  const recorded = (system: string, change: object = {}, caller = nsa): Promise<Loose> =>
    graph.perform(caller, 'recordInventory', itemInput(system, { ...change }), ITEM);
  /** A rule that was proposed by one person and activated by another. */
  const activated = async (change: object = {}): Promise<Loose> => {
    const rule = await graph.perform(CISA, 'proposeMatchRule', ruleInput({ ...change }), RULE);
    return graph.perform(OTHER_CISA, 'activateMatchRule', target(rule), RULE);
  };
  const findingsOn = (column: 'system_id' | 'item_id', key: string): Promise<Loose[]> =>
    infrastructure(
      `SELECT id, cve_id AS cve, status, version, due_at AS dueAt FROM vulnerability_finding WHERE ${column} = ? ORDER BY cve_id`,
      [key],
    );
  const eventsOf = async (caller: string, type: string, id: string): Promise<Loose[]> => {
    const query = `query ($id: ID!) { ${type}(id: $id) { timeline { nodes { kind actor fromState toState detail } } } }`;
    return (await graph.ask(caller, query, { id })).data[type].timeline.nodes;
  };

  describe('a federal system', () => {
    test('goes from registration to retirement, and into operation only with an authorization in force', async () => {
      const system = await registered({ operatedBy: 'CONTRACTOR', loggingLevel: 1 });
      expect(system).toMatchObject({ status: 'UNDER_DEVELOPMENT', revision: 1, authorizationInForce: null });
      const refused = await graph.refused(nsa, 'commissionSystem', target(system));
      expect(refused).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'authorizationInForce' } });
      await graph.perform(nsa, 'recordAuthorization', authorizationInput(system.id), AUTHORIZATION);
      const at = { id: system.id, expectedRevision: 2 };
      const operational = await graph.perform(nsa, 'commissionSystem', at, SYSTEM);
      expect(operational).toMatchObject({ status: 'OPERATIONAL', revision: 3, atoExpires: '2027-06-01' });
      const modified = await graph.perform(nsa, 'modifySystem', target(operational), SYSTEM);
      const again = await graph.perform(nsa, 'commissionSystem', target(modified), SYSTEM);
      const updated = await graph.perform(nsa, 'updateSystem', { ...target(again), loggingLevel: 5 }, SYSTEM);
      expect(updated).toMatchObject({ loggingLevel: 5, status: 'OPERATIONAL' });
      const links = { sectors: ['energy'], domains: [], cloudOfferings: [] };
      const linked = await graph.perform(nsa, 'linkSystem', { ...target(updated), ...links }, SYSTEM);
      const retired = await graph.perform(nsa, 'retireSystem', { ...target(linked), reason: 'Replaced.' }, SYSTEM);
      expect(retired).toMatchObject({ status: 'DISPOSITION', revision: 8 });
      const kinds = ['REGISTERED', 'COMMISSIONED', 'MODIFIED', 'COMMISSIONED', 'UPDATED', 'LINKED', 'RETIRED'];
      const own = await eventsOf(nsa, 'federalSystem', system.id);
      expect(own.map(({ kind: of }) => of)).toEqual(kinds.map((of) => `SYSTEM_${of}`));
      expect(own.map(({ detail }) => detail).slice(4)).toEqual([
        'loggingLevel',
        'sectors, domains, cloudOfferings',
        'Replaced.',
      ]);
      // others in government read what happened, and no details
      const others = await eventsOf(ANALYST, 'federalSystem', system.id);
      expect(others.map(({ kind: of, detail }) => [of, detail])).toEqual(kinds.map((of) => [`SYSTEM_${of}`, null]));
    });

    test('P7: ends active findings when it is retired, and gets none afterward', async () => {
      await addListed(graph, 'CVE-2026-20001', 'Fence');
      await addListed(graph, 'CVE-2026-20002', 'Fence');
      await addListed(graph, 'CVE-2026-20003', 'Fence');
      const system = await registered();
      const item = await recorded(system.id, { product: 'Fence' });
      await activated({ product: 'Fence' });
      const raised = await findingsOn('system_id', system.id);
      expect(raised.map(({ cve, status }) => [cve, status])).toEqual(
        [1, 2, 3].map((number) => [`CVE-2026-2000${number}`, 'SUSPECTED']),
      );
      const set = 'UPDATE vulnerability_finding SET status = ? WHERE id = ?';
      await graph.force('infrastructure', set, ['IN_REMEDIATION', raised[1].id]);
      await graph.force('infrastructure', set, ['FALSE_POSITIVE', raised[2].id]);
      await graph.perform(nsa, 'retireSystem', target(system), SYSTEM);
      const ended = await findingsOn('system_id', system.id);
      expect(ended.map(({ status, version }) => [status, version])).toEqual([
        ['SYSTEM_RETIRED', 2],
        ['SYSTEM_RETIRED', 2],
        ['FALSE_POSITIVE', 1],
      ]);
      await addListed(graph, 'CVE-2026-20004', 'Fence');
      await activated({ product: 'Fence', versionFrom: '1' });
      expect(await findingsOn('item_id', item.id)).toHaveLength(3);
      const late = await graph.refused(nsa, 'recordInventory', itemInput(system.id));
      expect(late).toMatchObject({ code: 'BAD_USER_INPUT', inputPath: ['input', 'system'] });
    });

    test('waits for few of the bulk mutations that another caller sends at once', async () => {
      // planned before
      await registered({ name: 'None' });
      let done = 0;
      const calls = times(8, async (call) => {
        const items = times(500, (index) => systemInput({ name: `Many ${call}-${index}` }));
        const { data } = await graph.call(ciso('hhs'), 'registerSystems', { items }, 'added');
        done += 1;
        return data.registerSystems.added;
      });
      await Promise.race(calls);
      await registered({ name: 'One' });
      expect(done).toBeLessThan(5);
      expect(await Promise.all(calls)).toEqual(times(8, () => 500));
    });

    test('is registered with many others by one call, and belongs to its agency only', async () => {
      const items = times(300, (index) => systemInput({ name: `System ${index}` }));
      const { data } = await graph.call(nsa, 'registerSystems', { items }, 'added results { key status }');
      expect(data.registerSystems.added).toBe(300);
      const [{ key }] = data.registerSystems.results;
      const foreign = await graph.refused(ciso('hhs'), 'updateSystem', { id: key, expectedRevision: 1, name: 'x' });
      expect(foreign).toMatchObject({ code: 'NOT_FOUND', inputPath: ['input', 'id'] });
    });
  });

  describe('an authorization', () => {
    const asOf = async (id: string, day: string): Promise<string | null> => {
      const query =
        'query ($id: ID!, $at: DateTime) { federalSystem(id: $id) { authorizationInForce(asOf: $at) { id } } }';
      const { data } = await graph.ask(ANALYST, query, { id, at: `${day}T16:00:00.000Z` });
      return data.federalSystem.authorizationInForce?.id ?? null;
    };
    const record = (system: string, change: object) =>
      graph.perform(nsa, 'recordAuthorization', authorizationInput(system, { ...change }), AUTHORIZATION);
    const statuses = async (system: string): Promise<string[]> => {
      const query =
        'query ($id: ID!) { federalSystem(id: $id) { authorizations(orderBy: [{ field: DECIDED_ON }]) { nodes { status } } } }';
      const { data } = await graph.ask(ANALYST, query, { id: system });
      return data.federalSystem.authorizations.nodes.map(({ status }: Loose) => status);
    };

    test('is in force from its decision until it expires, is replaced, or is revoked, as of any day', async () => {
      const { id } = await registered();
      const first = await record(id, { decidedOn: '2024-01-10', expiresOn: '2025-01-10' });
      expect(first.status).toBe('EXPIRED');
      const conditional = { kind: 'ATO_WITH_CONDITIONS', decidedOn: '2025-03-01', expiresOn: '2027-03-01' };
      const second = await record(id, conditional);
      const third = await record(id, { decidedOn: '2026-02-01', expiresOn: null, ongoing: true });
      expect(await statuses(id)).toEqual(['SUPERSEDED', 'SUPERSEDED', 'IN_FORCE']);
      const revoke = { ...target(third), revokedOn: '2026-06-01', reason: 'Audit.' };
      expect(await graph.perform(nsa, 'revokeAuthorization', revoke, AUTHORIZATION)).toMatchObject({
        status: 'REVOKED',
        revision: 2,
      });
      const denied = await record(id, { kind: 'NOT_AUTHORIZED', decidedOn: '2026-06-10', expiresOn: null });
      expect(denied.status).toBe('NOT_AUTHORIZED');
      const days: [string, string | null][] = [
        ['2024-01-09', null],
        ['2024-01-10', first.id],
        ['2025-01-10', first.id],
        ['2025-01-11', null],
        ['2026-01-31', second.id],
        ['2026-02-01', third.id],
        ['2026-05-31', third.id],
        ['2026-06-01', null],
        ['2026-06-15', null],
      ];
      for (const [day, expected] of days) expect([day, await asOf(id, day)]).toEqual([day, expected]);
      const refused = await graph.refused(nsa, 'revokeAuthorization', {
        ...target(denied),
        ...{ revokedOn: '2026-06-12', reason: 'Why not.' },
      });
      expect(refused).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'authorizes' } });
    });

    test('counts as current while it is ongoing, and shows its expiration on the system', async () => {
      const { id } = await registered();
      const current = async (): Promise<number> => {
        const query =
          '{ executiveOrder(number: "14409") { infrastructureMetrics { currentAuthorization { numerator } } } }';
        return (await graph.ask(CISA, query)).data.executiveOrder.infrastructureMetrics.currentAuthorization.numerator;
      };
      const before = await current();
      const expiring = await record(id, { decidedOn: '2026-05-01', expiresOn: '2026-06-20' });
      expect(await current()).toBe(before + 1);
      const ongoing = await record(id, { decidedOn: '2026-06-15', expiresOn: null, ongoing: true });
      expect(await current()).toBe(before + 1);
      const read = await graph.ask(CISA, 'query ($id: ID!) { federalSystem(id: $id) { atoExpires } }', { id });
      expect(read.data.federalSystem.atoExpires).toBeNull();
      const refused = await graph.refused(nsa, 'revokeAuthorization', {
        ...target({ ...expiring, revision: 2 }),
        ...{ revokedOn: '2026-06-12', reason: 'Too late.' },
      });
      expect(refused.code).toBe('ILLEGAL_TRANSITION');
      const revoke = { ...target(ongoing), revokedOn: '2026-06-15', reason: 'Audit.' };
      await graph.perform(nsa, 'revokeAuthorization', revoke, AUTHORIZATION);
      expect(await current()).toBe(before);
    });
  });

  describe('an inventory', () => {
    test('raises suspected findings on recorded assets, and dates them again when a tag changes', async () => {
      await addListed(graph, 'CVE-2026-20011', 'Wall');
      await activated({ product: 'Wall', versionBefore: '3.0' });
      const { id: system } = await registered();
      const items = [
        ...times(200, () => itemInput(system, { product: 'Wall' })),
        itemInput(system, { product: 'Wall', version: '3.0' }),
      ];
      const { data } = await graph.call(nsa, 'recordInventories', { items }, `added results { ${ITEM} }`);
      expect(data.recordInventories.added).toBe(201);
      const [first, second] = data.recordInventories.results.map((result: Loose) => result.item);
      // an unknown exposure counts as public
      expect(first).toMatchObject({ exposure: 'UNKNOWN', fullyTagged: false, status: 'RECORDED' });
      expect(await findingsOn('system_id', system)).toHaveLength(200);
      await graph.force('infrastructure', "UPDATE vulnerability_finding SET status = 'OPEN' WHERE system_id = ?", [
        system,
      ]);
      graph.clock.advance({ days: 180 });
      await graph.tick();
      const [before] = await findingsOn('item_id', first.id);
      const tags = { organization: 'NSA', environment: 'PRODUCTION', exposure: 'INTERNAL', assetType: 'server' };
      const tagged = await graph.perform(nsa, 'tagInventory', { ...target(first), ...tags }, ITEM);
      expect(tagged).toMatchObject({ fullyTagged: true, exposure: 'INTERNAL', revision: 2 });
      const [after] = await findingsOn('item_id', first.id);
      // row 3, 3 days; then row 11, 14 days
      expect([before.dueAt < after.dueAt, after.version]).toEqual([true, before.version + 1]);
      const log = await infrastructure(
        'SELECT cause, new_row AS newRow FROM finding_due_change WHERE finding_id = ? ORDER BY sequence DESC LIMIT 1',
        [after.id],
      );
      expect(log).toMatchObject([{ cause: 'TAG', newRow: 11 }]);
      // a tag that decides no deadline leaves it
      await graph.perform(nsa, 'tagInventory', { ...target(second), assetType: 'server' }, ITEM);
      expect((await findingsOn('item_id', second.id))[0].version).toBe(before.version);
      const events = await eventsOf(nsa, 'inventoryItem', first.id);
      expect(events.map(({ kind: of }) => of)).toEqual(['INVENTORY_RECORDED', 'INVENTORY_TAGGED']);
    });

    test('is removed once its findings are resolved, and matches nothing then', async () => {
      await addListed(graph, 'CVE-2026-20021', 'Door');
      await activated({ product: 'Door' });
      const { id: system } = await registered();
      const item = await recorded(system, { product: 'Door' });
      const refused = await graph.refused(nsa, 'removeInventory', target(item));
      expect(refused).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'findingsResolved' } });
      const dismiss = "UPDATE vulnerability_finding SET status = 'FALSE_POSITIVE' WHERE item_id = ?";
      await graph.force('infrastructure', dismiss, [item.id]);
      const removed = await graph.perform(nsa, 'removeInventory', { ...target(item), reason: 'Sold.' }, ITEM);
      expect(removed).toMatchObject({ status: 'REMOVED', removedOn: graph.inDays(0).slice(0, 10) });
      await addListed(graph, 'CVE-2026-20022', 'Door');
      await activated({ product: 'Door' });
      expect(await findingsOn('item_id', item.id)).toHaveLength(1);
    });

    test('matches another version after a scan', async () => {
      await addListed(graph, 'CVE-2026-20031', 'Arch');
      await activated({ product: 'Arch', versionFrom: '5.0' });
      const item = await recorded((await registered()).id, { product: 'Arch' });
      expect(await findingsOn('item_id', item.id)).toEqual([]);
      const scan = { count: 9, version: '5.1', lastEnumeratedOn: graph.inDays(0).slice(0, 10) };
      const updated = await graph.perform(nsa, 'updateInventory', { ...target(item), ...scan }, ITEM);
      expect(updated).toMatchObject({ count: 9, version: '5.1' });
      expect(await findingsOn('item_id', item.id)).toMatchObject([{ cve: 'CVE-2026-20031', status: 'SUSPECTED' }]);
    });
  });

  test('activates a rule by a second person, after a preview of what it matches', async () => {
    await addListed(graph, 'CVE-2026-20041', 'Tower');
    await addListed(graph, 'CVE-2026-20042', 'Tower');
    const own = await registered();
    const foreign = await registered({}, ciso('hhs'));
    await recorded(own.id, { product: 'Tower', version: '1.9' });
    await recorded(own.id, { vendor: 'Pumice', product: 'Tower (Enterprise)', version: null });
    await recorded(own.id, { product: 'Tower', version: '2.0' });
    await recorded(foreign.id, { product: 'Tower', version: '1.0' }, ciso('hhs'));
    const change = { product: 'Tower', versionBefore: '2.0', aliases: ['Pumice: Tower Enterprise'] };
    const rule = await graph.perform(CISA, 'proposeMatchRule', ruleInput(change), RULE);
    const preview = async (caller: string): Promise<Loose> => {
      const query = `query ($id: ID!) { productMatchRule(id: $id) { preview { findings items vulnerabilities }
        previewItems(first: 2) { version } } }`;
      return (await graph.ask(caller, query, { id: rule.id })).data.productMatchRule;
    };
    const all = await preview(CISA);
    expect(all.preview).toEqual({ findings: 6, items: 3, vulnerabilities: 2 });
    expect(all.previewItems).toHaveLength(2);
    const ofAgency = await preview(nsa);
    expect(ofAgency.preview).toEqual({ findings: 4, items: 2, vulnerabilities: 2 });
    expect(ofAgency.previewItems.map(({ version }: Loose) => version).toSorted()).toEqual(['1.9', null]);
    expect(await preview(ANALYST)).toEqual({ preview: null, previewItems: null });
    const alone = await graph.refused(CISA, 'activateMatchRule', target(rule));
    expect(alone).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'secondPerson' } });
    const elsewhere = await graph.refused(coordinator('treasury'), 'activateMatchRule', target(rule));
    expect(elsewhere.code).toBe('FORBIDDEN');
    const active = await graph.perform(OTHER_CISA, 'activateMatchRule', target(rule), RULE);
    expect(active).toMatchObject({ status: 'ACTIVE', activatedAt: graph.inDays(0) });
    const raised = await infrastructure('SELECT status FROM vulnerability_finding WHERE match_rule_id = ?', [rule.id]);
    expect(raised.map(({ status }) => status)).toEqual(times(6, () => 'SUSPECTED'));
    expect(await preview(CISA)).toEqual({
      preview: { findings: 0, items: 0, vulnerabilities: 0 },
      previewItems: [],
    });
    const retire = { ...target(active), reason: 'Too broad.' };
    expect(await graph.perform(CISA, 'retireMatchRule', retire, RULE)).toMatchObject({ status: 'RETIRED' });
    const events = await eventsOf(ANALYST, 'productMatchRule', rule.id);
    expect(events.map(({ kind: of }) => of)).toEqual(['RULE_PROPOSED', 'RULE_ACTIVATED', 'RULE_RETIRED']);
  });

  describe('a directive', () => {
    const read = async (number: string): Promise<Loose> => {
      const query = `query ($number: ID!) { ${DIRECTIVE.replace('directive', 'directive(number: $number)')} }`;
      return (await graph.ask(null, query, { number })).data.directive;
    };

    test('replaces others, which stay revoked when a release writes its references again', async () => {
      const input = directiveInput('BOD 26-95', { supersedes: ['BOD 26-02'] });
      const issued = await graph.perform(CISA, 'issueDirective', input, DIRECTIVE);
      expect(issued).toMatchObject({ status: 'IN_FORCE', phases: { nodes: [{ name: 'Inventory' }] } });
      const replaced = { status: 'REVOKED', revokedOn: '2026-06-12', supersededBy: { number: 'BOD 26-95' } };
      expect(await read('BOD 26-02')).toMatchObject({ ...replaced, revision: 2 });
      await graph.force('infrastructure', "DELETE FROM reference_edition WHERE name = 'directive'");
      await graph.restart('infrastructure');
      expect(await read('BOD 26-02')).toMatchObject({ ...replaced, revision: 2 });
      expect(await read('BOD 22-01')).toMatchObject({ status: 'REVOKED', revokedOn: '2026-06-10' });
    });

    test('is issued by CISA, or by OMB as a memorandum', async () => {
      const omb = coordinator('omb');
      await graph.perform(omb, 'issueDirective', directiveInput('M-26-91', { phases: null }), DIRECTIVE);
      await graph.perform(CISA, 'issueDirective', directiveInput('M-26-92', { issuer: 'OMB' }), DIRECTIVE);
      for (const [caller, input] of [
        [omb, directiveInput('BOD 26-96', { issuer: 'CISA' })],
        [omb, directiveInput('M-26-93', { supersedes: ['BOD 26-04'] })],
        [coordinator('treasury'), directiveInput('BOD 26-97')],
        [nsa, directiveInput('BOD 26-97')],
      ] as const)
        expect((await graph.refused(caller, 'issueDirective', input)).code).toBe('FORBIDDEN');
      const revoke = { number: 'M-26-91', expectedRevision: 1, revokedOn: '2026-06-14', supersededBy: 'M-26-92' };
      const revoked = await graph.perform(omb, 'supersedeDirective', revoke, DIRECTIVE);
      expect(revoked).toMatchObject({ status: 'REVOKED', supersededBy: { number: 'M-26-92' } });
      const late = await graph.refused(nsa, 'trackDirective', { directive: 'M-26-91' });
      expect(late).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'directiveInForce' } });
    });

    test('is followed by agencies phase by phase, with verification and exceptions that end', async () => {
      const phase = { directive: 'BOD 26-04', phase: 2 };
      const perform = (caller: string, mutation: string, of: Loose, input: object = {}) =>
        graph.perform(caller, mutation, { ...target(of), ...input }, PROGRESS);
      const tracked = await graph.perform(nsa, 'trackDirective', phase, PROGRESS);
      expect(tracked).toMatchObject({ status: 'NOT_STARTED', revision: 1 });
      const twice = await graph.refused(nsa, 'trackDirective', phase);
      expect(twice).toMatchObject({ code: 'ALREADY_EXISTS', inputPath: ['input', 'phase'] });
      const exceptionUntil = graph.inDays(10).slice(0, 10);
      const exception = { exceptionUntil, reason: 'No patch yet.' };
      const excepted = await perform(nsa, 'reportException', tracked, exception);
      expect(excepted).toMatchObject({ status: 'EXCEPTION_REPORTED', ...exception });
      graph.clock.advance({ days: 10 });
      await graph.tick();
      const status = async () => {
        const sql = 'SELECT status, version AS revision FROM directive_progress WHERE id = ?';
        return (await infrastructure(sql, [tracked.id]))[0];
      };
      expect(await status()).toMatchObject({ status: 'EXCEPTION_REPORTED' });
      graph.clock.advance({ days: 1 });
      await graph.tick();
      const resumed = await status();
      expect(resumed).toMatchObject({ status: 'IN_PROGRESS', revision: 3 });
      const at = { id: tracked.id, revision: 3 };
      const complete = await perform(nsa, 'reportCompletion', at, { note: 'All tagged.' });
      const returned = await perform(CISA, 'returnCompletion', complete, { reason: 'Two systems are missing.' });
      expect(returned).toMatchObject({ status: 'IN_PROGRESS', exceptionUntil: null, reason: null });
      const again = await perform(nsa, 'reportCompletion', returned);
      const elsewhere = await graph.refused(coordinator('omb'), 'verifyCompletion', target(again));
      expect(elsewhere.code).toBe('FORBIDDEN');
      // a coordinator who also is the officer that reported
      const both = 'role=coordinator; agency=cisa; subject=officer-1';
      const own = await graph.refused(both, 'verifyCompletion', target(again));
      expect(own).toMatchObject({ code: 'PRECONDITION_FAILED', extensions: { guard: 'otherVerifier' } });
      const kept = await perform(both, 'returnCompletion', again, { reason: 'Another officer has to look.' });
      const last = await perform(ciso('nsa', 'officer-2'), 'reportCompletion', kept);
      expect(await perform(both, 'verifyCompletion', last)).toMatchObject({ status: 'VERIFIED' });
      const events = await infrastructure(
        'SELECT kind, actor FROM infrastructure_event WHERE subject_id = ? ORDER BY sequence',
        [tracked.id],
      );
      expect(events.map(({ kind: of, actor }) => `${of} ${actor}`)).toEqual([
        'PROGRESS_TRACKED CISO',
        'EXCEPTION_REPORTED CISO',
        'EXCEPTION_ENDED SYSTEM',
        'COMPLETION_REPORTED CISO',
        'COMPLETION_RETURNED COORDINATOR',
        'COMPLETION_REPORTED CISO',
        'COMPLETION_RETURNED COORDINATOR',
        'COMPLETION_REPORTED CISO',
        'COMPLETION_VERIFIED COORDINATOR',
      ]);
    });
  });

  test('adopts a stricter policy of an agency, and never a looser one', async () => {
    const effectiveFrom = graph.inDays(300).slice(0, 10);
    const day = { effectiveFrom };
    const looser = await graph.refused(nsa, 'adoptPolicy', policyInput({ ...day, rows: [{ row: 4, dueInDays: 15 }] }));
    expect(looser).toMatchObject({ code: 'BAD_USER_INPUT', inputPath: ['input', 'rows', 0] });
    const upgrade = await graph.refused(nsa, 'adoptPolicy', policyInput({ ...day, rows: [{ row: 8 }] }));
    expect(upgrade.message).toMatch(/Row 8 is looser/);
    const adopted = await graph.perform(nsa, 'adoptPolicy', policyInput(day), POLICY);
    expect(adopted).toEqual({ name: `NSA/${effectiveFrom}`, basis: 'AGENCY_STRICTER', effectiveFrom, unratedDays: 60 });
    const rows = await infrastructure(
      'SELECT COUNT(*) AS n, SUM(due_in_days) AS days FROM remediation_row WHERE policy_id = ?',
      [adopted.name],
    );
    // the days of Table 1, with 7 in place of 14 in row 4
    expect([Number(rows[0].n), Number(rows[0].days)]).toEqual([16, 279 - 7]);
    const again = await graph.refused(nsa, 'adoptPolicy', policyInput(day));
    expect(again).toMatchObject({ code: 'ALREADY_EXISTS', inputPath: ['input', 'effectiveFrom'] });
    const ofDirective = policyInput({ ...day, directive: 'BOD 26-04', rows: [{ row: 8, dueInDays: 90 }] });
    expect((await graph.refused(coordinator('treasury'), 'adoptPolicy', ofDirective)).code).toBe('FORBIDDEN');
    const review = await graph.perform(CISA, 'adoptPolicy', ofDirective, POLICY);
    expect(review).toMatchObject({ name: `BOD 26-04/${effectiveFrom}`, basis: 'TABLE_1' });
  });

  test('refuses invalid inputs with their paths, changing nothing', async () => {
    const everything = async () => {
      const digest = createHash('sha256');
      const { database, subgraph } = graph.subgraph('infrastructure');
      for (const entity of subgraph.parts.entities) {
        const rows = await database.query(`SELECT * FROM ${database.table(entity)}`);
        digest.update(JSON.stringify(rows.map((row) => JSON.stringify(row)).sort()));
      }
      return digest.digest('hex');
    };
    const system = await registered();
    const item = await recorded(system.id);
    const tomorrow = graph.inDays(1).slice(0, 10);
    const ofSystem = (change: object) => ({ ...target(system), ...change });
    const authorization = (change: object) => authorizationInput(system.id, { ...change });
    const cases: [caller: string, mutation: string, input: object, code: string, path: string, text: RegExp][] = [
      [
        nsa,
        'registerSystem',
        systemInput({ loggingLevel: 6 }),
        'BAD_USER_INPUT',
        'input.loggingLevel',
        /between 0 and 5/,
      ],
      [nsa, 'updateSystem', ofSystem({}), 'BAD_USER_INPUT', 'input', /changes nothing/],
      [
        nsa,
        'updateSystem',
        ofSystem({ name: 'x', expectedRevision: 7 }),
        'REVISION_CONFLICT',
        'input.expectedRevision',
        /7/,
      ],
      [nsa, 'linkSystem', ofSystem({ sectors: ['energy', 'none'] }), 'UNKNOWN_REFERENCE', 'input.sectors.1', /sector/],
      [nsa, 'linkSystem', ofSystem({ domains: ['x.gov'] }), 'UNKNOWN_REFERENCE', 'input.domains.0', /domain/],
      [nsa, 'linkSystem', ofSystem({ cloudOfferings: ['F1'] }), 'UNKNOWN_REFERENCE', 'input.cloudOfferings.0', /cloud/],
      [nsa, 'retireSystem', ofSystem({ occurredAt: graph.inDays(1) }), 'BAD_USER_INPUT', 'input.occurredAt', /future/],
      [CISA, 'retireSystem', ofSystem({}), 'FORBIDDEN', '', /only for CISO/],
      [
        nsa,
        'recordAuthorization',
        authorization({ decidedOn: tomorrow }),
        'BAD_USER_INPUT',
        'input.decidedOn',
        /future/,
      ],
      [nsa, 'recordAuthorization', authorization({ ongoing: true }), 'BAD_USER_INPUT', 'input.expiresOn', /either/],
      [nsa, 'recordAuthorization', authorization({ expiresOn: null }), 'BAD_USER_INPUT', 'input.expiresOn', /either/],
      [
        nsa,
        'recordAuthorization',
        authorization({ expiresOn: '2026-05-01' }),
        'BAD_USER_INPUT',
        'input.expiresOn',
        /before/,
      ],
      [
        nsa,
        'recordAuthorization',
        authorization({ kind: 'NOT_AUTHORIZED' }),
        'BAD_USER_INPUT',
        'input.expiresOn',
        /no term/,
      ],
      [ciso('hhs'), 'recordAuthorization', authorization({}), 'UNKNOWN_REFERENCE', 'input.system', /federal system/],
      [nsa, 'recordInventory', itemInput('sys_none'), 'UNKNOWN_REFERENCE', 'input.system', /federal system/],
      [nsa, 'recordInventory', itemInput(system.id, { count: 0 }), 'BAD_USER_INPUT', 'input.count', /between 1/],
      [
        nsa,
        'recordInventory',
        itemInput(system.id, { lastEnumeratedOn: tomorrow }),
        'BAD_USER_INPUT',
        'input.lastEnumeratedOn',
        /future/,
      ],
      [nsa, 'tagInventory', target(item), 'BAD_USER_INPUT', 'input', /changes nothing/],
      [ciso('hhs'), 'tagInventory', { ...target(item), assetType: 'x' }, 'NOT_FOUND', 'input.id', /inventory item/],
      [CISA, 'proposeMatchRule', ruleInput({ aliases: ['Gate'] }), 'BAD_USER_INPUT', 'input.aliases.0', /pattern/],
      [
        CISA,
        'proposeMatchRule',
        ruleInput({ versionFrom: '2.0', versionBefore: '2' }),
        'BAD_USER_INPUT',
        'input.versionBefore',
        /later/,
      ],
      [CISA, 'issueDirective', directiveInput('BOD 26'), 'BAD_USER_INPUT', 'input.number', /pattern/],
      [CISA, 'issueDirective', directiveInput('BOD 26-04'), 'ALREADY_EXISTS', 'input.number', /exists/],
      [
        CISA,
        'issueDirective',
        directiveInput('BOD 26-98', { issuedOn: tomorrow }),
        'BAD_USER_INPUT',
        'input.issuedOn',
        /future/,
      ],
      [
        CISA,
        'issueDirective',
        directiveInput('BOD 26-98', { supersedes: ['BOD 99-01'] }),
        'UNKNOWN_REFERENCE',
        'input.supersedes.0',
        /directive/,
      ],
      [
        CISA,
        'issueDirective',
        directiveInput('BOD 26-98', { issuedOn: '2026-01-01', supersedes: ['BOD 26-04'] }),
        'BAD_USER_INPUT',
        'input.supersedes',
        /issued later/,
      ],
      [nsa, 'trackDirective', { directive: 'BOD 26-04' }, 'BAD_USER_INPUT', 'input.phase', /3 phases/],
      [nsa, 'trackDirective', { directive: 'BOD 26-04', phase: 9 }, 'UNKNOWN_REFERENCE', 'input.phase', /phase/],
      [
        nsa,
        'adoptPolicy',
        policyInput({ effectiveFrom: '2026-06-01' }),
        'BAD_USER_INPUT',
        'input.effectiveFrom',
        /future/,
      ],
      [
        CISA,
        'adoptPolicy',
        policyInput({ effectiveFrom: '2029-01-01' }),
        'BAD_USER_INPUT',
        'input.directive',
        /number/,
      ],
      [
        nsa,
        'adoptPolicy',
        policyInput({ effectiveFrom: '2029-01-01', directive: 'BOD 26-04' }),
        'BAD_USER_INPUT',
        'input.directive',
        /omit/,
      ],
    ];
    const before = await everything();
    for (const [caller, mutation, input, code, path, text] of cases) {
      const refusal = await graph.refused(caller, mutation, input as Record<string, unknown>);
      expect([mutation, refusal.code, (refusal.inputPath ?? []).join('.')]).toEqual([mutation, code, path]);
      expect(refusal.message).toMatch(text);
    }
    expect(await everything()).toBe(before);
  });
});
