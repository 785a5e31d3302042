import { decodeTime } from 'ulid';
import { newId } from './ids';

test.each(['2026-11-01T00:00:00.000Z', '2026-11-23T15:04:05.678Z', '2026-11-30T23:59:59.999Z'])(
  'reveals only the month of an id created at %s',
  (now) => {
    const id = newId('det', now);
    expect(id).toMatch(/^det_[0-9A-HJKMNP-TV-Z]{26}$/);
    expect(new Date(decodeTime(id.slice(4))).toISOString()).toBe('2026-11-01T00:00:00.000Z');
  },
);

test('sorts ids of a later month later, and creates distinct ids at one instant', () => {
  expect(newId('sub', '2026-12-01T00:00:00.000Z') > newId('sub', '2026-11-30T23:59:59.999Z')).toBe(true);
  const [first, second] = [newId('sub', '2026-11-01T00:00:00.000Z'), newId('sub', '2026-11-01T00:00:00.000Z')];
  expect(first).not.toBe(second);
});
