import { marks } from '#kit/database/marks';
import type { Work } from '#kit/mutation/work';
import { CapacitySnapshot } from '../goal/capacity-snapshot';
import { Position } from './position';

interface Counts {
  readonly authorized: number | null;
  funded: number;
}

type Placed = Pick<Position, 'agencyKey' | 'workRoleCode'>;
const keyOf = ({ agencyKey, workRoleCode }: Placed): string => `${agencyKey}:${workRoleCode}`;

/** Authorized and funded positions by agency and work role, locked against other changes that fund positions of the role. */
export class AuthorizedStrength {
  private constructor(private readonly counts: Map<string, Counts>) {}

  /** Takes two statements. */
  static async of({ database }: Work, positions: readonly Placed[]): Promise<AuthorizedStrength> {
    if (positions.length === 0) return new AuthorizedStrength(new Map());
    const agencies = [...new Set(positions.map(({ agencyKey }) => agencyKey))];
    const roles = [...new Set(positions.map(({ workRoleCode }) => workRoleCode))];
    const ofThem = `agency_key IN (${marks(agencies)}) AND work_role_code IN (${marks(roles)})`;
    const isCurrent = `${database.column(CapacitySnapshot, 'current')} = 1`;
    const authorized = await database.query<Placed & { authorized: number }>(
      `SELECT agency_key AS agencyKey, work_role_code AS workRoleCode, ${database.column(CapacitySnapshot, 'authorized')} AS authorized
       FROM ${database.table(CapacitySnapshot)} WHERE ${ofThem} AND ${isCurrent} ORDER BY id ${database.dialect.forUpdate}`,
      [...agencies, ...roles],
    );
    const funded = await database.query<Placed & { funded: number }>(
      `SELECT agency_key AS agencyKey, work_role_code AS workRoleCode, COUNT(*) AS funded FROM ${database.table(Position)}
       WHERE ${ofThem} AND (status IN ('FUNDED_VACANT', 'IN_HIRING', 'FILLED')
         OR status = 'FROZEN' AND (status_before_freeze IS NULL OR status_before_freeze <> 'PLANNED'))
       GROUP BY agency_key, work_role_code`,
      [...agencies, ...roles],
    );
    const limits = new Map(authorized.map((row) => [keyOf(row), Number(row.authorized)]));
    const present = new Map(funded.map((row) => [keyOf(row), Number(row.funded)]));
    const keys = new Set(positions.map(keyOf));
    return new AuthorizedStrength(
      new Map([...keys].map((key) => [key, { authorized: limits.get(key) ?? null, funded: present.get(key) ?? 0 }])),
    );
  }

  countsOf(position: Placed): Readonly<Counts> {
    return this.counts.get(keyOf(position))!;
  }

  /** Counts a position that this change funds. */
  fund(position: Placed): void {
    this.counts.get(keyOf(position))!.funded += 1;
  }
}
