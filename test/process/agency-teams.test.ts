import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual, promisify } from 'node:util';
import { packageRoot } from '#base/package-root';
import { databaseKinds, freshDatabases } from '../support/databases';
import { freePort, requireCompiled } from '../support/processes';
import { copyProject } from '../support/project-copy';

/**
 * Follows docs/agency-teams.md in a copy of the project, on another port and scratch database. `new-subgraph.test.ts` follows its section on a
 * repository of its own.
 */

const [PAGE = ''] = readFileSync(join(packageRoot, 'docs', 'agency-teams.md'), 'utf8').split('\n## In a repository');

interface Step {
  readonly language: string;
  readonly text: string;
  /** The words before the block. */
  readonly before: string;
}

const steps: readonly Step[] = [...PAGE.matchAll(/([\s\S]*?)```(\w+)\n([\s\S]*?)```/g)].map(
  ([, before, language, text]) => ({
    before: before!,
    language: language!,
    text: text!,
  }),
);

/** Milliseconds within which a gateway serves a publication, on a busy machine. */
const SECONDS_MS = 30_000;

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-teams-'));
const project = join(folder, 'ordergraph');
let graph: ChildProcess | undefined;

beforeAll(() => {
  requireCompiled();
  mkdirSync(project);
  copyProject(project);
});
afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});

async function stop(): Promise<void> {
  if (!graph) return;
  const ended = new Promise((resolve) => graph!.once('exit', resolve));
  // what Ctrl-C does to the processes of a terminal
  process.kill(-graph.pid!, 'SIGINT');
  await ended;
  graph = undefined;
}

/** Runs `npm start` with these flags, and leaves it running. */
async function start(flags: readonly string[], environment: NodeJS.ProcessEnv): Promise<void> {
  graph = spawn('npm', ['start', ...flags], {
    cwd: project,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const hear = (chunk: Buffer) => {
      output += chunk;
      if (output.includes('The graph answers at')) resolve();
    };
    graph!.stdout!.on('data', hear);
    graph!.stderr!.on('data', hear);
    graph!.once('exit', () => reject(new Error(`npm start ended:\n${output}`)));
  });
}

const dateless = (text: string): string => text.replaceAll(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d/g, 'TIME').trim();

/** Whether the output of a command is what the page shows: data of an answer, or a text with other times. */
function isShown({ language, text }: Step, output: string): boolean {
  if (language === 'text') return dateless(output) === dateless(text);
  return isDeepStrictEqual(JSON.parse(output).data, JSON.parse(text));
}

/** Changes a source as the words before a block say. */
function edit({ before, text }: Step, fileBefore: string): string {
  const file =
    /[Ii]n `([^`]+\.ts)`/.exec(before.slice(before.lastIndexOf('\n\n', before.length - 3)))?.[1] ?? fileBefore;
  const path = join(project, file);
  const source = readFileSync(path, 'utf8');
  const [, , verb, place] = /(, )(below|replace) `([^`]+)`[^`]*$/.exec(before) ?? [];
  if (place === undefined) throw new Error(`The page does not say what to change:\n${before}`);
  const lines = source.split('\n');
  const line = lines.findIndex((each) => each.includes(place));
  const changed =
    verb === 'replace' ? source.replace(place, text.trim()) : lines.toSpliced(line + 1, 0, text.trimEnd()).join('\n');
  expect(line).toBeGreaterThan(-1);
  expect(changed).not.toBe(source);
  writeFileSync(path, changed);
  return file;
}

const hasMysql = databaseKinds.includes('mysql');

(hasMysql ? test : test.skip)(
  'leads an agency from nothing to publications that the gateway serves',
  async () => {
    const begun = performance.now();
    const port = await freePort();
    const scratch = await freshDatabases('mysql', ['scratch']);
    const environment = {
      ...process.env,
      ...{ ORDERGRAPH_PORT: String(port), ORDERGRAPH_DATA: join(folder, 'data') },
      // two compositions at once take longer on a machine that also runs other tests
      ...{ ORDERGRAPH_SUBGRAPH_TIMEOUT_MS: '120000', ORDERGRAPH_REQUEST_TIMEOUT_MS: '180000' },
    };
    const inShell = async (text: string): Promise<string> => {
      const commands = text
        .replaceAll('http://127.0.0.1:4000', `http://127.0.0.1:${port}`)
        .replaceAll(/^(npm run) (registry -- .*)$/gm, `$1 --silent $2 --url http://127.0.0.1:${port}`)
        // the scratch database of this test is new
        .replaceAll(/^mysql .*\n/gm, '')
        .replaceAll('mysql://root@127.0.0.1:3306/scratch', `'${scratch.url('scratch')}'`);
      const { stdout } = await promisify(execFile)('sh', ['-euc', commands], {
        cwd: project,
        env: environment,
        maxBuffer: 64 * 1024 * 1024,
      });
      return stdout;
    };
    const times: string[] = [];
    let answer = '';
    let asked = '';
    let file = '';
    for (const step of steps) {
      const since = performance.now();
      if (step.before.includes('Ctrl-C')) await stop();
      if (step.language === 'ts') file = edit(step, file);
      else if (step.language === 'json' || step.language === 'text') {
        // the page says that gateways serve a publication within seconds
        for (const until = performance.now() + SECONDS_MS; !isShown(step, answer) && performance.now() < until; )
          answer = await sleep(500).then(() => inShell(asked));
        if (!isShown(step, answer)) throw new Error(`The page shows\n${step.text}\nbut the output is\n${answer}`);
      } else {
        const [served, flags = ''] = /^npm start(.*)\n/m.exec(step.text) ?? [];
        asked = step.text.replace(served ?? '', '');
        if (asked.trim() !== '') answer = await inShell(asked);
        if (served !== undefined) await start(flags.split(' ').filter(Boolean), environment);
        times.push(
          `${((performance.now() - since) / 1_000).toFixed(1).padStart(6)} s  ${step.text.split('\n')[0]!.slice(0, 80)}`,
        );
      }
    }
    await scratch.drop();
    const minutes = (performance.now() - begun) / 60_000;
    process.stdout.write(`docs/agency-teams.md took ${minutes.toFixed(1)} minutes:\n${times.join('\n')}\n`);
    expect(dirname(file)).toBe('subgraphs/outreach');
  },
  900_000,
);
