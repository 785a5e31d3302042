import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

const MODULE = join(packageRoot, 'dist', 'gateway', 'cli', 'young-generation.js');

/** Megabytes of the young generation after a process has kept every object for some collections, which makes V8 enlarge it. */
function youngMegabytes(isLimited: boolean): number {
  const program = `
    const { getHeapSpaceStatistics } = require('node:v8');
    if (${isLimited}) require(${JSON.stringify(MODULE)}).limitYoungGeneration();
    const recent = [];
    (async () => {
      for (let step = 0; step < 1_000; step += 1) {
        recent[step % 100] = Array.from({ length: 10_000 }, (_, place) => ({ place }));
        await new Promise(setImmediate);
      }
      const young = getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
      console.log(young.space_size / 2 ** 20);
    })();`;
  const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
  if (stdout === '') throw new Error(stderr);
  return Number(stdout);
}

test('keeps the young generation at 16 MB, which V8 would enlarge', () => {
  expect(youngMegabytes(false)).toBeGreaterThan(16);
  expect(youngMegabytes(true)).toBeLessThanOrEqual(16);
});
