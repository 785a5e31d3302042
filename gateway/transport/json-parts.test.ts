import { excessOf, MAX_PARTS } from './json-parts';

const json = (text: string) => Buffer.from(`{"data":${text}}`);
const list = (count: number, element: (place: number) => string) =>
  `[${Array.from({ length: count }, (_, place) => element(place)).join(',')}]`;
const object = (from: number, count: number) =>
  `{${Array.from({ length: count }, (_, place) => `"key${from + place}":1`).join(',')}}`;
/** White space of more than a megabyte, since smaller texts are not counted. */
const SPACE = ' '.repeat(1_100_000);

test.each<[string, string, RegExp]>([
  ['different keys of one object', object(0, 120_000), /different keys/],
  ['different keys of many objects', list(1_200, (place) => object(place * 100, 100)), /different keys/],
  ['different keys with a space before the colon', object(0, 120_000).replaceAll('":', '" \n:'), /different keys/],
  ['different keys in escapes', object(0, 120_000).replaceAll('"key', '"\\"\\\\\\u0061'), /different keys/],
  ['empty objects', list(MAX_PARTS.containers, () => '{}'), /objects and lists/],
  ['empty lists', list(MAX_PARTS.containers, () => '[]'), /objects and lists/],
  ['lists in lists', SPACE + '['.repeat(MAX_PARTS.containers), /objects and lists/],
  ['objects in objects', '{"a":'.repeat(MAX_PARTS.containers), /objects and lists/],
  ['numbers', list(MAX_PARTS.values + 2, () => '1'), /values/],
  ['texts', list(MAX_PARTS.values + 2, () => '""'), /values/],
])('reports too many %s', (_name, text, excess) => {
  expect(excessOf(json(text))).toMatch(excess);
});

test.each<[string, string]>([
  ['half as many different keys as it allows', SPACE + object(0, MAX_PARTS.keys / 2)],
  ['300,000 objects with equal keys', list(300_000, (place) => `{"id":"${place}","next":[{"name":"a,b{c["}]}`)],
  ['many different texts', list(200_000, (place) => `"text ${place}"`)],
  ['texts with quotes, braces, and commas', list(100_000, () => '"\\",[{\\\\"')],
  ['a text without an end', `${SPACE}"${'a'.repeat(100)}`],
  ['a text that ends in a backslash', `${SPACE}"a\\`],
])('accepts %s', (_name, text) => {
  expect(excessOf(json(text))).toBeUndefined();
});
