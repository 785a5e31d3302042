import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONCERNS } from '#base/error-codes';
import { packageRoot } from '#base/package-root';
import { sources } from '../support/sources';

/** Places that name a code: extensions, the first argument of an error, and types that list codes. */
const CODES = [
  /\bcode: '([A-Z][A-Z_]+)'/g,
  /(?:\bsuper|Error)\(\s*'([A-Z][A-Z_]+)'/g,
  /\bfault\([^,]*, '([A-Z][A-Z_]+)'/g,
  /\brefusal\(\s*\d+,\s*'([A-Z][A-Z_]+)'/g,
  /\bcode \?\? '([A-Z][A-Z_]+)'/g,
  /\bREQUEST_ERRORS = new Set\(\[([^\]]*)\]/g,
  /\b(?:code|Code)\b\s*[:=]((?:\s*\|?\s*'[A-Z_]+')+)/g,
];

/** Codes that libraries raise. */
const FROM_LIBRARIES = ['PERSISTED_QUERY_NOT_FOUND', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT'];

test('the sources raise every declared error code, each declared once, and no others', () => {
  const raised = new Set(FROM_LIBRARIES);
  for (const path of sources()) {
    const text = readFileSync(join(packageRoot, path), 'utf8');
    for (const pattern of CODES)
      for (const [, list = ''] of text.matchAll(pattern))
        for (const [code] of list.matchAll(/[A-Z][A-Z_]+/g)) raised.add(code);
  }
  const declared = CONCERNS.flatMap(({ codes }) => Object.keys(codes));
  expect(declared.sort()).toEqual([...raised].sort());
});
