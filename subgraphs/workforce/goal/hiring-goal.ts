import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import { Index } from 'typeorm';
import { civilDate, fiscalYear, fiscalYearPeriod } from '#base/civil';
import { hasMany } from '#kit/collection/connection';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import {
  belongsTo,
  computed,
  exerciseFlag,
  generatedId,
  integer,
  oneOf,
  refersTo,
  revisionNumber,
  sensitivity,
  text,
} from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept } from '#kit/model/record';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { WorkRole } from '../role/work-role';
import { WorkforceEvent } from '../timeline/workforce-event';

export const HiringGoalStatus = enumeration('HiringGoalStatus', 'Status of a hiring goal.', {
  ACTIVE: 'In effect.',
  RETIRED: 'No longer pursued. It counts in no figure.',
});
export type HiringGoalStatus = ValueOf<typeof HiringGoalStatus>;

@model(
  "Agency's hiring goal for a work role in a fiscal year. Progress is counted from hiring requests, never entered by hand.",
  {
    order: ['-fiscalYear', 'agencyKey'],
    sensitivity: 'GOV',
  },
)
export class HiringGoal {
  @generatedId('gol') id!: string;
  @refersTo(() => Agency, 'Agency that set the goal.', { as: 'agency' }) agencyKey!: string;
  @belongsTo(() => WorkRole, 'Work role to hire for.', { as: 'workRole', length: 20, filter: true })
  workRoleCode!: string;
  @integer('Fiscal year, October to September, named by its last year.', { filter: true, order: true })
  fiscalYear!: number;
  @integer('Number of people to hire.', { filter: true, order: true }) target!: number;
  @text(
    'Initiative to which the goal belongs, such as "U.S. Tech Force". Its goals are counted apart from the general ones.',
    {
      nullable: true,
      length: 100,
      filter: true,
    },
  )
  initiative!: string | null;
  @oneOf(() => HiringGoalStatus, 'Status of the goal.', { filter: true, default: 'ACTIVE' }) status!: HiringGoalStatus;
  /** What the goal is for, while it is active: its unique index makes the database refuse a second one. */
  @kept({ length: 220, nullable: true }) @Index({ unique: true }) activeKey!: string | null;
  @revisionNumber({ default: 1 }) revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => WorkforceEvent, 'subjectId', 'Events of the goal, oldest first. They keep its earlier targets.')
  timeline!: unknown;

  @computed(() => Int, 'Number of people who entered on duty for the role in the fiscal year.', {
    derivedFrom: ['HiringRequest.enteredOnDutyAt'],
  })
  hires({ loaders, database }: Context): Promise<number> {
    return loaders.batched<number>(HiringGoal, 'hires', (keys) => hiresOf(database, keys)).load(this.countedAs());
  }

  @computed(() => Int, 'Hires still needed to reach the goal. 0 once the goal is met.')
  async gap(context: Context): Promise<number> {
    return Math.max(0, this.target - (await this.hires(context)));
  }

  private countedAs(): string {
    return [this.agencyKey, this.workRoleCode, this.fiscalYear].join(' ');
  }
}

/** Counts entries on duty by "agency role fiscal-year" key, with one statement per fiscal year. */
async function hiresOf(database: Context['database'], keys: readonly string[]): Promise<number[]> {
  const years = [...new Set(keys.map((key) => Number(key.split(' ')[2])))];
  const counts = new Map<string, number>();
  for (const year of years) {
    const { from, until } = fiscalYearPeriod(year);
    const rows = await database.summarize<{ agency: string; role: string; n: number }>(
      `SELECT h.agency_key AS agency, p.work_role_code AS role, COUNT(*) AS n
       FROM hiring_request h JOIN ${database.dialect.quote('position')} p ON p.id = h.position_id
       WHERE h.entered_on_duty_at >= ? AND h.entered_on_duty_at < ? GROUP BY h.agency_key, p.work_role_code`,
      [from, until],
    );
    for (const { agency, role, n } of rows) counts.set([agency, role, year].join(' '), Number(n));
  }
  return keys.map((key) => counts.get(key) ?? 0);
}

@Resolver()
export class HiringGapsResolver {
  @Query(() => [HiringGoal], {
    nullable: true,
    description:
      'Active hiring goals of all agencies for one work role and fiscal year, without those of initiatives, largest gap first.',
  })
  @sensitivity('GOV')
  async largestHiringGaps(
    @Ctx() context: Context,
    @Arg('workRole', () => ID, { description: 'Work role code, such as "531" for incident response.' })
    workRole: string,
    @Arg('fiscalYear', () => Int, { nullable: true, description: 'Fiscal year. Defaults to the current one.' })
    year?: number,
  ): Promise<HiringGoal[]> {
    const { database, clock } = context;
    const rows = await database.query(
      `SELECT ${database.selection(HiringGoal, 't')} FROM hiring_goal t 
       WHERE t.work_role_code = ? AND t.fiscal_year = ? AND t.status = 'ACTIVE' AND t.initiative IS NULL`,
      [workRole, year ?? fiscalYear(civilDate(clock.now()))],
    );
    const goals = rows.map((row) => database.hydrate(HiringGoal, row));
    const gaps = new Map(await Promise.all(goals.map(async (goal) => [goal, await goal.gap(context)] as const)));
    return goals.sort((a, b) => gaps.get(b)! - gaps.get(a)! || (a.agencyKey < b.agencyKey ? -1 : 1));
  }
}
