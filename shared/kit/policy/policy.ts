import type { Principal } from '#base/identity/principal';
import type { Sensitivity } from '#base/sensitivity';
import { type ModelClass, modelOf } from '../model/model';
import { noOne, type Reach, type Rule } from './rule';

/** Sensitivity classes with restricted access. */
export type Protected = Exclude<Sensitivity, 'PUBLIC'>;

/** Access to the objects of a model, and to the fields of each class on visible objects. Without a rule, no one may read a class. */
export interface Policy extends Partial<Record<Protected, Rule>> {
  readonly rows: Rule;
  /** Rules by field name that override the rule of the class. */
  readonly fields?: Readonly<Record<string, Rule>>;
}

/** Policies of a subgraph: one for each stored model, and each stub with protected fields. */
export class Policies {
  private readonly byModel: ReadonlyMap<ModelClass, Policy>;

  constructor(entries: readonly (readonly [ModelClass, Policy])[]) {
    this.byModel = new Map(entries);
  }

  /** @throws Error for a model without a policy, so that no model is readable by oversight */
  of(target: ModelClass): Policy {
    const policy = this.byModel.get(target);
    if (!policy) throw new Error(`${modelOf(target).name} has no policy: add one to policy.ts of the subgraph`);
    return policy;
  }

  has(target: ModelClass): boolean {
    return this.byModel.has(target);
  }
}

/** Access rights of one principal, computed once per request. */
export class Reader {
  private readonly reaches = new Map<Rule, Reach>();

  constructor(
    private readonly policies: Policies | undefined,
    readonly principal: Principal | null,
  ) {}

  /** Reader without restrictions, for internal computations. Never return what it reads. */
  static readonly everything = new Reader(undefined, null);

  /** Objects of a model that the principal may see. Link tables and records are read through their owners. */
  rows(target: ModelClass): Reach {
    if (!this.policies || !modelOf(target).published) return true;
    return this.reach(this.policies.of(target).rows);
  }

  /** Objects of a model that the public may see. */
  publicRows(target: ModelClass): Reach {
    return this.policies?.of(target).rows(null) ?? true;
  }

  /**
   * Visible objects whose fields of this class the principal may read.
   * @param field name of the field; omit it for the rule of the class
   */
  fields(target: ModelClass, sensitivity: Sensitivity, field = ''): Reach {
    if (!this.policies || sensitivity === 'PUBLIC') return true;
    const policy = this.policies.of(target);
    const rule = policy.fields?.[field] ?? policy[sensitivity];
    if (!rule) return false;
    // the same rule already admitted all visible objects
    return rule === policy.rows ? true : this.reach(rule);
  }

  /** The rule that hides some objects of a model from the principal; undefined if the principal sees all. */
  limitOfRows(target: ModelClass): Rule | undefined {
    return this.rows(target) === true ? undefined : this.policies!.of(target).rows;
  }

  /** The rule that hides a field of some visible objects from the principal; undefined if the principal reads all. */
  limitOfField(target: ModelClass, sensitivity: Sensitivity, field = ''): Rule | undefined {
    if (this.fields(target, sensitivity, field) === true) return undefined;
    const policy = this.policies!.of(target);
    return policy.fields?.[field] ?? policy[sensitivity as Protected] ?? noOne;
  }

  private reach(rule: Rule): Reach {
    let reach = this.reaches.get(rule);
    if (reach === undefined) {
      reach = rule(this.principal);
      this.reaches.set(rule, reach);
    }
    return reach;
  }
}
