import { addDays, civilDate } from '#base/civil';
import { InputError, NotFoundError, RequestError, UnknownReferenceError } from '#base/errors';
import { agencyByKey } from '#domain/agency/directory';
import { addBusinessDays } from '#domain/business-days';
import {
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
import { visible } from '#kit/policy/visible';
import { AIModel } from '../model/ai-model';
import { ownModel } from '../model/ai-model.mutations';
import { ModelVersion } from '../model/model-version';
import { endProposals } from '../partner/partner.mutations';
import { submissionRights } from '../policy';
import { CapabilityArea, Declaration, SelfEvaluation } from './declaration';
import { DestructionObligation } from './destruction-obligation';
import { closeRequests } from './intake.mutations';
import { KnownReview } from './known-review';
import { LaunchReference } from './launch-plan';
import { submissionLifecycle } from './lifecycle';
import { newNumber } from './number-series';
import { addPlan, planChange, planFor, replan, type StatedLaunch } from './planning';
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

/** Maximum days ahead for a planned launch. */
const MAX_DAYS_AHEAD = 5 * 365;
/** Business days in which holders must destroy what they hold of a withdrawn submission. */
const DESTRUCTION_BUSINESS_DAYS = 10;

const launchPlanInput = objectInput('LaunchPlanInput', 'Planned launch, by time or by day.', {
  plannedLaunchAt: optional(dateTimeInput('Planned time of launch. Give either this or plannedLaunchDate.')),
  plannedLaunchDate: optional(
    dateInput('Planned day of launch, if the time is unknown. It means the first instant of the day.'),
  ),
  reference: optional(
    enumInput(
      () => LaunchReference,
      'Event that the plan dates. Defaults to the public launch, unless the server is configured otherwise.',
    ),
  ),
});

const content = {
  sharingPreference: enumInput(
    () => SharingPreference,
    'Agencies with which to share the submission once it is filed.',
  ),
  requestedAgencies: listInput(idInput('Key of an agency.'), 'Agencies to share the submission with by name.', {
    max: 66,
  }),
  sectorsOfConcern: listInput(
    idInput('Key of a sector.'),
    'Critical-infrastructure sectors that the model may affect.',
    {
      max: 30,
    },
  ),
  mitigationsDeclared: longTextInput('Mitigations that you declare.'),
  declaredCapabilities: listInput(
    objectInput('DeclarationInput', 'Capability that a developer declares.', {
      area: enumInput(() => CapabilityArea, 'Area of the capability.'),
      statement: longTextInput('Statement about the capability.'),
    }),
    'Capabilities that you declare.',
    { max: 50 },
  ),
  selfEvaluations: listInput(
    objectInput('SelfEvaluationInput', 'Evaluation result measured by the developer.', {
      evaluation: textInput('Name of the evaluation, such as "cybench".'),
      score: floatInput('Score, from 0 to 1.', { min: 0, max: 1 }),
      method: textInput('Measurement method.'),
    }),
    'Evaluation results that you measured.',
    { max: 100 },
  ),
};

type PlanInput = InputOf<{ plan: typeof launchPlanInput }>['plan'];

/** Launch plan from an input. @throws InputError unless the input has exactly one launch time, in the future and within the limit */
function readPlan(plan: PlanInput, now: string): StatedLaunch {
  const path = ['input', 'launchPlan'];
  const { plannedLaunchAt, plannedLaunchDate } = plan;
  if ((plannedLaunchAt === null) === (plannedLaunchDate === null))
    throw new InputError('Give either "plannedLaunchAt" or "plannedLaunchDate"', path);
  const field = [...path, plannedLaunchAt === null ? 'plannedLaunchDate' : 'plannedLaunchAt'];
  const planned: PlannedLaunch = plannedLaunchAt === null ? { date: plannedLaunchDate! } : { at: plannedLaunchAt };
  const latest = addDays(civilDate(now), MAX_DAYS_AHEAD);
  const planDate = 'at' in planned ? civilDate(planned.at) : planned.date;
  if (planDate > latest)
    throw new InputError(
      `The planned launch, ${planDate}, is more than ${MAX_DAYS_AHEAD / 365} years ahead: choose ${latest} or earlier`,
      field,
    );
  const at = launchInstant(planned);
  if (at <= now)
    throw new InputError(
      `The planned launch, ${at}, has passed: it is now ${now}. Use recordLaunch for a launch that has happened`,
      field,
    );
  return { plannedLaunchAt: at, plannedLaunchDate, reference: plan.reference ?? defaultReference };
}

/** Writes the content fields that the input contains. */
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
      input.declaredCapabilities.map((declaration) => ({
        ...declaration,
        id: work.newId('dcl'),
        submissionId: id,
        exercise,
      })),
    );
  }
  if (input.selfEvaluations !== undefined) {
    await database.query(`DELETE FROM ${database.table(SelfEvaluation)} WHERE submission_id = ?`, [id]);
    await database.insert(
      SelfEvaluation,
      input.selfEvaluations.map((evaluation) => ({ ...evaluation, id: work.newId('sev'), submissionId: id, exercise })),
    );
  }
}

async function ownVersion(work: Work, id: string): Promise<{ version: ModelVersion; model: AIModel }> {
  const version = await visible(work, submissionRights, ModelVersion, id);
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
  description: 'Drafts a submission of a version of your model. The government sees nothing before you file it.',
  by: ['DEVELOPER'],
  input: {
    versionId: idInput('Model version id.'),
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
    const stated = readPlan(launchPlan, work.now);
    const { opens, closes } = reviewWindow({ at: stated.plannedLaunchAt });
    const submission = Object.assign(new Submission(), {
      id: work.newId('sub'),
      number: await newNumber(work),
      developerKey: model.developerKey,
      modelId: model.id,
      versionId: version.id,
      lifecycle: submissionLifecycle.next(null, 'draftSubmission', work.actor, {} as never),
      intakeStatus: 'UNCHECKED',
      createdAt: work.now,
      plannedLaunchAt: stated.plannedLaunchAt,
      windowOpensAt: opens,
      windowClosesAt: closes,
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
    await addPlan(work, submission, await planFor(work, submission.id, stated), null);
    const fields = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
    await writeContent(work, submission, fields);
    file.happen({ kind: 'DRAFTED', actor: work.actor, toState: 'DRAFT' });
    return file.save();
  },
});

const submissionInput = { id: idInput('Submission id.'), expectedRevision: expectedRevisionInput() };
/**
 * Input for ending the developer's part. The revision is optional: without it, no concurrent change makes the mutation fail (N2).
 */
const endInput = {
  id: idInput('Submission id.'),
  expectedRevision: optional(expectedRevisionInput()),
};

const amendSubmission = mutation({
  name: 'amendSubmission',
  description:
    'Changes the content of a draft or filed submission, the agencies it is shared with, or, for a new checkpoint, its model version. Omitted fields stay unchanged; lists are replaced as a whole. Agencies no longer named lose their access.',
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
    if (changed.length === 0)
      throw new InputError('The input changes nothing: give at least one field beside the id', ['input']);
    file.move('amendSubmission', 'AMENDED', {}, { detail: changed.map(([name]) => name).join(', ') });
    if (versionId !== undefined) {
      const { version, model } = await ownVersion(work, versionId);
      if (model.id !== submission.modelId)
        throw new InputError('The version belongs to another model: file a separate submission for it', [
          'input',
          'versionId',
        ]);
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

/** I2: one filed submission per version. The unique index enforces it; this check gives the readable error. */
async function claimVersion(work: Work, submission: Submission, field: string): Promise<void> {
  const [other] = await work.database.findBy(Submission, 'filedVersionId', [submission.versionId]);
  if (other && other.id !== submission.id)
    throw new RequestError(
      'ALREADY_FILED',
      `This version of the model is already filed as ${other.number}: amend that submission, or register a new version`,
      ['input', field],
    );
  submission.filedVersionId = submission.versionId;
}

const fileSubmission = mutation({
  name: 'fileSubmission',
  description:
    'Files a draft and shares it with the chosen agencies. Filing is voluntary, possible until the planned launch, and requires no consent.',
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
  description: 'Discards a draft. Its content is erased after 30 days.',
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
    'Moves the planned launch, earlier or later, at any time before launch. It requires no consent; the window, access, and targets follow.',
  by: ['DEVELOPER'],
  input: {
    ...submissionInput,
    launchPlan: launchPlanInput,
    reason: optional(longTextInput('Reason for the change, if you want to give one.')),
  },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, launchPlan, reason }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const plan = await planFor(work, id, readPlan(launchPlan, work.now));
    file.move('changeLaunchPlan', 'PLAN_CHANGED', {}, { detail: planChange(plan) });
    await replan(work, file, plan, reason);
    return file.save();
  },
});

const recordLaunch = mutation({
  name: 'recordLaunch',
  description:
    'Records the launch of a model, at any time and whatever agencies are doing. The intake office may record it on public evidence.',
  by: ['DEVELOPER', 'INTAKE'],
  input: {
    ...endInput,
    launchedAt: dateTimeInput('Time of the launch; not in the future.'),
    scope: enumInput(() => LaunchScope, 'Audience of the launch.'),
    evidence: optional(urlInput('Address of public evidence; required from the intake office.')),
    publicName: optional(textInput('Public name of the model.')),
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
    await endProposals(work, file);
    work.emit(submissionEnded, id, { lifecycle: 'NOT_RELEASED', endedAt: work.now });
    return file.save();
  },
});

const withdrawSubmission = mutation({
  name: 'withdrawSubmission',
  description:
    'Withdraws a submission, at any time, without a reason or consent. Access, open determinations, and open reviews end, and every holder must destroy what it holds.',
  by: ['DEVELOPER'],
  input: { ...endInput, reason: optional(longTextInput('Reason for the withdrawal, if you want to give one.')) },
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
    const holders = new Set(
      file.access.grants.filter(({ acceptedAt }) => acceptedAt !== null).map(({ agencyKey }) => agencyKey),
    );
    for (const agencyKey of await sharedWith(work, submission)) holders.add(agencyKey);
    file.access.end(work.now, { keepConsented: false });
    await closeRequests(work, id);
    await endProposals(work, file);
    const dueOn = addBusinessDays(civilDate(work.now), DESTRUCTION_BUSINESS_DAYS);
    await work.database.insert(
      DestructionObligation,
      ['intake', ...[...holders].sort()].map((holder) => ({
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
    await endProposals(work, file);
    work.emit(submissionClosed, id, { closedAt: work.now });
    return file.save();
  },
});

const assignAgency = mutation({
  name: 'assignAgency',
  description:
    'Assigns another agency to a submission that its developer shares with all reviewing agencies. A submission shared with named agencies only cannot be assigned.',
  by: ['INTAKE'],
  input: { ...submissionInput, agencyKey: idInput('Key of the agency, such as "hhs".') },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision, agencyKey }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('assignAgency', 'AGENCY_ASSIGNED', {}, { agencyKey });
    if (!agencyByKey(agencyKey)) throw new UnknownReferenceError('agency', agencyKey, ['input', 'agencyKey']);
    if (submission.sharingPreference !== 'ALL_REVIEWING_AGENCIES')
      throw new RequestError(
        'PRECONDITION_FAILED',
        'The developer shares this submission only with the agencies it names',
        ['input', 'agencyKey'],
        { trigger: 'assignAgency', guard: 'sharingPreference' },
      );
    if ((await sharedWith(work, submission)).includes(agencyKey))
      throw new RequestError('ALREADY_EXISTS', `The developer already shares this submission with "${agencyKey}"`, [
        'input',
        'agencyKey',
      ]);
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
