import { Arg, Ctx, Float, Int, Query, Resolver } from 'type-graphql';
import { FindingSeverity } from '#domain/contracts/finding-severity';
import { percentiles } from '#kit/database/statistics';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { GraphQLInstant } from '#kit/model/scalars';
import { part, valueObject } from '#kit/model/value-object';
import { figuresEnd, figuresWithin } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { AtlasTactic } from '../atlas/atlas';
import { FOUND } from './found';

@valueObject("Findings of one month, one tactic, and one severity, with developers' response times.")
export class FindingStatistic {
  @part(() => String, 'Month in which the findings were drafted, YYYY-MM (UTC).') month!: string;
  @part(() => AtlasTactic, "ATLAS tactic of the findings' techniques; null for findings without techniques.", {
    nullable: true,
  })
  tactic!: AtlasTactic | null;
  @part(() => FindingSeverity, 'Severity of the findings.') severity!: FindingSeverity;
  @part(() => Int, 'Number of findings. A finding with techniques of two tactics counts in both.', {
    counted: { ...FOUND, of: ['Finding.createdAt', 'Finding.severity', 'Finding.techniques'], chosenBy: 'month' },
  })
  findings!: number;
  @part(() => Int, 'Number of findings with a response of the developer.', { counted: { partOf: 'findings' } })
  answered!: number;
  @part(() => Float, 'Median days from sharing to response; null without responses.', {
    nullable: true,
    counted: { over: 'answered', isMeasure: true },
  })
  medianResponseDays!: number | null;
}

@Resolver()
export class FindingStatisticsResolver {
  @Query(() => [FindingStatistic], {
    nullable: true,
    description: "Findings by month, ATLAS tactic, and severity, with developers' response times.",
  })
  @sensitivity('GOV')
  @figure(50)
  async findingStatistics(
    @Ctx() { database, loaders, principal, clock }: Context,
    @Arg('from', () => GraphQLInstant, {
      nullable: true,
      description: 'Start of the period, inclusive. Roles without access to findings get the start of its month.',
    })
    from?: string,
    @Arg('until', () => GraphQLInstant, {
      nullable: true,
      description:
        'End of the period, exclusive; defaults to now. Roles without access to findings get the start of its month, or of today.',
    })
    until?: string,
  ): Promise<FindingStatistic[]> {
    const end = figuresEnd(FOUND, principal, clock);
    // a finding with two techniques of one tactic counts once in it
    const findings = `SELECT DISTINCT f.id AS id, SUBSTR(f.created_at, 1, 7) AS month, tt.target_key AS tacticId,
        f.severity AS severity,
        CASE WHEN f.responded_at < ? THEN ${database.dialect.daysBetween('f.shared_at', 'f.responded_at')} END AS days
      FROM finding f
      LEFT JOIN finding_techniques ft ON ft.owner_key = f.id
      LEFT JOIN atlas_technique_tactics tt ON tt.owner_key = ft.target_key
      WHERE f.created_at >= ? AND f.created_at < ? AND f.created_at < ?`;
    const groups = await percentiles(
      database,
      { from: findings, value: 'days', groups: ['month', 'tacticId', 'severity'], shares: { median: 0.5 } },
      [end, figuresWithin(FOUND, from, principal) ?? '0000', figuresWithin(FOUND, until, principal) ?? end, end],
    );
    const placeOf = ({ month, tacticId, severity }: (typeof groups)[number]) =>
      [month, tacticId ?? '', severity].join('|');
    const statistics = groups
      .toSorted((a, b) => (placeOf(a) < placeOf(b) ? -1 : 1))
      .map(async ({ month, tacticId, severity, total, n, median }) =>
        Object.assign(new FindingStatistic(), {
          month: month!,
          tactic: tacticId === null ? null : await loaders.byKey(AtlasTactic).load(tacticId),
          severity: severity as FindingSeverity,
          findings: total,
          answered: n,
          medianResponseDays: median,
        }),
      );
    return Promise.all(statistics);
  }
}
