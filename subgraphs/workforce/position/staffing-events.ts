import { civilDate } from '#base/civil';
import type { employeeReassigned, enteredOnDuty, positionVacated } from '#domain/contracts/events';
import type { Work } from '#kit/mutation/work';
import { type Position, PositionWorkRole } from './position';

/** A position that was filled or vacated. It is locked, which keeps its events in order. */
export interface StaffingChange {
  readonly position: Position;
  /** Time at which it happened. */
  readonly at: string;
}

/** Tells other programs that positions were filled or vacated. Takes one statement. */
export async function emitStaffing(
  work: Work,
  event: typeof enteredOnDuty | typeof employeeReassigned | typeof positionVacated,
  changes: readonly StaffingChange[],
): Promise<void> {
  const ids = changes.map(({ position }) => position.id);
  const roles = Map.groupBy(await work.database.findBy(PositionWorkRole, 'ownerKey', ids), ({ ownerKey }) => ownerKey);
  for (const { position, at } of changes) {
    const { id, agencyKey, workRoleCode, exercise } = position;
    const codes = new Set([workRoleCode, ...(roles.get(id) ?? []).map(({ targetKey }) => targetKey)]);
    work.emit(event, id, {
      ...{ positionId: id, agencyKey, on: civilDate(at), exercise },
      roleCodes: [...codes].sort(),
    });
  }
}
