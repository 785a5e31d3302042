import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

const FOLDER = join(packageRoot, 'docs');
const text = readFileSync(join(FOLDER, 'operations.md'), 'utf8');
const rows = [...text.matchAll(/^\| .* \| \[(.+)\]\((\.\.\/test\/\S+)\) *\|$/gm)];

test('cites only existing tests in the table of faults', () => {
  expect(rows.length).toBeGreaterThan(20);
  const missing = rows.filter(([, name, file]) => {
    const path = join(FOLDER, file!);
    return !existsSync(path) || !readFileSync(path, 'utf8').includes(name!);
  });
  expect(missing.map(([row]) => row)).toEqual([]);
});

test('names only metrics and settings that exist', () => {
  const sources = [
    'shared/kit/telemetry/subgraph-metrics.ts',
    'gateway/telemetry/metrics.ts',
    'shared/base/telemetry/metrics.ts',
  ];
  const code = sources.map((file) => readFileSync(join(packageRoot, file), 'utf8')).join('\n');
  const metrics = [...text.matchAll(/`ordergraph_(\w+)`/g)].map(([, name]) => name!);
  expect(metrics.length).toBeGreaterThan(5);
  expect(metrics.filter((name) => !code.includes(`${name}'`))).toEqual([]);
});
