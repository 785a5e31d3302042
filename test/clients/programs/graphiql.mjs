import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { runScenarios } from './scenarios.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>GraphiQL</title>
    <link rel="stylesheet" href="page.css">
    <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
  </head>
  <body>
    <div id="graphiql"></div>
    <script src="page.js"></script>
  </body>
</html>
`;

await runScenarios({
  /** Bundles GraphiQL with its workers into a folder of static files. */
  async build({ folder }) {
    await build({
      entryPoints: {
        page: join(here, 'graphiql', 'page.js'),
        'editor.worker': 'monaco-editor/esm/vs/editor/editor.worker.js',
        'json.worker': 'monaco-editor/esm/vs/language/json/json.worker.js',
        'graphql.worker': 'monaco-graphql/esm/graphql.worker.js',
      },
      absWorkingDir: here,
      outdir: folder,
      bundle: true,
      format: 'iife',
      define: { 'process.env.NODE_ENV': '"production"' },
      loader: { '.ttf': 'dataurl' },
      logLevel: 'warning',
    });
    await writeFile(join(folder, 'index.html'), PAGE);
    return 'built';
  },
});
