import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '../database/database';
import { Lease } from './tables';

/**
 * Decides which replica does the background work. Leases use the database's clock, which all replicas share. A lease saves work and keeps
 * events in order, but correctness does not depend on it.
 */
export class LeaseHolder {
  /** Milliseconds by which the clock of this process is ahead of the database's; negative if it is behind. */
  skewMs = 0;
  private readonly holder = `${hostname().slice(0, 38)}:${process.pid}:${randomBytes(4).toString('hex')}`;

  constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly milliseconds: number,
  ) {}

  /** Acquires or renews the lease. @returns whether this process holds it */
  async hold(): Promise<boolean> {
    return this.database.atomically(async (inside) => {
      const lease = await inside.lock(Lease, this.name);
      const now = await this.databaseNow(inside);
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

  /** Database time, after waiting for the lease's lock. Updates the skew. */
  private async databaseNow(inside: Database): Promise<number> {
    const before = Date.now();
    const [row] = await inside.query<{ now: number }>(`SELECT ${inside.dialect.nowMs} AS now`);
    const now = Number(row!.now);
    this.skewMs = Math.round((before + Date.now()) / 2 - now);
    return now;
  }

  /** Releases the lease, so that another process can acquire it at once. */
  async release(): Promise<void> {
    await this.database.transaction((inside) =>
      inside.updateWhere(Lease, { until: '0' }, 'name = ? AND holder = ?', [this.name, this.holder]),
    );
  }
}
