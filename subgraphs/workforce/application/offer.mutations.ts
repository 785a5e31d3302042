import { RequestError, UnknownReferenceError } from '#base/errors';
import { enteredOnDuty } from '#domain/contracts/events';
import { callersOf, reasonInput, targetInput } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { enumeration } from '#kit/model/enumeration';
import { bulk } from '#kit/mutation/bulk';
import { enumInput, type InputFields, type InputOf, idInput, optional, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { Announcement } from '../announcement/announcement';
import { openAnnouncements, requestsOf } from '../announcement/announcement.mutations';
import { HiringRequest } from '../position/position';
import { openPositions } from '../position/position.mutations';
import { emitStaffing, type StaffingChange } from '../position/staffing-events';
import { openRequests } from '../request/hiring-request.mutations';
import { Application, Certificate, LIVE_SQL } from './application';
import { endSelection, requestIdsOf } from './application.mutations';
import { namesOn } from './certificate.mutations';
import { endApplications, lockEnded } from './ending';
import { applicationLifecycle } from './lifecycle';
import { APPLICATIONS, asSystem, openApplications, openCertificates } from './types';

const returns = ['application', () => Application] as const;
const target = targetInput('the application');

export const RescindReason = enumeration('RescindReason', 'Why an agency rescinded an offer.', {
  INVESTIGATION: 'The background investigation was unfavorable.',
  FUNDING: 'The position lost its funding.',
  MISSTATEMENT: 'The application had a false statement.',
  ERROR: 'The offer was made in error.',
  OTHER: 'Any other reason.',
});
export const DeclineReason = enumeration('DeclineReason', 'Why a candidate did not take an offer.', {
  SALARY: 'The salary.',
  OTHER_OFFER: 'Another offer.',
  DELAY: 'Hiring took too long.',
  LOCATION: 'The duty station.',
  NO_SHOW: 'The candidate did not appear on the day of entry.',
  OTHER: 'Any other reason, or none stated.',
});

/** Requests that a selection from a certificate can fill: open ones of its agency for positions that are not frozen, its own first. */
async function openRequestsOf(work: Work, { agencyKey, requestId, controlNumber }: Certificate) {
  const ids = [requestId, ...(await requestsOf(work, controlNumber)).filter((id) => id !== requestId)];
  const requests = await openRequests(work, ids);
  const frozen = await frozenAmong(work, requests.all);
  return ids.flatMap((id): HiringRequest[] => {
    const request = requests.get(id);
    const isOpen = request?.status === 'READY' || request?.status === 'ANNOUNCED';
    return isOpen && request.agencyKey === agencyKey && !frozen.has(request.positionId) ? [request] : [];
  });
}

/** Frozen positions of requests. All of them are locked. */
async function frozenAmong(work: Work, requests: readonly HiringRequest[]): Promise<Set<string>> {
  const ids = requests.map(({ positionId }) => positionId);
  return frozenIn(await openPositions(work, ids));
}

type Positions = Awaited<ReturnType<typeof openPositions>>;

const frozenIn = (positions: Positions): Set<string> =>
  new Set(positions.all.flatMap(({ id, status }) => (status === 'FROZEN' ? id : [])));

/** Requests that have a candidate who is selected, or has an offer. */
async function filledBySelection({ database }: Work, requests: readonly HiringRequest[]): Promise<Set<string>> {
  if (requests.length === 0) return new Set();
  const ids = requests.map(({ id }) => id);
  const rows = await database.query<{ id: string }>(
    `SELECT request_id AS id FROM application WHERE request_id IN (${marks(ids)}) AND status IN (${LIVE_SQL})`,
    ids,
  );
  return new Set(rows.map(({ id }) => id));
}

/** A certificate of the caller's agency, read before the locks. */
async function certificateOf({ database, principal }: Work, id: string): Promise<Certificate> {
  const [certificate] = await database.findBy(Certificate, 'id', [id]);
  if (certificate?.agencyKey !== principal.agency)
    throw new UnknownReferenceError('certificate', id, ['input', 'certificate']);
  return certificate!;
}

const selectCandidate = mutation({
  name: 'selectCandidate',
  description:
    'Selects a candidate from an open certificate, for its hiring request or another open one of the announcement. An announcement never has more selections under way than open requests.',
  by: callersOf(applicationLifecycle, 'selectCandidate'),
  input: { ...target, certificate: idInput('Id of the certificate that the candidate is on.') },
  returns,
  async run(work, { certificate: certificateId, ...aim }) {
    const named = await certificateOf(work, certificateId);
    const { controlNumber } = named;
    // the lock of the announcement puts its selections in order; a shared certificate's is of another agency
    const [announcement] = await work.database.lockAll(Announcement, [controlNumber]);
    const requests = await openRequestsOf(work, named);
    const certificate = (await openCertificates(work, [certificateId])).get(certificateId)!;
    const applications = await openApplications(work, [aim.id]);
    if (applications.get(aim.id) && !(await namesOn(work, certificateId)).includes(aim.id))
      throw new UnknownReferenceError('certificate with this application', certificateId, ['input', 'certificate']);
    const taken = await filledBySelection(work, requests);
    const free = requests.find(({ id }) => !taken.has(id));
    applications.move(aim, () => ({
      trigger: 'selectCandidate',
      facts: {
        isCertificateOpen: certificate.status === 'IN_MANAGER_REVIEW' && certificate.expiresAt > work.now,
        isCanceled: !certificate.isShared && announcement!.status === 'JOB_CANCELED',
        openRequests: requests.length,
        liveSelections: taken.size,
      },
      kind: 'CANDIDATE_SELECTED',
      detail: certificateId,
      change(next) {
        next.requestId = free!.id;
      },
    }));
    await applications.save();
    if (!certificate.isShared) await noteSelection(work, controlNumber);
    return aim.id;
  },
});

/** Moves the announcement at its first selection after it closed. */
async function noteSelection(work: Work, controlNumber: string): Promise<void> {
  const announcements = await openAnnouncements(work, [controlNumber]);
  if (announcements.get(controlNumber)?.status !== 'APPLICATIONS_UNDER_REVIEW') return;
  announcements.move({ id: controlNumber }, () => ({
    trigger: 'candidateSelected',
    actor: 'SYSTEM',
    kind: 'ANNOUNCEMENT_SELECTED',
  }));
  await announcements.save();
}

const withdrawSelection = mutation({
  name: 'withdrawSelection',
  description:
    'Withdraws a selection before any offer. The candidate is referred again, or not selected if the announcement has ended.',
  by: callersOf(applicationLifecycle, 'withdrawSelection'),
  input: { ...target, reason: reasonInput() },
  returns,
  async run(work, { reason, ...aim }) {
    const [found] = await work.database.findBy(Application, 'id', [aim.id]);
    // an application of others takes as long as a missing one
    const named = found && APPLICATIONS.isOpenTo(work, found) ? found : undefined;
    const hasEnded = named !== undefined && (await lockEnded(work, named.controlNumber));
    const step = { trigger: 'withdrawSelection', kind: 'SELECTION_WITHDRAWN', detail: reason };
    const key = await endSelection(work, aim, () => step);
    const { occurredAt } = aim;
    if (hasEnded) await endApplications(work, { controlNumber: named.controlNumber, among: [key], occurredAt });
    return key;
  },
});

interface Offer<Fields extends InputFields> {
  readonly name: string;
  readonly description: string;
  readonly input: Fields;
  readonly step: (input: InputOf<Fields>) => { readonly kind: string; readonly detail?: string };
}

/** A mutation that makes an offer, for a position that is not frozen. Its trigger is its name. */
function offer<Fields extends InputFields>({ name, description, input, step }: Offer<Fields>) {
  return mutation({
    name,
    description,
    by: callersOf(applicationLifecycle, name),
    input: { ...target, ...input },
    returns,
    async run(work, values) {
      const aim = values as InputOf<typeof target>;
      const requests = await openRequests(work, await requestIdsOf(work, [aim.id]));
      const frozen = await frozenAmong(work, requests.all);
      const applications = await openApplications(work, [aim.id]);
      applications.move(aim, (application) => ({
        trigger: name,
        facts: { isFrozen: isFrozen(application, requests, frozen) },
        ...step(values as unknown as InputOf<Fields>),
      }));
      await applications.save();
      return aim.id;
    },
  });
}

const extendTentativeOffer = offer({
  name: 'extendTentativeOffer',
  description: 'Makes a tentative offer to the selected candidate. The position must not be frozen.',
  input: {},
  step: () => ({ kind: 'TENTATIVE_OFFER_MADE' }),
});

const acceptTentativeOffer = mutation({
  name: 'acceptTentativeOffer',
  description:
    'Records that the candidate accepted the tentative offer. The background investigation begins; with an earlier one that is recognized, the final offer is made.',
  by: callersOf(applicationLifecycle, 'acceptTentativeOffer'),
  input: {
    ...target,
    reciprocityRef: optional(textInput('Reference of an earlier investigation that the agency recognizes.')),
  },
  returns,
  async run(work, { reciprocityRef, ...aim }) {
    const requests = await openRequests(work, await requestIdsOf(work, [aim.id]));
    const frozen = await frozenAmong(work, requests.all);
    const applications = await openApplications(work, [aim.id]);
    let acceptedAt = '';
    applications.move(aim, (application) => ({
      trigger: reciprocityRef === null ? 'acceptTentativeOffer' : 'acceptWithReciprocity',
      facts: { isFrozen: isFrozen(application, requests, frozen) },
      kind: 'TENTATIVE_OFFER_ACCEPTED',
      detail: reciprocityRef,
      change(_next, at) {
        acceptedAt = at;
      },
    }));
    await applications.save();
    const request = requests.get(requestIdIn(applications.get(aim.id)!, requests) ?? '');
    if (request)
      await work.database.update(HiringRequest, request.id, {
        offerAcceptedAt: acceptedAt,
        revision: request.revision + 1,
      });
    return aim.id;
  },
});

type Requests = Awaited<ReturnType<typeof openRequests>>;

/** Id of the request that an application fills, which is locked. @throws RequestError if another change set it meanwhile */
function requestIdIn({ requestId }: Application, requests: Requests): string | null {
  if (requestId !== null && !requests.get(requestId))
    throw new RequestError('CONFLICT', 'Another request changed the application at the same time: try again');
  return requestId;
}

/** Whether the position that an application is selected for is frozen. */
function isFrozen(application: Application, requests: Requests, frozen: ReadonlySet<string>): boolean {
  const request = requests.get(requestIdIn(application, requests) ?? '');
  return request !== undefined && frozen.has(request.positionId);
}

const extendFinalOffer = offer({
  name: 'extendFinalOffer',
  description:
    'Makes the final offer, after the investigation or an interim clearance. The position must not be frozen.',
  input: { investigationRef: textInput('Reference of the investigation, or of the interim clearance.') },
  step: ({ investigationRef }) => ({ kind: 'FINAL_OFFER_MADE', detail: investigationRef }),
});

const rescindOffer = mutation({
  name: 'rescindOffer',
  description: 'Takes back an offer. The hiring request is free for another candidate.',
  by: callersOf(applicationLifecycle, 'rescindOffer'),
  input: { ...target, reason: enumInput(() => RescindReason, 'Reason.') },
  returns,
  run: (work, { reason, ...aim }) =>
    endSelection(work, aim, () => ({ trigger: 'rescindOffer', kind: 'OFFER_RESCINDED', detail: reason })),
});

const declineOffer = mutation({
  name: 'declineOffer',
  description:
    'Records that the candidate declined an offer, or did not appear. The hiring request is free for another.',
  by: callersOf(applicationLifecycle, 'declineOffer'),
  input: { ...target, reason: enumInput(() => DeclineReason, 'Reason.') },
  returns,
  run: (work, { reason, ...aim }) =>
    endSelection(work, aim, () => ({ trigger: 'declineOffer', kind: 'OFFER_DECLINED', detail: reason })),
});

const recordEntryOnDuty = bulk({
  name: 'recordEntryOnDuty',
  plural: 'recordEntriesOnDuty',
  description: 'Records that the candidate entered on duty, which fills the hiring request and its position.',
  by: callersOf(applicationLifecycle, 'recordEntryOnDuty'),
  input: target,
  returns,
  async open(work, inputs) {
    const ids = inputs.map(({ id }) => id);
    const requests = await openRequests(work, await requestIdsOf(work, ids));
    const positions = await openPositions(
      work,
      requests.all.map(({ positionId }) => positionId),
    );
    const frozen = frozenIn(positions);
    const applications = await openApplications(work, ids);
    const elsewhere = await openOthers(work, applications.all);
    const entered: StaffingChange[] = [];
    return {
      apply(input) {
        let at = '';
        const enter = applications.prepare(input, (application) => ({
          trigger: 'recordEntryOnDuty',
          facts: { requestId: requestIdIn(application, requests), isFrozen: isFrozen(application, requests, frozen) },
          kind: 'ENTERED_ON_DUTY',
          change(_next, occurredAt) {
            at = occurredAt;
          },
        }));
        const { requestId, sharedFromId } = applications.get(input.id)!;
        const byUs = { trigger: 'enteredOnDuty', actor: 'SYSTEM' };
        const fillRequest = requests.prepare({ id: requestId!, occurredAt: at }, () => ({
          ...byUs,
          kind: 'REQUEST_FILLED',
          change(next) {
            next.enteredOnDutyAt = at;
          },
        }));
        const { positionId } = requests.get(requestId!)!;
        const fillPosition = positions.prepare({ id: positionId, occurredAt: at }, () => ({
          ...byUs,
          kind: 'POSITION_FILLED',
        }));
        fillRequest();
        fillPosition();
        elsewhere.end(sharedFromId, at);
        entered.push({ position: positions.get(positionId)!, at });
        return enter();
      },
      async save() {
        await requests.save();
        await positions.save();
        await applications.save();
        await elsewhere.save();
        await emitStaffing(work, enteredOnDuty, entered);
      },
    };
  },
});

/** Applications from which other ones were shared: they end when another agency hires the candidate. */
async function openOthers(work: Work, applications: readonly Application[]) {
  const origins = await openApplications(
    asSystem(work),
    applications.flatMap(({ sharedFromId }) => sharedFromId ?? []),
  );
  return {
    end(id: string | null, occurredAt: string): void {
      const status = id === null ? undefined : origins.get(id)?.status;
      if (status !== 'REFERRED' && status !== 'INTERVIEWED') return;
      origins.move({ id: id!, occurredAt }, () => ({
        trigger: 'hiredElsewhere',
        actor: 'SYSTEM',
        kind: 'HIRED_ELSEWHERE',
      }));
    },
    save: () => origins.save(),
  };
}

export const offerMutations = [
  selectCandidate,
  withdrawSelection,
  extendTentativeOffer,
  acceptTentativeOffer,
  extendFinalOffer,
  rescindOffer,
  declineOffer,
  ...recordEntryOnDuty,
];
