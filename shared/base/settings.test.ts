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

test.each([' ', '\t', ''])('rejects the blank flag "%s"', (value) => {
  expect(() => readSettings(table, { maxDepth: value }, { ORDERGRAPH_MAX_DEPTH: '7' })).toThrow(
    /^--max-depth is empty\n {2}Leave it out, or give it a value/,
  );
  expect(() => readSettings(table, { header: ['a', value] }, {})).toThrow(/^--header is empty/);
});

test('treats an empty variable as unset', () => {
  expect(readSettings(table, {}, { ORDERGRAPH_MAX_DEPTH: ' ', ORDERGRAPH_ZONE: '' })).toMatchObject({
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
  const warnings = environmentWarnings([table], () => ['reviews'], {
    ORDERGRAPH_MAX_DEPHT: 'secret',
    ORDERGRAPH_REVIEWS_KEY: 'secret',
    ORDERGRAPH_REVIEW_KEY: 'secret',
    ORDERGRAPH_KEY: 'secret',
    ORDERGRAPH_TEST_SEED: '1',
    BUS_URL: 'secret',
    PATH: '/bin',
  });
  expect(warnings).toEqual([
    'BUS_URL is now ORDERGRAPH_BUS_URL; the former name still works, and will stop working',
    'ORDERGRAPH_MAX_DEPHT is not a setting and has no effect; did you mean "ORDERGRAPH_MAX_DEPTH"?',
    expect.stringMatching(
      /^ORDERGRAPH_REVIEW_KEY is not a setting and has no effect; did you mean "ORDERGRAPH_REVIEWS_KEY"/,
    ),
  ]);
});

test.each([
  ['redis://user:s3cret@host:6379/1', 'redis://…@host:6379/1'],
  ['redis://user:s3/cr@et@host', 'redis://…@host'],
  ['redis://s3cret@host', 'redis://…@host'],
  ['submissions=http://user:s3cret@host/graphql', 'submissions=http://…@host/graphql'],
  ['redis://host?db=1&token=s3cret', 'redis://host?db=…&token=…'],
  ['{"kty":"OKP","d":"s3cret"}', '…'],
  ['-----BEGIN PRIVATE KEY-----s3cret', '…'],
  ['http://user:s3#cret@host', 'http://…@host'],
])('shows the value %s without secrets', (value, shown) => {
  expect(describeSettings({ value, list: [value] })).toBe(`  value = ${shown}\n  list = ${shown}`);
  const url = { url: { env: 'ORDERGRAPH_URL', schema: z.literal('none'), default: '', help: 'URL.' } } as const;
  expect(() => readSettings(url, {}, { ORDERGRAPH_URL: value })).toThrow(`ORDERGRAPH_URL is "${shown}"`);
});

test('describes lists, and values derived from other settings', () => {
  expect(describeSettings({ url: 'a', list: [], more: ['a', 'b'] }, { url: 'derived' })).toBe(
    '  url = derived\n  list = (none)\n  more = a, b',
  );
  expect([flagOf('maxDepth'), defaultOf(table.sealKey), defaultOf(table.zone)]).toEqual(['--max-depth', 'none', 'UTC']);
});
