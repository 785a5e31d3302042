import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { dirname, join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { type Browser, describeInBrowser, openBrowser, serveFolder } from '../support/browser';
import { installClients, type RunningGraph, startGraph } from '../support/clients';

const GUIDE = readFileSync(join(packageRoot, 'docs', 'dashboards.md'), 'utf8');

/** Below the packages of the clients, which the page imports. */
const PROJECT = join(packageRoot, 'test', 'clients', '.build', 'dashboard');

/** The files that the guide shows: code blocks that begin with a comment of a path. */
function filesOf(guide: string): Map<string, string> {
  const blocks = guide.matchAll(/^```\w+\n(?:\/\/|<!--) (\S+\.\w+)(?: -->)?\n([\s\S]*?)^```$/gm);
  return new Map([...blocks].map(([, path, text]) => [path!, text!]));
}

const blocks = (): string[] => [...GUIDE.matchAll(/^```graphql\n([\s\S]*?)^```$/gm)].map(([, text]) => text!);

/** Runs a command of the guide. */
function inProject(command: string, ...rest: string[]): void {
  const program = join(packageRoot, 'test', 'clients', 'node_modules', '.bin', command);
  const { status, stdout, stderr } = spawnSync(program, rest, { cwd: PROJECT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed\n${stdout}${stderr}`);
}

describeInBrowser('Apollo Client', () => {
  describe('the guide to dashboards', () => {
    let graph: RunningGraph;
    let browser: Browser;
    let site: { server: Server; origin: string };
    beforeAll(async () => {
      await installClients();
      [graph, browser] = await Promise.all([startGraph('--scale', '0'), openBrowser()]);
      const { url } = await graph.endpoint(null);
      rmSync(PROJECT, { recursive: true, force: true });
      for (const [path, text] of filesOf(GUIDE)) {
        mkdirSync(dirname(join(PROJECT, path)), { recursive: true });
        writeFileSync(join(PROJECT, path), text.replaceAll('http://localhost:4000/graphql', url));
      }
      writeFileSync(join(PROJECT, 'package.json'), JSON.stringify({ name: 'dashboard', type: 'module' }));
      const schema = await fetch(url.replace('/graphql', '/schema.graphql'));
      writeFileSync(join(PROJECT, 'schema.graphql'), await schema.text());
    });
    afterAll(async () => {
      await browser?.close();
      await graph?.close();
      site?.server.close();
    });

    test('types its operations, compiles strictly, and shows data page by page', async () => {
      expect([...filesOf(GUIDE).keys()].sort()).toEqual(
        ['codegen.ts', 'index.html', 'src/graph.ts', 'src/main.tsx', 'tsconfig.json'].sort(),
      );
      inProject('graphql-codegen');
      inProject('tsc');
      inProject('vite', 'build', '--logLevel', 'error');
      site = await serveFolder(join(PROJECT, 'dist'));
      const page = await browser.newPage();
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(error.message));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(site.origin);
      const items = page.locator('li');
      for (const count of [6, 12, 16]) {
        await items.nth(count - 1).waitFor();
        expect(await items.count()).toBe(count);
        if (count < 16) await page.getByRole('button', { name: 'More' }).click();
      }
      expect(await page.locator('h1').textContent()).toBe('16 critical-infrastructure sectors');
      expect(await items.allTextContents()).toContain('Energy, led by Department of Energy');
      expect(await page.getByRole('button', { name: 'More' }).count()).toBe(0);
      expect(complaints).toEqual([]);
    });

    test('has a query by global id that fits the schema', async () => {
      const { url } = await graph.endpoint(null);
      const query = blocks().find((text) => text.includes('node(id:'))!;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables: { id: 'Sector:energy' } }),
      });
      expect(await response.json()).toMatchObject({ data: { node: { __typename: 'Sector', name: 'Energy' } } });
    });

    test('has a query with @defer that fits the schema', async () => {
      const { url } = await graph.endpoint(null);
      const query = blocks().find((text) => text.includes('@defer'))!;
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'multipart/mixed;deferSpec=20220824, application/json' },
        body: JSON.stringify({ query, variables: { number: '14409' } }),
      });
      expect(response.headers.get('content-type')).toMatch(/^multipart\/mixed/);
      expect(await response.text()).toContain('"id":"ExecutiveOrder:14409"');
    });
  });
});
