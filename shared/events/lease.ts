import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database';
import { Lease } from './tables';

/**
 * Which of several replicas does what only one is to do at a time. It spares work and keeps events in order; that nothing is
 * done twice is ensured where it is done.
 */
export class LeaseHolder {
  private readonly holder = randomUUID();

  constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly milliseconds: number,
  ) {}

  /** Takes the lease or keeps it. @returns whether this process has it now. */
  async hold(): Promise<boolean> {
    const now = Date.now();
    return this.database.atomically(async (inside) => {
      const lease = await inside.lock(Lease, this.name);
      const until = String(now + this.milliseconds);
      if (!lease) {
        await inside.insert(Lease, [{ name: this.name, holder: this.holder, until }]);
        return true;
      }
      if (lease.holder !== this.holder && Number(lease.until) > now) return false;
      await inside.update(Lease, this.name, { holder: this.holder, until });
      return true;
    });
  }

  /** Lets another process take it at once. */
  async release(): Promise<void> {
    await this.database.transaction((inside) =>
      inside.updateWhere(Lease, { until: '0' }, 'name = ? AND holder = ?', [this.name, this.holder]),
    );
  }
}
