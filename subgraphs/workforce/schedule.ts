import { civilDate } from '#base/civil';
import { forgetIdempotencyKeys, type ScheduledTask, scheduled } from '#kit/subgraph/schedule';
import { closeWhenDue } from './announcement/announcement.mutations';
import { DUE_SQL, dateRetention, eraseWhenDue, UNDATED_SQL } from './application/candidate.mutations';
import { expireWhenDue } from './application/certificate.mutations';
import { takeSnapshots } from './goal/capacity-snapshot.mutations';

const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

/** Closes announcements on the day after their closing day. Those that were imported change where they are published. */
const closeAnnouncements = scheduled(
  'close announcements',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT control_number AS id FROM announcement
         WHERE status = 'ACCEPTING_APPLICATIONS' AND close_date < ? AND request_id IS NOT NULL ORDER BY close_date LIMIT ${limit}`,
        [civilDate(now)],
      ),
    ),
  closeWhenDue,
);

const expireCertificates = scheduled(
  'expire certificates',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM certificate WHERE status IN ('ISSUED', 'IN_MANAGER_REVIEW') AND expires_at <= ? ORDER BY expires_at LIMIT ${limit}`,
        [now],
      ),
    ),
  expireWhenDue,
);

const dateRetentions = scheduled(
  'date the retention of candidates',
  async (database, _now, limit) =>
    ids(await database.query<{ id: string }>(`SELECT c.id AS id FROM candidate c WHERE ${UNDATED_SQL} LIMIT ${limit}`)),
  dateRetention,
);

const eraseCandidates = scheduled(
  'erase candidates',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT c.id AS id FROM candidate c WHERE ${DUE_SQL} ORDER BY retain_until LIMIT ${limit}`,
        [civilDate(now)],
      ),
    ),
  eraseWhenDue,
);

/** Changes of the workforce program at a set time. */
export const workforceSchedule: readonly ScheduledTask[] = [
  closeAnnouncements,
  expireCertificates,
  dateRetentions,
  eraseCandidates,
  takeSnapshots,
  forgetIdempotencyKeys,
];
