import { civilDate } from '#base/civil';
import { InputError } from '#base/errors';
import { addBusinessDays } from '#domain/business-days';
import { dateInput, expectedRevisionInput, idInput, longTextInput, optional } from '#kit/mutation/input';
import { mutation } from '#kit/mutation/mutation';
import type { Work } from '#kit/mutation/work';
import { StateMachine } from '#kit/state/state-machine';
import { InformationRequest } from './information-request';
import { Submission } from './submission';
import { SubmissionFile } from './submission-file';

/** Default due date of an information request, in business days. */
const ANSWER_BUSINESS_DAYS = 5;

/** Intake check for completeness. It stops no clock and hides nothing from agencies. */
export const intakeLifecycle = new StateMachine<Submission['intakeStatus']>(
  'intake check',
  ['UNCHECKED', 'COMPLETE', 'INFORMATION_REQUESTED'],
  [
    { trigger: 'completeIntakeCheck', from: ['UNCHECKED', 'INFORMATION_REQUESTED'], to: 'COMPLETE', by: ['INTAKE'] },
    {
      trigger: 'requestInformation',
      from: ['UNCHECKED', 'COMPLETE', 'INFORMATION_REQUESTED'],
      to: 'INFORMATION_REQUESTED',
      by: ['INTAKE'],
    },
    {
      trigger: 'answerInformationRequest',
      from: ['UNCHECKED', 'COMPLETE', 'INFORMATION_REQUESTED'],
      to: 'UNCHECKED',
      by: ['DEVELOPER'],
    },
  ],
);

export const informationRequestLifecycle = new StateMachine<InformationRequest['status']>(
  'information request',
  ['OPEN', 'ANSWERED', 'CLOSED'],
  [
    { trigger: 'requestInformation', from: null, to: 'OPEN', by: ['INTAKE'] },
    { trigger: 'answerInformationRequest', from: 'OPEN', to: 'ANSWERED', by: ['DEVELOPER'] },
    { trigger: 'closeInformationRequest', from: 'OPEN', to: 'CLOSED', by: ['INTAKE'] },
    { trigger: 'submissionEnded', from: 'OPEN', to: 'CLOSED', by: ['SYSTEM'] },
  ],
);

/** Closes open questions when the submission ends. */
export async function closeRequests({ database }: Work, submissionId: string): Promise<void> {
  const status = informationRequestLifecycle.next('OPEN', 'submissionEnded', 'SYSTEM', {});
  await database.updateWhere(InformationRequest, { status }, `submission_id = ? AND status = 'OPEN'`, [submissionId]);
}

const completeIntakeCheck = mutation({
  name: 'completeIntakeCheck',
  description: 'Records that the submission is complete. Agencies see it before and after the check alike.',
  by: ['INTAKE'],
  input: { id: idInput('Submission id.'), expectedRevision: expectedRevisionInput() },
  returns: ['submission', () => Submission],
  async run(work, { id, expectedRevision }) {
    const file = (await SubmissionFile.open(work, id)).expect(expectedRevision);
    const { submission } = file;
    file.move('completeIntakeCheck', 'INTAKE_CHECKED');
    submission.intakeStatus = intakeLifecycle.next(submission.intakeStatus, 'completeIntakeCheck', work.actor, {});
    return file.save();
  },
});

const requestInformation = mutation({
  name: 'requestInformation',
  description: 'Requests information from the developer. The request stops no clock.',
  by: ['INTAKE'],
  input: {
    submissionId: idInput('Submission id.'),
    question: longTextInput('Question for the developer.'),
    dueOn: optional(
      dateInput(`Date by which an answer would help; ${ANSWER_BUSINESS_DAYS} business days from now by default.`),
    ),
  },
  returns: ['informationRequest', () => InformationRequest],
  async run(work, { submissionId, question, dueOn }) {
    const today = civilDate(work.now);
    if (dueOn !== null && dueOn < today)
      throw new InputError(`"dueOn" is ${dueOn}, which has passed: choose ${today} or later`, ['input', 'dueOn']);
    const file = await SubmissionFile.open(work, submissionId, 'submissionId');
    const { submission } = file;
    const id = work.newId('inf');
    file.move('requestInformation', 'INFORMATION_REQUESTED', {}, { objectId: id });
    submission.intakeStatus = intakeLifecycle.next(submission.intakeStatus, 'requestInformation', work.actor, {});
    await work.database.insert(InformationRequest, [
      {
        id,
        submissionId,
        question,
        askedAt: work.now,
        dueOn: dueOn ?? addBusinessDays(today, ANSWER_BUSINESS_DAYS),
        answeredAt: null,
        answer: null,
        status: informationRequestLifecycle.next(null, 'requestInformation', work.actor, {}),
        overdueNoted: false,
        revision: 1,
        exercise: submission.exercise,
      },
    ]);
    await file.save();
    return id;
  },
});

const openRequest = (work: Work, id: string, expectedRevision: number) =>
  SubmissionFile.of(work, InformationRequest, 'information request', id, expectedRevision);

const requestInput = { id: idInput('Information request id.'), expectedRevision: expectedRevisionInput() };

const answerInformationRequest = mutation({
  name: 'answerInformationRequest',
  description: 'Answers an information request. The intake office then checks the submission again.',
  by: ['DEVELOPER'],
  input: { ...requestInput, answer: longTextInput('Answer to the question.') },
  returns: ['informationRequest', () => InformationRequest],
  async run(work, { id, expectedRevision, answer }) {
    const { file, object: request } = await openRequest(work, id, expectedRevision);
    const { submission } = file;
    const status = informationRequestLifecycle.next(request.status, 'answerInformationRequest', work.actor, {});
    submission.intakeStatus = intakeLifecycle.next(submission.intakeStatus, 'answerInformationRequest', work.actor, {});
    await work.database.update(InformationRequest, id, {
      status,
      answer,
      answeredAt: work.now,
      revision: expectedRevision + 1,
    });
    file.happen({ kind: 'INFORMATION_PROVIDED', actor: work.actor, objectId: id });
    await file.save();
    return id;
  },
});

const closeInformationRequest = mutation({
  name: 'closeInformationRequest',
  description: 'Closes an information request without an answer. This has no consequence.',
  by: ['INTAKE'],
  input: requestInput,
  returns: ['informationRequest', () => InformationRequest],
  async run(work, { id, expectedRevision }) {
    const { file, object: request } = await openRequest(work, id, expectedRevision);
    const status = informationRequestLifecycle.next(request.status, 'closeInformationRequest', work.actor, {});
    await work.database.update(InformationRequest, id, { status, revision: expectedRevision + 1 });
    file.happen({ kind: 'INFORMATION_REQUEST_CLOSED', actor: work.actor, objectId: id });
    await file.save({ changed: false });
    return id;
  },
});

export const intakeMutations = [
  completeIntakeCheck,
  requestInformation,
  answerInformationRequest,
  closeInformationRequest,
];
