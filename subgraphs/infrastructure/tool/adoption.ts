import { Ctx, Float, Int, Query, Resolver } from 'type-graphql';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { stubOf } from '#kit/model/model';
import { type Counted, part, valueObject } from '#kit/model/value-object';
import { figuresAsOf, figuresEndOn } from '#kit/policy/suppression';
import type { Context } from '#kit/subgraph/context';
import { Agency } from '../agency';
import { overdueAt } from '../order/program-figures';
import { WEAKNESS_ROLES } from '../vulnerability/weakness-roles';

@valueObject('Number of AI-powered defensive tools that an agency deployed in a quarter.')
export class ToolAdoption {
  @part(() => Agency, 'Deploying agency.') agency!: Agency;
  @part(() => String, 'Calendar quarter, such as "2026-Q3".') quarter!: string;
  @part(() => Int, 'Number of deployments of AI-powered tools that began in the quarter.') deployed!: number;
}

/** What figures of coverage count. */
const COVERED: Counted = { of: ['FederalSystem.coveredByAiTool'], wholeFor: WEAKNESS_ROLES };

@valueObject('Overdue findings on systems with, or without, coverage by an AI-powered defensive tool.')
export class OverdueByCoverage {
  @part(() => Boolean, 'Whether an AI-powered defensive tool covers the systems counted.') coveredByAiTool!: boolean;
  @part(() => Int, 'Number of systems in the group.', {
    counted: COVERED,
  })
  systems!: number;
  @part(() => Int, 'Number of findings on these systems that are overdue now.', { counted: { over: 'systems' } })
  overdue!: number;
  @part(() => Float, 'Overdue findings per system. Null without systems.', {
    nullable: true,
    counted: { over: 'overdue', isMeasure: true },
  })
  overduePerSystem!: number | null;
}

@Resolver()
export class ToolAdoptionResolver {
  @Query(() => [ToolAdoption], {
    nullable: true,
    description: 'Deployments of AI-powered defensive tools by agency and quarter.',
  })
  @sensitivity('GOV')
  @figure(50)
  async aiToolAdoption(@Ctx() { database }: Context): Promise<ToolAdoption[]> {
    const rows = await database.summarize<{ agency: string; month: string; n: number }>(
      `SELECT d.agency_key AS agency, SUBSTR(d.since, 1, 7) AS month, COUNT(*) AS n
       FROM tool_deployment d JOIN defensive_tool t ON t.id = d.tool_id
       WHERE t.ai_powered = 1 AND d.stage = 'DEPLOYED' GROUP BY d.agency_key, SUBSTR(d.since, 1, 7)`,
    );
    const counts = new Map<string, number>();
    for (const { agency, month, n } of rows) {
      const quarter = `${month.slice(0, 4)}-Q${Math.ceil(Number(month.slice(5)) / 3)}`;
      counts.set(`${agency} ${quarter}`, (counts.get(`${agency} ${quarter}`) ?? 0) + Number(n));
    }
    return [...counts.entries()].sort().map(([name, deployed]) => {
      const [agencyKey, quarter] = name.split(' ') as [string, string];
      const agency = stubOf(Agency, agencyKey)!;
      return Object.assign(new ToolAdoption(), { agency, quarter, deployed });
    });
  }

  @Query(() => [OverdueByCoverage], {
    nullable: true,
    description: 'Overdue findings on systems with and without an AI-powered defensive tool.',
  })
  @sensitivity('GOV')
  @figure(50)
  async overdueByToolCoverage(@Ctx() { database, clock, principal }: Context): Promise<OverdueByCoverage[]> {
    const end = figuresEndOn(COVERED, principal, clock);
    const covered = 'covered_by_ai_tool = 1 AND covered_since < ?';
    const systems = await database.summarize<{ covered: number; n: number }>(
      `SELECT CASE WHEN ${covered} THEN 1 ELSE 0 END AS covered, COUNT(*) AS n FROM federal_system GROUP BY covered`,
      [end],
    );
    const { sql, instants } = overdueAt('system_id');
    // the list of covered systems is looked up in memory, cheaper than a join
    const overdue = await database.summarize<{ covered: number; n: number }>(
      `SELECT CASE WHEN f.system_id IN (SELECT id FROM federal_system WHERE ${covered}) THEN 1 ELSE 0 END AS covered, COUNT(*) AS n
       FROM (${sql}) f GROUP BY covered`,
      [end, ...Array(instants).fill(figuresAsOf(COVERED, null, principal, clock))],
    );
    const countIn = (rows: readonly { covered: number; n: number }[], covered: boolean) =>
      Number(rows.find((row) => Boolean(Number(row.covered)) === covered)?.n ?? 0);
    return [true, false].map((covered) => {
      const systemCount = countIn(systems, covered);
      const overdueCount = countIn(overdue, covered);
      return Object.assign(new OverdueByCoverage(), {
        coveredByAiTool: covered,
        systems: systemCount,
        overdue: overdueCount,
        overduePerSystem: systemCount === 0 ? null : overdueCount / systemCount,
      });
    });
  }
}
