import fc from 'fast-check';
import { Received } from './received';

/** Chunks as a socket delivers them, few and many. */
const pieces = fc.array(
  fc
    .tuple(fc.oneof(fc.nat(100), fc.integer({ min: 60_000, max: 70_000 })), fc.nat(255))
    .map(([length, byte]) => Buffer.alloc(length, byte)),
  { minLength: 1, maxLength: 12 },
);

test('returns the sent bytes, whatever length was announced', () => {
  fc.assert(
    fc.property(pieces, fc.oneof(fc.constant(Number.NaN), fc.constant(0), fc.nat(1_000_000)), (chunks, announced) => {
      const whole = Buffer.concat(chunks);
      for (const expected of [announced, whole.length]) {
        const received = new Received();
        for (const piece of chunks) received.add(piece, expected);
        expect(received.length).toBe(whole.length);
        expect(received.bytes().equals(whole)).toBe(true);
      }
    }),
  );
});

test('copies a large body out of its chunks as they arrive', () => {
  const received = new Received();
  const piece = Buffer.alloc(100_000, 1);
  for (let i = 0; i < 3; i++) received.add(piece, 300_000);
  piece.fill(2);
  expect(received.bytes().equals(Buffer.alloc(300_000, 1))).toBe(true);
});
