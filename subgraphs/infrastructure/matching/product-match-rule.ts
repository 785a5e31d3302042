import { hasMany } from '#kit/collection/connection';
import { stableId } from '#kit/ids';
import { enumeration, type ValueOf } from '#kit/model/enumeration';
import { dateTime, exerciseFlag, generatedId, oneOf, revisionNumber, text, textList } from '#kit/model/fields';
import { model } from '#kit/model/model';
import { kept, record } from '#kit/model/record';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { productKey } from './product-key';

export const MatchRuleStatus = enumeration('MatchRuleStatus', 'Status of a product match rule.', {
  PROPOSED: 'Proposed; matches nothing yet.',
  ACTIVE: 'Active, after a second person approved it.',
  RETIRED: 'Retired; matches nothing anymore.',
});
export type MatchRuleStatus = ValueOf<typeof MatchRuleStatus>;

@model('Rule by which a product of the vulnerability catalog matches products of inventories.', {
  order: ['vendor', 'product'],
  sensitivity: 'GOV',
})
export class ProductMatchRule {
  @generatedId('pmr') id!: string;
  @text('Vendor, as the catalog names it.', { filter: true, order: true, length: 120 }) vendor!: string;
  @text('Product, as the catalog names it.', { filter: true, order: true }) product!: string;
  @text('Vendor and product in a comparable form.', { hidden: true, index: true }) productKey!: string;
  @textList('Other names of the product in inventories, each as "vendor: product".') aliases!: string[];
  @text('First affected version. Null if not limited.', { nullable: true, length: 60 }) versionFrom!: string | null;
  @text('First version that is not affected anymore. Null if not limited.', { nullable: true, length: 60 })
  versionBefore!: string | null;
  @oneOf(() => MatchRuleStatus, 'Status.', { filter: true, order: true, index: true }) status!: MatchRuleStatus;
  @dateTime('Time of activation. Null before.', { nullable: true, filter: true, order: true }) activatedAt!:
    | string
    | null;
  @text('Person who proposed the rule.', { hidden: true, length: 100, default: '' }) proposerKey!: string;
  @revisionNumber() revision!: number;
  @exerciseFlag() exercise!: boolean;

  @hasMany(() => InfrastructureEvent, 'subjectId', 'Events of the rule, oldest first.') timeline!: unknown;
}

/** Name of an inventoried product that a rule matches: that of the catalog, or an alias. */
@record('product_match_name', { index: [['productKey'], ['ruleId']] })
export class ProductMatchName {
  @kept({ primary: true, length: 30 }) id!: string;
  @kept({ length: 30 }) ruleId!: string;
  @kept({ length: 255 }) productKey!: string;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

/** Names that a rule matches. Write them together with the rule. */
export function matchNames(
  rule: Pick<ProductMatchRule, 'id' | 'vendor' | 'product' | 'aliases' | 'exercise'>,
): Partial<ProductMatchName>[] {
  const keys = [
    productKey(rule.vendor, rule.product),
    ...rule.aliases.map((alias) => {
      const [vendor, product] = splitAlias(alias);
      return productKey(vendor, product);
    }),
  ];
  return [...new Set(keys)].map((key) => ({
    id: stableId('pmn', rule.id, key),
    ruleId: rule.id,
    productKey: key,
    exercise: rule.exercise,
  }));
}

/** "Vendor: product" as vendor and product. */
function splitAlias(alias: string): [vendor: string, product: string] {
  const [vendor, ...product] = alias.split(':');
  return [vendor!.trim(), product.join(':').trim()];
}
