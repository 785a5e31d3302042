import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { Principal } from '#base/identity/principal';
import { roleSpec } from '#base/identity/roles';
import { pageSize } from '#kit/collection/page';
import type { Database } from '#kit/database/database';
import { marks } from '#kit/database/marks';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { InventoryItem } from '../system/inventory-item';
import { matchesIn } from './match';
import { ProductMatchRule } from './product-match-rule';
import { mayInclude } from './version';

@valueObject(
  'What a rule matches without a finding yet: for a proposed rule, the SUSPECTED findings that its activation would raise. Infrastructure officers see those of their agency only.',
)
export class MatchPreview {
  @part(() => Int, 'Number of findings, one for each item and vulnerability.', {
    sensitivity: 'ISVI',
    derivedFrom: ['InventoryItem.product', 'InventoryItem.version'],
  })
  findings!: number;
  @part(() => Int, 'Number of vulnerabilities.', { sensitivity: 'ISVI' }) vulnerabilities!: number;
  @part(() => Int, 'Number of inventory items.', {
    sensitivity: 'ISVI',
    derivedFrom: ['InventoryItem.product', 'InventoryItem.version'],
  })
  items!: number;
}

/** Agency whose inventory a caller sees; null for those of all agencies. */
function agencySeenBy(principal: Principal | null): string | null {
  const seesAll = principal?.roles.some((role) => role === 'coordinator' || roleSpec(role)?.isOversight);
  return seesAll ? null : (principal?.agency ?? '');
}

interface Condition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Matches of a rule that a caller sees, of whatever version. */
function visibleMatches(ruleId: string, principal: Principal | null): Condition {
  const { sql, parameters } = matchesIn({ rules: [ruleId] }, "'PROPOSED', 'ACTIVE'");
  const agency = agencySeenBy(principal);
  return agency === null
    ? { sql, parameters }
    : { sql: `${sql} AND i.agency_key = ?`, parameters: [...parameters, agency] };
}

/** Limits matches to items whose version may be in the range of the rule. */
async function ofFittingVersions(database: Database, rule: ProductMatchRule, matches: Condition): Promise<Condition> {
  const rows = await database.query<{ version: string | null }>(
    `SELECT DISTINCT i.product_version AS version ${matches.sql}`,
    matches.parameters,
  );
  const versions = rows.flatMap(({ version }) => (version !== null && mayInclude(rule, version) ? [version] : []));
  const known = versions.length > 0 ? `OR i.product_version IN (${marks(versions)})` : '';
  return {
    sql: `${matches.sql} AND (i.product_version IS NULL ${known})`,
    parameters: [...matches.parameters, ...versions],
  };
}

/** Matches without a finding of a rule that a caller sees. */
const matchesOf = ({ database, principal }: Context, rule: ProductMatchRule): Promise<Condition> =>
  ofFittingVersions(database, rule, visibleMatches(rule.id, principal));

@Resolver(() => ProductMatchRule)
export class MatchPreviewResolver {
  @FieldResolver(() => MatchPreview, {
    nullable: true,
    description: 'What the rule matches without a finding yet. Zeros for a retired rule.',
  })
  @sensitivity('ISVI')
  @figure(50)
  async preview(@Root() rule: ProductMatchRule, @Ctx() context: Context): Promise<MatchPreview> {
    const { sql, parameters } = await matchesOf(context, rule);
    const [counts] = await context.database.query<{ findings: number; items: number; vulnerabilities: number }>(
      `SELECT COUNT(*) AS findings, COUNT(DISTINCT i.id) AS items, COUNT(DISTINCT v.cve_id) AS vulnerabilities ${sql}`,
      parameters,
    );
    return Object.assign(new MatchPreview(), {
      findings: Number(counts!.findings),
      items: Number(counts!.items),
      vulnerabilities: Number(counts!.vulnerabilities),
    });
  }

  @FieldResolver(() => [InventoryItem], {
    nullable: true,
    description: 'First inventory items in "preview", by id.',
  })
  @sensitivity('ISVI')
  @Directive('@listSize(assumedSize: 25, slicingArguments: ["first"], requireOneSlicingArgument: false)')
  // weight: it matches the rule with inventories
  @Directive('@cost(weight: 50)')
  async previewItems(
    @Root() rule: ProductMatchRule,
    @Ctx() context: Context,
    @Arg('first', () => Int, { nullable: true, description: 'Number of items, 0 to 500; 25 by default.' })
    first?: number,
  ): Promise<InventoryItem[]> {
    const limit = pageSize('first', first ?? undefined);
    const { sql, parameters } = await matchesOf(context, rule);
    const rows = await context.database.query<{ id: string }>(
      `SELECT DISTINCT i.id AS id ${sql} ORDER BY i.id LIMIT ${limit}`,
      parameters,
    );
    const loader = context.loaders.byKey(InventoryItem);
    const items = await Promise.all(rows.map(({ id }) => loader.load(id)));
    return items.filter((item) => item !== null);
  }
}
