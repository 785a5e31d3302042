import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixedClock } from '#base/clock';
import { packageRoot } from '#base/package-root';
import type { Database } from '#kit/database/database';
import { stableId } from '#kit/ids';
import { type ImportOptions, runImport } from '#kit/import/importer';
import { silent } from '#kit/import/progress';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { importData, watchData } from '../../gateway/cli/import';
import { databaseVariable, settingsBySubgraph, storeSettings } from '../../gateway/cli/settings';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { CatalogEdition } from '../../subgraphs/infrastructure/catalog/catalog-edition';
import { productKey } from '../../subgraphs/infrastructure/matching/product-key';
import {
  matchNames,
  ProductMatchName,
  ProductMatchRule,
} from '../../subgraphs/infrastructure/matching/product-match-rule';
import { FindingDueChange } from '../../subgraphs/infrastructure/remediation/finding-due-change';
import { FederalSystem } from '../../subgraphs/infrastructure/system/federal-system';
import { InventoryItem } from '../../subgraphs/infrastructure/system/inventory-item';
import { Vulnerability } from '../../subgraphs/infrastructure/vulnerability/vulnerability';
import { VulnerabilityFinding } from '../../subgraphs/infrastructure/vulnerability/vulnerability-finding';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { until } from '../support/until';
import { requireWords } from '../support/words';

type Entry = Record<string, unknown> & { cveID: string };

const entry = (number: number, facts: Record<string, unknown> = {}): Entry => ({
  cveID: `CVE-1900-${number}`,
  vendorProject: 'Pumice Works',
  product: 'Gate',
  vulnerabilityName: 'Pumice Works Gate vulnerability',
  dateAdded: '2026-10-01',
  shortDescription: 'Made up.',
  requiredAction: 'Nothing.',
  dueDate: '2026-10-22',
  knownRansomwareCampaignUse: 'Unknown',
  notes: '',
  cwes: [],
  ...facts,
});

const edition = (catalogVersion: string, vulnerabilities: readonly Entry[]) => ({
  title: 'Made-up catalog',
  catalogVersion,
  dateReleased: `${catalogVersion.replaceAll('.', '-')}T12:00:00.1234Z`,
  count: vulnerabilities.length,
  vulnerabilities,
});

const FIRST = edition('2026.10.01', [entry(10001), entry(10002), entry(10003), entry(10004)]);
/** One removed, one with a later due date, one that ransomware uses, one added; and a new field. */
const SECOND = edition('2026.11.02', [
  entry(10001, { dueDate: '2026-11-12', forensicTriage: 'Yes' }),
  entry(10002, { knownRansomwareCampaignUse: 'Known' }),
  entry(10003),
  entry(10005, { dateAdded: '2026-11-01', dueDate: '2026-11-04', severity: 'high' }),
]);
const NOW = '2026-11-03T15:00:00.000Z';

const PUBLISHED = process.env.ORDERGRAPH_PUBLISHED_DATA ?? join(packageRoot, '..', 'shared', 'data');
const infrastructure = subgraphs.find(({ name }) => name === 'infrastructure')!;

describe.each(databaseKinds)('editions of the KEV catalog on %s', (kind) => {
  let databases: TestDatabases;
  let open: OpenSubgraph;
  let database: Database;
  let folder: string;

  beforeAll(async () => {
    databases = await freshDatabases(kind, ['infrastructure']);
    open = await infrastructure.open({ databaseUrl: databases.url('infrastructure') });
    database = open.database;
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-editions-'));
  });
  afterAll(async () => {
    await requireWords([open]);
    await open.close();
    await databases.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  function importFile(path: string, options: ImportOptions = {}) {
    const { importers, entities } = infrastructure.parts;
    const kev = importers.find(({ source }) => source === 'kev')!;
    return runImport(database, kev, path, silent, entities, { clock: fixedClock(NOW), ...options });
  }
  function apply(document: object, options: ImportOptions = {}) {
    const path = join(folder, 'kev.json');
    writeFileSync(path, JSON.stringify(document));
    return importFile(path, options);
  }
  const editions = async () => {
    const rows = await database.query(
      `SELECT ${database.selection(CatalogEdition, 'e')} FROM catalog_edition e ORDER BY id`,
    );
    return rows.map((row) => database.hydrate(CatalogEdition, row));
  };
  const stored = async (number: number) => (await database.findBy(Vulnerability, 'cveId', [`CVE-1900-${number}`]))[0]!;

  async function addInventory(): Promise<void> {
    const rule = Object.assign(new ProductMatchRule(), {
      id: stableId('pmr', 'gate'),
      vendor: 'Pumice Works',
      product: 'Gate',
      productKey: productKey('Pumice Works', 'Gate'),
      aliases: [],
      status: 'ACTIVE',
      revision: 1,
      exercise: false,
    });
    await database.transaction(async (inside) => {
      const system = {
        id: stableId('sys', 'portal'),
        agencyKey: 'treasury',
        name: 'Portal',
        impactLevel: 'LOW',
        status: 'OPERATIONAL',
        highValueAsset: false,
        coveredByAiTool: false,
        revision: 1,
        exercise: false,
      } as const;
      await inside.insert(FederalSystem, [system]);
      await inside.insert(InventoryItem, [
        {
          id: stableId('inv', 'gate'),
          systemId: system.id,
          agencyKey: 'treasury',
          vendor: 'Pumice Works',
          product: 'Gate',
          productKey: rule.productKey,
          count: 1,
          exposure: 'PUBLIC',
          revision: 1,
          exercise: false,
        },
      ]);
      await inside.insert(ProductMatchRule, [rule]);
      await inside.insert(ProductMatchName, matchNames(rule));
    });
  }

  test('applies the first edition, and changes nothing when it is imported again', async () => {
    expect(await apply(FIRST)).toMatchObject({
      imported: 4,
      notes: ['edition 2026.10.01: 4 added, 0 changed, 0 removed'],
    });
    const [first] = await editions();
    expect(first).toMatchObject({
      id: 'kev/2026.10.01',
      status: 'APPLIED',
      releasedAt: '2026-10-01T12:00:00.123Z',
      rows: 4,
      added: 4,
      changed: 0,
      removed: 0,
      source: 'kev.json',
    });
    expect(await apply(FIRST)).toMatchObject({ imported: 0, updated: 0, unchanged: 4 });
    expect(await editions()).toEqual([first]);
  });

  test.each<[string, object, RegExp]>([
    ['an older edition', edition('2026.09.30', FIRST.vulnerabilities), /older than edition 2026\.10\.01/],
    ['an earlier release of the same day', { ...FIRST, dateReleased: '2026-10-01T09:00:00Z' }, /older than edition/],
    ['half of the entries gone', edition('2026.11.01', [entry(10001)]), /3 of 4 entries are gone/],
    [
      'an entry twice',
      edition('2026.11.01', [...FIRST.vulnerabilities, entry(10002)]),
      /lists CVE-1900-10002 more than once/,
    ],
    [
      'a due date before the listing',
      edition('2026.11.01', [...FIRST.vulnerabilities, entry(10006, { dueDate: '2026-09-01' })]),
      /due date precedes the listing of CVE-1900-10006/,
    ],
    [
      'another schema',
      edition(
        '2026.11.01',
        FIRST.vulnerabilities.map(({ dueDate: _dueDate, ...rest }) => ({ ...rest, due: 'soon' }) as unknown as Entry),
      ),
      /it has no dueDate/,
    ],
    ['no version', { vulnerabilities: FIRST.vulnerabilities }, /it has no catalogVersion, dateReleased/],
  ])('refuses %s, records why, and writes nothing', async (_name, document, reason) => {
    const before = await stored(10001);
    const known = (await editions()).length;
    await expect(apply(document)).rejects.toThrow(reason);
    await expect(apply(document)).rejects.toThrow(/--force "<reason>"/);
    const all = await editions();
    expect(all).toHaveLength(known + 1);
    expect(all.filter(({ status, reason: why }) => status === 'REFUSED' && reason.test(why ?? ''))).not.toHaveLength(0);
    expect(await stored(10001)).toEqual(before);
    expect(await database.count(Vulnerability)).toBe(4);
  });

  test('accepts due dates of earlier directives on the first day of the catalog', async () => {
    const early = entry(10004, { dateAdded: '2021-11-03', dueDate: '2021-04-16' });
    const document = edition('2026.10.02', [...FIRST.vulnerabilities.slice(0, 3), early]);
    expect(await apply(document)).toMatchObject({ updated: 1, notes: [expect.stringContaining('0 added, 1 changed')] });
  });

  test('applies the difference of a newer edition to vulnerabilities, deadlines, and matches', async () => {
    await addInventory();
    // raises findings of the stored entries, as an edition would after a change of their products
    await database.transaction((inside) => inside.updateWhere(Vulnerability, { productKey: null }, '1 = 1', []));
    expect((await apply(edition('2026.10.03', FIRST.vulnerabilities))).notes).toContain('4 suspected findings raised');
    const report = await apply(SECOND);
    expect(report).toMatchObject({ imported: 1, updated: 2, unchanged: 1, rejects: [] });
    expect(report.notes).toEqual([
      'edition 2026.11.02: 1 added, 2 changed, 1 removed',
      '1 suspected findings raised',
      'unknown fields were not imported: severity',
    ]);
    expect(await stored(10001)).toMatchObject({ kevDueDate: '2026-11-12', kevForensicTriage: true });
    expect(await stored(10002)).toMatchObject({ ransomwareUse: true, kevForensicTriage: null });
    const removed = await stored(10004);
    expect(removed).toMatchObject({ kevDateAdded: '2026-10-01', kevRemovedOn: '2026-11-02' });
    expect(removed.inKev()).toBe(false);
    const findings = await database.findBy(VulnerabilityFinding, 'agencyKey', ['treasury']);
    expect(findings).toHaveLength(5);
    const dueOf = Object.fromEntries(findings.map(({ cveId, dueAt, dueBasis }) => [cveId, [dueBasis, dueAt]]));
    expect(dueOf).toEqual({
      'CVE-1900-10001': ['KEV_CATALOG', '2026-11-13T04:59:59.999Z'],
      'CVE-1900-10002': ['KEV_CATALOG', '2026-10-23T03:59:59.999Z'],
      'CVE-1900-10003': ['KEV_CATALOG', '2026-10-23T03:59:59.999Z'],
      'CVE-1900-10004': ['NONE', null],
      'CVE-1900-10005': ['KEV_CATALOG', '2026-11-05T04:59:59.999Z'],
    });
    const changes = await database.findBy(FindingDueChange, 'cause', ['CATALOG']);
    expect(changes).toHaveLength(2);
  });

  test('applies an edition that a check refuses when forced, and keeps the reason', async () => {
    const document = edition('2026.11.02', [entry(10001, { dueDate: '2026-11-12' })]);
    const { notes } = await apply(
      { ...document, dateReleased: '2026-11-02T18:00:00Z' },
      { force: 'CISA confirmed the cut' },
    );
    expect(notes).toContain('edition 2026.11.02: 0 added, 1 changed, 3 removed');
    const forced = (await editions()).find(({ id }) => id === 'kev/2026.11.02')!;
    expect(forced).toMatchObject({
      status: 'APPLIED',
      reason: 'CISA confirmed the cut, although 3 of 4 entries are gone',
    });
  });

  test('applies later editions after one without a version was forced', async () => {
    const { catalogVersion: _version, ...rest } = edition('2026.11.02', [entry(10001, { dueDate: '2026-11-12' })]);
    await apply(rest, { force: 'CISA confirmed it' });
    expect((await editions()).find(({ version }) => version === 'unknown')).toMatchObject({ status: 'APPLIED' });
    const later = edition('2026.11.02', [entry(10001, { dueDate: '2026-11-12' })]);
    const { notes } = await apply({ ...later, dateReleased: '2026-11-02T19:00:00Z' });
    expect(notes).toContain('edition 2026.11.02: 0 added, 0 changed, 0 removed');
  });

  test('takes the same number of statements for ten entries and for a hundred', async () => {
    const many = (version: string, count: number) =>
      edition(version, [
        entry(10001, { dueDate: '2026-11-12' }),
        ...Array.from({ length: count }, (_, place) => entry(20_000 + place, { product: `Wall ${version}` })),
      ]);
    const ten = await database.counting(() => apply(many('2026.11.03', 10)));
    const hundred = await database.counting(() => apply(many('2026.11.04', 100)));
    expect(ten.result.imported).toBe(10);
    expect(hundred.result).toMatchObject({ imported: 90, updated: 10 });
    expect(hundred.statements.length).toBe(ten.statements.length);
  });

  test('sends one event for each edition that it applies, in the same transaction', async () => {
    const fresh = await freshDatabases(kind, ['infrastructure']);
    const subgraph = await infrastructure.open({ databaseUrl: fresh.url('infrastructure') });
    const kev = infrastructure.parts.importers.find(({ source }) => source === 'kev')!;
    const path = join(folder, 'fresh.json');
    const run = (document: object, options: ImportOptions = {}) => {
      writeFileSync(path, JSON.stringify(document));
      const { entities } = infrastructure.parts;
      return runImport(subgraph.database, kev, path, silent, entities, { clock: fixedClock(NOW), ...options });
    };
    const sent = async () =>
      (
        await subgraph.database.query<{ type: string; subject: string; data: string }>(
          'SELECT type, subject, data FROM outbox ORDER BY position',
        )
      ).map(({ data, ...event }) => ({ ...event, data: JSON.parse(data) }));
    const applied = (version: string, releasedAt: string, [rows, added, changed, removed]: readonly number[]) => ({
      ...{ type: 'infrastructure.edition-applied', subject: `kev/${version}` },
      data: { catalog: 'KEV', version, releasedAt, appliedAt: NOW, ...{ rows, added, changed, removed } },
    });
    try {
      const events = [applied('2026.10.01', '2026-10-01T12:00:00.123Z', [4, 4, 0, 0])];
      await run(FIRST);
      expect(await sent()).toEqual(events);
      await run(FIRST);
      await run({ ...FIRST, dateReleased: '2026-10-01T18:00:00Z' });
      await expect(run(edition('2026.09.30', FIRST.vulnerabilities))).rejects.toThrow(/was refused/);
      expect(await sent()).toEqual(events);
      await run(SECOND);
      events.push(applied('2026.11.02', '2026-11-02T12:00:00.123Z', [4, 1, 2, 1]));
      expect(await sent()).toEqual(events);
      await run(FIRST, { force: 'CISA withdrew the last' });
      await run(FIRST, { force: 'CISA withdrew the last' });
      events.push(applied('2026.10.01', '2026-10-01T12:00:00.123Z', [4, 1, 2, 1]));
      expect(await sent()).toEqual(events);
      // an edition whose event cannot be written is not applied
      const state = async () => [
        await subgraph.database.query('SELECT id, received_at FROM catalog_edition ORDER BY id'),
        await subgraph.database.query('SELECT cve_id, kev_due_date, kev_removed_on FROM vulnerability ORDER BY cve_id'),
      ];
      const before = await state();
      await subgraph.database.transaction((inside) => inside.query('ALTER TABLE outbox RENAME TO outbox_away'));
      await expect(run(edition('2026.11.03', SECOND.vulnerabilities))).rejects.toThrow(/outbox/);
      expect(await state()).toEqual(before);
    } finally {
      await subgraph.close();
      await fresh.drop();
    }
  });

  (existsSync(PUBLISHED) ? test : test.skip)(
    'applies the edition of August 2026 over that of August 2025',
    async () => {
      const real = await freshDatabases(kind, ['infrastructure']);
      const subgraph = await infrastructure.open({ databaseUrl: real.url('infrastructure') });
      const { importers, entities } = infrastructure.parts;
      const run = (source: string, path: string) =>
        runImport(
          subgraph.database,
          importers.find((one) => one.source === source)!,
          join(PUBLISHED, path),
          silent,
          entities,
        );
      try {
        expect((await run('kev', 'publishers/known_exploited_vulnerabilities.json')).notes).toEqual([
          'edition 2025.08.25: 1404 added, 0 changed, 0 removed',
        ]);
        const before = await subgraph.database.query<{ id: string; due: string; ransomware: number | null }>(
          'SELECT cve_id AS id, kev_due_date AS due, ransomware_use AS ransomware FROM vulnerability',
        );
        const report = await run('kev', 'sets/kev-2026-08-21/kev-edition-2026.08.21.json');
        expect(report).toMatchObject({ read: 1674, imported: 270, rejects: [] });
        expect(report.notes).toEqual(['edition 2026.08.21: 270 added, 51 changed, 0 removed']);
        const after = new Map(
          (
            await subgraph.database.query<{ id: string; due: string; ransomware: number | null }>(
              'SELECT cve_id AS id, kev_due_date AS due, ransomware_use AS ransomware FROM vulnerability',
            )
          ).map((row) => [row.id, row]),
        );
        expect(before.filter(({ id, due }) => after.get(id)!.due !== due)).toHaveLength(15);
        expect(before.filter(({ id, ransomware }) => after.get(id)!.ransomware !== ransomware)).toHaveLength(30);
        expect(await run('vulnrichment', 'sets/vulnrichment/ssvc-kev-2026-08-21.json')).toMatchObject({
          read: 1674,
          updated: 1674,
          rejects: [],
        });
        await expect(run('kev', 'publishers/known_exploited_vulnerabilities.json')).rejects.toThrow(
          /270 of 1674|older than edition 2026\.08\.21/,
        );
      } finally {
        await subgraph.close();
        await real.drop();
      }
    },
  );
});

test('imports SSVC values from CVE records, also of vulnerabilities outside the catalog', async () => {
  const databases = await freshDatabases('sqlite', ['infrastructure']);
  const { database, close } = await openInfrastructure(databases);
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-ssvc-'));
  const path = join(folder, 'records.json');
  const ssvc = (timestamp: string, automatable: string, impact: string) => ({
    other: {
      type: 'ssvc',
      content: {
        timestamp,
        options: [{ Exploitation: 'PoC' }, { Automatable: automatable }, { 'Technical Impact': impact }],
      },
    },
  });
  const record = (cveId: string, cna: object = {}) => ({
    cveMetadata: { cveId },
    containers: {
      cna,
      adp: [
        { providerMetadata: { shortName: 'other' }, metrics: [ssvc('2026-12-01T00:00:00Z', 'no', 'partial')] },
        {
          providerMetadata: { shortName: 'CISA-ADP' },
          metrics: [ssvc('2026-10-01T12:00:00Z', 'no', 'partial'), ssvc('2026-10-05T12:00:00Z', 'Yes', 'Total')],
        },
      ],
    },
  });
  const run = (source: string, document: object) => {
    writeFileSync(path, JSON.stringify(document));
    const importer = infrastructure.parts.importers.find((one) => one.source === source)!;
    return runImport(database, importer, path, silent, infrastructure.parts.entities);
  };
  try {
    await run('kev', FIRST);
    const known = {
      affected: [{ vendor: 'Pumice Works', product: 'Fence' }],
      title: 'Fence flaw',
      descriptions: [{ lang: 'en', value: 'Made up.' }],
    };
    const report = await run('vulnrichment', [
      record('CVE-1900-10001'),
      record('CVE-1900-30001', known),
      record('CVE-1900-30002'),
      { cveId: 'CVE-1900-10002', exploitation: 'active', automatable: 'maybe', technicalImpact: 'total', date: null },
    ]);
    expect(report).toMatchObject({ imported: 1, updated: 1 });
    expect(report.rejects.map(({ line, column }) => [line, column])).toEqual([
      [3, 'cveId'],
      [4, 'automatable'],
    ]);
    const evaluation = {
      exploitation: 'POC',
      automatable: true,
      technicalImpact: 'TOTAL',
      ssvcEvaluatedOn: '2026-10-05',
      ssvcSource: 'CISA-ADP',
    };
    const rows = await database.findBy(Vulnerability, 'cveId', ['CVE-1900-10001', 'CVE-1900-30001']);
    expect(rows.find(({ cveId }) => cveId === 'CVE-1900-10001')).toMatchObject({
      ...evaluation,
      kevDueDate: '2026-10-22',
    });
    const outside = rows.find(({ cveId }) => cveId === 'CVE-1900-30001')!;
    expect(outside).toMatchObject({
      ...evaluation,
      product: 'Fence',
      name: 'Fence flaw',
      kevDateAdded: null,
      requiredAction: null,
    });
    expect(outside.inKev()).toBe(false);
    // the next edition keeps the values, and lists the other vulnerability
    expect(await run('kev', edition('2026.11.01', [...FIRST.vulnerabilities, entry(30001)]))).toMatchObject({
      updated: 1,
      notes: ['edition 2026.11.01: 1 added, 0 changed, 0 removed'],
    });
    expect((await database.findBy(Vulnerability, 'cveId', ['CVE-1900-30001']))[0]).toMatchObject({
      ...evaluation,
      kevDateAdded: '2026-10-01',
    });
  } finally {
    await close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function openInfrastructure(
  databases: TestDatabases,
): Promise<{ database: Database; close: () => Promise<void> }> {
  const open = await infrastructure.open({ databaseUrl: databases.url('infrastructure') });
  const close = async () => {
    await open.close();
    await databases.drop();
  };
  return { database: open.database, close };
}

describe('watching a catalog', () => {
  let server: Server;
  let published: { document: object; etag: string };
  const requests: IncomingHttpHeaders[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request.headers);
      if (request.headers['if-none-match'] === published.etag) response.writeHead(304).end();
      else response.writeHead(200, { etag: published.etag }).end(JSON.stringify(published.document));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  test('downloads an edition again only when the server has another', async () => {
    const databases = await freshDatabases('sqlite', ['infrastructure']);
    process.env[databaseVariable('infrastructure')] = databases.url('infrastructure');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/kev.json`;
    const options = { source: 'kev', file: url, settingsOf: settingsBySubgraph(storeSettings) };
    const output: string[] = [];
    const printed = (text: RegExp) =>
      until(
        () => text.test(output.join('')),
        () => `the command prints ${text}`,
      );
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(String(text)) > 0);
    const errors = jest.spyOn(process.stderr, 'write').mockImplementation((text) => output.push(String(text)) > 0);
    try {
      published = { document: FIRST, etag: '"first"' };
      await importData(options);
      await importData(options);
      expect(requests.map((headers) => headers['if-none-match'])).toEqual([undefined, '"first"']);
      expect(output.join('')).toContain('edition 2026.10.01: 4 added');
      expect(output.join('')).toContain('kev: not modified since the last import');
      // a watch survives a refused edition, and applies the next
      published = { document: edition('2026.09.01', FIRST.vulnerabilities), etag: '"older"' };
      const stop = new AbortController();
      const watching = watchData(options, 0.0001, stop.signal);
      await printed(/older than edition/);
      published = { document: SECOND, etag: '"second"' };
      await printed(/edition 2026\.11\.02: 1 added/);
      stop.abort();
      await watching;
      await expect(watchData({ ...options, file: 'kev.json' }, 1, stop.signal)).rejects.toThrow(
        /--watch needs a source with editions/,
      );
    } finally {
      write.mockRestore();
      errors.mockRestore();
      delete process.env[databaseVariable('infrastructure')];
      await databases.drop();
    }
  });
});
