import type { Database } from '#kit/database/database';
import type { PoliciesInForce, PolicyTable } from './due';
import { RemediationPolicy, RemediationRow } from './remediation-policy';

interface DatedPolicy extends PolicyTable {
  readonly agencyKey: string | null;
  readonly effectiveFrom: string;
}

/** All remediation policies, by the day from which they apply. */
export class PolicyBook {
  /** Latest first. */
  private readonly policies: readonly DatedPolicy[];

  constructor(policies: readonly Partial<RemediationPolicy>[], rows: readonly Partial<RemediationRow>[]) {
    const tables = Map.groupBy(rows as readonly RemediationRow[], ({ policyId }) => policyId);
    this.policies = (policies as readonly RemediationPolicy[])
      .map((policy) => ({ ...policy, rows: tables.get(policy.id) ?? [] }))
      .toSorted((a, b) => (a.effectiveFrom < b.effectiveFrom ? 1 : -1));
  }

  /** Reads the policies in two statements. */
  static async read(database: Database): Promise<PolicyBook> {
    const all = async <T extends object>(target: new () => T): Promise<T[]> =>
      (await database.query(`SELECT ${database.selection(target, 't')} FROM ${database.table(target)} t`)).map((row) =>
        database.hydrate(target, row),
      );
    return new PolicyBook(await all(RemediationPolicy), await all(RemediationRow));
  }

  /** Policies in force on a civil day for the systems of an agency. */
  at(day: string, agencyKey: string): PoliciesInForce {
    const latest = (of: string | null) =>
      this.policies.find((policy) => policy.agencyKey === of && policy.effectiveFrom <= day) ?? null;
    return { directive: latest(null), agency: latest(agencyKey) };
  }

  /** Days until a civil day, inclusive, on which a policy took effect; earliest first. */
  startsUntil(day: string): string[] {
    const starts = this.policies.map(({ effectiveFrom }) => effectiveFrom).filter((start) => start <= day);
    return [...new Set(starts)].toSorted();
  }
}
