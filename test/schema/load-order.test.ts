import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { requireCompiled } from '../support/processes';

/**
 * Modules of a subgraph import each other in circles, since entities do. A value that a module needs while it loads must come from outside of
 * the circle: otherwise it depends on who imports what first whether a process starts.
 */

const SUBGRAPHS = join(packageRoot, 'dist', 'subgraphs');

/** Loads each module before all others of the subgraphs. */
const SCRIPT = `
require('reflect-metadata');
const files = require('node:fs').globSync('**/*.js', { cwd: process.argv[1] })
  .filter((file) => !/\\.test\\.js$|migrations/.test(file))
  .map((file) => require('node:path').join(process.argv[1], file));
const failures = [];
for (const file of files) {
  for (const loaded of Object.keys(require.cache)) if (loaded.startsWith(process.argv[1])) delete require.cache[loaded];
  try {
    require(file);
  } catch (error) {
    failures.push(file + ': ' + error);
  }
}
console.log(JSON.stringify({ loaded: files.length, failures }));
`;

beforeAll(requireCompiled);

test('any module of a subgraph can be the first one that is loaded', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '-e', SCRIPT, SUBGRAPHS],
    { cwd: packageRoot, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const { loaded, failures } = JSON.parse(stdout);
  expect(failures).toEqual([]);
  expect(loaded).toBeGreaterThan(200);
});
