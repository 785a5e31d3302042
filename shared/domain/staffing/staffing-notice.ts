import type { Loaders } from '#kit/collection/loaders';
import type { Database } from '#kit/database/database';
import { kept, record } from '#kit/model/record';

/** Last changes in the staffing of a work role at an agency. Events of the workforce program write it. */
@record('staffing_notice')
export class StaffingNotice {
  /** {@link noticeId} of `agency:role`. */
  @kept({ primary: true, length: 70 }) id!: string;
  /** Day on which someone last entered on duty, or was reassigned to a position; null if not reported. */
  @kept({ length: 10, nullable: true }) enteredOn!: string | null;
  /** Day on which someone last left; null if not reported. */
  @kept({ length: 10, nullable: true }) vacatedOn!: string | null;
  @kept({ type: 'boolean' }) exercise!: boolean;
}

const EXERCISE = 'exercise:';

/** Id of a copy. Exercise data have copies of their own, so that replacing them leaves the others. */
export const noticeId = (key: string, exercise: boolean): string => (exercise ? `${EXERCISE}${key}` : key);

/** The later of two days. */
export const latest = (a: string | null, b: string | null): string | null => ((a ?? '') > (b ?? '') ? a : b);

/** What is known of the staffing of a work role at an agency. */
export interface StaffingChanges {
  readonly enteredOn: string | null;
  readonly vacatedOn: string | null;
}

/** The last changes of a work role at an agency. @param key `agency:role` */
export function staffingChanges(loaders: Loaders, database: Database, key: string): Promise<StaffingChanges> {
  return loaders
    .batched<StaffingChanges>(StaffingNotice, 'staffing changes', async (keys) => {
      const ids = keys.flatMap((each) => [noticeId(each, false), noticeId(each, true)]);
      const notices = new Map((await database.findBy(StaffingNotice, 'id', ids)).map((notice) => [notice.id, notice]));
      return keys.map((each) => {
        const [fact, exercise] = [notices.get(noticeId(each, false)), notices.get(noticeId(each, true))];
        return {
          enteredOn: latest(fact?.enteredOn ?? null, exercise?.enteredOn ?? null),
          vacatedOn: latest(fact?.vacatedOn ?? null, exercise?.vacatedOn ?? null),
        };
      });
    })
    .load(key);
}
