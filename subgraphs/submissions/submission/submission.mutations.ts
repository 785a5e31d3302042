import { addDays, civilDate } from '#base/civil';
import { InputError, NotFoundError, RequestError, UnknownReferenceError } from '#base/errors';
import { agencyByKey } from '#domain/agency/directory';
import { addBusinessDays } from '#domain/business-days';
import {
  launchPlanChanged,
  submissionAmended,
  submissionClosed,
  submissionEnded,
  submissionFiled,
  submissionLaunched,
} from '#domain/contracts/events';
import { SECTOR_KEYS } from '#domain/sector/sector-keys';
import {
  dateInput,
  dateTimeInput,
  enumInput,
  expectedRevisionInput,
  floatInput,
  type InputOf,
  type InputPath,
  idInput,
  listInput,
  longTextInput,
  objectInput,
  optional,
  textInput,
  unchanged,
  urlInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import { replaceLinks } from '#kit/mutation/replace-links';
import type { Work } from '#kit/mutation/work';
import { AIModel } from '../model/ai-model';
import { ownModel } from '../model/ai-model.mutations';
import { ModelVersion } from '../model/model-version';

import { CapabilityArea, Declaration, SelfEvaluation } from './declaration';
import { DestructionObligation } from './destruction-obligation';
import { closeRequests } from './intake.mutations';
import { KnownReview } from './known-review';
import { LaunchPlan, LaunchReference } from './launch-plan';
import { submissionLifecycle } from './lifecycle';
import { nextNumber } from './number-series';
import {
  LaunchScope,
  SharingPreference,
  Submission,
  SubmissionAgency,
  SubmissionAssignedAgency,
  SubmissionSector,
} from './submission';
import { SubmissionFile, sharedWith } from './submission-file';
import { defaultReference, launchInstant, type PlannedLaunch, reviewWindow } from './window';

/** How far ahead a launch can be planned. */
const FURTHEST_DAYS = 5 * 365;
/** Business days in which those who hold something of a withdrawn submission are to destroy it. */
const DESTRUCTION_BUSINESS_DAYS = 10;

const launchPlanInput = objectInput('LaunchPlanInput', 'When the launch is planned: by the hour, or by the day.', {
  plannedLaunchAt: optional(dateTimeInput('The instant; give this or the day.')),
  plannedLaunchDate: optional(dateInput('The day, when the hour is not known; its first instant is meant.')),
  reference: optional(
    enumInput(() => LaunchReference, 'Which event it is. The public launch, unless this server is set otherwise.'),
  ),
});

const content = {
  sharingPreference: enumInput(() => SharingPreference, 'Which agencies it is shared with once it is filed.'),
  requestedAgencies: listInput(idInput('Key of an agency.'), 'Agencies it is shared with by name.', { max: 66 }),
  sectorsOfConcern: listInput(idInput('Key of a sector.'), 'Critical-infrastructure sectors it may matter to.', {
    max: 30,
  }),
  mitigationsDeclared: longTextInput('Mitigations you declare.'),
  declaredCapabilities: listInput(
    objectInput('DeclarationInput', 'A capability that a developer declares.', {
      area: enumInput(() => CapabilityArea, 'The area it falls in.'),
      statement: longTextInput('Your statement.'),
    }),
    'Capabilities you declare.',
    { max: 50 },
  ),
  selfEvaluations: listInput(
    objectInput('SelfEvaluationInput', 'A result that a developer measured itself.', {
      evaluation: textInput('Which evaluation, such as "cybench".'),
      score: floatInput('The score, from 0 to 1.', { min: 0, max: 1 }),
      method: textInput('How it was measured.'),
    }),
    'Results you measured.',
    { max: 100 },
  ),
};

type PlanInput = InputOf<{ plan: typeof launchPlanInput }>['plan'];

/** The plan that an input says. @throws InputError when it says none, two, one in the past or one too far ahead. */
function readPlan(plan: PlanInput, now: string) {
  const path = ['input', 'launchPlan'];
  const { plannedLaunchAt, plannedLaunchDate } = plan;
  if ((plannedLaunchAt === null) === (plannedLaunchDate === null))
    throw new InputError('Give either "plannedLaunchAt" or "plannedLaunchDate"', path);
  const field = [...path, plannedLaunchAt === null ? 'plannedLaunchDate' : 'plannedLaunchAt'];
  const given: PlannedLaunch = plannedLaunchAt === null ? { date: plannedLaunchDate! } : { at: plannedLaunchAt };
  const furthest = addDays(civilDate(now), FURTHEST_DAYS);
  if (('at' in given ? civilDate(given.at) : given.date) > furthest)
    throw new InputError(
      `The planned launch lies more than ${FURTHEST_DAYS / 365} years ahead: after ${furthest}`,
      field,
    );
  const at = launchInstant(given);
  if (at <= now)
    throw new InputError(
      `The planned launch, ${at}, has passed: it is ${now}. A launch that has happened is recorded with recordLaunch`,
      field,
    );
  const { opens, closes } = reviewWindow(given);
  return {
    plannedLaunchAt: at,
    plannedLaunchDate,
    reference: plan.reference ?? defaultReference,
    window: { windowOpensAt: opens, windowClosesAt: closes },
  };
}

async function addPlan(
  work: Work,
  submission: Submission,
  plan: ReturnType<typeof readPlan>,
  reason: string | null,
): Promise<void> {
  const { plannedLaunchAt, plannedLaunchDate, reference, window } = plan;
  Object.assign(submission, { plannedLaunchAt, ...window });
  await work.database.insert(LaunchPlan, [
    {
      id: work.newId('lpl'),
      submissionId: submission.id,
      planVersion: submission.planVersion,
      plannedLaunchAt,
      plannedLaunchDate,
      reference,
      changedAt: work.now,
      changedBy: 'DEVELOPER',
      reason,
      exercise: submission.exercise,
    },
  ]);
}

/** Writes the parts of what a submission says that are given. */
async function writeContent(
  work: Work,
  submission: Submission,
  input: Partial<InputOf<typeof content>>,
  path: InputPath = ['input'],
): Promise<void> {
  const { database } = work;
  const { id, exercise } = submission;
  if (input.sharingPreference !== undefined) submission.sharingPreference = input.sharingPreference;
  if (input.mitigationsDeclared !== undefined) submission.mitigationsDeclared = input.mitigationsDeclared;
  if (input.requestedAgencies !== undefined) {
    input.requestedAgencies.forEach((key, place) => {
      if (!agencyByKey(key)) throw new UnknownReferenceError('agency', key, [...path, 'requestedAgencies', place]);
    });
    await replaceLinks(database, SubmissionAgency, id, input.requestedAgencies);
  }
  if (input.sectorsOfConcern !== undefined) {
    input.sectorsOfConcern.forEach((key, place) => {
      if (!SECTOR_KEYS.has(key)) throw new UnknownReferenceError('sector', key, [...path, 'sectorsOfConcern', place]);
    });
    await replaceLinks(database, SubmissionSector, id, input.sectorsOfConcern);
  }
  if (input.declaredCapabilities !== undefined) {
    await database.query(`DELETE FROM ${database.table(Declaration)} WHERE submission_id = ?`, [id]);
    await database.insert(
      Declaration,
      input.declaredCapabilities.map((one) => ({ ...one, id: work.newId('dcl'), submissionId: id, exercise })),
    );
  }
  if (input.selfEvaluations !== undefined) {
    await database.query(`DELETE FROM ${database.table(SelfEvaluation)} WHERE submission_id = ?`, [id]);
    await database.insert(
      SelfEvaluation,
      input.selfEvaluations.map((one) => ({ ...one, id: work.newId('sev'), submissionId: id, exercise })),
    );
  }
}

/** A version of the caller's own model. */
async function ownVersion(work: Work, id: string): Promise<{ version: ModelVersion; model: AIModel }> {
  const [version] = await work.database.findBy(ModelVersion, 'id', [id]);
  if (!version?.modelId) throw new UnknownReferenceError('model version', id, ['input', 'versionId']);
  try {
    return { version, model: await ownModel(work, version.modelId, 'versionId') };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new UnknownReferenceError('model version', id, ['input', 'versionId']);
  }
}

const draftSubmission = mutation({
  name: 'draftSubmission',
  description: 'Drafts a submission of a version of your model. The government does not see it before you file it.',
  by: ['DEVELOPER'],
  input: {
    versionId: idInput('The version of the model.'),
    launchPlan: launchPlanInput,
    sharingPreference: content.sharingPreference,
    requestedAgencies: optional(content.requestedAgencies),
    sectorsOfConcern: optional(content.sectorsOfConcern),
    mitigationsDeclared: optional(content.mitigationsDeclared),
    declaredCapabilities: optional(content.declaredCapabilities),
    selfEvaluations: optional(content.selfEvaluations),
  },
  returns: ['submission', () => Submission],
  async run(work, { versionId, launchPlan, ...input }) {
    const { version, model } = await ownVersion(work, versionId);
    const plan = readPlan(launchPlan, work.now);
    const submission = Object.assign(new Submission(), {
      id: work.newId('sub'),
      number: await nextNumber(work),
      developerKey: model.developerKey,
      modelId: model.id,
      versionId: version.id,
      lifecycle: submissionLifecycle.next(null, 'draftSubmission', work.actor, {} as never),
      intakeStatus: 'UNCHECKED',
      createdAt: work.now,
      plannedLaunchAt: plan.plannedLaunchAt,
      ...plan.window,
      sharingPreference: input.sharingPreference,
      planVersion: 1,
      windowNotedVersion: 0,
      dueNotedVersion: 0,
      accessSeconds: 0,
      settledAt: work.now,
      revision: 0,
      exercise: model.exercise,
    });
    await work.database.insert(Submission, [submission]);
    const file = SubmissionFile.create(work, submission);
    await addPlan(work, submission, plan, null);
    const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    await writeContent(work, submission, given);
    file.happen({ kind: 'DRAFTED', actor: work.actor, toState: 'DRAFT' });
    return file.save();
  },
});

const submissionInput = { id: idInput('The submission.'), expectedRevision: expectedRevisionInput() };
/**
 * What ends a developer's part depends on no revision: nothing that anybody else does at the same time may stand in its way.
 */
const endInput = {
  id: idInput('The submission.'),
  expectedRevision: optional(expectedRevisionInput()),
};

const amendSubmission = mutation({
  name: 'amendSubmission',
  description:
    'Changes what a draft or a filed submission says, whom it is shared with, or, for a new checkpoint, which version of the model it is about. What is left out stays; lists are replaced whole. An agency that is no longer named loses its access.',
  by: ['DEVELOPER'],
  input: {
    ...submissionInput,
    versionId: unchanged(idInput('Another version of the same model.')),
    sharingPreference: unchanged(content.sharingPreference),
    requestedAgencies: unchanged(content.requestedAgencies),
    sectorsOfConcern: unchanged(content.sectorsOfConcern),
    mitigationsDeclared: unchanged(content.mitigationsDeclared),
    declaredCapabilities: unchanged(content.declaredCapabilities),
    selfEvaluations: unchanged(content.selfEvaluations),
  },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, versionId, ...input }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    const changed = Object.entries({ versionId, ...input }).filter(([, value]) => value !== undefined);
    if (changed.length === 0) throw new InputError('Nothing is to be changed: give a field beside the key', ['input']);
    file.move('amendSubmission', 'AMENDED', {}, { detail: changed.map(([name]) => name).join(', ') });
    if (versionId !== undefined) {
      const { version, model } = await ownVersion(work, versionId);
      if (model.id !== submission.modelId)
        throw new InputError('The version is of another model: file a submission for that one', ['input', 'versionId']);
      submission.versionId = version.id;
      if (submission.lifecycle === 'FILED') await claimVersion(work, submission, 'versionId');
    }
    await writeContent(work, submission, input);
    if (submission.lifecycle === 'FILED') {
      const agencyKeys = await sharedWith(work, submission);
      file.access.keepOnly(agencyKeys);
      work.emit(submissionAmended, id, { versionId: submission.versionId, agencyKeys });
    }
    return file.save();
  },
});

/** I2: one filed submission of a version. The unique index holds it; this says it in words. */
async function claimVersion(work: Work, submission: Submission, field: string): Promise<void> {
  const [other] = await work.database.findBy(Submission, 'filedVersionId', [submission.versionId]);
  if (other && other.id !== submission.id)
    throw new RequestError(
      'ALREADY_FILED',
      `This version of the model is filed as ${other.number}: amend that submission, or register a new version`,
      ['input', field],
    );
  submission.filedVersionId = submission.versionId;
}

const fileSubmission = mutation({
  name: 'fileSubmission',
  description:
    'Shares a draft with the agencies you chose. It is voluntary, possible until the planned launch, and asks for nobody’s consent.',
  by: ['DEVELOPER'],
  input: submissionInput,
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('fileSubmission', 'FILED');
    submission.filedAt = work.now;
    await claimVersion(work, submission, 'id');
    const agencyKeys = await sharedWith(work, submission);
    if (agencyKeys.length === 0)
      throw new InputError(
        'The draft names no agency: amend it with "requestedAgencies", or share it with ALL_REVIEWING_AGENCIES',
        ['input', 'id'],
      );
    work.emit(submissionFiled, id, {
      number: submission.number,
      developerKey: submission.developerKey,
      modelId: submission.modelId,
      versionId: submission.versionId,
      filedAt: work.now,
      planVersion: submission.planVersion,
      plannedLaunchAt: submission.plannedLaunchAt,
      windowOpensAt: submission.windowOpensAt,
      agencyKeys,
      exercise: submission.exercise,
    });
    file.access.settle();
    return file.save();
  },
});

const discardDraft = mutation({
  name: 'discardDraft',
  description: 'Throws a draft away. What it says is erased after 30 days.',
  by: ['DEVELOPER'],
  input: submissionInput,
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    file.move('discardDraft', 'DISCARDED');
    file.submission.endedAt = work.now;
    return file.save();
  },
});

const changeLaunchPlan = mutation({
  name: 'changeLaunchPlan',
  description:
    'Moves the planned launch, earlier or later, at any time before the launch. Nobody has to agree; the window, access and targets follow.',
  by: ['DEVELOPER'],
  input: {
    ...submissionInput,
    launchPlan: launchPlanInput,
    reason: optional(longTextInput('Why, if you wish to say so.')),
  },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, launchPlan, reason }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    const plan = readPlan(launchPlan, work.now);
    const { plannedLaunchAt } = plan;
    const stillOpen = (opens: string) => opens <= work.now;
    const wasOpen = submission.windowNotedVersion === submission.planVersion && work.now < submission.windowClosesAt;
    file.move('changeLaunchPlan', 'PLAN_CHANGED', {}, { detail: `Launch now planned for ${plannedLaunchAt}` });
    submission.planVersion += 1;
    // a window that was open and stays open does not open again
    if (wasOpen && stillOpen(plan.window.windowOpensAt)) submission.windowNotedVersion = submission.planVersion;
    await addPlan(work, submission, plan, reason);
    file.access.followPlan();
    if (submission.lifecycle === 'FILED')
      work.emit(launchPlanChanged, id, {
        planVersion: submission.planVersion,
        plannedLaunchAt,
        windowOpensAt: submission.windowOpensAt,
        changedAt: work.now,
      });
    file.access.settle();
    return file.save();
  },
});

const recordLaunch = mutation({
  name: 'recordLaunch',
  description:
    'Records that the model was launched: a fact, at any time, whatever any agency is doing. The intake office may record it on public evidence.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    ...endInput,
    launchedAt: dateTimeInput('When it was launched; not in the future.'),
    scope: enumInput(() => LaunchScope, 'To whom.'),
    evidence: optional(urlInput('Public evidence. The intake office must give it.')),
    publicName: optional(textInput('The name it was launched under.')),
  },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, launchedAt, scope, evidence, publicName }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('recordLaunch', 'LAUNCHED', { launchedAt, evidence }, { occurredAt: launchedAt, detail: evidence });
    const developer = work.actor === 'DEVELOPER';
    Object.assign(submission, {
      launchedAt,
      launchScope: scope,
      launchRecordedAt: work.now,
      launchRecordedBy: developer ? 'DEVELOPER' : 'INTAKE',
      launchSource: developer ? 'DEVELOPER' : 'PUBLIC_OBSERVATION',
      launchEvidence: evidence,
      filedVersionId: null,
    });
    file.access.end(launchedAt, { keepConsented: true });
    const { database } = work;
    const releasedOn = civilDate(launchedAt);
    await database.update(AIModel, submission.modelId, {
      releaseStatus: scope,
      releasedOn,
      ...(publicName === null ? {} : { publicName }),
    });
    await database.update(ModelVersion, submission.versionId, { releasedOn });
    work.emit(submissionLaunched, id, { launchedAt });
    return file.save();
  },
});

const declareNotReleased = mutation({
  name: 'declareNotReleased',
  description: 'Declares that the model will not be released. Access and open reviews end.',
  by: ['DEVELOPER'],
  input: endInput,
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('declareNotReleased', 'NOT_RELEASED');
    submission.endedAt = work.now;
    submission.filedVersionId = null;
    file.access.end(work.now, { keepConsented: false });
    await closeRequests(work, id);
    work.emit(submissionEnded, id, { lifecycle: 'NOT_RELEASED', endedAt: work.now });
    return file.save();
  },
});

const withdrawSubmission = mutation({
  name: 'withdrawSubmission',
  description:
    'Takes a submission back: at any time, without a reason, without anybody’s agreement. Access ends, open determinations and reviews end, and every holder is to destroy what it holds.',
  by: ['DEVELOPER'],
  input: { ...endInput, reason: optional(longTextInput('Why, if you wish to say so.')) },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, reason }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    const phase = submission.windowPhase({ clock: { now: () => new Date(work.now) } });
    file.move('withdrawSubmission', 'WITHDRAWN');
    Object.assign(submission, {
      withdrawnAt: work.now,
      withdrawalPhase: phase,
      withdrawalReason: reason,
      endedAt: work.now,
      filedVersionId: null,
    });
    const held = new Set(
      file.access.grants.filter(({ acceptedAt }) => acceptedAt !== null).map(({ agencyKey }) => agencyKey),
    );
    for (const agencyKey of await sharedWith(work, submission)) held.add(agencyKey);
    file.access.end(work.now, { keepConsented: false });
    await closeRequests(work, id);
    const dueOn = addBusinessDays(civilDate(work.now), DESTRUCTION_BUSINESS_DAYS);
    await work.database.insert(
      DestructionObligation,
      ['intake', ...[...held].sort()].map((holder) => ({
        id: work.newId('dst'),
        submissionId: id,
        holder,
        dueOn,
        attestedAt: null,
        attestedBy: null,
        revision: 1,
        exercise: submission.exercise,
      })),
    );
    work.emit(submissionEnded, id, { lifecycle: 'WITHDRAWN', endedAt: work.now });
    return file.save();
  },
});

const closeSubmission = mutation({
  name: 'closeSubmission',
  description: 'Closes the file of a launched model once no review is open.',
  by: ['INTAKE'],
  input: submissionInput,
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const open = await work.database.findBy(KnownReview, 'submissionId', [id]);
    file.move('closeSubmission', 'CLOSED', { openReviews: open.filter((review) => review.open).length });
    file.submission.closedAt = work.now;
    file.access.end(work.now, { keepConsented: false });
    await closeRequests(work, id);
    work.emit(submissionClosed, id, { closedAt: work.now });
    return file.save();
  },
});

const assignAgency = mutation({
  name: 'assignAgency',
  description:
    'Assigns a further agency to a submission that its developer shares with all reviewing agencies. One that is shared with named agencies only stays with these.',
  by: ['INTAKE'],
  input: { ...submissionInput, agencyKey: idInput('The agency, such as "hhs".') },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, agencyKey }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('assignAgency', 'AGENCY_ASSIGNED', {}, { agencyKey });
    if (!agencyByKey(agencyKey)) throw new UnknownReferenceError('agency', agencyKey, ['input', 'agencyKey']);
    if (submission.sharingPreference !== 'ALL_REVIEWING_AGENCIES')
      throw new RequestError(
        'PRECONDITION_FAILED',
        'The developer shares it with the agencies it names, and with no others',
        ['input', 'agencyKey'],
        { trigger: 'assignAgency', guard: 'sharingPreference' },
      );
    if ((await sharedWith(work, submission)).includes(agencyKey))
      throw new RequestError('ALREADY_EXISTS', `It is shared with "${agencyKey}" already`, ['input', 'agencyKey']);
    await work.database.insert(SubmissionAssignedAgency, [{ ownerKey: id, targetKey: agencyKey }]);
    work.emit(submissionAmended, id, {
      versionId: submission.versionId,
      agencyKeys: await sharedWith(work, submission),
    });
    return file.save();
  },
});

export const submissionMutations = [
  draftSubmission,
  amendSubmission,
  fileSubmission,
  discardDraft,
  changeLaunchPlan,
  recordLaunch,
  declareNotReleased,
  withdrawSubmission,
  closeSubmission,
  assignAgency,
];
