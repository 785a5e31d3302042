import { parse } from 'graphql';
import { DocumentCache, derivedBytes } from './document-cache';

const document = () => parse('{ a }');

test('derives a value once for each key of a document', () => {
  const cache = new DocumentCache<number>(100, () => 10);
  const [a, b] = [document(), document()];
  let derived = 0;
  const get = (of: typeof a, key: string) => cache.get(of, key, () => derived++);
  expect([get(a, 'x'), get(a, 'y'), get(b, 'x'), get(a, 'x'), get(b, 'x')]).toEqual([0, 1, 2, 0, 2]);
  expect([cache.keys(a), cache.keys(b), cache.keys(document())]).toEqual([['y', 'x'], ['x'], []]);
});

test('limits the bytes of all values, however many documents and keys they have', () => {
  const cache = new DocumentCache<{ readonly bytes: number }>(1_000, ({ bytes }) => bytes);
  const documents = Array.from({ length: 50 }, document);
  for (const [index, of] of documents.entries())
    for (let key = 0; key < 50; key++) {
      cache.get(of, `${key}`, () => ({ bytes: 1 + ((index * key) % 300) }));
      expect(cache.bytes).toBeLessThanOrEqual(1_000);
    }
  const kept = documents.flatMap((of) => cache.keys(of));
  expect(kept.length).toBeGreaterThan(0);
  // each value takes at least 1 byte and the characters of its key
  expect(kept.length).toBeLessThanOrEqual(500);
});

test('drops the least recently used value, and counts keys', () => {
  const cache = new DocumentCache<string>(20, () => 5);
  const of = document();
  for (const key of ['first', 'other']) cache.get(of, key, () => key);
  expect(cache.bytes).toBe(20);
  cache.get(of, 'first', () => 'derived again');
  cache.get(of, 'third', () => 'third');
  expect(cache.keys(of)).toEqual(['third', 'first']);
  expect(cache.get(of, 'first', () => 'derived again')).toBe('first');
});

test('returns a value that is too large, without keeping it', () => {
  const cache = new DocumentCache<string>(100, ({ length }) => length);
  const of = document();
  cache.get(of, 'small', () => 'x');
  expect(cache.get(of, 'large', () => 'x'.repeat(101))).toHaveLength(101);
  expect([cache.keys(of), cache.get(of, 'small', () => 'y')]).toEqual([['small'], 'x']);
});

test('estimates bytes by selections and by characters', () => {
  expect(derivedBytes(5_000, 0)).toBeGreaterThan(1_000_000);
  expect(derivedBytes(0, 1_000_000)).toBeGreaterThan(1_000_000);
});
