import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { flagOf, type Setting } from '#base/settings';
import { gatewaySettings, hasFlag, startSettings, subgraphSettings } from '../../gateway/cli/settings';
import { killAll, requireCompiled, run } from '../support/processes';
import { sources } from '../support/sources';

beforeAll(requireCompiled);
afterEach(killAll);

test('only the reader of settings reads the environment', () => {
  const readers = [...sources()].filter((path) => /process\.env\b/.test(readFileSync(join(packageRoot, path), 'utf8')));
  expect(readers).toEqual([join('shared', 'base', 'settings.ts')]);
});

test.each([
  ['start', startSettings],
  ['gateway', gatewaySettings],
  ['subgraph', subgraphSettings],
])('%s --help lists every setting that it reads', async (command, table) => {
  const help = run([command, '--help']);
  expect(await help.ended).toBe(0);
  const text = help.output();
  const missing = Object.entries<Setting>(table).filter(
    ([name, setting]) =>
      !text.includes(setting.env) || (hasFlag(setting, table) && !new RegExp(`^ +${flagOf(name)} <`, 'm').test(text)),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});

test('a misspelled variable is named with the nearest setting, and does not stop the command', async () => {
  const status = run(['migrate', '--status'], { ORDERGRAPH_DATABSE_TIMEOUT_MS: '5', EVENTS_URL: 'redis://host' });
  expect(await status.ended).toBe(0);
  expect(status.output()).toContain(
    'ORDERGRAPH_DATABSE_TIMEOUT_MS is not a setting and has no effect; did you mean "ORDERGRAPH_DATABASE_TIMEOUT_MS"',
  );
  expect(status.output()).toContain('EVENTS_URL is now ORDERGRAPH_EVENTS_URL');
});
