import { UnknownReferenceError } from '#base/errors';
import { type ChangeableType, ChangeSet, itsAgency, ofOwnAgency } from '#domain/change-set';
import { callersOf, reasonInput, targetInput, verb } from '#domain/verbs';
import { marks } from '#kit/database/marks';
import { bulk } from '#kit/mutation/bulk';
import { enumInput, idInput, textInput } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { LIVE_SQL } from '../application/application';
import { HiringAuthority, HiringRequest, type HiringRequestStatus } from '../position/position';
import { openPositions } from '../position/position.mutations';
import { WorkforceEvent } from '../timeline/workforce-event';
import { type HiringRequestFacts, hiringRequestLifecycle } from './lifecycle';

/** Hiring requests as mutations change them: those of the caller's agency. */
export const HIRING_REQUESTS: ChangeableType<HiringRequest, HiringRequestStatus, HiringRequestFacts> = {
  type: HiringRequest,
  machine: hiringRequestLifecycle,
  state: 'status',
  timeline: WorkforceEvent,
  subject: 'HIRING_REQUEST',
  agencyOf: itsAgency,
  isOpenTo: ofOwnAgency,
};

const returns = ['hiringRequest', () => HiringRequest] as const;
const target = targetInput('the hiring request');
const authority = (text: string) => enumInput(() => HiringAuthority, text);
const shared = { of: HIRING_REQUESTS, returns, target };

/** Locks the requests that inputs name. */
export const openRequests = (work: Work, ids: readonly string[]) => ChangeSet.open(HIRING_REQUESTS, work, ids);

/** Positions that have an open request. */
async function positionsWithRequest({ database }: Work, positionIds: readonly string[]): Promise<Set<string>> {
  const rows = await database.query<{ id: string }>(
    `SELECT position_id AS id FROM ${database.table(HiringRequest)}
     WHERE position_id IN (${marks(positionIds)}) AND status NOT IN ('FILLED', 'CANCELLED')`,
    positionIds,
  );
  return new Set(rows.map(({ id }) => id));
}

const draftHiringRequest = bulk({
  name: 'draftHiringRequest',
  plural: 'draftHiringRequests',
  description: 'Drafts a request to fill a vacant position.',
  by: callersOf(hiringRequestLifecycle, 'draftHiringRequest'),
  input: {
    position: idInput('Id of the position.'),
    authority: authority('Hiring authority that the manager proposes. HR decides when the request is ready.'),
    hiringManager: textInput('Title of the hiring manager, not a personal name.'),
  },
  returns,
  async open(work, inputs) {
    const positionIds = inputs.map(({ position }) => position);
    const positions = await openPositions(work, positionIds);
    const taken = positionIds.length === 0 ? new Set<string>() : await positionsWithRequest(work, positionIds);
    const requests = await openRequests(work, []);
    return {
      apply({ position: positionId, ...fields }) {
        const position = positions.get(positionId);
        if (!position) throw new UnknownReferenceError('position', positionId, ['input', 'position']);
        const added = requests.add(
          {
            ...fields,
            ...{ id: work.newId('hrq'), agencyKey: position.agencyKey, positionId },
            ...{ needValidatedAt: null, offerAcceptedAt: null, enteredOnDutyAt: null },
            ...{ hrSpecialist: null, jobAnalysisRef: null, revision: 1, exercise: false },
          },
          {
            trigger: 'draftHiringRequest',
            facts: { positionStatus: position.status, hasOpenRequest: taken.has(positionId) },
            kind: 'REQUEST_DRAFTED',
          },
        );
        taken.add(positionId);
        return added;
      },
      save: () => requests.save(),
    };
  },
});

const submitHiringRequest = mutation({
  name: 'submitHiringRequest',
  description:
    'Submits a drafted request to HR. The first time, the hiring need is validated, and the time to hire begins.',
  by: callersOf(hiringRequestLifecycle, 'submitHiringRequest'),
  input: target,
  returns,
  async run(work, input) {
    const requests = await openRequests(work, [input.id]);
    const positions = await openPositions(
      work,
      requests.all.map(({ positionId }) => positionId),
    );
    let begins: HiringRequest | undefined;
    requests.move(input, (request) => {
      if (request.needValidatedAt === null) begins = request;
      return {
        trigger: 'submitHiringRequest',
        facts: { positionStatus: positions.get(request.positionId)!.status },
        kind: 'REQUEST_SUBMITTED',
        change(next, at) {
          next.needValidatedAt ??= at;
        },
      };
    });
    if (begins)
      positions.move({ id: begins.positionId, occurredAt: input.occurredAt }, () => ({
        trigger: 'requestSubmitted',
        actor: 'SYSTEM',
        kind: 'HIRING_STARTED',
      }));
    await positions.save();
    await requests.save();
    return input.id;
  },
});

const takeHiringRequest = verb({
  ...shared,
  name: 'takeHiringRequest',
  description: 'Begins the review of a submitted request by HR.',
  input: { hrSpecialist: textInput('Title of the HR specialist, not a personal name.') },
  step: (_request, { hrSpecialist }) => ({
    kind: 'REQUEST_TAKEN',
    change: (next) => Object.assign(next, { hrSpecialist }),
  }),
});

const returnHiringRequest = verb({
  ...shared,
  name: 'returnHiringRequest',
  description: 'Returns a request to the hiring manager. The time to hire keeps running.',
  input: { reason: reasonInput() },
  step: (_request, { reason }) => ({ kind: 'REQUEST_RETURNED', detail: reason }),
});

const readyHiringRequest = mutation({
  name: 'readyHiringRequest',
  description: 'Finds a request ready to announce.',
  by: callersOf(hiringRequestLifecycle, 'readyHiringRequest'),
  input: {
    ...target,
    authority: authority('Hiring authority to use.'),
    jobAnalysisRef: textInput('Location of the job analysis in the system that stores it.'),
  },
  returns,
  async run(work, input) {
    const requests = await openRequests(work, [input.id]);
    const positions = await openPositions(
      work,
      requests.all.map(({ positionId }) => positionId),
    );
    const { authority: chosen, jobAnalysisRef } = input;
    requests.move(input, ({ positionId }) => ({
      trigger: 'readyHiringRequest',
      facts: { positionStatus: positions.get(positionId)!.status },
      kind: 'REQUEST_READY',
      detail: jobAnalysisRef,
      change: (next) => Object.assign(next, { authority: chosen, jobAnalysisRef }),
    }));
    await requests.save();
    return input.id;
  },
});

/** Requests for which a candidate is selected. */
async function requestsWithSelection({ database }: Work, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await database.query<{ id: string }>(
    `SELECT request_id AS id FROM application WHERE request_id IN (${marks(ids)}) AND status IN (${LIVE_SQL})`,
    ids,
  );
  return new Set(rows.map(({ id }) => id));
}

const cancelHiringRequest = bulk({
  name: 'cancelHiringRequest',
  plural: 'cancelHiringRequests',
  description: 'Cancels a request before anyone is hired. Its position is vacant again.',
  by: callersOf(hiringRequestLifecycle, 'cancelHiringRequest'),
  input: { ...target, reason: reasonInput() },
  returns,
  async open(work, inputs) {
    const ids = inputs.map(({ id }) => id);
    const requests = await openRequests(work, ids);
    const selected = await requestsWithSelection(work, ids);
    const positions = await openPositions(
      work,
      requests.all.map(({ positionId }) => positionId),
    );
    return {
      apply(input) {
        const cancel = requests.prepare(input, (request) => ({
          trigger: 'cancelHiringRequest',
          facts: { hasLiveSelection: selected.has(request.id) },
          kind: 'REQUEST_CANCELED',
          detail: input.reason,
        }));
        const { positionId, needValidatedAt } = requests.get(input.id)!;
        // hiring for a position begins when its request is submitted
        const release =
          needValidatedAt === null
            ? undefined
            : positions.prepare({ id: positionId, occurredAt: input.occurredAt }, () => ({
                trigger: 'requestCancelled',
                actor: 'SYSTEM',
                kind: 'HIRING_CANCELED',
                change(next) {
                  if (next.status === 'FROZEN') next.statusBeforeFreeze = 'FUNDED_VACANT';
                },
              }));
        release?.();
        return cancel();
      },
      async save() {
        await requests.save();
        await positions.save();
      },
    };
  },
});

export const hiringRequestMutations = [
  ...draftHiringRequest,
  submitHiringRequest,
  takeHiringRequest,
  returnHiringRequest,
  readyHiringRequest,
  ...cancelHiringRequest,
];
