import { cpSync, existsSync, realpathSync, symlinkSync, utimesSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packageRoot } from '#base/package-root';

const PACKAGES = ['node_modules', join('gateway', 'explorer', 'node_modules')];
const SKIPPED = new Set([...PACKAGES, '.git', '.data', 'coverage', 'secrets', join('dist', 'types')]);

/** Copies the compiled project, with its packages linked, so that a test may change its sources. */
export function copyProject(folder: string): void {
  cpSync(packageRoot, folder, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !SKIPPED.has(relative(packageRoot, path)) && !/\/(node_modules|\.build)$/.test(path),
  });
  for (const packages of PACKAGES)
    if (existsSync(join(packageRoot, packages)))
      symlinkSync(realpathSync(join(packageRoot, packages)), join(folder, packages));
  // folders are new, but nothing in them
  const now = new Date();
  utimesSync(join(folder, 'dist', '.compiled'), now, now);
}
