import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { packageRoot } from '#base/package-root';
import { federalHolidays } from '#domain/business-days';
import type { OpenSubgraph } from '#kit/subgraph/subgraph';
import { importData } from '../../gateway/cli/import';
import { databaseVariable, settingsBySubgraph, storeSettings } from '../../gateway/cli/settings';
import { subgraphs } from '../../gateway/cli/subgraphs';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';

/** Folder of the publishers' files, which are not part of the project. */
const FOLDER = process.env.ORDERGRAPH_PUBLISHED_DATA ?? join(packageRoot, '..', 'shared', 'data');
const published = existsSync(FOLDER);

test('requires the published files in continuous integration', () => {
  expect(published || !process.env.CI).toBe(true);
});

const json = (path: string) => JSON.parse(readFileSync(join(FOLDER, path), 'utf8'));
const csv = (path: string): Record<string, string>[] =>
  parse(readFileSync(join(FOLDER, path)), { bom: true, columns: true });

(published ? describe : describe.skip).each(databaseKinds)('the published data on %s', (kind) => {
  let databases: TestDatabases;
  let output = '';
  const open = new Map<string, OpenSubgraph>();
  const write = process.stdout.write;

  async function importAll(): Promise<string> {
    output = '';
    process.stdout.write = ((text: string) => {
      output += text;
      return true;
    }) as typeof process.stdout.write;
    try {
      await importData({ source: 'all', file: FOLDER, settingsOf: settingsBySubgraph(storeSettings) });
    } finally {
      process.stdout.write = write;
    }
    return output;
  }

  beforeAll(async () => {
    databases = await freshDatabases(
      kind,
      subgraphs.map(({ name }) => name),
    );
    for (const { name } of subgraphs) process.env[databaseVariable(name)] = databases.url(name);
    await importAll();
    for (const subgraph of subgraphs)
      open.set(subgraph.name, await subgraph.open({ databaseUrl: databases.url(subgraph.name) }));
  });
  afterAll(async () => {
    for (const { name } of subgraphs) delete process.env[databaseVariable(name)];
    for (const subgraph of open.values()) await subgraph.close();
    await databases?.drop();
  });

  async function count(subgraph: string, table: string, where = '1 = 1'): Promise<number> {
    const [row] = await open
      .get(subgraph)!
      .database.query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`);
    return Number(row!.n);
  }

  test('imports every published row and rejects none', () => {
    const [, files, read, imported, updated, unchanged, rejected] =
      /(\d+) files, (\d+) rows: (\d+) imported, (\d+) updated, (\d+) unchanged, (\d+) rejected/
        .exec(output)!
        .map(Number);
    expect(files).toBe(37);
    expect(imported! + updated! + unchanged! + rejected!).toBe(read);
    expect(rejected).toBe(0);
  });

  test.each([
    ['infrastructure', 'vulnerability', '1 = 1', 1404],
    ['infrastructure', 'vulnerability', 'automatable IS NOT NULL AND technical_impact IS NOT NULL', 1404],
    ['infrastructure', 'ai_use_case', "inventory = 'INDIVIDUAL'", 3611],
    ['infrastructure', 'ai_use_case', "inventory = 'COMMERCIAL'", 900],
    ['infrastructure', 'gov_domain', '1 = 1', 1321],
    ['infrastructure', 'bureau', '1 = 1', 340],
    ['infrastructure', 'cloud_offering', '1 = 1', 642],
    ['infrastructure', 'agency_authorization', '1 = 1', 3192],
    ['infrastructure', 'marketplace_agency', '1 = 1', 241],
    ['infrastructure', 'control', '1 = 1', 424],
    ['infrastructure', 'capability_dimension', '1 = 1', 134],
    ['infrastructure', 'sector', '1 = 1', 16],
    ['reviews', 'atlas_tactic', '1 = 1', 16],
    ['reviews', 'atlas_technique', '1 = 1', 170],
    ['reviews', 'atlas_mitigation', '1 = 1', 35],
    ['reviews', 'atlas_case_study', '1 = 1', 57],
    ['reviews', 'evaluation_definition', '1 = 1', 107],
    ['reviews', 'evaluation_item', '1 = 1', 78],
    ['submissions', 'model_version', '1 = 1', 246],
    ['submissions', 'order_provision', '1 = 1', 8],
    ['workforce', 'work_role', "framework = 'DCWF'", 68],
    ['workforce', 'work_role', "framework = 'NICE'", 41],
    ['workforce', 'ksat', '1 = 1', 2221],
    ['workforce', 'opm_agency', '1 = 1', 803],
    ['workforce', 'workforce_flow', '1 = 1', 129 * 39 + 3 * 39],
  ])('counts in %s the rows of %s where %s: %d', async (subgraph, table, where, expected) => {
    expect(await count(subgraph, table, where)).toBe(expected);
  });

  test('returns all frontier releases and all job postings from the graph', async () => {
    const releases = csv('publishers/frontier_ai_models.csv').map((row) => row.Model!.trim());
    const names = await open
      .get('submissions')!
      .database.query<{ public_name: string }>('SELECT public_name FROM ai_model WHERE frontier = 1');
    const publicNames = new Set(names.map((row) => row.public_name));
    expect(releases).toHaveLength(137);
    expect(releases.filter((name) => !publicNames.has(name))).toEqual([]);
    const postings: { controlNumber: string }[] = json('sets/usajobs/postings-ai-cyber.json');
    const rows = await open
      .get('workforce')!
      .database.query<{ control_number: string }>('SELECT control_number FROM announcement');
    const stored = new Set(rows.map((row) => row.control_number));
    expect(postings).toHaveLength(4738);
    expect(postings.filter(({ controlNumber }) => !stored.has(controlNumber))).toEqual([]);
  });

  test('returns from joins the counts that were established by hand', async () => {
    expect(await count('infrastructure', 'ai_use_case', "inventory = 'INDIVIDUAL' AND agency_key IS NOT NULL")).toBe(
      3591,
    );
    const postings = new Set(
      json('sets/usajobs/postings-ai-cyber.json').map((row: { controlNumber: string }) => row.controlNumber),
    );
    const matched = await open
      .get('workforce')!
      .database.query<{ control_number: string }>(
        'SELECT control_number FROM announcement WHERE agency_key IS NOT NULL',
      );
    expect(matched.filter((row) => postings.has(row.control_number))).toHaveLength(4206);
    expect(await count('infrastructure', 'agency_authorization', 'agency_key IS NOT NULL')).toBeGreaterThanOrEqual(
      2662,
    );
    const vendors = await open.get('infrastructure')!.database.query<{ vendor: string; n: number }>(
      `SELECT l.target_key AS vendor, COUNT(*) AS n FROM ai_use_case_vendors l JOIN ai_use_case u ON u.id = l.owner_key
       WHERE u.inventory = 'INDIVIDUAL' GROUP BY l.target_key`,
    );
    const uses = new Map(vendors.map(({ vendor, n }) => [vendor, Number(n)]));
    // "Open AI", written apart, counts as OpenAI here; the manual count took the name as one word
    const apart = csv('publishers/federal_ai_use_cases_2025.csv').filter(
      (row) => /\bopen ai\b/i.test(row.vendor_name!) && !/\bopenai\b/i.test(row.vendor_name!),
    ).length;
    expect(
      Object.fromEntries(
        ['microsoft', 'openai', 'google', 'amazon', 'palantir', 'anthropic'].map((key) => [key, uses.get(key)]),
      ),
    ).toEqual({
      microsoft: 116,
      openai: 39 + apart,
      google: 32,
      amazon: 27,
      palantir: 26,
      anthropic: 6,
    });
    const counterparts = await open
      .get('workforce')!
      .database.query(
        "SELECT DISTINCT l.owner_key FROM work_role_counterparts l JOIN work_role r ON r.code = l.owner_key WHERE r.framework = 'NICE'",
      );
    expect(counterparts).toHaveLength(39);
    const versions = await open.get('submissions')!.database.query<{ id: string }>('SELECT id FROM model_version');
    const versionIds = new Set(versions.map(({ id }) => id));
    const runs = await open
      .get('reviews')!
      .database.query<{ version_id: string }>("SELECT version_id FROM benchmark_result WHERE unit = 'share'");
    expect(runs.filter((run) => versionIds.has(run.version_id))).toHaveLength(336);
  });

  test('matches every vendor in both catalogs that was matched by hand', async () => {
    const byHand: { kevVendorProject: string; kevEntries: number; fedrampProducts: string[] }[] = json(
      'sets/crosswalks/kev-vendor.json',
    );
    const { database } = open.get('infrastructure')!;
    expect(byHand).toHaveLength(26);
    for (const { kevVendorProject, kevEntries, fedrampProducts } of byHand) {
      const keys = await database.query<{ k: string; n: number }>(
        'SELECT vendor_key AS k, COUNT(*) AS n FROM vulnerability WHERE vendor_name = ? GROUP BY vendor_key',
        [kevVendorProject],
      );
      expect([kevVendorProject, keys.length, Number(keys[0]!.n)]).toEqual([kevVendorProject, 1, kevEntries]);
      const offerings = await database.query<{ fedramp_id: string }>(
        'SELECT fedramp_id FROM cloud_offering WHERE vendor_key = ?',
        [keys[0]!.k],
      );
      expect(offerings.map((row) => row.fedramp_id)).toEqual(expect.arrayContaining(fedrampProducts));
    }
  });

  test('computes the federal holidays exactly as published', () => {
    const days: { year: number; name: string; observed: string }[] = json(
      'sets/federal-holidays/federal-holidays-2024-2028.json',
    );
    const byRule = [2024, 2025, 2026, 2027, 2028].flatMap((year) =>
      federalHolidays(year).map(({ name, observed }) => ({ year, name, observed })),
    );
    expect(days.map(({ year, name, observed }) => ({ year, name, observed }))).toEqual(byRule);
  });

  test('changes nothing when everything is imported again', async () => {
    expect(await importAll()).toMatch(/37 files, (\d+) rows: 0 imported, 0 updated, \1 unchanged, 0 rejected/);
  });
});
