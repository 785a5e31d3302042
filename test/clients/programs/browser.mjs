import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runScenarios } from './scenarios.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

await runScenarios({
  /** Bundles a page with clients into a folder of static files. */
  async build({ folder }) {
    await build({
      entryPoints: [join(here, 'browser', 'page.js')],
      absWorkingDir: here,
      outdir: folder,
      bundle: true,
      format: 'iife',
      define: { 'process.env.NODE_ENV': '"production"' },
      logLevel: 'warning',
    });
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Clients</title><script src="page.js"></script>');
    return 'built';
  },
});
