import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { stubOf } from '#kit/model/model';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { DeploymentStage } from '../tool/defensive-tool';

@valueObject('Number of AI use cases of one agency at one stage.')
export class UseCaseCount {
  @part(() => Agency, 'Agency. Null for the combined count of agencies that the graph does not list.', {
    nullable: true,
    sensitivity: 'PUBLIC',
  })
  agency!: Agency | null;
  @part(() => DeploymentStage, 'Deployment stage. Null if not published.', { nullable: true, sensitivity: 'PUBLIC' })
  stage!: DeploymentStage | null;
  @part(() => Int, 'Number of AI use cases.', { sensitivity: 'PUBLIC' }) count!: number;
}

@Resolver()
export class UseCaseStatisticsResolver {
  @Query(() => [UseCaseCount], {
    nullable: true,
    description: 'Counts of individually published AI use cases by agency and stage.',
  })
  @sensitivity('PUBLIC')
  @figure(50)
  async aiUseCaseCounts(
    @Ctx() { database }: Context,
    @Arg('cybersecurity', () => Boolean, {
      nullable: true,
      description: 'True: only use cases about cybersecurity. False: only the others.',
    })
    cybersecurity?: boolean,
  ): Promise<UseCaseCount[]> {
    const rows = await database.summarize<{
      agencyKey: string | null;
      stage: DeploymentStage | null;
      n: number;
    }>(
      `SELECT agency_key AS agencyKey, stage, COUNT(*) AS n FROM ai_use_case
       WHERE inventory = 'INDIVIDUAL' ${cybersecurity == null ? '' : `AND cybersecurity = ${cybersecurity ? 1 : 0}`}
       GROUP BY agency_key, stage ORDER BY agency_key, stage`,
    );
    return rows.map(({ agencyKey, stage, n }) => {
      const agency = agencyKey === null ? null : stubOf(Agency, agencyKey)!;
      return Object.assign(new UseCaseCount(), { agency, stage, count: Number(n) });
    });
  }
}
