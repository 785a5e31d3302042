import { civilDate } from '#base/civil';
import { InputError, UnknownReferenceError } from '#base/errors';
import { personKey } from '#base/identity/principal';
import { callersOf, reasonInput, targetInput, verb } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { plain } from '#kit/encryption/value';
import { enumeration } from '#kit/model/enumeration';
import { bulk } from '#kit/mutation/bulk';
import { booleanInput, dateTimeInput, enumInput, floatInput, idInput, optional, unchanged } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import type { Announcement } from '../announcement/announcement';
import { openAnnouncements } from '../announcement/announcement.mutations';
import { HiringRequest } from '../position/position';
import { openRequests } from '../request/hiring-request.mutations';
import { Application, IneligibleReason, LIVE } from './application';
import { applicationLifecycle } from './lifecycle';
import { retainedUntil } from './retention';
import { APPLICATIONS, openApplications, openCandidates } from './types';

const returns = ['application', () => Application] as const;
const target = targetInput('the application');

export const ApplicationRating = enumeration('ApplicationRating', 'Rating of an application by HR.', {
  ELIGIBLE: 'Meets the qualifications of the job.',
  INELIGIBLE: 'Cannot be considered.',
});

/** Pairs of candidate and announcement for which the agency has an application. */
async function knownPairs({ database, principal }: Work, candidateIds: readonly string[]): Promise<Set<string>> {
  if (candidateIds.length === 0) return new Set();
  const rows = await database.query<{ candidateId: string; controlNumber: string }>(
    `SELECT candidate_id AS candidateId, control_number AS controlNumber FROM application
     WHERE agency_key = ? AND candidate_id IN (${marks(candidateIds)})`,
    [principal.agency, ...candidateIds],
  );
  return new Set(rows.map(({ candidateId, controlNumber }) => `${candidateId}:${controlNumber}`));
}

/** Whether an announcement that has not ended accepted applications at an instant, by the official day. */
function wasOpen({ status, openDate, closeDate }: Announcement, at: string): boolean {
  const day = civilDate(at);
  return (
    status !== 'JOB_CLOSED' && status !== 'JOB_CANCELED' && openDate <= day && (closeDate === null || day <= closeDate)
  );
}

const recordApplication = bulk({
  name: 'recordApplication',
  plural: 'recordApplications',
  description:
    "Records an application to an announcement of the agency. Applications reach the graph through the agency's HR.",
  by: callersOf(applicationLifecycle, 'recordApplication'),
  input: {
    controlNumber: idInput('Control number of the announcement.'),
    candidate: idInput('Id of the candidate.'),
    submittedAt: dateTimeInput('Time the application was submitted. Not in the future.'),
    veteransPreference: optional(booleanInput("Whether veterans' preference applies, if determined.")),
  },
  returns,
  async open(work, inputs) {
    const distinct = (keys: readonly string[]) => [...new Set(keys)];
    const announcements = await openAnnouncements(work, distinct(inputs.map(({ controlNumber }) => controlNumber)));
    const candidateIds = distinct(inputs.map(({ candidate }) => candidate));
    const candidates = await openCandidates(work, candidateIds);
    const pairs = await knownPairs(work, candidateIds);
    const applications = await openApplications(work, []);
    const received = new Map<string, number>();
    const retained = new Map<string, string>();
    return {
      apply({ controlNumber, candidate: candidateId, submittedAt, veteransPreference }) {
        const announcement = announcements.get(controlNumber);
        if (!announcement) throw new UnknownReferenceError('announcement', controlNumber, ['input', 'controlNumber']);
        const candidate = candidates.get(candidateId);
        if (!candidate) throw new UnknownReferenceError('candidate', candidateId, ['input', 'candidate']);
        if (submittedAt > work.now)
          throw new InputError(`"submittedAt" is in the future: it is ${work.now} now`, ['input', 'submittedAt']);
        const pair = `${candidateId}:${controlNumber}`;
        const added = applications.add(
          {
            ...{ id: work.newId('app'), agencyKey: announcement.agencyKey, controlNumber, candidateId, submittedAt },
            ...{ encryptedPreference: plain(veteransPreference), encryptedScore: null },
            ...{ ineligibleReason: null, referredAt: null },
            ...{ requestId: null, raterKey: '', sharedFromId: null, revision: 1, exercise: false },
          },
          {
            trigger: 'recordApplication',
            facts: {
              wasOpen: wasOpen(announcement, submittedAt),
              isKnown: pairs.has(pair),
              candidateStatus: candidate.status,
            },
            kind: 'APPLICATION_RECEIVED',
          },
        );
        pairs.add(pair);
        received.set(controlNumber, (received.get(controlNumber) ?? 0) + 1);
        const until = retainedUntil(announcement.closeDate ?? civilDate(work.now));
        if (until > (retained.get(candidateId) ?? candidate.retainUntil ?? '')) retained.set(candidateId, until);
        return added;
      },
      async save() {
        await applications.save();
        for (const [count, numbers] of groups(received))
          await work.database.query(
            `UPDATE announcement SET application_count = COALESCE(application_count, 0) + ? WHERE control_number IN (${marks(numbers)})`,
            [count, ...numbers],
          );
        for (const [day, ids] of groups(retained))
          await work.database.query(`UPDATE candidate SET retain_until = ? WHERE id IN (${marks(ids)})`, [day, ...ids]);
      },
    };
  },
});

/** Keys of a map by value. */
function groups<Value>(of: ReadonlyMap<string, Value>): Map<Value, string[]> {
  const entries = Map.groupBy(of, ([, value]) => value);
  return new Map([...entries].map(([value, pairs]) => [value, pairs.map(([key]) => key)]));
}

const rateApplication = bulk({
  name: 'rateApplication',
  plural: 'rateApplications',
  description: 'Rates an application.',
  by: callersOf(applicationLifecycle, 'rateEligible'),
  input: {
    ...target,
    rating: enumInput(() => ApplicationRating, 'Rating.'),
    reason: optional(enumInput(() => IneligibleReason, 'Reason of a rating of INELIGIBLE, which needs one.')),
    assessmentScore: unchanged(floatInput('Assessment score.', { min: 0, max: 100 })),
  },
  returns,
  async open(work, inputs) {
    const applications = await openApplications(
      work,
      inputs.map(({ id }) => id),
    );
    return {
      apply(input) {
        const { rating, reason, assessmentScore } = input;
        if (rating === 'ELIGIBLE' && reason !== null)
          throw new InputError('"reason" is for a rating of INELIGIBLE: leave it out', ['input', 'reason']);
        return applications.move(input, () => ({
          trigger: rating === 'ELIGIBLE' ? 'rateEligible' : 'rateIneligible',
          facts: { hasReason: reason !== null },
          kind: 'APPLICATION_RATED',
          detail: reason,
          change(next) {
            next.ineligibleReason = reason;
            next.raterKey = personKey(work.principal);
            if (assessmentScore !== undefined) next.encryptedScore = plain(assessmentScore);
          },
        }));
      },
      save: () => applications.save(),
    };
  },
});

const reconsiderApplication = verb({
  name: 'reconsiderApplication',
  description: 'Finds an ineligible application eligible. Another specialist than the one who rated it has to decide.',
  of: APPLICATIONS,
  returns,
  target,
  input: { reason: reasonInput() },
  step: ({ raterKey }, { reason }, work) => ({
    kind: 'APPLICATION_RECONSIDERED',
    detail: reason,
    facts: { isRater: raterKey === personKey(work.principal) },
    change(next) {
      next.ineligibleReason = null;
      next.raterKey = personKey(work.principal);
    },
  }),
});

const recordInterview = bulk({
  name: 'recordInterview',
  plural: 'recordInterviews',
  description: 'Records an interview with a candidate who was referred to a hiring manager of the agency.',
  by: callersOf(applicationLifecycle, 'recordInterview'),
  input: target,
  returns,
  async open(work, inputs) {
    const applications = await openApplications(
      work,
      inputs.map(({ id }) => id),
    );
    return {
      apply: (input) => applications.move(input, () => ({ trigger: 'recordInterview', kind: 'CANDIDATE_INTERVIEWED' })),
      save: () => applications.save(),
    };
  },
});

const withdrawApplication = mutation({
  name: 'withdrawApplication',
  description: 'Records that the candidate withdrew an application, with any selection or offer.',
  by: callersOf(applicationLifecycle, 'withdrawApplication'),
  input: target,
  returns,
  run: (work, input) =>
    endSelection(work, input, () => ({ trigger: 'withdrawApplication', kind: 'APPLICATION_WITHDRAWN' })),
});

type Applications = Awaited<ReturnType<typeof openApplications>>;
type Aim = Parameters<Applications['move']>[0];
type ApplicationStep = Parameters<Applications['move']>[1];

/**
 * Requests of applications that the caller may change, read before the locks; the applications are checked again under theirs. Those of others
 * are left out, so that they take as long as missing ones.
 */
export async function requestIdsOf(work: Work, ids: readonly string[]): Promise<string[]> {
  const rows = await work.database.findBy(Application, 'id', [...ids]);
  return rows.flatMap((application) => (APPLICATIONS.isOpenTo(work, application) ? (application.requestId ?? []) : []));
}

/** Moves an application out of any selection: its hiring request is free for another candidate. */
export async function endSelection(work: Work, aim: Aim, step: ApplicationStep): Promise<string> {
  const requests = await openRequests(work, await requestIdsOf(work, [aim.id]));
  const applications = await openApplications(work, [aim.id]);
  const before = applications.get(aim.id);
  const { key } = applications.move(aim, (application) => {
    const { change, ...rest } = step(application);
    return {
      ...rest,
      change(next, at) {
        change?.(next, at);
        next.requestId = null;
      },
    };
  });
  await applications.save();
  const request = requests.get(before?.requestId ?? '');
  if (request?.offerAcceptedAt && (LIVE as readonly string[]).includes(before!.status))
    await work.database.update(HiringRequest, request.id, { offerAcceptedAt: null, revision: request.revision + 1 });
  return key;
}

export const applicationMutations = [
  ...recordApplication,
  ...rateApplication,
  reconsiderApplication,
  ...recordInterview,
  withdrawApplication,
];
