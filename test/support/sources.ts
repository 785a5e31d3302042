import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The pages run in browsers, and have packages of their own. */
const PAGES = join('gateway', 'explorer');

/** Paths of the product's TypeScript files, without tests, from the project's root. */
export function* sources(folders: readonly string[] = ['gateway', 'shared', 'subgraphs']): Generator<string> {
  for (const folder of folders)
    for (const entry of readdirSync(join(packageRoot, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (path === PAGES) continue;
      if (entry.isDirectory()) yield* sources([path]);
      else if (/\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) yield path;
    }
}
