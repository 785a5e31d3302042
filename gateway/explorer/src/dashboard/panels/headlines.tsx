import type { ComponentChildren } from 'preact';
import { momentsAt } from '../calendar';
import { CumulativeToGoal } from '../charts/cumulative';
import { Spark } from '../charts/spark';
import { clock } from '../clock';
import { useFeed } from '../feed';
import { dependencesOf, type FeedState, type Needs, panelState } from '../feed-state';
import { change, count, date, figureOf, fiscalYear, month, NO_VALUE, ofTotal, percent, shareOf } from '../format';
import { operations, trendEnd } from '../operations';
import { Panel } from '../panel';
import type { GlanceAnswer } from './glance-answer';
import { ChartBlock, Headline, NoChart } from './headline';
import { cumulative, type HiringAnswer, medianByMonth } from './hiring';
import { type TrendFigure, type TrendsAnswer, trendDays, trendOf, yearBeforeDays } from './trend';
import { isOpen, notDrawn, type WindowsAnswer, windowRows } from './windows';

const useGlance = () => useFeed<GlanceAnswer>(operations.glance);

function useTrend(figure: TrendFigure) {
  const now = trendOf(useFeed<TrendsAnswer>(operations.trends).data, figure);
  const before = trendOf(useFeed<TrendsAnswer>(operations.trendsBefore).data, figure);
  return { now, before };
}

/** The trend of a figure against that of the year before. */
function Trend({ figure, title }: { readonly figure: TrendFigure; readonly title: string }) {
  const { now, before } = useTrend(figure);
  if (!now) return <ChartBlock />;
  const [first] = trendDays(trendEnd(momentsAt(clock.value)));
  return <Spark now={now} before={before} from={month(first!)} until="today" title={`${title} over the last year`} />;
}

function trendTable({ now, before }: ReturnType<typeof useTrend>) {
  const end = trendEnd(momentsAt(Date.now()));
  const days = trendDays(end);
  const earlier = yearBeforeDays(end);
  return {
    columns: ['Day', 'Figure', 'Day a year before', 'Figure then'],
    rows: days.map((day, index) => [
      date(day, ''),
      now?.[index] ?? NO_VALUE,
      date(earlier[index]!, ''),
      before?.[index] ?? NO_VALUE,
    ]),
  };
}

const HIRING: Needs = { paths: ['thisYear', 'lastYear', 'hiringRequests'], reads: ['Query.hiringRequests'] };

/** A chart of hiring requests, or why there is none: what cannot be read is not drawn as zero. */
function HiringChart({ feed, children }: { readonly feed: FeedState; readonly children: () => ComponentChildren }) {
  const { kind } = panelState(feed, HIRING);
  if (kind === 'ready') return <>{children()}</>;
  return kind === 'loading' ? <ChartBlock /> : <NoChart kind={kind} />;
}

const isReady = (feed: FeedState): boolean => panelState(feed, HIRING).kind === 'ready';

/** How many open windows have a review sought; empty where the caller reads none of them. */
function soughtWords(windows: FeedState<WindowsAnswer>, sought: number | undefined): string {
  const needs: Needs = { paths: ['submissions'], reads: ['Query.submissions'] };
  if (panelState(windows, needs).kind !== 'ready' || sought === undefined) return '';
  const figure = `${notDrawn(windows.data!) > 0 ? 'at least ' : ''}${count(sought)}`;
  return dependencesOf(windows, needs).length > 0
    ? `${figure} seek review, in your view`
    : `${figure} with a review sought`;
}

export function InTheWindow() {
  const feed = useGlance();
  const trend = useTrend('inWindow');
  const windows = useFeed<WindowsAnswer>(operations.windows);
  const order = feed.data?.executiveOrder;
  const sought = windows.data?.submissions
    ? windowRows(windows.data).filter((row) => isOpen(row) && row.group === 'A review is sought').length
    : undefined;
  const figure = () => figureOf(order?.submissionMetrics, 'inWindow');
  return (
    <Panel
      title="In the window"
      operation={operations.glance}
      feed={feed}
      paths={['executiveOrder.submissionMetrics', 'executiveOrder.submissionsThisYear']}
      reads={['ExecutiveOrder.submissionMetrics']}
      figure={figure}
      table={() => trendTable(trend)}
    >
      {() => (
        <Headline
          figure={figure()}
          lines={['submissions', soughtWords(windows, sought)]}
          chart={<Trend figure="inWindow" title="Submissions in the window" />}
          comparison={
            <>
              A year ago <b>{figureOf(order?.submissionsYearAgo, 'inWindow')}</b>. Filed{' '}
              {fiscalYear(momentsAt(clock.value).year)} to date <b>{figureOf(order?.submissionsThisYear, 'filed')}</b>
            </>
          }
        />
      )}
    </Panel>
  );
}

export function OpenReviews() {
  const feed = useGlance();
  const trend = useTrend('openReviews');
  const order = feed.data?.executiveOrder;
  const now = order?.reviewMetrics?.openReviews;
  return (
    <Panel
      title="Open reviews"
      operation={operations.glance}
      feed={feed}
      paths={['executiveOrder.reviewMetrics', 'executiveOrder.reviewsThisYear']}
      reads={['ExecutiveOrder.reviewMetrics']}
      figure={() => count(now)}
      table={() => trendTable(trend)}
    >
      {() => (
        <Headline
          figure={count(now)}
          lines={[
            'advice in progress',
            `${count(order?.reviewsThisYear?.opened)} opened in ${fiscalYear(momentsAt(clock.value).year)}`,
          ]}
          chart={<Trend figure="openReviews" title="Open reviews" />}
          comparison={
            <>
              A year ago <b>{count(order?.reviewsYearAgo?.openReviews)}</b>. Opened by then{' '}
              <b>{count(order?.reviewsLastYear?.opened)}</b>
            </>
          }
        />
      )}
    </Panel>
  );
}

export function EnteredOnDuty() {
  const feed = useGlance();
  const hiring = useFeed<HiringAnswer>(operations.hiring);
  const order = feed.data?.executiveOrder;
  const metrics = order?.workforceMetrics;
  const { year, dayOfYear, today } = momentsAt(clock.value);
  const goal = metrics?.goal || undefined;
  const curve = isReady(hiring) ? cumulative(hiring.data!, year, today) : undefined;
  const figure = () => `${figureOf(metrics, 'enteredOnDuty')}${goal ? ` of ${count(goal)}` : ''}`;
  return (
    <Panel
      title="Entered on duty"
      operation={operations.glance}
      feed={feed}
      paths={['executiveOrder.workforceMetrics']}
      reads={['ExecutiveOrder.workforceMetrics']}
      figure={figure}
      table={() => ({
        columns: ['Day of the fiscal year', fiscalYear(year), fiscalYear(year - 1)],
        rows: (curve?.before ?? []).map(({ day, value }) => [
          day,
          curve!.now.find((point) => point.day >= day)?.value ?? NO_VALUE,
          value,
        ]),
      })}
    >
      {() => (
        <Headline
          figure={figureOf(metrics, 'enteredOnDuty')}
          lines={[
            goal ? `of ${count(goal)} goal, ${fiscalYear(year)}` : `in ${fiscalYear(year)}; no goal shown`,
            `${goal && metrics?.enteredOnDuty ? `${percent({ numerator: metrics.enteredOnDuty, denominator: goal })} with ` : ''}${percent({ numerator: dayOfYear, denominator: 365 })} of year gone`,
          ]}
          chart={
            <HiringChart feed={hiring}>
              {() => (
                <CumulativeToGoal
                  {...curve!}
                  goal={goal}
                  title={`People entered on duty in ${fiscalYear(year)} against the goal and the year before`}
                />
              )}
            </HiringChart>
          }
          comparison={
            <>
              Same day last year <b>{figureOf(order?.workforceLastYear, 'enteredOnDuty')}</b>. Vacancies{' '}
              <b>{figureOf(metrics, 'vacancies')}</b>
            </>
          }
        />
      )}
    </Panel>
  );
}

export function TimeToHire() {
  const feed = useGlance();
  const hiring = useFeed<HiringAnswer>(operations.hiring);
  const order = feed.data?.executiveOrder;
  const metrics = order?.workforceMetrics;
  const { year } = momentsAt(clock.value);
  const days = metrics?.medianTimeToHireDays;
  const over = days === null || days === undefined ? 0 : Math.round(days) - (metrics?.timeToHireGoalDays ?? 0);
  const months = isReady(hiring) ? medianByMonth(hiring.data!) : undefined;
  const figure = () => `${figureOf(metrics, 'medianTimeToHireDays')} days`;
  return (
    <Panel
      title="Time to hire"
      operation={operations.glance}
      feed={feed}
      paths={['executiveOrder.workforceMetrics']}
      reads={['ExecutiveOrder.workforceMetrics']}
      figure={figure}
      table={() => ({
        columns: ['Month of entry', 'Median days', 'Hires'],
        rows: (months ?? []).map(({ from, median, hires }) => [month(from), count(median), hires]),
      })}
    >
      {() => (
        <Headline
          figure={figureOf(metrics, 'medianTimeToHireDays')}
          lines={[
            `days, median ${fiscalYear(year)}`,
            over > 0 ? (
              <span class="warn">
                ▲ {over} over the {metrics!.timeToHireGoalDays}-day goal
              </span>
            ) : (
              `goal ${metrics?.timeToHireGoalDays ?? NO_VALUE} days`
            ),
          ]}
          chart={
            <HiringChart feed={hiring}>
              {() => (
                <Spark
                  now={months!.map(({ median }) => median)}
                  goal={metrics?.timeToHireGoalDays}
                  from={`${month(months![0]!.from)}; dotted: goal`}
                  until={month(months!.at(-1)!.from)}
                  title="Median days to hire by month of entry, with the goal"
                  isFromZero={false}
                />
              )}
            </HiringChart>
          }
          comparison={
            <>
              {fiscalYear(year - 1)} <b>{figureOf(order?.workforceLastYear, 'medianTimeToHireDays')}</b>. p90{' '}
              <b>{figureOf(metrics, 'p90TimeToHireDays')}</b>. Within goal <b>{ofTotal(metrics?.withinGoal)}</b>
            </>
          }
        />
      )}
    </Panel>
  );
}

export function OverdueExposures() {
  const feed = useGlance();
  const trend = useTrend('overdueExposures');
  const order = feed.data?.executiveOrder;
  const metrics = order?.infrastructureMetrics;
  const difference = change(metrics?.overdueExposures, order?.infrastructureYearAgo?.overdueExposures);
  const figure = () => figureOf(metrics, 'overdueExposures');
  return (
    <Panel
      title="Overdue exposures"
      operation={operations.glance}
      feed={feed}
      paths={['executiveOrder.infrastructureMetrics', 'executiveOrder.infrastructureThisYear']}
      reads={['ExecutiveOrder.infrastructureMetrics']}
      figure={figure}
      table={() => trendTable(trend)}
    >
      {() => (
        <Headline
          figure={figure()}
          lines={[
            `${figureOf(metrics, 'overduePerThousandSystems')} per 1,000`,
            `${figureOf(metrics, 'meanDaysOverdue')} days late, mean`,
          ]}
          chart={<Trend figure="overdueExposures" title="Overdue exposures" />}
          comparison={
            <>
              A year ago <b>{figureOf(order?.infrastructureYearAgo, 'overdueExposures')}</b>
              {difference && (
                <>
                  , <b class={difference.startsWith('▲') ? 'warn' : undefined}>{difference}</b>
                </>
              )}
              . On time {fiscalYear(momentsAt(clock.value).year)}{' '}
              <b>{shareOf(order?.infrastructureThisYear, 'remediatedOnTime')}</b>
            </>
          }
        />
      )}
    </Panel>
  );
}
