import fc from 'fast-check';
import { databaseKinds, freshDatabases } from '../../../test/support/databases';
import { Database } from '../database/database';
import {
  bigNumberFromSortable,
  parseBigNumber,
  parseDate,
  parseInstant,
  type SortableGroup,
  sortableBigNumber,
  sortableGroups,
  sumOfGroups,
} from './scalars';

/** A non-negative decimal as digits × 10^power: compared exactly, with integers of any size. */
const decimal = fc.record({
  digits: fc.bigInt({ min: 0n, max: 10n ** 30n }),
  power: fc.integer({ min: -40, max: 40 }),
});
type Decimal = { digits: bigint; power: number };
const written = ({ digits, power }: Decimal) => `${digits}e${power}`;
const scaled = ({ digits, power }: Decimal) => digits * 10n ** BigInt(power + 40);

describe('big numbers', () => {
  test('keep all digits when stored and read again', () => {
    fc.assert(
      fc.property(decimal, (number) => {
        const read = bigNumberFromSortable(sortableBigNumber(written(number)));
        expect(read).toBe(parseBigNumber(written(number)));
        expect(parseBigNumber(read)).toBe(read);
      }),
    );
  });

  test('sort as text in the order of the numbers', () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [left, right] = [sortableBigNumber(written(a)), sortableBigNumber(written(b))];
        const order = scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0;
        expect(left < right ? -1 : left > right ? 1 : 0).toBe(order);
      }),
    );
  });

  test.each(databaseKinds)('add up exactly in SQL, by groups, on %s', async (kind) => {
    const databases = await freshDatabases(kind, ['sums']);
    const database = await Database.open({ url: databases.url('sums'), name: 'sums', entities: [], migrations: [] });
    const { select, groupBy } = sortableGroups('stored');
    const sums = fc.array(fc.integer({ min: 0, max: 2 ** 40 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(sums, async (numbers) => {
        const rows = numbers.map(() => 'SELECT ? AS stored').join(' UNION ALL ');
        const groups = await database.query<SortableGroup>(
          `SELECT ${select} FROM (${rows}) numbers GROUP BY ${groupBy}`,
          numbers.map((number) => sortableBigNumber(String(number))),
        );
        expect(sumOfGroups(groups)).toBe(numbers.reduce((sum, number) => sum + number));
      }),
      { numRuns: 50 },
    );
    await database.close();
    await databases.drop();
  });

  test.each([
    ['1750000000000', '1750000000000'],
    ['3.80e25', '3.8e25'],
    ['0012.50', '12.5'],
    ['5.0000000000001e+26', '5.0000000000001e26'],
    ['0.000', '0'],
    ['1e-3', '0.001'],
  ])('normalizes the number %s to %s', (text, canonical) => {
    expect(parseBigNumber(text)).toBe(canonical);
  });

  test.each(['9e8999', '1e-9001', `${'9'.repeat(1_000)}e7999`])('reads back the extreme number %s', (text) => {
    const canonical = parseBigNumber(text);
    expect(bigNumberFromSortable(sortableBigNumber(canonical))).toBe(canonical);
  });

  test.each([
    ['too large', '9e9000'],
    ['too small', '1e-9002'],
    ['with too many digits', '9'.repeat(1_001)],
    ['with a power and too many digits', `1.${'9'.repeat(20_000)}e5`],
  ])('rejects a number that is %s, and quotes its beginning only', (_what, text) => {
    expect(() => parseBigNumber(text)).toThrow(/^"[\d.e-]{6,100}…?" is out of range/);
  });

  test.each(['-1', 'many', '', '1e99999', '0x10', '1,000'])('rejects "%s" as a number', (text) => {
    expect(() => parseBigNumber(text)).toThrow('is not a non-negative number');
  });
});

describe('dates and instants', () => {
  test.each(['2026-02-29', '2026-13-01', '26-01-01', '2026-1-1', '2026-01-01T00:00:00Z'])(
    'rejects "%s" as a date',
    (text) => {
      expect(() => parseDate(text)).toThrow('is not a date');
    },
  );

  test('converts an instant with any offset to UTC', () => {
    expect(parseInstant('2026-11-15T09:00:00-05:00')).toBe('2026-11-15T14:00:00.000Z');
  });

  test.each(['2026-11-15', '2026-11-15T09:00:00', '2026-02-30T09:00:00Z', 'yesterday'])(
    'rejects "%s" as an instant',
    (text) => {
      expect(() => parseInstant(text)).toThrow('is not a');
    },
  );
});
