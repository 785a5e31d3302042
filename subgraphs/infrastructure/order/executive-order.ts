import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate, fiscalYearPeriod } from '#base/civil';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { stub, stubKey } from '#kit/model/model';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, median, part, Ratio, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { DeploymentStage } from '../tool/defensive-tool';
import { UNRESOLVED_SQL, WEAKNESS_ROLES } from '../vulnerability/vulnerability-finding';

/** The executive order, as infrastructure extends it. */
@stub('Executive order, with figures on the programs it sets up. Each subgraph adds the figures of its program.', {
  key: 'number',
})
export class ExecutiveOrder {
  @stubKey() number!: string;
}

@valueObject('Number of AI-powered tool deployments at one stage.')
export class StageCount {
  @part(() => DeploymentStage, 'Deployment stage.') stage!: DeploymentStage;
  @part(() => Int, 'Number of deployments at the stage.') count!: number;
}

/** Sources of the figures about exposures, and the roles that read them whole. */
const DUE: Counted = {
  of: ['VulnerabilityFinding.dueAt', 'VulnerabilityFinding.remediatedAt'],
  wholeFor: WEAKNESS_ROLES,
};

@valueObject(
  'Metrics of the infrastructure program. Figures for a fiscal year cover exposures that fell due, and cases opened, in it.',
)
export class InfrastructureMetrics {
  @part(() => GraphQLInstant, 'Time the metrics were computed.') asOf!: string;
  @part(() => Int, 'Fiscal year of the figures. Null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(() => Int, 'Number of exposures overdue now, regardless of fiscal year.', { counted: DUE })
  overdueExposures!: number;
  @part(() => Float, 'Mean number of days overdue. Null without overdue exposures.', {
    nullable: true,
    counted: { over: 'overdueExposures', isMeasure: true },
  })
  meanDaysOverdue!: number | null;
  @part(() => Float, 'Overdue exposures per 1,000 systems. Null without systems.', {
    nullable: true,
    counted: { over: 'overdueExposures', isMeasure: true },
  })
  overduePerThousandSystems!: number | null;
  @part(() => Ratio, 'Share of due exposures that were remediated on time.', { counted: DUE })
  remediatedOnTime!: Ratio;
  @part(() => Ratio, 'Share of systems with a current authorization to operate.') currentAuthorization!: Ratio;
  @part(() => [StageCount], 'Current deployments of AI-powered defensive tools by stage.')
  aiToolDeployments!: StageCount[];
  @part(() => Ratio, 'Share of function-level assessments that reach their target tier.')
  functionsAtTarget!: Ratio;
  @part(() => Int, 'Number of clearinghouse cases with a patch.', {
    counted: { of: ['ClearinghouseCase.patchedAt'], wholeFor: WEAKNESS_ROLES },
  })
  casesPatched!: number;
  @part(() => Float, 'Median days from case opening to patch. Null without patched cases.', {
    nullable: true,
    counted: { over: 'casesPatched', isMeasure: true },
  })
  medianOpenToPatchDays!: number | null;
  @part(() => Ratio, 'Share of directive progress reports that are complete or verified.') directivesComplete!: Ratio;
  @part(() => Int, 'Number of sectors whose latest risk report is ELEVATED or HIGH.') sectorsElevated!: number;
}

async function infrastructureMetrics(
  database: Database,
  now: Date,
  year: number | null,
): Promise<InfrastructureMetrics> {
  const { from, until } = year === null ? { from: '0000', until: '9999' } : fiscalYearPeriod(year);
  const at = now.toISOString();
  const { daysBetween } = database.dialect;
  const [overdue] = await database.query<{ n: number; days: number | null }>(
    `SELECT COUNT(*) AS n, AVG(${daysBetween('due_at', '?')}) AS days
     FROM vulnerability_finding WHERE status IN (${UNRESOLVED_SQL}) AND due_at < ?`,
    [at, at],
  );
  const [due] = await database.query<{ n: number; inTime: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN remediated_at <= due_at THEN 1 ELSE 0 END) AS inTime
     FROM vulnerability_finding
     WHERE due_at >= ? AND due_at < ? AND due_at <= ? AND status NOT IN ('FALSE_POSITIVE', 'SYSTEM_RETIRED')`,
    [from, until, at],
  );
  const [systems] = await database.query<{ n: number; current: number | null }>(
    'SELECT COUNT(*) AS n, SUM(CASE WHEN ato_expires >= ? THEN 1 ELSE 0 END) AS current FROM federal_system',
    [civilDate(now)],
  );
  const stages = await database.query<{ stage: DeploymentStage; n: number }>(
    `SELECT d.stage AS stage, COUNT(*) AS n FROM tool_deployment d JOIN defensive_tool t ON t.id = d.tool_id
     WHERE t.ai_powered = 1 GROUP BY d.stage ORDER BY d.stage`,
  );
  const [functions] = await database.query<{ n: number; reached: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN a.tier >= a.target THEN 1 ELSE 0 END) AS reached
     FROM capability_assessment a JOIN capability_dimension d ON d.id = a.dimension_id
     WHERE a.${database.dialect.quote('current')} = 1 AND d.level = 'FUNCTION'`,
  );
  const patched = await database.query<{ days: number }>(
    `SELECT ${daysBetween('opened_at', 'patched_at')} AS days FROM clearinghouse_case
     WHERE patched_at IS NOT NULL AND opened_at >= ? AND opened_at < ?`,
    [from, until],
  );
  const [directives] = await database.query<{ n: number; done: number | null }>(
    `SELECT COUNT(*) AS n, SUM(CASE WHEN status IN ('REPORTED_COMPLETE', 'VERIFIED') THEN 1 ELSE 0 END) AS done FROM directive_progress`,
  );
  const [elevated] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM sector_risk r
     WHERE r.level IN ('ELEVATED', 'HIGH') AND r.as_of = (SELECT MAX(q.as_of) FROM sector_risk q WHERE q.sector_key = r.sector_key)`,
  );
  const systemCount = Number(systems!.n);
  return Object.assign(new InfrastructureMetrics(), {
    asOf: at,
    fiscalYear: year,
    overdueExposures: Number(overdue!.n),
    meanDaysOverdue: overdue!.days === null ? null : Number(overdue!.days),
    overduePerThousandSystems: systemCount === 0 ? null : (1000 * Number(overdue!.n)) / systemCount,
    remediatedOnTime: Ratio.of(Number(due!.inTime ?? 0), Number(due!.n)),
    currentAuthorization: Ratio.of(Number(systems!.current ?? 0), systemCount),
    aiToolDeployments: stages.map(({ stage, n }) => ({ stage, count: Number(n) })),
    functionsAtTarget: Ratio.of(Number(functions!.reached ?? 0), Number(functions!.n)),
    casesPatched: patched.length,
    medianOpenToPatchDays: median(patched.map(({ days }) => Number(days))),
    directivesComplete: Ratio.of(Number(directives!.done ?? 0), Number(directives!.n)),
    sectorsElevated: Number(elevated!.n),
  });
}

@Resolver(() => ExecutiveOrder)
export class InfrastructureMetricsResolver {
  @FieldResolver(() => InfrastructureMetrics, {
    nullable: true,
    description: 'Metrics of the infrastructure program.',
  })
  @sensitivity('GOV')
  @figure(500, yearsOf('vulnerability_finding.due_at', 'clearinghouse_case.opened_at'))
  infrastructureMetrics(
    @Ctx() { database, clock }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description:
        'Only exposures that fell due, and cases opened, in this fiscal year (October to September). All time by default.',
    })
    year?: number,
  ): Promise<InfrastructureMetrics> {
    return infrastructureMetrics(database, clock.now(), year ?? null);
  }
}
