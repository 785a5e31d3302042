import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, describeInBrowser, openBrowser, type Page, serveFolder } from '../support/browser';
import { DEVELOPER, installClients, type RunningGraph, runScenario, startGraph } from '../support/clients';

const CLIENTS = ['Apollo Client', 'Apollo Client with persisted queries by GET', 'urql'];

describeInBrowser('Clients in Chromium', () => {
  let folder: string;
  let site: { server: Server; origin: string };
  let graph: RunningGraph;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await installClients();
    folder = mkdtempSync(join(tmpdir(), 'ordergraph-browser-'));
    site = await serveFolder(folder);
    // in development, pages of this machine need no --cors-origin
    [graph, browser] = await Promise.all([
      startGraph('--scale', '0', '--cors-header', 'X-Team'),
      openBrowser(),
      runScenario('browser.mjs', 'build', { folder }),
    ]);
    page = await browser.newPage();
    await page.goto(site.origin);
  });
  afterAll(async () => {
    await browser?.close();
    await graph?.close();
    site?.server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a query with a client in the page. */
  async function query(client: string, principal: string | null, more: Record<string, string> = {}) {
    const { url, headers } = await graph.endpoint(principal);
    const input = JSON.stringify({ url, headers: { ...headers, ...more } });
    return page.evaluate(`query(${JSON.stringify(client)}, ${input})`);
  }

  describe('CORS', () => {
    test.each(CLIENTS)('%s queries from another origin with its default headers', async (client) => {
      expect(await query(client, null)).toMatchObject({ data: { sector: { key: 'energy', name: 'Energy' } } });
    });

    test.each(CLIENTS)('%s sends a token, tracing, and headers of --cors-header', async (client) => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const result = await query(client, DEVELOPER, { traceparent, 'x-team': 'blue' });
      expect(result).toMatchObject({ data: { sector: { key: 'energy', name: 'Energy' } } });
    });

    test.each(CLIENTS)('%s shows the error of a token that is rejected', async (client) => {
      expect(await query(client, null, { authorization: 'Bearer no' })).toEqual({ code: 'UNAUTHENTICATED' });
    });

    test('keeps headers that are not allowed from the graph', async () => {
      expect(await query('urql', null, { 'x-other': 'blue' })).toEqual({ failure: expect.stringContaining('fetch') });
    });
  });
});
