import { addDays, civilDate, startOfDay } from '#base/civil';
import { forgetIdempotencyKeys, type ScheduledTask, scheduled } from '#kit/subgraph/schedule';
import { Consultation, ConsultationMessage } from './consultation/consultation';
import { Dossier } from './dossier';
import { Finding } from './finding/finding';
import { findingLifecycle } from './lifecycle';
import { OPEN_REVIEW_SQL, Review } from './review/review';

/** Days until an unanswered finding is noted, by the custom of coordinated disclosure. */
export const LAPSE_DAYS = 45;

const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

/** Restricts rows to submissions in `submission_notice`: rows of older releases may refer to others. */
const submissionKnown = (alias: string): string =>
  `EXISTS (SELECT 1 FROM submission_notice n WHERE n.id = ${alias}.submission_id)`;

/** Puts reviews that outlast the launch, or its planned time, on the timeline. It changes nothing else. */
const noteLaunches = scheduled(
  'note reviews open after the launch',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM review r WHERE status IN (${OPEN_REVIEW_SQL}) AND launch_bound_at <= ?
         AND (post_launch_noted_for IS NULL OR post_launch_noted_for <> launch_bound_at) AND ${submissionKnown('r')}
         ORDER BY launch_bound_at LIMIT ${limit}`,
        [now],
      ),
    ),
  async (work, id) => {
    const { dossier, object: review } = await Dossier.of(work, Review, 'review', id);
    const due = review.launchBoundAt <= work.now && review.postLaunchNotedFor !== review.launchBoundAt;
    if (!due || !review.open()) return;
    await work.database.update(Review, id, { postLaunchNotedFor: review.launchBoundAt });
    dossier.happen({
      kind: 'REVIEW_POST_LAUNCH',
      agencyKey: review.leadAgencyKey,
      objectId: id,
      occurredAt: review.launchBoundAt,
    });
    await dossier.save();
  },
);

const lapseFindings = scheduled(
  'lapse unanswered findings',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT id FROM finding f WHERE status IN ('SHARED_WITH_DEVELOPER', 'ACKNOWLEDGED') AND shared_at <= ? AND ${submissionKnown('f')}
         ORDER BY shared_at LIMIT ${limit}`,
        [daysBefore(now, LAPSE_DAYS)],
      ),
    ),
  async (work, id) => {
    const { dossier, object: finding } = await Dossier.of(work, Finding, 'finding', id);
    const open = finding.status === 'SHARED_WITH_DEVELOPER' || finding.status === 'ACKNOWLEDGED';
    if (!open || finding.sharedAt! > daysBefore(work.now, LAPSE_DAYS)) return;
    const status = findingLifecycle.next(finding.status, 'lapse', 'SYSTEM', {});
    await work.database.update(Finding, id, { status, revision: finding.revision + 1 });
    dossier.happen({
      kind: 'FINDING_LAPSED',
      objectId: id,
      fromState: finding.status,
      toState: status,
      occurredAt: daysBefore(finding.sharedAt!, -LAPSE_DAYS),
    });
    await dossier.save();
  },
);

const noteOverdueQuestions = scheduled(
  'note overdue consultation questions',
  async (database, now, limit) =>
    ids(
      await database.query<{ id: string }>(
        `SELECT m.id AS id FROM consultation_message m JOIN consultation c ON c.id = m.consultation_id
         WHERE m.due_on < ? AND m.answered_at IS NULL AND m.overdue_noted = 0 AND ${submissionKnown('c')} ORDER BY m.due_on LIMIT ${limit}`,
        [civilDate(now)],
      ),
    ),
  async (work, id) => {
    const { database } = work;
    const [row] = await database.findBy(ConsultationMessage, 'id', [id]);
    const { dossier, object: thread } = await Dossier.of(work, Consultation, 'consultation', row!.consultationId);
    const [message] = await database.findBy(ConsultationMessage, 'id', [id]);
    if (message!.answeredAt !== null || message!.overdueNoted) return;
    await database.update(ConsultationMessage, id, { overdueNoted: true });
    dossier.happen({
      kind: 'INFORMATION_OVERDUE',
      agencyKey: thread.agencyKey,
      objectId: id,
      occurredAt: startOfDay(addDays(message!.dueOn!, 1)),
    });
    await dossier.save();
  },
);

function daysBefore(instant: string, days: number): string {
  return new Date(Date.parse(instant) - days * 86_400_000).toISOString();
}

export const reviewSchedule: readonly ScheduledTask[] = [
  noteLaunches,
  lapseFindings,
  noteOverdueQuestions,
  forgetIdempotencyKeys,
];
