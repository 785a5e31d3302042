import { InputError, NotFoundError, RequestError, requireRevision } from '#base/errors';
import { DESIGNATING_AGENCY } from '#domain/agency/reviewing-agencies';
import { DesignationOutcome } from '#domain/contracts/designation-outcome';
import { inquiryAnswered } from '#domain/contracts/events';
import { appendTimeline } from '#domain/timeline';
import {
  booleanInput,
  enumInput,
  expectedRevisionInput,
  idInput,
  longTextInput,
  optional,
  textInput,
} from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { AIModel } from '../model/ai-model';
import { ownModel } from '../model/ai-model.mutations';
import { CoverageInquiry } from './coverage-inquiry';
import { InquiryEvent, type InquiryEventKind } from './inquiry-event';
import { inquiryLifecycle } from './lifecycle';

const askForCoverage = mutation({
  name: 'askForCoverage',
  description:
    'Asks NSA, during development, whether your model is a covered frontier model. Asking is voluntary; filing and launching need no answer.',
  by: ['DEVELOPER'],
  input: {
    modelId: idInput('Model id.'),
    statement: optional(longTextInput('Description of the model, as far as you want to give one.')),
  },
  returns: ['inquiry', () => CoverageInquiry],
  async run(work, { modelId, statement }) {
    const { database, actor, now } = work;
    const { developerKey, exercise } = await ownModel(work, modelId, 'modelId');
    // concurrent questions about a model wait for each other
    const { releaseStatus } = (await database.lock(AIModel, modelId))!;
    if (releaseStatus !== 'UNRELEASED')
      throw new InputError('The model has been released: ask during development', ['input', 'modelId']);
    const earlier = await database.findBy(CoverageInquiry, 'modelId', [modelId]);
    const open = earlier.find(({ status }) => status === 'ASKED' || status === 'IN_DISCUSSION');
    if (open)
      throw new RequestError(
        'ALREADY_EXISTS',
        `Inquiry ${open.id} about this model is ${open.status}: withdraw it to ask again`,
        ['input', 'modelId'],
      );
    const inquiry = {
      id: work.newId('cin'),
      developerKey: developerKey!,
      modelId,
      statement,
      status: inquiryLifecycle.next(null, 'askForCoverage', actor, {}),
      askedAt: now,
      answeredAt: null,
      answerId: null,
      revision: 1,
      exercise,
    };
    await database.insert(CoverageInquiry, [inquiry]);
    await note(work, inquiry, 'ASKED', null, inquiry.status);
    return inquiry.id;
  },
});

/** Appends an entry to the timeline of an inquiry whose row the caller has locked. */
async function note(
  { database, actor, now }: Work,
  inquiry: { id: string; exercise: boolean },
  kind: keyof typeof InquiryEventKind,
  fromState: string | null,
  toState: string,
): Promise<void> {
  await appendTimeline(database, InquiryEvent, inquiry, now, [{ kind, actor, fromState, toState }], 'inquiryId');
}

/** Locks an inquiry of the caller's organization, or any for the designating agency. @throws NotFoundError, RevisionConflictError */
async function openInquiry(work: Work, id: string, expectedRevision: number | null): Promise<CoverageInquiry> {
  const { database, actor, principal } = work;
  const inquiry = await database.lock(CoverageInquiry, id);
  const mayKnow =
    actor === 'DEVELOPER' ? inquiry?.developerKey === principal.organization : principal.agency === DESIGNATING_AGENCY;
  if (!inquiry || !mayKnow) throw new NotFoundError('coverage inquiry', id, 'id');
  if (expectedRevision !== null) requireRevision('coverage inquiry', inquiry, expectedRevision);
  return inquiry;
}

/** Fires a transition of an inquiry, and stores it with other changes. */
async function move(
  work: Work,
  { id, status, revision, exercise }: CoverageInquiry,
  trigger: string,
  kind: keyof typeof InquiryEventKind,
  changes: Partial<CoverageInquiry> = {},
): Promise<void> {
  const to = inquiryLifecycle.next(status, trigger, work.actor, {});
  await work.database.update(CoverageInquiry, id, { ...changes, status: to, revision: revision + 1 });
  await note(work, { id, exercise }, kind, status, to);
}

const inquiryInput = { id: idInput('Coverage inquiry id.'), expectedRevision: expectedRevisionInput() };

const discussInquiry = mutation({
  name: 'discussInquiry',
  description:
    'Takes up a coverage inquiry with its developer. Only NSA, whose director makes designations, may do so.',
  by: ['AGENCY'],
  input: inquiryInput,
  returns: ['inquiry', () => CoverageInquiry],
  async run(work, { id, expectedRevision }) {
    await move(work, await openInquiry(work, id, expectedRevision), 'discussInquiry', 'DISCUSSED');
    return id;
  },
});

const answerInquiry = mutation({
  name: 'answerInquiry',
  description:
    'Answers a coverage inquiry by a designation of the Director of NSA. Covered means an offer to the developer and no duty. Thresholds and test results stay outside the graph.',
  by: ['AGENCY'],
  input: {
    ...inquiryInput,
    outcome: enumInput(() => DesignationOutcome, 'Outcome of the designation.'),
    criteriaEdition: optional(textInput('Name of the edition of the criteria used; never their content.', { max: 80 })),
    classifiedAnnexExists: optional(
      booleanInput('Whether a classified annex exists outside the graph; false by default.'),
    ),
  },
  returns: ['inquiry', () => CoverageInquiry],
  async run(work, { id, expectedRevision, outcome, criteriaEdition, classifiedAnnexExists }) {
    const inquiry = await openInquiry(work, id, expectedRevision);
    const answerId = work.newId('dsg');
    await move(work, inquiry, 'answerInquiry', 'ANSWERED', { answeredAt: work.now, answerId });
    work.emit(inquiryAnswered, id, {
      designationId: answerId,
      developerKey: inquiry.developerKey,
      outcome,
      criteriaEdition: criteriaEdition ?? undefined,
      classifiedAnnexExists: classifiedAnnexExists ?? false,
      answeredAt: work.now,
      exercise: inquiry.exercise,
    });
    return id;
  },
});

const withdrawInquiry = mutation({
  name: 'withdrawInquiry',
  description: 'Withdraws a coverage inquiry that has no answer yet, without a reason or consent.',
  by: ['DEVELOPER'],
  // without a revision, no concurrent change makes it fail
  input: { id: inquiryInput.id, expectedRevision: optional(expectedRevisionInput()) },
  returns: ['inquiry', () => CoverageInquiry],
  async run(work, { id, expectedRevision }) {
    await move(work, await openInquiry(work, id, expectedRevision), 'withdrawInquiry', 'WITHDRAWN');
    return id;
  },
});

export const inquiryMutations = [askForCoverage, discussInquiry, answerInquiry, withdrawInquiry];
