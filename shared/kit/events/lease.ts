import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Database } from '../database/database';
import { Lease } from './tables';

/**
 * Decides which of several replicas does the background work. Leases run by the clock of the database, the one clock that all
 * replicas share. A lease saves work and keeps events in order; that nothing is done twice does not depend on it.
 */
export class LeaseHolder {
  /** Milliseconds by which the clock of this process is ahead of the database's; negative when it is behind. */
  skewMs = 0;
  private readonly holder = `${hostname().slice(0, 38)}:${process.pid}:${randomBytes(4).toString('hex')}`;

  constructor(
    private readonly database: Database,
    private readonly name: string,
    private readonly milliseconds: number,
  ) {}

  /** Takes the lease or keeps it. @returns whether this process has it now. */
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

  /** The database's clock, after the wait for the lease's lock. Notes the skew. */
  private async databaseNow(inside: Database): Promise<number> {
    const before = Date.now();
    const [row] = await inside.query<{ now: number }>(`SELECT ${inside.dialect.nowMs} AS now`);
    const now = Number(row!.now);
    this.skewMs = Math.round((before + Date.now()) / 2 - now);
    return now;
  }

  /** Lets another process take it at once. */
  async release(): Promise<void> {
    await this.database.transaction((inside) =>
      inside.updateWhere(Lease, { until: '0' }, 'name = ? AND holder = ?', [this.name, this.holder]),
    );
  }
}
