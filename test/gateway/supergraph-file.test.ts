import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SupergraphFile } from '../../gateway/supergraph/file';
import { createLog } from '../../gateway/telemetry/log';
import { until } from '../support/until';

const reads = jest.spyOn(promises, 'readFile').mock.calls;
const looks = jest.spyOn(promises, 'stat').mock.calls;
afterAll(() => jest.restoreAllMocks());

const offers = (all: readonly string[], count: number) =>
  until(
    () => all.length === count,
    () => `${count} are offered`,
  );
const looksMore = (count: number): Promise<void> => {
  const before = looks.length;
  return until(
    () => looks.length > before + count,
    () => `the file is checked ${count} more times`,
  );
};

test('polls the supergraph file, reads it after a write, and offers it when it changed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-supergraph-'));
  const file = join(folder, 'supergraph.graphql');
  writeFileSync(file, 'one');
  const offered: string[] = [];
  const source = new SupergraphFile(file, 1, createLog('silent', 'test'));
  const { supergraphSdl, serving, cleanup } = await source.initialize({
    update: async (sdl) => offered.push(sdl) > 0,
  });
  expect(supergraphSdl).toBe('one');
  serving?.();
  await looksMore(2);
  const read = reads.length;
  await looksMore(10);
  expect([reads.length, offered]).toEqual([read, []]);

  // replaced atomically, and replaced in place
  writeFileSync(`${file}.new`, 'two');
  renameSync(`${file}.new`, file);
  await offers(offered, 1);
  writeFileSync(file, '');
  await looksMore(3);
  writeFileSync(file, 'two');
  await looksMore(3);
  writeFileSync(file, 'six');
  await offers(offered, 2);
  expect(offered).toEqual(['two', 'six']);

  // a file that is missing for a moment causes no error once it is back
  renameSync(file, `${file}.old`);
  await looksMore(3);
  renameSync(`${file}.old`, file);
  writeFileSync(file, 'ten');
  await offers(offered, 3);
  expect(offered.at(-1)).toBe('ten');
  await cleanup?.();
  rmSync(folder, { recursive: true });
});
