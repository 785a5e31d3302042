import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Root folder of the package, for code that runs from the sources or from `dist`. */
export const packageRoot: string = (() => {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'ordergraph') return folder;
    if (folder === dirname(folder)) throw new Error('Could not find the root folder of the package "ordergraph"');
  }
})();
