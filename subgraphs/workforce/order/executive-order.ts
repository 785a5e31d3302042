import { Arg, Ctx, FieldResolver, Float, Int, Query, Resolver } from 'type-graphql';
import { civilDate, fiscalYear, fiscalYearPeriod } from '#base/civil';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { stub, stubKey, stubOf } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, median, part, percentile, Ratio, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { HiringAuthority, VACANT_SQL } from '../position/position';
import { TalentArea } from '../role/talent-area';

/** Government-wide goal for time to hire, in calendar days. */
export const TIME_TO_HIRE_GOAL_DAYS = 80;

/** The executive order, as the workforce program extends it. */
@stub('Executive order, with figures on the programs it sets up. Each subgraph adds the figures of its program.', {
  key: 'number',
})
export class ExecutiveOrder {
  @stubKey() number!: string;
}

/** Options of a figure over positions or hires. The government reads the objects themselves; the public reads only figures. */
const open = (counted: Counted) => ({ sensitivity: 'PUBLIC', counted: { ...counted, hiddenFrom: 'public' } }) as const;
const POSITIONS = { of: ['Position.status'] };
const HIRES = { of: ['HiringRequest.enteredOnDutyAt', 'HiringRequest.needValidatedAt'] };

@valueObject('Current vacancies and fill rate of a talent area.')
export class TalentAreaFill {
  @part(() => TalentArea, 'Talent area that the figures cover.', { sensitivity: 'PUBLIC' }) talentArea!: TalentArea;
  @part(() => Int, 'Number of funded positions that are vacant or in hiring.', open(POSITIONS)) vacancies!: number;
  @part(() => Ratio, 'Filled positions as a share of filled and vacant positions.', open({ over: 'vacancies' }))
  fillRate!: Ratio;
}

@valueObject('Metrics of the workforce program. Hiring figures cover entries on duty in one fiscal year.')
export class WorkforceMetrics {
  @part(() => GraphQLInstant, 'Time the metrics were computed.', { sensitivity: 'PUBLIC' }) asOf!: string;
  @part(() => Int, 'Fiscal year of the hiring figures.', { sensitivity: 'PUBLIC' }) fiscalYear!: number;
  @part(() => Int, 'Number of people who entered on duty in the fiscal year.', open(HIRES)) enteredOnDuty!: number;
  @part(() => Int, 'Sum of the hiring goals of all agencies for the fiscal year.', { nullable: true }) goal!: number;
  @part(() => Ratio, 'Entries on duty as a share of the goal.', { nullable: true }) progress!: Ratio;
  @part(() => Int, 'Number of funded positions that are vacant or in hiring now.', open(POSITIONS)) vacancies!: number;
  @part(() => [TalentAreaFill], 'Current vacancies and fill rate by talent area.', {
    sensitivity: 'PUBLIC',
    addUpTo: { vacancies: 'vacancies' },
  })
  byTalentArea!: TalentAreaFill[];
  @part(
    () => Float,
    'Median time to hire in calendar days, from validated need to entry on duty. Null without hires.',
    open({ over: 'enteredOnDuty', isMeasure: true }),
  )
  medianTimeToHireDays!: number | null;
  @part(
    () => Float,
    '90th percentile of time to hire in calendar days. Null without hires.',
    open({ over: 'enteredOnDuty', isMeasure: true }),
  )
  p90TimeToHireDays!: number | null;
  @part(() => Int, 'Government-wide goal for time to hire, in calendar days.', { sensitivity: 'PUBLIC' })
  timeToHireGoalDays!: number;
  @part(() => Ratio, 'Share of hires that met the time-to-hire goal.', open({ over: 'enteredOnDuty' }))
  withinGoal!: Ratio;
}

@valueObject('Time to hire of one agency under one hiring authority.')
export class TimeToHire {
  @part(() => Agency, 'Hiring agency.', { sensitivity: 'PUBLIC' }) agency!: Agency;
  @part(() => HiringAuthority, 'Hiring authority.', { sensitivity: 'PUBLIC' })
  authority!: HiringAuthority;
  @part(() => Int, 'Number of people who entered on duty.', open(HIRES)) hires!: number;
  @part(
    () => Float,
    'Median calendar days from validated need to entry on duty.',
    open({ over: 'hires', isMeasure: true }),
  )
  medianDays!: number;
  @part(
    () => Float,
    '90th percentile of calendar days from validated need to entry on duty.',
    open({ over: 'hires', isMeasure: true }),
  )
  p90Days!: number;
  @part(() => Int, 'Government-wide goal for time to hire, in calendar days.', { sensitivity: 'PUBLIC' })
  goalDays!: number;
  @part(() => Ratio, 'Share of hires that met the goal.', open({ over: 'hires' })) withinGoal!: Ratio;
}

interface Hire {
  agencyKey: string;
  authority: HiringAuthority;
  days: number;
}

/** Entries on duty in a fiscal year, with days from validated need. */
async function hiresIn(database: Database, year: number): Promise<Hire[]> {
  const { from, until } = fiscalYearPeriod(year);
  const rows = await database.query<Hire>(
    `SELECT agency_key AS agencyKey, authority, ${database.dialect.daysBetween('need_validated_at', 'entered_on_duty_at')} AS days
     FROM hiring_request WHERE entered_on_duty_at >= ? AND entered_on_duty_at < ?`,
    [from, until],
  );
  return rows.map((row) => ({ ...row, days: Number(row.days) }));
}

const withinGoal = (hires: readonly { days: number }[]) =>
  Ratio.of(hires.filter(({ days }) => days <= TIME_TO_HIRE_GOAL_DAYS).length, hires.length);

async function workforceMetrics(database: Database, now: Date, year: number): Promise<WorkforceMetrics> {
  const hires = await hiresIn(database, year);
  const [goal] = await database.query<{ goal: number | null }>(
    'SELECT SUM(target) AS goal FROM hiring_goal WHERE fiscal_year = ?',
    [year],
  );
  const areas = await database.query<{ talentArea: TalentArea; filled: number; vacant: number }>(
    `SELECT talent_area AS talentArea, SUM(CASE WHEN status = 'FILLED' THEN 1 ELSE 0 END) AS filled,
            SUM(CASE WHEN status IN (${VACANT_SQL}) THEN 1 ELSE 0 END) AS vacant
     FROM ${database.dialect.quote('position')} GROUP BY talent_area ORDER BY talent_area`,
  );
  const days = hires.map((hire) => hire.days);
  return Object.assign(new WorkforceMetrics(), {
    asOf: now.toISOString(),
    fiscalYear: year,
    enteredOnDuty: hires.length,
    goal: Number(goal?.goal ?? 0),
    progress: Ratio.of(hires.length, Number(goal?.goal ?? 0)),
    vacancies: areas.reduce((sum, { vacant }) => sum + Number(vacant), 0),
    byTalentArea: areas.map(({ talentArea, filled, vacant }) => ({
      talentArea,
      vacancies: Number(vacant),
      fillRate: Ratio.of(Number(filled), Number(filled) + Number(vacant)),
    })),
    medianTimeToHireDays: median(days),
    p90TimeToHireDays: percentile(days, 0.9),
    timeToHireGoalDays: TIME_TO_HIRE_GOAL_DAYS,
    withinGoal: withinGoal(hires),
  });
}

@Resolver(() => ExecutiveOrder)
export class WorkforceMetricsResolver {
  @FieldResolver(() => WorkforceMetrics, { nullable: true, description: 'Metrics of the workforce program.' })
  @sensitivity('PUBLIC')
  @figure(500)
  workforceMetrics(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Fiscal year, October to September. Defaults to the current one.',
    })
    year?: number,
  ): Promise<WorkforceMetrics> {
    return workforceMetrics(database, clock.now(), year ?? fiscalYear(civilDate(clock.now())));
  }
}

@Resolver()
export class TimeToHireResolver {
  @Query(() => [TimeToHire], {
    nullable: true,
    description: 'Time to hire by agency and hiring authority, slowest median first.',
  })
  @sensitivity('PUBLIC')
  @figure(50)
  async timeToHire(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Fiscal year of entry on duty. Defaults to the current one.',
    })
    year?: number,
  ): Promise<TimeToHire[]> {
    const hires = await hiresIn(database, year ?? fiscalYear(civilDate(clock.now())));
    const groups = Map.groupBy(hires, ({ agencyKey, authority }) => `${agencyKey} ${authority}`);
    return [...groups.values()]
      .map((group) => {
        const days = group.map((hire) => hire.days);
        return Object.assign(new TimeToHire(), {
          agency: stubOf(Agency, group[0]!.agencyKey)!,
          authority: group[0]!.authority,
          hires: group.length,
          medianDays: median(days)!,
          p90Days: percentile(days, 0.9)!,
          goalDays: TIME_TO_HIRE_GOAL_DAYS,
          withinGoal: withinGoal(group),
        });
      })
      .sort((a, b) => b.medianDays - a.medianDays || (a.agency.key < b.agency.key ? -1 : 1));
  }
}
