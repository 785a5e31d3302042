import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page, Request, Route } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../support/browser';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const PAGES = [
  '/dashboard',
  '/dashboard/framework',
  '/dashboard/workforce',
  '/dashboard/infrastructure',
  '/dashboard/clearinghouse',
  '/dashboard/agencies',
  '/dashboard/agencies/treasury',
];
const ROLES = ['Analyst', 'Inspector general', 'Reviewer (Treasury)', 'Developer (exercise-alder)', 'the public'];

describeInBrowser('the dashboard of `npm start`', () => {
  let folder: string;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let origin: string;
  let complaints: string[];

  beforeAll(async () => {
    requireCompiled();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-dashboard-'));
    const port = await freePort();
    const start = run(['start', '--port', String(port), '--data', join(folder, 'data')]);
    await waitForOutput(start, /The graph answers at/);
    origin = `http://localhost:${port}`;
    await startPlanner();
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  afterEach(() => context.close());

  /** The planner starts with its first operation. On a busy machine that takes longer than an operation may. */
  async function startPlanner(): Promise<void> {
    for (let attempt = 0; attempt < 10; attempt++) {
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: `{ attempt${attempt}: agencies { key reviewWorkload { openReviews } } }` }),
      });
      if (!('errors' in ((await response.json()) as object))) return;
    }
    throw new Error('The planner did not start');
  }

  /** Opens a browser tab as a caller, which reaches only the graph, and notes what the page's policy blocks. */
  async function openTab(role: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext(options);
    page = await context.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
    await page.route(
      (url) => url.origin !== origin,
      (route) => route.abort(),
    );
    await page.addInitScript(`sessionStorage.setItem('ordergraph.caller', ${JSON.stringify(role)})`);
  }

  /** Waits until every panel has its figure or the reason why not. */
  const settled = () => page.locator('main:has(.panel):not(:has([aria-busy=true]))').waitFor();

  async function open(path: string, role: string, options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    await openTab(role, options);
    await page.goto(`${origin}${path}`);
    await settled();
  }

  const panel = (title: string) =>
    page.locator('section.panel').filter({ has: page.getByRole('heading', { name: title, exact: true }) });

  /** The graph's own answer. */
  async function ask(query: string, role: string, variables: object = {}) {
    const token = await page.evaluate<string | undefined>(
      `JSON.parse(document.getElementById('config').textContent).callers.find(({ name }) => name === ${JSON.stringify(role)})?.token`,
    );
    const response = await fetch(`${origin}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
    return (await response.json()) as { data: any; errors?: unknown[] };
  }

  const overflow = () => page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

  /** What axe-core finds wrong on the page. Its script is not the page's, so it runs beside the policy. */
  async function accessibilityFaults(): Promise<string[]> {
    await page.evaluate(AXE);
    const found = await page.evaluate<{ id: string; targets: string[] }[]>(
      `axe.run({ rules: { 'target-size': { enabled: true } } }).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target.join(' ')) })))`,
    );
    return found.map(({ id, targets }) => `${id}: ${targets.join(', ')}`);
  }

  test.each(ROLES)('shows every page to %s, or says what the role cannot read', async (role) => {
    await openTab(role);
    for (const path of PAGES) {
      await page.goto(`${origin}${path}`);
      await settled();
      expect(await page.locator('.panel').count()).toBeGreaterThan(0);
      expect(await page.locator('.panel.failed, .panel.away').allTextContents()).toEqual([]);
      // no names of the schema
      for (const words of await page.locator('.panel.withheld .reason').allTextContents())
        expect(words).toMatch(
          /^withheld (The public|Your role, .*,) cannot read [a-z][^.]+\.( These roles can: [a-z, ]+\.)?$/,
        );
      // nor a count of what is not there
      for (const words of await page.locator('.panel.withheld .unit').allTextContents())
        expect(words).not.toMatch(/(^|[ ,])\d+ (of \d|open|exposures|agencies)/);
    }
    expect(complaints).toEqual([]);
  });

  test('shows the figures of the graph, and sends nothing but ids of documents', async () => {
    await openTab('Inspector general');
    const asked: Record<string, unknown>[] = [];
    page.on('request', (request: Request) => {
      if (request.url() === `${origin}/graphql`) asked.push(request.postDataJSON());
    });
    await page.goto(`${origin}/dashboard`);
    await settled();
    const { data } = await ask(
      `{
        executiveOrder(number: "14409") {
          submissionMetrics { inWindow }
          reviewMetrics { openReviews }
          workforceMetrics { enteredOnDuty medianTimeToHireDays }
          infrastructureMetrics { overdueExposures }
        }
        submissions(filter: { lifecycle: { eq: FILED } }) { totalCount }
      }`,
      'Inspector general',
    );
    const { submissionMetrics, reviewMetrics, workforceMetrics, infrastructureMetrics } = data.executiveOrder;
    for (const [title, value] of [
      ['In the window', submissionMetrics.inWindow],
      ['Open reviews', reviewMetrics.openReviews],
      ['Entered on duty', workforceMetrics.enteredOnDuty],
      ['Time to hire', Math.round(workforceMetrics.medianTimeToHireDays)],
      ['Overdue exposures', infrastructureMetrics.overdueExposures],
    ] as const) {
      expect(await panel(title).locator('[data-figure]').textContent()).toBe(value.toLocaleString('en-US'));
    }
    expect(await panel('30-day windows').locator('.unit').textContent()).toContain(
      `${data.submissions.totalCount} filed submissions`,
    );
    expect(asked.length).toBeGreaterThan(5);
    for (const request of asked) {
      expect(request.documentId).toMatch(/^sha256:[0-9a-f]{64}$/);
      expect(request).not.toHaveProperty('query');
    }
  });

  test('shows no zero for what an analyst cannot read', async () => {
    await open('/dashboard', 'Analyst');
    expect(await panel('30-day windows').textContent()).toContain(
      'Your role, Analyst, cannot read submissions (proprietary to developers).',
    );
    expect(await panel('Overdue by policy row').textContent()).toContain(
      'cannot read vulnerabilities of systems (sensitive for security)',
    );
    await page.goto(`${origin}/dashboard/agencies`);
    await settled();
    const row = page.getByRole('row', { name: /Department of the Treasury/ }).first();
    const cells = await row.getByRole('cell').allInnerTexts();
    expect(cells.at(-1)).toBe('—');
    const { data } = await ask(
      '{ positions(filter: { agency: { eq: "treasury" }, status: { in: [FILLED, FUNDED_VACANT, IN_HIRING] } }) { totalCount } }',
      'Analyst',
    );
    expect(cells[4]).toBe(data.positions.totalCount.toLocaleString('en-US'));
  });

  test('says which figures count what a role may read, and which are as of an earlier time', async () => {
    const marks = () =>
      page
        .locator('.panel:has(.by-role)')
        .evaluateAll((panels): string[] =>
          panels.map(
            (panel) => panel.querySelector('h2')!.textContent + panel.querySelector('.by-role span')!.textContent,
          ),
        );
    await open('/dashboard', 'Reviewer (Treasury)');
    expect(await marks()).toEqual(['Overdue exposures‡', '30-day windows†', 'Next to launch†']);
    const notes = await page.locator('.notes').textContent();
    expect(notes).toContain('† Counts only what your role, Reviewer (Treasury), may read.');
    expect(notes).toContain('‡ For your role, Reviewer (Treasury), as of the start of today');
    await page.getByLabel('Ask as').selectOption('Coordinator (CISA)');
    await settled();
    expect(await marks()).toEqual(['In the window‡', 'Open reviews‡']);
    expect(await page.locator('.notes').textContent()).not.toContain('†');
  });

  test('counts all windows by day, and says how many it does not draw', async () => {
    await openTab('Inspector general');
    await page.route(`${origin}/graphql`, async (route: Route) => {
      const headers = { ...route.request().headers(), accept: 'application/json' };
      const response = await route.fetch({ headers });
      const answer = await response.json();
      if (answer.data?.submissions?.closing)
        answer.data.submissions.totalCount = answer.data.submissions.nodes.length + 1_234;
      await route.fulfill({ response, json: answer });
    });
    await page.goto(`${origin}/dashboard`);
    await settled();
    expect(await panel('30-day windows').textContent()).toContain('Not drawn: the 1,234 that close last.');
    await page.goto(`${origin}/dashboard/framework`);
    await settled();
    expect(await panel('Open windows').textContent()).toContain('1,234 more are filed');
  });

  test.each(['Inspector general', 'Analyst', 'Reviewer (Treasury)', 'Infrastructure officer (Treasury)'])(
    'the order at a glance fits a screen of 1440 by 900 without scrolling, for %s',
    async (role) => {
      await open('/dashboard', role, { viewport: { width: 1440, height: 900 } });
      expect(await page.evaluate('document.documentElement.scrollHeight')).toBeLessThanOrEqual(900);
    },
  );

  test('shows all of every page at a zoom of 400 percent, and with wide text spacing', async () => {
    await openTab('Inspector general');
    // the values of WCAG 1.4.12
    const SPACING = `{
      const spacing = new CSSStyleSheet();
      spacing.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, spacing];
    }`;
    /** Texts that are cut off: where they do not scroll, nothing may be wider or taller than its box. */
    const cut = () =>
      page.evaluate<string[]>(`[...document.querySelectorAll('main *')]
        .filter((element) => {
          if (element.closest('.visually-hidden, svg, .scroll, nav')) return false;
          const { overflowX, overflowY, display } = getComputedStyle(element);
          if (display === 'inline' || element.clientWidth === 0) return false;
          const isWide = element.scrollWidth > element.clientWidth + 1 && overflowX !== 'visible';
          const isTall = element.scrollHeight > element.clientHeight + 1 && overflowY !== 'visible';
          return isWide || isTall;
        })
        .map((element) => element.textContent.slice(0, 60))`);
    for (const width of [320, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      for (const path of PAGES) {
        await page.goto(`${origin}${path}`);
        await settled();
        expect([path, width, await overflow(), await cut()]).toEqual([path, width, 0, []]);
        await page.evaluate(SPACING);
        expect([path, width, 'spaced', await overflow(), await cut()]).toEqual([path, width, 'spaced', 0, []]);
      }
    }
  });

  test('every panel has a table of its values, also by key, and the question behind it', async () => {
    await open('/dashboard/infrastructure', 'Inspector general');
    expect(await page.locator('.panel:not(:has([data-table]))').count()).toBe(0);
    await panel('Sectors by quarter')
      .getByRole('button', { name: /^Table/ })
      .focus();
    await page.keyboard.press('t');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    const { data } = await ask('{ sectors { nodes { name riskLevel } } }', 'Inspector general');
    const rows = await dialog.locator('tbody tr').allInnerTexts();
    expect(rows).toHaveLength(data.sectors.nodes.length);
    for (const { name, riskLevel } of data.sectors.nodes as { name: string; riskLevel: string }[])
      expect(rows.find((row) => row.startsWith(`${name}\t`))?.toUpperCase()).toContain(riskLevel);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    const link = panel('Due in 14 days').getByRole('link', { name: /^Question/ });
    await link.focus();
    const address = new URL((await link.getAttribute('href'))!, origin);
    const question = JSON.parse(decodeURIComponent(address.hash.slice('#q='.length)));
    expect(address.pathname).toBe('/explorer');
    const answer = await ask(question.text, 'Inspector general', question.variables);
    expect(answer.errors).toBeUndefined();
    const due = answer.data.due.aggregates.count.toLocaleString('en-US');
    expect(await panel('Due in 14 days').locator('.unit').textContent()).toBe(`${due} exposures, by day`);
  });

  test('keeps the last known figure of a subgraph that does not answer, and the other panels', async () => {
    await openTab('Inspector general');
    let isAway = false;
    const FIELDS = ['workforceMetrics', 'workforceLastYear'];
    // answers as the gateway does while it cannot connect to the subgraph
    await page.route(`${origin}/graphql`, async (route: Route) => {
      const headers = { ...route.request().headers(), accept: 'application/json' };
      const response = await route.fetch({ headers });
      const answer = (await response.json()) as {
        data?: { executiveOrder?: Record<string, unknown> };
        errors?: unknown[];
      };
      const order = answer.data?.executiveOrder;
      if (isAway && order && FIELDS[0]! in order) {
        answer.errors = FIELDS.map((name) => ({
          message: 'The subgraph "workforce" cannot be reached',
          path: ['executiveOrder', name],
          extensions: { code: 'SUBGRAPH_UNREACHABLE', subgraph: 'workforce' },
        }));
        for (const name of FIELDS) order[name] = null;
      }
      await route.fulfill({ response, json: answer });
    });
    await page.clock.install();
    await page.goto(`${origin}/dashboard`);
    await settled();
    const figure = await panel('Entered on duty').locator('[data-figure]').textContent();
    const others = await panel('Open reviews').locator('[data-figure]').textContent();
    isAway = true;
    await page.clock.runFor(61_000);
    await page.locator('.panel.away').first().waitFor();
    const words = await panel('Entered on duty').textContent();
    expect(words).toMatch(/workforce has not answered since \d+:\d\d [ap]\.m\./);
    expect(words).toMatch(new RegExp(`Last known, \\d+:\\d\\d [ap]\\.m\\.: ${figure}( of [\\d,]+)?\\.`));
    expect(words).toContain('Not counted as zero.');
    expect(await panel('Open reviews').locator('[data-figure]').textContent()).toBe(others);
    expect(await page.locator('.sources').textContent()).toContain('3 of 4 sources');
    isAway = false;
    await page.clock.runFor(31_000);
    await panel('Entered on duty').locator('[data-figure]').waitFor();
    expect(await page.locator('.panel.away').count()).toBe(0);
  });

  test.each(['light', 'dark'] as const)('axe-core finds nothing on any page in the %s theme', async (colorScheme) => {
    await openTab('Inspector general', { colorScheme, viewport: { width: 1440, height: 900 } });
    for (const path of PAGES) {
      await page.goto(`${origin}${path}`);
      await settled();
      expect([path, await accessibilityFaults()]).toEqual([path, []]);
    }
  });

  test('fits phones and wall screens, and prints with the handling banner and without navigation', async () => {
    await openTab('Inspector general', { viewport: { width: 360, height: 800 } });
    for (const [width, height] of [
      [360, 800],
      [3840, 2160],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const path of PAGES) {
        await page.goto(`${origin}${path}`);
        await settled();
        expect([path, width, await overflow()]).toEqual([path, width, 0]);
      }
    }
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.locator('.handling:visible').allInnerTexts()).toEqual([
      expect.stringContaining('CUI'),
      expect.stringContaining('CUI'),
    ]);
    expect((await page.pdf({ landscape: true })).length).toBeGreaterThan(10_000);
  });
});
