import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PageDocuments } from './page-documents';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-pages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function build(time: number, ...operations: { id: string; body: string }[]): void {
  const file = join(folder, 'manifest.json');
  writeFileSync(file, JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }));
  utimesSync(file, time, time);
}

test('finds documents of pages that are built after the gateway started, and built again', () => {
  const documents = new PageDocuments(folder);
  expect(documents.textOf('sha256:a')).toBeUndefined();
  build(1_000, { id: 'a', body: '{ agencies { key } }' });
  expect(documents.textOf('sha256:a')).toBe('{ agencies { key } }');
  expect(documents.textOf('a')).toBe('{ agencies { key } }');
  build(2_000, { id: 'b', body: '{ sectorKeys }' });
  expect(documents.textOf('sha256:b')).toBe('{ sectorKeys }');
  expect(documents.textOf('sha256:a')).toBeUndefined();
});
