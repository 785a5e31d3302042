import { civilDate } from '#base/civil';
import { InputError, RequestError, UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import { callersOf, reasonInput, targetInput } from '#domain/verbs';
import {
  dateInput,
  enumInput,
  type InputFields,
  type InputOf,
  idInput,
  listInput,
  optional,
  textInput,
  urlInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { LIVE_SQL } from '../application/application';
import { endApplications } from '../application/ending';
import { retainedUntil } from '../application/retention';
import type { HiringRequest } from '../position/position';
import { openPositions } from '../position/position.mutations';
import { openRequests } from '../request/hiring-request.mutations';
import { TalentArea } from '../role/talent-area';
import { WorkforceEvent } from '../timeline/workforce-event';
import {
  Announcement,
  AnnouncementRequest,
  AnnouncementSeries,
  type AnnouncementStatus,
  AnnouncementWorkRole,
} from './announcement';
import { type AnnouncementFacts, announcementLifecycle } from './lifecycle';

/** Announcement whose status a mutation can change. */
type Published = Announcement & { status: AnnouncementStatus };

/** Announcements as mutations change them: those of the caller's agency. */
export const ANNOUNCEMENTS = {
  type: Announcement,
  machine: announcementLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'ANNOUNCEMENT',
  agencyOf: itsAgency,
  input: 'controlNumber',
  isOpenTo: ofOwnAgency,
} as unknown as ChangeableType<Published, AnnouncementStatus, AnnouncementFacts>;

/** Locks announcements. */
export const openAnnouncements = (work: Work, controlNumbers: readonly string[]) =>
  ChangeSet.open(ANNOUNCEMENTS, work, controlNumbers);

const returns = ['announcement', () => Announcement] as const;
const { expectedRevision, occurredAt } = targetInput('');
/** Subjects of timelines have keys of at most 40 characters. */
const controlNumber = textInput('Control number that the publisher assigned, such as that of USAJOBS.', {
  max: 40,
  pattern: /^[\w-]+$/,
});
const target = { controlNumber: idInput('Control number of the announcement.'), expectedRevision, occurredAt };

/** Hiring requests that an announcement serves, by id. */
export async function requestsOf({ database }: Work, number: string): Promise<string[]> {
  const rows = await database.findBy(AnnouncementRequest, 'ownerKey', [number]);
  return rows.map(({ targetKey }) => targetKey);
}

function requireOrder(openDate: string, closeDate: string): void {
  if (closeDate < openDate)
    throw new InputError(`"closeDate" is ${closeDate}, before the opening on ${openDate}`, ['input', 'closeDate']);
}

const publishAnnouncement = mutation({
  name: 'publishAnnouncement',
  description: 'Records an announcement for hiring requests that are ready. It accepts applications between its days.',
  by: callersOf(announcementLifecycle, 'publishAnnouncement'),
  input: {
    controlNumber,
    hiringRequests: listInput(idInput('Id of a hiring request.'), 'Ids of the requests that it serves: 1 to 100.'),
    title: textInput('Job title.'),
    openDate: dateInput('First day on which applications are accepted.'),
    closeDate: dateInput('Last day on which applications are accepted.'),
    talentArea: optional(
      enumInput(() => TalentArea, "Field of expertise. Defaults to that of the first request's position."),
    ),
    openings: optional(textInput('Number of openings as published, such as "2" or "FEW".', { max: 20 })),
    payPlanGrade: optional(textInput('Pay plan and grade, such as "GS-12".', { max: 40 })),
    appointmentType: optional(textInput('Type of appointment, such as "Permanent".', { max: 80 })),
    serviceType: optional(textInput('Service of the position.', { max: 80 })),
    hiringPaths: optional(listInput(textInput('Group, such as "public".', { max: 80 }), 'Groups eligible to apply.')),
    location: optional(textInput('Job location.', { max: 500 })),
    url: optional(urlInput('Web page of the announcement.')),
  },
  returns,
  async run(work, { hiringRequests: ids, ...input }) {
    const path = ['input', 'hiringRequests'];
    if (ids.length === 0) throw new InputError('"hiringRequests" is empty: name at least one', path);
    requireOrder(input.openDate, input.closeDate);
    const [earlier] = await work.database.lockAll(Announcement, [input.controlNumber]);
    if (earlier)
      throw new RequestError('ALREADY_EXISTS', `An announcement has the control number "${input.controlNumber}"`, [
        'input',
        'controlNumber',
      ]);
    const requests = await openRequests(work, ids);
    for (const [place, id] of ids.entries())
      if (!requests.get(id)) throw new UnknownReferenceError('hiring request', id, [...path, place]);
    const positions = await positionsOf(work, requests.all);
    const [first] = positions;
    const announcements = await openAnnouncements(work, []);
    const statuses = new Map(positions.map(({ id, status }) => [id, status]));
    for (const id of ids)
      requests.move({ id }, ({ positionId }) => ({
        trigger: 'announced',
        facts: { positionStatus: statuses.get(positionId)! },
        actor: 'SYSTEM',
        kind: 'REQUEST_ANNOUNCED',
        detail: input.controlNumber,
      }));
    announcements.add(
      {
        ...input,
        ...{ agencyKey: work.principal.agency!, department: null, subagency: null },
        ...{ talentArea: input.talentArea ?? first!.talentArea, hiringPaths: input.hiringPaths ?? [] },
        ...{ gradeLow: String(first!.gradeLow), gradeHigh: String(first!.gradeHigh) },
        ...{ salaryMinCents: null, salaryMaxCents: null, duties: null, qualifications: null },
        ...{ applicationCount: 0, requestId: ids[0]!, revision: 1, exercise: false },
      },
      { trigger: 'publishAnnouncement', kind: 'ANNOUNCEMENT_PUBLISHED' },
    );
    await announcements.save();
    await requests.save();
    const linked = (keys: readonly string[]) =>
      [...new Set(keys)].map((targetKey) => ({ ownerKey: input.controlNumber, targetKey }));
    await work.database.insert(AnnouncementRequest, linked(ids));
    await work.database.insert(AnnouncementSeries, linked(positions.map(({ seriesCode }) => seriesCode)));
    await work.database.insert(AnnouncementWorkRole, linked(positions.map(({ workRoleCode }) => workRoleCode)));
    return input.controlNumber;
  },
});

/** Positions of requests, locked, in the order of the requests. */
async function positionsOf(work: Work, requests: readonly HiringRequest[]) {
  const ids = requests.map(({ positionId }) => positionId);
  const positions = await openPositions(work, ids);
  return ids.map((id) => positions.get(id)!);
}

type Announcements = Awaited<ReturnType<typeof openAnnouncements>>;
type Move = ReturnType<Parameters<Announcements['move']>[1]>;

interface Change<Fields extends InputFields> {
  readonly name: string;
  readonly description: string;
  readonly input: Fields;
  /** What happens to the announcement. It is locked. */
  readonly step: (
    announcement: Published,
    input: InputOf<Fields>,
    work: Work,
  ) => Promise<Omit<Move, 'trigger'>> | Omit<Move, 'trigger'>;
  /** What happens to its hiring requests, applications, and candidates. */
  readonly follow?: (work: Work, controlNumber: string, input: Followed<Fields>) => Promise<unknown>;
}

/** Input of a change, with the time at which it happened. */
type Followed<Fields extends InputFields> = InputOf<Fields> & Pick<InputOf<typeof target>, 'occurredAt'>;

/** A mutation of one announcement that hiring requests led to. Imported ones change where they are published. */
function changing<Fields extends InputFields>({ name, description, input, step, follow }: Change<Fields>) {
  return mutation({
    name,
    description,
    by: callersOf(announcementLifecycle, name),
    input: { ...target, ...input },
    returns,
    async run(work, values) {
      const { controlNumber: id, ...rest } = values as unknown as InputOf<typeof target>;
      const announcements = await openAnnouncements(work, [id]);
      const announcement = announcements.get(id);
      if (announcement && announcement.requestId === null)
        throw new InputError(
          'The announcement was imported, and has no hiring request: change it where it is published',
          ['input', 'controlNumber'],
        );
      const next = announcement && (await step(announcement, values as unknown as InputOf<Fields>, work));
      announcements.move({ id, ...rest }, () => ({ trigger: name, ...next! }));
      await announcements.save();
      await follow?.(work, id, values as unknown as Followed<Fields>);
      return id;
    },
  });
}

const extendAnnouncement = changing({
  name: 'extendAnnouncement',
  description: 'Moves the closing day of an announcement to a later one.',
  input: { closeDate: dateInput('New last day on which applications are accepted.') },
  step: ({ closeDate: before }, { closeDate }) => ({
    kind: 'ANNOUNCEMENT_EXTENDED',
    detail: `Closes on ${closeDate}, before ${before}`,
    change(next) {
      if (before !== null && closeDate <= before)
        throw new InputError(`"closeDate" is ${closeDate}: it must be after the present one, ${before}`, [
          'input',
          'closeDate',
        ]);
      next.closeDate = closeDate;
    },
  }),
  follow: ({ database, now }, number, { closeDate }) => {
    const until = retainedUntil(closeDate);
    // a retention that a records officer ended stays so
    return database.query(
      `UPDATE candidate SET retain_until = ? WHERE retain_until >= ? AND retain_until < ?
         AND id IN (SELECT candidate_id FROM application WHERE control_number = ?)`,
      [until, civilDate(now), until, number],
    );
  },
});

/** An announcement that closes early accepts applications until that day. */
const close = {
  trigger: 'closeAnnouncement',
  kind: 'ANNOUNCEMENT_CLOSED',
  change(next: Published, at: string) {
    const day = civilDate(at);
    if (next.closeDate === null || day < next.closeDate) next.closeDate = day < next.openDate ? next.openDate : day;
  },
};

const closeAnnouncement = changing({
  name: 'closeAnnouncement',
  description: 'Stops accepting applications. Happens by itself after the closing day.',
  input: {},
  step: () => close,
});

/** Closes an announcement after its closing day. */
export async function closeWhenDue(work: Work, id: string): Promise<void> {
  const announcements = await openAnnouncements(work, [id]);
  const announcement = announcements.get(id);
  if (announcement?.status !== 'ACCEPTING_APPLICATIONS' || announcement.closeDate! >= civilDate(work.now)) return;
  announcements.move({ id }, () => close);
  await announcements.save();
}

const countOf = async ({ database }: Work, table: string, condition: string, number: string): Promise<number> => {
  const [row] = await database.query<{ n: number }>(
    `SELECT COUNT(*) AS n FROM ${table} WHERE control_number = ? AND ${condition}`,
    [number],
  );
  return Number(row!.n);
};

const completeAnnouncement = changing({
  name: 'completeAnnouncement',
  description:
    'Ends an announcement whose certificates are all audited or expired, and its applications without a selection.',
  input: {},
  step: async ({ controlNumber: number }, _input, work) => ({
    kind: 'ANNOUNCEMENT_COMPLETED',
    facts: { openCertificates: await countOf(work, 'certificate', "status NOT IN ('AUDITED', 'EXPIRED')", number) },
  }),
  follow: (work, controlNumber, { occurredAt }) => endApplications(work, { controlNumber, occurredAt }),
});

const cancelAnnouncement = changing({
  name: 'cancelAnnouncement',
  description:
    'Cancels an announcement without a selection, and ends its applications. Its hiring requests are ready for another one.',
  input: { reason: reasonInput() },
  step: async ({ controlNumber: number }, { reason }, work) => ({
    kind: 'ANNOUNCEMENT_CANCELED',
    detail: reason,
    facts: { hasLiveSelection: (await countOf(work, 'application', `status IN (${LIVE_SQL})`, number)) > 0 },
  }),
  async follow(work, number, { occurredAt }) {
    const requests = await openRequests(work, await requestsOf(work, number));
    for (const { id, status } of requests.all)
      if (status === 'ANNOUNCED')
        requests.move({ id }, () => ({
          trigger: 'announcementCanceled',
          actor: 'SYSTEM',
          kind: 'REQUEST_UNANNOUNCED',
          detail: number,
        }));
    await requests.save();
    await endApplications(work, { controlNumber: number, occurredAt });
  },
});

export const announcementMutations = [
  publishAnnouncement,
  extendAnnouncement,
  closeAnnouncement,
  completeAnnouncement,
  cancelAnnouncement,
];
