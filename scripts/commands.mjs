// What each command needs and starts.
import { join } from 'node:path';
import { runNode } from './children.mjs';
import { compile } from './compile.mjs';
import { install } from './install.mjs';
import { buildPages, buildPagesBeside } from './pages.mjs';

/** Runs a command of package.json. @returns its exit code */
export async function runCommand(root, command, args) {
  if (command === 'install') return installFolders(root, args);
  if (command === 'pages') {
    await buildPages(root);
    return 0;
  }
  const developing = developerCommands(root, args)[command];
  await install(root, { dev: developing !== undefined });
  if (developing?.compiles !== false) await compile(root);
  if (command === 'start') buildPagesBeside(root);
  if (developing?.hasPages) await buildPages(root);
  const steps = developing?.steps ?? [[mainOf(root), command, ...args]];
  Object.assign(process.env, developing?.environment);
  let failed = 0;
  for (const step of steps) {
    const code = await runNode(process.execPath, step);
    if (code !== 0) failed ||= code;
    if (failed && !developing?.isComplete) break;
  }
  return failed;
}

/** Installs all packages of the root, or of the folders named, whose packages may need their install scripts. */
async function installFolders(root, folders) {
  if (folders.length === 0) await install(root, { dev: true });
  for (const folder of folders) await install(join(root, folder), { dev: true, scripts: true });
  return 0;
}

/** Tests that take long, or a sample, without ORDERGRAPH_TEST_FAULTS. */
const FAULT_TESTS = [
  ...['test/faults', 'test/compose', 'test/voluntary/uploads', 'test/database/interrupted-migrations'],
  ...['aggregates', 'fiscal-years', 'list-filters', 'matches', 'withheld'].map((name) => `test/security/${name}`),
  ...['test/oracle/withheld', 'test/performance/costs'],
];

const mainOf = (root) => join(root, 'dist', 'gateway', 'cli', 'main.js');

/** Commands that need the packages of tests and checks. Each has steps: arguments of Node, run one after another. */
function developerCommands(root, args) {
  const packageFile = (...path) => join(root, 'node_modules', ...path);
  // Jest loads node:sqlite in a sandbox, where the sources cannot suppress its warning
  const jest = ['--disable-warning=ExperimentalWarning', packageFile('jest', 'bin', 'jest.js')];
  const biome = packageFile('@biomejs', 'biome', 'bin', 'biome');
  const tsc = [packageFile('typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.json')];
  const clientsTable = join(root, 'test', 'clients', 'table.cjs');
  return {
    test: { hasPages: true, steps: [[...jest, ...args]] },
    'test:clients': {
      steps: [[...jest, 'test/clients', '--reporters=default', `--reporters=${clientsTable}`, ...args]],
    },
    'test:faults': {
      steps: [[...jest, ...(args.some((argument) => !argument.startsWith('-')) ? [] : FAULT_TESTS), ...args]],
      environment: { ORDERGRAPH_TEST_FAULTS: 'all' },
    },
    'test:differential': { steps: [[join(root, 'dist', 'test', 'oracle', 'main.js'), ...args]] },
    bench: {
      steps: [
        ['questions', 'exports', 'under-attack'].includes(args[0])
          ? [join(root, 'dist', 'test', 'bench', `${args[0]}.js`), ...args.slice(1)]
          : [join(root, 'dist', 'test', 'bench', 'main.js'), ...args],
      ],
    },
    prepack: { steps: [[packageFile('typescript', 'bin', 'tsc'), '-p', join(root, 'tsconfig.kit.json')]] },
    build: { compiles: false, hasPages: true, steps: [[...tsc, ...args]] },
    format: { compiles: false, steps: [[biome, 'check', '--write', ...(args.length > 0 ? args : ['.'])]] },
    check: {
      // a format error should not hide a type error
      isComplete: true,
      compiles: false,
      hasPages: true,
      steps: [
        // Biome colors each character of a diff, even when its output is not a terminal
        [biome, 'ci', '--error-on-warnings', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'],
        tsc,
        [packageFile('typescript', 'bin', 'tsc'), '-p', join(root, 'gateway', 'explorer')],
        [mainOf(root), 'schema', '--check'],
        [packageFile('dclint', 'bin', 'dclint.cjs'), 'docker-compose.yml'],
      ],
    },
  };
}
