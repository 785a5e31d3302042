import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { InputError } from '#base/errors';
import type { Principal } from '#base/identity/principal';
import { roleSpec } from '#base/identity/roles';
import type { Database } from '#kit/database/database';
import { sensitivity } from '#kit/model/fields';
import { figure } from '#kit/model/figure';
import { part, valueObject } from '#kit/model/value-object';
import type { Context } from '#kit/subgraph/context';
import { InventoryItem } from '../system/inventory-item';
import { Vulnerability } from '../vulnerability/vulnerability';
import { matchesIn } from './match';
import { ProductMatchRule } from './product-match-rule';
import { mayInclude } from './version';

@valueObject('Inventory item and vulnerability that a rule matches.')
export class MatchExample {
  @part(() => InventoryItem, 'Matched assets.', { nullable: true, sensitivity: 'ISVI' }) item!: InventoryItem | null;
  @part(() => Vulnerability, 'Vulnerability of the KEV catalog.', { nullable: true, sensitivity: 'ISVI' })
  vulnerability!: Vulnerability | null;
}

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
  @part(() => [MatchExample], 'First matches, by vulnerability and item.', {
    sensitivity: 'ISVI',
    derivedFrom: ['InventoryItem.product', 'InventoryItem.version'],
  })
  examples!: MatchExample[];
}

const MAX_EXAMPLES = 100;

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
  const known = versions.length > 0 ? `OR i.product_version IN (${versions.map(() => '?').join(', ')})` : '';
  return {
    sql: `${matches.sql} AND (i.product_version IS NULL ${known})`,
    parameters: [...matches.parameters, ...versions],
  };
}

@Resolver(() => ProductMatchRule)
export class MatchPreviewResolver {
  @FieldResolver(() => MatchPreview, {
    nullable: true,
    description: 'What the rule matches without a finding yet. Empty for a retired rule.',
  })
  @sensitivity('ISVI')
  @figure(50)
  async preview(
    @Root() rule: ProductMatchRule,
    @Ctx() { database, loaders, principal }: Context,
    @Arg('first', () => Int, { nullable: true, description: 'Number of examples, 0 to 100; 20 by default.' })
    first = 20,
  ): Promise<MatchPreview> {
    if (first < 0 || first > MAX_EXAMPLES)
      throw new InputError(`"first" is ${first}: it must be between 0 and ${MAX_EXAMPLES}`, ['first']);
    const { sql, parameters } = await ofFittingVersions(database, rule, visibleMatches(rule.id, principal));
    const [counts] = await database.query<{ findings: number; items: number; vulnerabilities: number }>(
      `SELECT COUNT(*) AS findings, COUNT(DISTINCT i.id) AS items, COUNT(DISTINCT v.cve_id) AS vulnerabilities ${sql}`,
      parameters,
    );
    const rows = await database.query<{ cveId: string; itemId: string }>(
      `SELECT v.cve_id AS cveId, i.id AS itemId ${sql} ORDER BY v.cve_id, i.id LIMIT ${first}`,
      parameters,
    );
    const examples = rows.map(async ({ cveId, itemId }) =>
      Object.assign(new MatchExample(), {
        item: await loaders.byKey(InventoryItem).load(itemId),
        vulnerability: await loaders.byKey(Vulnerability).load(cveId),
      }),
    );
    return Object.assign(new MatchPreview(), {
      findings: Number(counts!.findings),
      items: Number(counts!.items),
      vulnerabilities: Number(counts!.vulnerabilities),
      examples: await Promise.all(examples),
    });
  }
}
