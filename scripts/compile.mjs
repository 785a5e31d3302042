// Compiles the sources to dist/ when one of them is newer than the last compilation.
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail } from './children.mjs';

const FOLDERS = ['gateway', 'shared', 'subgraphs', 'test'];
/** Installed packages, what tests build, and the pages, which `pages.mjs` builds. */
const SKIPPED = new Set(['node_modules', '.build', 'gateway/explorer']);
const SETTINGS = ['.swcrc', 'package-lock.json'];

/**
 * Compiles with swc, file by file and without looking at types, since a start should take seconds; `npm run check` looks at the
 * types, and `npm run build` compiles with the TypeScript compiler.
 */
export async function compile(root) {
  const stamp = join(root, 'dist', '.compiled');
  const files = FOLDERS.flatMap((folder) => filesIn(root, folder));
  if (existsSync(stamp) && newest(root, [...FOLDERS, ...files, ...SETTINGS]) <= statSync(stamp).mtimeMs) return;
  process.stderr.write('Compiling …\n');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { default: swc } = await import('@swc/core');
  const sources = files.filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'));
  try {
    await Promise.all(sources.map((source) => compileFile(swc, root, source)));
  } catch (error) {
    fail(`The sources do not compile:\n${error.message}`);
  }
  writeFileSync(stamp, '');
}

async function compileFile(swc, root, source) {
  const { code, map } = await swc.transformFile(join(root, source), { configFile: join(root, '.swcrc') });
  const target = join(root, 'dist', source.replace(/\.ts$/, '.js'));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, `${code}\n//# sourceMappingURL=${basename(target)}.map\n`);
  writeFileSync(`${target}.map`, map);
}

/** Files and folders in a folder of the project. */
function filesIn(root, folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name) && !SKIPPED.has(`${folder}/${name}`))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? [path, ...filesIn(root, path)] : [path];
    });
}

function newest(root, paths) {
  return paths.reduce((time, path) => Math.max(time, statSync(join(root, path)).mtimeMs), 0);
}
