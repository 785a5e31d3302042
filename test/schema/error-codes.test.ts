import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** Where codes appear: in extensions, as the first argument of an error, and in the types that list them. */
const CODES = [
  /\bcode: '([A-Z][A-Z_]+)'/g,
  /(?:\bsuper|Error)\(\s*'([A-Z][A-Z_]+)'/g,
  /\bfault\([^,]*, '([A-Z][A-Z_]+)'/g,
  /\brefusal\(\s*\d+,\s*'([A-Z][A-Z_]+)'/g,
  /\bcode \?\? '([A-Z][A-Z_]+)'/g,
  /\bREQUEST_ERRORS = new Set\(\[([^\]]*)\]/g,
  /\b(?:code|Code)\b\s*[:=]((?:\s*\|?\s*'[A-Z_]+')+)/g,
];

/** Codes of libraries that are passed on. */
const OF_LIBRARIES = ['PERSISTED_QUERY_NOT_FOUND', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'];

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(packageRoot, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (/\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name)) yield path;
  }
}

test('explains exactly the existing error codes in docs/errors.md', () => {
  const used = new Set(OF_LIBRARIES);
  for (const folder of ['gateway', 'shared', 'subgraphs'])
    for (const path of sources(folder)) {
      const text = readFileSync(join(packageRoot, path), 'utf8');
      for (const pattern of CODES)
        for (const [, errorCode = ''] of text.matchAll(pattern))
          for (const [code] of errorCode.matchAll(/[A-Z][A-Z_]+/g)) used.add(code);
    }
  const explained = readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8').matchAll(/^\| `([A-Z_]+)` /gm);
  expect([...explained].map(([, code]) => code).sort()).toEqual([...used].sort());
});
