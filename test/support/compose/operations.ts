import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The commands of docs/operations.md under each heading, as shell scripts. */
export function operations(): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const sections = text.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [heading = ''] = section.split('\n', 1);
      const scripts = [...section.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, script]) => script!);
      return [heading, scripts];
    }),
  );
}
