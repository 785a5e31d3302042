import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '#base/package-root';
import { freePort, killAll, requireCompiled, run, waitForOutput } from '../support/processes';

const MAIN = join(packageRoot, 'dist', 'gateway', 'cli', 'main.js');
const README = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const START = README.slice(README.indexOf('\n## Start\n'), README.indexOf('\n## Ask\n'));

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-readme-'));
beforeAll(requireCompiled);
afterAll(async () => {
  await killAll();
  rmSync(folder, { recursive: true, force: true });
});

const blocks = (language: string) =>
  [...START.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, text]) => text!);

/** Runs commands of the README as a reader's shell does, on another port and data folder. */
async function inShell(commands: string, port: number): Promise<{ data: unknown; errors?: unknown }> {
  const adapted = commands
    .replaceAll('http://localhost:4000', `http://127.0.0.1:${port}`)
    .replaceAll('npm run --silent token --', `"${process.execPath}" "${MAIN}" token`);
  const environment = { ...process.env, ORDERGRAPH_DATA: folder };
  const { stdout } = await promisify(execFile)('sh', ['-euc', adapted], { env: environment });
  return JSON.parse(stdout);
}

/** A value with its numbers and dates, which depend on the day, replaced by their kinds. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object')
    return typeof value === 'string' && !/^\d{4}-\d\d-\d\d$/.test(value) ? 'text' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member)]));
}

test('returns what the README shows for its queries, without errors', async () => {
  const port = await freePort();
  const start = run(['start', '--port', String(port)], { ORDERGRAPH_DATA: folder });
  await waitForOutput(start, /The graph answers at/);
  const queries = blocks('sh').filter((text) => text.includes('curl'));
  const answers = blocks('json').map((text) => JSON.parse(text));
  expect([queries.length, answers.length]).toEqual([2, 2]);
  for (const [index, commands] of queries.entries()) {
    const { data, errors } = await inShell(commands, port);
    expect(errors).toBeUndefined();
    expect(shapeOf(data)).toEqual(shapeOf(answers[index]));
  }
  const [publicAnswer] = answers;
  expect(publicAnswer.announcements.totalCount).toBeGreaterThan(0);
  const { data } = await inShell(queries[0]!, port);
  expect(data).toMatchObject({ executiveOrder: publicAnswer.executiveOrder });
});
