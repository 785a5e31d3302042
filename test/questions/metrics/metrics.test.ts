import { addDays, afterWallClockSeconds, civilDate, fiscalYear, offsetChanges, startOfDay } from '#base/civil';
import { fixedClock } from '#base/clock';
import { parsePrincipal } from '#base/identity/principal';
import type { Database } from '#kit/database/database';
import { settledFigures } from '#kit/model/lazy-figures';
import type { Context } from '#kit/subgraph/context';
import { InfrastructureMetricsResolver } from '../../../subgraphs/infrastructure/order/executive-order';
import { ReviewMetricsResolver } from '../../../subgraphs/reviews/order/executive-order';
import { SubmissionMetricsResolver } from '../../../subgraphs/submissions/order/metrics';
import { SubmissionEvent } from '../../../subgraphs/submissions/submission/submission-event';
import { TimeToHireResolver, WorkforceMetricsResolver } from '../../../subgraphs/workforce/order/executive-order';
import { databaseKinds } from '../../support/databases';
import { INSPECTOR } from '../../support/identity';
import { randomOf } from '../../support/random';
import { openWorld, type World } from '../../support/world';
import * as reference from './reference';

/** Compares the metrics, computed in SQL, with their definition in code: `reference.ts`. */

const NOW = '2027-12-01T15:00:00.000Z';
const YEARS = [2024, 2025, 2026, 2027, 2028];
const SEEDS = [1, 2];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Instants at which figures change: starts of days, quarters, and fiscal years, and changes of the clock. */
const EDGES = [
  ...YEARS.flatMap((year) => ['01-01', '04-01', '07-01', '10-01'].map((day) => startOfDay(`${year - 1}-${day}`))),
  ...['2025-07-03', '2025-07-04', '2025-11-27', '2026-02-14'].map((day) => startOfDay(day)),
  ...offsetChanges('2024-01-01', '2027-11-30').map(({ at }) => new Date(at).toISOString()),
];

class Moments {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = randomOf(seed);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)]!;
  }

  private shifted(instant: string, milliseconds: number): string {
    return new Date(Date.parse(instant) + Math.round(milliseconds)).toISOString();
  }

  /** An instant from 2023 to 2027, often exactly at an edge, or as far from it as a window is long. */
  moment(): string {
    if (this.next() < 0.4) return this.shifted('2023-09-15T00:00:00.000Z', this.next() * 1_500 * DAY);
    const far = this.pick([0, 0, 7, -7, 30, -30]) * DAY;
    return this.shifted(this.pick(EDGES), far + this.pick([0, -1, 1, HOUR, -HOUR, HOUR - 1, 5 * HOUR]));
  }

  /** An instant after another, often by exact days. */
  after(instant: string): string {
    return this.shifted(instant, this.pick([0, 1, 7 * DAY, 30 * DAY, 80 * DAY, this.next() * 120 * DAY]));
  }

  perhaps<T>(value: T): T | null {
    return this.next() < 0.5 ? value : null;
  }
}

/** New values of columns, for one row. */
type Change = (moments: Moments) => Record<string, string | null>;

const COLUMNS: Readonly<Record<string, Readonly<Record<string, Change>>>> = {
  submissions: {
    submission: (moments) => {
      const filed = moments.moment();
      const withdrawn = moments.perhaps(moments.perhaps(moments.after(filed)));
      return {
        filed_at: moments.next() < 0.1 ? null : filed,
        launch_recorded_at: moments.perhaps(moments.after(filed)),
        withdrawn_at: withdrawn,
        withdrawal_phase: withdrawn && moments.pick(['NOT_YET_OPEN', 'OPEN', 'LAUNCH_DUE']),
        ended_at: moments.perhaps(moments.perhaps(moments.after(filed))),
      };
    },
    launch_plan: (moments) => ({
      planned_launch_at: moments.moment(),
      changed_at: moments.moment(),
      reference: moments.pick(['PUBLIC_LAUNCH', 'TRUSTED_PARTNER_RELEASE']),
    }),
  },
  reviews: {
    review: (moments) => {
      const opened = moments.moment();
      const closed = moments.after(opened);
      return {
        opened_at: opened,
        closed_at: moments.perhaps(closed),
        launch_bound_at: moments.pick([closed, moments.after(opened)]),
      };
    },
    determination: (moments) => {
      const created = moments.moment();
      return {
        created_at: created,
        issued_at: moments.perhaps(moments.pick([moments.after(created), moments.moment()])),
      };
    },
    submission_notice: (moments) => ({ planned_launch_at: moments.moment() }),
    finding: (moments) => {
      const created = moments.moment();
      const shared = moments.perhaps(moments.after(created));
      return { created_at: created, shared_at: shared, responded_at: shared && moments.perhaps(moments.after(shared)) };
    },
  },
  workforce: {
    hiring_request: (moments) => {
      const needed = moments.moment();
      return { need_validated_at: needed, entered_on_duty_at: moments.perhaps(moments.after(needed)) };
    },
  },
  infrastructure: {
    vulnerability_finding: (moments) => {
      const [due, status] = [moments.moment(), moments.pick(['OPEN', 'REMEDIATED', 'VERIFIED', 'FALSE_POSITIVE'])];
      const remediated = moments.pick([due, moments.after(due), moments.moment()]);
      return { due_at: due, status, remediated_at: status === 'OPEN' ? null : remediated };
    },
    clearinghouse_case: (moments) => {
      const opened = moments.moment();
      return { opened_at: opened, patched_at: moments.perhaps(moments.after(opened)) };
    },
    capability_assessment: (moments) => ({ assessed_on: moments.moment().slice(0, 10) }),
    sector_risk: (moments) => ({ as_of: moments.moment().slice(0, 10) }),
  },
};

/** Plans launches exactly, or nearly, a window after filing, and at hours that a change of the clock skips or repeats. */
async function planNearWindows(database: Database, moments: Moments): Promise<void> {
  const plans = await database.query<{ id: string; filedAt: string }>(
    `SELECT p.id AS id, s.filed_at AS filedAt FROM launch_plan p JOIN submission s ON s.id = p.submission_id
     WHERE s.filed_at IS NOT NULL ORDER BY p.id`,
  );
  for (const { id, filedAt } of plans) {
    const seconds = 30 * 86_400 + moments.pick([0, 0, 1, -1, 3_600, -3_600]);
    if (moments.perhaps(true))
      await database.query('UPDATE launch_plan SET planned_launch_at = ? WHERE id = ?', [
        afterWallClockSeconds(filedAt, seconds),
        id,
      ]);
  }
}

/** Appends events out of FILED by every actor, some of which are breaches of voluntariness. */
async function addEvents(world: World, seed: number, moments: Moments): Promise<void> {
  const [event] = world.rows(SubmissionEvent);
  const events = Array.from({ length: 40 }, (_, place) => ({
    ...event!,
    id: `evt_${seed}_${place}`,
    sequence: 1_000 * seed + place,
    fromState: 'FILED' as const,
    toState: moments.pick(['LAUNCHED', 'WITHDRAWN'] as const),
    actor: moments.pick(['DEVELOPER', 'INTAKE', 'AGENCY', 'SYSTEM'] as const),
    detail: moments.perhaps('evidence'),
    occurredAt: moments.moment(),
  }));
  await world.subgraph('submissions').database.insert(SubmissionEvent, events);
}

async function scatter(world: World, seed: number): Promise<void> {
  const moments = new Moments(seed);
  await addEvents(world, seed, moments);
  for (const [name, tables] of Object.entries(COLUMNS))
    await world.subgraph(name).database.transaction(async (database) => {
      for (const [table, change] of Object.entries(tables))
        for (const { id } of await database.query<{ id: string }>(`SELECT id FROM ${table} ORDER BY id`)) {
          const values = change(moments);
          const sets = Object.keys(values).map((column) => `${column} = ?`);
          await database.query(`UPDATE ${table} SET ${sets.join(', ')} WHERE id = ?`, [...Object.values(values), id]);
        }
      if (name === 'submissions') await planNearWindows(database, moments);
    });
}

/** Fails unless both are the same, with numbers equal to nine digits. Compares only the fields of the expected object. */
function expectSame(actual: unknown, expected: unknown, path: string): void {
  if (typeof expected === 'number' && typeof actual === 'number') {
    const difference = Math.abs(actual - expected) / Math.max(1, Math.abs(expected));
    expect([path, actual, difference <= 1e-9]).toEqual([path, actual, true]);
  } else if (Array.isArray(expected)) {
    expect([path, (actual as unknown[]).length]).toEqual([path, expected.length]);
    for (const [place, item] of expected.entries()) expectSame((actual as unknown[])[place], item, `${path}[${place}]`);
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [name, value] of Object.entries(expected))
      expectSame((actual as Record<string, unknown> | null)?.[name], value, `${path}.${name}`);
  } else expect([path, actual]).toEqual([path, expected]);
}

describe.each(databaseKinds)('metrics on %s', (kind) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(kind, 2);
  });
  afterAll(() => world?.close());

  /** Context of a request by a caller who reads whole figures. */
  const contextOf = (database: Database): Context =>
    ({
      database,
      clock: fixedClock(NOW),
      principal: parsePrincipal(INSPECTOR),
      loaders: { once: (_prototype: object, _key: string, compute: () => unknown) => compute() },
    }) as unknown as Context;

  describe.each(SEEDS)('of random data %i', (seed) => {
    const moments = new Moments(100 + seed);
    const instants = [NOW, startOfDay('2026-10-01'), ...Array.from({ length: 7 }, () => moments.moment())];
    beforeAll(() => scatter(world, seed));

    test.each([null, ...YEARS])('equal their definition in code, for fiscal year %s', async (year) => {
      for (const asOf of instants) {
        const where = `${asOf} ${year}`;
        const submissions = world.subgraph('submissions').database;
        expectSame(
          await settledFigures(
            await new SubmissionMetricsResolver().submissionMetrics(contextOf(submissions), year ?? undefined, asOf),
          ),
          await reference.submissionMetrics(submissions, asOf, year),
          where,
        );
        const reviews = world.subgraph('reviews').database;
        expectSame(
          await settledFigures(
            await new ReviewMetricsResolver().reviewMetrics(contextOf(reviews), year ?? undefined, asOf),
          ),
          await reference.reviewMetrics(reviews, asOf, year),
          where,
        );
        const infrastructure = world.subgraph('infrastructure').database;
        expectSame(
          await settledFigures(
            await new InfrastructureMetricsResolver().infrastructureMetrics(
              contextOf(infrastructure),
              year ?? undefined,
              asOf,
            ),
          ),
          await reference.infrastructureMetrics(infrastructure, asOf, year),
          where,
        );
        const workforce = world.subgraph('workforce').database;
        const ofHiring = year ?? fiscalYear(civilDate(asOf));
        expectSame(
          await settledFigures(
            await new WorkforceMetricsResolver().workforceMetrics(contextOf(workforce), year ?? undefined, asOf),
          ),
          await reference.workforceMetrics(workforce, asOf, ofHiring),
          where,
        );
        const times = await new TimeToHireResolver().timeToHire(contextOf(workforce), year ?? undefined, asOf);
        const byName = <T extends { name: string }>(rows: readonly T[]) =>
          rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
        expectSame(
          byName(
            times.map(({ agency, authority, ...figures }) => ({ name: `${agency.key} ${authority}`, ...figures })),
          ),
          byName(await reference.timeToHire(workforce, asOf, ofHiring)),
          where,
        );
      }
    });

    test('finding statistics and times to remediate equal their definition in code', async () => {
      const { data } = await world.ask(
        `{ findingStatistics { month tactic { atlasId } severity findings answered medianResponseDays }
           agencies { key medianDaysToRemediate } }`,
      );
      type Statistic = { month: string; tactic: { atlasId: string } | null; severity: string };
      const statistics = (data.findingStatistics as Statistic[]).map(({ month, tactic, severity, ...figures }) => ({
        name: [month, tactic?.atlasId ?? '', severity].join('|'),
        ...figures,
      }));
      const expected = await reference.findingStatistics(world.subgraph('reviews').database);
      expectSame(statistics, expected, 'findingStatistics');
      const medians = await reference.daysToRemediate(world.subgraph('infrastructure').database);
      for (const { key, medianDaysToRemediate } of data.agencies)
        expectSame(medianDaysToRemediate, medians.get(key) ?? null, key);
      expect(medians.size).toBeGreaterThan(3);
    });
  });

  test('run the statements of requested figures only, also where two figures share one', async () => {
    const tablesOf = async (selection: string) => {
      const statements = await world.statements(`{ executiveOrder(number: "14409") { ${selection} } }`);
      return statements.flatMap(
        (sql) => /FROM (sector_risk|vulnerability_finding|review|hiring_goal|hiring_request)\b/.exec(sql)?.[1] ?? [],
      );
    };
    expect(await tablesOf('infrastructureMetrics { sectorsElevated }')).toEqual(['sector_risk']);
    expect(
      await tablesOf('infrastructureMetrics { overdueExposures meanDaysOverdue overduePerThousandSystems }'),
    ).toEqual(['vulnerability_finding']);
    expect(await tablesOf('reviewMetrics { openReviews }')).toEqual(['review']);
    expect(await tablesOf('workforceMetrics { goal progress { value } enteredOnDuty }')).toEqual(
      expect.arrayContaining(['hiring_goal', 'hiring_request']),
    );
    expect(await tablesOf('workforceMetrics { goal progress { value } enteredOnDuty }')).toHaveLength(2);
  });

  test('describe stocks without a history on the current day only', async () => {
    const context = contextOf(world.subgraph('infrastructure').database);
    const hiring = contextOf(world.subgraph('workforce').database);
    const figures = async (year?: number, asOf?: string) =>
      settledFigures(await new InfrastructureMetricsResolver().infrastructureMetrics(context, year, asOf));
    const ofPositions = async (year?: number, asOf?: string) =>
      settledFigures(await new WorkforceMetricsResolver().workforceMetrics(hiring, year, asOf));
    for (const { currentAuthorization, aiToolDeployments, directivesComplete } of [
      await figures(),
      await figures(2028),
    ])
      expect([currentAuthorization!.denominator, aiToolDeployments!.length, directivesComplete!.denominator]).toEqual([
        expect.any(Number),
        4,
        expect.any(Number),
      ]);
    const yesterday = `${addDays(civilDate(NOW), -1)}T12:00:00.000Z`;
    for (const past of [await figures(2027), await figures(undefined, yesterday), await figures(2028, yesterday)])
      expect(past).toMatchObject({
        overduePerThousandSystems: null,
        currentAuthorization: null,
        aiToolDeployments: null,
        directivesComplete: null,
      });
    expect((await ofPositions()).vacancies).toBeGreaterThan(0);
    for (const past of [await ofPositions(2027), await ofPositions(2028, yesterday)])
      expect([past.vacancies, past.byTalentArea]).toEqual([null, null]);
    const { goal, progress } = await ofPositions(2019);
    expect([goal, progress]).toEqual([null, null]);
  });
});
