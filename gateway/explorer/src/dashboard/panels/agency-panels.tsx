import { scaleTime } from 'd3-scale';
import { DAY_MS, dayOf, daysBetween, momentsAt, shift } from '../calendar';
import { BarList } from '../charts/bar-list';
import { DotRange } from '../charts/dot-range';
import { StatStrip } from '../charts/stat-strip';
import { clock } from '../clock';
import { useFeed } from '../feed';
import type { FeedState } from '../feed-state';
import { count, date, decimal, fiscalYear, NO_VALUE, sentence, words } from '../format';
import { agencyOperation } from '../operations';
import { Empty, Panel } from '../panel';
import type { AgencyAnswer, AgencyReview } from './agency-answer';
import { DotKey, FUNCTIONS, TIERS } from './capability-panel';
import { Key } from './window-panels';

export const useAgency = (key: string) => useFeed<AgencyAnswer>(agencyOperation(key));

/** Whether the caller can read nothing of a field or list. */
const isUnreadable = ({ withheld }: FeedState, coordinate: string): boolean =>
  withheld.some((entry) => entry.readable === 'NONE' && entry.coordinate === coordinate);

/** A figure of a list, unless the caller can read none of it: then it says so. No object of some that it may read is not zero. */
function readable(feed: FeedState, coordinate: string, value: string): string {
  if (isUnreadable(feed, coordinate)) return 'withheld';
  const isPart = feed.withheld.some((entry) => entry.readable === 'SOME' && entry.coordinate === coordinate);
  return isPart && value === '0' ? NO_VALUE : value;
}

interface AgencyProps {
  readonly agency: string;
}

export function AgencyFigures({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  const { year } = momentsAt(clock.value);
  const goal = agency?.hiringGoals?.aggregates.target || undefined;
  const perReviewer = agency?.reviewWorkload?.openReviewsPerReviewer;
  const passed = agency?.passedReviews?.aggregates.ratio.numerator;
  const high = agency?.overdue?.impact.nodes.find(({ systemImpactLevel }) => systemImpactLevel === 'HIGH')?.aggregates
    .count;
  return (
    <StatStrip
      title="Now"
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency']}
      stats={() => [
        {
          label: 'Open reviews',
          value: readable(feed, 'Agency.reviewWorkload', count(agency?.reviewWorkload?.openReviews)),
          against: `${decimal(perReviewer)} per reviewer; ${readable(feed, 'Review.launchBoundAt', count(passed))} past launch`,
        },
        {
          label: 'Determinations due',
          value: readable(feed, 'Agency.determinations', count(agency?.determinations?.aggregates.count)),
          against: `${readable(feed, 'Determination.targetAt', count(agency?.lateDeterminations?.aggregates.ratio.numerator))} past target`,
        },
        {
          label: `Entered on duty, ${fiscalYear(year)}`,
          value: readable(feed, 'Agency.hiringRequests', count(agency?.hiredThisYear?.aggregates.count)),
          against: `${goal ? `of ${count(goal)} goal; ` : ''}same days last year ${count(agency?.hiredLastYear?.aggregates.count)}`,
        },
        {
          label: 'Time to hire, median',
          value: readable(feed, 'Agency.hiringRequests', count(agency?.hiredThisYear?.aggregates.median)),
          of: 'days',
          against: `last year ${count(agency?.hiredLastYear?.aggregates.median)}`,
        },
        {
          label: 'Overdue exposures',
          value: readable(feed, 'Agency.vulnerabilityFindings', count(agency?.overdue?.aggregates.count)),
          against: `high impact ${readable(feed, 'Agency.vulnerabilityFindings', count(agency?.overdue && (high ?? 0)))}`,
        },
        {
          label: 'Days to remediate, median',
          value: readable(feed, 'Agency.medianDaysToRemediate', count(agency?.medianDaysToRemediate)),
          of: 'days',
          against: 'from detection to remediation',
        },
      ]}
    />
  );
}

/** Reviews that the panel has room for. */
const REVIEWS_SHOWN = 18;
const WIDTH = 300;

export function AgencyReviews({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const reviews = feed.data?.agency?.reviews;
  const nodes = (reviews?.nodes ?? []).toSorted((one, other) => launchOf(one) - launchOf(other));
  const now = clock.value;
  const today = dayOf(now);
  const shown = nodes.slice(0, REVIEWS_SHOWN);
  const day = (time: string | null) => (time ? date(dayOf(Date.parse(time)), today) : NO_VALUE);
  const times = shown.flatMap((review) =>
    [review.openedAt, review.targetAt, review.launchBoundAt].flatMap((time) => (time ? Date.parse(time) : [])),
  );
  const x = scaleTime([Math.min(now - 14 * DAY_MS, ...times), Math.max(now + 14 * DAY_MS, ...times)], [6, WIDTH - 10]);
  return (
    <Panel
      title="Open reviews"
      unit={() => reviews && `${shown.length} of ${count(reviews.totalCount)}; opened to target, by planned launch`}
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency.reviews']}
      reads={['Agency.reviews']}
      figure={() => `${count(reviews?.totalCount)} open`}
      table={() => ({
        columns: ['Submission', 'Stage', 'Opened', 'Target', 'Planned launch', 'Days past launch'],
        numbersFrom: 5,
        rows: nodes.map((review) => [
          review.submission?.number ?? 'withheld',
          sentence(review.status),
          day(review.openedAt),
          day(review.targetAt),
          day(review.launchBoundAt),
          daysPast(review, today) ?? NO_VALUE,
        ]),
      })}
    >
      {() =>
        nodes.length === 0 ? (
          <Empty>No reviews of this agency are open among those that you may see.</Empty>
        ) : (
          <>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens */}
            <section class="scroll" tabIndex={0} aria-label="List of open reviews by planned launch">
              <table class="matrix windows">
                <thead>
                  <tr>
                    <th scope="col">Submission</th>
                    <th scope="col">Stage</th>
                    <th scope="col" class="bar">
                      <span class="visually-hidden">Time</span>
                      <svg viewBox={`0 0 ${WIDTH} 16`} aria-hidden="true">
                        {[-28, 28].map((days) => {
                          const at = now + days * DAY_MS;
                          if (at < x.domain()[0]!.getTime() || at > x.domain()[1]!.getTime()) return null;
                          return (
                            <text
                              key={days}
                              class="label"
                              text-anchor="middle"
                              x={Math.min(Math.max(x(at), 20), WIDTH - 20)}
                              y={12}
                            >
                              {date(shift(today, days), today)}
                            </text>
                          );
                        })}
                        <text class="label strong" text-anchor="middle" x={x(now)} y={12}>
                          Today
                        </text>
                      </svg>
                    </th>
                    <th scope="col" class="num">
                      Launch
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {shown.map((review) => (
                    <ReviewRow key={review.id} review={review} x={x} now={now} today={today} />
                  ))}
                </tbody>
              </table>
            </section>
            <ul class="legend">
              <Key mark="data-mark">elapsed</Key>
              <Key mark="tint-mark">to target</Key>
              <DotKey kind="target">target</DotKey>
              <li>◇ planned launch</li>
              <li>Targets are goals without legal effect.</li>
            </ul>
          </>
        )
      }
    </Panel>
  );
}

/** When the launch is planned, for sorting: those that the caller may not read come last. */
const launchOf = ({ launchBoundAt }: AgencyReview): number =>
  launchBoundAt ? Date.parse(launchBoundAt) : Number.MAX_SAFE_INTEGER;

/** Days since the planned launch; undefined before it. */
function daysPast({ launchBoundAt }: AgencyReview, today: string): number | undefined {
  if (!launchBoundAt) return undefined;
  const days = daysBetween(dayOf(Date.parse(launchBoundAt)), today);
  return days > 0 ? days : undefined;
}

interface ReviewRowProps {
  readonly review: AgencyReview;
  readonly x: (time: number) => number;
  readonly now: number;
  readonly today: string;
}

function ReviewRow({ review, x, now, today }: ReviewRowProps) {
  const opened = Date.parse(review.openedAt);
  const target = review.targetAt ? Date.parse(review.targetAt) : undefined;
  const launch = review.launchBoundAt ? Date.parse(review.launchBoundAt) : undefined;
  const past = daysPast(review, today);
  return (
    <tr>
      <th scope="row">{review.submission?.number ?? <em>withheld</em>}</th>
      <td>{sentence(review.status)}</td>
      <td class="bar">
        <svg viewBox={`0 0 ${WIDTH} 20`} aria-hidden="true">
          {target !== undefined && target > now && (
            <rect class="tint-mark" x={x(now)} width={x(target) - x(now)} y={6} height={8} />
          )}
          <rect
            class={past ? 'warn-mark' : 'data-mark'}
            x={x(opened)}
            width={Math.max(2, x(now) - x(opened))}
            y={6}
            height={8}
          />
          {target !== undefined && <line class="target" x1={x(target)} x2={x(target)} y1={3} y2={17} />}
          {launch !== undefined && <path class="prev-mark" d={`M${x(launch)} 4.5 l5.5 5.5 l-5.5 5.5 l-5.5 -5.5 Z`} />}
          <line class="today" x1={x(now)} x2={x(now)} y1={0} y2={20} />
        </svg>
      </td>
      <td class={past ? 'num warn' : 'num'}>
        {past
          ? `▲ ${past} d past, advice continues`
          : launch === undefined
            ? NO_VALUE
            : `in ${daysBetween(today, dayOf(launch))} d`}
      </td>
    </tr>
  );
}

export function AgencyOverdue({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  const findings = agency?.overdueHigh;
  const others = (agency?.overdue?.impact.nodes ?? []).filter(({ systemImpactLevel }) => systemImpactLevel !== 'HIGH');
  const columns = ['System', 'Vulnerability', 'Status', 'AI tool', 'Days overdue'];
  const rows = (findings?.nodes ?? []).map(({ id, system, vulnerability, status, daysOverdue }) => ({
    id,
    cells: [
      system?.name ?? NO_VALUE,
      vulnerability?.cveId ?? NO_VALUE,
      sentence(status),
      system?.coveredByAiTool === true ? 'yes' : system?.coveredByAiTool === false ? 'no' : NO_VALUE,
    ],
    daysOverdue,
  }));
  return (
    <Panel
      title="Overdue on high-impact systems"
      unit={() => findings && `${rows.length} of ${count(findings.totalCount)}, oldest first`}
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency.overdueHigh', 'agency.overdue']}
      reads={['Agency.vulnerabilityFindings']}
      figure={() => `${count(findings?.totalCount)} overdue on high-impact systems`}
      table={() => ({ columns, numbersFrom: 4, rows: rows.map(({ cells, daysOverdue }) => [...cells, daysOverdue]) })}
    >
      {() => (
        <>
          {rows.length === 0 ? (
            <Empty>No exposures on high-impact systems are overdue.</Empty>
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolls by keyboard on narrow screens
            <section class="scroll" tabIndex={0} aria-label="List of overdue exposures on high-impact systems">
              <table class="data">
                <thead>
                  <tr>
                    {columns.map((name, column) => (
                      <th key={name} scope="col" class={column === 4 ? 'num' : undefined}>
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map(({ id, cells: [system, ...cells], daysOverdue }) => (
                    <tr key={id}>
                      <th scope="row">{system}</th>
                      {cells.map((cell, column) => (
                        <td key={columns[column + 1]}>{cell}</td>
                      ))}
                      <td class="num">
                        <b>{count(daysOverdue)}</b>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          )}
          <p class="comparison">
            Not high impact:{' '}
            {others.length === 0
              ? '0'
              : others
                  .map(
                    ({ systemImpactLevel, aggregates }) =>
                      `${count(aggregates.count)} ${words(systemImpactLevel ?? 'not stated')}`,
                  )
                  .join(', ')}
            .
          </p>
        </>
      )}
    </Panel>
  );
}

export function AgencyRoles({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const capacity = feed.data?.agency?.capacity;
  const roles = (capacity?.nodes ?? []).flatMap(({ workRole, ...figures }) =>
    workRole ? [{ ...workRole, ...figures }] : [],
  );
  return (
    <Panel
      title="Work roles lacking most"
      unit={() =>
        capacity && `authorized ${count(capacity.aggregates.authorized)}, vacant ${count(capacity.aggregates.vacant)}`
      }
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency.capacity']}
      reads={['Agency.capacity']}
      figure={() => `${count(capacity?.aggregates.vacant)} vacant`}
      table={() => ({
        columns: ['Work role', 'Authorized', 'Filled', 'In hiring', 'Vacant'],
        rows: roles.map(({ code, name, authorized, filled, inHiring, vacant }) => [
          `${code} ${name}`,
          authorized,
          filled,
          inHiring,
          vacant,
        ]),
      })}
    >
      {() =>
        roles.length === 0 ? (
          <Empty>No capacity is recorded for this agency.</Empty>
        ) : (
          <>
            <BarList
              bars={roles.map(({ code, name, authorized, filled, inHiring, vacant }) => ({
                key: code,
                label: <span title={name}>{`${code} ${name}`}</span>,
                value: filled,
                second: inHiring,
                third: Math.max(0, vacant - inHiring),
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

export function AgencyReviewers({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  const reviewers = (agency?.reviewers?.nodes ?? [])
    .map(({ id, post, openReviews }, index) => ({ id, name: post ?? `Reviewer ${index + 1}`, openReviews }))
    .sort((one, other) => (other.openReviews ?? 0) - (one.openReviews ?? 0));
  const today = dayOf(clock.value);
  return (
    <Panel
      title="Reviewer load"
      unit="open reviews"
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency.reviewers']}
      reads={['Agency.reviewers', 'Reviewer.openReviews']}
      figure={() => `${count(reviewers.length)} reviewers`}
      table={() => ({
        columns: ['Reviewer', 'Open reviews'],
        rows: reviewers.map(({ name, openReviews }) => [name, count(openReviews)]),
      })}
    >
      {() => (
        <>
          {reviewers.length === 0 ? (
            <Empty>This agency has no reviewers among those that you may see.</Empty>
          ) : (
            <BarList
              bars={reviewers.map(({ id, name, openReviews }) => ({
                key: id,
                label: name,
                value: openReviews ?? 0,
                text: <b>{count(openReviews)}</b>,
              }))}
            />
          )}
          <h3 class="small">AI-powered tools</h3>
          {isUnreadable(feed, 'Agency.toolDeployments') ? (
            <p class="small muted">
              <em>withheld</em>
            </p>
          ) : (agency?.toolDeployments?.nodes.length ?? 0) === 0 ? (
            <p class="small muted">None is deployed.</p>
          ) : (
            <ul class="small">
              {agency!.toolDeployments!.nodes.map(({ tool, stage, systemsCovered, since }) => (
                <li key={`${tool?.purpose}${since}${stage}`}>
                  {sentence(tool?.purpose ?? 'OTHER')}: <b>{words(stage)}</b>, {count(systemsCovered)} systems, since{' '}
                  {date(since, today)}
                </li>
              ))}
            </ul>
          )}
        </>
      )}
    </Panel>
  );
}

const COMPLETE = ['REPORTED_COMPLETE', 'VERIFIED'];

export function AgencyCapability({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  const rows = FUNCTIONS.flatMap((code) => {
    const now = agency?.capability?.nodes.find(({ dimension }) => dimension?.code === code);
    if (!now) return [];
    const before = agency?.capabilityBefore?.nodes.find(({ dimension }) => dimension?.code === code)?.tier;
    return [{ key: code, label: sentence(now.dimension!.title), now: now.tier, target: now.target, before }];
  });
  const directives = agency?.directiveProgress?.groups.nodes ?? [];
  const sum = (statuses: readonly string[]) =>
    directives
      .filter(({ status }) => statuses.includes(status))
      .reduce((total, { aggregates }) => total + aggregates.count, 0);
  const all = directives.reduce((total, { aggregates }) => total + aggregates.count, 0);
  const difference = ({ now, target }: { now: number; target: number }) =>
    now < target ? `${target - now} below` : now > target ? 'above' : 'at target';
  return (
    <Panel
      title="Capability"
      unit="CSF tier and target"
      operation={agencyOperation(key)}
      feed={feed}
      paths={['agency.capability']}
      reads={['Agency.capabilityAssessments']}
      figure={() => `${count(rows.filter(({ now, target }) => now >= target).length)} of ${rows.length} at target`}
      table={() => ({
        columns: ['Function', 'Tier', 'A year ago', 'Target', 'Difference'],
        rows: rows.map((row) => [row.label, row.now, row.before ?? NO_VALUE, row.target, difference(row)]),
      })}
    >
      {() => (
        <>
          {rows.length === 0 ? (
            <Empty>No assessments are recorded for this agency.</Empty>
          ) : (
            <>
              <DotRange
                domain={[1, 4]}
                ticks={TIERS}
                head=""
                rows={rows.map((row) => ({
                  ...row,
                  text: <span class={row.now < row.target ? 'warn' : undefined}>{difference(row)}</span>,
                }))}
              />
              <ul class="legend">
                <DotKey kind="now">now</DotKey>
                <DotKey kind="before">a year ago</DotKey>
                <DotKey kind="target">target</DotKey>
              </ul>
            </>
          )}
          <h3 class="small">Directives</h3>
          <p class="small">
            {isUnreadable(feed, 'Agency.directiveProgress') ? (
              <em>withheld</em>
            ) : (
              <>
                <b>
                  {count(sum(COMPLETE))} of {count(all)}
                </b>{' '}
                reported complete or verified
              </>
            )}
          </p>
        </>
      )}
    </Panel>
  );
}

export function AgencyCounts({ agency: key }: AgencyProps) {
  const feed = useAgency(key);
  const agency = feed.data?.agency;
  return (
    <>
      <span>
        AI use cases <b>{count(agency?.aiUseCases?.aggregates.count)}</b>
      </span>
      <span>
        Cloud authorizations <b>{count(agency?.cloudAuthorizations?.aggregates.count)}</b>
      </span>
    </>
  );
}
