import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, describeInBrowser, openBrowser, type Page, serveFolder } from '../support/browser';
import { type Endpoint, installClients, type RunningGraph, runScenario, startGraph } from '../support/clients';
import { INSPECTOR } from '../support/identity';

describeInBrowser('GraphiQL', () => {
  let folder: string;
  let site: { server: Server; origin: string };
  let graph: RunningGraph;
  let endpoint: Endpoint;
  let browser: Browser;
  let page: Page;
  /** Errors in the page, and its requests to origins other than its own and the graph's. */
  let complaints: string[];

  beforeAll(async () => {
    await installClients();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-graphiql-'));
    site = await serveFolder(folder);
    [graph, browser] = await Promise.all([
      startGraph('--cors-origin', site.origin),
      openBrowser(),
      runScenario('graphiql.mjs', 'build', { folder }),
    ]);
    endpoint = await graph.endpoint(INSPECTOR);
  });
  afterAll(async () => {
    await browser?.close();
    await graph?.close();
    site?.server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(async () => {
    complaints = [];
    page = await browser.newPage({ viewport: { width: 1600, height: 1200 } });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.origin });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await page.route(
      (url) => ![site.origin, new URL(endpoint.url).origin].includes(url.origin) && url.protocol.startsWith('http'),
      (route) => {
        complaints.push(`asked ${route.request().url()}`);
        return route.abort();
      },
    );
    const settings = { url: endpoint.url, headers: JSON.stringify(endpoint.headers) };
    await page.goto(`${site.origin}/#${encodeURIComponent(JSON.stringify(settings))}`);
  });
  afterEach(() => page?.close());

  /** Replaces the text of an editor. */
  async function write(editor: string, text: string): Promise<void> {
    await page.locator(`${editor} .view-lines`).click();
    await page.keyboard.press('Control+A');
    // pasted, since the editor adds closing brackets to what is typed
    await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
    await page.keyboard.press('Control+V');
  }

  /** Runs a query in the page. @returns the result that the page shows once it has errors or contains `last` */
  async function run(query: string, variables: object, last: string): Promise<unknown> {
    await write('.graphiql-query-editor', query);
    await page.getByRole('button', { name: 'Variables', exact: true }).click();
    await write('.graphiql-editor-tool .graphiql-editor:not(.hidden)', JSON.stringify(variables));
    await page.getByRole('button', { name: 'Execute query' }).click();
    const lines = page.locator('.result-window .view-lines');
    await lines
      .getByText(new RegExp(`"errors"|${last}`))
      .first()
      .waitFor();
    // copied, since the editor wraps long lines and renders those in view only
    await lines.click();
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Control+C');
    return JSON.parse(await page.evaluate('navigator.clipboard.readText()'));
  }

  describe('introspection', () => {
    test('shows the types and fields of the schema in its documentation explorer', async () => {
      await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
      await page.getByRole('link', { name: 'Query', exact: true }).click();
      await page.getByRole('link', { name: 'sectors', exact: true }).waitFor();
      expect(complaints).toEqual([]);
    });
  });

  describe('queries', () => {
    test('runs a query with a variable and shows the result', async () => {
      const query = 'query Sector($key: ID!) { sector(key: $key) { name } }';
      expect(await run(query, { key: 'energy' }, '"Energy"')).toMatchObject({ data: { sector: { name: 'Energy' } } });
      expect(complaints).toEqual([]);
    });
  });

  describe('@defer', () => {
    test.each([true, false])('runs a query with @defer(if: %s) and shows the complete result', async (on) => {
      const query = `query Agency($on: Boolean!) {
        agency(key: "treasury") { name ... @defer(if: $on) { reviews(first: 1) { totalCount } } }
      }`;
      expect(await run(query, { on }, '"totalCount"')).toMatchObject({
        data: { agency: { name: 'Department of the Treasury', reviews: { totalCount: expect.any(Number) } } },
      });
      expect(complaints).toEqual([]);
    });
  });

  describe('errors', () => {
    test('shows the errors of an invalid query', async () => {
      expect(await run('{ unheardOf }', {}, '"GRAPHQL_VALIDATION_FAILED"')).toMatchObject({
        errors: [{ message: 'Cannot query field "unheardOf" on type "Query".' }],
      });
    });
  });
});
