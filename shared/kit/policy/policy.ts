import type { Principal } from '#base/identity/principal';
import type { Sensitivity } from '#base/sensitivity';
import { type ModelClass, modelOf } from '../model/model';
import type { Reach, Rule } from './rule';

/** Classes of fields that are not everyone's. */
export type Protected = Exclude<Sensitivity, 'PUBLIC'>;

/** Who may see the objects of a model, and of those they see the fields of each class. A class that is not named is nobody's. */
export interface Policy extends Partial<Record<Protected, Rule>> {
  readonly rows: Rule;
  /** Rules of single fields, by name, in place of the rule of their class. */
  readonly fields?: Readonly<Record<string, Rule>>;
}

/** The policies of a subgraph: one for each model that it stores, and each stub that it adds protected fields to. */
export class Policies {
  private readonly byModel: ReadonlyMap<ModelClass, Policy>;

  constructor(entries: readonly (readonly [ModelClass, Policy])[]) {
    this.byModel = new Map(entries);
  }

  /** @throws Error naming the model that has none: what nobody has thought about is nobody's. */
  of(target: ModelClass): Policy {
    const policy = this.byModel.get(target);
    if (!policy)
      throw new Error(`${modelOf(target).name} has no policy: say in the subgraph's policy.ts who may see it`);
    return policy;
  }

  has(target: ModelClass): boolean {
    return this.byModel.has(target);
  }
}

/** What one principal may see, worked out once a request. */
export class Reader {
  private readonly reaches = new Map<Rule, Reach>();

  constructor(
    private readonly policies: Policies | undefined,
    readonly principal: Principal | null,
  ) {}

  /** Everything: for facts that are worked with and not shown. */
  static readonly everything = new Reader(undefined, null);

  /** Which objects of a model. Link tables and records are read through their owners. */
  rows(target: ModelClass): Reach {
    if (!this.policies || !modelOf(target).published) return true;
    return this.reach(this.policies.of(target).rows);
  }

  /** Which objects of a model the public sees. */
  publicRows(target: ModelClass): Reach {
    return this.policies?.of(target).rows(null) ?? true;
  }

  /**
   * Of the objects that it sees, those whose fields of a class it may see.
   * @param field name of the field; omit it for the rule of the class
   */
  fields(target: ModelClass, sensitivity: Sensitivity, field = ''): Reach {
    if (!this.policies || sensitivity === 'PUBLIC') return true;
    const policy = this.policies.of(target);
    const rule = policy.fields?.[field] ?? policy[sensitivity];
    if (!rule) return false;
    // what it sees at all it has been let see by the same rule
    return rule === policy.rows ? true : this.reach(rule);
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
