import { Arg, Ctx, FieldResolver, Float, Int, Resolver } from 'type-graphql';
import { civilDate } from '#base/civil';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure, yearsOf } from '#kit/model/figure';
import { lazyFigures, onFirstCall, together } from '#kit/model/lazy-figures';
import { stub, stubKey } from '#kit/model/model';
import { isToday } from '#kit/model/past-instant';
import { GraphQLInstant } from '#kit/model/scalars';
import { type Counted, part, Ratio, valueObject } from '#kit/model/value-object';
import { figuresAsOf } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { DeploymentStage } from '../tool/defensive-tool';
import { WEAKNESS_ROLES } from '../vulnerability/weakness-roles';
import { aiToolDeployments, directivesComplete, ProgramPeriod, systemFigures } from './program-figures';

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

/** Why some figures describe today only. */
const noHistory = (rows: string) => `Null for a past day, or a past fiscal year: ${rows} keep no history.`;

@valueObject(
  'Metrics of the infrastructure program. Figures for a fiscal year cover exposures that fell due, and cases opened, in it. Figures on a state describe the end of the year, or `asOf` if that is earlier.',
)
export class InfrastructureMetrics {
  @part(() => GraphQLInstant, 'Time the metrics describe.') asOf!: string;
  @part(() => Int, 'Fiscal year of the figures. Null for all time.', { nullable: true }) fiscalYear!: number | null;
  @part(
    () => Int,
    'Number of exposures overdue at `asOf`, or at the end of the fiscal year, whenever they fell due. Without findings on systems that have been retired since: they do not record when.',
    { counted: DUE },
  )
  overdueExposures!: number;
  @part(() => Float, 'Mean number of days overdue. Null without overdue exposures.', {
    nullable: true,
    counted: { over: 'overdueExposures', isMeasure: true },
  })
  meanDaysOverdue!: number | null;
  @part(() => Float, `Overdue exposures per 1,000 systems. Null without systems. ${noHistory('systems')}`, {
    nullable: true,
    counted: { over: 'overdueExposures', isMeasure: true },
  })
  overduePerThousandSystems!: number | null;
  @part(
    () => Ratio,
    'Share of due exposures that were remediated on time. The rule for deadlines changed on December 7, 2026: group findings by `dueBasis` to compare periods before and after.',
    { counted: DUE },
  )
  remediatedOnTime!: Ratio;
  @part(() => Ratio, `Share of systems with a current authorization to operate. ${noHistory('systems')}`, {
    nullable: true,
  })
  currentAuthorization!: Ratio | null;
  @part(() => [StageCount], `Deployments of AI-powered defensive tools by stage. ${noHistory('deployments')}`, {
    nullable: true,
  })
  aiToolDeployments!: StageCount[] | null;
  @part(() => Ratio, 'Share of the latest function-level assessments that reach their target tier.')
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
  @part(
    () => Ratio,
    `Share of directive progress reports that are complete or verified. ${noHistory('progress reports')}`,
    { nullable: true },
  )
  directivesComplete!: Ratio | null;
  @part(() => Int, 'Number of sectors whose latest risk report is ELEVATED or HIGH.') sectorsElevated!: number;
}

/** Figures of a period, which the database computes when they are read. */
function programFigures(period: ProgramPeriod) {
  return [
    together(['overdueExposures', 'meanDaysOverdue'], async () => {
      const { n, meanDays } = await period.overdue();
      return { overdueExposures: n, meanDaysOverdue: meanDays };
    }),
    together(['remediatedOnTime'], async () => ({ remediatedOnTime: await period.remediatedOnTime() })),
    together(['functionsAtTarget'], async () => ({ functionsAtTarget: await period.functionsAtTarget() })),
    together(['casesPatched', 'medianOpenToPatchDays'], async () => {
      const { n, medianDays } = await period.patched();
      return { casesPatched: n, medianOpenToPatchDays: medianDays };
    }),
    together(['sectorsElevated'], async () => ({ sectorsElevated: await period.sectorsElevated() })),
  ];
}

const NOT_TODAY = {
  overduePerThousandSystems: null,
  currentAuthorization: null,
  aiToolDeployments: null,
  directivesComplete: null,
};

/** Figures that describe only the current day. */
function figuresOfToday(database: Database, period: ProgramPeriod, today: string) {
  const systemsOnce = onFirstCall(() => systemFigures(database, today));
  return [
    together(['overduePerThousandSystems'], async () => {
      const [{ n }, systems] = [await period.overdue(), await systemsOnce()];
      return { overduePerThousandSystems: systems.denominator === 0 ? null : (1000 * n) / systems.denominator };
    }),
    together(['currentAuthorization'], async () => ({ currentAuthorization: await systemsOnce() })),
    together(['aiToolDeployments'], async () => ({ aiToolDeployments: await aiToolDeployments(database) })),
    together(['directivesComplete'], async () => ({ directivesComplete: await directivesComplete(database) })),
  ];
}

@Resolver(() => ExecutiveOrder)
export class InfrastructureMetricsResolver {
  @FieldResolver(() => InfrastructureMetrics, {
    nullable: true,
    description: 'Metrics of the infrastructure program.',
  })
  @sensitivity('GOV')
  @figure(500, yearsOf('vulnerability_finding.due_at', 'clearinghouse_case.opened_at'))
  async infrastructureMetrics(
    @Ctx() { database, clock, principal }: Context,
    @Arg('fiscalYear', () => Int, {
      nullable: true,
      description:
        'Only exposures that fell due, and cases opened, in this fiscal year (October to September); other figures as of its end. All time by default.',
    })
    year?: number,
    @Arg('asOf', () => GraphQLInstant, {
      nullable: true,
      description:
        'Time in the past to describe; defaults to now. Roles without access to vulnerabilities get the start of its month, or of today.',
    })
    asOf?: string,
  ): Promise<InfrastructureMetrics> {
    const instant = figuresAsOf(DUE, asOf, principal, clock);
    const period = new ProgramPeriod(database, instant, year ?? null);
    const figures: InfrastructureMetrics = Object.assign(new InfrastructureMetrics(), {
      asOf: instant,
      fiscalYear: year ?? null,
      ...(isToday(period.end, clock) ? {} : NOT_TODAY),
    });
    return lazyFigures(figures, [
      ...programFigures(period),
      ...(isToday(period.end, clock) ? figuresOfToday(database, period, civilDate(clock.now())) : []),
    ]);
  }
}
