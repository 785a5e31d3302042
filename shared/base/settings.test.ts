import { z } from 'zod';
import { defaultOf, describeSettings, environmentWarnings, flagOf, readSettings, type SettingTable } from './settings';

const table = {
  maxDepth: {
    env: 'ORDERGRAPH_MAX_DEPTH',
    schema: z.coerce.number().int().min(1),
    default: 20,
    help: 'Maximum levels.',
  },
  header: {
    env: 'ORDERGRAPH_HEADERS',
    schema: z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat()),
    default: [] as string[],
    help: 'Header.',
  },
  sealKey: { env: 'ORDERGRAPH_<NAME>_KEY', commonEnv: 'ORDERGRAPH_KEY', schema: z.string(), default: '', help: 'Key.' },
  busUrl: { env: 'ORDERGRAPH_BUS_URL', formerEnv: 'BUS_URL', schema: z.string(), default: '', help: 'Bus.' },
  zone: { env: 'ORDERGRAPH_ZONE', hasFlag: false, schema: z.string(), default: 'UTC', help: 'Zone.' },
} as const satisfies SettingTable;

test('flags override variables, which override defaults', () => {
  const environment = { ORDERGRAPH_MAX_DEPTH: '7' };
  expect(readSettings(table, {}, {}).maxDepth).toBe(20);
  expect(readSettings(table, {}, environment).maxDepth).toBe(7);
  expect(readSettings(table, { maxDepth: '9' }, environment).maxDepth).toBe(9);
  expect(readSettings(table, { header: ['a', 'b'] }, { ORDERGRAPH_HEADERS: 'c' }).header).toEqual(['a', 'b']);
});

test('treats an empty variable as unset', () => {
  expect(readSettings(table, {}, { ORDERGRAPH_MAX_DEPTH: '', ORDERGRAPH_ZONE: '' })).toMatchObject({
    maxDepth: 20,
    zone: 'UTC',
  });
});

test.each([
  [{ ORDERGRAPH_REVIEWS_KEY: 'own', ORDERGRAPH_KEY: 'common' }, 'own'],
  [{ ORDERGRAPH_WORKFORCE_KEY: 'other', ORDERGRAPH_KEY: 'common' }, 'common'],
  [{ ORDERGRAPH_WORKFORCE_KEY: 'other' }, ''],
])('reads from %j the key "%s" for the reviews subgraph', (environment, key) => {
  expect(readSettings(table, {}, environment, 'reviews').sealKey).toBe(key);
});

test('reads a variable by its former name, unless the current one is set', () => {
  expect(readSettings(table, {}, { BUS_URL: 'old' }).busUrl).toBe('old');
  expect(readSettings(table, {}, { BUS_URL: 'old', ORDERGRAPH_BUS_URL: 'new' }).busUrl).toBe('new');
});

test('a setting without a flag ignores a flag of its name', () => {
  expect(readSettings(table, { zone: 'Mars' }, {}).zone).toBe('UTC');
});

test.each([
  [{}, { ORDERGRAPH_MAX_DEPTH: 'deep' }, /^ORDERGRAPH_MAX_DEPTH is "deep": .*\n {2}Maximum levels\. Default: 20/],
  [{ maxDepth: '0' }, {}, /^--max-depth is "0": .*>=1\n {2}Maximum levels\. Default: 20/],
])('names the source of an invalid value: %j %j', (flags, environment, message) => {
  expect(() => readSettings(table, flags, environment)).toThrow(message);
});

test('warns of unknown and renamed variables, without their values', () => {
  const warnings = environmentWarnings([table], ['reviews'], {
    ORDERGRAPH_MAX_DEPHT: 'secret',
    ORDERGRAPH_REVIEWS_KEY: 'secret',
    ORDERGRAPH_REVIEW_KEY: 'secret',
    ORDERGRAPH_KEY: 'secret',
    ORDERGRAPH_TEST_SEED: '1',
    BUS_URL: 'secret',
    PATH: '/bin',
  });
  expect(warnings).toEqual([
    'BUS_URL is now ORDERGRAPH_BUS_URL; the former name will stop working',
    'ORDERGRAPH_MAX_DEPHT is not a setting and has no effect; did you mean "ORDERGRAPH_MAX_DEPTH"?',
    expect.stringMatching(
      /^ORDERGRAPH_REVIEW_KEY is not a setting and has no effect; did you mean "ORDERGRAPH_REVIEWS_KEY"/,
    ),
  ]);
});

test('describes settings without the passwords of URLs', () => {
  expect(
    describeSettings({ url: 'redis://user:secret@host', list: [], more: ['a', 'b'] }, { url: 'redis://u:s@h' }),
  ).toBe('  url = redis://u:…@h\n  list = (none)\n  more = a, b');
  expect([flagOf('maxDepth'), defaultOf(table.sealKey), defaultOf(table.zone)]).toEqual(['--max-depth', 'none', 'UTC']);
});
