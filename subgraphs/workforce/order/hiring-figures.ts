import { fiscalYearPeriod } from '#base/civil';
import type { Database } from '#kit/database/database';
import { percentiles } from '#kit/database/statistics';
import { onFirstCall, together } from '#kit/model/lazy-figures';
import { Ratio } from '#kit/model/value-object';
import { type HiringAuthority, VACANT_SQL } from '../position/position';
import type { TalentArea } from '../role/talent-area';

/** Government-wide goal for time to hire, in calendar days. */
export const TIME_TO_HIRE_GOAL_DAYS = 80;

/** A fiscal year up to an instant. */
export class HiringPeriod {
  private readonly from: string;
  private readonly until: string;

  constructor(
    readonly year: number,
    private readonly asOf: string,
  ) {
    ({ from: this.from, until: this.until } = fiscalYearPeriod(year));
  }

  /** Its last instant, or the first one after it. */
  get end(): string {
    return this.asOf < this.until ? this.asOf : this.until;
  }

  /** Number of entries in the period with a validated need. */
  async entered(database: Database): Promise<number> {
    const [row] = await database.summarize<{ n: number }>(
      `SELECT COUNT(need_validated_at) AS n FROM hiring_request
       WHERE entered_on_duty_at >= ? AND entered_on_duty_at < ? AND entered_on_duty_at <= ?`,
      [this.from, this.until, this.asOf],
    );
    return Number(row!.n);
  }

  /** Days from validated need to entry on duty, of the entries in the period. */
  timesToHire<Group extends 'agencyKey' | 'authority'>(database: Database, groups: readonly Group[]) {
    const days = database.dialect.daysBetween('need_validated_at', 'entered_on_duty_at');
    const query = {
      from: `SELECT agency_key AS agencyKey, authority, ${days} AS days FROM hiring_request
             WHERE entered_on_duty_at >= ? AND entered_on_duty_at < ? AND entered_on_duty_at <= ?`,
      value: 'days',
      groups,
      shares: { median: 0.5, p90: 0.9 },
      atMost: { timely: TIME_TO_HIRE_GOAL_DAYS },
    };
    return percentiles(database, query, [this.from, this.until, this.asOf]);
  }
}

/** Figures on entries on duty of all agencies, which the database computes when they are read. */
export function hiringFigures(database: Database, period: HiringPeriod) {
  const entered = onFirstCall(() => period.entered(database));
  const goalOnce = onFirstCall(() => hiringGoal(database, period.year));
  return [
    together(['enteredOnDuty'], async () => ({ enteredOnDuty: await entered() })),
    together(['goal'], async () => ({ goal: await goalOnce() })),
    together(['progress'], async () => {
      const goal = await goalOnce();
      return { progress: goal === null ? null : Ratio.of(await entered(), goal) };
    }),
    together(['medianTimeToHireDays', 'p90TimeToHireDays', 'withinGoal'], async () => {
      const [times] = await period.timesToHire(database, []);
      const { n, median, p90, timely } = times!;
      return { medianTimeToHireDays: median, p90TimeToHireDays: p90, withinGoal: Ratio.of(timely, n) };
    }),
  ];
}

/** Sum of the active goals for a fiscal year, without those of initiatives, which are counted apart; null without goals. */
async function hiringGoal(database: Database, year: number): Promise<number | null> {
  const [row] = await database.summarize<{ goal: number | null }>(
    `SELECT SUM(target) AS goal FROM hiring_goal WHERE fiscal_year = ? AND status = 'ACTIVE' AND initiative IS NULL`,
    [year],
  );
  return row!.goal === null ? null : Number(row!.goal);
}

/** Vacancies and fill rates now, which the database computes when they are read. */
export const vacancyFigures = (database: Database) => [
  together(['vacancies', 'byTalentArea'], () => vacanciesByArea(database)),
];

async function vacanciesByArea(database: Database) {
  const areas = await database.summarize<{ talentArea: TalentArea; filled: number; vacant: number }>(
    `SELECT talent_area AS talentArea, SUM(CASE WHEN status = 'FILLED' THEN 1 ELSE 0 END) AS filled,
            SUM(CASE WHEN status IN (${VACANT_SQL}) THEN 1 ELSE 0 END) AS vacant
     FROM ${database.dialect.quote('position')} GROUP BY talent_area ORDER BY talent_area`,
  );
  return {
    vacancies: areas.reduce((sum, { vacant }) => sum + Number(vacant), 0),
    byTalentArea: areas.map(({ talentArea, filled, vacant }) => ({
      talentArea,
      vacancies: Number(vacant),
      fillRate: Ratio.of(Number(filled), Number(filled) + Number(vacant)),
    })),
  };
}

/** Times to hire by agency and authority, slowest median first. */
export async function timesToHire(database: Database, period: HiringPeriod) {
  const groups = await period.timesToHire(database, ['agencyKey', 'authority']);
  return groups
    .map(({ agencyKey, authority, n, median, p90, timely }) => ({
      agencyKey: agencyKey!,
      authority: authority as HiringAuthority,
      hires: n,
      medianDays: median!,
      p90Days: p90!,
      withinGoal: Ratio.of(timely, n),
    }))
    .sort((a, b) => b.medianDays - a.medianDays || (placeOf(a) < placeOf(b) ? -1 : 1));
}

const placeOf = ({ agencyKey, authority }: { agencyKey: string; authority: string }) => `${agencyKey} ${authority}`;
