import { InputError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { type ChangeableType, ChangeSet, occurredAtInput } from '#domain/change-set';
import {
  expectedRevisionInput,
  type InputOf,
  idInput,
  listInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { CISA, requireCoordinatorOf } from '../actors';
import { InfrastructureEvent } from '../timeline/infrastructure-event';
import { type MatchRuleFacts, matchRuleLifecycle } from './lifecycle';
import { matchInventory } from './match';
import { productKey } from './product-key';
import { type MatchRuleStatus, matchNames, ProductMatchName, ProductMatchRule } from './product-match-rule';
import { compareVersions } from './version';

/** Rules as mutations change them. They apply to the inventories of all agencies, and belong to none. */
const RULES: ChangeableType<ProductMatchRule, MatchRuleStatus, MatchRuleFacts> = {
  type: ProductMatchRule,
  machine: matchRuleLifecycle,
  state: 'status',
  timeline: InfrastructureEvent,
  subject: 'MATCH_RULE',
  isOpenTo: () => true,
  agencyOf: () => null,
};

const returns = ['rule', () => ProductMatchRule] as const;
const target = {
  id: idInput('Id of the rule.'),
  expectedRevision: expectedRevisionInput(),
  occurredAt: occurredAtInput(),
};

/** Opens rules for a caller who may change them. */
function openRules(work: Work, ids: readonly string[]) {
  requireCoordinatorOf(work, CISA);
  return ChangeSet.open(RULES, work, ids);
}

/** @throws InputError if no version is in the range */
function requireRange(versionFrom: string | null, versionBefore: string | null): void {
  if (versionFrom !== null && versionBefore !== null && (compareVersions(versionFrom, versionBefore) ?? -1) >= 0)
    throw new InputError(`"versionBefore" must be later than "versionFrom", ${versionFrom}`, [
      'input',
      'versionBefore',
    ]);
}

const proposeMatchRule = mutation({
  name: 'proposeMatchRule',
  description:
    'Proposes a rule by which a product of the catalog matches products of inventories. It matches nothing until another person activates it; "preview" of the rule shows what it would match.',
  by: ['COORDINATOR', 'CISO'],
  input: {
    vendor: textInput('Vendor, as the catalog names it.', { max: 120 }),
    product: textInput('Product, as the catalog names it.'),
    aliases: optional(
      listInput(
        textInput('Name, as "vendor: product".', { pattern: /^[^:]*[^:\s][^:]*:.*\S/ }),
        'Other names of the product in inventories, each as "vendor: product".',
        { max: 50 },
      ),
    ),
    versionFrom: optional(textInput('First affected version.', { max: 60 })),
    versionBefore: optional(textInput('First version that is not affected anymore.', { max: 60 })),
  },
  returns,
  async run(work, { aliases, ...fields }) {
    const rules = await openRules(work, []);
    requireRange(fields.versionFrom, fields.versionBefore);
    const rule = {
      ...{ id: work.newId('pmr'), ...fields, productKey: productKey(fields.vendor, fields.product) },
      ...{ aliases: aliases ?? [], activatedAt: null, proposerKey: personKey(work.principal) },
      ...{ revision: 1, exercise: false },
    };
    rules.add(rule, { trigger: 'proposeMatchRule', kind: 'RULE_PROPOSED' });
    await rules.save();
    await work.database.insert(ProductMatchName, matchNames(rule));
    return rule.id;
  },
});

type At = InputOf<typeof target>;

const activateMatchRule = mutation({
  name: 'activateMatchRule',
  description:
    'Activates a rule that another person proposed. Raises a SUSPECTED finding for each match, in the same change.',
  by: ['COORDINATOR'],
  input: target,
  returns,
  async run(work, at: At) {
    const rules = await openRules(work, [at.id]);
    rules.move(at, ({ proposerKey }) => ({
      trigger: 'activateMatchRule',
      kind: 'RULE_ACTIVATED',
      facts: { isProposer: proposerKey === personKey(work.principal) },
      change(next, occurredAt) {
        next.activatedAt = occurredAt;
      },
    }));
    await rules.save();
    await matchInventory(work, { rules: [at.id] });
    return at.id;
  },
});

const retireMatchRule = mutation({
  name: 'retireMatchRule',
  description: 'Retires a rule. It matches nothing anymore; findings that it raised stay.',
  by: ['COORDINATOR'],
  input: { ...target, reason: longTextInput('Reason.') },
  returns,
  async run(work, { reason, ...at }) {
    const rules = await openRules(work, [at.id]);
    rules.move(at, () => ({ trigger: 'retireMatchRule', kind: 'RULE_RETIRED', detail: reason }));
    await rules.save();
    return at.id;
  },
});

export const matchRuleMutations = [proposeMatchRule, activateMatchRule, retireMatchRule];
