import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addDays, civilDate, daysBetween, fiscalYear, fiscalYearPeriod } from '#base/civil';
import { playHiring } from '../../gateway/cli/hire/story';
import { playOversight } from '../../gateway/cli/oversight/story';
import { EVENT_READERS } from '../../gateway/cli/programs';
import { playProtection } from '../../gateway/cli/protect/story';
import { databaseVariable } from '../../gateway/cli/settings';
import { importerInto } from '../../gateway/cli/voluntary/published-files';
import { Stage } from '../../gateway/cli/voluntary/stage';
import { playVoluntaryFramework } from '../../gateway/cli/voluntary/story';
import { publishedCases } from '../../gateway/exchange/graph';
import type { Ask } from '../../gateway/export/ask';
import { Deployment } from '../faults/kill/deployment';
import { everythingRead } from '../faults/kill/events';
import { processKinds } from '../support/databases';
import { INSPECTOR } from '../support/identity';
import { killAll, requireCompiled } from '../support/processes';
import { questions } from '../support/questions';
import { describeOnRedis } from '../support/redis';
import { counts, Ledger, type Loose, lines, median, sum } from './ledger';
import { HIRING, PROTECTION } from './phrases';

const DAY_MS = 86_400_000;
const ACTIVE = ['OPEN', 'IN_REMEDIATION', 'MITIGATED'];

const CYBER = /phishing|malware|intrusion/i;
const KEYS: Readonly<Record<string, string>> = {
  'Department of the Treasury': 'treasury',
  'Department of Homeland Security': 'dhs',
  'Department of Energy': 'doe',
};
const RISK_MANAGERS: Readonly<Record<string, string>> = { 'financial-services': 'treasury', energy: 'doe' };

/** Fiscal quarter of a day, reimplemented. */
function quarterOf(day: string): string {
  const [year, month] = day.split('-').map(Number) as [number, number];
  return month >= 10 ? `FY${year + 1}-Q1` : `FY${year}-Q${Math.floor((month - 1) / 3) + 2}`;
}

beforeAll(requireCompiled);

describeOnRedis.each(processKinds)('the exercises over subgraphs, gateway, and Redis of their own, on %s', (kind) => {
  const folder = mkdtempSync(join(tmpdir(), 'ordergraph-programs-'));
  const transcript: string[] = [];
  let deployment: Deployment;
  let ledger: Ledger;
  let ask: Ask;
  /** Time of the questions, after everything happened. */
  let now: string;

  beforeAll(async () => {
    deployment = await Deployment.start(kind, folder, EVENT_READERS);
    for (const name of EVENT_READERS) process.env[databaseVariable(name)] = deployment.databaseUrl(name);
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    const stage = new Stage(deployment.url, Date.now().toString(36), (line) => transcript.push(line), deployment.token);
    const importContent = importerInto(deployment.dataFolder);
    await playVoluntaryFramework(stage);
    await playHiring(stage);
    await playProtection(stage, importContent);
    await playOversight(stage, importContent);
    const databases = new Map(
      await Promise.all(EVENT_READERS.map(async (name) => [name, await deployment.connect(name)] as const)),
    );
    await everythingRead(databases);
    for (const database of databases.values()) await database.close();
    ledger = new Ledger(stage.log);
    now = new Date().toISOString();
    const inspector = deployment.caller(INSPECTOR);
    ask = ({ query, variables }) => inspector.ask(query, { ...variables }) as Promise<Loose>;
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    for (const name of EVENT_READERS) delete process.env[databaseVariable(name)];
    await deployment?.stop();
    await killAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const today = () => civilDate(now);
  const inDays = (days: number) => new Date(Date.parse(now) + days * DAY_MS).toISOString();
  const day = (days: number) => addDays(today(), days);
  const firstOfMonth = (months: number) => {
    const [year, month] = today().split('-').map(Number) as [number, number];
    return new Date(Date.UTC(year, month - 1 + months, 1)).toISOString().slice(0, 10);
  };

  const submissions = () => ledger.created('fileSubmission');
  const ended = () => new Set(ledger.did('withdrawSubmission', 'recordLaunch').map(({ input }) => input.id));
  const live = () => submissions().filter(({ id }) => !ended().has(id));
  const determinations = () => ledger.did('issueDetermination').map(({ object }) => ledger.object(object.id));
  const reviews = () => {
    const withdrawn = new Set(ledger.did('withdrawSubmission').map(({ input }) => input.id));
    const closed = new Set(ledger.did('closeReview').map(({ input }) => input.id));
    return ledger
      .created('openReview')
      .filter(({ id, submissionId }) => !closed.has(id) && !withdrawn.has(submissionId));
  };
  const findings = () => ledger.created('confirmFinding', 'reportFinding', 'dismissFinding');
  const overdue = () => findings().filter(({ status, dueAt }) => ACTIVE.includes(status) && dueAt < now);
  /** Findings that were due in a fiscal year until an instant, and those of them that were remediated by then. */
  const dueIn = (year: number, until: string) => {
    const { from, until: end } = fiscalYearPeriod(year);
    const due = findings().filter(
      ({ status, dueAt }) => status !== 'FALSE_POSITIVE' && dueAt >= from && dueAt < end && dueAt < until,
    );
    const timely = due.filter(({ remediatedAt, dueAt }) => remediatedAt && remediatedAt <= dueAt);
    return { numerator: timely.length, denominator: due.length };
  };
  const systems = () => ledger.created('registerSystem');
  const covered = () => new Set(ledger.did('setCoverage').flatMap(({ input }) => input.systems));
  /** Entries on duty, with their requests and positions. */
  const hires = () =>
    ledger.did('recordEntryOnDuty').map(({ object, agency }) => {
      const { id, position } = object.hiringRequest;
      const left = ledger.did('recordSeparation').some(({ input }) => input.id === position.id);
      const { authority } = ledger.did('readyHiringRequest').find((deed) => deed.object.id === id)!.input;
      return { agency, authority, left };
    });
  /** Positions with their status, which also changes by requests, entries, and separations. */
  const positions = () =>
    ledger.created('createPosition', 'createPositions').map((position) => {
      const left = ledger.did('recordSeparation').some(({ input }) => input.id === position.id);
      const entered = ledger
        .did('recordEntryOnDuty')
        .some(({ object }) => object.hiringRequest.position.id === position.id);
      return { ...position, status: entered && !left ? 'FILLED' : 'VACANT' };
    });
  const strengths = () => ledger.created('recordAuthorizedStrength');
  const kevEntries = () => ledger.published('kev') as Loose[];
  const useCases = () =>
    (ledger.published('omb-use-cases') as Loose[]).map((row) => ({ ...row, agency: KEYS[row.agency_name] }));
  const cases = () => [
    ...ledger.created('openCase'),
    // the event of a referred finding opens a case
    ...ledger.did('referFinding').map(({ input }) => ({
      ...{ source: 'REVIEW_FINDING', status: 'PENDING' },
      sectors: ledger.object(input.id).sectors,
    })),
  ];
  const items = () => ledger.created('openPoamItem');
  const isLate = ({ dueOn }: Loose) => dueOn < today();
  const assessments = () =>
    ledger.did('assessRisk').map(({ input, object, agency }) => ({ ...input, ...object, agency }));
  const high = () => assessments().filter(({ level }) => ['HIGH', 'VERY_HIGH'].includes(level));
  const announcements = () => [
    ...ledger.did('publishAnnouncement').map(({ input, agency }) => ({ ...input, agency, area: 'CYBERSECURITY' })),
    ...ledger
      .published('usajobs-postings')
      .map((row: Loose) => ({ ...row, agency: KEYS[row.department], area: row.talentArea })),
  ];

  /** Variables of a question for now, and what its answer has, beside what the log says. */
  const CHECKS: Readonly<
    Record<string, { variables?: () => Loose; pairs: (answer: Loose) => readonly (readonly [unknown, unknown])[] }>
  > = {
    '01': {
      pairs: ({ executiveOrder: { submissionMetrics, reviewMetrics, workforceMetrics, infrastructureMetrics } }) => [
        [submissionMetrics, { inWindow: live().length, filed: submissions().length }],
        [reviewMetrics.openReviews, reviews().length],
        [workforceMetrics.enteredOnDuty, hires().length],
        [
          workforceMetrics.goal,
          sum(ledger.did('setHiringGoal').flatMap(({ input }) => (input.initiative ? [] : input.target))),
        ],
        [infrastructureMetrics.overdueExposures, overdue().length],
      ],
    },
    '02': {
      variables: () => ({ from: now, until: inDays(30) }),
      pairs: ({ submissions: { nodes } }) => {
        const latest = new Map(determinations().map((row) => [`${row.submissionId} ${row.agency}`, row]));
        return [
          [
            lines(
              nodes.flatMap((node: Loose) =>
                node.determinations.nodes.map((row: Loose) => [node.number, row.agency.key, row.outcome]),
              ),
            ),
            lines(
              live().flatMap(({ id, number }) =>
                [...latest.values()]
                  .filter(({ submissionId }) => submissionId === id)
                  .map(({ agency, outcome }) => [number, agency, outcome]),
              ),
            ),
          ],
        ];
      },
    },
    '03': {
      variables: () => ({ key: ledger.did('registerOrganization').at(-1)!.input.key }),
      pairs: ({ developerOrganization: { models } }) => {
        const [submission] = models.nodes[0].submissions.nodes;
        const { id, number } = live().at(-1);
        const of = (name: string) => ledger.created(name).filter(({ submissionId }) => submissionId === id);
        return [
          [submission.number, number],
          [
            lines(submission.accessGrants.nodes.map((grant: Loose) => [grant.agency.key, grant.endsAt])),
            lines(of('offerAccess').map(({ agencyKey, endsAt }) => [agencyKey, endsAt])),
          ],
          [
            submission.informationRequests.nodes.map(({ dueOn }: Loose) => dueOn),
            of('requestInformation').map(({ dueOn }) => dueOn),
          ],
        ];
      },
    },
    '04': {
      pairs: ({ agency }) => [
        [
          agency.reviews.nodes.map(({ id }: Loose) => id),
          reviews().flatMap(({ id, agency: of }) => (of === 'treasury' ? id : [])),
        ],
        [agency.capacity.nodes.map(({ vacant }: Loose) => vacant), strengths().map(({ vacant }) => vacant)],
        [agency.vulnerabilityFindings.nodes.map(({ id }: Loose) => id), overdue().map(({ id }) => id)],
      ],
    },
    '05': {
      variables: () => ({ from: inDays(-90) }),
      pairs: ({ riskAssessments }) => [
        [
          lines(
            riskAssessments.nodes.flatMap(({ sectors }: Loose) =>
              sectors.map(({ key, leadAgency }: Loose) => [key, leadAgency.key]),
            ),
          ),
          lines(high().flatMap(({ sectors }) => sectors.map((key: string) => [key, RISK_MANAGERS[key]]))),
        ],
      ],
    },
    '06': {
      pairs: ({ submissions: { nodes } }) => [
        [
          lines(
            nodes.flatMap(({ number, highestRisks }: Loose) =>
              highestRisks.map(({ domain, agency, level }: Loose) => [number, domain, agency.key, level]),
            ),
          ),
          lines(
            assessments()
              .filter(({ submissionId }) => live().some(({ id }) => id === submissionId))
              .map(({ submissionId, domain, agency, level }) => [
                ledger.object(submissionId).number,
                ...[domain, agency, level],
              ]),
          ),
        ],
      ],
    },
    '07': {
      pairs: ({ findingStatistics }) => {
        const { techniques } = ledger.published('atlas').matrices[0];
        const tacticOf = (id: string) => techniques.find((technique: Loose) => technique.id === id).tactics[0];
        return [
          [
            lines(findingStatistics.map((row: Loose) => [row.tactic?.atlasId, row.severity, row.findings])),
            counts(ledger.created('draftFinding'), ({ techniques: ids = [], severity }) => [
              ids.map(tacticOf)[0] ?? null,
              severity,
            ]),
          ],
        ];
      },
    },
    '08': {
      pairs: ({ reviews: { nodes } }) => [
        [
          nodes.map(({ id, daysPastLaunch }: Loose) => [id, daysPastLaunch]),
          ledger.created('closeReview').flatMap(({ id, timing }) => (timing === 'POST_LAUNCH' ? [[id, 0]] : [])),
        ],
      ],
    },
    '09': {
      pairs: ({ executiveOrder: { submissionMetrics } }) => {
        const withdrawn = ledger.did('withdrawSubmission');
        return [
          [submissionMetrics.withdrawn, withdrawn.length],
          [
            lines(submissionMetrics.withdrawnByPhase.map(({ phase, count }: Loose) => [phase, count])),
            counts(withdrawn, ({ object }) => [object.withdrawal.phase]),
          ],
        ];
      },
    },
    '10': {
      variables: () => ({ agency: 'treasury' }),
      pairs: ({ agency: { capabilityAssessments } }) => [
        [
          lines(capabilityAssessments.nodes.map((row: Loose) => [row.dimension.code, row.tier, row.target])),
          lines(
            ledger
              .did('recordAssessment')
              .filter(({ agency, input }) => agency === 'treasury' && input.tier < input.target)
              .map(({ input: { dimension, tier, target } }) => [dimension, tier, target]),
          ),
        ],
        [
          capabilityAssessments.nodes.flatMap(({ staffing }: Loose) =>
            staffing.flatMap(({ openAnnouncements }: Loose) =>
              openAnnouncements.map(({ controlNumber }: Loose) => controlNumber),
            ),
          ),
          ledger
            .did('publishAnnouncement')
            .flatMap(({ agency, input }) => (agency === 'treasury' ? input.controlNumber : [])),
        ],
      ],
    },
    '11': {
      pairs: ({ timeToHire }) => [
        [
          lines(timeToHire.map((row: Loose) => [row.agency.key, row.authority, row.hires])),
          counts(hires(), ({ agency, authority }) => [agency, authority]),
        ],
      ],
    },
    '12': {
      variables: () => ({ fiscalYear: fiscalYear(today()) }),
      pairs: ({ largestHiringGaps }) => {
        const goals = ledger.did('setHiringGoal').filter(({ input }) => !input.initiative);
        const entered = (of: string | null) => hires().filter(({ agency }) => agency === of).length;
        return [
          [
            lines(largestHiringGaps.map((row: Loose) => [row.agency.key, row.target, row.hires, row.gap])),
            lines(
              goals.map(({ agency, input: { target } }) => [agency, target, entered(agency), target - entered(agency)]),
            ),
          ],
          [typeof largestHiringGaps[0].agency.medianDaysToRemediate, 'number'],
        ];
      },
    },
    '13': {
      variables: () => ({ from: now, until: inDays(14) }),
      pairs: ({ vulnerabilities: { nodes } }) => [
        [
          lines(
            nodes.flatMap(({ cveId, exposures }: Loose) =>
              exposures.map((row: Loose) => [cveId, row.agency.key, row.impactLevel, row.systems, row.firstDueAt]),
            ),
          ),
          lines(
            findings()
              .filter(({ status, dueAt }) => ACTIVE.includes(status) && dueAt >= now && dueAt < inDays(14))
              .map(({ vulnerability, agency, system, dueAt }) => [
                ...[vulnerability.cveId ?? vulnerability, agency, ledger.object(system).impactLevel, 1, dueAt],
              ]),
          ),
        ],
      ],
    },
    '14': {
      pairs: ({ aiToolAdoption, overdueByToolCoverage }) => [
        [
          lines(aiToolAdoption.map((row: Loose) => [row.agency.key, row.deployed])),
          counts(ledger.did('deployTool'), ({ agency }) => [agency]),
        ],
        [
          lines(overdueByToolCoverage.map((row: Loose) => [row.coveredByAiTool, row.systems, row.overdue])),
          lines(
            [true, false].map((isCovered) => {
              const of = systems().filter(({ id }) => covered().has(id) === isCovered);
              // confirmed findings are on the system that the match rules found, which a tool covers
              const late = overdue().filter(
                ({ system }) => (system === undefined || covered().has(system)) === isCovered,
              );
              return [isCovered, of.length, late.length];
            }),
          ),
        ],
      ],
    },
    '15': {
      pairs: ({ aiUseCaseCounts }) => {
        const tiers = new Map(
          ledger
            .did('recordAssessment')
            .filter(({ input }) => input.dimension === 'DE')
            .map(({ agency, input }) => [agency, input.tier]),
        );
        return [
          [
            lines(
              aiUseCaseCounts.map(({ agency, stage, count }: Loose) => [
                ...[agency.key, agency.capabilityAssessments.nodes[0]?.tier, stage, count],
              ]),
            ),
            counts(
              useCases().filter((row) => CYBER.test(row.use_case_name)),
              (row) => [row.agency, tiers.get(row.agency), row.development_stage.toUpperCase()],
            ),
          ],
        ];
      },
    },
    '16': {
      pairs: ({ vendors: { nodes } }) => {
        const exploited = Map.groupBy(kevEntries(), ({ vendorProject }) => vendorProject);
        const used = Map.groupBy(useCases(), (row) => row.vendor_name);
        return [
          [
            lines(nodes.map((row: Loose) => [row.name, row.useCaseCount, row.vulnerabilityCount])),
            lines(
              [...exploited].flatMap(([name, entries]) =>
                used.has(name) ? [[name, used.get(name)!.length, entries.length]] : [],
              ),
            ),
          ],
        ];
      },
    },
    '17': {
      variables: () => ({ key: 'financial-services' }),
      pairs: ({ sector: { leadAgency, findingCount } }) => [
        [
          leadAgency,
          {
            key: 'treasury',
            reviewWorkload: {
              openReviews: reviews().filter(({ agency }) => agency === 'treasury').length,
              reviewers: ledger.did('registerReviewer').length,
            },
          },
        ],
        [
          findingCount,
          ledger.created('draftFinding').filter(({ sectors = [] }) => sectors.includes('financial-services')).length,
        ],
      ],
    },
    '18': {
      variables: () => ({ moreThan: 0 }),
      pairs: ({ busyReviewers }) => [
        [
          busyReviewers.map((row: Loose) => [row.post, row.openReviews, row.agency.key, row.staffing.vacancies]),
          ledger
            .created('registerReviewer')
            .map(({ id, post, agency }) => [
              post,
              ledger
                .did('assignReviewer')
                .filter(
                  ({ input }) => input.reviewerId === id && reviews().some((review) => review.id === input.reviewId),
                ).length,
              agency,
              positions().filter((position) => position.agency === agency && position.status === 'VACANT').length,
            ]),
        ],
      ],
    },
    '19': {
      variables: () => ({ id: submissions()[0].id }),
      pairs: ({ submission: { number, timeline, reviewTimeline } }) => {
        const [{ id, number: filed }] = submissions();
        const issued = determinations().filter(({ submissionId }) => submissionId === id);
        const of = (kind: string, { nodes }: Loose) => nodes.filter((event: Loose) => event.kind === kind);
        return [
          [number, filed],
          [of('FILED', timeline).length, 1],
          [
            of('PLAN_CHANGED', timeline).length,
            ledger.did('changeLaunchPlan').filter(({ input }) => input.id === id).length + 1,
          ],
          [
            lines(of('DETERMINATION_ISSUED', reviewTimeline).map(({ agency }: Loose) => [agency.key])),
            lines(issued.map(({ agency }) => [agency])),
          ],
        ];
      },
    },
    '20': {
      variables: () => ({
        ...{ this: fiscalYear(today()), last: fiscalYear(today()) - 1 },
        ...{ asOf: now, yearBefore: inDays(-365) },
      }),
      pairs: ({ executiveOrder: of }) => [
        [
          [of.thisYear.filed, of.lastYear.filed],
          [submissions().length, 0],
        ],
        [
          [of.reviewsThisYear.opened, of.reviewsLastYear.opened],
          [ledger.did('openReview').length, 0],
        ],
        [
          [of.workforceThisYear.enteredOnDuty, of.workforceLastYear.enteredOnDuty],
          [hires().length, 0],
        ],
        [
          [of.infrastructureThisYear.remediatedOnTime, of.infrastructureLastYear.remediatedOnTime],
          [dueIn(fiscalYear(today()), now), dueIn(fiscalYear(today()) - 1, inDays(-365))],
        ],
      ],
    },
    '31': {
      variables: () => ({ today: today(), yearAgo: day(-365) }),
      pairs: ({ positions: { groups }, capacitySnapshots }) => {
        const of = Map.groupBy(positions(), ({ agency, talentArea }) => `${agency} ${talentArea}`);
        return [
          [
            lines(
              groups.nodes.map(({ agency, talentArea, aggregates: { count, filled, vacant } }: Loose) => [
                ...[agency.key, talentArea, count, filled.numerator, vacant.numerator],
              ]),
            ),
            lines(
              [...of].map(([key, group]) => {
                const filled = group.filter(({ status }) => status === 'FILLED').length;
                return [key, group.length, filled, group.length - filled];
              }),
            ),
          ],
          [
            capacitySnapshots.groups.nodes.map(({ agency, aggregates }: Loose) => [agency.key, aggregates.authorized]),
            strengths().map(({ agency, authorized }) => [agency, authorized]),
          ],
        ];
      },
    },
    '33': {
      variables: () => ({ from: inDays(-30), until: inDays(1) }),
      pairs: ({ hiringRequests: { groups } }) => [
        [
          lines(groups.nodes.map((row: Loose) => [row.agency.key, row.authority, row.aggregates.count])),
          counts(hires(), ({ agency, authority }) => [agency, authority]),
        ],
      ],
    },
    '36': {
      variables: () => ({ from: firstOfMonth(-11), until: firstOfMonth(1), yearBefore: firstOfMonth(-23) }),
      pairs: ({ byMonth, twelveMonths, twelveMonthsBefore, announcements: { groups } }) => {
        const { months, accessions, separations } = ledger.published('workforce-flows');
        const within = (from: string, until: string, of: Record<string, number[]>) =>
          sum(
            Object.values(of).flatMap((values) =>
              values.filter((_, place) => months[place] >= compact(from) && months[place] < compact(until)),
            ),
          );
        const compact = (date: string) => date.slice(0, 7).replace('-', '');
        const flow = (from: string, until: string) => ({
          accessions: within(from, until, accessions),
          separations: within(from, until, separations),
        });
        return [
          [twelveMonths.aggregates, flow(firstOfMonth(-11), firstOfMonth(1))],
          [twelveMonthsBefore.aggregates, flow(firstOfMonth(-23), firstOfMonth(-11))],
          [
            lines(
              byMonth.groups.nodes.map(({ agency, month, aggregates }: Loose) => [
                ...[agency.key, month.label, aggregates.accessions, aggregates.separations],
              ]),
            ),
            lines(
              Object.keys(accessions).flatMap((name) =>
                months.flatMap((month: string, place: number) =>
                  month >= compact(firstOfMonth(-11))
                    ? [
                        [
                          ...[KEYS[name], `${month.slice(0, 4)}-${month.slice(4)}`],
                          ...[accessions[name][place], separations[name][place]],
                        ],
                      ]
                    : [],
                ),
              ),
            ),
          ],
          [
            lines(
              groups.nodes.map(({ agency, openDate, aggregates: { count, ai } }: Loose) => [
                ...[agency.key, openDate.label, count, ai.numerator],
              ]),
            ),
            lines(
              [...Map.groupBy(announcements(), ({ agency, openDate }) => `${agency} ${openDate.slice(0, 7)}`)].map(
                ([key, group]) => [key, group.length, group.filter(({ area }) => area === 'AI').length],
              ),
            ),
          ],
        ];
      },
    },
    '38': {
      variables: () => ({ element: 'AI/Data' }),
      pairs: ({ announcements: { aggregates, byGrade } }) => {
        const full = ledger.published('data-scientist-announcements') as Loose[];
        const cents = (name: string) => full.map((row) => Number(row[name]) * 100);
        return [
          [
            aggregates,
            {
              count: full.length,
              lowestSalaryCents: Math.min(...cents('min_salary')),
              medianSalaryCents: median(cents('min_salary')),
              highestSalaryCents: Math.max(...cents('max_salary')),
              medianDaysOpen: median(full.map((row) => daysBetween(row.open_date, row.close_date))),
            },
          ],
          [
            lines(byGrade.nodes.map((row: Loose) => [row.gradeLow, row.gradeHigh, row.aggregates.count])),
            counts(full, (row) => [row.low_grade, row.high_grade]),
          ],
        ];
      },
    },
    '39': {
      variables: () => ({ from: inDays(-30), until: inDays(1) }),
      pairs: ({ hiringRequests: { totalCount, byAgencyAndArea } }) => [
        [totalCount, hires().length],
        [
          lines(
            byAgencyAndArea.nodes.map(({ agency, days, aggregates }: Loose) => [
              ...[agency.key, days ? `left before day ${days.until}` : 'stayed', aggregates.count],
            ]),
          ),
          counts(hires(), ({ agency, left }) => [agency, left ? 'left before day 365' : 'stayed']),
        ],
      ],
    },
    '40': {
      pairs: ({ vulnerabilityFindings: { aggregates, byAgency } }) => {
        const remediated = ledger.created('recordRemediation');
        return [
          [aggregates.count, remediated.length],
          [
            lines(
              byAgency.nodes.map((row: Loose) => [
                ...[row.agency.key, row.dueBasis, row.days.until === 0 ? 'on time' : 'late', row.aggregates.count],
              ]),
            ),
            counts(remediated, ({ agency, dueBasis, dueAt, remediatedAt }) => [
              ...[agency, dueBasis, remediatedAt <= dueAt ? 'on time' : 'late'],
            ]),
          ],
        ];
      },
    },
    '42': {
      variables: () => ({ from: day(-365) }),
      pairs: ({ vulnerabilities: { byVendor }, vulnerabilityFindings: { groups } }) => [
        [
          lines(byVendor.nodes.map(({ vendor, aggregates }: Loose) => [vendor.name, aggregates.count])),
          counts(kevEntries(), ({ vendorProject }) => [vendorProject]),
        ],
        [
          lines(
            groups.nodes.map((row: Loose) => [
              row.vulnerabilityVendorName,
              row.aggregates.count,
              row.aggregates.agencies,
            ]),
          ),
          lines(
            [
              ...Map.groupBy(
                findings().filter(({ status }) => ACTIVE.includes(status)),
                vendorOf,
              ),
            ].map(([vendor, group]) => [...[vendor, group.length, new Set(group.map(({ agency }) => agency)).size]]),
          ),
        ],
      ],
    },
    '43': {
      pairs: ({ forensicTriages: { totalCount, outcomes, decision } }) => {
        const required = findings().filter(({ triage }) => triage);
        const decided = ledger.created('decideTriage');
        return [
          [totalCount, required.length],
          [
            lines(
              outcomes.nodes.map(({ agency, outcome, aggregates }: Loose) => [agency.key, outcome, aggregates.count]),
            ),
            counts(required, ({ agency, triage }) => [
              ...[agency, decided.find(({ id }) => id === triage.id)?.outcome ?? null],
            ]),
          ],
          [decision.nodes.find(({ days }: Loose) => days?.until === 3)?.aggregates.count, decided.length],
        ];
      },
    },
    '44': {
      variables: () => ({ from: inDays(-1) }),
      pairs: ({ catalogEditions: { nodes }, vulnerabilityFindings: { aggregates } }) => {
        const entries = kevEntries().length;
        const raised = ledger.did('confirmFinding', 'dismissFinding').length;
        return [
          [nodes[0], { ...nodes[0], status: 'APPLIED', rows: entries, added: entries, changed: 0, removed: 0 }],
          [
            [aggregates.count, aggregates.suspected.numerator],
            [entries, entries - raised],
          ],
          [aggregates.confirmed.numerator, ledger.did('confirmFinding').length],
        ];
      },
    },
    '46': {
      variables: () => ({ today: today(), inNinetyDays: day(90) }),
      pairs: ({ poamItems: { groups }, poamMilestones, riskAcceptances }) => [
        [
          lines(
            groups.nodes.map((row: Loose) => [
              row.agency.key,
              row.systemImpactLevel,
              row.delayed,
              row.aggregates.count,
            ]),
          ),
          counts(items(), ({ agency, system, milestones }) => [
            ...[agency, ledger.object(system).impactLevel, milestones.some(isLate)],
          ]),
        ],
        [
          lines(
            poamMilestones.groups.nodes.map((row: Loose) => [row.agency.key, row.dueOn.label, row.aggregates.count]),
          ),
          counts(
            items().flatMap(({ agency, milestones }) =>
              milestones.filter(isLate).map((milestone: Loose) => ({ ...milestone, agency })),
            ),
            ({ agency, dueOn }) => [agency, dueOn.slice(0, 7)],
          ),
        ],
        [
          lines(
            riskAcceptances.groups.nodes.map((row: Loose) => [
              row.agency.key,
              row.expiresOn.label,
              row.aggregates.count,
            ]),
          ),
          counts(ledger.created('acceptRisk'), ({ agency, expiresOn }) => [agency, expiresOn.slice(0, 7)]),
        ],
      ],
    },
    '48': {
      pairs: ({ offerings, newOfferings, mostUsed, agencyAuthorizations }) => {
        const products = (ledger.published('fedramp-products') as Loose[]).filter(({ aiRelated }) => aiRelated);
        const authorizations = ledger.published('fedramp-authorizations') as Loose[];
        return [
          [
            lines(
              offerings.groups.nodes.map(({ status, impactLevel, aggregates }: Loose) => [
                ...[status, impactLevel, aggregates.count, aggregates.authorizations],
              ]),
            ),
            lines(products.map(({ impactLevel, authorizations: count }) => ['AUTHORIZED', impactLevel, 1, count])),
          ],
          [
            lines(newOfferings.groups.nodes.map((row: Loose) => [row.authorizedOn.label, row.aggregates.count])),
            counts(products, ({ authDate }) => [quarterOf(authDate)]),
          ],
          [
            lines(
              mostUsed.nodes.map(({ fedrampId, authorizations: { aggregates } }: Loose) => [
                fedrampId,
                aggregates.agencies,
              ]),
            ),
            counts(
              authorizations.filter(({ product }) => products.some(({ id }) => id === product)),
              ({ product }) => [product],
            ),
          ],
          [
            lines(
              agencyAuthorizations.groups.nodes.map((row: Loose) => [
                row.authorizedOn.label,
                row.kind,
                row.aggregates.count,
              ]),
            ),
            counts(authorizations, ({ authDate, kind: of }) => [quarterOf(authDate), of]),
          ],
        ];
      },
    },
    '49': {
      pairs: ({ aiUseCases: { aggregates, byAgency } }) => {
        const figures = (group: readonly Loose[]) => {
          const having = (column: string, value: string) => group.filter((row) => row[column] === value).length;
          return [
            ...[group.length, having('classification', 'Generative AI'), having('classification', 'Agentic AI')],
            ...[having('is_high_impact', 'High-impact'), having('development_stage', 'Deployed')],
          ];
        };
        const shown = ({ count, generative, agentic, highImpact, deployed }: Loose) => [
          ...[count, generative.numerator, agentic.numerator, highImpact.numerator, deployed.numerator],
        ];
        return [
          [shown(aggregates), figures(useCases())],
          [
            lines(byAgency.nodes.map((row: Loose) => [row.agency.key, ...shown(row.aggregates)])),
            lines([...Map.groupBy(useCases(), (row) => row.agency)].map(([key, group]) => [key, ...figures(group)])),
          ],
        ];
      },
    },
    '50': {
      pairs: ({ aiUseCases: { aggregates, groups } }) => {
        const impactful = useCases().filter((row) => row.is_high_impact === 'High-impact');
        const figures = (group: readonly Loose[]) => {
          const states = group.map((row) => row.hi_testing_conducted);
          return [
            ...[group.length, states.filter((state) => state === 'Yes').length],
            ...[states.filter((state) => /progress/.test(state)).length, states.filter((state) => state === '').length],
          ];
        };
        const practices = [
          'testing',
          'assessment',
          'review',
          'monitoring',
          'training',
          'failsafe',
          'appeal',
          'consultation',
        ];
        const shown = (of: Loose, practice: string) => [
          ...[
            of.count,
            of[practice].numerator,
            of[`${practice}InProgress`].numerator,
            of[`${practice}NotStated`].numerator,
          ],
        ];
        return [
          // each use case has all practices in one state
          ...practices.map((practice) => [shown(aggregates, practice), figures(impactful)] as const),
          [
            lines(groups.nodes.map((row: Loose) => [row.agency.key, ...shown(row.aggregates, 'testing')])),
            lines([...Map.groupBy(impactful, (row) => row.agency)].map(([key, group]) => [key, ...figures(group)])),
          ],
        ];
      },
    },
    '52': {
      pairs: ({ clearinghouseCases: { aggregates, groups } }) => [
        [
          [aggregates.count, aggregates.notAFlaw.numerator],
          [cases().length, cases().filter(({ status }) => status === 'NOT_A_FLAW').length],
        ],
        [
          lines(groups.nodes.map((row: Loose) => [row.source, row.sectors?.key, row.aggregates.count])),
          counts(
            cases().flatMap(({ source, sectors }) => sectors.map((sector: string) => ({ source, sector }))),
            ({ source, sector }) => [source, sector],
          ),
        ],
        [typeof aggregates.daysToPublication, 'number'],
      ],
    },
    '56': {
      pairs: ({ determinations: { groups, byDays }, submissions: { nodes } }) => [
        [
          lines(groups.nodes.map((row: Loose) => [row.agency.key, row.issuedAt.label, row.aggregates.count])),
          counts(determinations(), ({ agency }) => [agency, quarterOf(today())]),
        ],
        [sum(byDays.nodes.map(({ aggregates }: Loose) => aggregates.count)), determinations().length],
        [
          lines(
            nodes.flatMap(({ number, determinations: of }: Loose) =>
              of.groups.nodes.map(({ agency }: Loose) => [number, agency.key]),
            ),
          ),
          [
            ...new Set(
              lines(determinations().map(({ submissionId, agency }) => [ledger.object(submissionId).number, agency])),
            ),
          ],
        ],
      ],
    },
    '57': {
      variables: () => ({ yearAgoDay: day(-365), yearAgo: inDays(-365), twoYearsAgo: inDays(-730) }),
      pairs: ({ sectors, high: now_, clearinghouseCases, federalSystems }) => {
        const reports = ledger.did('assessSector').map(({ input }) => input);
        const shown = ({ nodes: [report] }: Loose) => [report?.asOf, report?.level];
        const open = cases().filter(({ status }) => status === 'PENDING');
        return [
          [
            lines(
              sectors.nodes
                .filter(({ now: last }: Loose) => last.nodes.length > 0)
                .map((row: Loose) => [row.key, ...shown(row.now), ...shown(row.before)]),
            ),
            lines([[reports[0].sector, reports[1].asOf, reports[1].level, reports[0].asOf, reports[0].level]]),
          ],
          [
            lines(now_.groups.nodes.map((row: Loose) => [row.sectors?.key, row.aggregates.count])),
            counts(
              high().flatMap((row) => row.sectors),
              (sector) => [sector],
            ),
          ],
          [
            lines(clearinghouseCases.groups.nodes.map((row: Loose) => [row.sectors?.key, row.aggregates.count])),
            counts(
              open.flatMap((row) => row.sectors),
              (sector) => [sector],
            ),
          ],
          [
            lines(
              federalSystems.groups.nodes.map(({ sectorsSupported, aggregates: { count, withAiTool } }: Loose) => [
                ...[sectorsSupported?.key, count, withAiTool.numerator],
              ]),
            ),
            lines(systems().map(({ id, sectors: of }) => [of?.[0], 1, covered().has(id) ? 1 : 0])),
          ],
        ];
      },
    },
    '58': {
      variables: () => ({ roles: ['511', '521', '531', '541'] }),
      pairs: ({ federalSystems: { groups }, toolDeployments }) => {
        const bare = systems().filter(({ id, impactLevel }) => impactLevel === 'HIGH' && !covered().has(id));
        const of = (rows: readonly Loose[], key: unknown) => rows.filter(({ agency }) => agency === key);
        return [
          [
            lines(
              groups.nodes.map(({ agency, aggregates }: Loose) => [
                ...[agency.key, aggregates.count, agency.reviewers.aggregates.count],
                ...[agency.positions.aggregates.count, agency.positions.aggregates.vacant.numerator],
              ]),
            ),
            lines(
              [...Map.groupBy(bare, ({ agency }) => agency)].map(([key, group]) => [
                ...[key, group.length, of(ledger.created('registerReviewer'), key).length, of(positions(), key).length],
                of(positions(), key).filter(({ status }) => status === 'VACANT').length,
              ]),
            ),
          ],
          [
            lines(
              toolDeployments.groups.nodes.map((row: Loose) => [row.agency.key, row.toolPurpose, row.aggregates.count]),
            ),
            counts(ledger.did('deployTool'), ({ agency, object }) => [
              ...[agency, ledger.object(ledger.object(object.id).tool).purpose],
            ]),
          ],
        ];
      },
    },
    '60': {
      pairs: ({ executiveOrder: of }) => {
        const [outcome] = ledger.did('recordProvisionOutcome');
        return [
          [
            lines(of.provisions.nodes.map((row: Loose) => [row.section, row.dueOn, row.doneOn, row.daysLate])),
            lines(
              ledger.published('order-provisions').provisions.map(({ section, deadline }: Loose) => {
                const doneOn = outcome!.object.section === section ? outcome!.input.doneOn : null;
                return [section, deadline, doneOn, Math.max(0, daysBetween(deadline, doneOn ?? today()))];
              }),
            ),
          ],
          [
            [of.submissionsNow.filed, of.submissionsThen.filed, of.reviewsNow.openReviews, of.reviewsThen.openReviews],
            [submissions().length, 0, reviews().length, 0],
          ],
          [
            [of.workforceNow.enteredOnDuty, of.workforceThen.enteredOnDuty, of.protectionNow.overdueExposures],
            [hires().length, 0, overdue().length],
          ],
        ];
      },
    },
  };
  const vendorOf = ({ vulnerability }: Loose) =>
    kevEntries().find(({ cveID }) => cveID === (vulnerability.cveId ?? vulnerability)).vendorProject;

  test('plays all exercises to their end', () => {
    const text = transcript.join('\n');
    for (const phrase of [...HIRING, ...PROTECTION]) expect(text).toMatch(phrase);
  });

  test('has a check of every question', () => {
    expect(Object.keys(CHECKS).toSorted()).toEqual(questions().map(({ name }) => name.slice(0, 2)));
  });

  test.each(questions())(
    'answers question $name as the log of the exercises says',
    async ({ name, query, variables }) => {
      const { variables: current, pairs } = CHECKS[name.slice(0, 2)]!;
      const { data, errors } = await ask({ query, variables: current?.() ?? variables, operationName: undefined });
      expect(errors).toBeUndefined();
      for (const [actual, expected] of pairs(data)) {
        expect(actual).toEqual(expected);
        // an empty list, zero, or null would also be the answer of an empty graph
        expect([[], 0, null, undefined]).not.toContainEqual(expected);
      }
    },
  );

  test('shows published cases only to exchanges', async () => {
    const published = await publishedCases(ask);
    expect(published.map(({ title }) => title)).toEqual(ledger.created('publishCase').map(({ title }) => title));
    expect(published.length).toBeGreaterThan(0);
  });
});
