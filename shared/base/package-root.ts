import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the package, whether the code runs from the sources or from `dist`. */
export const packageRoot: string = (() => {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'ordergraph') return folder;
    if (folder === dirname(folder)) throw new Error('The folder of the package "ordergraph" was not found');
  }
})();
