import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { describeSettings } from '#base/settings';
import { readConfig } from '../../gateway/config';
import { killAll, requireCompiled, run, runProgram, waitForOutput } from '../support/processes';

const SCRIPTS = join(packageRoot, 'scripts');
const DEVELOPER_COMMANDS = [
  'test',
  'test:clients',
  'test:faults',
  'test:differential',
  'bench',
  'check',
  'build',
  'prepack',
  'pages',
  'format',
];
const PRODUCT_COMMANDS = [
  'start',
  'gateway',
  'subgraph',
  'token',
  'keys',
  'audit',
  'events',
  'migrate',
  'import',
  'export',
  'load',
  'oscal',
  'stix',
  'exercise',
  'exercise:voluntary',
  'exercise:hire',
  'exercise:protect',
  'exercise:oversight',
  'person-keys',
  'schema',
  'compose',
  'check-schema',
  'clients',
  'registry',
  'new-subgraph',
  'migration',
];

const folder = mkdtempSync(join(tmpdir(), 'ordergraph-commands-'));
beforeAll(requireCompiled);
afterEach(killAll);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the scripts of a clone without installed packages and without a network. */
function bareBootstrap(...args: string[]) {
  const scripts = join(folder, 'clone', 'scripts');
  cpSync(SCRIPTS, scripts, { recursive: true, filter: (path) => !path.includes('node_modules') });
  return spawnSync(process.execPath, [join(scripts, 'bootstrap.mjs'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, PATH: '' },
  });
}

test.each(DEVELOPER_COMMANDS)('%s --help prints the usage without installing anything', (command) => {
  const { status, stdout, stderr } = bareBootstrap(command, '--help');
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(new RegExp(`^npm (run )?${command}\\b`));
});

test('lists exactly the scripts of package.json, and rejects unknown commands', () => {
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  const commands = Object.values<string>(scripts).map((script) => /bootstrap\.mjs (\S+)$/.exec(script)?.[1]);
  expect([...commands].sort()).toEqual([...DEVELOPER_COMMANDS, ...PRODUCT_COMMANDS].sort());
  const { status, stdout } = bareBootstrap('--help');
  expect(status).toBe(0);
  const listed = [...stdout.matchAll(/^ {2}(\S+)$/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...commands, 'install'].sort());
  const wrong = bareBootstrap('strat');
  expect([wrong.status, wrong.stderr]).toEqual([1, expect.stringMatching(/^Unknown command "strat"\n/)]);
});

test.each(PRODUCT_COMMANDS)('%s --help prints the usage, without warnings', async (command) => {
  const help = run([command, '--help']);
  expect(await help.ended).toBe(0);
  expect(help.output()).toMatch(new RegExp(`^Usage: ordergraph ${command}\\b`));
});

test('rejects an unknown option with the nearest one, without the whole help', async () => {
  const start = run(['start', '--prot', '4000']);
  expect(await start.ended).toBe(1);
  expect(start.output()).toBe(
    "error: unknown option '--prot'\n(Did you mean --port?)\nRun with --help to list all options\n",
  );
});

test.each([join('test', 'oracle'), join('test', 'bench')])(
  '%s rejects an unknown option without a stack trace',
  async (script) => {
    const program = runProgram(process.execPath, [join(packageRoot, 'dist', script, 'main.js'), '--minuts', '3']);
    expect(await program.ended).toBe(2);
    expect(program.output()).toMatch(/^Unknown option '--minuts'.*\n--help lists the options\n$/);
  },
);

test('the differential test compares operations, and rejects an unknown exhibit', async () => {
  const main = join(packageRoot, 'dist', 'test', 'oracle', 'main.js');
  const options = ['--seed', '7', '--operations', '3', '--only', 'Federation 1'];
  const compared = runProgram(process.execPath, [main, ...options]);
  expect([await compared.ended, compared.output()]).toEqual([
    0,
    expect.stringMatching(/\n[1-9]\d* operations, \d+ responses of the reference .*, 0 differences\n$/),
  ]);
  const unknown = runProgram(process.execPath, [main, '--only', 'nothing']);
  expect([await unknown.ended, unknown.output()]).toEqual([
    2,
    expect.stringMatching(/^No exhibit has "nothing" in its name\. Exhibits:\n {2}/),
  ]);
});

describe('the linter keeps the subgraphs apart', () => {
  const folderOf = join(folder, 'boundaries');
  const lintOf = (file: string, imported: string) => {
    const path = join(folderOf, 'subgraphs', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `export * from '${imported}';\n`);
    const biome = join(packageRoot, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
    const linted = spawnSync(process.execPath, [biome, 'lint', '--colors=off', path], {
      cwd: folderOf,
      encoding: 'utf8',
    });
    return `${linted.stdout}${linted.stderr}`;
  };

  beforeAll(() => {
    mkdirSync(folderOf);
    const { $schema, plugins, ...settings } = JSON.parse(readFileSync(join(packageRoot, 'biome.json'), 'utf8'));
    writeFileSync(join(folderOf, 'biome.json'), JSON.stringify(settings));
  });

  test.each([
    ['outreach/policy.ts', '../reviews/policy', '../../gateway/server', './roles'],
    ['outreach/visit/visit.ts', '../../reviews/policy', '../../../gateway/server', '../agency'],
    ['outreach/visit/stop/stop.ts', '../../../reviews/policy', '../../../../gateway/server', '../../agency'],
  ])('subgraphs/%s may import its own folder only', (file, other, gateway, own) => {
    const refusal = 'A subgraph imports shared/ and its own folder';
    expect(lintOf(file, other)).toContain(refusal);
    expect(lintOf(file, gateway)).toContain(refusal);
    expect(lintOf(file, own)).not.toContain(refusal);
  });

  test('has a rule for the depth of every file of a subgraph', () => {
    const files = readdirSync(join(packageRoot, 'subgraphs'), { recursive: true, encoding: 'utf8' });
    const depths = files.filter((file) => file.endsWith('.ts')).map((file) => file.split('/').length - 1);
    const { overrides } = JSON.parse(readFileSync(join(packageRoot, 'biome.json'), 'utf8'));
    const rules = overrides.flatMap(({ includes }: { includes: string[] }) => includes);
    for (const depth of new Set(depths)) expect(rules).toContain(`subgraphs/${'*/'.repeat(depth)}*.ts`);
  });
});

test('ordergraph start prints its address last, without settings or SQLite warnings', async () => {
  const start = run(['start', '--port', '0', '--data', join(folder, 'data'), '--scale', '0']);
  await waitForOutput(start, /The graph answers at .*\n/);
  expect(start.output()).not.toMatch(/maxDepth|ExperimentalWarning/);
  const lines = start.output().trimEnd().split('\n');
  // the log's own lines are JSON
  expect(lines.filter((line) => !line.startsWith('{')).at(-1)).toMatch(/^The graph answers at http/);
});

test('ordergraph start --print-settings prints all settings first', async () => {
  const start = run(['start', '--print-settings', '--port', '0', '--data', join(folder, 'more'), '--scale', '0']);
  await waitForOutput(start, /The graph answers at/);
  expect(start.output()).toMatch(
    /^ {2}host = 127\.0\.0\.1\n[\s\S]* {2}maxDepth = \d+\n[\s\S]* {2}data = .*more\n[\s\S]*\nOpening/,
  );
});

test.each([
  ['redis://user:top-secret@host:6379/1', 'redis://…@host:6379/1'],
  ['rediss://:top-secret@host', 'rediss://…@host'],
  ['redis://user:top@se/cret@host', 'redis://…@host'],
  ['redis://host?db=1&password=top-secret', 'redis://host?db=…&password=…'],
])('hides passwords in printed settings: %s', (url, masked) => {
  const text = describeSettings(readConfig({ plansUrl: url }, {}));
  expect(text).toContain(`plansUrl = ${masked}\n`);
  expect(text).not.toMatch(/secret|se\/cret/);
});

test('ends a process that npm started when npm is ended', async () => {
  const project = join(folder, 'ended');
  cpSync(SCRIPTS, join(project, 'scripts'), { recursive: true, filter: (path) => !path.includes('node_modules') });
  writeFileSync(
    join(project, 'scripts', 'run.mjs'),
    `import { runNode } from './children.mjs';
    process.exitCode = await runNode(process.execPath, ['-e', 'console.log("child", process.pid); setInterval(() => {}, 1000)']);`,
  );
  writeFileSync(join(project, 'package.json'), JSON.stringify({ scripts: { start: 'node scripts/run.mjs' } }));
  const npm = runProgram('npm', ['start', '--silent', '--prefix', project]);
  const [, pid] = await waitForOutput(npm, /child (\d+)/);
  npm.child.kill('SIGTERM');
  await npm.ended;
  while (isRunning(Number(pid))) await new Promise((resolve) => setTimeout(resolve, 50));
});

describe('the compiled command line, started by a Node without node:sqlite', () => {
  const old = () => {
    const file = join(folder, 'old-node.cjs');
    writeFileSync(file, `require('node:module').isBuiltin = () => false;`);
    return ['--require', file, join(packageRoot, 'dist', 'gateway', 'cli', 'main.js')];
  };

  test('runs on a supported Node with the same output and exit code', async () => {
    const token = runProgram(process.execPath, [
      ...old(),
      ...['token', '--role', 'analyst', '--data', join(folder, 'token')],
    ]);
    expect([await token.ended, token.output()]).toEqual([0, expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/m)]);
    const wrong = runProgram(process.execPath, [...old(), 'nonsense']);
    expect([await wrong.ended, wrong.output()]).toEqual([1, expect.stringContaining("unknown command 'nonsense'")]);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'ends with the supported Node on %s, and leaves nothing running',
    async (signal) => {
      const start = runProgram(process.execPath, [
        ...old(),
        ...['start', '--port', '0', '--data', join(folder, `old-${signal}`), '--scale', '0'],
      ]);
      const [, address] = await waitForOutput(start, /The graph answers at (http:\S+)\/graphql/);
      start.child.kill(signal);
      expect(await start.ended).toBe(signal === 'SIGTERM' ? 0 : null);
      while (
        await fetch(`${address}/health/live`).then(
          () => true,
          () => false,
        )
      )
        await new Promise((resolve) => setTimeout(resolve, 50));
    },
  );
});

test('finishes a migration without a stack trace when its output is not read', async () => {
  const main = join(packageRoot, 'dist', 'gateway', 'cli', 'main.js');
  const data = join(folder, 'unread');
  const command = `"${process.execPath}" "${main}" migrate reviews --data "${data}" | true`;
  expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' }).stderr).toBe('');
  const status = run(['migrate', 'reviews', '--status', '--data', data]);
  expect(await status.ended).toBe(0);
  expect(status.output()).not.toMatch(/pending|interrupted/);
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
