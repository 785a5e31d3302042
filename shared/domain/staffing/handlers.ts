import { employeeReassigned, enteredOnDuty, positionVacated } from '#domain/contracts/events';
import { type EventHandler, on } from '#kit/events/inbox';
import type { Work } from '#kit/mutation/work';
import { latest, noticeId, StaffingNotice } from './staffing-notice';

interface StaffingEvent {
  readonly agencyKey: string;
  readonly roleCodes: readonly string[];
  readonly on: string;
  readonly exercise: boolean;
}

/** Notes the day of a change, unless a later one is known: positions of one role have events in any order. */
async function note(
  { database }: Work,
  { agencyKey, roleCodes, on: day, exercise }: StaffingEvent,
  property: 'enteredOn' | 'vacatedOn',
): Promise<void> {
  const ids = [...new Set(roleCodes)].sort().map((code) => noticeId(`${agencyKey}:${code}`, exercise));
  const present = new Map((await database.lockAll(StaffingNotice, ids)).map((notice) => [notice.id, notice]));
  await database.upsert(
    StaffingNotice,
    ids.map((id) => {
      const notice = present.get(id) ?? { id, enteredOn: null, vacatedOn: null, exercise };
      return { ...notice, [property]: latest(notice[property], day) };
    }),
  );
}

/** Reactions of programs that show changes in staffing. */
export const staffingHandlers: readonly EventHandler[] = [
  on(enteredOnDuty, (work, _position, data) => note(work, data, 'enteredOn')),
  on(employeeReassigned, (work, _position, data) => note(work, data, 'enteredOn')),
  on(positionVacated, (work, _position, data) => note(work, data, 'vacatedOn')),
];
