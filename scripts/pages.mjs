// Builds the pages of the gateway: its dashboard and explorer.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, runNode } from './children.mjs';
import { install } from './install.mjs';

const folderOf = (root) => join(root, 'gateway', 'explorer');
const builtFile = (root) => join(folderOf(root), 'dist', 'explorer.html');

/** Sources outside of the folder that the pages share with the product. */
const SHARED = ['gateway/export', 'test/questions', 'shared/base/sensitivity.ts', 'shared/base/errors.ts'];

/** Installs the packages of the pages and builds them, unless the last build is newer than all sources. */
export async function buildPages(root) {
  if (areBuilt(root)) return;
  const folder = folderOf(root);
  await install(folder, { dev: true });
  process.stderr.write('Building the pages …\n');
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js');
  if ((await runNode(process.execPath, [vite, 'build', folder, '--logLevel', 'warn'])) !== 0)
    fail('The pages could not be built: see the messages above');
}

/** Builds the pages in a process beside this one, at low priority: the graph should not wait for them. */
export function buildPagesBeside(root) {
  if (areBuilt(root)) return;
  // the gateway looks for it when it starts
  mkdirSync(join(folderOf(root), 'dist', 'assets'), { recursive: true });
  const bootstrap = fileURLToPath(new URL('bootstrap.mjs', import.meta.url));
  const child = spawn(process.execPath, [bootstrap, 'pages'], { stdio: ['ignore', 'ignore', 'inherit'] });
  child.on('spawn', () => setPriority(child.pid, constants.priority.PRIORITY_LOW));
  child.on('error', (error) => process.stderr.write(`The pages are not built: ${error.message}\n`));
}

function areBuilt(root) {
  const built = builtFile(root);
  if (!existsSync(built)) return false;
  const sources = ['gateway/explorer', ...SHARED].flatMap((path) => withFiles(join(root, path)));
  return sources.every((path) => statSync(path).mtimeMs <= statSync(built).mtimeMs);
}

/** A file, or a folder with all in it except packages and what is built. */
function withFiles(path) {
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => name !== 'node_modules' && name !== 'dist');
  return names.flatMap((name) => withFiles(join(path, name)));
}
