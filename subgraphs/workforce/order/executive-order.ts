import { Arg, Ctx, FieldResolver, Float, Int, Query, Resolver } from 'type-graphql';
import { civilDate, fiscalYear } from '#base/civil';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { lazyFigures } from '#kit/model/lazy-figures';
import { stub, stubKey, stubOf } from '#kit/model/model';
import { isToday } from '#kit/model/past-instant';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { HiringAuthority } from '../position/position';
import { TalentArea } from '../role/talent-area';
import { HiringPeriod, hiringFigures, TIME_TO_HIRE_GOAL_DAYS, timesToHire, vacancyFigures } from './hiring-figures';

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
const HIRES: Counted = {
  of: ['HiringRequest.enteredOnDutyAt', 'HiringRequest.needValidatedAt'],
  hiddenFrom: 'public',
};
/** Why figures over positions describe today only. */
const NO_HISTORY = 'Null for a past day, or a past fiscal year: positions keep no history.';

@valueObject('Current vacancies and fill rate of a talent area.')
export class TalentAreaFill {
  @part(() => TalentArea, 'Talent area that the figures cover.', { sensitivity: 'PUBLIC' }) talentArea!: TalentArea;
  @part(() => Int, 'Number of funded positions that are vacant or in hiring.', open(POSITIONS)) vacancies!: number;
  @part(() => Ratio, 'Filled positions as a share of filled and vacant positions.', open({ over: 'vacancies' }))
  fillRate!: Ratio;
}

@valueObject('Metrics of the workforce program. Hiring figures cover entries on duty in one fiscal year, up to `asOf`.')
export class WorkforceMetrics {
  @part(() => GraphQLInstant, 'Time the metrics describe.', { sensitivity: 'PUBLIC' }) asOf!: string;
  @part(() => Int, 'Fiscal year of the hiring figures.', { sensitivity: 'PUBLIC' }) fiscalYear!: number;
  @part(() => Int, 'Number of people who entered on duty in the fiscal year.', open(HIRES)) enteredOnDuty!: number;
  @part(
    () => Int,
    'Sum of the hiring goals of all agencies for the fiscal year, as set now. Null if no agency has set a goal.',
    { nullable: true },
  )
  goal!: number | null;
  @part(() => Ratio, 'Entries on duty as a share of the goal. Null without a goal.', { nullable: true })
  progress!: Ratio | null;
  @part(() => Int, `Number of funded positions that are vacant or in hiring today. ${NO_HISTORY}`, open(POSITIONS))
  vacancies!: number | null;
  @part(() => [TalentAreaFill], `Vacancies and fill rate by talent area today. ${NO_HISTORY}`, {
    nullable: true,
    sensitivity: 'PUBLIC',
    addUpTo: { vacancies: 'vacancies' },
  })
  byTalentArea!: TalentAreaFill[] | null;
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

const AS_OF =
  'Time in the past to describe; defaults to now. Roles outside the government get the start of its month, or of today.';

@Resolver(() => ExecutiveOrder)
export class WorkforceMetricsResolver {
  @FieldResolver(() => WorkforceMetrics, { nullable: true, description: 'Metrics of the workforce program.' })
  @sensitivity('PUBLIC')
  @figure(500)
  async workforceMetrics(
    @Ctx() { database, clock, principal }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Fiscal year, October to September. Defaults to the one of `asOf`.',
    })
    year?: number,
    @Arg('asOf', () => GraphQLInstant, { nullable: true, description: AS_OF }) asOf?: string,
  ): Promise<WorkforceMetrics> {
    const instant = figuresAsOf(HIRES, asOf, principal, clock);
    const period = new HiringPeriod(year ?? fiscalYear(civilDate(instant)), instant);
    const figures: WorkforceMetrics = Object.assign(new WorkforceMetrics(), {
      asOf: instant,
      fiscalYear: period.year,
      vacancies: null,
      byTalentArea: null,
      timeToHireGoalDays: TIME_TO_HIRE_GOAL_DAYS,
    });
    const vacancies = isToday(period.end, clock) ? vacancyFigures(database) : [];
    return lazyFigures(figures, [...hiringFigures(database, period), ...vacancies]);
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
    @Ctx() { database, clock, principal }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description: 'Fiscal year of entry on duty. Defaults to the one of `asOf`.',
    })
    year?: number,
    @Arg('asOf', () => GraphQLInstant, { nullable: true, description: AS_OF }) asOf?: string,
  ): Promise<TimeToHire[]> {
    const instant = figuresAsOf(HIRES, asOf, principal, clock);
    const period = new HiringPeriod(year ?? fiscalYear(civilDate(instant)), instant);
    const groups = await timesToHire(database, period);
    return groups.map(({ agencyKey, ...figures }) =>
      Object.assign(new TimeToHire(), {
        agency: stubOf(Agency, agencyKey)!,
        goalDays: TIME_TO_HIRE_GOAL_DAYS,
        ...figures,
      }),
    );
  }
}
