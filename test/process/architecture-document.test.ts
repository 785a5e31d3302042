import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

const text = readFileSync(join(packageRoot, 'docs', 'architecture.md'), 'utf8');
const filesNamed = [...text.matchAll(/\b((?:gateway|shared|subgraphs)\/[\w/-]+\.ts)\b/g)].map(([, file]) => file!);

test('names files that exist in both diagrams', () => {
  expect(text.match(/```mermaid/g)).toHaveLength(2);
  expect(new Set(filesNamed).size).toBeGreaterThan(25);
  expect(filesNamed.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
});

test('describes every folder of the gateway and every floor of shared/', () => {
  const table = text.slice(text.indexOf('## Folders'));
  const folders = (parent: string) =>
    readdirSync(join(packageRoot, parent), { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  const missing = [
    ...folders('gateway').map((name) => `${name}/`),
    ...folders('shared').map((name) => `shared/${name}/`),
  ];
  expect(missing.filter((name) => !table.includes(name))).toEqual([]);
});
