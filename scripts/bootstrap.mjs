// Runs a command of the project on a fresh clone: installs what the lock file says when it is missing or stale, compiles
// when a source is newer than what was compiled, then hands over. Plain Node, so that it needs nothing itself.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const LEAST_NODE = [20, 19];
const [command, ...rest] = process.argv.slice(2);

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]))
  fail(`Node ${process.versions.node} is too old: Ordergraph needs ${LEAST_NODE.join('.')} or newer`);

// tests install test/clients while they use the packages of the root, which must stay as they are
const folders = command === 'install' && rest.length > 0 ? rest : ['.'];
for (const folder of folders) install(join(root, folder));
if (command === 'install') process.exit();
await compile();
const jest = join('node_modules', 'jest', 'bin', 'jest.js');
const scripts = {
  test: jest,
  'test:clients': jest,
  'test:faults': jest,
  'test:differential': join('dist', 'test', 'oracle', 'main.js'),
  bench: join('dist', 'test', 'bench', 'main.js'),
};
const presets = {
  'test:faults': ['test/faults'],
  'test:clients': ['test/clients', '--reporters=default', `--reporters=${join(root, 'test', 'clients', 'table.cjs')}`],
};
if (command === 'test:faults') process.env.ORDERGRAPH_TEST_FAULTS = 'all';
if (command in scripts) run(scripts[command], [...(presets[command] ?? []), ...rest]);
else run(join('dist', 'gateway', 'cli', 'main.js'), [command, ...rest]);

/** Installs when node_modules is not what the lock file says, or was made for another Node. */
function install(folder) {
  const madeFor = join(folder, 'node_modules', '.made-for-node');
  const node = `${process.versions.modules} ${process.platform} ${process.arch}`;
  const otherNode = existsSync(madeFor) && readFileSync(madeFor, 'utf8') !== node;
  if (!otherNode && isInstalled(folder)) return;
  process.stderr.write('Installing the dependencies of the lock file; this takes a minute or two the first time …\n');
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (npm.status !== 0) fail('The dependencies could not be installed: see the messages of npm above');
  writeFileSync(madeFor, node);
}

/** Whether npm's own record of what it installed has every package of the lock file, in its version. */
function isInstalled(folder) {
  const packagesOf = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8')).packages;
  const record = join('node_modules', '.package-lock.json');
  if (!existsSync(join(folder, record))) return false;
  const installed = packagesOf(record);
  return Object.entries(packagesOf('package-lock.json')).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/**
 * Compiles when any source is newer than the last compilation. With swc, file by file and without looking at types, since a
 * start should take seconds; `npm run check` looks at the types, and `npm run build` compiles with the TypeScript compiler.
 */
async function compile() {
  const stamp = join(root, 'dist', '.compiled');
  const folders = ['gateway', 'shared', 'subgraphs', 'test'];
  const settings = ['.swcrc', 'package-lock.json'];
  const inputs = [...folders, ...folders.flatMap(filesIn), ...settings];
  if (existsSync(stamp) && newest(inputs) <= statSync(stamp).mtimeMs) return;
  process.stderr.write('Compiling …\n');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { default: swc } = await import('@swc/core');
  const sources = folders.flatMap(filesIn).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  try {
    await Promise.all(
      sources.map(async (source) => {
        const { code, map } = await swc.transformFile(join(root, source), { configFile: join(root, '.swcrc') });
        const target = join(root, 'dist', source.replace(/\.ts$/, '.js'));
        mkdirSync(dirname(target), { recursive: true });
        writeFileSync(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`);
        writeFileSync(`${target}.map`, map);
      }),
    );
  } catch (error) {
    fail(`The sources do not compile:\n${error.message}`);
  }
  writeFileSync(stamp, '');
}

/** Files and folders in a folder of the project, without installed packages and what tests build. */
function filesIn(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== '.build')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...filesIn(path)] : [path];
    });
}

function newest(paths) {
  let time = 0;
  for (const path of paths) time = Math.max(time, statSync(join(root, path)).mtimeMs);
  return time;
}

/** Runs a script with the caller's terminal and ends as it ends; the script decides what signals do. */
function run(script, args) {
  const node = spawn(process.execPath, [join(root, script), ...args], { cwd: process.cwd(), stdio: 'inherit' });
  // a terminal sends this one to both
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => node.kill(signal));
  node.on('exit', (status) => process.exit(status ?? 1));
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
