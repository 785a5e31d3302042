import { civilDate } from '#base/civil';
import { fixedClock } from '#base/clock';
import type { Database } from '#kit/database/database';
import { stableId } from '#kit/ids';
import { systemWork } from '#kit/mutation/work';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { matchInventory } from '../../subgraphs/infrastructure/matching/match';
import { productKey } from '../../subgraphs/infrastructure/matching/product-key';
import {
  matchNames,
  ProductMatchName,
  ProductMatchRule,
} from '../../subgraphs/infrastructure/matching/product-match-rule';
import { compareVersions, mayInclude } from '../../subgraphs/infrastructure/matching/version';
import { remediationDue } from '../../subgraphs/infrastructure/remediation/due';
import { FindingDueChange } from '../../subgraphs/infrastructure/remediation/finding-due-change';
import { ForensicTriage } from '../../subgraphs/infrastructure/remediation/forensic-triage';
import { PolicyBook } from '../../subgraphs/infrastructure/remediation/policy-book';
import {
  applyRemediationPolicies,
  type DueFilter,
  insertFindings,
  recomputeDueDates,
} from '../../subgraphs/infrastructure/remediation/recompute';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { InventoryItem } from '../../subgraphs/infrastructure/system/inventory-item';
import { InfrastructureEvent } from '../../subgraphs/infrastructure/timeline/infrastructure-event';
import { Vendor } from '../../subgraphs/infrastructure/vendor/vendor';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';

const BEFORE = '2026-11-20T15:00:00.000Z';
const AFTER = '2026-12-08T15:00:00.000Z';
const LATER = '2026-12-10T15:00:00.000Z';

const system = (name: string, status: FederalSystem['status'] = 'OPERATIONAL'): Partial<FederalSystem> => ({
  id: stableId('sys', name),
  agencyKey: 'treasury',
  name,
  impactLevel: 'HIGH',
  status,
  highValueAsset: false,
  atoExpires: null,
  coveredByAiTool: false,
  coveredSince: null,
  revision: 1,
  exercise: false,
});

const item = (
  name: string,
  of: Partial<FederalSystem>,
  product: string,
  version: string | null,
): Partial<InventoryItem> => ({
  id: stableId('inv', name),
  systemId: of.id,
  agencyKey: of.agencyKey,
  vendor: 'Pumice Works',
  product,
  version,
  productKey: productKey('Pumice Works', product),
  count: 1,
  exposure: 'UNKNOWN',
  revision: 1,
  exercise: false,
});

const vulnerability = (number: number, product: string, facts: Partial<Vulnerability>): Partial<Vulnerability> => ({
  cveId: `CVE-1900-${number}`,
  vendorKey: 'pumice-works',
  vendorName: 'Pumice Works',
  product,
  productKey: productKey('Pumice Works', product),
  name: `${product} vulnerability`,
  description: 'Made up.',
  kevDateAdded: null,
  kevDueDate: null,
  cwes: [],
  exercise: false,
  ...facts,
});

const LISTED = { kevDateAdded: '2026-11-18', kevDueDate: '2026-12-02' };
const TOTAL = { automatable: false, technicalImpact: 'TOTAL' } as const;
const PORTAL = system('Portal');
const RETIRED = system('Old portal', 'DISPOSITION');
const GATE = item('gate', PORTAL, 'Gate', '2.4');

describe.each(databaseKinds)('remediation on %s', (kind) => {
  let databases: TestDatabases;
  let open: OpenSubgraph;
  let database: Database;
  const definition = subgraphs.find(({ name }) => name === 'infrastructure')!;

  beforeAll(async () => {
    databases = await freshDatabases(kind, ['infrastructure']);
    open = await definition.open({ databaseUrl: databases.url('infrastructure') });
    database = open.database;
    await database.transaction(async (inside) => {
      await inside.insert(Vendor, [{ key: 'pumice-works', name: 'Pumice Works', exercise: false }]);
      await inside.insert(FederalSystem, [PORTAL, RETIRED]);
      await inside.insert(InventoryItem, [
        GATE,
        item('gate of the old portal', RETIRED, 'Gate', '2.4'),
        item('fence', PORTAL, 'Fence', '1.0'),
        item('new fence', PORTAL, 'Fence', '3.0'),
        item('fence by another name', PORTAL, 'FENCE (Enterprise)', null),
      ]);
      await inside.insert(Vulnerability, [
        vulnerability(10001, 'Gate', { ...LISTED, ...TOTAL }),
        vulnerability(10002, 'Gate', {}),
        vulnerability(10003, 'Fence', LISTED),
        vulnerability(10004, 'Fence', { ...LISTED, kevRemovedOn: '2026-11-19' }),
      ]);
    });
  });
  afterAll(async () => {
    await open?.close();
    await databases?.drop();
  });

  const FINDING = stableId('vfn', 'gate listed');
  const UNLISTED = stableId('vfn', 'gate not listed');
  const workAt = <T>(at: string, run: Parameters<typeof systemWork<T>>[2]) => systemWork(database, fixedClock(at), run);
  const recomputeAt = (at: string, filter: DueFilter, cause: Parameters<typeof recomputeDueDates>[2]) =>
    workAt(at, (work) => recomputeDueDates(work, filter, cause));
  const finding = async (id: string) => (await database.findBy(VulnerabilityFinding, 'id', [id]))[0]!;
  const logOf = async (id: string) =>
    (await database.findBy(FindingDueChange, 'findingId', [id])).toSorted((a, b) => a.sequence - b.sequence);
  const triageOf = async (id: string) =>
    (await database.findBy(ForensicTriage, 'findingId', [id])).map(({ status }) => status);

  test('I7, P3: starts the clock with the listing or the detection, whichever came first', async () => {
    const detectedAt = '2026-11-20T02:00:00.000Z';
    const facts = {
      exposure: 'UNKNOWN',
      kevForensicTriage: null,
      automatable: false,
      technicalImpact: 'TOTAL',
    } as const;
    const common = {
      systemId: PORTAL.id!,
      agencyKey: 'treasury',
      itemId: GATE.id,
      detectedAt,
      status: 'OPEN',
      method: 'scan',
      revision: 1,
      exercise: false,
    } as const;
    await workAt(BEFORE, async (work) =>
      insertFindings(work, await PolicyBook.read(work.database), [
        { finding: { ...common, id: FINDING, cveId: 'CVE-1900-10001' }, facts: { ...facts, ...LISTED } },
        {
          finding: { ...common, id: UNLISTED, cveId: 'CVE-1900-10002' },
          facts: { ...facts, kevDateAdded: null, kevDueDate: null, automatable: null, technicalImpact: null },
        },
      ]),
    );
    expect(await finding(FINDING)).toMatchObject({
      clockStartedAt: '2026-11-18',
      dueAt: '2026-12-03T04:59:59.999Z',
      dueBasis: 'KEV_CATALOG',
      policyRow: null,
    });
    // November 20 in UTC was the evening of November 19 in New York
    expect(await finding(UNLISTED)).toMatchObject({ clockStartedAt: '2026-11-19', dueAt: null, dueBasis: 'NONE' });
    expect(await triageOf(FINDING)).toEqual([]);
  });

  test('applies Table 1 to active findings on the day it takes effect, and once only', async () => {
    expect(await applyRemediationPolicies.run(database, fixedClock(BEFORE))).toBe(0);
    expect(await applyRemediationPolicies.run(database, fixedClock(AFTER))).toBe(2);
    expect(await applyRemediationPolicies.run(database, fixedClock(AFTER))).toBe(0);
    expect(await finding(FINDING)).toMatchObject({
      clockStartedAt: '2026-11-18',
      dueAt: '2026-11-22T04:59:59.999Z',
      dueBasis: 'TABLE_1_ROW',
      policyRow: 3,
      revision: 2,
    });
    expect(await finding(UNLISTED)).toMatchObject({ dueAt: '2027-01-19T04:59:59.999Z', policyRow: null });
    expect(await logOf(FINDING)).toMatchObject([
      { cause: 'DETECTED', oldDueAt: null, newDueAt: '2026-12-03T04:59:59.999Z' },
      { cause: 'POLICY', oldDueAt: '2026-12-03T04:59:59.999Z', newRow: 3, exposure: 'UNKNOWN', at: AFTER },
    ]);
  });

  test('I12, P4: requires triage with the row, and drops one that has not begun when the row changes', async () => {
    expect(await triageOf(FINDING)).toEqual(['DUE']);
    await database.update(InventoryItem, GATE.id!, { exposure: 'INTERNAL' });
    expect(await recomputeAt(AFTER, { items: [GATE.id!] }, 'TAG')).toBe(1);
    expect(await finding(FINDING)).toMatchObject({ policyRow: 11, dueAt: '2026-12-03T04:59:59.999Z' });
    expect(await triageOf(FINDING)).toEqual([]);
    await database.update(Vulnerability, 'CVE-1900-10001', { automatable: true });
    expect(await recomputeAt(LATER, { cves: ['CVE-1900-10001'] }, 'SSVC')).toBe(1);
    expect(await finding(FINDING)).toMatchObject({ policyRow: 9, clockStartedAt: '2026-11-18' });
    expect(await triageOf(FINDING)).toEqual(['DUE']);
  });

  test('keeps the start of the clock when the catalog lists or removes a vulnerability', async () => {
    await database.update(Vulnerability, 'CVE-1900-10002', {
      kevDateAdded: '2026-12-09',
      kevDueDate: '2026-12-12',
      ...TOTAL,
    });
    expect(await recomputeAt(LATER, { cves: ['CVE-1900-10002'] }, 'CATALOG')).toBe(1);
    expect(await finding(UNLISTED)).toMatchObject({ clockStartedAt: '2026-11-19', policyRow: 11 });
    await database.update(Vulnerability, 'CVE-1900-10001', { kevRemovedOn: '2026-12-10' });
    expect(await recomputeAt(LATER, { cves: ['CVE-1900-10001'] }, 'CATALOG')).toBe(1);
    expect(await finding(FINDING)).toMatchObject({ clockStartedAt: '2026-11-18', policyRow: 13 });
  });

  test('leaves the deadline of a resolved finding, and unchanged ones out of the log', async () => {
    const before = [await logOf(FINDING), await logOf(UNLISTED)];
    expect(await recomputeAt(LATER, {}, 'CATALOG')).toBe(0);
    await database.update(VulnerabilityFinding, UNLISTED, { status: 'REMEDIATED', remediatedAt: LATER });
    await database.update(InventoryItem, GATE.id!, { exposure: 'PUBLIC' });
    expect(await recomputeAt(LATER, { systems: [PORTAL.id!], findings: [UNLISTED] }, 'TAG')).toBe(0);
    expect([await logOf(FINDING), await logOf(UNLISTED)]).toEqual(before);
  });

  test('P1, P7: raises suspected findings for items that active rules match, in systems in operation', async () => {
    const rule = (name: string, facts: Partial<ProductMatchRule>) =>
      Object.assign(new ProductMatchRule(), {
        id: stableId('pmr', name),
        vendor: 'Pumice Works',
        product: name,
        productKey: productKey('Pumice Works', name),
        aliases: [],
        versionFrom: null,
        versionBefore: null,
        status: 'ACTIVE',
        activatedAt: BEFORE,
        revision: 1,
        exercise: false,
        ...facts,
      });
    const rules = [
      rule('Fence', { versionBefore: '2.0', aliases: ['PUMICE WORKS, Inc.: Fence Enterprise'] }),
      rule('Gate', { status: 'PROPOSED', activatedAt: null }),
    ];
    await database.transaction(async (inside) => {
      await inside.insert(ProductMatchRule, rules);
      await inside.insert(ProductMatchName, rules.flatMap(matchNames));
    });
    expect(await workAt(AFTER, (work) => matchInventory(work))).toBe(2);
    const raised = await database.findBy(VulnerabilityFinding, 'matchRuleId', [rules[0]!.id]);
    const items = ['fence', 'fence by another name'].map((name) => stableId('inv', name));
    expect(raised.map(({ itemId }) => itemId).toSorted()).toEqual(items.toSorted());
    for (const match of raised) {
      // neither SSVC value is known, and the exposure is not: row 1
      expect(match).toMatchObject({
        cveId: 'CVE-1900-10003',
        status: 'SUSPECTED',
        policyRow: 1,
        dueAt: '2026-11-22T04:59:59.999Z',
      });
      expect(match.overdue({ clock: fixedClock(AFTER) })).toBe(false);
      expect(await logOf(match.id)).toMatchObject([{ sequence: 1, cause: 'DETECTED', newRow: 1, triage: true }]);
      expect(await database.findBy(InfrastructureEvent, 'subjectId', [match.id])).toMatchObject([
        { subjectType: 'FINDING', kind: 'FINDING_SUSPECTED', actor: 'SYSTEM', toState: 'SUSPECTED' },
      ]);
    }
    await database.update(VulnerabilityFinding, raised[0]!.id, { status: 'FALSE_POSITIVE' });
    expect(await workAt(LATER, (work) => matchInventory(work, { rules: rules.map(({ id }) => id) }))).toBe(0);
  });

  test('takes the same number of statements for one match and for hundreds', async () => {
    const systems = Array.from({ length: 300 }, (_, place) => system(`Branch ${place}`));
    await database.transaction(async (inside) => {
      await inside.insert(FederalSystem, systems);
      await inside.insert(
        InventoryItem,
        systems.map((of) => item(`fence of ${of.name}`, of, 'Fence', '1.5')),
      );
      await inside.insert(Vulnerability, [vulnerability(10005, 'Fence', LISTED), vulnerability(10006, 'Wall', LISTED)]);
      await inside.insert(InventoryItem, [item('wall', PORTAL, 'Wall', null)]);
      const wall = Object.assign(new ProductMatchRule(), {
        id: stableId('pmr', 'Wall'),
        vendor: 'Pumice Works',
        product: 'Wall',
        productKey: productKey('Pumice Works', 'Wall'),
        aliases: [],
        status: 'ACTIVE',
        revision: 1,
        exercise: false,
      });
      await inside.insert(ProductMatchRule, [wall]);
      await inside.insert(ProductMatchName, matchNames(wall));
    });
    const counted = (cves: readonly string[]) =>
      database.counting(() => workAt(AFTER, (work) => matchInventory(work, { cves })));
    const one = await counted(['CVE-1900-10006']);
    const many = await counted(['CVE-1900-10005']);
    expect([one.result, many.result]).toEqual([1, 302]);
    expect(many.statements.length).toBe(one.statements.length);
    await database.transaction((inside) =>
      inside.updateWhere(InventoryItem, { exposure: 'INTERNAL' }, "product = 'Fence'", []),
    );
    const recompute = await database.counting(() => recomputeAt(AFTER, { cves: ['CVE-1900-10005'] }, 'TAG'));
    // all but the item whose inventory calls the product otherwise
    expect(recompute.result).toBe(301);
    expect(recompute.statements.length).toBeLessThan(20);
  });

  test('I11, P2: replays every deadline from its log, at any past time', async () => {
    const book = await PolicyBook.read(database);
    const changes = await database.findBy(FindingDueChange, 'agencyKey', ['treasury']);
    for (const entry of changes) {
      const due = remediationDue(entry, book.at(civilDate(entry.at), entry.agencyKey));
      expect(due).toEqual({
        dueAt: entry.newDueAt,
        dueBasis: entry.newBasis,
        policyRow: entry.newRow,
        triage: entry.triage,
      });
    }
    const logs = Map.groupBy(changes, ({ findingId }) => findingId);
    const findings = await database.findBy(VulnerabilityFinding, 'agencyKey', ['treasury']);
    expect(findings.length).toBe(logs.size);
    for (const { id, dueAt, dueBasis, policyRow, clockStartedAt } of findings) {
      const log = logs.get(id)!.toSorted((a, b) => a.sequence - b.sequence);
      expect(log.at(-1)).toMatchObject({ newDueAt: dueAt, newBasis: dueBasis, newRow: policyRow, clockStartedAt });
      log.forEach((entry, place) => {
        const before = log[place - 1];
        expect([entry.sequence, entry.oldDueAt, entry.oldRow]).toEqual([
          place + 1,
          before?.newDueAt ?? null,
          before?.newRow ?? null,
        ]);
      });
    }
  });

  test('rejects changes to the log of deadlines', async () => {
    const [entry] = await logOf(FINDING);
    const refusal = /database|only ever added/i;
    await expect(database.update(FindingDueChange, entry!.id, { newDueAt: null })).rejects.toThrow(refusal);
    await expect(
      database.transaction((inside) => inside.query('DELETE FROM finding_due_change WHERE id = ?', [entry!.id])),
    ).rejects.toThrow(refusal);
    expect(await logOf(FINDING)).toContainEqual(entry);
  });
});

test.each([
  ['1.10', '1.9', 1],
  ['2.0', '2', 0],
  ['10.0.1', '10.0.0', 1],
  ['1.0a', '1.0b', -1],
  ['V9', 'v9.0', 0],
])('compares versions %s and %s', (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b)!)).toBe(sign);
  expect(Math.sign(compareVersions(b, a)!)).toBe(sign === 0 ? 0 : -sign);
});

test.each([
  ['1.0-rc1', '1.0'],
  ['1.0.2k', '1.0.2'],
  ['1.x', '1.5'],
])('does not decide whether %s is before %s, so that a range may include it', (a, b) => {
  expect([compareVersions(a, b), compareVersions(b, a)]).toEqual([null, null]);
  expect(mayInclude({ versionFrom: null, versionBefore: b }, a)).toBe(true);
  expect(mayInclude({ versionFrom: b, versionBefore: null }, a)).toBe(true);
});

test('includes the first version of a range, and not the one that fixes it', () => {
  const range = { versionFrom: '2.0', versionBefore: '2.5' };
  expect(['1.9', '2.0', '2.4.9', '2.5', null].map((version) => mayInclude(range, version))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
});
