// Brings node_modules to what the lock file says.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, runNpm } from './children.mjs';
import { withProgress } from './progress.mjs';

/**
 * Installs the packages of a folder's lock file that are missing or of another version. With `dev` those of tests and checks as
 * well; once they are installed, they stay and are kept current.
 */
export async function install(folder, { dev, scripts = false }) {
  const installed = installedPackages(folder);
  const withDev = dev || Object.values(installed ?? {}).some((entry) => entry.dev);
  if (installed && isComplete(folder, installed, withDev)) return;
  const args = [
    // `install` adds what is missing, `ci` starts over
    ...(installed ? ['install', '--no-save'] : ['ci']),
    withDev ? '--include=dev' : '--omit=dev',
    ...(scripts ? [] : ['--ignore-scripts']),
  ];
  const text = withDev ? 'Installing dependencies, with those of tests' : 'Installing dependencies';
  await withProgress(text, async () => {
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    writeFileSync(unfinishedOf(folder), '');
    if (!(await runNpm(args, folder))) fail('The dependencies could not be installed: see the messages of npm above');
    writeFileSync(platformOf(folder), PLATFORM);
    rmSync(unfinishedOf(folder), { force: true });
  });
}

const PLATFORM = `${process.platform} ${process.arch}`;

/** There while npm works, and after it was interrupted. */
const unfinishedOf = (folder) => join(folder, 'node_modules', '.unfinished');
/** Names the platform that packages with native code were installed for. */
const platformOf = (folder) => join(folder, 'node_modules', '.platform');

/** Packages by path, from npm's own record; undefined if the record is missing or unusable. */
function installedPackages(folder) {
  const record = join(folder, 'node_modules', '.package-lock.json');
  if (!existsSync(record) || existsSync(unfinishedOf(folder))) return undefined;
  const platform = platformOf(folder);
  if (existsSync(platform) && readFileSync(platform, 'utf8') !== PLATFORM) return undefined;
  return packagesOf(record);
}

/** Whether every package of the lock file is installed in its version. Those of other platforms are optional. */
function isComplete(folder, installed, withDev) {
  return Object.entries(packagesOf(join(folder, 'package-lock.json'))).every(
    ([path, { version, optional, dev, devOptional }]) =>
      path === '' || optional || devOptional || (dev && !withDev) || installed[path]?.version === version,
  );
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}
