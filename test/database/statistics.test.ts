import { Temporal } from 'temporal-polyfill';
import { addDays } from '#base/civil';
import { CalendarUnit, calendarPeriod, periodOfInstantSql } from '#kit/aggregates/calendar-unit';
import { Database } from '#kit/database/database';
import { percentileOfCounts, percentiles, percentilesSql, yearsIn } from '#kit/database/statistics';
import { percentile } from '#kit/model/value-object';
import { databaseKinds, freshDatabases, type TestDatabases } from '../support/databases';
import { randomOf } from '../support/random';

const SHARES = { first: 0, tenth: 0.1, median: 0.5, p90: 0.9, last: 1 } as const;
const GROUPS = ['a', 'b', null] as const;
type Sample = { group: string | null; value: number | null };

/** Lists of every kind: empty, of one value, of equal values, of nulls only, and random ones of up to 400 values. */
function lists(seed: number): Sample[][] {
  const random = randomOf(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
  const sample = (value: number | null): Sample => ({ group: pick(GROUPS), value });
  const long = () => Array.from({ length: Math.floor(random() * 400) });
  return [
    [],
    [sample(null), sample(null)],
    [sample(7)],
    Array.from({ length: 9 }, () => sample(3)),
    long().map(() => sample(Math.floor(random() * 20) - 10)),
    long().map(() => sample(random() < 0.2 ? null : random() * 1e6 - 5e5)),
    long().map(() => sample(Math.floor(random() * 1e11))),
  ];
}

/** @param share of the larger number by which they may differ */
function expectClose(actual: number | null, expected: number | null, share = 1e-9): void {
  if (actual === null || expected === null) expect(actual).toBe(expected);
  else expect(Math.abs(actual - expected)).toBeLessThanOrEqual(share * Math.max(1, Math.abs(expected)));
}

test.each([1, 2, 3])('counted percentiles equal those of the whole list (random lists %i)', (seed) => {
  for (const list of lists(seed)) {
    const values = list.flatMap(({ value }) => value ?? []);
    const counts = [...Map.groupBy(values, (value) => value)].map(([value, same]) => [value, same.length] as const);
    for (const share of Object.values(SHARES))
      expectClose(percentileOfCounts([...counts, [5, 0]], share), percentile(values, share));
  }
});

describe.each(databaseKinds)('statistics on %s', (kind) => {
  let databases: TestDatabases;
  let database: Database;
  beforeAll(async () => {
    databases = await freshDatabases(kind, ['statistics']);
    database = await Database.open({
      url: databases.url('statistics'),
      name: 'statistics',
      entities: [],
      migrations: [],
    });
    await database.query('CREATE TABLE sample (part VARCHAR(10), size DOUBLE)');
    await database.query('CREATE TABLE event (occurred_at VARCHAR(24), ended_at VARCHAR(24))');
    await database.query('CREATE INDEX by_time ON event (occurred_at)');
  });
  afterAll(async () => {
    await database?.close();
    await databases?.drop();
  });

  async function fill(table: string, rows: readonly (readonly unknown[])[]): Promise<void> {
    await database.query(`DELETE FROM ${table}`);
    for (let start = 0; start < rows.length; start += 100) {
      const some = rows.slice(start, start + 100);
      await database.query(`INSERT INTO ${table} VALUES ${some.map(() => '(?, ?)').join(', ')}`, some.flat());
    }
  }

  test.each([1, 2, 3])('percentiles in SQL equal those of the list (random lists %i)', async (seed) => {
    for (const list of lists(seed)) {
      await fill(
        'sample',
        list.map(({ group, value }) => [group, value]),
      );
      const query = {
        from: 'SELECT part, size FROM sample WHERE 1 = ?',
        value: 'size',
        shares: SHARES,
        atMost: { small: 3 },
      };
      const [all, ...others] = await percentiles(database, query, [1]);
      const values = list.flatMap(({ value }) => value ?? []);
      expect([all!.total, all!.n, others]).toEqual([list.length, values.length, []]);
      expect(all!.small).toBe(values.filter((value) => value <= 3).length);
      for (const [name, share] of Object.entries(SHARES))
        expectClose(all![name as keyof typeof SHARES], percentile(values, share));

      const grouped = await percentiles(database, { ...query, groups: ['part'] }, [1]);
      const filled = GROUPS.filter((group) => list.some((one) => one.group === group));
      expect(grouped.map(({ part }) => part).toSorted()).toEqual([...filled].toSorted());
      for (const row of grouped) {
        const ofGroup = list.filter(({ group }) => group === row.part).flatMap(({ value }) => value ?? []);
        expect([row.n, row.total]).toEqual([ofGroup.length, list.filter(({ group }) => group === row.part).length]);
        for (const [name, share] of Object.entries(SHARES))
          expectClose(row[name as keyof typeof SHARES], percentile(ofGroup, share));
      }
    }
  });

  test('computes the same percentiles with window functions as with an aggregate', async () => {
    const { percentile: _, ...dialect } = database.dialect;
    for (const list of lists(7)) {
      await fill(
        'sample',
        list.map(({ group, value }) => [group, value]),
      );
      const query = { from: 'SELECT part, size FROM sample', value: 'size', groups: ['part'], shares: SHARES } as const;
      const rows = await database.query<Record<string, number | null>>(percentilesSql(dialect, query));
      const expected = await percentiles(database, query);
      expect(rows).toHaveLength(expected.length);
      for (const row of rows)
        for (const name of Object.keys(SHARES) as (keyof typeof SHARES)[])
          expectClose(row[name]!, expected.find(({ part }) => part === (row.part as unknown))![name]);
    }
  });

  test('measures the time between instants to the millisecond', async () => {
    const random = randomOf(4);
    const instant = () => new Date(Date.UTC(2020, 0, 1) + Math.floor(random() * 3e11)).toISOString();
    const pairs = Array.from({ length: 2_000 }, () => [instant(), instant()] as const);
    await fill('event', pairs);
    const { millisecondsBetween, daysBetween } = database.dialect;
    const rows = await database.query<{ occurredAt: string; endedAt: string; ms: number; days: number }>(
      `SELECT occurred_at AS occurredAt, ended_at AS endedAt, ${millisecondsBetween('occurred_at', 'ended_at')} AS ms,
              ${daysBetween('occurred_at', 'ended_at')} AS days FROM event`,
    );
    expect(rows).toHaveLength(2_000);
    for (const { occurredAt, endedAt, ms, days } of rows) {
      expect(Number(ms)).toBe(Date.parse(endedAt) - Date.parse(occurredAt));
      expectClose(Number(days), Number(ms) / 86_400_000, 1e-12);
    }
    const [dates] = await database.query<{ days: number }>(
      `SELECT ${daysBetween("'2026-03-01'", "'2026-03-11'")} AS days`,
    );
    expect(Number(dates!.days)).toBe(10);
  });

  test.each(['America/New_York', 'Pacific/Auckland', 'Asia/Kolkata', 'UTC'])(
    'computes civil days in %s, and the periods that contain them',
    async (zone) => {
      const random = randomOf(5);
      const moments: string[] = [];
      // last and first moments of days in any zone, at ends of periods and through clock changes
      const isNearChange = (day: string) => /-(0[1-9]|2[5-9]|3\d)$/.test(day) || /-(03|04|09|11)-/.test(day);
      for (let day = '2025-12-20'; day < '2027-01-05'; day = addDays(day, isNearChange(day) ? 1 : 9))
        for (const hour of [2, 3, 4, 10, 11, 12, 18])
          for (const time of ['29:59.999', '30:00.000', '59:59.999'])
            moments.push(`${day}T${String(hour).padStart(2, '0')}:${time}Z`);
      for (let more = 0; more < 300; more++)
        moments.push(new Date(Date.UTC(2025, 8, 25) + Math.floor(random() * 4e10)).toISOString());
      await fill(
        'event',
        moments.map((moment) => [moment, null]),
      );
      const { dialect } = database;
      const periods = Object.values(CalendarUnit).map(
        (unit) => `${periodOfInstantSql(dialect, unit, 'occurred_at', zone)} AS of_${unit}`,
      );
      const rows = await database.query<Record<string, string>>(
        `SELECT occurred_at AS moment, ${periods.join(', ')} FROM event`,
      );
      expect(rows).toHaveLength(moments.length);
      const wrong = rows.filter((row) => {
        const civil = Temporal.Instant.from(row.moment!).toZonedDateTimeISO(zone).toPlainDate();
        const date = civil.toString();
        const week = `${civil.yearOfWeek}-W${String(civil.weekOfYear).padStart(2, '0')}`;
        const contains = (unit: CalendarUnit) => {
          const { from, until } = calendarPeriod(unit, row[`of_${unit}`]!);
          return from <= date && date < until;
        };
        return (
          row.of_DAY !== date ||
          calendarPeriod('WEEK', row.of_WEEK!).label !== week ||
          !Object.values(CalendarUnit).every(contains)
        );
      });
      expect(wrong).toEqual([]);
    },
  );

  test('lists the years of a column', async () => {
    await fill('event', []);
    expect(await yearsIn(database, 'event', 'occurred_at')).toEqual([]);
    const moments = ['2019-12-31T23:59:59.999Z', '2020-01-01T00:00:00.000Z', '2026-05-01T00:00:00.000Z', null];
    await fill(
      'event',
      [...moments, ...moments].map((moment) => [moment, null]),
    );
    expect(await yearsIn(database, 'event', 'occurred_at')).toEqual([2019, 2020, 2026]);
    await fill(
      'event',
      [...moments, '9999-12-31T23:59:59.999Z'].map((moment) => [moment, null]),
    );
    expect(await yearsIn(database, 'event', 'occurred_at')).toEqual([2019, 2020, 2026, 9999]);
  });
});
