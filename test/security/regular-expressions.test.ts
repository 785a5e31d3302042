import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { check } from 'recheck';
import { packageRoot } from '#base/package-root';

/** Milliseconds for the analysis of one expression. */
const TIMEOUT_MS = 10_000;

/** Expressions that take more than linear time, with what keeps the text short that they read. */
const BOUNDED: Readonly<Record<string, string>> = {
  '\\[([^\\]]*)\\];': 'a file of this repository',
  '(import type \\{ Migration \\}[^\\n]*\\n(?:import [^\\n]*\\n)*)': 'a file of this repository',
  '^ALTER TABLE `(\\w+)` ADD CONSTRAINT (`\\w+` FOREIGN KEY \\([^)]*\\) REFERENCES `\\w+` ?\\([^)]*\\))':
    'migrations of this repository',
  '(:00)+$': 'a time of day',
  '([A-Z]+)([A-Z][a-z])': 'a word of the command line',
  '^\\s*(development|test)?\\s*$': 'a setting',
  '([a-z][\\w+.-]*:\\/\\/).*@': 'a setting',
  '([?&#][^=&#\\s]+=)[^&#\\s]*': 'a setting',
  '\\([^)]*\\)': 'a name in a published catalog',
  '^([^,]+),\\s*(.+\\bof(?: the)?)$': 'a name in a published catalog',
  '\\(([^)]+)\\)': 'a name in a published catalog',
  '\\s*[/|]\\s*|\\s+[-–—]\\s+': 'a name in a published catalog',
  '-+$': 'a name in a published catalog',
  '[,;/\\n]|\\s+(?:and|&)\\s+': 'a name in a published catalog',
  '(\\d+)-[^/]*$': 'a name of a file of this repository',
  '^\\s*(?:query|mutation)\\s+(\\w+)': 'what its reader wrote in a tab of the explorer',
  '^[^:]*[^:\\s][^:]*:.*\\S': 'a name of at most 255 characters',
};

interface Expression {
  readonly pattern: string;
  readonly flags: string;
  readonly file: string;
}

/** The regular expressions of a source. */
function expressionsIn(file: string): Expression[] {
  const found: Expression[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    const { type, pattern, flags } = node as { type?: unknown; pattern?: unknown; flags?: unknown };
    if (type === 'RegExpLiteral') found.push({ pattern: String(pattern), flags: String(flags), file });
    for (const value of Object.values(node)) visit(value);
  };
  visit(
    parseSync(readFileSync(join(packageRoot, file), 'utf8'), {
      syntax: 'typescript',
      tsx: file.endsWith('.tsx'),
      decorators: true,
      target: 'es2024',
    }),
  );
  return found;
}

const FILES = globSync('{gateway,shared,subgraphs}/**/*.{ts,tsx}', {
  cwd: packageRoot,
  exclude: ['**/node_modules/**', '**/dist/**', '**/*.test.ts', '**/*.d.ts'],
});

test('no text from outside can make a regular expression take more than linear time', async () => {
  const expressions = new Map(
    FILES.flatMap(expressionsIn).map((expression) => [`/${expression.pattern}/${expression.flags}`, expression]),
  );
  expect(expressions.size).toBeGreaterThan(250);
  const faults: string[] = [];
  for (const { pattern, flags, file } of expressions.values()) {
    const { status } = await check(pattern, flags, { timeout: TIMEOUT_MS });
    if (status === 'safe') continue;
    if (!Object.hasOwn(BOUNDED, pattern)) faults.push(`${file}: /${pattern}/${flags} is ${status}`);
  }
  expect(faults).toEqual([]);
  // an expression that is gone needs no reason any longer
  const patterns = new Set([...expressions.values()].map(({ pattern }) => pattern));
  expect(Object.keys(BOUNDED).filter((pattern) => !patterns.has(pattern))).toEqual([]);
});
