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

/** Business days that a developer is given to answer when nothing is said. */
const ANSWER_BUSINESS_DAYS = 5;

/** Whether intake finds a submission complete. It stops no clock and hides nothing. */
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

/** A question of the intake office: open, answered by the developer, or closed without an answer. */
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

/** Questions that are open when a submission ends need no answer any more. */
export async function closeRequests({ database }: Work, submissionId: string): Promise<void> {
  const status = informationRequestLifecycle.next('OPEN', 'submissionEnded', 'SYSTEM', {});
  await database.updateWhere(InformationRequest, { status }, `submission_id = ? AND status = 'OPEN'`, [submissionId]);
}

const completeIntakeCheck = mutation({
  name: 'completeIntakeCheck',
  description: 'Notes that intake finds a submission complete. Agencies see it before and after alike.',
  by: ['INTAKE'],
  input: { id: idInput('The submission.'), expectedRevision: expectedRevisionInput() },
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
  description: 'Asks the developer for information. It stops no clock.',
  by: ['INTAKE'],
  input: {
    submissionId: idInput('The submission.'),
    question: longTextInput('What is asked.'),
    dueOn: optional(dateInput(`By when an answer would help; ${ANSWER_BUSINESS_DAYS} business days when left out.`)),
  },
  returns: ['informationRequest', () => InformationRequest],
  async run(work, { submissionId, question, dueOn }) {
    const today = civilDate(work.now);
    if (dueOn !== null && dueOn < today)
      throw new InputError(`"dueOn" is ${dueOn}, which has passed: today is ${today}`, ['input', 'dueOn']);
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

/** Opens the file of a question. */
const openRequest = (work: Work, id: string, expectedRevision: number) =>
  SubmissionFile.of(work, InformationRequest, 'information request', id, expectedRevision);

const requestInput = { id: idInput('The information request.'), expectedRevision: expectedRevisionInput() };

const answerInformationRequest = mutation({
  name: 'answerInformationRequest',
  description: 'Answers a question of the intake office, which then looks at the submission again.',
  by: ['DEVELOPER'],
  input: { ...requestInput, answer: longTextInput('The answer.') },
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
  description: 'Closes a question without an answer. Nothing depends on it.',
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
