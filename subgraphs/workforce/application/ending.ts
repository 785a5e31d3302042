import { marks } from '#kit/database/marks';
import type { Work } from '#kit/mutation/work';
import { Announcement } from '../announcement/announcement';
import { UNSELECTED } from './lifecycle';
import { asSystem, openApplications } from './types';

/** Applications that are locked and written at once. */
const BATCH = 1_000;

/** Which applications to end, and when their announcement, certificate, or selection ended. */
interface Ending {
  readonly controlNumber: string;
  /** Ids of applications to the announcement; all by default. */
  readonly among?: readonly string[];
  /** Now by default. */
  readonly occurredAt?: string | null;
}

/** Locks an announcement. @returns whether it has ended, so that its applications lead to no further certificate */
export async function lockEnded({ database }: Work, controlNumber: string): Promise<boolean> {
  const [announcement] = await database.lockAll(Announcement, [controlNumber]);
  return announcement?.status === 'JOB_CLOSED' || announcement?.status === 'JOB_CANCELED';
}

/**
 * Applications to an announcement without a selection, whose candidates no hiring manager can select any more. Only a certificate that is
 * still open allows that; after a cancellation, only one that was shared with another agency.
 */
async function idsOf({ database }: Work, { controlNumber, among }: Ending): Promise<string[]> {
  const named = among ? `AND a.id IN (${marks(among)})` : '';
  const rows = await database.query<{ id: string }>(
    `SELECT a.id AS id FROM application a JOIN announcement n ON n.control_number = a.control_number
     WHERE a.control_number = ? AND a.status IN (${marks(UNSELECTED)}) ${named}
       AND NOT EXISTS (
         SELECT 1 FROM certificate_applications l JOIN certificate c ON c.id = l.owner_key
         WHERE l.target_key = a.id AND c.status IN ('ISSUED', 'IN_MANAGER_REVIEW')
           AND (c.is_shared = 1 OR n.status <> 'JOB_CANCELED'))
     ORDER BY a.id`,
    [controlNumber, ...UNSELECTED, ...(among ?? [])],
  );
  return rows.map(({ id }) => id);
}

/**
 * Ends the applications without a selection to an announcement that has ended and is locked, those shared with other agencies too. So
 * the retention of their candidates' data can end.
 */
export async function endApplications(work: Work, ending: Ending): Promise<void> {
  if (ending.among?.length === 0) return;
  const { controlNumber, occurredAt } = ending;
  const system = asSystem(work);
  const ids = await idsOf(work, ending);
  for (let start = 0; start < ids.length; start += BATCH) {
    const applications = await openApplications(system, ids.slice(start, start + BATCH));
    for (const { id, status } of applications.all)
      if (UNSELECTED.includes(status))
        applications.move({ id, occurredAt }, () => ({
          trigger: 'announcementEnded',
          actor: 'SYSTEM',
          kind: 'CANDIDATE_NOT_SELECTED',
          detail: controlNumber,
        }));
    await applications.save();
  }
}
