import { Arg, Ctx, FieldResolver, Float, Int, Query, Resolver } from 'type-graphql';
import { civilDate, fiscalYear, fiscalYearPeriod } from '#base/civil';
import type { Database } from '#kit/database/database';
import type { ValueOf } from '#kit/model/enumeration';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { stub, stubKey, stubOf } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, median, part, percentile, Ratio, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { HiringAuthority, VACANT_SQL } from '../position/position';
import { TalentArea } from '../role/talent-area';

/** The public goal for the time to hire, in calendar days. */
export const TIME_TO_HIRE_GOAL_DAYS = 80;

/** The executive order, as the workforce program extends it. */
@stub('An executive order and how its programs stand: each subgraph adds the figures of its own.', { key: 'number' })
export class ExecutiveOrder {
  @stubKey() number!: string;
}

/** A figure over positions and hires, which the government sees one by one and the public does not. */
const open = (counted: Counted) => ({ sensitivity: 'PUBLIC', counted: { ...counted, hiddenFrom: 'public' } }) as const;
const POSITIONS = { of: ['Position.status'] };
const HIRES = { of: ['HiringRequest.enteredOnDutyAt', 'HiringRequest.needValidatedAt'] };

@valueObject('Vacancies and fill rate of a talent area, now.')
export class TalentAreaFill {
  @part(() => TalentArea, 'The area.', { sensitivity: 'PUBLIC' }) talentArea!: TalentArea;
  @part(() => Int, 'Positions funded and not filled.', open(POSITIONS)) vacancies!: number;
  @part(() => Ratio, 'Share of filled positions among the filled and the vacant.', open({ over: 'vacancies' }))
  fillRate!: Ratio;
}

@valueObject('How the workforce program stands. Figures of a fiscal year count entries on duty in it.')
export class WorkforceMetrics {
  @part(() => GraphQLInstant, 'When the figures were worked out.', { sensitivity: 'PUBLIC' }) asOf!: string;
  @part(() => Int, 'Fiscal year they are of.', { sensitivity: 'PUBLIC' }) fiscalYear!: number;
  @part(() => Int, 'People who entered on duty.', open(HIRES)) enteredOnDuty!: number;
  @part(() => Int, 'People that the hiring goals of all agencies add up to.', { nullable: true }) goal!: number;
  @part(() => Ratio, 'Entered on duty over goal.', { nullable: true }) progress!: Ratio;
  @part(() => Int, 'Positions that are funded and not filled now.', open(POSITIONS)) vacancies!: number;
  @part(() => [TalentAreaFill], 'Vacancies by talent area, now.', {
    sensitivity: 'PUBLIC',
    addUpTo: { vacancies: 'vacancies' },
  })
  byTalentArea!: TalentAreaFill[];
  @part(
    () => Float,
    'Median calendar days from confirmed need to entry on duty; null of none.',
    open({ over: 'enteredOnDuty', isMeasure: true }),
  )
  medianTimeToHireDays!: number | null;
  @part(() => Float, '90th centile of the same.', open({ over: 'enteredOnDuty', isMeasure: true }))
  p90TimeToHireDays!: number | null;
  @part(() => Int, 'The public goal for the time to hire.', { sensitivity: 'PUBLIC' }) timeToHireGoalDays!: number;
  @part(() => Ratio, 'Share of hires within that goal.', open({ over: 'enteredOnDuty' })) withinGoal!: Ratio;
}

@valueObject('Time to hire of one agency under one authority.')
export class TimeToHire {
  @part(() => Agency, 'The agency.', { sensitivity: 'PUBLIC' }) agency!: Agency;
  @part(() => HiringAuthority, 'The authority.', { sensitivity: 'PUBLIC' })
  authority!: ValueOf<typeof HiringAuthority>;
  @part(() => Int, 'People hired.', open(HIRES)) hires!: number;
  @part(
    () => Float,
    'Median calendar days from confirmed need to entry on duty.',
    open({ over: 'hires', isMeasure: true }),
  )
  medianDays!: number;
  @part(() => Float, '90th centile of the same.', open({ over: 'hires', isMeasure: true })) p90Days!: number;
  @part(() => Int, 'The public goal.', { sensitivity: 'PUBLIC' }) goalDays!: number;
  @part(() => Ratio, 'Share of hires within the goal.', open({ over: 'hires' })) withinGoal!: Ratio;
}

interface Hire {
  agencyKey: string;
  authority: ValueOf<typeof HiringAuthority>;
  days: number;
}

/** Who entered on duty in a fiscal year, and after how many days. */
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
  @FieldResolver(() => WorkforceMetrics, { nullable: true, description: 'How the workforce program stands.' })
  @sensitivity('PUBLIC')
  @figure(500)
  workforceMetrics(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Fiscal year (October to September); the current one by default.',
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
    description: 'Time to hire by agency and authority, the slowest median first.',
  })
  @sensitivity('PUBLIC')
  @figure(50)
  async timeToHire(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Entered on duty in this fiscal year; the current one by default.',
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
