import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recordingLog } from '../../../test/support/log';
import { controlMonotonicClock } from '../../../test/support/monotonic';
import { WatchedFile } from './watched-file';

let folder: string;
let file: string;
let clock: ReturnType<typeof controlMonotonicClock>;
let lines: Record<string, unknown>[];
let watched: WatchedFile<unknown>;
const LONG_AGO = new Date('2026-01-01');

/** Writes text without changing the file times. */
function writeUnseen(text: string): void {
  writeFileSync(file, text);
  utimesSync(file, LONG_AGO, LONG_AGO);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ordergraph-watched-'));
  file = join(folder, 'value.json');
  writeUnseen('1');
  clock = controlMonotonicClock();
  const recorded = recordingLog();
  lines = recorded.lines;
  watched = new WatchedFile(file, { what: 'the value', parse: JSON.parse, log: recorded.log });
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const levels = () => lines.map(({ level }) => level);

test('returns the new value within a second of use, however the file was replaced', () => {
  writeFileSync(`${file}.new`, '{"a":1}');
  renameSync(`${file}.new`, file);
  expect(watched.current).toBe(1);
  clock.advance(1_000);
  expect(watched.current).toEqual({ a: 1 });
  // the same object until the content changes
  const { current } = watched;
  clock.advance(3_600_000);
  expect(watched.current).toBe(current);
  writeFileSync(file, '3');
  watched.look();
  expect(watched.current).toBe(3);
  expect(levels()).toEqual([30, 30]);
});

test('keeps the value, and logs once, when a folder, a pipe, or a huge file takes the place of the file', () => {
  const replacements = [
    () => mkdirSync(file),
    () => execFileSync('mkfifo', [file]),
    () => {
      writeFileSync(file, '2');
      truncateSync(file, 65 * 1024 * 1024);
    },
  ];
  for (const replace of replacements) {
    rmSync(file, { recursive: true });
    replace();
    clock.advance(1_000);
    expect(watched.current).toBe(1);
  }
  expect(lines).toHaveLength(1);
  rmSync(file);
  writeFileSync(file, '2');
  clock.advance(1_000);
  expect(watched.current).toBe(2);
});

test('keeps the value, and logs once, while the file is half-written or missing', () => {
  for (const text of ['{"a":', '', '{"b":'])
    for (let time = 0; time < 3; time++) {
      writeFileSync(file, text);
      clock.advance(1_000);
      expect(watched.current).toBe(1);
    }
  rmSync(file);
  clock.advance(1_000);
  expect(watched.current).toBe(1);
  expect(levels()).toEqual([50]);
  writeFileSync(file, '2');
  clock.advance(1_000);
  expect(watched.current).toBe(2);
  expect(levels()).toEqual([50, 30]);
});

test('detects a second change within the same tick of the file system clock', () => {
  clock.advance(1_000);
  writeFileSync(file, '2');
  expect(watched.current).toBe(2);
  for (let value = 3; value < 9; value++) {
    writeFileSync(file, String(value));
    clock.advance(1_000);
    expect(watched.current).toBe(value);
  }
});

test('throws at the start if the file is invalid or missing', () => {
  writeFileSync(file, 'no JSON');
  expect(() => new WatchedFile(file, { what: 'the value', parse: JSON.parse })).toThrow(SyntaxError);
  expect(() => new WatchedFile(join(folder, 'none'), { what: 'the value', parse: JSON.parse })).toThrow('ENOENT');
});
