import { momentsAt } from '../calendar';
import { BarList } from '../charts/bar-list';
import { Columns } from '../charts/columns';
import { CumulativeToGoal } from '../charts/cumulative';
import { Spark } from '../charts/spark';
import { StatStrip } from '../charts/stat-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import {
  count,
  figureOf,
  fiscalYear,
  month,
  NO_VALUE,
  ofTotal,
  percent,
  type Ratio,
  SUPPRESSED,
  sentence,
} from '../format';
import { operations } from '../operations';
import { Empty, Panel } from '../panel';
import { cumulative, type HiringAnswer, medianByMonth } from './hiring';
import { Key } from './window-panels';

/** Answer of `workforce.graphql`. */
interface WorkforceAnswer {
  readonly executiveOrder: {
    readonly thisYear: {
      readonly suppressed: readonly string[];
      readonly enteredOnDuty: number | null;
      readonly goal: number | null;
      readonly vacancies: number | null;
      readonly medianTimeToHireDays: number | null;
      readonly p90TimeToHireDays: number | null;
      readonly timeToHireGoalDays: number;
      readonly withinGoal: Ratio | null;
      readonly byTalentArea:
        | readonly {
            readonly talentArea: string;
            readonly suppressed: readonly string[];
            readonly vacancies: number | null;
            readonly fillRate: Ratio | null;
          }[]
        | null;
    } | null;
    readonly lastYear: {
      readonly suppressed: readonly string[];
      readonly enteredOnDuty: number | null;
      readonly medianTimeToHireDays: number | null;
    } | null;
  } | null;
  readonly announcements: { readonly aggregates: { readonly count: number } } | null;
}

const useWorkforce = () => useFeed<WorkforceAnswer>(operations.workforce);

const METRICS = { paths: ['executiveOrder.thisYear'], reads: ['ExecutiveOrder.workforceMetrics'] } as const;

const TALENT_AREAS: Readonly<Record<string, string>> = { AI: 'AI', IT: 'IT' };
const talentArea = (name: string): string => TALENT_AREAS[name] ?? sentence(name);

export function WorkforceFigures() {
  const feed = useWorkforce();
  const { year } = momentsAt(clock.value);
  const metrics = feed.data?.executiveOrder?.thisYear;
  const lastYear = feed.data?.executiveOrder?.lastYear;
  const ai = metrics?.byTalentArea?.find((area) => area.talentArea === 'AI');
  return (
    <StatStrip
      title={`${fiscalYear(year)} to date`}
      operation={operations.workforce}
      feed={feed}
      {...METRICS}
      stats={() => [
        {
          label: 'Entered on duty',
          value: figureOf(metrics, 'enteredOnDuty'),
          of: metrics?.goal ? `of ${count(metrics.goal)} goal` : undefined,
          against: `same day last year ${figureOf(lastYear, 'enteredOnDuty')}`,
        },
        {
          label: 'Time to hire, median',
          value: figureOf(metrics, 'medianTimeToHireDays'),
          of: 'days',
          against: `goal ${metrics?.timeToHireGoalDays ?? NO_VALUE}; last year ${figureOf(lastYear, 'medianTimeToHireDays')}`,
        },
        {
          label: 'Time to hire, p90',
          value: figureOf(metrics, 'p90TimeToHireDays'),
          of: 'days',
          against: `within goal ${ofTotal(metrics?.withinGoal)}`,
        },
        { label: 'Vacancies', value: figureOf(metrics, 'vacancies'), against: 'funded posts without anyone' },
        {
          label: 'Fill rate, AI',
          value: ai?.suppressed.includes('fillRate') ? SUPPRESSED : percent(ai?.fillRate),
          against: ofTotal(ai?.fillRate),
        },
        {
          label: 'Open announcements',
          value: count(feed.data?.announcements?.aggregates.count),
          against: 'in AI and data science',
        },
      ]}
    />
  );
}

export function HiresAgainstGoal() {
  const feed = useFeed<HiringAnswer>(operations.hiring);
  const goal = useWorkforce().data?.executiveOrder?.thisYear?.goal || undefined;
  const { year, today } = momentsAt(clock.value);
  const curve = feed.data ? cumulative(feed.data, year, today) : { now: [], before: [] };
  return (
    <Panel
      title="Hires against goal"
      unit={`cumulative, ${fiscalYear(year)}; dashed ${fiscalYear(year - 1)}, dotted the goal by day of year`}
      operation={operations.hiring}
      feed={feed}
      paths={['thisYear', 'lastYear']}
      reads={['Query.hiringRequests']}
      figure={() => `${count(curve.now.at(-1)?.value)} entered on duty`}
      table={() => ({
        columns: ['Day of the fiscal year', fiscalYear(year), fiscalYear(year - 1)],
        rows: curve.before.map(({ day, value }) => [
          day,
          curve.now.find((point) => point.day === day)?.value ?? NO_VALUE,
          value,
        ]),
      })}
    >
      {() => (
        <CumulativeToGoal
          {...curve}
          goal={goal}
          title={`People entered on duty in ${fiscalYear(year)}, the year before, and the goal`}
          height={210}
          isLabeled
        />
      )}
    </Panel>
  );
}

export function DaysToHireByMonth() {
  const feed = useFeed<HiringAnswer>(operations.hiring);
  const goal = useWorkforce().data?.executiveOrder?.thisYear?.timeToHireGoalDays;
  const months = feed.data ? medianByMonth(feed.data) : [];
  return (
    <Panel
      title="Days to hire by month"
      unit={`median by month of entry${goal ? `; dotted: goal ${goal}` : ''}`}
      operation={operations.hiring}
      feed={feed}
      paths={['hiringRequests']}
      reads={['Query.hiringRequests']}
      figure={() => `${count(months.at(-1)?.median)} days`}
      table={() => ({
        columns: ['Month of entry', 'Median days', 'Hires'],
        rows: months.map(({ from, median, hires }) => [month(from), count(median), hires]),
      })}
    >
      {() => (
        <>
          <Spark
            now={months.map(({ median }) => median)}
            goal={goal}
            from={month(months[0]?.from ?? '2026-01-01')}
            until={month(months.at(-1)?.from ?? '2026-01-01')}
            title="Median days to hire by month of entry"
            height={110}
            isFromZero={false}
          />
          <p class="comparison">
            Latest month <b>{count(months.at(-1)?.median)}</b> days for <b>{count(months.at(-1)?.hires)}</b> hires; a
            year before <b>{count(months.at(-13)?.median)}</b>
          </p>
        </>
      )}
    </Panel>
  );
}

export function FillByTalentArea() {
  const feed = useWorkforce();
  const areas = feed.data?.executiveOrder?.thisYear?.byTalentArea ?? [];
  return (
    <Panel
      title="Fill rate by talent area"
      unit="posts filled"
      operation={operations.workforce}
      feed={feed}
      paths={['executiveOrder.thisYear.byTalentArea']}
      reads={['ExecutiveOrder.workforceMetrics', 'WorkforceMetrics.byTalentArea', 'TalentAreaFill.fillRate']}
      figure={() => areas.map((area) => `${talentArea(area.talentArea)} ${percent(area.fillRate)}`).join(', ')}
      table={() => ({
        columns: ['Talent area', 'Filled', 'Posts', 'Fill rate', 'Vacancies'],
        rows: areas.map((area) => [
          talentArea(area.talentArea),
          count(area.fillRate?.numerator),
          count(area.fillRate?.denominator),
          percent(area.fillRate),
          figureOf(area, 'vacancies'),
        ]),
      })}
    >
      {() => (
        <BarList
          isShare
          max={1}
          bars={areas.map((area) => ({
            key: area.talentArea,
            label: talentArea(area.talentArea),
            value: area.fillRate?.value ?? 0,
            text: (
              <>
                <b>{area.suppressed.includes('fillRate') ? SUPPRESSED : percent(area.fillRate)}</b> of{' '}
                {count(area.fillRate?.denominator)}
              </>
            ),
          }))}
        />
      )}
    </Panel>
  );
}

/** Answer of `staffing.graphql`. */
interface StaffingAnswer {
  readonly capacitySnapshots: {
    readonly groups: {
      readonly nodes: readonly {
        readonly workRole: { readonly code: string; readonly name: string } | null;
        readonly aggregates: {
          readonly authorized: number | null;
          readonly filled: number | null;
          readonly vacant: number | null;
          readonly inHiring: number | null;
        };
      }[];
    };
  } | null;
  readonly hiringRequests: {
    readonly aggregates: {
      readonly toAcceptance: number | null;
      readonly toEntry: number | null;
      readonly total: number | null;
    };
    readonly groups: {
      readonly nodes: readonly {
        readonly authority: string;
        readonly aggregates: { readonly count: number; readonly median: number | null; readonly p90: number | null };
      }[];
    };
    readonly agencies: {
      readonly nodes: readonly {
        readonly agency: { readonly key: string; readonly name: string } | null;
        readonly aggregates: { readonly count: number; readonly median: number | null };
      }[];
    };
  } | null;
  readonly workforceFlows: {
    readonly groups: {
      readonly nodes: readonly {
        readonly month: { readonly label: string; readonly from: string } | null;
        readonly aggregates: {
          readonly count: number;
          readonly accessions: number | null;
          readonly separations: number | null;
        };
      }[];
    };
  } | null;
}

const useStaffing = () => useFeed<StaffingAnswer>(operations.staffing);

export function RolesLackingMost() {
  const feed = useStaffing();
  const roles = (feed.data?.capacitySnapshots?.groups.nodes ?? []).flatMap(({ workRole, aggregates }) =>
    workRole ? [{ ...workRole, ...aggregates }] : [],
  );
  return (
    <Panel
      title="Work roles lacking most"
      unit="filled, in hiring, vacant without action"
      operation={operations.staffing}
      feed={feed}
      paths={['capacitySnapshots']}
      reads={['Query.capacitySnapshots']}
      figure={() => `${count(roles[0]?.vacant)} vacant in ${roles[0]?.name}`}
      table={() => ({
        columns: ['Work role', 'Authorized', 'Filled', 'In hiring', 'Vacant'],
        rows: roles.map(({ code, name, authorized, filled, inHiring, vacant }) => [
          `${code} ${name}`,
          count(authorized),
          count(filled),
          count(inHiring),
          count(vacant),
        ]),
      })}
    >
      {() =>
        roles.length === 0 ? (
          <Empty>No capacity is recorded.</Empty>
        ) : (
          <>
            <BarList
              bars={roles.map(({ code, name, authorized, filled, inHiring, vacant }) => ({
                key: code,
                label: <span title={name}>{`${code} ${name}`}</span>,
                value: filled ?? 0,
                second: inHiring ?? 0,
                third: Math.max(0, (vacant ?? 0) - (inHiring ?? 0)),
                text: (
                  <>
                    <b>{count(vacant)}</b> of {count(authorized)}
                  </>
                ),
              }))}
            />
            <ul class="legend">
              <Key mark="data-mark">filled</Key>
              <Key mark="data2-mark">vacant, in hiring</Key>
              <Key mark="hollow-mark">vacant, no action</Key>
            </ul>
          </>
        )
      }
    </Panel>
  );
}

export function StagesOfHiring() {
  const feed = useStaffing();
  const requests = feed.data?.hiringRequests;
  const { year } = momentsAt(clock.value);
  const stages = [
    { label: 'Need validated to offer accepted', value: requests?.aggregates.toAcceptance ?? null },
    { label: 'Offer accepted to entry', value: requests?.aggregates.toEntry ?? null },
    { label: 'In all', value: requests?.aggregates.total ?? null },
  ];
  const authorities = requests?.groups.nodes ?? [];
  const longest = Math.max(
    1,
    ...stages.map(({ value }) => value ?? 0),
    ...authorities.map(({ aggregates }) => aggregates.p90 ?? 0),
  );
  return (
    <Panel
      title="Days by stage and authority"
      unit={`median, since ${fiscalYear(year - 1)} began; tick: p90`}
      operation={operations.staffing}
      feed={feed}
      paths={['hiringRequests']}
      reads={['Query.hiringRequests']}
      figure={() => `${count(requests?.aggregates.total)} days in all`}
      table={() => ({
        columns: ['Stage or authority', 'Median days', 'p90 days', 'Hires'],
        rows: [
          ...stages.map(({ label, value }) => [label, count(value), '', '']),
          ...authorities.map(({ authority, aggregates }) => [
            sentence(authority),
            count(aggregates.median),
            count(aggregates.p90),
            aggregates.count,
          ]),
        ],
      })}
    >
      {() => (
        <>
          <BarList
            max={longest}
            bars={stages.map(({ label, value }) => ({
              key: label,
              label,
              value: value ?? 0,
              text: <b>{count(value)}</b>,
            }))}
          />
          <BarList
            max={longest}
            bars={authorities.map(({ authority, aggregates }) => ({
              key: authority,
              label: sentence(authority),
              value: aggregates.median ?? 0,
              tick: aggregates.p90 ?? undefined,
              text: (
                <>
                  <b>{count(aggregates.median)}</b>, {count(aggregates.count)} hires
                </>
              ),
            }))}
          />
        </>
      )}
    </Panel>
  );
}

/** Agencies that a ranking has room for. */
const RANKED = 12;

export function HiresByAgency() {
  const feed = useStaffing();
  const agencies = (feed.data?.hiringRequests?.agencies.nodes ?? []).flatMap(({ agency, aggregates }) =>
    agency ? [{ ...agency, ...aggregates }] : [],
  );
  const { year } = momentsAt(clock.value);
  return (
    <Panel
      title="Hires by agency"
      unit={`since ${fiscalYear(year - 1)} began, with median days`}
      operation={operations.staffing}
      feed={feed}
      paths={['hiringRequests']}
      reads={['Query.hiringRequests']}
      figure={() => `${count(agencies[0]?.count)} at ${agencies[0]?.name}`}
      table={() => ({
        columns: ['Agency', 'Hires', 'Median days'],
        rows: agencies.map(({ name, count: hires, median }) => [name, hires, count(median)]),
      })}
    >
      {() =>
        agencies.length === 0 ? (
          <Empty>No one has entered on duty.</Empty>
        ) : (
          <BarList
            bars={agencies.slice(0, RANKED).map(({ key, name, count: hires, median }) => ({
              key,
              label: (
                <a href={`/dashboard/agencies/${key}`} title={name}>
                  {name}
                </a>
              ),
              value: hires,
              text: (
                <>
                  <b>{count(hires)}</b>, {count(median)} d
                </>
              ),
            }))}
          />
        )
      }
    </Panel>
  );
}

export function Flows() {
  const feed = useStaffing();
  const months = (feed.data?.workforceFlows?.groups.nodes ?? []).flatMap(({ month: period, aggregates }) =>
    period && aggregates.count > 0 ? [{ from: period.from, ...aggregates }] : [],
  );
  return (
    <Panel
      title="In and out by month"
      unit="accessions above, separations below"
      operation={operations.staffing}
      feed={feed}
      paths={['workforceFlows']}
      reads={['Query.workforceFlows']}
      figure={() => `${count(months.at(-1)?.accessions)} in, ${count(months.at(-1)?.separations)} out`}
      table={() => ({
        columns: ['Month', 'Accessions', 'Separations'],
        rows: months.map(({ from, accessions, separations }) => [month(from), count(accessions), count(separations)]),
      })}
    >
      {() =>
        months.length === 0 ? (
          <Empty>No flows are imported. They come from OPM’s monthly publication.</Empty>
        ) : (
          <>
            <Columns
              columns={months.map(({ from, accessions, separations }) => ({
                label: month(from),
                value: accessions ?? 0,
                below: separations ?? 0,
              }))}
              title="Accessions and separations by month"
              height={170}
              hasValues={false}
            />
            <p class="comparison">
              Published to <b>{month(months.at(-1)!.from)}</b>: {count(months.at(-1)!.accessions)} in,{' '}
              {count(months.at(-1)!.separations)} out
            </p>
          </>
        )
      }
    </Panel>
  );
}
